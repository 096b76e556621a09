//! What a model with a gate gives each of the whole models that it weighs.

use super::cell::{count, percent};
use super::contents::Contents;
use super::grid::{Entry, Grid};
use super::tables::ABSENT;
use study::event::GateWeights;
use study::format::fixed;
use study::grid::{CohortId, Condition, Task};
use study::model::ModelId;
use study::summary::gate_over_seeds;

/// A row for each model with a gate and each condition, at the largest size; absent where none was tested so.
pub(super) fn grid(contents: &Contents, task: Task) -> Option<Grid> {
    let models: Vec<(ModelId, Vec<GateWeights>)> = weighed(contents, task).collect();
    let mut experts: Vec<&str> = Vec::new();
    for expert in models.iter().flat_map(|(model, _)| model.experts()) {
        if !experts.contains(expert) {
            experts.push(expert);
        }
    }
    let row = |model: ModelId, of: &GateWeights| {
        let weight = |expert: &&str| {
            let place = model.experts().iter().position(|own| own == expert);
            let weight = place.and_then(|place| of.weights.get(place));
            weight.map_or_else(|| ABSENT.into(), |&weight| percent(weight))
        };
        let condition = of.condition.map_or("none", Condition::name).to_owned();
        let names = [model.name().to_owned(), condition];
        names.into_iter().chain(experts.iter().map(weight)).map(Entry::from).collect()
    };
    let rows = models.iter().flat_map(|(model, gate)| gate.iter().map(move |of| row(*model, of)));
    let names = ["fusion", "noise on"].into_iter().chain(experts.iter().copied());
    let grid = Grid { names: names.map(str::to_owned).collect(), rows: rows.collect() };
    (!grid.rows.is_empty()).then_some(grid)
}

/// Over that table.
pub(super) fn over(contents: &Contents) -> String {
    format!("At train size {}, the gate's weight of each expert, in percent:", count(contents.largest()))
}

/// What its numbers mean; absent where there is none.
pub(super) fn definition(contents: &Contents) -> Option<String> {
    contents.tasks().iter().find(|&&task| weighed(contents, task).next().is_some())?;
    let level = contents.header.levels.last().map_or_else(String::new, |&level| fixed(level, 2));
    Some(format!(
        "A gate's weight of an expert is the mean over test rows and seeds of what the expert's logits are multiplied by, \
         without noise and with noise of the highest level (α = {level})."
    ))
}

/// The models with a gate that were tested at the largest size, with their weights.
fn weighed(contents: &Contents, task: Task) -> impl Iterator<Item = (ModelId, Vec<GateWeights>)> {
    let of_model = move |fusion: ModelId| {
        let cohort = contents.state.cohort(CohortId { fusion, task, train_size: contents.largest() })?;
        let gate = gate_over_seeds(cohort);
        (!gate.is_empty()).then_some((fusion, gate))
    };
    let models = contents.fusions().iter().copied().chain(contents.baselines());
    models.filter(|model| !model.experts().is_empty()).filter_map(of_model)
}
