//! The summary: one row for each configuration, and the best single checkpoint of each fusion and task.
//!
//! Architecture Invariant: the screen, the CSV and the LaTeX table show these rows and no others.

mod columns;
mod gate;

use std::collections::BTreeMap;

use serde::Serialize;

use super::choices;
use super::confusion::{self, Confusion};
use super::cost::steps_per_epoch;
use super::event::{DataFacts, NoiseMean, RunHeader, SeedEvaluation, TaskFacts};
use super::grid::{CohortId, Condition, Seed, Task};
use super::inference::seeds::paired_t_within;
use super::model::{ModelId, Rate, Sizes};
use super::robustness::{Robustness, robustness};
use super::run_state::{CohortState, RunState};
use super::statistics::{Spread, median};
pub use gate::gate_over_seeds;

/// One configuration. Accuracies are fractions; an absent value is one that cannot be known (yet).
/// [`columns`] has the CSV's column order.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// How the modalities are joined.
    pub fusion: ModelId,
    /// What is predicted.
    pub task: Task,
    /// Rows of the training split that each trial saw.
    pub train_size: usize,
    /// Trials that completed.
    pub seeds: usize,
    /// Parameters of the model; absent where it is a different one for each seed.
    pub parameters: Option<usize>,
    /// Validation accuracy at the best epoch: the paper's number. Mean over seeds.
    pub val_accuracy_mean: Option<f64>,
    /// Its sample standard deviation (n − 1).
    pub val_accuracy_std: Option<f64>,
    /// Test accuracy at the best epoch, mean over seeds.
    pub test_accuracy_mean: Option<f64>,
    /// Its sample standard deviation.
    pub test_accuracy_std: Option<f64>,
    /// Area under the ROC curve on the test split, mean over seeds.
    pub auc_mean: Option<f64>,
    /// Its sample standard deviation.
    pub auc_std: Option<f64>,
    /// The conditions of noise that there are columns for, the same in every row of a run.
    pub conditions: Vec<Condition>,
    /// Retained skill under noise, by its mean and condition; see [`retained`].
    pub retained: BTreeMap<(NoiseMean, Condition), f64>,
    /// Median best epoch over seeds.
    pub best_epoch_median: Option<f64>,
    /// Worker time of the cohort.
    pub seconds: f64,
    /// Where the cohort stands.
    pub status: &'static str,
    /// Rows of the test split.
    pub test_rows: usize,
    /// Share of the largest class in the test split, mean over splits.
    pub majority_share: Option<f64>,
    /// Optimiser steps of one trial that ran to the end.
    pub steps: usize,
    /// Test accuracy after the last epoch, mean over seeds.
    pub test_last_mean: Option<f64>,
    /// Its sample standard deviation.
    pub test_last_std: Option<f64>,
    /// Share of seeds whose best epoch is the last, so that more epochs might have helped.
    pub best_is_last: Option<f64>,
    /// Mean accuracy over the levels of noise with the modality's mean, mean over seeds, by condition.
    pub area: BTreeMap<Condition, f64>,
    /// Test accuracy less that of concat with the same task, size and seed; mean over pairs.
    pub difference_to_concat: Option<f64>,
    /// Lower end of its 95 % interval over seeds (paired t, within splits).
    pub difference_low: Option<f64>,
    /// Upper end.
    pub difference_high: Option<f64>,
    /// Mean of the classes' recalls on the test split at the best epoch, mean over seeds.
    pub test_balanced_mean: Option<f64>,
    /// Its sample standard deviation.
    pub test_balanced_std: Option<f64>,
    /// Classes of the task.
    pub classes: usize,
    /// The learning rate of most seeds' trials, of equally many the first of the list: a row of several rates has for each
    /// seed the one with the highest validation accuracy.
    pub learning_rate_chosen: Option<f64>,
    /// Mean F1 over the classes on the test split at the best epoch, mean over seeds; absent for two classes of equally
    /// many test rows, whose F1 is not recorded.
    pub macro_f1_mean: Option<f64>,
    /// Width of the vector that joins the modalities; absent where a model has none.
    pub fused_width: Option<usize>,
    /// Multiply-adds of the fusion itself for one row, the layers behind it left out; absent like `parameters`.
    pub multiply_adds: Option<usize>,
    /// Worker time of one optimiser step of one seed, validation and tests included; absent before the end.
    pub seconds_per_step: Option<f64>,
    /// Test accuracy without text at the best epoch, mean over seeds.
    pub missing_text: Option<f64>,
    /// Without image.
    pub missing_image: Option<f64>,
    /// Accuracy of the additive projection of each seed's logits on some test rows, mean over seeds.
    pub emap_mean: Option<f64>,
    /// How many test rows.
    pub emap_rows: Option<usize>,
    /// Accuracy of the heads themselves on the same rows, mean over seeds.
    pub emap_accuracy: Option<f64>,
}

