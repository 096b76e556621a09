//! The run as the screen knows it: the fold, what was derived from it, and what is not journalled.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use host::clock::seconds_ahead;
use study::claims::Findings;
use study::cost;
use study::estimate::Estimate;
use study::event::{Event, EventKind, RunHeader};
use study::feed::{Feed, Level, Loading, Notice, Progress, Writer};
use study::grid::{CohortId, Task};
use study::listing::{Shortfall, Standing};
use study::model::ModelId;
use study::run_state::{CohortStatus, Phase, RunState, TrialState};

use super::cluster::Cluster;
use super::derived::Derived;
use super::gpus::GpuHistory;
use super::log::Log;
use super::resources::Resources;

/// Everything to be shown that keys do not change.
#[derive(Debug, Default)]
pub struct Model {
    /// The fold.
    pub run: RunState,
    /// What charts and tables need of it, kept as it grows.
    pub derived: Derived,
    /// What happened, as lines.
    pub log: Log,
    /// How far the data are read, before the run is prepared.
    pub loading: Option<Loading>,
    /// Between two events.
    pub progress: Option<Progress>,
    /// About how long what is to be trained takes, as estimated before it began.
    pub estimate: Option<Estimate>,
    /// What this process takes while it trains.
    pub resources: Option<Resources>,
    /// What the GPUs do that it trains on, on whichever machine that is.
    pub gpus: GpuHistory,
    /// The jobs that train it, where it is on a cluster.
    pub cluster: Cluster,
    /// Where it is to be kept, if its user has chosen that.
    pub destination: Option<PathBuf>,
    /// Where the run is kept, once it was made.
    pub run_dir: Option<PathBuf>,
    /// The folder of its checkpoints, once it was found.
    pub checkpoints: Option<PathBuf>,
    /// Whether what is in its journal already is still being read.
    pub is_reading: bool,
    /// What keeps the run from being recorded, so that it waits.
    pub blocked: Option<String>,
    /// Who works on it.
    pub writer: Writer,
    /// Its findings on the paper's claims, as last evaluated.
    pub findings: Option<Arc<Findings>>,
    /// Whether these are being evaluated anew.
    pub findings_state: FindingsState,
    /// How often something ended or began that findings are read from.
    pub outcomes: usize,
    /// Events of the feed that were taken.
    events: usize,
    /// Notices of the feed that were taken.
    notices: usize,
}

/// Whether the findings are being evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindingsState {
    /// They are being evaluated.
    Evaluating,
    /// They are up to date, or the findings view is closed.
    #[default]
    Idle,
}

/// State of a configuration or trial that was begun, has no outcome, and does not train.
pub const UNFINISHED: &str = "unfinished";

/// Whether there is something new to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Yes.
    Some,
    /// No.
    None,
}

impl Model {
    /// Of a run that nothing is known of yet, with this machine's local time in its log.
    pub fn here() -> Self {
        Self { log: Log::with_zone(seconds_ahead), ..Self::default() }
    }

    /// Takes what the feed has that was not taken before.
    pub fn take(&mut self, feed: &Feed) -> Change {
        let mut change = Change::None;
        if self.run.header().is_none()
            && let Some(header) = feed.planned()
        {
            self.plan(header);
            self.destination = feed.destination();
            change = Change::Some;
        }
        let events = feed.events_since(self.events);
        let notices = feed.notices_since(self.notices);
        self.events += events.len();
        self.notices += notices.len();
        if !(events.is_empty() && notices.is_empty()) {
            change = Change::Some;
        }
        self.apply(&events, &notices);
        feed.forget(self.events);
        if events.iter().any(|event| matches!(event.kind, EventKind::CohortFinished { .. })) {
            feed.share(&mut self.run);
        }
        let estimate = feed.estimate();
        if estimate != self.estimate {
            self.estimate = estimate;
            change = Change::Some;
        }
        let (progress, run_dir, loading) = (feed.progress(), feed.run_dir(), feed.loading());
        let (blocked, writer) = (feed.blocked(), feed.writer());
        if loading != self.loading {
            self.loading = loading;
            change = Change::Some;
        }
        if feed.is_reading() != self.is_reading {
            self.is_reading = feed.is_reading();
            change = Change::Some;
        }
        let gpus = feed.gpus();
        if gpus.as_ref() != self.gpus.latest() {
            self.gpus.take(gpus);
            change = Change::Some;
        }
        if let Some(news) = self.cluster.take(feed) {
            for notice in &news {
                self.log.note_notice(notice);
            }
            change = Change::Some;
        }
        let beside = (&progress, &run_dir, &blocked, writer);
        if beside != (&self.progress, &self.run_dir, &self.blocked, self.writer) {
            (self.progress, self.run_dir) = (progress, run_dir);
            (self.blocked, self.writer) = (blocked, writer);
            self.name_standings();
            change = Change::Some;
        }
        change
    }

