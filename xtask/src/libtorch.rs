//! Which LibTorch a build uses: the one that the user names, else the pinned one from the cache.

use std::env;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::error::Error;
use crate::flavour::{Flavour, has_nvidia_driver};
use crate::install;
use crate::platform::Platform;
use crate::python::Python;
use crate::version::Version;
use crate::workspace::Workspace;

/// A LibTorch that cargo can build with.
pub(crate) struct Libtorch {
    pub(crate) flavour: Flavour,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Reached through the checkout's link.
    Cache,
    /// Reached through the user's own variables, which cargo sees too.
    User,
}

/// A LibTorch of the user's, and the variable that says so.
struct Named {
    folder: PathBuf,
    variable: &'static str,
}

pub(crate) fn make_ready(workspace: &Workspace, asked: Option<Flavour>) -> Result<Libtorch, Error> {
    if let Some(named) = named_by_user(workspace)? {
        return Ok(Libtorch { flavour: named.check(asked)?, origin: Origin::User });
    }
    let flavour = Flavour::choose(asked, has_nvidia_driver);
    let cache = Cache::locate()?;
    workspace.set_link(flavour, &install::ensure(&cache, flavour)?)?;
    if flavour == Flavour::Cuda {
        // Plain cargo builds for the CPU everywhere. Made of the same files, it costs nothing.
        workspace.set_link(Flavour::Cpu, &install::ensure(&cache, Flavour::Cpu)?)?;
    }
    Ok(Libtorch { flavour, origin: Origin::Cache })
}

/// `LIBTORCH_USE_PYTORCH` wins over `LIBTORCH`, whatever its value, as in torch-sys.
fn named_by_user(workspace: &Workspace) -> Result<Option<Named>, Error> {
    if env::var_os("LIBTORCH_USE_PYTORCH").is_some() {
        return Ok(Some(Named { folder: Python::find()?.torch_folder()?, variable: "LIBTORCH_USE_PYTORCH" }));
    }
    let Some(folder) = env::var_os("LIBTORCH").map(PathBuf::from) else {
        return Ok(None);
    };
    if is_ours(&folder, workspace) {
        return Ok(None);
    }
    if folder.is_relative() {
        return Err(Error::RelativeLibtorch(folder));
    }
    Ok(Some(Named { folder, variable: "LIBTORCH" }))
}

/// Whether `LIBTORCH` comes from `.cargo/config.toml`, or is empty.
fn is_ours(folder: &Path, workspace: &Workspace) -> bool {
    folder.as_os_str().is_empty() || folder == workspace.link(Flavour::Cpu)
}

impl Named {
    /// That it is a LibTorch, of a version that works and of the flavour that was asked for.
    fn check(self, asked: Option<Flavour>) -> Result<Flavour, Error> {
        let Self { folder, variable } = self;
        let library = Platform::current()?.library();
        let found = Flavour::of(&folder);
        let Some(version) = Version::of(&folder).filter(|_| folder.join("lib").join(library).exists()) else {
            return Err(Error::NotALibtorch { folder, library });
        };
        if !version.is_supported() {
            return Err(Error::WrongVersion { folder, version, variable });
        }
        match asked {
            Some(asked) if asked != found => Err(Error::OtherFlavour { asked, found, variable }),
            _ => {
                eprintln!("LibTorch {version} ({found}) of {variable}: {}", folder.display());
                Ok(found)
            }
        }
    }
}
