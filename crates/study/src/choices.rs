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
    let places: Vec<(Task, usize)> = header
        .sweep
        .tasks
        .iter()
        .flat_map(|&task| header.sweep.sizes.iter().map(move |&size| (task, size)))
        .collect();
    let rows = header.sweep.derived();
    rows.iter()
        .flat_map(|row| {
            places.iter().map(|&(task, train_size)| CohortId { fusion: row.model, task, train_size })
        })
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
    by_rate
        .into_iter()
        .rev()
        .max_by_key(|(_, seeds)| *seeds)
        .filter(|(_, seeds)| *seeds > 0)
        .map(|(rate, _)| rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OneOrMore;
    use crate::event::{EventKind, RunHeader};
    use crate::grid::Seed;
    use crate::sample;

    #[test]
    fn a_row_says_how_often_each_rate_was_chosen_and_names_the_most_frequent() {
        let rates = [1e-3, 1e-4].map(|rate| Rate::new(rate).unwrap());
        let mut header: RunHeader = sample::header();
        header.config.train.learning_rate = OneOrMore::list(vec![1e-3, 1e-4]);
        header.sweep.fusions = vec![ModelId::CONCAT];
        header.sweep.rates = [(ModelId::CONCAT, rates.to_vec())].into();
        header.sweep.sizes = vec![32, 128];
        header.sweep.seeds = (0..4).map(Seed).collect();
        let mut events = sample::events(header);
        // Of four seeds the second rate is better for two, and as good for one.
        for event in &mut events {
            if let EventKind::CohortEvaluated { cohort, evaluations, .. } = &mut event.kind {
                let is_second = cohort.fusion.rate() == Some(rates[1]);
                for (evaluation, gain) in evaluations.iter_mut().zip([0.1, 0.1, 0.0, -0.1]) {
                    evaluation.val_accuracy = if is_second { 0.5 + gain } else { 0.5 };
                }
            }
        }
        let state = RunState::replay(&events);
        let row = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };
        let choices = of(&state, row).unwrap();
        let at = |place: usize| ModelId::CONCAT.at_rate(Some(rates[place]));
        assert_eq!((choices.counts, choices.row), (vec![(at(0), 2), (at(1), 2)], row));
        assert_eq!(most_chosen_rate(&state, row), Some(rates[0]), "of equals the first");
        assert_eq!(all(&state).len(), 2 * 2);
        assert_eq!(of(&state, CohortId { fusion: at(0), ..row }), None);
        assert_eq!(most_chosen_rate(&sample::state(), row), Some(rates[0]), "the only rate");
    }
}
