//! Downloads wheels by package name through pip, and says what went wrong when that fails.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, Command, Stdio};

use crate::error::Error;
use crate::platform::{PYTHON_TAG, Platform};
use crate::python::Python;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependencies {
    Taken,
    Left,
}

/// Downloads wheels for `platform` into `folder` and gives their paths. pip's progress is seen on
/// standard error.
pub(crate) fn download(
    python: &Python,
    platform: Platform,
    requirements: &[&str],
    dependencies: Dependencies,
    folder: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let mut pip = Command::new(python.program);
    pip.args(["-m", "pip", "download", "--no-input", "--no-cache-dir"])
        .args(["--only-binary=:all:", "--implementation=cp"])
        .args(["--python-version", PYTHON_TAG]);
    for tag in platform.tags() {
        pip.args(["--platform", &tag]);
    }
    if dependencies == Dependencies::Left {
        pip.arg("--no-deps");
    }
    let mut child = pip
        .arg("--dest")
        .arg(folder)
        .args(requirements)
        .env("TMPDIR", folder) // the system's own may be small
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_REQUIRE_VIRTUALENV", "0") // nothing is installed
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::start(python.program))?;
    let complaints = child.stderr.take().map(show_and_keep).unwrap_or_default();
    let status = child.wait().map_err(Error::start(python.program))?;
    if !status.success() {
        return Err(failure(&complaints, &requirements.join(" "), folder));
    }
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "whl"))
        .collect())
}

/// Passes on pip's warnings as they come (it says there that it tries again), and keeps all that it
/// complains about to find out what went wrong.
fn show_and_keep(stderr: ChildStderr) -> String {
    let mut kept = String::new();
    for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if line.starts_with("WARNING") {
            eprintln!("{line}");
        }
        kept += &line;
        kept.push('\n');
    }
    kept
}

/// What pip's complaints come down to. pip says "no matching distribution" without a network too, so
/// the signs of that come first.
fn failure(complaints: &str, packages: &str, folder: &Path) -> Error {
    const DISK: [&str; 2] = ["No space left on device", "Disk quota exceeded"];
    const NETWORK: [&str; 6] = [
        "Connection",
        "Retrying (",
        "timed out",
        "ProxyError",
        "Temporary failure in name resolution",
        "Network is unreachable",
    ];
    let has_one_of = |signs: &[&str]| signs.iter().any(|sign| complaints.contains(sign));
    if has_one_of(&DISK) {
        return Error::DiskFull(folder.to_owned());
    }
    if has_one_of(&NETWORK) {
        return Error::NoNetwork;
    }
    match complaints.split_once("No matching distribution found for ") {
        Some((_, missing)) => Error::NotInIndex(first_line(missing)),
        None => Error::Pip {
            packages: packages.to_owned(),
            reason: first_line(complaints.trim().lines().next_back().unwrap_or("no reason given")),
        },
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(complaints: &str) -> Error {
        failure(complaints, "torch==1 numpy", Path::new("/cache"))
    }

    #[test]
    fn no_network_is_distinguished_from_no_such_package() {
        let missing = "ERROR: Could not find a version that satisfies the requirement torch==1 (from versions: none)\n\
            ERROR: No matching distribution found for torch==1\n";
        let retries = "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n";
        assert!(matches!(of(missing), Error::NotInIndex(name) if name == "torch==1"));
        assert!(matches!(of(&format!("{retries}{missing}")), Error::NoNetwork));
    }

    #[test]
    fn a_full_disk_is_recognised() {
        let complaint =
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n";
        assert!(matches!(of(complaint), Error::DiskFull(_)));
    }

    #[test]
    fn anything_else_is_passed_on() {
        let error = of("Traceback:\nValueError: odd\n\n").to_string();
        assert!(error.contains("torch==1 numpy") && error.contains("ValueError: odd"), "{error}");
    }
}
