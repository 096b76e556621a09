//! Where the Rust compiler has its own files.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The folder of the compiler that builds here.
pub(crate) fn sysroot() -> Result<PathBuf, Error> {
    let said = Command::new("rustc")
        .args(["--print", "sysroot"])
        .stdin(Stdio::null())
        .output()
        .map_err(Error::start("rustc"))?;
    Ok(PathBuf::from(String::from_utf8_lossy(&said.stdout).trim()))
}
