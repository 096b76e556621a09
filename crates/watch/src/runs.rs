//! A folder of runs, read repeatedly: each journal from where the last read ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::tail::{Lost, Reading, Rest, Tail};
use store::{RunDir, StoreError, journal};
use study::event::RunHeader;
use study::listing::{RunEntry, Shortfall, Standing};
use study::run_state::RunState;
use study::text::one_line;

/// The runs in a folder.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
    known: BTreeMap<PathBuf, Known>,
}

/// A run's journal, as far as it was read.
#[derive(Debug)]
struct Known {
    tail: Tail,
    header: RunHeader,
    state: RunState,
}

impl Runs {
    /// Of `folder`, nothing read yet.
    pub const fn of(folder: PathBuf) -> Self {
        Self { folder, known: BTreeMap::new() }
    }

    /// The runs that are there now, newest first. Other files are skipped.
    pub fn look(&mut self) -> Result<Vec<RunEntry>, StoreError> {
        let read = StoreError::io("list", &self.folder);
        let found = fs::read_dir(&self.folder).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let mut entries: Vec<RunEntry> = found
            .map_err(read)?
            .into_iter()
            .map(|entry| entry.path())
            .filter_map(|path| Some((RunDir::journal_in(&path)?, path)))
            .map(|(journal, path)| self.entry(&journal, &path))
            .collect();
        entries.sort_by(|a, b| (b.started_ms, &a.path).cmp(&(a.started_ms, &b.path)));
        Ok(entries)
    }

    fn entry(&mut self, journal: &Path, path: &Path) -> RunEntry {
        // Before its events are read: a process that ends writes its last one before it is gone.
        let writer_lives = journal::is_locked(journal);
        let (known, error) = match self.read_on(journal, path) {
            Ok(known) => (Some(known), None),
            Err(why) => (None, Some(why)),
        };
        let directory = path.file_name().unwrap_or_default().to_string_lossy();
        let done =
            |known: &&Known| known.state.cohorts().filter(|(_, cohort)| cohort.status.is_over()).count();
        RunEntry {
            name: one_line(known.map_or(directory.as_ref(), |known| known.header.config.run.name.as_str())),
            state: known.map_or(Standing::Unreadable, |known| Standing::of(&known.state, writer_lives)),
            shortfall: known.map_or_else(Shortfall::default, |known| Shortfall::of(&known.state)),
            done: known.as_ref().map_or(0, done),
            all: known.map_or(0, |known| known.state.order().len()),
            started_ms: known.and_then(|known| known.state.started_ms()),
            last_ms: known.map(|known| known.state.last_ms()),
            data: one_line(known.map_or("", |known| known.header.data.name.as_str())),
            path: path.into(),
            fault: error,
        }
    }

    /// Takes what was appended to a journal; one that was replaced is read from its beginning, and so is one of which
    /// events are lost, whole: which numbers these were is in the rest.
    fn read_on(&mut self, journal: &Path, path: &Path) -> Result<&Known, String> {
        let mut reading = Reading::Outline;
        let mut why = format!("{} is replaced each time that it is read; try again later", journal.display());
        for _ in 0..3 {
            let mut known = match self.known.remove(path) {
                Some(known) => known,
                None => Known::open(journal, reading).map_err(|error| error.to_string())?,
            };
            match known.read_on() {
                Ok(Outlined::Right) => return Ok(self.known.entry(path.into()).or_insert(known)),
                Ok(Outlined::Wrong) => reading = Reading::Whole,
                Err(Lost::Replaced) => {}
                Err(Lost::Unreadable(error)) => why = error,
            }
        }
        Err(why)
    }
}

/// Whether an outline is enough for the run's state.
enum Outlined {
    Right,
    /// Events are lost.
    Wrong,
}

impl Known {
    fn open(journal: &Path, reading: Reading) -> Result<Self, StoreError> {
        let (tail, header) = Tail::open(journal, reading)?;
        Ok(Self { tail, header, state: RunState::default() })
    }

    /// Takes all that was appended.
    fn read_on(&mut self) -> Result<Outlined, Lost> {
        loop {
            let appended = self.tail.read()?;
            if appended.lacks_events && self.tail.reading == Reading::Outline {
                return Ok(Outlined::Wrong);
            }
            appended.events.iter().for_each(|event| self.state.apply(event));
            if appended.rest == Rest::None {
                return Ok(Outlined::Right);
            }
        }
    }
}
