//! A run's files, written whole or not at all: [`host::atomic`] with errors that name the file.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::StoreError;
use host::atomic::Replacement;

/// Puts `bytes` at `path`, replacing what was there. A crash leaves the old file or the new one.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    write_with(path, |file| file.write_all(bytes))
}

/// Like [`write`], for contents that are made while they are written.
pub fn write_with(
    path: &Path,
    contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), StoreError> {
    replace(path, contents).map_err(StoreError::io("write", path))
}

fn replace(path: &Path, contents: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut new = Replacement::begin(path)?;
    let mut buffered = BufWriter::new(new.file());
    contents(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    new.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        write(&path, b"old").unwrap();
        let error = write_with(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::Error::other("disk full"))
        });
        assert!(error.unwrap_err().to_string().contains("summary.md: disk full"));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
