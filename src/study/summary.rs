//! The summary: one row for each configuration, and the best single checkpoint of each fusion and task.
//!
//! Architecture Invariant: the screen, the CSV and the LaTeX table show these rows and no others.

use std::collections::BTreeMap;

use serde::Serialize;

use super::event::{NoiseMean, RunHeader, SeedEvaluation};
use super::grid::{CohortId, Condition, Fusion, Seed, Task};
use super::robustness::{Robustness, robustness};
use super::run_state::{CohortState, RunState};
use super::statistics::{Spread, median};

/// One configuration. Accuracies are fractions; an absent value is one that cannot be known (yet).
/// The field order is the CSV's column order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SummaryRow {
    /// How the modalities are joined.
    pub fusion: Fusion,
    /// What is predicted.
    pub task: Task,
    /// Rows of the training split that each trial saw.
    pub train_size: usize,
    /// Trials that completed.
    pub seeds: usize,
    /// Parameters of the head.
    pub parameters: usize,
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
    /// Retained skill under noise on text with the modality's mean; see [`retained`].
    pub retained_text: Option<f64>,
    /// Likewise on images.
    pub retained_image: Option<f64>,
    /// Likewise on both.
    pub retained_both: Option<f64>,
    /// Median best epoch over seeds.
    pub best_epoch_median: Option<f64>,
    /// Worker time of the cohort.
    pub seconds: f64,
    /// Where the cohort stands.
    pub status: &'static str,
    /// Rows of the test split.
    pub test_rows: usize,
    /// Share of the larger class in the test split.
    pub majority_share: Option<f64>,
    /// Optimiser steps of one trial that ran to the end.
    pub steps: usize,
    /// Test accuracy after the last epoch, mean over seeds.
    pub test_last_mean: Option<f64>,
    /// Its sample standard deviation.
    pub test_last_std: Option<f64>,
    /// Share of seeds whose best epoch is the last, so that more epochs might have helped.
    pub best_is_last: Option<f64>,
    /// Mean accuracy over the levels of noise on text, mean over seeds.
    pub area_text: Option<f64>,
    /// Likewise on images.
    pub area_image: Option<f64>,
    /// Likewise on both.
    pub area_both: Option<f64>,
    /// Retained skill under noise of mean zero on text.
    pub retained_zero_mean_text: Option<f64>,
    /// Likewise on images.
    pub retained_zero_mean_image: Option<f64>,
    /// Likewise on both.
    pub retained_zero_mean_both: Option<f64>,
    /// Test accuracy less that of concat with the same task, size and seed; mean over pairs.
    pub difference_to_concat: Option<f64>,
    /// Lower end of its 95 % interval over seeds (paired t).
    pub difference_low: Option<f64>,
    /// Upper end.
    pub difference_high: Option<f64>,
    /// Mean of the two classes' recalls on the test split at the best epoch, mean over seeds.
    pub test_balanced_mean: Option<f64>,
    /// Its sample standard deviation.
    pub test_balanced_std: Option<f64>,
}

/// The single trial with the highest validation accuracy of a fusion and task: what the paper tests
/// under noise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestCheckpoint {
    /// Its configuration.
    #[serde(flatten)]
    pub cohort: CohortId,
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
    let mut cohorts: Vec<_> = state.cohorts().collect();
    cohorts.sort_by_key(|(id, _)| (id.task, id.fusion, id.train_size));
    cohorts.into_iter().map(|(id, cohort)| row(header, state, id, cohort)).collect()
}

