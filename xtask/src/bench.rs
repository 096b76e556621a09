//! `cargo xtask bench`: the program beside PyTorch, which comes through pip into an environment of its own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cache::Cache;
use crate::error::Error;
use crate::python::Python;
use crate::version::Version;
use crate::workspace::Workspace;

/// Replaces this process by the comparison with the `PyTorch` of this version. Returns only if that fails.
pub(crate) fn become_comparison(
    workspace: &Workspace,
    program: &Path,
    version: Version,
    args: &[OsString],
) -> Error {
    let environment = match environment(version) {
        Ok(environment) => environment,
        Err(error) => return error,
    };
    let source = Command::new(&environment)
        .arg(workspace.root.join("benches/compare.py"))
        .arg("--binary")
        .arg(program)
        .arg("--python")
        .arg(&environment)
        .args(args)
        .exec();
    Error::start(environment.display().to_string())(source)
}

/// The Python of an environment that has torch and numpy; made where there is none yet.
fn environment(version: Version) -> Result<PathBuf, Error> {
    let python = Python::find()?;
    let cache = Cache::locate()?;
    let _lock = cache.lock()?;
    let folder = cache.folder().join(format!("bench-torch-{version}"));
    let inside = folder.join("bin").join("python");
    let has_torch = |inside: &Path| {
        let import = Command::new(inside).args(["-c", "import torch, numpy"]).stderr(Stdio::null()).status();
        import.is_ok_and(|status| status.success())
    };
    if has_torch(&inside) {
        return Ok(inside);
    }
    eprintln!("Getting PyTorch {version} into {}", folder.display());
    let torch = format!("torch=={version}");
    let folder = folder.as_os_str();
    for (program, arguments) in [
        (Path::new(python.program), ["-m", "venv", "--clear"].map(OsString::from).to_vec()),
        (&inside, ["-m", "pip", "install", "--no-input", "numpy"].map(OsString::from).to_vec()),
    ] {
        let last = if program == inside { torch.as_ref() } else { folder };
        let status = Command::new(program)
            .args(arguments)
            .arg(last)
            .stdout(Stdio::from(std::io::stderr()))
            .status()
            .map_err(Error::start(program.display().to_string()))?;
        if !status.success() {
            return Err(Error::NoEnvironment(folder.into()));
        }
    }
    Ok(inside)
}
