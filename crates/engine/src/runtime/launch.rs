//! The engine as a face holds it: what to run, and the three ends of it that a face keeps.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::error::EngineError;
use super::scheduler::Scheduler;
use store::Reopened;
use study::command::Command;
use study::config::Config;
use study::feed::Feed;
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
    /// It is made, here or else as `runs/<name>-<UTC time>`.
    New(Option<PathBuf>),
    /// It exists and is gone on with.
    Existing(Box<Reopened>),
}

/// When training begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// As soon as the data are ready.
    AtOnce,
    /// When [`Command::Start`] comes.
    OnCommand,
}

/// A scheduler that was started, as a face holds it.
#[derive(Debug)]
pub struct Engine {
    /// What happens.
    pub feed: Arc<Feed>,
    /// What is asked for.
    pub commands: Sender<Command>,
    /// Says that the feed has changed.
    pub wake: Receiver<()>,
    thread: JoinHandle<Result<Ended, EngineError>>,
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
    /// What was asked for and could not be done, in sentences.
    pub faults: Vec<String>,
}

impl Engine {
    /// Waits for the scheduler to end.
    pub fn join(self) -> Result<Ended, EngineError> {
        self.thread.join().map_err(|_| EngineError::Thread("scheduler"))?
    }
}

/// Starts the scheduler thread, which loads the data and then waits for commands.
pub fn launch(plan: Plan) -> Result<Engine, EngineError> {
    let feed = Arc::new(Feed::default());
    let (commands, commands_in) = bounded(64);
    let (wake_out, wake) = bounded(1);
    let shared = Arc::clone(&feed);
    let thread = thread::Builder::new()
        .name("scheduler".into())
        .spawn(move || {
            let closing = Closing { feed: &shared, wake: &wake_out };
            Scheduler::new(plan, closing.feed, closing.wake, commands_in).and_then(Scheduler::run)
        })
        .map_err(|_| EngineError::Thread("scheduler"))?;
    Ok(Engine { feed, commands, wake, thread })
}

/// Says that nothing more will come, also where the scheduler panics.
struct Closing<'a> {
    feed: &'a Arc<Feed>,
    wake: &'a Sender<()>,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.feed.end();
        let _ = self.wake.try_send(());
    }
}
