//! The journal, `events.jsonl`: one event a line, append-only, the only source of truth.
//!
//! Architecture Invariant: one writer, whose lock the kernel releases with the process, where the file system has locks. Every line is
//! whole, or is ignored by every reader.

mod finite;
mod lines;
mod lock;
mod place;
mod read;

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::format::v1;
use host::files;
use lines::Lines;
use study::event::Event;

pub use lock::{Lock, is_locked};
pub use read::{IgnoredLine, Replay, first_of_start, header, read, read_start};
pub use read::{NextLine, event, next_line};

/// The one writer of a journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// The same wherever the process goes.
    absolute: PathBuf,
    lock: Lock,
    lines: Lines<File>,
    /// Of a shard's start: which run it belongs to, since its first line does not say so.
    of_run: Option<String>,
}

impl Journal {
    /// Begins a journal; there must be none yet.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path);
        let file = file.map_err(|source| match (source.kind(), path.parent()) {
            (std::io::ErrorKind::AlreadyExists, Some(run)) => StoreError::AlreadyARun { path: run.into() },
            _ => StoreError::Io { action: "begin the journal", path: path.into(), source },
        })?;
        let lock = lock::take(&file, path)?;
        Ok(Self::at(path, lock, Lines::new(file, 0)))
    }

    /// Begins the journal of a shard's start, in a folder that the process has made and that no other one writes into, of the
    /// run with this identity. It needs no lock, which file systems of clusters may lack.
    pub fn of_start(path: &Path, run: String) -> Result<Self, StoreError> {
        let file = OpenOptions::new().read(true).append(true).create_new(true).open(path);
        let file = file.map_err(StoreError::io("begin the journal", path))?;
        Ok(Self { of_run: Some(run), ..Self::at(path, Lock::NotNeeded, Lines::new(file, 0)) })
    }

    /// Continues a journal: the writer behind its last whole line, and what it holds so far. A torn last
    /// line is cut off.
    pub fn open(path: &Path) -> Result<(Self, Replay), StoreError> {
        let mut file = files::open_with(path, OpenOptions::new().read(true).append(true))
            .map_err(StoreError::io("open the journal", path))?;
        let lock = lock::take(&file, path)?;
        let (replay, whole) = read::read_from(&mut file, path)?;
        file.set_len(whole).map_err(StoreError::io("cut the torn last line of", path))?;
        Ok((Self::at(path, lock, Lines::new(file, whole)), replay))
    }

    fn at(path: &Path, lock: Lock, lines: Lines<File>) -> Self {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
        Self { path: path.into(), absolute, lock, lines, of_run: None }
    }

    /// Whether other processes are kept from writing it.
    pub fn lock(&self) -> Lock {
        self.lock
    }

    /// Appends one event as one whole line. Where that fails nothing of it stays behind, and the same
    /// event can be tried again.
    pub fn append(&mut self, event: &Event) -> Result<(), StoreError> {
        if let Some(what) = finite::first_not_finite(&event.kind) {
            return Err(StoreError::NotFinite { seq: event.seq, what });
        }
        let line = encoded(event, read::LONGEST_LINE)?;
        self.lines.append(&line).map_err(StoreError::io("append to", &self.path))
    }

    /// Waits until what was appended would survive a power cut; checks as [`Self::check_place`] does.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.check_place()?;
        self.lines.sink().sync_data().map_err(StoreError::io("sync", &self.path))
    }

    /// Checks that the file that is written is still the one at its path.
    ///
    /// # Errors
    /// [`StoreError::JournalGone`], once what was appended so far was saved elsewhere.
    pub fn check_place(&self) -> Result<(), StoreError> {
        match &self.of_run {
            Some(_) => place::check_start(&self.lines, &self.absolute),
            None => place::check(&self.lines, &self.absolute),
        }
    }

    /// BLAKE3 of the first line, hexadecimal: which run it is.
    pub fn identity(&self) -> Result<String, StoreError> {
        if let Some(run) = &self.of_run {
            return Ok(run.clone());
        }
        let mut file = self.lines.sink();
        file.seek(SeekFrom::Start(0)).map_err(StoreError::io("read", &self.path))?;
        identity_in(file, &self.path)
    }
}

/// The same of the journal at `path`.
pub fn identity(path: &Path) -> Result<String, StoreError> {
    identity_in(&files::open(path).map_err(StoreError::io("read", path))?, path)
}

fn identity_in(file: &File, path: &Path) -> Result<String, StoreError> {
    let mut line = Vec::new();
    BufReader::new(file).read_until(b'\n', &mut line).map_err(StoreError::io("read", path))?;
    Ok(blake3::hash(&line).to_hex().to_string())
}

/// An event's line, which has `longest` bytes at most: what is longer would not be read back.
fn encoded(event: &Event, longest: u64) -> Result<Vec<u8>, StoreError> {
    let failed = |why| StoreError::Encode { what: "an event", why };
    let mut line = v1::encode(event).map_err(|error| failed(error.to_string()))?;
    line.push(b'\n');
    if line.len() as u64 > longest {
        let why =
            format!("event {} has {} bytes, and at most {longest} are read back", event.seq, line.len());
        return Err(failed(format!(
            "{why}; use fewer seeds (sweep.seeds) or levels of noise (noise.levels)"
        )));
    }
    Ok(line)
}

#[cfg(test)]
pub(crate) mod tests;
