//! A run that is gone on with: its directory, its journal's writer, and what happened so far.

use std::path::Path;

use super::cluster::{self, ClusterDir, ShardStart};
use super::journal::{IgnoredLine, Journal, Replay};
use super::run_dir::RunDir;
use super::{StoreError, log};
use study::config::Config;
use study::event::{Event, EventKind, RunHeader};

/// An existing run, held by this process alone.
#[derive(Debug)]
pub struct Reopened {
    /// Where its files are.
    pub directory: RunDir,
    /// The writer behind its last whole line.
    pub journal: Journal,
    /// What happened so far; the first event is the run's start.
    pub events: Vec<Event>,
    /// Lines of the journal that are no events.
    pub ignored: Vec<IgnoredLine>,
    /// The shard that this process trains; absent: all of the run.
    pub shard: Option<ShardStart>,
}

impl Reopened {
    /// Takes the run at `root`, which no other process may be working on, and its log.
    ///
    /// # Errors
    /// Also where the run is on a cluster.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        cluster::settle(root)?;
        if ClusterDir::of(root).exists() {
            return Err(StoreError::OnCluster { path: root.into() });
        }
        let directory = RunDir::open(root)?;
        let (journal, Replay { events, ignored }) = Journal::open(&directory.journal())?;
        // Who submits it holds the lock until then.
        if ClusterDir::of(root).exists() {
            return Err(StoreError::OnCluster { path: root.into() });
        }
        let mut reopened = Self { directory, journal, events, ignored, shard: None };
        let configs: Vec<Config> = reopened.headers().map(|header| header.config.clone()).collect();
        if let [begun, .., now] | [begun @ now] = configs.as_slice() {
            reopened.directory.find_checkpoints(begun, now);
        }
        reopened.directory.remove_partial_files();
        log::attach(&reopened.directory.log());
        Ok(reopened)
    }

    /// What the run is, as last reported; absent where the journal does not begin as one.
    pub fn header(&self) -> Option<&RunHeader> {
        self.headers().next_back()
    }

    fn headers(&self) -> impl DoubleEndedIterator<Item = &RunHeader> {
        self.events.iter().filter_map(|event| match &event.kind {
            EventKind::RunStarted { header, .. } | EventKind::RunResumed { header: Some(header), .. } => {
                Some(&**header)
            }
            _ => None,
        })
    }
}
