//! The interface between a frontend and the engine: the plan of a run, the ends of three channels, and the result.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};

use crate::error::EngineError;
use store::Reopened;
use study::command::Command;
use study::config::Config;
use study::feed::Feed;
use study::labels::LabelChange;
use study::run_state::RunState;

/// What to run and how to begin.
#[derive(Debug)]
pub struct Plan {
    /// The study.
    pub config: Config,
    /// Where the run is kept.
    pub place: RunPlace,
    /// When training begins.
    pub begin: Begin,
    /// The program with its version and commit, for the provenance.
    pub program: String,
}

/// Where a run is kept.
#[derive(Debug)]
pub enum RunPlace {
    /// It is made.
    New(NewRun),
    /// It exists and is resumed.
    Existing(Box<Reopened>),
}

/// A run that is made.
#[derive(Clone, Debug, Default)]
pub struct NewRun {
    /// Its directory, or else `runs/<name>-<UTC time>`.
    pub directory: Option<PathBuf>,
    /// What its user says of it from the start.
    pub labels: LabelChange,
}

/// When training begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// As soon as the data are ready.
    AtOnce,
    /// When [`Command::Start`] comes.
    OnCommand,
}

/// A scheduler that was started, as a frontend holds it.
#[derive(Debug)]
pub struct Engine {
    /// What happens.
    pub feed: Arc<Feed>,
    /// Takes what the user asks for.
    pub commands: Sender<Command>,
    /// Wakes the frontend when the feed has changed.
    pub wake: Receiver<()>,
    pub(super) thread: JoinHandle<Result<Ended, EngineError>>,
}

/// What a run left behind.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The state at the end.
    pub state: RunState,
    /// The run's directory; absent where nothing was started.
    pub run_dir: Option<PathBuf>,
    /// The summary's files, as last written.
    pub exports: Vec<PathBuf>,
    /// What was requested and could not be done, in sentences.
    pub faults: Vec<String>,
}

impl Engine {
    /// Waits for the scheduler to end.
    pub fn join(self) -> Result<Ended, EngineError> {
        self.thread.join().map_err(|_| EngineError::Thread("scheduler"))?
    }
}
