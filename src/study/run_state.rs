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
    /// Worker time; 0 before the end.
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
            EventKind::RunResumed { provenance } => {
                // A process that was killed had no time to say that it was interrupted.
                self.interrupt();
                self.resumed_by.push(provenance.clone());
                self.phase = Phase::Running;
            }
            EventKind::RunInterrupted => self.interrupt(),
            EventKind::RunFinished => self.phase = Phase::Finished,
            EventKind::CohortStarted { cohort, attempt } => self.begin(*cohort, *attempt),
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

    /// What computed the run: first the process that began it, then each that went on with it.
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
            self.cohorts.entry(cohort).or_default();
        }
        self.header = Some(header);
    }

    fn begin(&mut self, cohort: CohortId, attempt: u32) {
        let Some(state) = self.cohorts.get_mut(&cohort).filter(|state| attempt >= state.attempt) else {
            return;
        };
        *state = CohortState { attempt, status: CohortStatus::Running, ..CohortState::default() };
        if self.phase == Phase::Finished {
            self.phase = Phase::Running;
        }
    }

    /// What was recorded from the epoch at which it goes on is recorded again, and so is its end.
    fn resume(&mut self, cohort: CohortId, attempt: u32, from: Epoch) {
        if let Some(state) = self.current(cohort, attempt) {
            state.status = CohortStatus::Running;
            for trial in state.trials.values_mut() {
                trial.metrics.truncate(from.0.saturating_sub(1) as usize);
                trial.evaluation = None;
                trial.outcome = None;
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
        self.seconds = seconds;
        for (seed, outcome) in seeds {
            self.trials.entry(*seed).or_default().outcome = Some(outcome.clone());
        }
        self.status =
            seeds.iter().map(|(_, outcome)| outcome.status()).max().unwrap_or(CohortStatus::Completed);
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
mod tests {
    use super::super::config::Config;
    use super::super::event::{DataFacts, FORMAT, Position, SplitOf};
    use super::super::grid::{Fusion, Sweep, Task};
    use super::*;

    const CONCAT: CohortId = CohortId { fusion: Fusion::Concat, task: Task::Real, train_size: 32 };
    const PRODUCT: CohortId = CohortId { fusion: Fusion::Product, ..CONCAT };

    fn provenance(device: &str) -> Provenance {
        Provenance {
            program: "0".into(),
            libtorch: "2".into(),
            device: device.into(),
            config_fingerprint: String::new(),
        }
    }

    fn header() -> RunHeader {
        RunHeader {
            config: Config::default(),
            sweep: Sweep {
                fusions: vec![Fusion::Concat, Fusion::Product],
                tasks: vec![Task::Real],
                sizes: vec![32],
                seeds: vec![Seed(0), Seed(1)],
            },
            levels: vec![0.0],
            data: DataFacts {
                name: String::new(),
                text_width: 2,
                image_width: 2,
                rows: SplitOf { train: 64, validation: 8, test: 8 },
                tasks: Vec::new(),
                fingerprint: String::new(),
                warnings: Vec::new(),
            },
            provenance: provenance("first"),
        }
    }

    /// The state after the start of a run and these events.
    fn after(kinds: impl IntoIterator<Item = EventKind>) -> RunState {
        let start = EventKind::RunStarted { format: FORMAT, header: Box::new(header()) };
        let kinds = [start].into_iter().chain(kinds).zip(0..);
        RunState::replay(&kinds.map(|(kind, seq)| Event { seq, at_ms: 10 * seq, kind }).collect::<Vec<_>>())
    }

    fn started(attempt: u32) -> EventKind {
        EventKind::CohortStarted { cohort: CONCAT, attempt }
    }

    fn epoch(attempt: u32, epoch: u32, val_accuracies: &[f64]) -> EventKind {
        let metrics = val_accuracies.iter().zip(0..).map(|(&val_accuracy, seed)| SeedMetrics {
            seed: Seed(seed),
            train_loss: 0.5,
            train_accuracy: 0.5,
            val_loss: 0.5,
            val_accuracy,
        });
        EventKind::EpochFinished { cohort: CONCAT, attempt, epoch: Epoch(epoch), metrics: metrics.collect() }
    }

    fn evaluated(attempt: u32, test_accuracy: f64) -> EventKind {
        let evaluation = SeedEvaluation {
            seed: Seed(0),
            best_epoch: Epoch(1),
            val_accuracy: 0.5,
            test_accuracy,
            test_balanced_accuracy: 0.5,
            test_last_accuracy: 0.5,
            auc: None,
            true_positive_rate: Vec::new(),
            noise: Vec::new(),
        };
        EventKind::CohortEvaluated { cohort: CONCAT, attempt, evaluations: vec![evaluation] }
    }

    fn finished(attempt: u32, outcomes: [SeedOutcome; 2]) -> EventKind {
        let seeds = (0..).map(Seed).zip(outcomes).collect();
        EventKind::CohortFinished { cohort: CONCAT, attempt, seeds, seconds: 1.5 }
    }

    fn val_accuracies(state: &RunState, seed: u64) -> Vec<f64> {
        let trial = &state.cohort(CONCAT).unwrap().trials[&Seed(seed)];
        trial.metrics.iter().map(|metrics| metrics.val_accuracy).collect()
    }

    #[test]
    fn a_cohort_goes_from_pending_to_its_worst_outcome() {
        let state = after([]);
        assert_eq!((state.phase(), state.order()), (Phase::Running, &[CONCAT, PRODUCT][..]));
        assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Pending);
        let state = after([started(1), epoch(1, 1, &[0.6, 0.7])]);
        assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Running);
        let diverged = SeedOutcome::Diverged { epoch: Epoch(2) };
        let state = after([started(1), finished(1, [diverged, SeedOutcome::Stopped])]);
        let cohort = state.cohort(CONCAT).unwrap();
        assert_eq!((cohort.status, cohort.seconds), (CohortStatus::Diverged, 1.5));
        assert_eq!(state.cohort(PRODUCT).unwrap().status, CohortStatus::Pending);
        assert_eq!((state.started_ms(), state.last_ms(), state.next_seq()), (Some(0), 20, 3));
    }

    #[test]
    fn the_best_epoch_is_the_earliest_of_equals() {
        let state = after([started(1), epoch(1, 1, &[0.6]), epoch(1, 2, &[0.8]), epoch(1, 3, &[0.8])]);
        let cohort = state.cohort(CONCAT).unwrap();
        assert_eq!(cohort.trials[&Seed(0)].best(), Some((Epoch(2), 0.8)));
        assert_eq!((cohort.epochs(), cohort.at_epoch(Epoch(3), |m| m.val_accuracy)), (3, vec![0.8]));
        assert_eq!(TrialState::default().best(), None);
    }

    #[test]
    fn events_of_one_epoch_may_name_different_seeds() {
        let mut second = epoch(1, 1, &[0.6, 0.7]);
        if let EventKind::EpochFinished { metrics, .. } = &mut second {
            metrics.remove(0);
        }
        let state = after([started(1), epoch(1, 1, &[0.6]), second]);
        assert_eq!(state.cohort(CONCAT).unwrap().at_epoch(Epoch(1), |m| m.val_accuracy), [0.6, 0.7]);
    }

    #[test]
    fn a_new_attempt_supersedes_and_the_old_ones_late_events_are_ignored() {
        let state = after([
            started(1),
            epoch(1, 1, &[0.9, 0.9]),
            evaluated(1, 0.9),
            started(2),
            epoch(2, 1, &[0.6, 0.6]),
            epoch(1, 2, &[0.9, 0.9]),
            evaluated(1, 0.9),
            finished(1, [SeedOutcome::Stopped, SeedOutcome::Stopped]),
            started(1),
        ]);
        let cohort = state.cohort(CONCAT).unwrap();
        assert_eq!((cohort.attempt, cohort.status), (2, CohortStatus::Running));
        assert_eq!(val_accuracies(&state, 0), [0.6]);
        assert_eq!(cohort.evaluations().count(), 0);
    }

    #[test]
    fn resuming_records_the_epochs_from_there_on_again() {
        let resumed = EventKind::CohortResumed {
            cohort: CONCAT,
            attempt: 1,
            at: Position { epoch: Epoch(3), step: 4 },
        };
        let events = vec![
            started(1),
            epoch(1, 1, &[0.1]),
            epoch(1, 2, &[0.2]),
            epoch(1, 3, &[0.3]),
            evaluated(1, 0.9),
            EventKind::RunInterrupted,
            EventKind::RunResumed { provenance: provenance("second") },
            resumed,
        ];
        let state = after(events.clone());
        assert_eq!(val_accuracies(&state, 0), [0.1, 0.2]);
        assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Running);
        assert_eq!(state.cohort(CONCAT).unwrap().evaluations().count(), 0, "tested again at its end");
        let state = after(events.into_iter().chain([epoch(1, 3, &[0.4])]));
        assert_eq!(val_accuracies(&state, 0), [0.1, 0.2, 0.4]);
    }

    #[test]
    fn an_interrupted_cohort_is_pending_and_a_finished_one_stays() {
        let done = finished(1, [SeedOutcome::Completed, SeedOutcome::Completed]);
        let product = EventKind::CohortStarted { cohort: PRODUCT, attempt: 1 };
        let state = after([started(1), done, product, EventKind::RunInterrupted]);
        assert_eq!(state.phase(), Phase::Interrupted);
        assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Completed);
        assert_eq!(state.cohort(PRODUCT).unwrap().status, CohortStatus::Pending);
    }

    // Nothing announces `kill -9`: the next process finds cohorts that no one works on.
    #[test]
    fn a_killed_process_leaves_pending_cohorts_once_another_goes_on() {
        let resumed = EventKind::RunResumed { provenance: provenance("second") };
        let state = after([started(1), epoch(1, 1, &[0.6]), resumed]);
        assert_eq!(
            (state.phase(), state.cohort(CONCAT).unwrap().status),
            (Phase::Running, CohortStatus::Pending)
        );
        let devices: Vec<_> = state.provenances().map(|made| made.device.as_str()).collect();
        assert_eq!(devices, ["first", "second"]);
    }

    #[test]
    fn an_event_seen_before_is_ignored_and_the_last_number_is_no_overflow() {
        let mut state = after([started(1), epoch(1, 1, &[0.6])]);
        state.apply(&Event { seq: 2, at_ms: 0, kind: epoch(1, 1, &[0.9]) });
        assert_eq!((val_accuracies(&state, 0), state.last_ms()), (vec![0.6], 20));
        state.apply(&Event { seq: u64::MAX, at_ms: 0, kind: EventKind::RunPaused });
        assert_eq!((state.phase(), state.next_seq()), (Phase::Paused, u64::MAX));
    }

    #[test]
    fn a_lost_line_does_not_put_an_epoch_in_anothers_place() {
        let state = after([started(1), epoch(1, 1, &[0.6]), epoch(1, 3, &[0.8]), epoch(1, 2, &[0.7])]);
        assert_eq!(val_accuracies(&state, 0), [0.6, 0.7]);
    }

    #[test]
    fn a_cohort_outside_the_grid_is_ignored() {
        let other = CohortId { train_size: 999, ..CONCAT };
        let state = after([EventKind::CohortStarted { cohort: other, attempt: 1 }]);
        assert_eq!(state.cohort(other).map(|cohort| cohort.status), None);
    }

    #[test]
    fn running_one_configuration_again_reopens_a_finished_run() {
        let done = finished(1, [SeedOutcome::Completed, SeedOutcome::Completed]);
        let state = after([started(1), done, EventKind::RunFinished, started(2)]);
        assert_eq!((state.phase(), state.cohort(CONCAT).unwrap().attempt), (Phase::Running, 2));
    }
}
