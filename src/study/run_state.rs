//! A run's state: a left fold of its events, and of nothing else.
//!
//! Architecture Invariant: no clock, no file, no screen. The live view, `report`, `watch` and `resume`
//! share it, so they cannot disagree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, EventKind, Provenance, RunHeader, SeedEvaluation, SeedMetrics, SeedOutcome};
use super::grid::{CohortId, Epoch, Seed};

/// Where the run as a whole stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was started.
    #[default]
    Planned,
    /// Workers train.
    Running,
    /// Workers wait at a step.
    Paused,
    /// The process ended, or the sweep was stopped, with cohorts still open.
    Interrupted,
    /// Every cohort has an outcome.
    Finished,
}

/// Everything known about a run.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    header: Option<Arc<RunHeader>>,
    resumed_by: Vec<Provenance>,
    phase: Phase,
    order: Vec<CohortId>,
    cohorts: BTreeMap<CohortId, CohortState>,
    next_seq: u64,
    started_ms: Option<u64>,
    last_ms: u64,
}

/// One configuration's cohort.
#[derive(Clone, Debug, Default)]
pub struct CohortState {
    /// The attempt whose numbers these are; 0 before the first.
    pub attempt: u32,
    /// Where it stands.
    pub status: CohortStatus,
    /// Its seeds.
    pub trials: BTreeMap<Seed, TrialState>,
    /// Worker time of the attempts that it is made of; 0 before the first one's end.
    pub seconds: f64,
}

/// Where a cohort stands. Of several outcomes the worst one names the cohort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CohortStatus {
    /// Not begun.
    #[default]
    Pending,
    /// Under way.
    Running,
    /// Every seed completed.
    Completed,
    /// Stopped by its user.
    Stopped,
    /// Some seed's loss was not finite.
    Diverged,
    /// The worker failed.
    Failed,
}

/// One trial of a cohort.
#[derive(Clone, Debug, Default)]
pub struct TrialState {
    /// After epoch 1, 2, ….
    pub metrics: Vec<SeedMetrics>,
    /// Of the best weights, once tested.
    pub evaluation: Option<SeedEvaluation>,
    /// How it ended, once it did.
    pub outcome: Option<SeedOutcome>,
}

impl RunState {
    /// The state before the first event: the grid with nothing in it.
    pub fn planned(header: Arc<RunHeader>) -> Self {
        let mut state = Self::default();
        state.take_header(header);
        state
    }

    /// The fold of a whole journal.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Takes one more event. An event that was applied before is ignored, so that reconnecting is safe.
    pub fn apply(&mut self, event: &Event) {
        if event.seq < self.next_seq {
            return;
        }
        self.next_seq = event.seq.saturating_add(1);
        self.last_ms = event.at_ms;
        match &event.kind {
            EventKind::RunStarted { header, .. } => {
                self.take_header(Arc::new((**header).clone()));
                self.started_ms = Some(event.at_ms);
                self.phase = Phase::Running;
            }
            EventKind::RunPaused => self.phase = Phase::Paused,
            EventKind::RunContinued => self.phase = Phase::Running,
            EventKind::RunResumed { provenance, header } => {
                // A process that was killed had no time to say that it was interrupted.
                self.interrupt();
                if let Some(header) = header {
                    self.take_header(Arc::new((**header).clone()));
                }
                if self.provenances().last() != Some(provenance) {
                    self.resumed_by.push(provenance.clone());
                }
                self.phase = Phase::Running;
            }
            EventKind::RunInterrupted => self.interrupt(),
            EventKind::RunFinished => self.phase = Phase::Finished,
            EventKind::CohortStarted { cohort, attempt, only } => self.begin(*cohort, *attempt, only),
            EventKind::CohortResumed { cohort, attempt, at } => self.resume(*cohort, *attempt, at.epoch),
            EventKind::EpochFinished { cohort, attempt, epoch, metrics } => {
                if let Some(state) = self.current(*cohort, *attempt) {
                    for metrics in metrics {
                        state.record(*epoch, *metrics);
                    }
                }
            }
            EventKind::CohortEvaluated { cohort, attempt, evaluations } => {
                if let Some(state) = self.current(*cohort, *attempt) {
                    for evaluation in evaluations {
                        state.trials.entry(evaluation.seed).or_default().evaluation =
                            Some(evaluation.clone());
                    }
                }
            }
            EventKind::CohortFinished { cohort, attempt, seeds, seconds } => {
                if let Some(state) = self.current(*cohort, *attempt) {
                    state.finish(seeds, *seconds);
                }
            }
        }
    }

