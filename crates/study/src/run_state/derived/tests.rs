//! Rows that are chosen by validation: which trial of which candidate each seed has.

use std::collections::BTreeMap;

use super::*;
use crate::event::{Event, EventKind, FORMAT, RunHeader, SeedEvaluation, SeedMetrics, SeedOutcome};
use crate::grid::{Epoch, Sweep};
use crate::model::{Robust, Variant};
use crate::sample;

const LMF: ModelId = ModelId::LMF.with_variant(4 as Variant);

fn id(fusion: ModelId) -> CohortId {
    CohortId { fusion, task: Task::Real, train_size: 32 }
}

fn rate(value: f64) -> Option<Rate> {
    Rate::new(value)
}

/// One task, one size, two seeds.
fn header(fusions: &[ModelId], searched: bool, rates: &[(ModelId, &[f64])]) -> RunHeader {
    let listed = |rates: &[f64]| rates.iter().map(|&rate| Rate::new(rate).unwrap()).collect();
    let sweep = Sweep {
        fusions: fusions.to_vec(),
        tasks: vec![Task::Real],
        sizes: vec![32],
        seeds: vec![Seed(0), Seed(1)],
        searched,
        rates: rates.iter().map(|(model, rates)| (*model, listed(rates))).collect(),
        ..Sweep::default()
    };
    RunHeader { sweep, ..sample::header() }
}

fn trial(seed: Seed, [val_accuracy, test_accuracy]: [f64; 2]) -> (SeedMetrics, SeedEvaluation) {
    let metrics = SeedMetrics { seed, train_loss: 0.5, train_accuracy: 0.5, val_loss: 0.5, val_accuracy };
    let state = sample::state();
    let evaluation = state.cohort(id(ModelId::CONCAT)).unwrap().evaluations().next().unwrap().clone();
    (metrics, SeedEvaluation { seed, best_epoch: Epoch(1), val_accuracy, test_accuracy, ..evaluation })
}

/// An attempt of one epoch. A seed without accuracies diverges in it.
fn attempt(fusion: ModelId, attempt: u32, accuracies: [Option<[f64; 2]>; 2]) -> Vec<EventKind> {
    let cohort = id(fusion);
    let seeds = || [Seed(0), Seed(1)].into_iter().zip(accuracies);
    let completed = || seeds().filter_map(|(seed, of)| Some(trial(seed, of?)));
    let outcome = |of: Option<_>| match of {
        Some(_) => SeedOutcome::Completed,
        None => SeedOutcome::Diverged { epoch: Epoch(1) },
    };
    let (metrics, evaluations) = completed().unzip();
    vec![
        EventKind::CohortStarted { cohort, attempt, only: Vec::new() },
        EventKind::EpochFinished { cohort, attempt, epoch: Epoch(1), metrics },
        EventKind::CohortEvaluated { cohort, attempt, evaluations },
        EventKind::CohortFinished {
            cohort,
            attempt,
            seeds: seeds().map(|(seed, of)| (seed, outcome(of))).collect(),
            seconds: 2.0,
        },
    ]
}

fn after(header: RunHeader, kinds: impl IntoIterator<Item = Vec<EventKind>>) -> RunState {
    let start = EventKind::RunStarted { format: FORMAT, header: Box::new(header) };
    let kinds = [start].into_iter().chain(kinds.into_iter().flatten()).zip(0..);
    RunState::replay(&kinds.map(|(kind, seq)| Event { seq, at_ms: seq, kind }).collect::<Vec<_>>())
}

/// Each seed's choice and test accuracy.
fn chosen(state: &RunState, row: ModelId) -> Vec<(u64, ModelId, f64)> {
    let derived = state.derived(id(row)).unwrap();
    let of = |(seed, trial): (&Seed, &Arc<TrialState>)| {
        (seed.0, derived.chosen[seed], trial.evaluation.as_ref().unwrap().test_accuracy)
    };
    derived.state.trials.iter().map(of).collect()
}

