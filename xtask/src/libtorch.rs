//! Which LibTorch a build uses: the one that the user names, else one from the cache that fits the machine.

use std::env;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::choice::{Asked, Choice};
use crate::driver::Nvidia;
use crate::error::Error;
use crate::flavour::Flavour;
use crate::install;
use crate::platform::Platform;
use crate::python::Python;
use crate::releases::NEWEST;
use crate::variant::Variant;
use crate::version::Version;
use crate::workspace::Workspace;

/// A LibTorch that cargo can build with.
pub(crate) struct Libtorch {
    pub(crate) variant: Variant,
    pub(crate) origin: Origin,
}

impl Libtorch {
    /// Whether plain cargo would build with it too.
    pub(crate) fn is_plain(&self) -> bool {
        match self.origin {
            Origin::Cache => self.variant == Variant::plain(),
            Origin::User(_) => self.variant.flavour == Flavour::Cpu,
        }
    }

    /// The folder that holds it.
    pub(crate) fn folder(&self, workspace: &Workspace) -> PathBuf {
        match &self.origin {
            Origin::Cache => workspace.link(self.variant),
            Origin::User(folder) => folder.clone(),
        }
    }

    /// Where builds with it go: those that plain cargo would make too to its own, others into a folder there.
    pub(crate) fn target(&self, workspace: &Workspace) -> PathBuf {
        let target = workspace.target();
        if self.is_plain() { target } else { target.join(self.variant.to_string()) }
    }
}

pub(crate) enum Origin {
    /// Reached through the checkout's link.
    Cache,
    /// This folder, reached through the user's own variables, which cargo sees too.
    User(PathBuf),
}

/// A LibTorch of the user's, and the variable that says so.
struct Named {
    folder: PathBuf,
    variable: &'static str,
}

/// What `asked` and the machine come down to; downloaded where the cache does not have it.
pub(crate) fn make_ready(workspace: &Workspace, asked: Asked) -> Result<Libtorch, Error> {
    if let Some(named) = named_by_user(workspace)? {
        return named.check(asked);
    }
    let Choice { release, flavour, reason } = Choice::make(asked, Platform::current()?, Nvidia::find);
    if let Some(reason) = reason {
        eprintln!("{reason}");
    }
    let cache = Cache::locate()?;
    let variant = Variant { version: release.version, flavour };
    workspace.set_link(variant, &install::ensure(&cache, release, flavour)?)?;
    if release.version == NEWEST.version {
        // Made of the same files, it costs nothing.
        make_plain_ready(workspace)?;
    }
    Ok(Libtorch { variant, origin: Origin::Cache })
}

/// Lets plain cargo build.
pub(crate) fn make_plain_ready(workspace: &Workspace) -> Result<(), Error> {
    let torch = install::ensure(&Cache::locate()?, NEWEST, Flavour::Cpu)?;
    workspace.set_link(Variant::plain(), &torch)
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
    folder.as_os_str().is_empty() || folder == workspace.link(Variant::plain())
}

impl Named {
    /// That it is a LibTorch, of a version that works, and what was asked for.
    fn check(self, asked: Asked) -> Result<Libtorch, Error> {
        let Self { folder, variable } = self;
        let library = Platform::current()?.library();
        let found = Flavour::of(&folder);
        let Some(version) = Version::of(&folder).filter(|_| folder.join("lib").join(library).exists()) else {
            return Err(Error::NotALibtorch { folder, library });
        };
        if !version.is_supported() {
            return Err(Error::WrongVersion { folder, version, variable });
        }
        if let Some(asked) = asked.flavour.filter(|&asked| asked != found) {
            return Err(Error::OtherFlavour { asked, found, variable });
        }
        if let Some(asked) = asked.release.filter(|asked| asked.version != version) {
            return Err(Error::OtherVersion { asked: asked.version, found: version, variable });
        }
        eprintln!("LibTorch {version} ({found}) of {variable}: {}", folder.display());
        Ok(Libtorch { variant: Variant { version, flavour: found }, origin: Origin::User(folder) })
    }
}