    /// Shows the grid of a run that has not begun.
    pub fn plan(&mut self, header: Arc<RunHeader>) {
        self.run = RunState::planned(header);
        self.outcomes += 1;
        self.derived.replan(&self.run);
    }

    /// Folds events and notices in.
    pub fn apply(&mut self, events: &[Arc<Event>], notices: &[Arc<Notice>]) {
        for event in events {
            if event.seq < self.run.next_seq() {
                continue;
            }
            self.run.apply(event);
            self.outcomes += usize::from(decides(&event.kind));
            self.derived.note(&self.run, &event.kind);
            self.log.note_event(&self.run, event);
            self.cluster.note(&self.run, event);
        }
        for notice in notices {
            self.log.note_notice(notice);
        }
        self.derived.refresh(&self.run);
        self.name_standings();
    }

    /// Rows also say what the journal cannot: whether what was running still trains.
    fn name_standings(&mut self) {
        let mut derived = std::mem::take(&mut self.derived);
        derived.name_standings(|cohort| self.standing(cohort));
        self.derived = derived;
    }

    /// What is trained beside the sweep's fusions, to compare them with.
    pub fn baselines(&self) -> Vec<ModelId> {
        let baselines = self.run.header().map_or(&[][..], |header| &header.sweep.baselines);
        baselines.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The fusions that charts show: the sweep's, then what is derived from them.
    pub fn fusions(&self) -> Vec<ModelId> {
        self.run.header().map_or_else(Vec::new, |header| header.sweep.shown_fusions())
    }

    /// Claims that are listed.
    pub fn claims(&self) -> usize {
        self.findings.as_ref().map_or(0, |findings| findings.claims.len())
    }

    /// Whether the data are loaded and the grid is known.
    pub fn is_prepared(&self) -> bool {
        self.run.header().is_some()
    }

    /// Whether more is about to be known of a run that was there before.
    pub fn is_loading(&self) -> bool {
        !self.is_prepared() || self.is_reading
    }

    /// The configuration that trains; else the last one that has results, else the first.
    pub fn current(&self) -> Option<CohortId> {
        let running = || self.run.cohorts().find(|(_, state)| state.status == CohortStatus::Running);
        let progress = self.progress.filter(|_| self.is_active()).map(|progress| progress.cohort);
        // Progress between epochs may still be about the one before.
        progress
            .filter(|&cohort| self.status(cohort) == CohortStatus::Running)
            .or_else(|| running().map(|(id, _)| id))
            .or_else(|| self.run.cohorts().filter(|(_, state)| state.epochs() > 0).last().map(|(id, _)| id))
            .or_else(|| self.run.order().first().copied())
    }

    /// The task's largest configuration with results; else its first.
    pub fn largest_with_results(&self, task: Task) -> Option<CohortId> {
        let of_task = || self.run.rows().filter(move |(id, _)| id.task == task);
        of_task()
            .filter(|(_, state)| state.evaluations().next().is_some())
            .max_by_key(|(id, _)| (id.train_size, std::cmp::Reverse(id.fusion)))
            .or_else(|| of_task().next())
            .map(|(id, _)| id)
    }

    /// Whether workers train or wait at a step.
    pub fn is_active(&self) -> bool {
        matches!(self.run.phase(), Phase::Running | Phase::Paused) && self.has_writer()
    }

    /// Whether somebody works on it. On a cluster that is so while a job runs or waits, and before the queue has answered.
    fn has_writer(&self) -> bool {
        match self.writer {
            Writer::Own | Writer::Other | Writer::Unreachable => true,
            Writer::Cluster => !self.cluster.is_over(),
            Writer::Nobody => false,
        }
    }

    /// Whether jobs of a cluster train it.
    pub fn is_on_cluster(&self) -> bool {
        self.writer == Writer::Cluster
    }

    /// Whether every configuration has an outcome.
    pub fn is_over(&self) -> bool {
        self.run.phase() == Phase::Finished
    }

    /// The run's state as text, and whether all that is over completed.
    pub fn run_standing(&self) -> (String, Level) {
        let standing = match self.writer {
            Writer::Cluster => Standing::of_jobs(&self.run),
            writer => Standing::of(&self.run, writer != Writer::Nobody),
        };
        let shortfall = Shortfall::of(&self.run);
        let is_short = standing == Standing::Finished && !shortfall.is_none();
        (standing.text(shortfall), if is_short { Level::Warning } else { Level::Info })
    }

    /// Whether the run is another process's, or nobody's: closing the screen does not stop it.
    pub fn is_watched(&self) -> bool {
        self.writer != Writer::Own
    }

    /// Whether some configuration failed, so that it can be tried again.
    pub fn has_failed(&self) -> bool {
        self.run.cohorts().any(|(_, state)| state.status == CohortStatus::Failed)
    }

    /// Where a configuration stands: what its journal calls running is so only while somebody works on it.
    pub fn status(&self, cohort: CohortId) -> CohortStatus {
        let Some(state) = self.run.cohort(cohort) else { return CohortStatus::Pending };
        if state.status == CohortStatus::Running && !self.is_active() {
            let seeds = self.run.header().map_or(&[][..], |header| &header.sweep.seeds);
            return state.status_when_left(seeds);
        }
        state.status
    }

    /// Whether it was begun, has no outcome, and does not train.
    pub fn is_unfinished(&self, cohort: CohortId) -> bool {
        let is_begun = self.run.cohort(cohort).is_some_and(|state| state.epochs() > 0);
        is_begun && self.status(cohort) == CohortStatus::Pending
    }

    /// The name of its state.
    pub fn standing(&self, cohort: CohortId) -> &'static str {
        if self.is_unfinished(cohort) { UNFINISHED } else { self.status(cohort).name() }
    }