#[test]
fn each_seed_has_the_trial_with_the_highest_validation_accuracy() {
    let state = after(
        header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[]),
        [
            attempt(ModelId::CONCAT, 1, [Some([0.7, 0.1]), Some([0.6, 0.2])]),
            attempt(ModelId::PRODUCT, 1, [Some([0.6, 0.3]), Some([0.8, 0.4])]),
        ],
    );
    assert_eq!(chosen(&state, ModelId::SEARCHED), [(0, ModelId::CONCAT, 0.1), (1, ModelId::PRODUCT, 0.4)]);
    let row = state.cohort(id(ModelId::SEARCHED)).unwrap();
    assert_eq!((row.status, row.seconds), (CohortStatus::Completed, 4.0));
    // It is shown, and is nothing to be trained.
    assert_eq!(state.rows().map(|(id, _)| id.fusion).collect::<Vec<_>>().len(), 3);
    assert_eq!(state.order().len(), 2);
    assert!(state.cohorts().all(|(id, _)| !id.fusion.is_searched()));
}

#[test]
fn of_equals_the_smaller_fusion_is_chosen_and_of_equally_large_ones_the_first() {
    // Product and concat are equally large, and smaller than the others.
    for (order, first) in [
        ([ModelId::TENSOR, ModelId::PRODUCT, ModelId::CONCAT], ModelId::PRODUCT),
        ([LMF, ModelId::CONCAT, ModelId::PRODUCT], ModelId::CONCAT),
    ] {
        let attempts = order.map(|fusion| attempt(fusion, 1, [Some([0.7, 0.5]), Some([0.7, 0.5])]));
        let state = after(header(&order, true, &[]), attempts);
        assert_eq!(chosen(&state, ModelId::SEARCHED), [(0, first, 0.5), (1, first, 0.5)]);
    }
    let rates: &[f64] = &[1e-4, 1e-3];
    let at = |value| ModelId::CONCAT.at_rate(rate(value));
    let attempts = rates.iter().map(|&rate| attempt(at(rate), 1, [Some([0.7, rate]), Some([0.7, rate])]));
    let state = after(header(&[ModelId::CONCAT], false, &[(ModelId::CONCAT, rates)]), attempts);
    assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-4), 1e-4), (1, at(1e-4), 1e-4)]);
}

#[test]
fn a_seed_that_a_candidate_has_no_result_for_is_absent() {
    let run = header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[]);
    let concat = || attempt(ModelId::CONCAT, 1, [Some([0.7, 0.1]), Some([0.6, 0.2])]);
    let status = |state: &RunState| state.cohort(id(ModelId::SEARCHED)).unwrap().status;

    let pending = after(run.clone(), [concat()]);
    assert_eq!((chosen(&pending, ModelId::SEARCHED), status(&pending)), (vec![], CohortStatus::Pending));

    let mut tested = attempt(ModelId::PRODUCT, 1, [Some([0.9, 0.3]), Some([0.9, 0.4])]);
    tested.pop();
    let running = after(run.clone(), [concat(), tested]);
    assert_eq!((chosen(&running, ModelId::SEARCHED), status(&running)), (vec![], CohortStatus::Running));

    let diverged = after(run, [concat(), attempt(ModelId::PRODUCT, 1, [None, Some([0.5, 0.4])])]);
    assert_eq!(chosen(&diverged, ModelId::SEARCHED), [(1, ModelId::CONCAT, 0.2)]);
    assert_eq!(status(&diverged), CohortStatus::Diverged);
}

