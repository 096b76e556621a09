//! Paths of the building machine, and the compilers' flags that keep them out of a wheel's program.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::libtorch::Libtorch;
use crate::rustc;
use crate::workspace::Workspace;

/// What a program may name in its messages, and what it is to name instead. Of several that hold a file the last one counts.
pub(crate) struct Folders(Vec<(PathBuf, &'static str)>);

impl Folders {
    pub(crate) fn find(workspace: &Workspace, libtorch: &Libtorch) -> Result<Self, Error> {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let cargo = env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from);
        let torch = libtorch.folder(workspace);
        let mut found = vec![
            (home, "/home"),
            (cargo, "/cargo"),
            (rustc::sysroot()?, "/rust"),
            (workspace.root.clone(), "/superfuse-tui"),
            (workspace.target(), "/superfuse-tui/target"),
            (torch.canonicalize().unwrap_or_else(|_| torch.clone()), "/torch"),
            (torch, "/torch"),
        ];
        // Where home is `/`, or is not known, every path would begin with it.
        found.retain(|(folder, _)| folder.is_absolute() && folder.parent().is_some());
        Ok(Self(found))
    }

    /// Flags for rustc and for the compilers of C and C++, behind those that the environment has for them already. They stand
    /// in place of rustflags in cargo's configuration.
    pub(crate) fn flags(&self, environment: impl Fn(&str) -> Option<String>) -> [(&'static str, String); 3] {
        const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";
        let of_rust =
            self.0.iter().map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()));
        let before = environment(ENCODED).or_else(|| {
            let words = environment("RUSTFLAGS")?;
            Some(words.split_whitespace().collect::<Vec<_>>().join("\x1f"))
        });
        let rust: Vec<String> = before.filter(|flags| !flags.is_empty()).into_iter().chain(of_rust).collect();
        // The crate that calls the compilers takes words between spaces.
        let words =
            self.0.iter().filter(|(folder, _)| !folder.display().to_string().contains(char::is_whitespace));
        let of_c = words.map(|(folder, name)| format!("-ffile-prefix-map={}={name}", folder.display()));
        let of_c = of_c.collect::<Vec<_>>().join(" ");
        let c = |variable| {
            let before = environment(variable).unwrap_or_default();
            (variable, format!("{before} {of_c}").trim().to_owned())
        };
        [(ENCODED, rust.join("\x1f")), c("CFLAGS"), c("CXXFLAGS")]
    }

    /// The first folder that a program names all the same.
    pub(crate) fn named_in(&self, program: &[u8]) -> Option<&Path> {
        let folders = self.0.iter().map(|(folder, _)| folder.as_path());
        // One at the root, such as /root, may well be part of another word.
        folders.into_iter().find(|folder| {
            let name = format!("{}/", folder.display());
            program.windows(name.len()).any(|part| part == name.as_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> Folders {
        Folders(vec![("/home/me".into(), "/home"), ("/home/me/my work".into(), "/superfuse-tui")])
    }

    #[test]
    fn flags_stand_behind_those_of_the_environment() {
        let said = folders().flags(|variable| match variable {
            "RUSTFLAGS" => Some("-C  target-cpu=native".into()),
            "CFLAGS" => Some("-g".into()),
            _ => None,
        });
        let [rust, c, cpp] = said.map(|(_, flags)| flags);
        assert_eq!(
            rust.split('\x1f').collect::<Vec<_>>(),
            [
                "-C",
                "target-cpu=native",
                "--remap-path-prefix=/home/me=/home",
                "--remap-path-prefix=/home/me/my work=/superfuse-tui"
            ]
        );
        // A folder with a space in it would be two words.
        assert_eq!((&*c, &*cpp), ("-g -ffile-prefix-map=/home/me=/home", "-ffile-prefix-map=/home/me=/home"));
    }

    #[test]
    fn encoded_flags_count_alone_as_they_do_for_cargo() {
        let [rust, ..] = folders().flags(|variable| match variable {
            "CARGO_ENCODED_RUSTFLAGS" => Some("-Cdebuginfo=0".into()),
            "RUSTFLAGS" => Some("-Cother".into()),
            _ => None,
        });
        assert!(rust.1.starts_with("-Cdebuginfo=0\x1f--remap") && !rust.1.contains("other"), "{}", rust.1);
    }

    #[test]
    fn a_folder_that_a_program_names_is_found() {
        assert_eq!(folders().named_in(b"at /home/me/my work/src"), Some(Path::new("/home/me")));
        assert_eq!(folders().named_in(b"at /home/meadow/src"), None);
    }
}
