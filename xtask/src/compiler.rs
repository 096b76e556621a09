//! Looks for a C++ compiler before anything is downloaded.

use std::env;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The `cc` crate, which compiles torch-sys, takes `CXX` or `c++`.
pub(crate) fn check() -> Result<(), Error> {
    let named = env::var("CXX").unwrap_or_default();
    let program = named.split_whitespace().next().unwrap_or("c++"); // CXX may hold flags too
    let answers = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if answers { Ok(()) } else { Err(Error::NoCompiler(program.to_owned())) }
}
