//! Unpacks the wanted files of a wheel, through Python's own zip reader.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::python::Python;

/// Unpacks what `patterns` keep (a `!` leaves out) into `folder`, then removes the wheel.
pub(crate) fn unpack(python: &Python, wheel: &Path, folder: &Path, patterns: &[String]) -> Result<(), Error> {
    let said = Command::new(python.program)
        .args([OsStr::new("-c"), OsStr::new(include_str!("unpack.py"))])
        .args([wheel, folder])
        .args(patterns)
        .stdin(Stdio::null())
        .output()
        .map_err(Error::start(python.program))?;
    if !said.status.success() {
        let complaints = String::from_utf8_lossy(&said.stderr);
        return Err(failure(&complaints, wheel, folder));
    }
    fs::remove_file(wheel).map_err(Error::file("remove", wheel))
}

fn failure(complaints: &str, wheel: &Path, folder: &Path) -> Error {
    let reason = complaints.trim().lines().next_back().unwrap_or("no reason given");
    if reason.contains("No space left on device") || reason.contains("Disk quota exceeded") {
        return Error::DiskFull(folder.to_owned());
    }
    Error::Unpack {
        wheel: wheel.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        reason: reason.to_owned(),
    }
}
