//! A folder of runs, looked at again and again: each journal is read from where it was left.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::tail::{Reading, Tail};
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
    /// Of `folder`, nothing looked at yet.
    pub const fn of(folder: PathBuf) -> Self {
        Self { folder, known: BTreeMap::new() }
    }

    /// What is there now, the newest first. What is no run is passed over.
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
        let (known, fault) = match self.read_on(journal, path) {
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
            fault,
        }
    }

    /// Takes what was appended to a journal; one that was replaced is begun again.
    fn read_on(&mut self, journal: &Path, path: &Path) -> Result<&Known, String> {
        for _ in 0..2 {
            if !self.known.contains_key(path) {
                let (tail, header) =
                    Tail::open(journal, Reading::Outline).map_err(|error| error.to_string())?;
                self.known.insert(path.into(), Known { tail, header, state: RunState::default() });
            }
            let read = self.known.get_mut(path).map(|known| {
                let appended = known.tail.read()?;
                appended.events.iter().for_each(|event| known.state.apply(event));
                Ok::<_, super::tail::Lost>(())
            });
            match read {
                Some(Ok(())) => break,
                _ => drop(self.known.remove(path)),
            }
        }
        self.known.get(path).ok_or_else(|| "its journal changes under the eyes, or is damaged".into())
    }
}
