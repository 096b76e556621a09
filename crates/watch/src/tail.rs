//! A journal that another process may be writing: its events from the first on, each once its line is whole.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use host::files;
use store::format::v1;
use store::journal::{IgnoredLine, NextLine};
use store::{StoreError, journal};
use study::event::{Event, EventKind, RunHeader};
use study::grid::Epoch;

/// Events that are read at once: a long journal is shown as it is read, and never held as a whole.
const MOST_EVENTS: usize = 8_192;

/// How much of a journal is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Every event.
    Whole,
    /// What says where the run stands; not the trials' numbers, which are most of it. Of an evaluation it stays that
    /// there is one. Only right where [`Appended::lacks_events`] is false.
    Outline,
}

/// A journal and how far it was read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    pub(super) reading: Reading,
    /// Bytes of whole lines that were read, and how many lines.
    whole: u64,
    lines: usize,
    /// No event behind those that were read has a smaller number.
    next_seq: u64,
}

/// What was appended.
#[derive(Debug, Default)]
pub(super) struct Appended {
    pub(super) events: Vec<Event>,
    /// Whole lines that are not events, as messages.
    pub(super) ignored: Vec<String>,
    /// Whether a line among these is no event, or an event's number is left out.
    pub(super) lacks_events: bool,
    /// Whether the next read may have more at once.
    pub(super) rest: Rest,
}

/// An event's number, and the event where it is wanted.
type Read = (u64, Option<Event>);

/// Whether a read ended before the journal did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Rest {
    /// There was nothing left.
    #[default]
    None,
    /// It was enough for once.
    Some,
}

/// Why what was read is no longer what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Another file is there, the old one is shorter, or its events begin again.
    Replaced,
    /// It cannot be read further; a whole message, which names the file.
    Unreadable(String),
}

impl Tail {
    /// The journal at `path`, nothing of it read yet, and the header that it begins with.
    pub(super) fn open(path: &Path, reading: Reading) -> Result<(Self, RunHeader), StoreError> {
        let header = journal::header(path)?;
        let file = files::open(path).map_err(StoreError::io("read", path))?;
        Ok((Self { path: path.into(), file, reading, whole: 0, lines: 0, next_seq: 0 }, header))
    }

    /// What was appended since. A torn last line is read once it is whole; until then it may be cut off.
    pub(super) fn read(&mut self) -> Result<Appended, Lost> {
        let path = self.path.clone();
        let unreadable = |error| Lost::Unreadable(StoreError::io("read", &path)(error).to_string());
        let opened = self.file.metadata().map_err(unreadable)?;
        match fs::metadata(&self.path) {
            Ok(there) if (there.dev(), there.ino()) == (opened.dev(), opened.ino()) => {}
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unreadable(error)),
            Ok(_) | Err(_) => return Err(Lost::Replaced),
        }
        if opened.len() < self.whole {
            return Err(Lost::Replaced);
        }
        let mut appended = Appended::default();
        if opened.len() == self.whole {
            return Ok(appended);
        }
        self.file.seek(SeekFrom::Start(self.whole)).map_err(unreadable)?;
        let mut reader = BufReader::with_capacity(1 << 18, &self.file);
        let mut line = Vec::new();
        loop {
            if self.reading == Reading::Whole && appended.events.len() == MOST_EVENTS {
                appended.rest = Rest::Some;
                return Ok(appended);
            }
            let number = self.lines + 1;
            let (length, read) = match journal::next_line(&mut reader, &mut line).map_err(unreadable)? {
                NextLine::Torn => return Ok(appended),
                NextLine::TooLong(length) => (length, Err(IgnoredLine::too_long(number, length))),
                NextLine::Whole => (line.len() as u64, self.reading.of(&self.path, number, &line)?),
            };
            (self.whole, self.lines) = (self.whole + length, number);
            match read {
                Ok((seq, _)) if seq < self.next_seq => return Err(Lost::Replaced),
                Ok((seq, event)) => {
                    appended.lacks_events |= seq > self.next_seq;
                    self.next_seq = seq.saturating_add(1);
                    appended.events.extend(event);
                }
                Err(ignored) => {
                    appended.lacks_events = true;
                    appended.ignored.push(format!("line {number} of the journal: {}", ignored.why));
                }
            }
        }
    }
}

impl Reading {
    /// The number of a line's event and the wanted part of it, or why the line is not an event.
    fn of(self, path: &Path, number: usize, line: &[u8]) -> Result<Result<Read, IgnoredLine>, Lost> {
        if self == Self::Outline
            && let Some(seq) = v1::epoch_number(line)
        {
            return Ok(Ok((seq, None)));
        }
        let refused = |error: StoreError| Lost::Unreadable(error.to_string());
        let read = journal::event(path, number, line).map_err(refused)?;
        Ok(read.map(|event| (event.seq, Some(self.without_numbers(event)))))
    }

    fn without_numbers(self, mut event: Event) -> Event {
        if let (Self::Outline, EventKind::CohortEvaluated { evaluations, .. }) = (self, &mut event.kind) {
            for evaluation in evaluations {
                (evaluation.true_positive_rate, evaluation.noise) = (Vec::new(), Vec::new());
                // Without epochs there is no best one, and none is missed.
                evaluation.best_epoch = Epoch(0);
            }
        }
        event
    }
}
