//! One row for each seed of each configuration, whatever became of it.

use std::borrow::Cow;

use super::columns::{Column, Columns, OfTrial};
use crate::contents::Contents;
use crate::sentences;
use study::event::{NoiseMean, SeedEvaluation, SeedOutcome};
use study::grid::{CohortId, Condition, Seed};
use study::model::ModelId;
use study::robustness::{Robustness, robustness};
use study::run_state::TrialState;
use study::text::one_line;

struct Row<'a> {
    cohort: CohortId,
    seed: Seed,
    /// Absent where the seed was not begun.
    trial: Option<&'a TrialState>,
}

impl OfTrial for Row<'_> {
    fn cohort(&self) -> CohortId {
        self.cohort
    }

    fn seed(&self) -> Seed {
        self.seed
    }
}

impl<'a> Row<'a> {
    fn evaluation(&self) -> Option<&'a SeedEvaluation> {
        self.trial?.evaluation.as_ref()
    }

    fn outcome(&self) -> Option<&'a SeedOutcome> {
        self.trial?.outcome.as_ref()
    }
}

pub(super) fn columns<'a>(contents: &Contents<'a>) -> Vec<(String, Column<'a>)> {
    let rows: Vec<Row> = contents
        .state
        .cohorts()
        .flat_map(|(cohort, state)| {
            let row = move |&seed| Row { cohort, seed, trial: state.trials.get(&seed).map(AsRef::as_ref) };
            contents.header.sweep.seeds.iter().map(row)
        })
        .collect();
    let mut columns = Columns::of(&rows);
    let splits = contents.header.config.data.splits();
    let is_drawn = contents.header.config.data.split == "random";
    columns.counts("split_seed", |row| {
        let split = splits.get(contents.header.data.split_of(row.seed))?;
        is_drawn.then_some(split.0)
    });
    columns.text("outcome", |row| Some(outcome(row.outcome()).into()));
    columns.text("message", |row| match row.outcome()? {
        SeedOutcome::Failed { message } => Some(one_line(message).into()),
        SeedOutcome::Completed | SeedOutcome::Stopped | SeedOutcome::Diverged { .. } => None,
    });
    columns.counts("epochs", |row| Some(row.trial.map_or(0, |trial| trial.metrics.len() as u64)));
    columns.counts("best_epoch", |row| Some(u64::from(row.evaluation()?.best_epoch.0)));
    columns.numbers("val_accuracy", |row| Some(row.evaluation()?.val_accuracy));
    columns.numbers("test_accuracy", |row| Some(row.evaluation()?.test_accuracy));
    columns.numbers("test_balanced_accuracy", |row| Some(row.evaluation()?.test_balanced_accuracy));
    columns.numbers("test_last_accuracy", |row| Some(row.evaluation()?.test_last_accuracy));
    columns.numbers("auc", |row| row.evaluation()?.auc);
    for mean in [NoiseMean::Empirical, NoiseMean::Zero] {
        for condition in Condition::tabled(&contents.header.config.noise.conditions) {
            let robust = |row: &Row| under_noise(contents, row, condition, mean);
            let between = if mean == NoiseMean::Zero { "_zero_mean_" } else { "_" };
            columns.numbers(format!("area{between}{condition}"), |row| Some(robust(row)?.area));
            columns.numbers(format!("retained{between}{condition}"), |row| robust(row)?.retained_skill);
        }
    }
    columns.numbers("missing_text", |row| Some(row.evaluation()?.missing?.text));
    columns.numbers("missing_image", |row| Some(row.evaluation()?.missing?.image));
    columns.numbers("emap", |row| Some(row.evaluation()?.emap?.additive_accuracy));
    columns.counts("emap_rows", |row| Some(row.evaluation()?.emap?.rows as u64));
    columns.numbers("emap_accuracy", |row| Some(row.evaluation()?.emap?.accuracy));
    for (name, value) in sentences::provenance_pairs(contents).into_iter().take(3) {
        columns.text(name, |_| Some(Cow::from(value.clone())));
    }
    columns.fingerprints_and_training(contents);
    gate(contents, &mut columns);
    columns.made()
}

/// Mean weights of each expert's logits, where the study has a model with a gate.
fn gate(contents: &Contents, columns: &mut Columns<'_, '_, Row<'_>>) {
    let mut experts: Vec<&str> = Vec::new();
    for expert in contents.header.sweep.trained().flat_map(ModelId::experts) {
        if !experts.contains(expert) {
            experts.push(expert);
        }
    }
    let conditions = contents.header.config.noise.conditions.iter().copied().map(Some);
    for condition in [None].into_iter().chain(conditions) {
        for expert in &experts {
            let behind = condition.map(|condition: Condition| format!("_{condition}")).unwrap_or_default();
            columns.numbers(format!("gate_{expert}{behind}"), |row| {
                let place = row.cohort.fusion.experts().iter().position(|own| own == expert)?;
                let gate = row.evaluation()?.gate.iter().find(|of| of.condition == condition)?;
                gate.weights.get(place).copied()
            });
        }
    }
}

/// `open` until there is one.
const fn outcome(outcome: Option<&SeedOutcome>) -> &'static str {
    match outcome {
        None => "open",
        Some(SeedOutcome::Completed) => "completed",
        Some(SeedOutcome::Stopped) => "stopped",
        Some(SeedOutcome::Diverged { .. }) => "diverged",
        Some(SeedOutcome::Failed { .. }) => "failed",
    }
}

fn under_noise(contents: &Contents, row: &Row, condition: Condition, mean: NoiseMean) -> Option<Robustness> {
    let curves = &row.evaluation()?.noise;
    let curve = curves.iter().find(|curve| curve.condition == condition && curve.mean == mean)?;
    let majority = contents.header.data.task_of(row.cohort.task, row.seed)?.majority_share.test;
    robustness(&contents.header.levels, &curve.accuracy, majority, contents.header.data.rows.test)
}
