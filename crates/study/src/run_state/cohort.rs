//! One configuration's cohort: the result that stands, and the attempt that trains.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::event::{SeedEvaluation, SeedMetrics, SeedOutcome};
use super::super::grid::{Epoch, Seed};

/// One configuration's cohort.
#[derive(Clone, Debug, Default)]
pub struct CohortState {
    /// The highest number of an attempt; 0 before the first.
    pub attempt: u32,
    /// Where it stands.
    pub status: CohortStatus,
    /// Its seeds. Every number that leaves the run is made of these: a new attempt at seeds that have a result
    /// changes nothing here before it has completed, and one at seeds that diverged nothing before these have completed
    /// or diverged again. Derived rows share them.
    pub trials: BTreeMap<Seed, Arc<TrialState>>,
    /// Worker time of the attempts that it is made of; 0 before the first one's end.
    pub seconds: f64,
    /// The latest attempt that took a result's place; 0 where none did.
    pub replaced_by: u32,
    /// The latest attempt, where it is one at seeds that have a result. It is kept when its process ends, since
    /// journals of earlier versions resume such an attempt.
    again: Option<Again>,
    /// The attempts that train, and those that a process left unfinished. No seed is in two of them.
    open: Vec<Attempt>,
    /// How many attempts have ended; of a derived row, those of its candidates together.
    pub(super) ends: u32,
}

/// One training of some of the cohort's seeds. Attempts at other seeds of it may train at the same time.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number. Attempts at different seeds may have the same.
    pub number: u32,
    /// The only seeds that it trains; empty: all.
    pub only: Vec<Seed>,
    /// Whether a process works on it.
    is_training: bool,
}

/// A new attempt at seeds that have a result.
#[derive(Clone, Debug)]
struct Again {
    /// The only seeds that it trains; empty: all.
    only: Vec<Seed>,
    trials: BTreeMap<Seed, Arc<TrialState>>,
}

