//! Where the checkout is, and the links to LibTorch in it.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process;

use crate::error::Error;
use crate::variant::Variant;

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
}

impl Workspace {
    /// From the variable that `cargo run` sets, so that a checkout may be moved.
    pub(crate) fn find() -> Result<Self, Error> {
        let package = env::var_os("CARGO_MANIFEST_DIR").ok_or(Error::NotFromCargo)?;
        let root = Path::new(&package).parent().ok_or(Error::NotFromCargo)?;
        Ok(Self { root: root.to_owned() })
    }

    /// The link that builds with this variant use. Each variant has its own, and its own target folder,
    /// so that none ever changes under a build: torch-sys does not notice that it has to build again.
    pub(crate) fn link(&self, variant: Variant) -> PathBuf {
        if variant == Variant::plain() {
            return self.root.join(".libtorch"); // named in .cargo/config.toml too
        }
        self.root.join(format!(".{variant}"))
    }

    /// Lets the variant's link point to `torch`, in one step.
    pub(crate) fn set_link(&self, variant: Variant, torch: &Path) -> Result<(), Error> {
        let link = self.link(variant);
        if fs::read_link(&link).is_ok_and(|target| target == torch) {
            return Ok(());
        }
        if fs::symlink_metadata(&link).is_ok_and(|found| !found.is_symlink()) {
            return Err(Error::LinkInTheWay(link));
        }
        let fresh = self.root.join(format!(".libtorch-new-{}", process::id()));
        symlink(torch, &fresh).map_err(Error::file("make the link", &fresh))?;
        fs::rename(&fresh, &link).map_err(Error::file("make the link", &link))
    }

    /// Where plain cargo's builds go.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(
            || self.root.join("target"),
            |named| std::path::absolute(&named).unwrap_or(PathBuf::from(named)),
        )
    }
}
