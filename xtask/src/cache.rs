//! The user's folder that keeps LibTorch once for all checkouts: what is in it is whole, since it got
//! there by a rename, and one process at a time adds to it.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::variant::Variant;

const PARTIAL: &str = ".partial-";

pub(crate) struct Cache {
    folder: PathBuf,
}

/// Held while something is added to the cache. The kernel releases it when the process ends, in whatever way.
pub(crate) struct Lock {
    _file: File,
}

impl Cache {
    pub(crate) fn locate() -> Result<Self, Error> {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = folder(variable("SUPERFUSE_CACHE"), variable("XDG_CACHE_HOME"), variable("HOME"))
            .ok_or(Error::NoCacheFolder)?;
        // The links into it and the programs built with it name it in full.
        let folder = std::path::absolute(&folder).map_err(Error::file("find", &folder))?;
        Ok(Self { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a variant is once it is whole.
    pub(crate) fn place(&self, variant: Variant) -> PathBuf {
        self.folder.join(variant.to_string())
    }

    /// Waits for another xtask that is changing the cache, with a message.
    pub(crate) fn lock(&self) -> Result<Lock, Error> {
        let path = self.folder.join("lock");
        let file = fs::create_dir_all(&self.folder)
            .and_then(|()| File::create(&path))
            .map_err(|source| Error::Cache { folder: self.folder.clone(), source })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!(
                    "Another xtask is setting up LibTorch in {}: waiting for it",
                    self.folder.display()
                );
                file.lock().map_err(Error::file("lock", &path))?;
            }
            Err(TryLockError::Error(source)) => return Err(Error::file("lock", &path)(source)),
        }
        Ok(Lock { _file: file })
    }

    /// Lets `fill` fill an empty folder, and puts it in the variant's place when that went well.
    pub(crate) fn add(
        &self,
        _lock: &Lock,
        variant: Variant,
        fill: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.remove_partial()?;
        let partial = self.folder.join(format!("{PARTIAL}{}", std::process::id()));
        fs::create_dir(&partial).map_err(Error::file("make", &partial))?;
        if let Err(error) = fill(&partial) {
            remove(&partial)?;
            return Err(match error {
                Error::DiskFull(_) => Error::DiskFull(self.folder.clone()), // `partial` is no more
                other => other,
            });
        }
        let place = self.place(variant);
        remove(&place)?;
        fs::rename(&partial, &place).map_err(Error::file("make", &place))
    }

    /// What killed processes left behind.
    fn remove_partial(&self) -> Result<(), Error> {
        let entries = fs::read_dir(&self.folder).map_err(Error::file("read", &self.folder))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

/// XDG's rules: a relative `XDG_CACHE_HOME` does not count.
fn folder(own: Option<PathBuf>, xdg: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    own.or_else(|| {
        xdg.filter(|folder| folder.is_absolute())
            .or_else(|| home.map(|home| home.join(".cache")))
            .map(|caches| caches.join("superfuse-tui"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> Cache {
        let folder = env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Cache { folder }
    }

    #[test]
    fn the_users_own_folder_comes_before_xdg_before_home() {
        let some = |path: &str| Some(PathBuf::from(path));
        assert_eq!(folder(some("/a"), some("/b"), some("/c")), some("/a"));
        assert_eq!(folder(None, some("/b"), some("/c")), some("/b/superfuse-tui"));
        assert_eq!(folder(None, some("b"), some("/c")), some("/c/.cache/superfuse-tui"));
        assert_eq!(folder(None, None, None), None);
    }

    #[test]
    fn what_was_filled_is_in_its_place_and_leftovers_are_gone() {
        let cache = scratch("whole");
        fs::create_dir(cache.folder.join(".partial-of-a-killed-one")).unwrap();
        let lock = cache.lock().unwrap();
        cache
            .add(&lock, Variant::plain(), |partial| {
                fs::write(partial.join("file"), "whole").map_err(Error::file("write", partial))
            })
            .unwrap();
        assert_eq!(fs::read_to_string(cache.place(Variant::plain()).join("file")).unwrap(), "whole");
        assert!(!cache.folder.join(".partial-of-a-killed-one").exists());
        fs::remove_dir_all(cache.folder).unwrap();
    }

    #[test]
    fn what_failed_half_way_leaves_nothing() {
        let cache = scratch("half");
        let lock = cache.lock().unwrap();
        let failed = cache.add(&lock, Variant::plain(), |partial| {
            fs::write(partial.join("file"), "half").map_err(Error::file("write", partial))?;
            Err(Error::NoNetwork)
        });
        assert!(matches!(failed, Err(Error::NoNetwork)));
        let left: Vec<_> = fs::read_dir(&cache.folder).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["lock"]);
        fs::remove_dir_all(cache.folder).unwrap();
    }
}