    /// Configurations with an outcome, and all.
    pub fn done(&self) -> (usize, usize) {
        let over = self.run.order().iter().filter(|&&id| self.status(id).is_over()).count();
        (over, self.run.order().len())
    }

    /// Share of the sweep's work that is done, 0 to 1: what its configurations cost, not how many they are.
    pub fn share_done(&self) -> f64 {
        let Some(header) = self.run.header() else { return 0.0 };
        let epochs = f64::from(header.config.train.epochs.max(1));
        let (mut done, mut all) = (0.0, 0.0);
        for (id, state) in self.run.cohorts() {
            let cost = cost::of(header, id, 0.0);
            done += if self.status(id).is_over() {
                cost.all()
            } else {
                // Shares of the seeds may train one after another.
                let of_seed = |trial: &TrialState| match trial.outcome {
                    // It may have ended before the last epoch.
                    Some(_) => 1.0,
                    None => (trial.metrics.len() as f64 / epochs).min(1.0),
                };
                let done: f64 = state.shown().values().map(|trial| of_seed(trial)).sum();
                cost.training * done / header.sweep.seeds.len().max(1) as f64
            };
            all += cost.all();
        }
        if all > 0.0 { done / all } else { 0.0 }
    }
}

/// Whether findings may change with this event.
const fn decides(kind: &EventKind) -> bool {
    match kind {
        EventKind::RunStarted { .. }
        | EventKind::RunResumed { .. }
        | EventKind::RunFinished
        | EventKind::CohortFinished { .. } => true,
        // What was known of it is gone.
        EventKind::CohortStarted { attempt, .. } => *attempt > 1,
        EventKind::RunPaused
        | EventKind::RunContinued
        | EventKind::RunInterrupted
        | EventKind::ShardStarted { .. }
        | EventKind::CohortResumed { .. }
        | EventKind::EpochFinished { .. }
        | EventKind::CohortEvaluated { .. } => false,
    }
}