/// The best single checkpoint of each fusion and task that has one. Of equals the earliest size and seed.
pub fn best_checkpoints(state: &RunState) -> Vec<BestCheckpoint> {
    let Some(header) = state.header() else { return Vec::new() };
    let mut best: BTreeMap<(Task, Fusion), (CohortId, &SeedEvaluation)> = BTreeMap::new();
    for (id, cohort) in state.cohorts() {
        for evaluation in cohort.evaluations() {
            let place = best.entry((id.task, id.fusion)).or_insert((id, evaluation));
            if evaluation.val_accuracy > place.1.val_accuracy {
                *place = (id, evaluation);
            }
        }
    }
    let conditions = &header.config.noise.conditions;
    best.into_values()
        .map(|(cohort, evaluation)| BestCheckpoint {
            cohort,
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
    let present: Vec<f64> = per_seed.iter().copied().flatten().collect();
    if present.len() * 2 < per_seed.len() {
        return None;
    }
    Spread::of(&present).map(|spread| spread.mean)
}

/// Test accuracy of `cohort` less that of concat with the same task, size and seed, one for each seed
/// that both completed; empty for concat itself.
pub fn differences_to_concat(state: &RunState, id: CohortId) -> Vec<f64> {
    if id.fusion == Fusion::Concat {
        return Vec::new();
    }
    let concat = state.cohort(CohortId { fusion: Fusion::Concat, ..id });
    let (Some(cohort), Some(concat)) = (state.cohort(id), concat) else { return Vec::new() };
    cohort
        .evaluations()
        .filter_map(|evaluation| {
            let other = concat.trials.get(&evaluation.seed)?.evaluation.as_ref()?;
            Some(evaluation.test_accuracy - other.test_accuracy)
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
    let difference = Spread::of(&differences_to_concat(state, id));
    let interval = difference.and_then(|spread| spread.interval95());
    let share = |condition, mean| retained_mean(&retained(header, id.task, cohort, condition, mean));
    let area = |condition| {
        let areas =
            per_seed(header, id.task, cohort, condition, NoiseMean::Empirical).map(|robust| robust.area);
        Spread::of(&areas.collect::<Vec<_>>()).map(|spread| spread.mean)
    };
    let (empirical, zero) = (NoiseMean::Empirical, NoiseMean::Zero);
    let train = &header.config.train;
    SummaryRow {
        fusion: id.fusion,
        task: id.task,
        train_size: id.train_size,
        seeds: cohort.evaluations().count(),
        parameters: id.fusion.parameters(
            header.data.text_width,
            header.data.image_width,
            header.config.model.hidden,
        ),
        val_accuracy_mean: val.map(|spread| spread.mean),
        val_accuracy_std: val.and_then(|spread| spread.std),
        test_accuracy_mean: test.map(|spread| spread.mean),
        test_accuracy_std: test.and_then(|spread| spread.std),
        auc_mean: auc.map(|spread| spread.mean),
        auc_std: auc.and_then(|spread| spread.std),
        retained_text: share(Condition::Text, empirical),
        retained_image: share(Condition::Image, empirical),
        retained_both: share(Condition::Both, empirical),
        best_epoch_median: median(&best_epochs),
        seconds: cohort.seconds,
        status: cohort.status.name(),
        test_rows: header.data.rows.test,
        majority_share: header.data.task(id.task).map(|facts| facts.majority_share.test),
        steps: id.train_size.div_ceil(train.batch_size.max(1)) * train.epochs as usize,
        test_last_mean: last.map(|spread| spread.mean),
        test_last_std: last.and_then(|spread| spread.std),
        best_is_last: best_is_last(cohort),
        area_text: area(Condition::Text),
        area_image: area(Condition::Image),
        area_both: area(Condition::Both),
        retained_zero_mean_text: share(Condition::Text, zero),
        retained_zero_mean_image: share(Condition::Image, zero),
        retained_zero_mean_both: share(Condition::Both, zero),
        difference_to_concat: difference.map(|spread| spread.mean),
        difference_low: interval.map(|interval| interval.0),
        difference_high: interval.map(|interval| interval.1),
        test_balanced_mean: balanced.map(|spread| spread.mean),
        test_balanced_std: balanced.and_then(|spread| spread.std),
    }
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
    let majority = header.data.task(task)?.majority_share.test;
    robustness(&header.levels, &curve.accuracy, majority, header.data.rows.test)
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::super::event::{
        DataFacts, Event, EventKind, FORMAT, NoiseCurve, Provenance, SeedMetrics, SeedOutcome, SplitOf,
        TaskFacts,
    };
    use super::super::grid::{Epoch, Sweep};
    use super::*;

    const CONCAT: CohortId = CohortId { fusion: Fusion::Concat, task: Task::Real, train_size: 600 };
    const PRODUCT: CohortId = CohortId { fusion: Fusion::Product, ..CONCAT };

    fn header() -> RunHeader {
        let split = |test| SplitOf { train: 0.5, validation: 0.5, test };
        let mut config = Config::default();
        (config.train.epochs, config.train.batch_size, config.model.hidden) = (2, 256, 8);
        RunHeader {
            config,
            sweep: Sweep {
                fusions: vec![Fusion::Concat, Fusion::Product],
                tasks: vec![Task::Real],
                sizes: vec![32, 600],
                seeds: (0..3).map(Seed).collect(),
            },
            levels: vec![0.0, 0.5, 1.0],
            data: DataFacts {
                name: String::new(),
                text_width: 4,
                image_width: 4,
                rows: SplitOf { train: 600, validation: 100, test: 900 },
                tasks: vec![TaskFacts {
                    task: Task::Real,
                    positive_share: split(0.4),
                    majority_share: split(0.6),
                    threshold: None,
                }],
                fingerprint: String::new(),
                warnings: Vec::new(),
            },
            provenance: Provenance {
                program: String::new(),
                libtorch: String::new(),
                device: String::new(),
                config_fingerprint: String::new(),
            },
        }
    }

    /// A seed with this test accuracy, that falls in a straight line to the majority under text noise.
    fn evaluation(seed: u64, best_epoch: u32, test_accuracy: f64, auc: Option<f64>) -> SeedEvaluation {
        let noisy = |mean, end: f64| NoiseCurve {
            condition: Condition::Text,
            mean,
            accuracy: vec![test_accuracy, f64::midpoint(test_accuracy, end), end],
        };
        SeedEvaluation {
            seed: Seed(seed),
            best_epoch: Epoch(best_epoch),
            val_accuracy: test_accuracy + 0.02,
            test_accuracy,
            test_balanced_accuracy: test_accuracy - 0.1,
            test_last_accuracy: test_accuracy - 0.01,
            auc,
            true_positive_rate: Vec::new(),
            noise: vec![noisy(NoiseMean::Empirical, 0.6), noisy(NoiseMean::Zero, test_accuracy)],
        }
    }

    fn trained(cohort: CohortId, evaluations: Vec<SeedEvaluation>) -> Vec<EventKind> {
        let epoch = |epoch| {
            let metrics = evaluations.iter().map(|evaluation| SeedMetrics {
                seed: evaluation.seed,
                train_loss: 0.5,
                train_accuracy: 0.5,
                val_loss: 0.5,
                val_accuracy: evaluation.val_accuracy,
            });
            EventKind::EpochFinished { cohort, attempt: 1, epoch: Epoch(epoch), metrics: metrics.collect() }
        };
        let seeds = evaluations.iter().map(|evaluation| (evaluation.seed, SeedOutcome::Completed)).collect();
        vec![
            EventKind::CohortStarted { cohort, attempt: 1 },
            epoch(1),
            epoch(2),
            EventKind::CohortEvaluated { cohort, attempt: 1, evaluations },
            EventKind::CohortFinished { cohort, attempt: 1, seeds, seconds: 4.0 },
        ]
    }

    fn state(kinds: Vec<EventKind>) -> RunState {
        let start = EventKind::RunStarted { format: FORMAT, header: Box::new(header()) };
        let events = [start].into_iter().chain(kinds).zip(0..);
        RunState::replay(&events.map(|(kind, seq)| Event { seq, at_ms: 0, kind }).collect::<Vec<_>>())
    }

    fn concat() -> Vec<EventKind> {
        let seeds = vec![
            evaluation(0, 1, 0.70, Some(0.8)),
            evaluation(1, 2, 0.72, None),
            evaluation(2, 2, 0.77, Some(0.9)),
        ];
        trained(CONCAT, seeds)
    }

    fn close(value: Option<f64>, expected: f64) {
        assert!(value.is_some_and(|value| (value - expected).abs() < 1e-9), "{value:?}, not {expected}");
    }

    #[test]
    fn a_row_holds_hand_computed_numbers() {
        let state = state(concat());
        let rows = summary(&state);
        let row = rows.iter().find(|row| row.train_size == 600).unwrap();
        assert_eq!((row.seeds, row.status, row.seconds, row.test_rows), (3, "completed", 4.0, 900));
        // (4 + 4) × 8 + 8 and 8 × 2 + 2; three steps an epoch, the last one short.
        assert_eq!((row.parameters, row.steps), (90, 6));
        close(row.test_accuracy_mean, 0.73);
        // √((.03² + .01² + .04²) / 2)
        close(row.test_accuracy_std, 0.0013_f64.sqrt());
        close(row.val_accuracy_mean, 0.75);
        close(row.test_last_mean, 0.72);
        close(row.test_balanced_mean, 0.63);
        close(row.test_balanced_std, 0.0013_f64.sqrt());
        close(row.auc_mean, 0.85);
        close(row.best_epoch_median, 2.0);
        close(row.best_is_last, 2.0 / 3.0);
        close(row.majority_share, 0.6);
        // A straight line down to the majority keeps half of the skill.
        close(row.retained_text, 0.5);
        close(row.retained_zero_mean_text, 1.0);
        close(row.area_text, 0.665);
        assert_eq!((row.retained_image, row.area_both, row.difference_to_concat), (None, None, None));
    }

    #[test]
    fn rows_stand_by_task_fusion_and_size_whatever_the_order_of_training() {
        let rows = summary(&state(concat()));
        let places: Vec<_> = rows.iter().map(|row| (row.fusion, row.train_size)).collect();
        let (concat, product) = (Fusion::Concat, Fusion::Product);
        assert_eq!(places, [(concat, 32), (concat, 600), (product, 32), (product, 600)]);
        assert_eq!((rows[0].status, rows[0].seeds, rows[0].test_accuracy_mean), ("pending", 0, None));
        assert_eq!(summary(&RunState::default()), []);
    }

    #[test]
    fn the_difference_to_concat_is_paired_by_seed() {
        // Seeds 0 and 2 alone have a partner: +.05 and +.03; t(.975, 1) = 12.706 204 736 432 095.
        let product = vec![evaluation(0, 1, 0.75, None), evaluation(2, 1, 0.80, None)];
        let state = state([concat(), trained(PRODUCT, product)].concat());
        let differences = differences_to_concat(&state, PRODUCT);
        assert_eq!(differences.len(), 2);
        let rows = summary(&state);
        let row = rows.last().unwrap();
        close(row.difference_to_concat, 0.04);
        close(row.difference_low, 0.04 - 12.706_204_736_432_095 * 0.01);
        close(row.difference_high, 0.04 + 12.706_204_736_432_095 * 0.01);
        assert!(differences_to_concat(&state, CONCAT).is_empty());
    }

    #[test]
    fn one_seed_has_no_deviation_and_no_interval() {
        let product = vec![evaluation(1, 1, 0.75, None)];
        let rows = summary(&state([concat(), trained(PRODUCT, product)].concat()));
        let row = rows.last().unwrap();
        close(row.difference_to_concat, 0.03);
        assert_eq!((row.test_accuracy_std, row.difference_low, row.auc_mean), (None, None, None));
    }

    #[test]
    fn retained_skill_is_absent_where_under_half_of_the_seeds_have_one() {
        assert_eq!(retained_mean(&[Some(0.5), None, None]), None);
        assert_eq!(retained_mean(&[Some(0.25), Some(0.75), None]), Some(0.5));
        assert_eq!(retained_mean(&[Some(0.5), None]), Some(0.5));
        assert_eq!(retained_mean(&[]), None);
        // 3·√(.6·.4/900) = .049: seeds at .64 have no skill to keep.
        let seeds =
            vec![evaluation(0, 1, 0.70, None), evaluation(1, 1, 0.64, None), evaluation(2, 1, 0.64, None)];
        let rows = summary(&state(trained(CONCAT, seeds)));
        let row = rows.iter().find(|row| row.train_size == 600).unwrap();
        assert_eq!(row.retained_text, None);
        close(row.area_text, (0.65 + 0.62 + 0.62) / 3.0);
    }

    #[test]
    fn the_best_checkpoint_is_the_earliest_of_the_highest() {
        let small = CohortId { train_size: 32, ..CONCAT };
        let equal = trained(small, vec![evaluation(1, 1, 0.70, None), evaluation(2, 1, 0.77, None)]);
        let best = best_checkpoints(&state([equal, concat()].concat()));
        assert_eq!(best.len(), 1);
        assert_eq!((best[0].cohort, best[0].seed), (small, Seed(2)));
        close(best[0].retained[&Condition::Text], 0.5);
        assert_eq!(best[0].retained[&Condition::Image], None);
        assert_eq!(best_checkpoints(&state(Vec::new())), []);
    }

    #[test]
    fn a_broken_configuration_is_no_panic() {
        let mut header = header();
        header.config.train.batch_size = 0;
        let rows = summary(&RunState::planned(std::sync::Arc::new(header)));
        assert_eq!(rows.len(), 4);
    }
}