impl SummaryRow {
    /// Retained skill under noise of this mean; absent where it cannot be known (yet).
    pub fn retained(&self, condition: Condition, mean: NoiseMean) -> Option<f64> {
        self.retained.get(&(mean, condition)).copied()
    }

    /// Mean accuracy over the levels of noise with the modality's mean; absent likewise.
    pub fn area(&self, condition: Condition) -> Option<f64> {
        self.area.get(&condition).copied()
    }
}

/// The single trial with the highest validation accuracy of a fusion and task: what the paper tests
/// under noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestCheckpoint {
    /// Its configuration.
    #[serde(flatten)]
    pub cohort: CohortId,
    /// Its learning rate, where the sweep has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Its seed.
    pub seed: Seed,
    /// Its validation accuracy.
    pub val_accuracy: f64,
    /// Its test accuracy.
    pub test_accuracy: f64,
    /// Its retained skill under noise with the modality's mean, by condition; absent where it has none.
    pub retained: BTreeMap<Condition, Option<f64>>,
}

/// One row for each configuration of the run, by task, fusion and size; empty before the run is known.
pub fn summary(state: &RunState) -> Vec<SummaryRow> {
    let Some(header) = state.header() else { return Vec::new() };
    let mut cohorts: Vec<_> = state.rows().collect();
    cohorts.sort_by_key(|(id, _)| (id.task, id.fusion, id.train_size));
    cohorts.into_iter().map(|(id, cohort)| row(header, state, id, cohort)).collect()
}

/// The best single checkpoint of each fusion and task that has one. Of equals the earliest size and seed.
pub fn best_checkpoints(state: &RunState) -> Vec<BestCheckpoint> {
    let Some(header) = state.header() else { return Vec::new() };
    let mut best: BTreeMap<(Task, ModelId), (CohortId, &SeedEvaluation)> = BTreeMap::new();
    for (id, cohort) in state.cohorts() {
        for evaluation in cohort.evaluations() {
            let place = best.entry((id.task, id.fusion.at_rate(None))).or_insert((id, evaluation));
            if evaluation.val_accuracy > place.1.val_accuracy {
                *place = (id, evaluation);
            }
        }
    }
    let conditions = &header.config.noise.conditions;
    best.into_values()
        .map(|(cohort, evaluation)| BestCheckpoint {
            cohort,
            learning_rate: cohort.fusion.rate().map(Rate::value),
            seed: evaluation.seed,
            val_accuracy: evaluation.val_accuracy,
            test_accuracy: evaluation.test_accuracy,
            retained: conditions
                .iter()
                .map(|&condition| {
                    let robust = of_seed(header, cohort.task, evaluation, condition, NoiseMean::Empirical);
                    (condition, robust.and_then(|robust| robust.retained_skill))
                })
                .collect(),
        })
        .collect()
}

/// The mean F1 over classes of one seed's best weights on the test split.
fn macro_f1(data: &DataFacts, task: Task, evaluation: &SeedEvaluation) -> Option<f64> {
    let facts = data.task_of(task, evaluation.seed)?;
    if facts.class_count() > 2 {
        let matrix = Some(&evaluation.confusion);
        return matrix.filter(|matrix| matrix.is_of(facts.class_count(), data.rows.test))?.macro_f1();
    }
    let (accuracy, balanced) = (evaluation.test_accuracy, evaluation.test_balanced_accuracy);
    confusion::of_two(accuracy, balanced, facts.positive_share.test, data.rows.test)?.macro_f1()
}

/// The matrix of a configuration: rows of the test split, summed over the seeds that were tested. Empty for two classes.
pub fn confusion_of(header: &RunHeader, task: Task, cohort: &CohortState) -> Confusion {
    let classes = header.data.task(task).map_or(2, TaskFacts::class_count);
    let matrices = cohort.evaluations().map(|evaluation| &evaluation.confusion);
    Confusion::sum(matrices.filter(|matrix| matrix.is_of(classes, header.data.rows.test)))
}

/// Retained skill of each seed that was tested under `condition`; `None` for a seed without a share.
pub fn retained(
    header: &RunHeader,
    task: Task,
    cohort: &CohortState,
    condition: Condition,
    mean: NoiseMean,
) -> Vec<Option<f64>> {
    per_seed(header, task, cohort, condition, mean).map(|robust| robust.retained_skill).collect()
}