/// Where a cohort stands. Of several outcomes the worst one names the cohort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CohortStatus {
    /// Not begun, or some seed is to be trained (again).
    #[default]
    Pending,
    /// Running.
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
    /// The latest epoch in the journal. Where lines of the journal are damaged, [`Self::metrics`] end earlier.
    latest: u32,
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

    /// The trials whose curves are shown: those that train, else [`Self::trials`].
    pub fn shown(&self) -> &BTreeMap<Seed, Arc<TrialState>> {
        match &self.again {
            Some(again) if self.status == CohortStatus::Running => &again.trials,
            _ => &self.trials,
        }
    }

    /// Whether it has a result that stays until the attempt that trains has completed.
    pub const fn trains_again(&self) -> bool {
        self.again.is_some() && matches!(self.status, CohortStatus::Running)
    }

    /// Whether some seed has a result.
    pub fn has_result(&self) -> bool {
        self.trials.values().any(|trial| trial.has_result())
    }

    /// Epochs that at least one seed has finished, of those [`Self::shown`].
    pub fn epochs(&self) -> usize {
        self.shown().values().map(|trial| trial.metrics.len()).max().unwrap_or(0)
    }

    /// One value for each seed that has finished `epoch`, of those [`Self::shown`].
    pub fn at_epoch(&self, epoch: Epoch, value: impl Fn(&SeedMetrics) -> f64) -> Vec<f64> {
        let index = epoch.0.saturating_sub(1) as usize;
        self.shown().values().filter_map(|trial| trial.metrics.get(index)).map(value).collect()
    }

    /// Completed seeds whose numbers the journal has lost; they are trained again.
    pub fn lost(&self) -> usize {
        self.trials.values().filter(|trial| trial.is_lost()).count()
    }

    /// Whether the attempt that ended like this left the earlier result unchanged.
    pub fn outlasted(&self, ended: &[(Seed, SeedOutcome)]) -> bool {
        let outlasts = |(seed, outcome): &(Seed, SeedOutcome)| match outcome {
            SeedOutcome::Completed => false,
            SeedOutcome::Diverged { .. } => self.trials.get(seed).is_some_and(|trial| trial.has_result()),
            SeedOutcome::Stopped | SeedOutcome::Failed { .. } => {
                self.trials.get(seed).is_some_and(|trial| trial.is_settled())
            }
        };
        ended.iter().any(outlasts)
    }

    /// The seeds of `sweep` that are to be trained: those without an outcome or a whole result, and those that failed.
    pub fn missing(&self, sweep: &[Seed]) -> Vec<Seed> {
        let is_missing = |seed: &Seed| match self.trials.get(seed) {
            None => true,
            Some(trial) => {
                matches!(trial.outcome, None | Some(SeedOutcome::Failed { .. })) || trial.is_lost()
            }
        };
        sweep.iter().copied().filter(is_missing).collect()
    }

    /// The attempts that train, and those that a process left unfinished.
    pub fn open(&self) -> &[Attempt] {
        &self.open
    }

    /// Takes the start of an attempt, unless a later one has begun at some of its seeds. It supersedes those before it
    /// that train one of these.
    pub(super) fn begin(&mut self, number: u32, only: &[Seed]) {
        let attempt = Attempt { number, only: only.to_vec(), is_training: true };
        let is_late = |other: &Attempt| other.number > number && other.overlaps(&attempt);
        if self.open.iter().any(is_late) || (only.is_empty() && self.attempt > number) {
            return;
        }
        if self.trials.iter().any(|(seed, trial)| attempt.trains(*seed) && trial.is_settled()) {
            self.again = Some(Again { only: only.to_vec(), trials: BTreeMap::new() });
        } else if only.is_empty() {
            *self = Self { attempt: self.attempt, ends: self.ends, ..Self::default() };
        } else {
            self.again = None;
            self.trials.retain(|seed, _| !only.contains(seed));
        }
        self.open.retain(|other| !other.overlaps(&attempt));
        self.open.push(attempt);
        // Attempts at different seeds begin in any order.
        self.open.sort_by(|a, b| a.only.cmp(&b.only));
        (self.attempt, self.status) = (self.attempt.max(number), CohortStatus::Running);
    }

    /// Takes that an attempt resumes with these seeds of it, all where `only` is empty: their epochs from the one at
    /// which it resumes are recorded again.
    pub(super) fn resume(&mut self, number: u32, only: &[Seed], from: Epoch) {
        let of_event = Attempt { number, only: only.to_vec(), is_training: true };
        let Some(attempt) =
            self.open.iter_mut().find(|open| open.number == number && open.overlaps(&of_event))
        else {
            return;
        };
        attempt.is_training = true;
        // Earlier versions resumed an attempt with all seeds that were missing, also those of a grid that had grown since.
        if only.is_empty() {
            attempt.only.clear();
        }
        let attempt = attempt.clone();
        self.status = CohortStatus::Running;
        let is_resumed = |seed: Seed| attempt.trains(seed) && of_event.trains(seed);
        let trials = self.training().iter_mut();
        for (_, trial) in trials.filter(|(seed, trial)| is_resumed(**seed) && trial.outcome.is_none()) {
            let trial = Arc::make_mut(trial);
            trial.latest = from.0.saturating_sub(1);
            trial.metrics.truncate(trial.latest as usize);
            trial.evaluation = None;
        }
    }

    pub(super) fn record(&mut self, attempt: u32, epoch: Epoch, metrics: &[SeedMetrics]) {
        for metrics in metrics {
            if self.is_current(attempt, metrics.seed) {
                self.trial(metrics.seed).record(epoch, *metrics);
            }
        }
    }

    pub(super) fn evaluate(&mut self, attempt: u32, evaluations: &[SeedEvaluation]) {
        for evaluation in evaluations {
            if self.is_current(attempt, evaluation.seed) {
                self.trial(evaluation.seed).evaluation = Some(evaluation.clone());
            }
        }
    }

    /// Takes an attempt's end. It takes the result's place where no seed loses its own, or its divergence, by that.
    pub(super) fn finish(
        &mut self,
        attempt: u32,
        ended: &[(Seed, SeedOutcome)],
        seconds: f64,
        sweep: &[Seed],
    ) {
        let is_over = |open: &Attempt| {
            open.number == attempt && (ended.is_empty() || ended.iter().any(|(seed, _)| open.trains(*seed)))
        };
        if !self.open.iter().any(is_over) {
            return;
        }
        for (seed, outcome) in ended {
            if self.is_current(attempt, *seed) {
                let trial = self.trial(*seed);
                trial.outcome = Some(outcome.clone());
                trial.metrics.shrink_to_fit();
            }
        }
        self.open.retain(|open| !is_over(open));
        self.ends += 1;
        match self.again.take() {
            None => self.seconds += seconds,
            Some(again) if self.gives_way_to(&again) => {
                let is_whole = self.trials.keys().all(|seed| again.trials.contains_key(seed));
                self.seconds = if is_whole { seconds } else { self.seconds + seconds };
                self.trials.extend(again.trials);
                self.replaced_by = attempt;
            }
            Some(_) => {}
        }
        if !self.open.iter().any(|open| open.is_training) {
            self.status = self.status_when_left(sweep);
        }
    }

    /// Takes that no process works on it any more.
    pub(super) fn leave(&mut self, sweep: &[Seed]) {
        for open in &mut self.open {
            open.is_training = false;
        }
        self.status = self.status_when_left(sweep);
    }

    /// Its status when no process trains it.
    pub fn status_when_left(&self, sweep: &[Seed]) -> CohortStatus {
        let is_open = |seed: &Seed| match self.trials.get(seed) {
            None => true,
            Some(trial) => trial.outcome.is_none() || trial.is_lost(),
        };
        let outcomes = self.trials.values().filter_map(|trial| trial.outcome.as_ref());
        let worst = outcomes.map(SeedOutcome::status).max().unwrap_or_default();
        if sweep.iter().any(is_open) { CohortStatus::Pending } else { worst }
    }

    fn gives_way_to(&self, again: &Again) -> bool {
        let is_trained = |seed: &Seed| again.only.is_empty() || again.only.contains(seed);
        let mut settled = self.trials.iter().filter(|(seed, trial)| is_trained(seed) && trial.is_settled());
        settled.all(|(seed, old)| {
            let new = again.trials.get(seed);
            new.is_some_and(|new| new.has_result() || (new.has_diverged() && !old.has_result()))
        })
    }

    /// Whether events of this attempt count for the seed: another one may have superseded it.
    fn is_current(&self, attempt: u32, seed: Seed) -> bool {
        self.open.iter().any(|open| open.number == attempt && open.trains(seed))
    }

    /// What the attempt's events change.
    const fn training(&mut self) -> &mut BTreeMap<Seed, Arc<TrialState>> {
        match &mut self.again {
            Some(again) => &mut again.trials,
            None => &mut self.trials,
        }
    }

    fn trial(&mut self, seed: Seed) -> &mut TrialState {
        Arc::make_mut(self.training().entry(seed).or_default())
    }
}