    /// What the run is; absent before it is known.
    pub fn header(&self) -> Option<&RunHeader> {
        self.header.as_deref()
    }

    /// What computed the run: first the process that began it, then each that went on with it and was not
    /// like the one before.
    pub fn provenances(&self) -> impl Iterator<Item = &Provenance> {
        self.header.iter().map(|header| &header.provenance).chain(&self.resumed_by)
    }

    /// Where the run stands.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The cohorts in training order.
    pub fn order(&self) -> &[CohortId] {
        &self.order
    }

    /// A cohort's state; absent where the grid does not have it.
    pub fn cohort(&self, cohort: CohortId) -> Option<&CohortState> {
        self.cohorts.get(&cohort)
    }

    /// The cohorts in training order, with their states.
    pub fn cohorts(&self) -> impl Iterator<Item = (CohortId, &CohortState)> {
        self.order.iter().filter_map(|id| self.cohorts.get(id).map(|state| (*id, state)))
    }

    /// The sweep's seeds of a cohort that are to be trained: those without an outcome, and those that failed.
    pub fn missing_seeds(&self, cohort: CohortId) -> Vec<Seed> {
        let (Some(header), Some(state)) = (self.header(), self.cohort(cohort)) else { return Vec::new() };
        let is_missing = |seed: &Seed| match state.trials.get(seed).and_then(|trial| trial.outcome.as_ref()) {
            None | Some(SeedOutcome::Failed { .. }) => true,
            Some(SeedOutcome::Completed | SeedOutcome::Stopped | SeedOutcome::Diverged { .. }) => false,
        };
        header.sweep.seeds.iter().copied().filter(is_missing).collect()
    }

    /// When the run began, milliseconds since 1970-01-01 UTC.
    pub const fn started_ms(&self) -> Option<u64> {
        self.started_ms
    }

    /// When the last event happened, likewise.
    pub const fn last_ms(&self) -> u64 {
        self.last_ms
    }

    /// The next event's number.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    fn take_header(&mut self, header: Arc<RunHeader>) {
        self.order = header.sweep.cohorts();
        for &cohort in &self.order {
            let state = self.cohorts.entry(cohort).or_default();
            // A cohort whose seeds have become more is open again.
            let has_outcome = |seed| state.trials.get(seed).is_some_and(|trial| trial.outcome.is_some());
            if state.status.is_over() && !header.sweep.seeds.iter().all(has_outcome) {
                state.status = CohortStatus::Pending;
            }
        }
        self.header = Some(header);
    }

    fn begin(&mut self, cohort: CohortId, attempt: u32, only: &[Seed]) {
        let Some(state) = self.cohorts.get_mut(&cohort).filter(|state| attempt >= state.attempt) else {
            return;
        };
        if only.is_empty() {
            *state = CohortState::default();
        }
        for seed in only {
            state.trials.remove(seed);
        }
        (state.attempt, state.status) = (attempt, CohortStatus::Running);
        if self.phase == Phase::Finished {
            self.phase = Phase::Running;
        }
    }

    /// What was recorded from the epoch at which it goes on is recorded again.
    fn resume(&mut self, cohort: CohortId, attempt: u32, from: Epoch) {
        if let Some(state) = self.current(cohort, attempt) {
            state.status = CohortStatus::Running;
            for trial in state.trials.values_mut().filter(|trial| trial.outcome.is_none()) {
                trial.metrics.truncate(from.0.saturating_sub(1) as usize);
                trial.evaluation = None;
            }
        }
    }

    fn interrupt(&mut self) {
        self.phase = Phase::Interrupted;
        for state in self.cohorts.values_mut().filter(|state| state.status == CohortStatus::Running) {
            state.status = CohortStatus::Pending;
        }
    }

    /// The cohort, unless the event belongs to an attempt that another has superseded.
    fn current(&mut self, cohort: CohortId, attempt: u32) -> Option<&mut CohortState> {
        self.cohorts.get_mut(&cohort).filter(|state| state.attempt == attempt)
    }
}

