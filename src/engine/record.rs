//! The run as it is kept and shown: every event is stamped, journalled, folded and then shown, in that
//! order and from this one place.

use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::Sender;

use super::error::EngineError;
use crate::store::{Journal, RunDir, correctness, log};
use crate::study::config::Config;
use crate::study::event::{Event, EventKind, FORMAT, RunHeader};
use crate::study::feed::{Feed, Level, Notice, Progress};
use crate::study::grid::{CohortId, Seed};
use crate::study::run_state::RunState;

pub(super) struct Record {
    feed: Arc<Feed>,
    wake: Sender<()>,
    header: Arc<RunHeader>,
    state: RunState,
    kept: Option<Kept>,
}

struct Kept {
    directory: RunDir,
    journal: Journal,
}

impl Record {
    /// Of a run that is planned and not begun.
    pub(super) fn new(feed: Arc<Feed>, wake: Sender<()>, header: Arc<RunHeader>) -> Self {
        feed.plan(Arc::clone(&header));
        let record = Self { feed, wake, state: RunState::planned(Arc::clone(&header)), header, kept: None };
        record.wake();
        record
    }

    /// Makes the run's directory and journal and writes the first event.
    pub(super) fn begin(&mut self, config: &Config, explicit: Option<&Path>) -> Result<(), EngineError> {
        let directory = RunDir::create(config, explicit, Timestamp::now()).map_err(EngineError::NotBegun)?;
        let journal = Journal::create(&directory.journal()).map_err(EngineError::NotBegun)?;
        log::attach(&directory.log());
        self.feed.set_run_dir(directory.root().to_path_buf());
        self.kept = Some(Kept { directory, journal });
        let header = Box::new((*self.header).clone());
        self.event(EventKind::RunStarted { format: FORMAT, header })
    }

    /// Stamps, journals, folds and shows.
    pub(super) fn event(&mut self, kind: EventKind) -> Result<(), EngineError> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let ends_cohort = matches!(kind, EventKind::CohortFinished { .. });
        let event = Event { seq: self.state.next_seq(), at_ms: now_ms(), kind };
        kept.journal.append(&event)?;
        if ends_cohort {
            kept.journal.sync()?;
        }
        self.state.apply(&event);
        self.feed.push_event(Arc::new(event));
        self.wake();
        Ok(())
    }

    pub(super) fn correctness(
        &self,
        cohort: CohortId,
        test_rows: usize,
        per_seed: &[(Seed, Vec<bool>)],
    ) -> Result<(), EngineError> {
        let Some(kept) = &self.kept else { return Ok(()) };
        Ok(correctness::write(&kept.directory.correctness(cohort), test_rows, per_seed)?)
    }

    pub(super) fn notice(&self, level: Level, text: String) {
        match level {
            Level::Info => tracing::info!("{text}"),
            Level::Warning => tracing::warn!("{text}"),
            Level::Error => tracing::error!("{text}"),
        }
        self.feed.push_notice(Notice { at_ms: now_ms(), level, text });
        self.wake();
    }

    pub(super) fn set_progress(&self, progress: Option<Progress>) {
        self.feed.set_progress(progress);
        self.wake();
    }

    pub(super) const fn state(&self) -> &RunState {
        &self.state
    }

    pub(super) fn into_state(self) -> RunState {
        self.state
    }

    pub(super) fn run_dir(&self) -> Option<RunDir> {
        self.kept.as_ref().map(|kept| kept.directory.clone())
    }

    pub(super) fn directory(&self) -> Option<PathBuf> {
        self.kept.as_ref().map(|kept| kept.directory.root().to_path_buf())
    }

    /// A face that has not looked yet is woken once.
    fn wake(&self) {
        let _ = self.wake.try_send(());
    }
}

fn now_ms() -> u64 {
    Timestamp::now().as_millisecond().try_into().unwrap_or(0)
}
