//! A user's files: only regular files are opened, and only regular files are replaced.
//!
//! A FIFO would wait for a writer for ever, and a device such as `/dev/zero` never ends. So every path that comes from
//! outside is opened here.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::memory;

/// Opens the regular file at `path` for reading, without waiting for anything.
///
/// # Errors
/// Where it is not a regular file; the error names what it is.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens the regular file at `path` for appending; makes it where there is none.
///
/// # Errors
/// As for [`open`].
pub fn append(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().create(true).append(true))
}

/// Opens the regular file at `path` as `options` say.
///
/// # Errors
/// As for [`open`].
pub fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Checked before it is opened, because opening alone makes some devices act, and again afterwards, because it may
    // have been replaced in between.
    match fs::metadata(path) {
        Ok(about) => regular(&about)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let file = options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed()).open(path)?;
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads the regular file at `path` as a whole.
///
/// # Errors
/// As for [`open`], and where it has more than `most` bytes or more than memory holds.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_long(length, most));
    }
    if let Some(free) = memory::available().filter(|free| length > (*free).max(SMALL)) {
        return Err(io::Error::new(
            ErrorKind::OutOfMemory,
            format!("it has {length} bytes, but only {free} bytes of memory are free"),
        ));
    }
    let mut bytes = Vec::with_capacity(length as usize);
    // It may have grown since.
    let read = file.take(most + 1).read_to_end(&mut bytes)? as u64;
    if read > most { Err(too_long(read, most)) } else { Ok(bytes) }
}

/// The same as text.
///
/// # Errors
/// As for [`read`], and where it is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Refuses to write a file at `path` where something other than a regular file is, or where it is one of `inputs`: a
/// file that is read, or a file in a folder that is read.
///
/// # Errors
/// What is there instead.
pub fn check_output(path: &Path, inputs: &[&Path]) -> io::Result<()> {
    let refused = |why: String| Err(io::Error::new(ErrorKind::InvalidInput, why));
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !there.is_file() {
        let kind = kind(there.file_type());
        return refused(format!("it is {kind}, and only regular files are replaced; choose another file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for input in inputs {
        let Ok(about) = fs::metadata(input) else { continue };
        if is_same(&about, &there) {
            return refused("it is read at the same time; choose another file".into());
        }
        if about.is_dir() && fs::metadata(folder).is_ok_and(|folder| is_same(&about, &folder)) {
            return refused("it is part of the folder that is read; choose another file".into());
        }
    }
    Ok(())
}

/// A file of this size is read without a check of free memory.
const SMALL: u64 = 64 << 20;

fn is_same(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

fn regular(about: &Metadata) -> io::Result<()> {
    if about.is_file() {
        return Ok(());
    }
    let code = if about.is_dir() { ErrorKind::IsADirectory } else { ErrorKind::InvalidInput };
    Err(io::Error::new(code, format!("it is {}, not a regular file", kind(about.file_type()))))
}

fn kind(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

fn too_long(length: u64, most: u64) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("it has {length} bytes, and at most {most} are read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::Command;

    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        fifo(&pipe);
        for (path, what) in
            [(pipe.as_path(), "a FIFO"), (Path::new("/dev/zero"), "a device"), (folder.path(), "a directory")]
        {
            for opened in [open(path), append(path)] {
                let error = opened.unwrap_err().to_string();
                assert_eq!(error, format!("it is {what}, not a regular file"));
            }
        }
        let link = folder.path().join("link");
        symlink(&pipe, &link).unwrap();
        assert!(open(&link).is_err());
        assert_eq!(open(&folder.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        assert_eq!(read(&path, 3).unwrap_err().to_string(), "it has 4 bytes, and at most 3 are read");
        // A sparse file costs nothing before its length is known.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&path, 1 << 20).is_err());
    }

    #[test]
    fn only_a_regular_file_that_is_no_input_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let [input, other, link, hard, pipe] =
            ["input", "other", "link", "hard", "pipe"].map(|name| folder.path().join(name));
        fs::write(&input, "").unwrap();
        fs::write(&other, "").unwrap();
        symlink(&other, &link).unwrap();
        fs::hard_link(&input, &hard).unwrap();
        fifo(&pipe);
        assert!(check_output(&folder.path().join("new"), &[&input]).is_ok());
        assert!(check_output(&other, &[&input, Path::new("clip-like")]).is_ok());
        let refused = |path: &Path, inputs: &[&Path]| check_output(path, inputs).unwrap_err().to_string();
        assert!(refused(&link, &[]).contains("a symbolic link"));
        assert!(refused(&pipe, &[]).contains("a FIFO"));
        assert!(refused(Path::new("/dev/null"), &[]).contains("a device"));
        assert!(refused(folder.path(), &[]).contains("a directory"));
        for same in [&input, &hard, &folder.path().join("./input")] {
            assert!(refused(same, &[&input]).contains("read at the same time"));
        }
        assert!(refused(&other, &[folder.path()]).contains("part of the folder"));
    }
}
