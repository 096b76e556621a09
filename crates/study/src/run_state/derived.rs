//! Rows that are not trained: the trial of each seed is that of one of several trained configurations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::RunState;
use super::cohort::{CohortState, CohortStatus, TrialState};
use crate::grid::{CohortId, Seed, Task};
use crate::model::{ModelId, Rate, Sizes};

/// A derived configuration.
#[derive(Clone, Debug, Default)]
pub struct DerivedState {
    /// As if it had been trained: its trials are the chosen ones, and it has none of a seed that a candidate has no result
    /// for.
    pub state: CohortState,
    /// Whose trial each seed's is.
    pub chosen: BTreeMap<Seed, ModelId>,
    /// What it is chosen from. Of equals the first is chosen.
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
            derived.state.trials.insert(seed, trial.clone());
        }
        let states = || candidates.iter().map(|(_, state)| *state);
        derived.state.attempt = states().map(|state| state.attempt).sum();
        derived.state.seconds = states().map(|state| state.seconds).sum();
        derived.state.status = status(states().map(|state| state.status));
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
        let models = sweep.map(|sweep| sweep.rows()).unwrap_or_default();
        let ids = sweep.into_iter().flat_map(|sweep| sweep.places()).flat_map(move |(task, train_size)| {
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
        }
        state.derive(|_, _| true);
        state
    }

    /// Derives the rows of these tasks and sizes anew.
    pub(super) fn derive(&mut self, is_asked: impl Fn(Task, usize) -> bool) {
        let Some(header) = self.header.clone() else { return };
        for row in header.sweep.derived() {
            for (task, train_size) in header.sweep.places().filter(|&(task, size)| is_asked(task, size)) {
                let sizes = Sizes::of(&header, task);
                let state = |&fusion: &ModelId| {
                    Some((fusion, &**self.cohorts.get(&CohortId { fusion, task, train_size })?))
                };
                let mut candidates: Vec<_> = row.candidates.iter().filter_map(state).collect();
                candidates.sort_by_key(|(model, _)| model.parameter_count(&sizes));
                let derived = DerivedState::of(&candidates, &header.sweep.seeds);
                let id = CohortId { fusion: row.model, task, train_size };
                self.derived.insert(id, Arc::new(derived));
            }
        }
    }
}

/// The candidate with the highest validation accuracy, the first of equals, with its trial; none where some candidate has
/// no result.
fn chosen<'a>(candidates: &[(ModelId, &'a CohortState)], seed: Seed) -> Option<(ModelId, &'a TrialState)> {
    let result = |&(model, state): &(ModelId, &'a CohortState)| {
        let trial = state.trials.get(&seed).filter(|trial| trial.has_result())?;
        Some((model, trial, trial.evaluation.as_ref().map(|of| of.val_accuracy)?))
    };
    let results: Option<Vec<_>> = candidates.iter().map(result).collect();
    let mut best: Option<(ModelId, &TrialState, f64)> = None;
    for one in results? {
        if best.is_none_or(|(.., accuracy)| one.2 > accuracy) {
            best = Some(one);
        }
    }
    best.map(|(model, trial, _)| (model, trial))
}

/// One is running, or else one is pending, or else all have an outcome, the worst of which counts.
fn status(of: impl Iterator<Item = CohortStatus> + Clone) -> CohortStatus {
    for open in [CohortStatus::Running, CohortStatus::Pending] {
        if of.clone().any(|status| status == open) {
            return open;
        }
    }
    of.max().unwrap_or_default()
}

#[cfg(test)]
mod tests;
