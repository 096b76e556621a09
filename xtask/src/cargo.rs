//! Runs cargo with the right LibTorch and target folder, and hands the process over at the end.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::libtorch::{Libtorch, Origin};
use crate::workspace::Workspace;

const PROGRAM: &str = "superfuse-tui";

/// Makes the release build and gives its path.
pub(crate) fn build(workspace: &Workspace, libtorch: &Libtorch) -> Result<PathBuf, Error> {
    let status = cargo(workspace, libtorch)
        .args(["build", "--release", "--package", PROGRAM, "--bin", PROGRAM])
        .status()
        .map_err(Error::start("cargo"))?;
    if !status.success() {
        return Err(Error::Cargo(status));
    }
    Ok(workspace.target_of(libtorch).join("release").join(PROGRAM))
}

/// Replaces this process by the tests. Returns only if that fails.
pub(crate) fn become_test(workspace: &Workspace, libtorch: &Libtorch, args: &[OsString]) -> Error {
    let source = cargo(workspace, libtorch).args(["test", "--workspace"]).args(args).exec();
    Error::start("cargo")(source)
}

/// Replaces this process by the program. Returns only if that fails.
pub(crate) fn become_program(program: &Path, args: &[OsString]) -> Error {
    let source = Command::new(program).args(args).exec();
    Error::start(program.display().to_string())(source)
}

fn cargo(workspace: &Workspace, libtorch: &Libtorch) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")));
    match libtorch.origin {
        Origin::User => {}
        // From .cargo/config.toml, as for plain cargo: another spelling of it would rebuild torch-sys.
        Origin::Cache if libtorch.is_plain() => {
            cargo.env_remove("LIBTORCH");
        }
        Origin::Cache => {
            cargo.env("LIBTORCH", workspace.link(libtorch.variant));
        }
    }
    if !libtorch.is_plain() {
        cargo.env("CARGO_TARGET_DIR", workspace.target_of(libtorch));
    }
    cargo
}
