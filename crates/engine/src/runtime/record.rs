//! The run as it is kept and shown: every event gets its number and time, is journalled, folded and then shown, in this
//! order and in this one place.
//!
//! What the disk refuses waits here in order, and is tried again; nothing after it is shown before.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::backend::device::Compute;
use crate::error::EngineError;
use crate::runtime::gpus::GpuReader;
use crate::runtime::plan::NewRun;
use crate::training::cohort::saved::Saved;
use host::clock;
use store::journal::Lock;
use store::{Journal, Reopened, RunDir, StoreError, labels, log, rows};
use study::command::Command;
use study::config::Config;
use study::estimate::Estimate;
use study::event::{Event, EventKind, FORMAT, RunHeader};
use study::feed::{Feed, Level, Notice, Progress};
use study::grid::{CohortId, Seed};
use study::rows::SeedRows;
use study::run_state::{CohortState, RunState};
use watch::Server;

pub(crate) struct Record {
    feed: Arc<Feed>,
    wake: Sender<()>,
    header: Arc<RunHeader>,
    state: RunState,
    /// Where watchers' commands go.
    watchers: Sender<Command>,
    kept: Option<Kept>,
    /// What could not be written yet, in order.
    waiting: VecDeque<Entry>,
    /// Why files of a new result are not in the old one's place.
    unsettled: Option<String>,
}

struct Kept {
    directory: RunDir,
    /// Dropped before the journal's lock is.
    _socket: Option<Server>,
    journal: Journal,
    kind: Kind,
    /// Whether anything is written any more.
    is_open: bool,
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Run,
    /// A start of a shard.
    Shard,
}

/// Something to be kept.
enum Entry {
    Event {
        at_ms: u64,
        kind: EventKind,
    },
    Rows {
        cohort: CohortId,
        test_rows: usize,
        per_seed: Vec<(Seed, SeedRows)>,
    },
    /// Files of a new result are to be put into the old one's place.
    Settle,
}

impl Record {
    /// Of a run that is planned and not begun.
    pub(crate) fn new(
        feed: Arc<Feed>,
        wake: Sender<()>,
        header: Arc<RunHeader>,
        watchers: Sender<Command>,
    ) -> Self {
        let state = RunState::planned(Arc::clone(&header));
        feed.plan(Arc::clone(&header));
        let waiting = VecDeque::new();
        let record = Self { feed, wake, state, header, watchers, kept: None, waiting, unsettled: None };
        record.wake();
        record
    }

    /// Of a run that exists.
    pub(crate) fn reopen(
        feed: Arc<Feed>,
        wake: Sender<()>,
        header: Arc<RunHeader>,
        watchers: Sender<Command>,
        reopened: Reopened,
    ) -> Self {
        let Reopened { directory, journal, events, ignored, shard } = reopened;
        feed.set_run_dir(directory.root().to_path_buf());
        let mut state = RunState::default();
        for event in events {
            state.apply(&event);
            feed.push_event(Arc::new(event));
        }
        let waiting = VecDeque::new();
        let mut record = Self { feed, wake, state, header, watchers, kept: None, waiting, unsettled: None };
        if let Err(error) = directory.tidy(&record.state) {
            record.not_settled(&error);
        }
        record.hold(directory, journal, if shard.is_some() { Kind::Shard } else { Kind::Run });
        for line in ignored {
            let text = format!("line {} of the journal is no event and is ignored: {}", line.line, line.why);
            record.notice(Level::Warning, text);
        }
        record.wake();
        record
    }

    /// Makes the run's directory with its labels and journal, and writes the first event.
    pub(crate) fn begin(&mut self, config: &Config, new: &NewRun) -> Result<(), EngineError> {
        let explicit = new.directory.as_deref();
        let directory = RunDir::create(config, explicit, clock::now()).map_err(EngineError::NotBegun)?;
        let labelled = labels::change(directory.root(), &new.labels);
        let journal = labelled.and_then(|_| Journal::create(&directory.journal()));
        let journal = journal.inspect_err(|_| directory.discard()).map_err(EngineError::NotBegun)?;
        log::attach(&directory.log());
        self.feed.set_run_dir(directory.root().to_path_buf());
        self.hold(directory, journal, Kind::Run);
        let header = Box::new((*self.header).clone());
        self.event(EventKind::RunStarted { format: FORMAT, header })
    }

