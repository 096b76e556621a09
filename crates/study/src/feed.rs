//! The shared log between a run and its frontends: events as they were journalled, notices, progress.
//!
//! The scheduler appends and never waits; a frontend reads from where it left off, whenever it likes, so
//! that a stalled terminal cannot stop training.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::cluster::plan::Shard;
use super::cluster::queue::Queue;
use super::estimate::Estimate;
use super::event::{Event, RunHeader};
use super::format::spoken_duration;
use super::gpus::Gpus;
use super::grid::{CohortId, Epoch};
use super::run_state::RunState;

/// What frontends read and the scheduler appends to.
#[derive(Debug, Default)]
pub struct Feed {
    inner: Mutex<Inner>,
    over: AtomicBool,
    reading: AtomicBool,
}

#[derive(Debug, Default)]
struct Inner {
    planned: Option<Arc<RunHeader>>,
    estimate: Option<Estimate>,
    destination: Option<PathBuf>,
    run_dir: Option<PathBuf>,
    /// Events that were forgotten, and what they make together.
    forgotten: usize,
    folded: RunState,
    /// Those behind them.
    events: Vec<Arc<Event>>,
    notices: Vec<Arc<Notice>>,
    loading: Option<Loading>,
    progress: Option<Progress>,
    gpus: Option<Arc<Gpus>>,
    queue: Option<Arc<Queue>>,
    shards: Arc<BTreeMap<u32, Shard>>,
    blocked: Option<String>,
    writer: Writer,
}

/// Who works on the run of a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Writer {
    /// This process.
    #[default]
    Own,
    /// Another one, which takes commands.
    Other,
    /// Another one, which cannot be reached.
    Unreachable,
    /// Jobs of a cluster, see [`Feed::queue`].
    Cluster,
    /// None.
    Nobody,
}

/// A message that is not an event: it is not journalled, and is gone with the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// How much it matters.
    pub level: Level,
    /// One sentence.
    pub text: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something was not done as asked, or may mislead.
    Warning,
    /// Something failed.
    Error,
}

/// Where training stands between two events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The running cohort; of several, the one that has run longest.
    pub cohort: CohortId,
    /// Others that train beside it.
    pub others: usize,
    /// Its running epoch.
    pub epoch: Epoch,
    /// Epochs at most.
    pub epochs: u32,
    /// Seeds in its stack.
    pub seeds: usize,
    /// Training rows per second, all seeds of all running cohorts together.
    pub samples_per_second: f64,
    /// Of the whole sweep, from the measured speed of what is done; absent before it can be estimated.
    pub remaining_seconds: Option<f64>,
    /// How hard the devices work; absent where their peak is not known.
    pub load: Option<Load>,
}

/// How far the data are read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loading {
    /// Rows read, of text and of image.
    pub done: u64,
    /// In all.
    pub of: u64,
    /// Since the first row.
    pub seconds: f64,
}

impl Loading {
    /// Percent, rounded down.
    pub const fn percent(&self) -> u64 {
        match (100 * self.done).checked_div(self.of) {
            Some(percent) => percent,
            None => 100,
        }
    }

    /// Seconds that the rest will take.
    pub fn remaining_seconds(&self) -> f64 {
        self.seconds * self.of.saturating_sub(self.done) as f64 / self.done.max(1) as f64
    }

    /// As text: `reading data: 42 %, 8 seconds left`; behind the last row, what follows.
    pub fn text(&self) -> String {
        if self.done >= self.of {
            return "preparing data…".to_owned();
        }
        format!("reading data: {} %, {} left", self.percent(), spoken_duration(self.remaining_seconds()))
    }
}

/// How hard a device works, against what it was measured to do at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Share of the peak, of what binds.
    pub share: f64,
    /// Which of the two is nearer to its peak.
    pub bound: Bound,
}

/// What a device is limited by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Floating-point operations.
    Arithmetic,
    /// Memory traffic.
    Memory,
}

impl Load {
    /// As text: `62 % of arithmetic peak`.
    pub fn text(&self) -> String {
        let bound = match self.bound {
            Bound::Arithmetic => "arithmetic",
            Bound::Memory => "memory",
        };
        format!("{:.0} % of {bound} peak", 100.0 * self.share)
    }
}

impl Feed {
    /// What the run will be, once the data are loaded.
    pub fn planned(&self) -> Option<Arc<RunHeader>> {
        self.lock().planned.clone()
    }

    /// About how long what is to be trained takes, once it can be said; absent of a run of another process.
    pub fn estimate(&self) -> Option<Estimate> {
        self.lock().estimate
    }

    /// The directory that was chosen for a run that has not begun.
    pub fn destination(&self) -> Option<PathBuf> {
        self.lock().destination.clone()
    }

    /// The run's directory, once it was made.
    pub fn run_dir(&self) -> Option<PathBuf> {
        self.lock().run_dir.clone()
    }

    /// The events past the first `seen`, as far as they are not forgotten; see [`Self::so_far`].
    pub fn events_since(&self, seen: usize) -> Vec<Arc<Event>> {
        let inner = self.lock();
        let from = seen.saturating_sub(inner.forgotten);
        inner.events.get(from..).unwrap_or_default().to_vec()
    }

