//! What a wheel starts the program with: a line of Python on the PATH that looks for torch first.

use super::about::About;

/// The Python files of the package, by their names.
pub(super) fn files(about: &About) -> [(&'static str, String); 3] {
    [
        (
            "__init__.py",
            "\"\"\"Runs and monitors multimodal-fusion studies in a terminal.\"\"\"\n".to_owned(),
        ),
        ("built.py", about.built()),
        ("launcher.py", include_str!("launcher.py").to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Output};

    use super::*;
    use crate::flavour::Flavour;
    use crate::releases::NEWEST;
    use crate::scratch::Folder;
    use crate::variant::Variant;

    /// Packages as pip lays them out, with a program that says how it was started.
    fn packages(flavour: Flavour) -> Folder {
        let folder = Folder::new();
        let about = About { variant: Variant { version: NEWEST.version, flavour }, platform: String::new() };
        for (name, text) in files(&about) {
            folder.write(&format!("site/superfuse_tui/{name}"), &text);
        }
        let program = folder.write(
            "site/superfuse_tui/superfuse-tui",
            "#!/bin/sh\necho \"$# $2 $LD_LIBRARY_PATH\"\nexit 7\n",
        );
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        folder
    }

    /// A torch as pip installs it, which ends what imports it.
    fn add_torch(folder: &Folder, site: &str, version: &str) {
        folder.write(&format!("{site}/torch/__init__.py"), "import os\nos._exit(99)\n");
        folder.write(&format!("{site}/torch/lib/libtorch_cpu.so"), "");
        let metadata = format!("Metadata-Version: 2.1\nName: torch\nVersion: {version}\n");
        folder.write(&format!("{site}/torch-{version}.dist-info/METADATA"), &metadata);
    }

    fn start(folder: &Folder) -> Output {
        start_beside(folder, None)
    }

    /// With what the environment says of libraries already.
    fn start_beside(folder: &Folder, libraries: Option<&str>) -> Output {
        let mut python = Command::new("python3");
        python.env_remove("LD_LIBRARY_PATH").envs(libraries.map(|named| ("LD_LIBRARY_PATH", named)));
        python
            .args(["-S", "-c", "import sys; from superfuse_tui.launcher import main; sys.exit(main())"])
            .args(["one", "two words"])
            .env("PYTHONPATH", format!("{0}/site:{0}/other", folder.path().display()))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn assert_refused(folder: &Folder, words: &[&str]) {
        let said = start(folder);
        let error = String::from_utf8(said.stderr).unwrap();
        assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(2), &b""[..]), "{error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{error}");
        for word in words {
            assert!(error.contains(word), "{word}: {error}");
        }
    }

    #[test]
    fn with_the_right_torch_it_becomes_the_program_and_imports_nothing() {
        for version in ["2.11.0", "2.11.0+cu130"] {
            let folder = packages(Flavour::Cpu);
            add_torch(&folder, "site", version);
            let said = start(&folder);
            let error = String::from_utf8_lossy(&said.stderr);
            let expected = format!("2 two words {}/site/torch/lib\n", folder.path().display());
            assert_eq!(
                (said.status.code(), String::from_utf8(said.stdout).unwrap()),
                (Some(7), expected),
                "{error}"
            );
        }
    }

    #[test]
    fn a_torch_elsewhere_is_named_to_the_loader() {
        let folder = packages(Flavour::Cpu);
        add_torch(&folder, "other", "2.11.0");
        let said = String::from_utf8(start(&folder).stdout).unwrap();
        assert_eq!(said, format!("2 two words {}/other/torch/lib\n", folder.path().display()));
    }

    #[test]
    fn another_torch_in_the_environment_comes_behind_the_one_that_was_looked_at() {
        let folder = packages(Flavour::Cpu);
        add_torch(&folder, "site", "2.11.0");
        let said = String::from_utf8(start_beside(&folder, Some("/another/torch/lib")).stdout).unwrap();
        assert_eq!(
            said,
            format!("2 two words {}/site/torch/lib:/another/torch/lib\n", folder.path().display())
        );
    }

    #[test]
    fn a_torch_that_is_missing_or_another_is_one_sentence_with_the_line_that_helps() {
        let folder = packages(Flavour::Cpu);
        assert_refused(&folder, &["needs torch 2.11.0", "-m pip install torch==2.11.0`"]);
        add_torch(&folder, "site", "2.10.0+cpu");
        assert_refused(&folder, &["/site/torch is 2.10.0+cpu: run", "-m pip install torch==2.11.0`"]);
    }

    #[test]
    fn a_torch_without_its_libraries_is_not_started_with() {
        let folder = packages(Flavour::Cpu);
        add_torch(&folder, "site", "2.11.0");
        fs::remove_file(folder.path().join("site/torch/lib/libtorch_cpu.so")).unwrap();
        assert_refused(&folder, &["/site/torch is not complete", "--force-reinstall torch==2.11.0`"]);
    }

    #[test]
    fn a_program_for_cuda_wants_a_torch_with_cuda() {
        let folder = packages(Flavour::Cuda);
        add_torch(&folder, "site", "2.11.0");
        assert_refused(&folder, &["was built for CUDA", "--force-reinstall torch==2.11.0`"]);
        folder.write("site/torch/lib/libtorch_cuda.so", "");
        assert_eq!(start(&folder).status.code(), Some(7));
    }
}
