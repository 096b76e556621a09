//! Summary rows against values computed by hand.

use super::super::config::Config;
use super::super::event::{
    DataFacts, Event, EventKind, FORMAT, NoiseCurve, Provenance, SeedMetrics, SeedOutcome, SplitFacts,
    SplitOf, TaskFacts,
};
use super::super::grid::{Epoch, Sweep};
use super::*;

const CONCAT: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 600 };
const PRODUCT: CohortId = CohortId { fusion: ModelId::PRODUCT, ..CONCAT };

fn header() -> RunHeader {
    let split = |test| SplitOf { train: 0.5, validation: 0.5, test };
    let mut config = Config::default();
    (config.train.epochs, config.train.batch_size, config.model.hidden) = (2, 256, 8);
    RunHeader {
        config,
        sweep: Sweep {
            fusions: vec![ModelId::CONCAT, ModelId::PRODUCT],
            baselines: Vec::new(),
            tasks: vec![Task::Real],
            sizes: vec![32, 600],
            seeds: (0..3).map(Seed).collect(),
            ..Sweep::default()
        },
        levels: vec![0.0, 0.5, 1.0],
        data: DataFacts {
            name: String::new(),
            text_width: 4,
            image_width: 4,
            source_widths: None,
            rows: SplitOf { train: 600, validation: 100, test: 900 },
            tasks: vec![TaskFacts {
                task: Task::Real,
                positive_share: split(0.4),
                majority_share: split(0.6),
                threshold: None,
                additive: None,
                draws: Vec::new(),
                classes: Vec::new(),
                class_shares: Vec::new(),
            }],
            splits: Vec::new(),
            fingerprint: String::new(),
            warnings: Vec::new(),
        },
        provenance: Provenance {
            program: String::new(),
            libtorch: String::new(),
            device: String::new(),
            gpus: Vec::new(),
            config_fingerprint: String::new(),
        },
        fingerprint: None,
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
        ..SeedEvaluation::default()
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
        EventKind::CohortStarted { cohort, attempt: 1, only: Vec::new() },
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
    assert_eq!((row.parameters, row.steps), (Some(90), 6));
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
    close(row.retained(Condition::Text, NoiseMean::Empirical), 0.5);
    close(row.retained(Condition::Text, NoiseMean::Zero), 1.0);
    close(row.area(Condition::Text), 0.665);
    assert_eq!(
        (
            row.retained(Condition::Image, NoiseMean::Empirical),
            row.area(Condition::Both),
            row.difference_to_concat
        ),
        (None, None, None)
    );
}

#[test]
fn rows_stand_by_task_fusion_and_size_whatever_the_order_of_training() {
    let rows = summary(&state(concat()));
    let places: Vec<_> = rows.iter().map(|row| (row.fusion, row.train_size)).collect();
    let (concat, product) = (ModelId::CONCAT, ModelId::PRODUCT);
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
    assert_eq!(row.retained(Condition::Text, NoiseMean::Empirical), None);
    close(row.area(Condition::Text), (0.65 + 0.62 + 0.62) / 3.0);
}

#[test]
fn a_seed_is_measured_against_the_majority_of_its_own_split() {
    let mut header = header();
    let split = |seed, majority| SplitFacts {
        seed: Seed(seed),
        tasks: vec![TaskFacts {
            majority_share: SplitOf { train: 0.5, validation: 0.5, test: majority },
            ..header.data.tasks[0].clone()
        }],
    };
    header.data.splits = vec![split(7, 0.5), split(8, 0.6)];
    let start = EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) };
    let events = [start].into_iter().chain(concat()).zip(0..);
    let events: Vec<Event> = events.map(|(kind, seq)| Event { seq, at_ms: 0, kind }).collect();
    let state = RunState::replay(&events);
    let cohort = state.cohort(CONCAT).unwrap();
    let shares = retained(&header, Task::Real, cohort, Condition::Text, NoiseMean::Empirical);
    // Areas .65, .66 and .685 under straight lines to .6: (.65 − .5)/(.70 − .5), and so on.
    for (share, expected) in shares.into_iter().zip([0.75, 0.5, 0.185 / 0.27]) {
        close(share, expected);
    }
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
