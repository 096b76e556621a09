//! Files that are there whole or not at all: written beside, synced, renamed. Every file that is replaced is replaced here,
//! and a new folder with all of its files is made here.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

/// What a file's name begins and ends with while it is written.
const PARTIAL: (&str, &str) = (".superfuse-", ".tmp");

/// Whether a file of this name was never finished.
pub fn is_partial(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PARTIAL.0) && name.ends_with(PARTIAL.1))
}

/// A file that is written beside the one that it replaces. Dropped before [`Self::finish`], it leaves nothing.
#[derive(Debug)]
pub struct Replacement {
    beside: NamedTempFile,
    path: PathBuf,
}

impl Replacement {
    /// Of the file at `path`, or a new one there; empty.
    pub fn begin(path: &Path) -> io::Result<Self> {
        // The process's umask takes its part of 0666, as for any other file; tempfile's own choice is 0600.
        let beside = tempfile::Builder::new()
            .prefix(PARTIAL.0)
            .suffix(PARTIAL.1)
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder(path))?;
        Ok(Self { beside, path: path.into() })
    }

    /// What is written.
    pub fn file(&mut self) -> &mut File {
        self.beside.as_file_mut()
    }

    /// Where it is written, for what opens it by itself.
    pub fn place(&self) -> &Path {
        self.beside.path()
    }

    /// Puts it into its place. A crash leaves the old file or the new one.
    pub fn finish(self) -> io::Result<()> {
        self.beside.as_file().sync_all()?;
        self.beside.persist(&self.path).map_err(|error| error.error)?;
        sync(folder(&self.path))
    }
}

/// A folder that is filled beside its place. Dropped before [`Self::finish`], it leaves nothing.
#[derive(Debug)]
pub struct NewFolder {
    beside: TempDir,
    path: PathBuf,
}

impl NewFolder {
    /// The folder at `path`, where there is none or an empty one.
    pub fn begin(path: &Path) -> io::Result<Self> {
        match std::fs::symlink_metadata(path) {
            Ok(there) if !there.is_dir() => return Err(io::Error::from(ErrorKind::NotADirectory)),
            Ok(_) if std::fs::read_dir(path)?.next().is_some() => {
                return Err(io::Error::from(ErrorKind::DirectoryNotEmpty));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let beside = tempfile::Builder::new()
            .prefix(PARTIAL.0)
            .suffix(PARTIAL.1)
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(folder(path))?;
        Ok(Self { beside, path: path.into() })
    }

    /// A new file in it.
    pub fn file(&self, name: &str) -> io::Result<File> {
        File::create_new(self.beside.path().join(name))
    }

    /// Puts it into its place. A crash leaves it whole or not at all.
    pub fn finish(self) -> io::Result<()> {
        for entry in std::fs::read_dir(self.beside.path())? {
            File::open(entry?.path())?.sync_all()?;
        }
        std::fs::rename(self.beside.path(), &self.path)?;
        let _ = self.beside.keep();
        sync(folder(&self.path))
    }
}

/// A rename is kept only once its folder is; some file systems cannot sync a folder.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all().or_else(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    })
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    #[test]
    fn what_is_not_finished_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        fs::write(&path, "old").unwrap();
        let mut new = Replacement::begin(&path).unwrap();
        new.file().write_all(b"new").unwrap();
        assert!(is_partial(new.place().file_name().unwrap()) && !is_partial(path.file_name().unwrap()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(new);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let mut new = Replacement::begin(&path).unwrap();
        new.file().write_all(b"new").unwrap();
        new.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_folder_appears_with_all_its_files_and_never_over_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("set");
        let new = NewFolder::begin(&path).unwrap();
        new.file("a").unwrap().write_all(b"a").unwrap();
        drop(new);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        for _ in 0..2 {
            let new = NewFolder::begin(&path).unwrap();
            new.file("a").unwrap().write_all(b"a").unwrap();
            assert!(!path.join("a").exists());
            new.finish().unwrap();
            assert_eq!(fs::read(path.join("a")).unwrap(), b"a");
            assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
            assert_eq!(NewFolder::begin(&path).unwrap_err().kind(), ErrorKind::DirectoryNotEmpty);
            assert_eq!(NewFolder::begin(&path.join("a")).unwrap_err().kind(), ErrorKind::NotADirectory);
            // An empty one is taken.
            fs::remove_file(path.join("a")).unwrap();
        }
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_other() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        Replacement::begin(&ours).unwrap().finish().unwrap();
        fs::write(&other, b"").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&other));
    }
}
