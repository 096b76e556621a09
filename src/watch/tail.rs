//! A journal that another process may be writing: its events from the first on, each once its line is whole.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::{StoreError, journal};
use crate::study::event::{Event, EventKind, RunHeader};
use crate::study::grid::Epoch;

/// No event is longer: a cohort of a thousand seeds has a tenth of that.
const LONGEST_LINE: u64 = 64 << 20;

/// Events that are read at once: a long journal is shown as it is read, and never held as a whole.
const MOST_EVENTS: usize = 8_192;

/// How much of a journal is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Every event.
    Whole,
    /// What says where the run stands; not the trials' numbers, which are most of it. Of an evaluation it stays that
    /// there is one.
    Outline,
}

/// A journal and how far it was read.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    file: File,
    reading: Reading,
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
    /// Whole lines that are none, in words.
    pub(super) ignored: Vec<String>,
    /// Whether the next read may have more at once.
    pub(super) rest: Rest,
}

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
    /// It can be read no further.
    Unreadable(String),
}

impl Tail {
    /// The journal at `path`, nothing of it read yet, and the header that it begins with.
    pub(super) fn open(path: &Path, reading: Reading) -> Result<(Self, RunHeader), StoreError> {
        let header = journal::header(path)?;
        let file = File::open(path).map_err(StoreError::io("read", path))?;
        Ok((Self { path: path.into(), file, reading, whole: 0, lines: 0, next_seq: 0 }, header))
    }

    /// What was appended since. A torn last line is read once it is whole; until then it may be cut off.
    pub(super) fn read(&mut self) -> Result<Appended, Lost> {
        let unreadable = |error: std::io::Error| Lost::Unreadable(error.to_string());
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
            line.clear();
            reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(unreadable)?;
            if line.last() != Some(&b'\n') {
                let is_too_long = line.len() as u64 == LONGEST_LINE;
                let why = || format!("line {} has no end", self.lines + 1);
                return if is_too_long { Err(Lost::Unreadable(why())) } else { Ok(appended) };
            }
            self.whole += line.len() as u64;
            self.lines += 1;
            if self.reading == Reading::Outline && holds_numbers(&line) {
                continue;
            }
            match serde_json::from_slice::<Event>(&line).map(|event| self.reading.of(event)) {
                Ok(event) if event.seq < self.next_seq => return Err(Lost::Replaced),
                Ok(event) => {
                    self.next_seq = event.seq.saturating_add(1);
                    appended.events.push(event);
                }
                Err(error) => appended.ignored.push(format!("line {} of the journal: {error}", self.lines)),
            }
        }
    }
}

/// Whether the line is an epoch's, told from its beginning alone.
fn holds_numbers(line: &[u8]) -> bool {
    const BEGINNING: usize = 120;
    const EPOCH: &[u8] = br#""event":"epoch_finished""#;
    line[..line.len().min(BEGINNING)].windows(EPOCH.len()).any(|part| part == EPOCH)
}

impl Reading {
    /// As much of an event as is wanted.
    fn of(self, mut event: Event) -> Event {
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