/// Mean over the seeds that have a retained skill; absent where under half of them have one, since a
/// mean over the lucky few would flatter the configuration.
pub fn retained_mean(per_seed: &[Option<f64>]) -> Option<f64> {
    retained_spread(per_seed).map(|spread| spread.mean)
}

/// The seeds' retained skill as one number, absent likewise.
pub fn retained_over_seeds(
    header: &RunHeader,
    task: Task,
    cohort: &CohortState,
    condition: Condition,
    mean: NoiseMean,
) -> Option<Spread> {
    retained_spread(&retained(header, task, cohort, condition, mean))
}

/// The seeds' mean accuracy over the levels of noise as one number: the absolute area under it.
pub fn area_over_seeds(
    header: &RunHeader,
    task: Task,
    cohort: &CohortState,
    condition: Condition,
    mean: NoiseMean,
) -> Option<Spread> {
    let areas = per_seed(header, task, cohort, condition, mean).map(|robust| robust.area);
    Spread::of(&areas.collect::<Vec<_>>())
}

fn retained_spread(per_seed: &[Option<f64>]) -> Option<Spread> {
    let present: Vec<f64> = per_seed.iter().copied().flatten().collect();
    if present.len() * 2 < per_seed.len() { None } else { Spread::of(&present) }
}

/// Test accuracy of `cohort` less that of concat with the same task, size and seed, trained in the same way; one for each
/// seed that both completed; empty for concat itself.
pub fn differences_to_concat(state: &RunState, id: CohortId) -> Vec<f64> {
    pairs_with_concat(state, id).into_iter().map(|(_, difference)| difference).collect()
}

fn pairs_with_concat(state: &RunState, id: CohortId) -> Vec<(Seed, f64)> {
    let fusion = ModelId::CONCAT.trained_with(id.fusion.robust);
    if id.fusion == fusion {
        return Vec::new();
    }
    let concat = state.cohort(CohortId { fusion, ..id });
    let (Some(cohort), Some(concat)) = (state.cohort(id), concat) else { return Vec::new() };
    cohort
        .evaluations()
        .filter_map(|evaluation| {
            let other = concat.trials.get(&evaluation.seed)?.evaluation.as_ref()?;
            Some((evaluation.seed, evaluation.test_accuracy - other.test_accuracy))
        })
        .collect()
}

fn row(header: &RunHeader, state: &RunState, id: CohortId, cohort: &CohortState) -> SummaryRow {
    let spread = |value: fn(&SeedEvaluation) -> f64| Spread::of(&cohort.evaluated(value));
    let val = spread(|evaluation| evaluation.val_accuracy);
    let test = spread(|evaluation| evaluation.test_accuracy);
    let last = spread(|evaluation| evaluation.test_last_accuracy);
    let balanced = spread(|evaluation| evaluation.test_balanced_accuracy);
    let auc = Spread::of(&cohort.evaluations().filter_map(|evaluation| evaluation.auc).collect::<Vec<_>>());
    let best_epochs = cohort.evaluated(|evaluation| f64::from(evaluation.best_epoch.0));
    let pairs = pairs_with_concat(state, id);
    let (seeds, differences): (Vec<Seed>, Vec<f64>) = pairs.into_iter().unzip();
    let difference = Spread::of(&differences);
    let splits: Vec<usize> = seeds.iter().map(|&seed| header.data.split_of(seed)).collect();
    let interval = paired_t_within(&differences, &splits);
    let share = |condition, mean| retained_mean(&retained(header, id.task, cohort, condition, mean));
    let area = |condition| {
        let spread = area_over_seeds(header, id.task, cohort, condition, NoiseMean::Empirical);
        spread.map(|spread| spread.mean)
    };
    let train = &header.config.train;
    let sizes = Sizes::of(header, id.task);
    let steps = steps_per_epoch(&header.config, id.train_size) * train.epochs as usize;
    // One model at all times, where it is not chosen among several.
    let is_one = !id.fusion.is_searched();
    let conditions = Condition::tabled(&header.config.noise.conditions);
    SummaryRow {
        fusion: id.fusion,
        task: id.task,
        train_size: id.train_size,
        seeds: cohort.evaluations().count(),
        parameters: is_one.then(|| id.fusion.parameter_count(&sizes)),
        val_accuracy_mean: val.map(|spread| spread.mean),
        val_accuracy_std: val.and_then(|spread| spread.std),
        test_accuracy_mean: test.map(|spread| spread.mean),
        test_accuracy_std: test.and_then(|spread| spread.std),
        auc_mean: auc.map(|spread| spread.mean),
        auc_std: auc.and_then(|spread| spread.std),
        retained: [NoiseMean::Empirical, NoiseMean::Zero]
            .into_iter()
            .flat_map(|mean| conditions.iter().map(move |&condition| (mean, condition)))
            .filter_map(|(mean, condition)| Some(((mean, condition), share(condition, mean)?)))
            .collect(),
        best_epoch_median: median(&best_epochs),
        seconds: cohort.seconds,
        status: cohort.status.name(),
        test_rows: header.data.rows.test,
        majority_share: header.data.task(id.task).map(|facts| facts.majority_share.test),
        steps,
        test_last_mean: last.map(|spread| spread.mean),
        test_last_std: last.and_then(|spread| spread.std),
        best_is_last: best_is_last(cohort),
        area: conditions.iter().filter_map(|&condition| Some((condition, area(condition)?))).collect(),
        conditions,
        difference_to_concat: difference.map(|spread| spread.mean),
        difference_low: interval.map(|interval| interval.low),
        difference_high: interval.map(|interval| interval.high),
        test_balanced_mean: balanced.map(|spread| spread.mean),
        test_balanced_std: balanced.and_then(|spread| spread.std),
        classes: header.data.task(id.task).map_or(2, TaskFacts::class_count),
        learning_rate_chosen: choices::most_chosen_rate(state, id).map(Rate::value),
        macro_f1_mean: mean_over_all(cohort, |evaluation| macro_f1(&header.data, id.task, evaluation)),
        fused_width: id.fusion.fused_width(&sizes),
        multiply_adds: is_one.then(|| id.fusion.multiply_adds(&sizes)),
        seconds_per_step: seconds_per_step(header, state, id).filter(|_| is_one),
        missing_text: mean_over_all(cohort, |evaluation| Some(evaluation.missing?.text)),
        missing_image: mean_over_all(cohort, |evaluation| Some(evaluation.missing?.image)),
        emap_mean: mean_over_all(cohort, |evaluation| Some(evaluation.emap?.additive_accuracy)),
        emap_rows: cohort.evaluations().find_map(|evaluation| Some(evaluation.emap?.rows)),
        emap_accuracy: mean_over_all(cohort, |evaluation| Some(evaluation.emap?.accuracy)),
    }
}

