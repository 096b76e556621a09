//! `cargo xtask wheel`: the program as a Python package, so that a machine with `PyTorch` needs neither Rust nor a
//! download of LibTorch. The program in it is linked to find the libraries of the torch that is installed beside it.

mod about;
mod launcher;
mod notices;
mod tag;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::{self, ENGINE, PROGRAM, Profile};
use crate::error::Error;
use crate::folders::Folders;
use crate::libtorch::Libtorch;
use crate::platform::Platform;
use crate::python::Python;
use crate::rustc;
use crate::workspace::Workspace;
use about::About;

/// Where a shell, or `man`, looks below the folder that `bin` is in.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/superfuse-tui"),
    ("fish", "share/fish/vendor_completions.d/superfuse-tui.fish"),
    ("zsh", "share/zsh/site-functions/_superfuse-tui"),
];
const MANUAL: &str = "share/man/man1";
/// Below Rust's own folder.
const RUST_LIBRARY: &str = "share/doc/rust/COPYRIGHT-library.html";

/// Builds the program for a wheel, packs it, and gives the wheel's path.
pub(crate) fn make(workspace: &Workspace, libtorch: &Libtorch) -> Result<PathBuf, Error> {
    let Platform::Linux { arch } = Platform::current()? else { return Err(Error::NoWheelHere) };
    let python = Python::find()?;
    let program = cargo::build(workspace, libtorch, Profile::Wheel)?;
    let programs = [program.clone(), program.with_file_name(ENGINE)];
    let about = About { variant: libtorch.variant, platform: tag::of(&programs, arch)? };
    let package = program.with_file_name("package");
    if package.exists() {
        fs::remove_dir_all(&package).map_err(Error::file("remove", &package))?;
    }
    warn_of_folders(workspace, libtorch, &programs)?;
    lay_out(workspace, &about, &programs, &package)?;
    let licences = package.join(format!("{}.dist-info/licenses", about.stem()));
    write(&licences.join(about::NOTICES), &notices::of(workspace, libtorch)?)?;
    copy(&rustc::sysroot()?.join(RUST_LIBRARY), &licences.join(about::OF_RUST))?;
    let data = package.join(format!("{}.data/data", about.stem()));
    add_shared(&program, &data)?;
    let wheels = workspace.target().join("wheels");
    fs::create_dir_all(&wheels).map_err(Error::file("make", &wheels))?;
    let wheel = wheels.join(about.file_name());
    pack(&python, &package, &wheel)?;
    Ok(wheel)
}

/// Says so where a program names a folder of this machine: its messages, and so bug reports, would.
fn warn_of_folders(workspace: &Workspace, libtorch: &Libtorch, programs: &[PathBuf]) -> Result<(), Error> {
    for program in programs {
        let bytes = fs::read(program).map_err(Error::file("read", program))?;
        if let Some(folder) = Folders::find(workspace, libtorch)?.named_in(&bytes) {
            eprintln!("warning: a program in the wheel names {}", folder.display());
        }
    }
    Ok(())
}

/// The programs, their launcher, and what describes the wheel.
fn lay_out(workspace: &Workspace, about: &About, programs: &[PathBuf], package: &Path) -> Result<(), Error> {
    for (name, text) in launcher::files(about) {
        write(&package.join("superfuse_tui").join(name), &text)?;
    }
    for program in programs {
        copy(program, &package.join("superfuse_tui").join(program.file_name().unwrap_or_default()))?;
    }
    let info = package.join(format!("{}.dist-info", about.stem()));
    write(&info.join("METADATA"), &about.metadata())?;
    write(&info.join("WHEEL"), &about.wheel())?;
    write(&info.join("entry_points.txt"), about::ENTRY_POINTS)?;
    for licence in about::LICENCES {
        copy(&workspace.root.join(licence), &info.join("licenses").join(licence))?;
    }
    Ok(())
}