impl Attempt {
    /// Whether it trains the seed.
    pub fn trains(&self, seed: Seed) -> bool {
        self.only.is_empty() || self.only.contains(&seed)
    }

    /// Whether some seed may be in both.
    fn overlaps(&self, other: &Self) -> bool {
        other.only.is_empty() || self.only.is_empty() || self.only.iter().any(|seed| other.trains(*seed))
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

    /// Whether it completed, was tested, and lacks no epoch.
    pub fn has_result(&self) -> bool {
        let Some(evaluation) = &self.evaluation else { return false };
        let needed = self.latest.max(evaluation.best_epoch.0) as usize;
        self.outcome == Some(SeedOutcome::Completed) && self.metrics.len() >= needed
    }

    fn has_diverged(&self) -> bool {
        matches!(self.outcome, Some(SeedOutcome::Diverged { .. }))
    }

    /// Whether it has a result, or has none because it diverged.
    fn is_settled(&self) -> bool {
        self.has_result() || self.has_diverged()
    }

    fn is_lost(&self) -> bool {
        self.outcome == Some(SeedOutcome::Completed) && !self.has_result()
    }

    fn record(&mut self, epoch: Epoch, metrics: SeedMetrics) {
        let index = epoch.0.saturating_sub(1) as usize;
        self.latest = epoch.0;
        self.metrics.truncate(index);
        // After a lost line of the journal, an epoch would be in another's place.
        if self.metrics.len() == index {
            self.metrics.push(metrics);
        }
    }
}

impl SeedOutcome {
    pub(super) const fn status(&self) -> CohortStatus {
        match self {
            Self::Completed => CohortStatus::Completed,
            Self::Stopped => CohortStatus::Stopped,
            Self::Diverged { .. } => CohortStatus::Diverged,
            Self::Failed { .. } => CohortStatus::Failed,
        }
    }
}

impl CohortStatus {
    /// The name in tables.
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
