//! What can go wrong with a run's files: each message says where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

/// A run's file could not be made, written or understood.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder that the run needs cannot be made or written in.
    #[error("cannot write in {}: {source}; choose a place that you may write in: {}", .path.display(), .mend)]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// The key or option that chooses another.
        mend: &'static str,
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
        "{} already holds a run; name another --run-dir",
        .path.display()
    )]
    AlreadyARun {
        /// The directory.
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
    /// A file does not hold what it should.
    #[error("{} is damaged: {why}; delete it, it is derived from the run", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl StoreError {
    /// An [`Self::Io`] for `map_err`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }
}