#[test]
fn a_later_attempt_takes_the_results_place_once_it_has_completed() {
    let run = || header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[]);
    let first = || {
        [
            attempt(ModelId::CONCAT, 1, [Some([0.7, 0.1]), Some([0.7, 0.1])]),
            attempt(ModelId::PRODUCT, 1, [Some([0.6, 0.3]), Some([0.6, 0.3])]),
        ]
    };
    let again = attempt(ModelId::PRODUCT, 2, [Some([0.8, 0.4]), Some([0.5, 0.4])]);
    let running = after(run(), first().into_iter().chain([again[..3].to_vec()]));
    let concat = |seed| (seed, ModelId::CONCAT, 0.1);
    assert_eq!(chosen(&running, ModelId::SEARCHED), [concat(0), concat(1)]);
    let completed = after(run(), first().into_iter().chain([again]));
    assert_eq!(chosen(&completed, ModelId::SEARCHED), [(0, ModelId::PRODUCT, 0.4), concat(1)]);
    // A copy that has fallen behind takes over what is over in both, and nothing else.
    let mut behind = after(run(), first());
    behind.share(&completed);
    assert_eq!(chosen(&behind, ModelId::SEARCHED), [concat(0), concat(1)]);
}

#[test]
fn a_row_of_several_rates_is_the_chosen_ones_and_searched_chooses_among_all() {
    let rates: &[f64] = &[1e-3, 1e-4];
    let run = header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[(ModelId::CONCAT, rates)]);
    let at = |value| ModelId::CONCAT.at_rate(rate(value));
    let state = after(
        run,
        [
            attempt(at(1e-3), 1, [Some([0.7, 0.1]), Some([0.6, 0.2])]),
            attempt(at(1e-4), 1, [Some([0.6, 0.3]), Some([0.7, 0.4])]),
            attempt(ModelId::PRODUCT, 1, [Some([0.8, 0.5]), Some([0.5, 0.6])]),
        ],
    );
    assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-3), 0.1), (1, at(1e-4), 0.4)]);
    assert_eq!(chosen(&state, ModelId::SEARCHED), [(0, ModelId::PRODUCT, 0.5), (1, at(1e-4), 0.4)]);
    assert_eq!(state.trained_for(id(ModelId::CONCAT), Seed(1)), Some(id(at(1e-4))));
    assert_eq!(state.trained_for(id(at(1e-4)), Seed(1)), Some(id(at(1e-4))));
    // As if one rate had been the only one.
    let alone = state.at_rate(Rate::new(1e-3).unwrap());
    assert_eq!(chosen(&alone, ModelId::CONCAT), [(0, at(1e-3), 0.1), (1, at(1e-3), 0.2)]);
    assert_eq!(chosen(&alone, ModelId::SEARCHED)[1], (1, at(1e-3), 0.2));
}

#[test]
fn a_rate_that_diverged_is_not_chosen_and_one_that_failed_is_waited_for() {
    let rates: &[f64] = &[1e-2, 1e-3];
    let run = || header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[(ModelId::CONCAT, rates)]);
    let at = |value| ModelId::CONCAT.at_rate(rate(value));
    let small = || attempt(at(1e-3), 1, [Some([0.7, 0.1]), Some([0.6, 0.2])]);
    let product = || attempt(ModelId::PRODUCT, 1, [Some([0.5, 0.3]), Some([0.8, 0.4])]);
    let status = |state: &RunState, row| state.cohort(id(row)).unwrap().status;

    let large = || attempt(at(1e-2), 1, [None, None]);
    let state = after(run(), [large(), small(), product()]);
    assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-3), 0.1), (1, at(1e-3), 0.2)]);
    assert_eq!(chosen(&state, ModelId::SEARCHED), [(0, at(1e-3), 0.1), (1, ModelId::PRODUCT, 0.4)]);
    assert_eq!(
        [ModelId::CONCAT, ModelId::SEARCHED].map(|row| status(&state, row)),
        [CohortStatus::Completed; 2]
    );

    // A fusion that diverged at every rate has no trial, and so nothing is the best of all fusions.
    let none = attempt(at(1e-3), 1, [None, Some([0.6, 0.2])]);
    let state = after(run(), [large(), none, product()]);
    assert_eq!(chosen(&state, ModelId::CONCAT), [(1, at(1e-3), 0.2)]);
    assert_eq!(chosen(&state, ModelId::SEARCHED), [(1, ModelId::PRODUCT, 0.4)]);
    assert_eq!(
        [ModelId::CONCAT, ModelId::SEARCHED].map(|row| status(&state, row)),
        [CohortStatus::Diverged; 2]
    );

    // A second attempt at what diverged changes nothing while it trains, nor when it is stopped.
    let mut stopped = attempt(at(1e-2), 2, [None, None]);
    let began = stopped[..1].to_vec();
    let Some(EventKind::CohortFinished { seeds, .. }) = stopped.last_mut() else { panic!() };
    for (_, outcome) in seeds {
        *outcome = SeedOutcome::Stopped;
    }
    for second in [began, stopped] {
        let state = after(run(), [large(), small(), product(), second]);
        assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-3), 0.1), (1, at(1e-3), 0.2)]);
    }
    let better = attempt(at(1e-2), 2, [Some([0.9, 0.5]), None]);
    let state = after(run(), [large(), small(), product(), better]);
    assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-2), 0.5), (1, at(1e-3), 0.2)]);

    let mut failed = large();
    let Some(EventKind::CohortFinished { seeds, .. }) = failed.last_mut() else { panic!() };
    seeds[1].1 = SeedOutcome::Failed { message: "out of memory".into() };
    let state = after(run(), [failed, small(), product()]);
    assert_eq!(chosen(&state, ModelId::CONCAT), [(0, at(1e-3), 0.1)]);
    assert_eq!(status(&state, ModelId::CONCAT), CohortStatus::Failed);
    let pending = after(run(), [small(), product()]);
    assert!(chosen(&pending, ModelId::CONCAT).is_empty());
}