    /// Holds on to the run's files, and serves watchers from now on; those of a shard may be on other machines.
    fn hold(&mut self, directory: RunDir, journal: Journal, kind: Kind) {
        if journal.lock() == Lock::None {
            let text = "locks do not work on this file system: do not work on a run from two places at once";
            self.notice(Level::Warning, text.into());
        }
        let serve = || Server::start(directory.root(), Arc::clone(&self.feed), self.watchers.clone());
        let socket = (kind == Kind::Run).then(serve).transpose();
        if let Err(error) = &socket {
            let text = format!("watchers can look and not act: no control socket ({error})");
            self.notice(Level::Warning, text);
        }
        self.kept = Some(Kept { directory, _socket: socket.ok().flatten(), journal, kind, is_open: true });
    }

    /// Gives it its number and time, journals, folds and shows it; or keeps it behind what could not be written.
    pub(crate) fn event(&mut self, kind: EventKind) -> Result<(), EngineError> {
        self.keep(Entry::Event { at_ms: clock::now_ms(), kind })
    }

    /// Keeps the results of single test rows for each seed.
    pub(crate) fn rows(
        &mut self,
        cohort: CohortId,
        test_rows: usize,
        per_seed: Vec<(Seed, SeedRows)>,
    ) -> Result<(), EngineError> {
        self.keep(Entry::Rows { cohort, test_rows, per_seed })
    }