/// Worker time for one seed's step, in seconds, with its share of what else a configuration takes; absent where none was
/// measured.
pub fn seconds_per_step(header: &RunHeader, state: &RunState, id: CohortId) -> Option<f64> {
    let seconds = state.cohort(id)?.seconds;
    let steps = epochs_trained(state, id) * steps_per_epoch(&header.config, id.train_size);
    (seconds > 0.0 && steps > 0).then(|| seconds / steps as f64)
}

/// Epochs of all trials that the row's worker time was spent on.
fn epochs_trained(state: &RunState, id: CohortId) -> usize {
    let epochs =
        |cohort: &CohortState| cohort.trials.values().map(|trial| trial.metrics.len()).sum::<usize>();
    let of = |fusion| state.cohort(CohortId { fusion, ..id }).map_or(0, epochs);
    match state.derived(id) {
        Some(derived) => derived.candidates.iter().map(|&model| of(model)).sum(),
        None => of(id.fusion),
    }
}

/// Mean over the seeds that were tested; absent where one of them has no such number: a mean over some of the seeds
/// would stand beside means over all.
fn mean_over_all(cohort: &CohortState, value: impl Fn(&SeedEvaluation) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = cohort.evaluations().map(value).collect();
    Spread::of(&values?).map(|spread| spread.mean)
}

fn best_is_last(cohort: &CohortState) -> Option<f64> {
    let last = cohort.trials.values().filter_map(|trial| {
        let evaluation = trial.evaluation.as_ref()?;
        Some(f64::from(u8::from(evaluation.best_epoch.0 as usize == trial.metrics.len())))
    });
    Spread::of(&last.collect::<Vec<_>>()).map(|spread| spread.mean)
}

fn per_seed<'a>(
    header: &'a RunHeader,
    task: Task,
    cohort: &'a CohortState,
    condition: Condition,
    mean: NoiseMean,
) -> impl Iterator<Item = Robustness> + 'a {
    cohort.evaluations().filter_map(move |evaluation| of_seed(header, task, evaluation, condition, mean))
}

fn of_seed(
    header: &RunHeader,
    task: Task,
    evaluation: &SeedEvaluation,
    condition: Condition,
    mean: NoiseMean,
) -> Option<Robustness> {
    let curve = evaluation.noise.iter().find(|curve| curve.condition == condition && curve.mean == mean)?;
    let majority = header.data.task_of(task, evaluation.seed)?.majority_share.test;
    robustness(&header.levels, &curve.accuracy, majority, header.data.rows.test)
}

#[cfg(test)]
mod tests;