impl CohortState {
    /// Values of the trials that were tested, in the order of their seeds.
    pub fn evaluated(&self, value: impl Fn(&SeedEvaluation) -> f64) -> Vec<f64> {
        self.evaluations().map(value).collect()
    }

    /// The trials' evaluations, in the order of their seeds.
    pub fn evaluations(&self) -> impl Iterator<Item = &SeedEvaluation> {
        self.trials.values().filter_map(|trial| trial.evaluation.as_ref())
    }

    /// Epochs that at least one seed has finished.
    pub fn epochs(&self) -> usize {
        self.trials.values().map(|trial| trial.metrics.len()).max().unwrap_or(0)
    }

    /// One value for each seed that has finished `epoch`.
    pub fn at_epoch(&self, epoch: Epoch, value: impl Fn(&SeedMetrics) -> f64) -> Vec<f64> {
        let index = epoch.0.saturating_sub(1) as usize;
        self.trials.values().filter_map(|trial| trial.metrics.get(index)).map(value).collect()
    }

    fn record(&mut self, epoch: Epoch, metrics: SeedMetrics) {
        let recorded = &mut self.trials.entry(metrics.seed).or_default().metrics;
        let index = epoch.0.saturating_sub(1) as usize;
        recorded.truncate(index);
        // Behind a line that the journal lost, an epoch would stand in another's place.
        if recorded.len() == index {
            recorded.push(metrics);
        }
    }

    fn finish(&mut self, seeds: &[(Seed, SeedOutcome)], seconds: f64) {
        self.seconds += seconds;
        for (seed, outcome) in seeds {
            self.trials.entry(*seed).or_default().outcome = Some(outcome.clone());
        }
        let outcomes = self.trials.values().filter_map(|trial| trial.outcome.as_ref());
        self.status = outcomes.map(SeedOutcome::status).max().unwrap_or(CohortStatus::Completed);
    }
}

impl TrialState {
    /// The best validation accuracy so far and its epoch, the earliest of equals.
    pub fn best(&self) -> Option<(Epoch, f64)> {
        let mut best: Option<(Epoch, f64)> = None;
        for (index, metrics) in self.metrics.iter().enumerate() {
            if best.is_none_or(|(_, accuracy)| metrics.val_accuracy > accuracy) {
                best = Some((Epoch(index as u32 + 1), metrics.val_accuracy));
            }
        }
        best
    }
}

impl SeedOutcome {
    const fn status(&self) -> CohortStatus {
        match self {
            Self::Completed => CohortStatus::Completed,
            Self::Stopped => CohortStatus::Stopped,
            Self::Diverged { .. } => CohortStatus::Diverged,
            Self::Failed { .. } => CohortStatus::Failed,
        }
    }
}

impl CohortStatus {
    /// The word in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Diverged => "diverged",
            Self::Failed => "failed",
        }
    }

    /// Whether it has an outcome.
    pub const fn is_over(self) -> bool {
        match self {
            Self::Pending | Self::Running => false,
            Self::Completed | Self::Stopped | Self::Diverged | Self::Failed => true,
        }
    }
}

#[cfg(test)]
mod tests;