    /// Where a reader begins that has read nothing: the fold of the forgotten events, and how many they are.
    pub fn so_far(&self) -> (RunState, usize) {
        let inner = self.lock();
        (inner.folded.clone(), inner.forgotten)
    }

    /// The fold of every event, forgotten or not.
    pub fn whole(&self) -> RunState {
        let (mut state, events) = {
            let inner = self.lock();
            (inner.folded.clone(), inner.events.clone())
        };
        for event in events {
            state.apply(&event);
        }
        state
    }

    /// Forgets the first `read` events, of which their fold is kept: a frontend that has read them keeps the feed
    /// from growing with every epoch.
    pub fn forget(&self, read: usize) {
        let mut inner = self.lock();
        let read = read.saturating_sub(inner.forgotten).min(inner.events.len());
        let gone: Vec<Arc<Event>> = inner.events.drain(..read).collect();
        inner.forgotten += gone.len();
        for event in gone {
            inner.folded.apply(&event);
        }
    }

    /// Lets `state` of the same run share memory with what was forgotten, see [`RunState::share`].
    pub fn share(&self, state: &mut RunState) {
        state.share(&self.lock().folded);
    }

    /// The notices past the first `seen`.
    pub fn notices_since(&self, seen: usize) -> Vec<Arc<Notice>> {
        self.lock().notices.get(seen..).unwrap_or_default().to_vec()
    }

    /// How far the data are read; absent before the first row and after the last.
    pub fn loading(&self) -> Option<Loading> {
        self.lock().loading
    }

    /// Where training stands; absent while nothing trains.
    pub fn progress(&self) -> Option<Progress> {
        self.lock().progress
    }

    /// What the run's GPUs do; absent where there are none, and where their driver does not answer.
    pub fn gpus(&self) -> Option<Arc<Gpus>> {
        self.lock().gpus.clone()
    }

    /// What the cluster's queue says of the run's jobs; absent where the run is not on one, and before the first answer.
    pub fn queue(&self) -> Option<Arc<Queue>> {
        self.lock().queue.clone()
    }

    /// What each shard of a run on a cluster trains, by their numbers; none where that is not known.
    pub fn shards(&self) -> Arc<BTreeMap<u32, Shard>> {
        Arc::clone(&self.lock().shards)
    }

    /// What keeps the run from being recorded, so that it waits; absent: nothing.
    pub fn blocked(&self) -> Option<String> {
        self.lock().blocked.clone()
    }

    /// Who works on the run.
    pub fn writer(&self) -> Writer {
        self.lock().writer
    }

    /// Whether the scheduler has ended: nothing more will come.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Whether the journal of a run that was there before is still being read.
    pub fn is_reading(&self) -> bool {
        self.reading.load(Ordering::Acquire)
    }

    /// Sets whether that is so; whether it was otherwise before.
    pub fn set_reading(&self, reading: bool) -> bool {
        self.reading.swap(reading, Ordering::AcqRel) != reading
    }

    /// Sets the planned header.
    pub fn plan(&self, header: Arc<RunHeader>) {
        self.lock().planned = Some(header);
    }

    /// Sets how long what is to be trained takes.
    pub fn set_estimate(&self, estimate: Option<Estimate>) {
        self.lock().estimate = estimate;
    }

    /// Sets the directory that was chosen for it.
    pub fn set_destination(&self, directory: PathBuf) {
        self.lock().destination = Some(directory);
    }

    /// Sets the run's directory.
    pub fn set_run_dir(&self, directory: PathBuf) {
        self.lock().run_dir = Some(directory);
    }

    /// Appends an event that was journalled.
    pub fn push_event(&self, event: Arc<Event>) {
        self.lock().events.push(event);
    }

    /// Appends a notice.
    pub fn push_notice(&self, notice: Notice) {
        self.lock().notices.push(Arc::new(notice));
    }

    /// Sets how far the data are read.
    pub fn set_loading(&self, loading: Option<Loading>) {
        self.lock().loading = loading;
    }

    /// Sets the progress of training.
    pub fn set_progress(&self, progress: Option<Progress>) {
        self.lock().progress = progress;
    }

    /// Sets what the run's GPUs do.
    pub fn set_gpus(&self, gpus: Option<Arc<Gpus>>) {
        self.lock().gpus = gpus;
    }

    /// Sets what the cluster's queue says.
    pub fn set_queue(&self, queue: Option<Arc<Queue>>) {
        self.lock().queue = queue;
    }

    /// Sets what each shard trains.
    pub fn set_shards(&self, shards: Arc<BTreeMap<u32, Shard>>) {
        self.lock().shards = shards;
    }

    /// Sets what keeps the run from being recorded.
    pub fn set_blocked(&self, why: Option<String>) {
        self.lock().blocked = why;
    }

    /// Sets who works on the run.
    pub fn set_writer(&self, writer: Writer) {
        self.lock().writer = writer;
    }

    /// Ends the feed: nothing more will come.
    pub fn end(&self) {
        self.reading.store(false, Ordering::Release);
        self.over.store(true, Ordering::Release);
    }

    /// A panic elsewhere cannot leave these plain values half-written: use them as they are.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
