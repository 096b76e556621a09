//! Which of its candidates each derived row has chosen, and how often.

use super::grid::{CohortId, Task};
use super::model::{ModelId, Rate};
use super::run_state::RunState;

/// A derived row of one task and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// The row.
    pub row: CohortId,
    /// How many seeds' trials come from each candidate, in the order in which equals are chosen.
    pub counts: Vec<(ModelId, usize)>,
}

impl Choices {
    /// Seeds for which there is a trial.
    pub fn seeds(&self) -> usize {
        self.counts.iter().map(|(_, seeds)| seeds).sum()
    }
}

/// Those of every derived row, by row, task and size.
pub fn all(state: &RunState) -> Vec<Choices> {
    let Some(header) = state.header() else { return Vec::new() };
    let places: Vec<(Task, usize)> =
        header.sweep.tasks.iter().flat_map(|&task| header.sweep.sizes.iter().map(move |&size| (task, size))).collect();
    let rows = header.sweep.derived();
    rows.iter()
        .flat_map(|row| places.iter().map(|&(task, train_size)| CohortId { fusion: row.model, task, train_size }))
        .filter_map(|row| of(state, row))
        .collect()
}

/// Those of one row; absent where it is not derived.
pub fn of(state: &RunState, row: CohortId) -> Option<Choices> {
    let derived = state.derived(row)?;
    let chosen = |model: ModelId| derived.chosen.values().filter(|&&one| one == model).count();
    let counts = derived.candidates.iter().map(|&model| (model, chosen(model))).collect();
    Some(Choices { row, counts })
}

/// The learning rate that most of a row's trials were trained at, of equally many the first of the candidates; absent
/// before there is a trial of a derived row.
pub fn most_chosen_rate(state: &RunState, row: CohortId) -> Option<Rate> {
    let config = &state.header()?.config;
    let Some(choices) = of(state, row) else { return config.learning_rate(row.fusion) };
    let mut by_rate: Vec<(Rate, usize)> = Vec::new();
    for (model, seeds) in choices.counts {
        let rate = config.learning_rate(model)?;
        match by_rate.iter_mut().find(|(known, _)| *known == rate) {
            Some((_, all)) => *all += seeds,
            None => by_rate.push((rate, seeds)),
        }
    }
    // Of equal maxima the last is returned.
    by_rate.into_iter().rev().max_by_key(|(_, seeds)| *seeds).filter(|(_, seeds)| *seeds > 0).map(|(rate, _)| rate)
}
