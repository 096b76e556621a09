//! Runs cargo with the right LibTorch and target folder, and hands the process over at the end.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::Error;
use crate::folders::Folders;
use crate::libtorch::{Libtorch, Origin};
use crate::workspace::Workspace;

pub(crate) const PROGRAM: &str = "superfuse-tui";
/// What is linked to LibTorch, beside the program.
pub(crate) const ENGINE: &str = "superfuse-engine";

/// How the program is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// To be started here: it finds the LibTorch that it was built with.
    Release,
    /// For a wheel: it finds the torch that is installed beside it.
    Wheel,
}

impl Profile {
    /// As cargo names it, and its folder.
    fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Wheel => "wheel",
        }
    }
}

/// Builds the program and its engine, and gives the program's path.
pub(crate) fn build(workspace: &Workspace, libtorch: &Libtorch, profile: Profile) -> Result<PathBuf, Error> {
    let status = building(workspace, libtorch, profile)?.status().map_err(Error::start("cargo"))?;
    if !status.success() {
        return Err(Error::Cargo(status));
    }
    Ok(libtorch.target(workspace).join(profile.name()).join(PROGRAM))
}

/// What cargo says of a build that is done, one JSON object a line.
pub(crate) fn artifacts(
    workspace: &Workspace,
    libtorch: &Libtorch,
    profile: Profile,
) -> Result<String, Error> {
    let mut cargo = building(workspace, libtorch, profile)?;
    said(cargo.args(["--quiet", "--message-format", "json"]))
}

/// What is linked into the program: a line for each package with its name, version, licence and address, with `|` between.
pub(crate) fn linked(workspace: &Workspace, libtorch: &Libtorch) -> Result<String, Error> {
    let mut cargo = cargo(workspace, libtorch);
    cargo.args(["tree", "--offline", "--package", PROGRAM, "--edges", "normal,no-proc-macro", "--no-dedupe"]);
    said(cargo.args(["--prefix", "none", "--format", "{p}|{l}|{r}"]))
}

fn said(cargo: &mut Command) -> Result<String, Error> {
    let said = cargo.stderr(Stdio::inherit()).output().map_err(Error::start("cargo"))?;
    if !said.status.success() {
        return Err(Error::Cargo(said.status));
    }
    Ok(String::from_utf8_lossy(&said.stdout).into_owned())
}

fn building(workspace: &Workspace, libtorch: &Libtorch, profile: Profile) -> Result<Command, Error> {
    let mut cargo = cargo(workspace, libtorch);
    if profile == Profile::Wheel {
        // From superfuse_tui/superfuse-tui; the program's build script reads it.
        cargo.env("SUPERFUSE_RPATH", "$ORIGIN/../torch/lib");
        cargo.envs(Folders::find(workspace, libtorch)?.flags(|variable| env::var(variable).ok()));
    }
    cargo.args(["build", "--profile", profile.name(), "--package", PROGRAM, "--bins"]);
    Ok(cargo)
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
        Origin::User(_) => {}
        // From .cargo/config.toml, as for plain cargo: another spelling of it would rebuild torch-sys.
        Origin::Cache if libtorch.is_plain() => {
            cargo.env_remove("LIBTORCH");
        }
        Origin::Cache => {
            cargo.env("LIBTORCH", workspace.link(libtorch.variant));
        }
    }
    if !libtorch.is_plain() {
        cargo.env("CARGO_TARGET_DIR", libtorch.target(workspace));
    }
    cargo
}
