//! What can go wrong with a run's files: each message says where, and what to do.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use study::labels::LabelError;

/// A run's file could not be made, written or understood.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder that the run needs cannot be made or written in.
    #[error("cannot write in {}: {source}; choose a place that you may write in: {}", .path.display(), .fix)]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// The key or option that chooses another.
        fix: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused something else.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On this file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A new run would overwrite another.
    #[error(
        "{} already holds a run; `superfuse-tui resume {}` continues it, or name another --run-dir",
        .path.display(),
        .path.display()
    )]
    AlreadyARun {
        /// The directory.
        path: PathBuf,
    },
    /// A new run would lie among other files, and overwrite those of its own names.
    #[error(
        "{} is not empty (it holds {}); name a new or an empty directory with --run-dir",
        .path.display(),
        .entry.display()
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
        /// One of its entries.
        entry: PathBuf,
    },
    /// Jobs of a cluster train the run.
    #[error(
        "{} is on a cluster: jobs train it, or did and nobody has collected their results; `superfuse-tui watch {}` shows \
         it, `superfuse-tui resume {}` collects and goes on",
        .path.display(),
        .path.display(),
        .path.display()
    )]
    OnCluster {
        /// The run's directory.
        path: PathBuf,
    },
    /// No job of a cluster trains the run.
    #[error("{} is not on a cluster, or its jobs' results were collected already", .path.display())]
    NotOnCluster {
        /// The run's directory.
        path: PathBuf,
    },
    /// There is no run.
    #[error("{} holds no run (no events.jsonl); name a directory such as runs/<name>-<time>", .path.display())]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
    /// Another process writes the journal.
    #[error("another process is writing {}; wait until it ends, or look at the run with `superfuse-tui watch`", .path.display())]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// The journal that is written is no longer where it was begun.
    #[error(
        "{} was removed, moved or replaced while the run wrote it, so the run stops; {rescued}",
        .path.display()
    )]
    JournalGone {
        /// Where it was.
        path: PathBuf,
        /// What became of its events, and what to do.
        rescued: String,
    },
    /// The journal's format is from a later version of this program.
    #[error(
        "{} has format {found}, this program knows formats up to {known}; use a newer superfuse-tui",
        .path.display()
    )]
    Newer {
        /// The journal.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// Ours.
        known: u32,
    },
    /// The journal's first event is one of this format, and holds what this program does not know.
    #[error(
        "the first line of {} holds what this program does not know ({why}): a newer superfuse-tui wrote it, or it is \
         damaged",
        .path.display()
    )]
    Unknown {
        /// The journal.
        path: PathBuf,
        /// What.
        why: String,
    },
    /// The configuration in a header is not the one that the run was begun with.
    #[error(
        "line {line} of {} does not hold the run's configuration: its fingerprint is {found}, and the run's is \
         {expected}; the line was edited or is damaged. Undo the edit: another configuration is another run",
        .path.display()
    )]
    Edited {
        /// The journal.
        path: PathBuf,
        /// The header's line, from 1.
        line: usize,
        /// The fingerprint of the configuration that stands there.
        found: String,
        /// The fingerprint beside it.
        expected: String,
    },
    /// A header names more than this program takes.
    #[error(
        "line {line} of {} cannot be used: {why}; the line is damaged, or the build that wrote the run allowed more: \
         read the run with that build",
        .path.display()
    )]
    OutOfBounds {
        /// The journal.
        path: PathBuf,
        /// The header's line, from 1.
        line: usize,
        /// What is too much.
        why: String,
    },
    /// The journal does not begin as one.
    #[error(
        "{} does not begin with a run_started event ({why}); it is not a journal of superfuse-tui, or its start is lost",
        .path.display()
    )]
    NoStart {
        /// The journal.
        path: PathBuf,
        /// What stands there.
        why: String,
    },
    /// An event holds a number that JSON cannot hold.
    #[error(
        "event {seq} was not recorded: its {what} is not finite; it should have been recorded as a divergence"
    )]
    NotFinite {
        /// The event.
        seq: u64,
        /// The number.
        what: &'static str,
    },
    /// A value could not be put into its file's format.
    #[error("cannot encode {what}: {why}")]
    Encode {
        /// The value.
        what: &'static str,
        /// Why not.
        why: String,
    },
    /// A file is no checkpoint, or a damaged one.
    #[error("cannot use {} as a checkpoint: {why}", .path.display())]
    NoCheckpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A change of labels that is not allowed.
    #[error("{} is unchanged: {why}", .path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// Why it is not.
        why: LabelError,
    },
    /// A file does not hold what it should.
    #[error("{} cannot be used: {why}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl StoreError {
    /// An [`Self::Io`] for `map_err`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// What reading the contents of the file at `path` ended with: [`Self::Io`] where the system refused, otherwise
    /// [`Self::Malformed`].
    pub(crate) fn reading(path: &Path, error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(_) => Self::io("read", path)(error),
            None => Self::Malformed { path: path.into(), why: error.to_string() },
        }
    }

    /// Whether the same may succeed later: the disk or a quota is full, the file system is away or read-only for a
    /// while, or rights are missing that the user can give while the run waits. Anything else, such as a folder in a
    /// file's place, fails the same way each time.
    pub fn is_worth_waiting_for(&self) -> bool {
        let Self::Io { source, .. } = self else { return false };
        let may_pass = matches!(
            source.kind(),
            ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
                | ErrorKind::FileTooLarge
                | ErrorKind::WriteZero
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::PermissionDenied
                | ErrorKind::StaleNetworkFileHandle
                | ErrorKind::NotConnected
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::TimedOut
                | ErrorKind::Interrupted
                | ErrorKind::WouldBlock
                | ErrorKind::ResourceBusy
                | ErrorKind::OutOfMemory
        );
        // These have no kind of their own.
        let unnamed = [Errno::IO, Errno::NFILE, Errno::MFILE, Errno::NOBUFS];
        may_pass || Errno::from_io_error(source).is_some_and(|error| unnamed.contains(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_room_or_time_may_fix_is_worth_waiting_for_and_a_wrong_place_is_not() {
        let waits = |error: Errno| {
            let source = io::Error::from(error);
            StoreError::Io { action: "write", path: "a".into(), source }.is_worth_waiting_for()
        };
        let fixable =
            [Errno::NOSPC, Errno::DQUOT, Errno::FBIG, Errno::IO, Errno::ROFS, Errno::ACCESS, Errno::INTR];
        assert!(fixable.into_iter().all(waits));
        let wrong = [
            Errno::EXIST,
            Errno::ISDIR,
            Errno::NOTDIR,
            Errno::NOENT,
            Errno::NAMETOOLONG,
            Errno::LOOP,
            Errno::INVAL,
            Errno::NOTEMPTY,
            Errno::XDEV,
        ];
        assert!(!wrong.into_iter().any(waits));
        assert!(!StoreError::NotARun { path: "a".into() }.is_worth_waiting_for());
    }
}