    /// Whether something waits to be written.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Writes what waits, as far as the disk accepts it.
    pub(crate) fn retry(&mut self) -> Result<(), EngineError> {
        self.write_waiting()?;
        if !self.is_blocked() {
            self.set_blocked(None);
        }
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<(), EngineError> {
        while let Some(entry) = self.waiting.pop_front() {
            match self.write(&entry) {
                Ok(()) => {}
                Err(EngineError::Store(error)) if error.is_worth_waiting_for() => {
                    self.waiting.push_front(entry);
                    self.block(&error);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Discards what waits and all that would come after it: the run ends here, as if it had been killed.
    pub(crate) fn abandon(&mut self) {
        self.waiting.clear();
        if let Some(kept) = &mut self.kept {
            kept.is_open = false;
        }
    }

    pub(crate) fn notice(&self, level: Level, text: String) {
        match level {
            Level::Info => tracing::info!("{text}"),
            Level::Warning => tracing::warn!("{text}"),
            Level::Error => tracing::error!("{text}"),
        }
        self.feed.push_notice(Notice { at_ms: clock::now_ms(), level, text });
        self.wake();
    }

    /// Shows about how long what is to be trained takes.
    pub(crate) fn set_estimate(&self, estimate: Option<Estimate>) {
        self.feed.set_estimate(estimate);
        self.wake();
    }

    pub(crate) fn set_progress(&self, progress: Option<Progress>) {
        self.feed.set_progress(progress);
        self.wake();
    }

    /// Shows what the GPUs among `workers` do, from now on.
    pub(crate) fn read_gpus(&self, workers: &[Compute]) -> Option<GpuReader> {
        GpuReader::start(workers, &self.feed, &self.wake)
    }

    /// Shows what the run waits for; absent: nothing.
    pub(crate) fn set_blocked(&self, why: Option<String>) {
        match (self.feed.blocked(), &why) {
            (None, Some(why)) => self.notice(Level::Error, format!("the run waits: {why}")),
            (Some(_), None) => self.notice(Level::Info, "the run can be written again and continues".into()),
            (None, None) | (Some(_), Some(_)) => {}
        }
        self.feed.set_blocked(why);
        self.wake();
    }

    /// Checks that the journal is still the file that was begun. That of a shard is shown to other machines as well.
    pub(crate) fn check_place(&mut self) -> Result<(), EngineError> {
        let Some(kept) = self.kept.as_mut().filter(|kept| kept.is_open) else { return Ok(()) };
        kept.journal.check_place()?;
        if kept.kind == Kind::Shard {
            // What cannot be synced now is at the next look.
            let _ = kept.journal.sync();
        }
        Ok(())
    }

    /// Which run it is; absent before it has begun.
    pub(crate) fn identity(&self) -> Result<Option<String>, EngineError> {
        Ok(self.kept.as_ref().map(|kept| kept.journal.identity()).transpose()?)
    }

    pub(crate) const fn state(&self) -> &RunState {
        &self.state
    }

    pub(crate) fn into_state(self) -> RunState {
        self.state
    }

    /// Why files of a new result are not in the old one's place; absent where they are.
    pub(crate) fn unsettled(&self) -> Option<&str> {
        self.unsettled.as_deref()
    }

    pub(crate) fn run_dir(&self) -> Option<RunDir> {
        self.kept.as_ref().map(|kept| kept.directory.clone())
    }

    pub(crate) fn directory(&self) -> Option<PathBuf> {
        self.kept.as_ref().map(|kept| kept.directory.root().to_path_buf())
    }

    fn keep(&mut self, entry: Entry) -> Result<(), EngineError> {
        let was_blocked = self.is_blocked();
        self.waiting.push_back(entry);
        if was_blocked { Ok(()) } else { self.write_waiting() }
    }

    fn write(&mut self, entry: &Entry) -> Result<(), EngineError> {
        let Some(kept) = self.kept.as_mut().filter(|kept| kept.is_open) else { return Ok(()) };
        let (at_ms, kind) = match entry {
            Entry::Rows { cohort, test_rows, per_seed } => {
                return Ok(rows::keep(&kept.directory, &self.state, *cohort, *test_rows, per_seed)?);
            }
            Entry::Settle => return self.settle(),
            Entry::Event { at_ms, kind } => (*at_ms, kind.clone()),
        };
        let event = Event { seq: self.state.next_seq(), at_ms, kind };
        kept.journal.append(&event)?;
        let mut unsynced = None;
        match &event.kind {
            EventKind::CohortFinished { .. } => match kept.journal.sync() {
                Ok(()) => {}
                Err(gone @ StoreError::JournalGone { .. }) => return Err(gone.into()),
                Err(error) => unsynced = Some(error),
            },
            // Before the end of the run is shown.
            EventKind::RunFinished | EventKind::RunInterrupted => kept.journal.check_place()?,
            _ => {}
        }
        let replaces =
            event.kind.cohort().and_then(|id| self.state.cohort(id)).is_some_and(CohortState::trains_again);
        self.state.apply(&event);
        if let EventKind::CohortFinished { cohort, seeds, .. } = &event.kind {
            // Only now are their training states not needed any more. Other seeds may train elsewhere.
            if unsynced.is_none() {
                let seeds: Vec<Seed> = seeds.iter().map(|(seed, _)| *seed).collect();
                Saved::discard(&kept.directory.training_states(*cohort), &seeds);
            }
            self.feed.share(&mut self.state);
            if replaces && self.settle().is_err() {
                self.waiting.push_front(Entry::Settle);
            }
        }
        self.feed.push_event(Arc::new(event));
        if let Some(error) = unsynced {
            self.notice(Level::Error, format!("a power cut could lose the last events: {error}"));
        }
        self.wake();
        Ok(())
    }

    /// Puts the files of a new result into the old one's place.
    ///
    /// # Errors
    /// Where waiting may help.
    fn settle(&mut self) -> Result<(), EngineError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        match kept.directory.settle_attempts(&self.state) {
            Ok(()) => self.unsettled = None,
            Err(error) if error.is_worth_waiting_for() => return Err(error.into()),
            Err(error) => self.not_settled(&error),
        }
        Ok(())
    }

    fn not_settled(&mut self, error: &StoreError) {
        let text = format!(
            "the files of a new result are not in place: {error}; `superfuse-tui resume` puts them there once they can \
             be written"
        );
        self.notice(Level::Error, text.clone());
        self.unsettled = Some(text);
    }

    fn block(&self, error: &StoreError) {
        self.set_blocked(Some(error.to_string()));
    }

    /// A frontend that has not looked yet is woken once.
    fn wake(&self) {
        let _ = self.wake.try_send(());
    }
}
