//! Whether a journal is still where its run is. Who removes or replaces it while it is written would otherwise lose every
//! event from then on without noticing.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lines::Lines;
use crate::StoreError;

/// Copies of one run's journal that are kept at most.
const MOST_COPIES: u32 = 100;

/// Checks that the file that is written still stands at `path`.
///
/// # Errors
/// Where it does not, and where its lines were saved instead.
pub(super) fn check(lines: &Lines<File>, path: &Path) -> Result<(), StoreError> {
    let Ok(ours) = lines.sink().metadata() else { return Ok(()) };
    if is_at(&ours, path) {
        return Ok(());
    }
    let rescued = match rescue(lines, path) {
        Ok(copy) if ours.nlink() > 0 => format!(
            "if the run's directory was moved, `superfuse-tui resume` it where it is now; its events are saved in {} \
             as well",
            copy.display()
        ),
        Ok(copy) => format!(
            "its events are saved in {}: put that file into an empty directory as events.jsonl and `superfuse-tui resume` \
             that directory; finished configurations train again for their lost test rows",
            copy.display()
        ),
        Err(error) => format!("its events could not be saved elsewhere: {error}"),
    };
    Err(StoreError::JournalGone { path: path.into(), rescued })
}

/// The same of a shard's start. Its lines are not saved elsewhere: whoever took its folder away has read them, or has no use
/// for them.
pub(super) fn check_start(lines: &Lines<File>, path: &Path) -> Result<(), StoreError> {
    let Ok(ours) = lines.sink().metadata() else { return Ok(()) };
    if is_at(&ours, path) {
        return Ok(());
    }
    let rescued = "the shard was collected or removed while it trained; this process ends".to_owned();
    Err(StoreError::JournalGone { path: path.into(), rescued })
}

/// Whether `ours` is the file at `path`. A system that does not answer is no proof of the contrary.
fn is_at(ours: &Metadata, path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => true,
        // Some network file systems number files anew; then it is as long as what was written.
        Ok(there) => ours.nlink() > 0 && there.len() == ours.len(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Copies the lines to a new file beside the run's directory, or else into the working directory.
fn rescue(lines: &Lines<File>, path: &Path) -> io::Result<PathBuf> {
    let run = path.parent().unwrap_or(Path::new("."));
    let name = run.file_name().map_or("run".into(), |name| name.to_string_lossy().into_owned());
    let beside = run.parent().filter(|folder| folder.is_dir());
    let mut failure = io::Error::from(ErrorKind::AlreadyExists);
    for folder in beside.into_iter().chain([Path::new(".")]) {
        for number in 1..=MOST_COPIES {
            let number = if number == 1 { String::new() } else { format!("-{number}") };
            let copy = folder.join(format!("{name}.rescued-events{number}.jsonl"));
            match copy_to(lines, &copy) {
                Ok(()) => return Ok(copy),
                Err(error) => failure = error,
            }
            if failure.kind() != ErrorKind::AlreadyExists {
                break;
            }
        }
    }
    Err(failure)
}

fn copy_to(lines: &Lines<File>, copy: &Path) -> io::Result<()> {
    let mut to = File::create_new(copy)?;
    let mut from = lines.sink();
    from.seek(SeekFrom::Start(0))?;
    io::copy(&mut from.take(lines.whole()), &mut to)?;
    to.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(folder: &Path) -> (Lines<File>, PathBuf) {
        let run = folder.join("run");
        fs::create_dir(&run).unwrap();
        let path = run.join("events.jsonl");
        let file = File::options().read(true).append(true).create_new(true).open(&path).unwrap();
        let mut lines = Lines::new(file, 0);
        lines.append(b"first\n").unwrap();
        (lines, path)
    }

    #[test]
    fn a_journal_that_is_where_it_was_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (lines, path) = journal(folder.path());
        check(&lines, &path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_written_into_a_file_that_is_gone_is_saved_beside_its_run() {
        type Removal = fn(&Path);
        let removals: [Removal; 3] = [
            |path| fs::remove_dir_all(path.parent().unwrap()).unwrap(),
            |path| {
                let run = path.parent().unwrap();
                fs::rename(run, run.with_file_name("moved")).unwrap();
            },
            |path| {
                fs::rename(path, path.with_file_name("old")).unwrap();
                fs::write(path, "something else\n").unwrap();
            },
        ];
        for remove in removals {
            let folder = tempfile::tempdir().unwrap();
            let (lines, path) = journal(folder.path());
            remove(&path);
            for copy in ["run.rescued-events.jsonl", "run.rescued-events-2.jsonl"] {
                let error = check(&lines, &path).unwrap_err().to_string();
                let copy = folder.path().join(copy);
                assert!(error.contains(copy.to_str().unwrap()), "{error}");
                assert_eq!(fs::read(copy).unwrap(), b"first\n");
            }
        }
    }

    #[test]
    fn a_copy_of_the_same_length_in_its_place_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let (mut lines, path) = journal(folder.path());
        fs::copy(&path, path.with_file_name("copy")).unwrap();
        fs::hard_link(&path, path.with_file_name("old")).unwrap();
        fs::rename(path.with_file_name("copy"), &path).unwrap();
        // As on a file system that numbers files anew.
        check(&lines, &path).unwrap();
        lines.append(b"second\n").unwrap();
        assert!(check(&lines, &path).is_err());
    }
}
