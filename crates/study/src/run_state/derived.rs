//! Rows that are not trained: the trial of each seed is that of one of several trained configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RunState;
use super::cohort::{CohortState, CohortStatus, TrialState};
use crate::event::{RunHeader, SeedOutcome};
use crate::grid::{CohortId, DerivedRow, Seed, Sweep, Task};
use crate::model::{ModelId, Rate, Sizes};

/// A derived configuration.
#[derive(Clone, Debug, Default)]
pub struct DerivedState {
    /// As if it had been trained: its trials are the chosen ones, shared with the candidates. It has none of a seed that
    /// nothing can be chosen for yet, or at all.
    pub state: CohortState,
    /// Whose trial each seed's is.
    pub chosen: BTreeMap<Seed, ModelId>,
    /// What it is chosen from: a trained model each, the rates of a fusion together. Of equals the first is chosen.
    pub candidates: Vec<ModelId>,
}

impl DerivedState {
    /// From the states of the candidates, in the order in which equals are chosen.
    pub(super) fn of(candidates: &[(ModelId, &CohortState)], seeds: &[Seed]) -> Self {
        let mut derived =
            Self { candidates: candidates.iter().map(|(model, _)| *model).collect(), ..Self::default() };
        for &seed in seeds {
            let Some((model, trial)) = chosen(candidates, seed) else { continue };
            derived.chosen.insert(seed, model);
            derived.state.trials.insert(seed, Arc::clone(trial));
        }
        let states = || candidates.iter().map(|(_, state)| *state);
        derived.state.attempt = states().map(|state| state.attempt).sum();
        derived.state.ends = states().map(|state| state.ends).sum();
        derived.state.seconds = states().map(|state| state.seconds).sum();
        let without = seeds.iter().filter(|seed| !derived.chosen.contains_key(*seed));
        let trials = without.flat_map(|seed| states().filter_map(move |state| state.trials.get(seed)));
        let worst = trials.filter_map(|trial| trial.outcome.as_ref()).map(SeedOutcome::status).max();
        derived.state.status = status(states().map(|state| state.status), worst);
        derived
    }
}

impl RunState {
    /// What a row was derived from; absent where it is trained.
    pub fn derived(&self, row: CohortId) -> Option<&DerivedState> {
        self.derived.get(&row).map(AsRef::as_ref)
    }

    /// The configuration that trained a row's trial of this seed: the row itself where it is not derived.
    pub fn trained_for(&self, row: CohortId, seed: Seed) -> Option<CohortId> {
        match self.derived.get(&row) {
            None => Some(row),
            Some(derived) => derived.chosen.get(&seed).map(|&fusion| CohortId { fusion, ..row }),
        }
    }

    /// The rows of tables and the lines of charts, in training order: what is trained once, and what is derived.
    pub fn rows(&self) -> impl Iterator<Item = (CohortId, &CohortState)> {
        let sweep = self.header.as_ref().map(|header| &header.sweep);
        let models = sweep.map(Sweep::rows).unwrap_or_default();
        let ids = sweep.into_iter().flat_map(Sweep::places).flat_map(move |(task, train_size)| {
            models.clone().into_iter().map(move |fusion| CohortId { fusion, task, train_size })
        });
        ids.filter_map(|id| Some((id, self.cohort(id)?)))
    }

    /// The state as if the models that have this rate in their list were trained at it alone.
    #[must_use]
    pub fn at_rate(&self, rate: Rate) -> Self {
        let mut state = self.clone();
        if let Some(header) = &mut state.header {
            let lists = Arc::make_mut(header).sweep.rates.values_mut();
            lists.filter(|rates| rates.contains(&rate)).for_each(|rates| *rates = vec![rate]);
            state.derived_rows = header.sweep.derived().into();
        }
        state.derive_all();
        state
    }

    /// Derives every row anew.
    pub(super) fn derive_all(&mut self) {
        let Some(header) = self.header.clone() else { return };
        let rows = Arc::clone(&self.derived_rows);
        for row in &*rows {
            for (task, train_size) in header.sweep.places() {
                self.derive_row(&header, row, task, train_size);
            }
        }
    }

    /// Derives anew the rows that are chosen from a cohort, among others.
    pub(super) fn derive_from(&mut self, cohort: CohortId) {
        let Some(header) = self.header.clone() else { return };
        // Others than the grid's have no row.
        if !self.cohorts.contains_key(&cohort) {
            return;
        }
        let rows = Arc::clone(&self.derived_rows);
        for row in rows.iter().filter(|row| row.candidates.contains(&cohort.fusion)) {
            self.derive_row(&header, row, cohort.task, cohort.train_size);
        }
    }

    fn derive_row(&mut self, header: &RunHeader, row: &DerivedRow, task: Task, train_size: usize) {
        let sizes = Sizes::of(header, task);
        let state =
            |&fusion: &ModelId| Some((fusion, &**self.cohorts.get(&CohortId { fusion, task, train_size })?));
        let mut candidates: Vec<_> = row.candidates.iter().filter_map(state).collect();
        candidates.sort_by_cached_key(|(model, _)| model.parameter_count(&sizes));
        let derived = DerivedState::of(&candidates, &header.sweep.seeds);
        self.derived.insert(CohortId { fusion: row.model, task, train_size }, Arc::new(derived));
    }
}

/// A trial of a trained model, with its validation accuracy.
type Candidate<'a> = (ModelId, &'a Arc<TrialState>, f64);

/// The fusion with the highest validation accuracy, the first of equals, with its trial; none where some fusion has none.
/// The rates of a fusion stand together, and it has the trial of one of them.
fn chosen<'a>(
    candidates: &[(ModelId, &'a CohortState)],
    seed: Seed,
) -> Option<(ModelId, &'a Arc<TrialState>)> {
    let fusions = candidates.chunk_by(|(one, _), (other, _)| one.at_rate(None) == other.at_rate(None));
    let of_fusions: Option<Vec<Candidate<'a>>> = fusions.map(|rates| of_rates(rates, seed)).collect();
    let (model, trial, _) = best(of_fusions?)?;
    Some((model, trial))
}

/// The rate with the highest validation accuracy. One at which the trial diverged is not chosen; none where it diverged at
/// all of them, or where some other trial has no result, which it may still get.
fn of_rates<'a>(rates: &[(ModelId, &'a CohortState)], seed: Seed) -> Option<Candidate<'a>> {
    let mut results = Vec::new();
    for &(model, state) in rates {
        let trial = state.trials.get(&seed)?;
        if !matches!(trial.outcome, Some(SeedOutcome::Diverged { .. })) {
            let evaluation = trial.evaluation.as_ref().filter(|_| trial.has_result())?;
            results.push((model, trial, evaluation.val_accuracy));
        }
    }
    best(results)
}

/// The highest accuracy, the first of equals.
fn best(candidates: Vec<Candidate<'_>>) -> Option<Candidate<'_>> {
    candidates.into_iter().reduce(|best, one| if one.2 > best.2 { one } else { best })
}

/// One is running, or else one is pending, or else all have an outcome: of the seeds without a trial the worst one counts.
fn status(mut of: impl Iterator<Item = CohortStatus> + Clone, worst: Option<CohortStatus>) -> CohortStatus {
    for open in [CohortStatus::Running, CohortStatus::Pending] {
        if of.clone().any(|status| status == open) {
            return open;
        }
    }
    match of.next() {
        None => CohortStatus::Pending,
        Some(_) => worst.unwrap_or(CohortStatus::Completed),
    }
}

#[cfg(test)]
mod tests;