/// What the program says of itself to shells and to `man`.
fn add_shared(program: &Path, data: &Path) -> Result<(), Error> {
    let start = |arguments: &[&str]| {
        let said = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::start(PROGRAM))?;
        if said.status.success() { Ok(said.stdout) } else { Err(Error::Program(complaint(&said.stderr))) }
    };
    for (shell, place) in COMPLETIONS {
        write(&data.join(place), &String::from_utf8_lossy(&start(&["completions", shell])?))?;
    }
    start(&["man", &data.join(MANUAL).to_string_lossy()]).map(drop)
}

/// Through Python's own writer of zip files.
fn pack(python: &Python, package: &Path, wheel: &Path) -> Result<(), Error> {
    let said = Command::new(python.program)
        .args(["-c", include_str!("pack.py")])
        .args([package, wheel])
        .stdin(Stdio::null())
        .output()
        .map_err(Error::start(python.program))?;
    if said.status.success() {
        return Ok(());
    }
    Err(Error::Pack { wheel: wheel.to_owned(), reason: complaint(&said.stderr) })
}

/// The last line of what a program complains of.
fn complaint(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).trim().lines().next_back().unwrap_or("no reason given").to_owned()
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    make_folder_of(path)?;
    fs::write(path, text).map_err(Error::file("write", path))
}

/// With its permissions.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    make_folder_of(to)?;
    fs::copy(from, to).map(drop).map_err(Error::file("copy", from))
}

fn make_folder_of(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(Error::file("make", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Folder;

    /// What Python's reader finds in a wheel: name, mode and content of each file.
    const LIST: &str = "import sys, zipfile\n\
        for at in zipfile.ZipFile(sys.argv[1]).infolist():\n    \
            print(at.filename, oct(at.external_attr >> 16), at.date_time[0])\n\
        print(zipfile.ZipFile(sys.argv[1]).read('a-1.dist-info/RECORD').decode())\n";

    fn packed(folder: &Folder) -> PathBuf {
        let wheel = folder.path().join("a.whl");
        pack(&Python::find().unwrap(), &folder.path().join("package"), &wheel).unwrap();
        wheel
    }

    #[test]
    fn the_record_has_the_hash_and_the_size_of_every_file_but_itself() {
        let folder = Folder::new();
        folder.write("package/a-1.dist-info/METADATA", "");
        let program = folder.write("package/a/program", "abc");
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let wheel = packed(&folder);
        let said = Command::new("python3").args(["-c", LIST]).arg(&wheel).output().unwrap();
        assert_eq!(
            String::from_utf8(said.stdout).unwrap().lines().collect::<Vec<_>>(),
            [
                "a/program 0o100755 1980",
                "a-1.dist-info/METADATA 0o100644 1980",
                "a-1.dist-info/RECORD 0o100644 1980",
                // FIPS 180-4's example, and the hash of nothing.
                "a/program,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3",
                "a-1.dist-info/METADATA,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0",
                "a-1.dist-info/RECORD,,",
                "",
            ]
        );
    }

    #[test]
    fn the_same_files_make_the_same_bytes() {
        let folder = Folder::new();
        folder.write("package/a-1.dist-info/METADATA", "1");
        folder.write("package/b", "2");
        let first = fs::read(packed(&folder)).unwrap();
        // Made in another order, and at another time.
        fs::remove_file(folder.path().join("package/a-1.dist-info/METADATA")).unwrap();
        let b = fs::File::options().write(true).open(folder.path().join("package/b")).unwrap();
        b.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
        folder.write("package/a-1.dist-info/METADATA", "1");
        assert!(first == fs::read(packed(&folder)).unwrap());
    }

    #[test]
    fn what_cannot_be_packed_is_an_error_with_its_reason() {
        let folder = Folder::new();
        let error = pack(&Python::find().unwrap(), folder.path(), &folder.path().join("none/a.whl"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("none/a.whl") && error.contains("StopIteration"), "{error}");
    }
}