#[test]
fn a_trial_is_in_memory_once_and_an_event_derives_no_row_of_others() {
    let rates: &[f64] = &[1e-3, 1e-4];
    let run = header(&[ModelId::CONCAT, ModelId::PRODUCT], true, &[(ModelId::CONCAT, rates)]);
    let at = |value| ModelId::CONCAT.at_rate(rate(value));
    let attempts =
        [(1e-3, 0.7), (1e-4, 0.6)].map(|(rate, accuracy)| attempt(at(rate), 1, [Some([accuracy, 0.1]); 2]));
    let mut state = after(run, attempts);
    let trial = |state: &RunState, of| Arc::clone(&state.cohort(id(of)).unwrap().trials[&Seed(0)]);
    assert!(Arc::ptr_eq(&trial(&state, ModelId::CONCAT), &trial(&state, at(1e-3))));
    let before = Arc::clone(&state.derived[&id(ModelId::CONCAT)]);
    for (kind, seq) in attempt(ModelId::PRODUCT, 1, [Some([0.8, 0.2]); 2]).into_iter().zip(state.next_seq()..)
    {
        state.apply(&Event { seq, at_ms: seq, kind });
    }
    assert!(Arc::ptr_eq(&before, &state.derived[&id(ModelId::CONCAT)]));
    assert_eq!(chosen(&state, ModelId::SEARCHED)[0], (0, ModelId::PRODUCT, 0.2));
}

#[test]
fn each_way_to_train_has_a_row_of_its_own() {
    let noise = ModelId::CONCAT.trained_with(Robust::Noise);
    let state = after(
        header(&[ModelId::CONCAT, noise], true, &[]),
        [
            attempt(ModelId::CONCAT, 1, [Some([0.7, 0.1]), Some([0.7, 0.1])]),
            attempt(noise, 1, [Some([0.6, 0.2]), Some([0.6, 0.2])]),
        ],
    );
    let chosen_by = |robust| chosen(&state, ModelId::SEARCHED.trained_with(robust))[0];
    assert_eq!(chosen_by(Robust::None), (0, ModelId::CONCAT, 0.1));
    assert_eq!(chosen_by(Robust::Noise), (0, noise, 0.2));
    let names: BTreeMap<ModelId, String> = state.rows().map(|(id, _)| (id.fusion, id.to_string())).collect();
    assert!(names.values().any(|name| name == "searched-noise-real-32"), "{names:?}");
}
