//! What fusions gain from an interaction, by how much of it is that of the plain dot product: numbers over seeds of the
//! sweep's aligned tasks.

use super::event::NoiseMean;
use super::grid::{CohortId, Condition, Sweep, Task};
use super::model::ModelId;
use super::quantity::Quantity;
use super::run_state::{CohortState, RunState};
use super::statistics::Spread;

/// The sweep's aligned tasks with their a, ascending; none where there are fewer than two.
pub fn aligned(sweep: &Sweep) -> Vec<(f64, Task)> {
    let mut aligned: Vec<(f64, Task)> =
        sweep.tasks.iter().filter_map(|&task| Some((task.alignment()?, task))).collect();
    aligned.sort_by(|a, b| a.0.total_cmp(&b.0));
    if aligned.len() < 2 { Vec::new() } else { aligned }
}

/// What the run can show against a: retained skill with the modality's mean where it evaluates that, else without.
pub fn quantities(run: &RunState) -> Vec<Quantity> {
    let tested = |mean: NoiseMean| {
        run.rows().any(|(id, cohort)| {
            let mut curves = cohort.evaluations().flat_map(|evaluation| &evaluation.noise);
            id.task.alignment().is_some()
                && curves.any(|curve| curve.condition == Condition::Both && curve.mean == mean)
        })
    };
    let mean = [NoiseMean::Empirical, NoiseMean::Zero].into_iter().find(|&mean| tested(mean));
    [Quantity::Accuracy].into_iter().chain(mean.map(Quantity::Retained)).collect()
}

/// A model's number over seeds at each a that has results, a ascending.
pub fn over_seeds(
    run: &RunState,
    model: ModelId,
    train_size: usize,
    quantity: Quantity,
) -> Vec<(f64, Spread)> {
    let Some(header) = run.header() else { return Vec::new() };
    let of = |(a, task): (f64, Task)| {
        let cohort = run.cohort(CohortId { fusion: model, task, train_size })?;
        Some((a, quantity.over_seeds(header, task, cohort)?))
    };
    aligned(&header.sweep).into_iter().filter_map(of).collect()
}

/// The largest size of which an aligned task has results.
pub fn largest_size(run: &RunState) -> Option<usize> {
    let has_results = |cohort: &CohortState| cohort.evaluations().next().is_some();
    let tested = run.rows().filter(|(id, cohort)| id.task.alignment().is_some() && has_results(cohort));
    tested.map(|(id, _)| id.train_size).max()
}
