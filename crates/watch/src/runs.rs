//! A folder of runs, read repeatedly: each journal from where the last read ended.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access::access_to;
use super::shards::Shards;
use super::tail::{Lost, Reading, Rest, Tail};
use store::cluster::ClusterDir;
use store::{RunDir, StoreError, journal, labels};
use study::event::{Event, EventKind, RunHeader};
use study::labels::Labels;
use study::listing::{BestScore, RunEntry, Shortfall, Standing};
use study::run_state::RunState;
use study::scored::Scored;
use study::summary::summary;
use study::text::one_line;

/// The runs in a folder.
#[derive(Debug)]
pub struct Runs {
    folder: PathBuf,
    known: BTreeMap<PathBuf, Known>,
    labelled: BTreeMap<PathBuf, Labelled>,
}

/// A run's journal, as far as it was read.
#[derive(Debug)]
struct Known {
    tail: Tail,
    /// Where it is on a cluster.
    shards: Option<Shards>,
    header: RunHeader,
    state: RunState,
    /// Of the summary that the events so far make.
    configurations: Arc<[Scored]>,
}

/// A run's labels, as last read.
#[derive(Debug)]
struct Labelled {
    /// Of the file that they were read from; absent where there was none.
    version: Option<Version>,
    labels: Result<Labels, String>,
}

/// Inode, length and time of the last change: they differ for every file that is put into its place.
type Version = (u64, u64, i64, i64);

impl Runs {
    /// Of `folder`, nothing read yet.
    pub const fn of(folder: PathBuf) -> Self {
        Self { folder, known: BTreeMap::new(), labelled: BTreeMap::new() }
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
        let labels = self.labels(path);
        let (known, error) = match self.read_on(journal, path) {
            Ok(known) => (Some(known), None),
            Err(why) => (None, Some(why)),
        };
        let (labels, labels_fault) = match labels {
            Ok(labels) => (labels, None),
            Err(why) => (Labels::default(), Some(why)),
        };
        let unread = RunEntry {
            labels,
            labels_fault,
            fault: error,
            access: access_to(path),
            ..RunEntry::unread(path.into())
        };
        let Some(known) = known else { return unread };
        RunEntry {
            name: one_line(known.header.config.run.name.as_str()),
            state: if ClusterDir::of(path).exists() {
                Standing::of_jobs(&known.state)
            } else {
                Standing::of(&known.state, writer_lives)
            },
            shortfall: Shortfall::of(&known.state),
            done: known.state.cohorts().filter(|(_, cohort)| cohort.status.is_over()).count(),
            all: known.state.order().len(),
            started_ms: known.state.started_ms(),
            last_ms: Some(known.state.last_ms()),
            data: one_line(known.header.data.name.as_str()),
            best: BestScore::of(&known.configurations),
            configurations: Arc::clone(&known.configurations),
            ..unread
        }
    }

    /// The run's labels; the file is read where it is another one than at the last look.
    fn labels(&mut self, path: &Path) -> Result<Labels, String> {
        let version = fs::metadata(RunDir::labels_in(path))
            .ok()
            .map(|about| (about.ino(), about.len(), about.mtime(), about.mtime_nsec()));
        match self.labelled.get(path) {
            Some(known) if known.version == version => known.labels.clone(),
            _ => {
                let labels = labels::read(path).map_err(|error| error.to_string());
                self.labelled.insert(path.into(), Labelled { version, labels: labels.clone() });
                labels
            }
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
                None => Known::open(journal, path, reading).map_err(|error| error.to_string())?,
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
    fn open(journal: &Path, root: &Path, reading: Reading) -> Result<Self, StoreError> {
        let (tail, header) = Tail::open(journal, reading)?;
        let shards = Shards::of(root);
        Ok(Self { tail, shards, header, state: RunState::default(), configurations: Arc::default() })
    }

    /// Takes all that was appended.
    fn read_on(&mut self) -> Result<Outlined, Lost> {
        let mut changed = false;
        loop {
            let appended = self.tail.read()?;
            if appended.lacks_events && self.tail.reading == Reading::Outline {
                return Ok(Outlined::Wrong);
            }
            appended.events.iter().for_each(|event| self.state.apply(event));
            changed |= appended.events.iter().any(scores);
            if appended.rest == Rest::None {
                if let Some(shards) = &mut self.shards {
                    for event in shards.look()?.events {
                        changed |= scores(&event);
                        self.state.apply(&Event { seq: self.state.next_seq(), ..event });
                    }
                }
                if changed {
                    self.configurations = summary(&self.state).iter().map(Scored::from).collect();
                }
                return Ok(Outlined::Right);
            }
        }
    }
}

/// Whether the summary's rows may differ after this event.
const fn scores(event: &Event) -> bool {
    match event.kind {
        EventKind::EpochFinished { .. }
        | EventKind::RunPaused
        | EventKind::RunContinued
        | EventKind::RunFinished
        | EventKind::ShardStarted { .. } => false,
        EventKind::RunStarted { .. }
        | EventKind::RunResumed { .. }
        | EventKind::RunInterrupted
        | EventKind::CohortStarted { .. }
        | EventKind::CohortResumed { .. }
        | EventKind::CohortEvaluated { .. }
        | EventKind::CohortFinished { .. } => true,
    }
}
