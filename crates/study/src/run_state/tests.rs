//! The fold of events, by hand.

use super::super::config::Config;
use super::super::event::{DataFacts, FORMAT, Position, SeedEvaluation, SeedMetrics, SeedOutcome, SplitOf};
use super::super::grid::{Epoch, Seed, Sweep, Task};
use super::super::model::ModelId;
use super::*;

mod shards;
mod shares;

const CONCAT: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };
const PRODUCT: CohortId = CohortId { fusion: ModelId::PRODUCT, ..CONCAT };

fn provenance(device: &str) -> Provenance {
    Provenance {
        program: "0".into(),
        libtorch: "2".into(),
        device: device.into(),
        gpus: Vec::new(),
        config_fingerprint: String::new(),
    }
}

fn header() -> RunHeader {
    RunHeader {
        config: Config::default(),
        sweep: Sweep {
            fusions: vec![ModelId::CONCAT, ModelId::PRODUCT],
            baselines: Vec::new(),
            tasks: vec![Task::Real],
            sizes: vec![32],
            seeds: vec![Seed(0), Seed(1)],
            ..Sweep::default()
        },
        levels: vec![0.0],
        data: DataFacts {
            name: String::new(),
            text_width: 2,
            image_width: 2,
            source_widths: None,
            rows: SplitOf { train: 64, validation: 8, test: 8 },
            tasks: Vec::new(),
            splits: Vec::new(),
            fingerprint: String::new(),
            warnings: Vec::new(),
        },
        provenance: provenance("first"),
        fingerprint: None,
    }
}

/// The state after the start of a run and these events.
fn after(kinds: impl IntoIterator<Item = EventKind>) -> RunState {
    let start = EventKind::RunStarted { format: FORMAT, header: Box::new(header()) };
    let kinds = [start].into_iter().chain(kinds).zip(0..);
    RunState::replay(&kinds.map(|(kind, seq)| Event { seq, at_ms: 10 * seq, kind }).collect::<Vec<_>>())
}

fn started(attempt: u32) -> EventKind {
    EventKind::CohortStarted { cohort: CONCAT, attempt, only: Vec::new() }
}

fn epoch(attempt: u32, epoch: u32, val_accuracies: &[f64]) -> EventKind {
    let metrics = val_accuracies.iter().zip(0..).map(|(&val_accuracy, seed)| SeedMetrics {
        seed: Seed(seed),
        train_loss: 0.5,
        train_accuracy: 0.5,
        val_loss: 0.5,
        val_accuracy,
    });
    EventKind::EpochFinished { cohort: CONCAT, attempt, epoch: Epoch(epoch), metrics: metrics.collect() }
}

fn evaluated(attempt: u32, test_accuracy: f64) -> EventKind {
    let evaluations = [0, 1].map(|seed| evaluation(seed, test_accuracy)).to_vec();
    EventKind::CohortEvaluated { cohort: CONCAT, attempt, evaluations }
}

fn evaluation(seed: u64, test_accuracy: f64) -> SeedEvaluation {
    SeedEvaluation {
        seed: Seed(seed),
        best_epoch: Epoch(1),
        val_accuracy: 0.5,
        test_accuracy,
        test_balanced_accuracy: 0.5,
        test_last_accuracy: 0.5,
        auc: None,
        true_positive_rate: Vec::new(),
        noise: Vec::new(),
        ..SeedEvaluation::default()
    }
}

/// An attempt of one epoch that both seeds complete.
fn completed(attempt: u32, test_accuracy: f64) -> Vec<EventKind> {
    vec![
        started(attempt),
        epoch(attempt, 1, &[0.6, 0.6]),
        evaluated(attempt, test_accuracy),
        finished(attempt, [SeedOutcome::Completed, SeedOutcome::Completed]),
    ]
}

/// The same of both configurations, and the end.
fn whole_run() -> Vec<EventKind> {
    let of_product = |mut kind| {
        match &mut kind {
            EventKind::CohortStarted { cohort, .. }
            | EventKind::EpochFinished { cohort, .. }
            | EventKind::CohortEvaluated { cohort, .. }
            | EventKind::CohortFinished { cohort, .. } => *cohort = PRODUCT,
            _ => {}
        }
        kind
    };
    let product = completed(1, 0.7).into_iter().map(of_product);
    completed(1, 0.8).into_iter().chain(product).chain([EventKind::RunFinished]).collect()
}

fn test_accuracies(state: &RunState) -> Vec<f64> {
    state.cohort(CONCAT).unwrap().evaluated(|evaluation| evaluation.test_accuracy)
}

fn resumed() -> EventKind {
    EventKind::RunResumed { provenance: provenance("second"), header: None }
}

fn finished(attempt: u32, outcomes: [SeedOutcome; 2]) -> EventKind {
    let seeds = (0..).map(Seed).zip(outcomes).collect();
    EventKind::CohortFinished { cohort: CONCAT, attempt, seeds, seconds: 1.5 }
}

fn val_accuracies(state: &RunState, seed: u64) -> Vec<f64> {
    let trial = &state.cohort(CONCAT).unwrap().trials[&Seed(seed)];
    trial.metrics.iter().map(|metrics| metrics.val_accuracy).collect()
}

#[test]
fn a_cohort_goes_from_pending_to_its_worst_outcome() {
    let state = after([]);
    assert_eq!((state.phase(), state.order()), (Phase::Running, &[CONCAT, PRODUCT][..]));
    assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Pending);
    let state = after([started(1), epoch(1, 1, &[0.6, 0.7])]);
    assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Running);
    let diverged = SeedOutcome::Diverged { epoch: Epoch(2) };
    let state = after([started(1), finished(1, [diverged, SeedOutcome::Stopped])]);
    let cohort = state.cohort(CONCAT).unwrap();
    assert_eq!((cohort.status, cohort.seconds), (CohortStatus::Diverged, 1.5));
    assert_eq!(state.cohort(PRODUCT).unwrap().status, CohortStatus::Pending);
    assert_eq!((state.started_ms(), state.last_ms(), state.next_seq()), (Some(0), 20, 3));
}

#[test]
fn the_best_epoch_is_the_earliest_of_equals() {
    let state = after([started(1), epoch(1, 1, &[0.6]), epoch(1, 2, &[0.8]), epoch(1, 3, &[0.8])]);
    let cohort = state.cohort(CONCAT).unwrap();
    assert_eq!(cohort.trials[&Seed(0)].best(), Some((Epoch(2), 0.8)));
    assert_eq!((cohort.epochs(), cohort.at_epoch(Epoch(3), |m| m.val_accuracy)), (3, vec![0.8]));
    assert_eq!(TrialState::default().best(), None);
}

#[test]
fn events_of_one_epoch_may_name_different_seeds() {
    let mut second = epoch(1, 1, &[0.6, 0.7]);
    if let EventKind::EpochFinished { metrics, .. } = &mut second {
        metrics.remove(0);
    }
    let state = after([started(1), epoch(1, 1, &[0.6]), second]);
    assert_eq!(state.cohort(CONCAT).unwrap().at_epoch(Epoch(1), |m| m.val_accuracy), [0.6, 0.7]);
}

#[test]
fn a_new_attempt_supersedes_and_the_old_ones_late_events_are_ignored() {
    let state = after([
        started(1),
        epoch(1, 1, &[0.9, 0.9]),
        evaluated(1, 0.9),
        started(2),
        epoch(2, 1, &[0.6, 0.6]),
        epoch(1, 2, &[0.9, 0.9]),
        evaluated(1, 0.9),
        finished(1, [SeedOutcome::Stopped, SeedOutcome::Stopped]),
        started(1),
    ]);
    let cohort = state.cohort(CONCAT).unwrap();
    assert_eq!((cohort.attempt, cohort.status), (2, CohortStatus::Running));
    assert_eq!(val_accuracies(&state, 0), [0.6]);
    assert_eq!(cohort.evaluations().count(), 0);
}

#[test]
fn resuming_records_the_epochs_from_there_on_again() {
    let at = Position { epoch: Epoch(3), step: 4 };
    let resumed = EventKind::CohortResumed { cohort: CONCAT, attempt: 1, only: Vec::new(), at };
    let events = vec![
        started(1),
        epoch(1, 1, &[0.1]),
        epoch(1, 2, &[0.2]),
        epoch(1, 3, &[0.3]),
        evaluated(1, 0.9),
        EventKind::RunInterrupted,
        EventKind::RunResumed { provenance: provenance("second"), header: None },
        resumed,
    ];
    let state = after(events.clone());
    assert_eq!(val_accuracies(&state, 0), [0.1, 0.2]);
    assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Running);
    assert_eq!(state.cohort(CONCAT).unwrap().evaluations().count(), 0, "tested again at its end");
    let state = after(events.into_iter().chain([epoch(1, 3, &[0.4])]));
    assert_eq!(val_accuracies(&state, 0), [0.1, 0.2, 0.4]);
}

#[test]
fn an_interrupted_cohort_is_pending_and_a_finished_one_stays() {
    let product = EventKind::CohortStarted { cohort: PRODUCT, attempt: 1, only: Vec::new() };
    let state = after(completed(1, 0.8).into_iter().chain([product, EventKind::RunInterrupted]));
    assert_eq!(state.phase(), Phase::Interrupted);
    assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Completed);
    assert_eq!(state.cohort(PRODUCT).unwrap().status, CohortStatus::Pending);
}

// Nothing announces `kill -9`: the next process finds cohorts that no one works on.
#[test]
fn a_killed_process_leaves_pending_cohorts_once_another_resumes() {
    let resumed = EventKind::RunResumed { provenance: provenance("second"), header: None };
    let state = after([started(1), epoch(1, 1, &[0.6]), resumed]);
    assert_eq!(
        (state.phase(), state.cohort(CONCAT).unwrap().status),
        (Phase::Running, CohortStatus::Pending)
    );
    let devices: Vec<_> = state.provenances().map(|made| made.device.as_str()).collect();
    assert_eq!(devices, ["first", "second"]);
}

#[test]
fn an_event_seen_before_is_ignored_and_the_last_number_is_no_overflow() {
    let mut state = after([started(1), epoch(1, 1, &[0.6])]);
    state.apply(&Event { seq: 2, at_ms: 0, kind: epoch(1, 1, &[0.9]) });
    assert_eq!((val_accuracies(&state, 0), state.last_ms()), (vec![0.6], 20));
    state.apply(&Event { seq: u64::MAX, at_ms: 0, kind: EventKind::RunPaused });
    assert_eq!((state.phase(), state.next_seq()), (Phase::Paused, u64::MAX));
}

#[test]
fn a_lost_line_does_not_put_an_epoch_in_anothers_place() {
    let state = after([started(1), epoch(1, 1, &[0.6]), epoch(1, 3, &[0.8]), epoch(1, 2, &[0.7])]);
    assert_eq!(val_accuracies(&state, 0), [0.6, 0.7]);
}

#[test]
fn a_cohort_outside_the_grid_is_ignored() {
    let other = CohortId { train_size: 999, ..CONCAT };
    let state = after([EventKind::CohortStarted { cohort: other, attempt: 1, only: Vec::new() }]);
    assert_eq!(state.cohort(other).map(|cohort| cohort.status), None);
}

#[test]
fn running_one_configuration_again_reopens_a_finished_run() {
    let state = after(whole_run().into_iter().chain([started(2)]));
    assert_eq!((state.phase(), state.cohort(CONCAT).unwrap().attempt), (Phase::Running, 2));
}

#[test]
fn a_result_stays_until_a_new_attempt_has_completed() {
    let again = |kinds: Vec<EventKind>| after(whole_run().into_iter().chain(kinds));
    let state = again(vec![resumed(), started(2), epoch(2, 1, &[0.1, 0.1]), epoch(2, 2, &[0.2, 0.2])]);
    let cohort = state.cohort(CONCAT).unwrap();
    // The screen follows the new attempt; every number is the old one's.
    assert_eq!((cohort.status, cohort.epochs(), cohort.trains_again()), (CohortStatus::Running, 2, true));
    assert_eq!((test_accuracies(&state), val_accuracies(&state, 0)), (vec![0.8, 0.8], vec![0.6]));

    let replaced = again(completed(2, 0.9));
    let cohort = replaced.cohort(CONCAT).unwrap();
    assert_eq!((cohort.status, cohort.seconds, cohort.replaced_by), (CohortStatus::Completed, 1.5, 2));
    assert_eq!(test_accuracies(&replaced), [0.9, 0.9]);
}

#[test]
fn an_attempt_that_did_not_complete_leaves_the_result_of_the_one_before() {
    let failed = || SeedOutcome::Failed { message: "no memory".into() };
    let diverged = || SeedOutcome::Diverged { epoch: Epoch(1) };
    let begun = || vec![resumed(), started(2), epoch(2, 1, &[0.1, 0.1])];
    let tested = || [begun(), vec![evaluated(2, 0.1)]].concat();
    let ends = [
        [begun(), vec![finished(2, [failed(), failed()])]].concat(),
        [begun(), vec![finished(2, [SeedOutcome::Stopped, SeedOutcome::Stopped])]].concat(),
        [tested(), vec![finished(2, [SeedOutcome::Completed, diverged()])]].concat(),
        // Its numbers are lost.
        [begun(), vec![finished(2, [SeedOutcome::Completed, SeedOutcome::Completed])]].concat(),
        [tested(), vec![EventKind::RunInterrupted]].concat(),
        [tested(), vec![resumed(), EventKind::RunInterrupted]].concat(),
        [tested(), vec![started(3), EventKind::RunInterrupted]].concat(),
    ];
    for end in ends {
        let state = after(whole_run().into_iter().chain(end));
        let cohort = state.cohort(CONCAT).unwrap();
        assert_eq!((cohort.status, cohort.replaced_by), (CohortStatus::Completed, 0));
        assert_eq!((test_accuracies(&state), cohort.epochs(), cohort.seconds), (vec![0.8, 0.8], 1, 1.5));
        assert_eq!(state.missing_seeds(CONCAT), []);
        assert_eq!(state.phase_when_left(), Phase::Finished);
    }
}

// A build that took the interrupted attempt for open resumed it.
#[test]
fn an_interrupted_attempt_that_an_earlier_version_resumed_replaces_the_result_at_its_end() {
    let at = Position { epoch: Epoch(2), step: 0 };
    let cohort_resumed = EventKind::CohortResumed { cohort: CONCAT, attempt: 2, only: Vec::new(), at };
    let mut kinds =
        [whole_run(), vec![started(2), epoch(2, 1, &[0.1, 0.1]), EventKind::RunInterrupted]].concat();
    kinds.extend([resumed(), cohort_resumed, epoch(2, 2, &[0.2, 0.2])]);
    assert_eq!(test_accuracies(&after(kinds.clone())), [0.8, 0.8]);
    kinds.extend([evaluated(2, 0.9), finished(2, [SeedOutcome::Completed, SeedOutcome::Completed])]);
    let state = after(kinds);
    assert_eq!((test_accuracies(&state), val_accuracies(&state, 0)), (vec![0.9, 0.9], vec![0.1, 0.2]));
}

#[test]
fn a_diverged_or_stopped_seed_may_be_replaced_while_its_neighbours_result_stays() {
    let mut kinds = vec![started(1), epoch(1, 1, &[0.6, 0.6])];
    let evaluations = vec![evaluation(0, 0.8)];
    kinds.push(EventKind::CohortEvaluated { cohort: CONCAT, attempt: 1, evaluations });
    kinds.push(finished(1, [SeedOutcome::Completed, SeedOutcome::Stopped]));
    assert_eq!(after(kinds.clone()).cohort(CONCAT).unwrap().status, CohortStatus::Stopped);
    let state = after([kinds, completed(2, 0.9)].concat());
    assert_eq!((test_accuracies(&state), state.cohort(CONCAT).unwrap().replaced_by), (vec![0.9, 0.9], 2));
}

#[test]
fn a_completed_seed_without_its_numbers_is_to_be_trained_again() {
    let whole = completed(1, 0.8);
    let without = |place: usize| {
        let mut kinds = whole.clone();
        kinds.remove(place);
        after(kinds)
    };
    // Its epoch, its evaluation.
    for state in [without(1), without(2)] {
        assert_eq!(state.missing_seeds(CONCAT), [Seed(0), Seed(1)]);
        let cohort = state.cohort(CONCAT).unwrap();
        assert_eq!((cohort.status, cohort.lost()), (CohortStatus::Pending, 2));
        assert_ne!(state.phase_when_left(), Phase::Finished);
    }
    // An epoch behind the best one.
    let more = [epoch(1, 2, &[0.5, 0.5]), epoch(1, 3, &[0.5, 0.5])];
    let mut kinds = whole.clone();
    kinds.splice(2..2, more);
    assert_eq!(after(kinds.clone()).missing_seeds(CONCAT), []);
    kinds.remove(2);
    assert_eq!(after(kinds).missing_seeds(CONCAT), [Seed(0), Seed(1)]);
}

#[test]
fn a_copy_shares_what_is_over_and_changes_alone() {
    let state = after(whole_run());
    let mut copy = state.clone();
    let seq = copy.next_seq();
    for (kind, seq) in completed(2, 0.9).into_iter().zip(seq..) {
        copy.apply(&Event { seq, at_ms: 0, kind });
    }
    assert_eq!((test_accuracies(&state), test_accuracies(&copy)), (vec![0.8, 0.8], vec![0.9, 0.9]));
    let product = |state: &RunState| std::ptr::from_ref(state.cohort(PRODUCT).unwrap());
    assert!(std::ptr::eq(product(&state), product(&copy)));
    let mut other = after(whole_run());
    assert!(!std::ptr::eq(product(&state), product(&other)));
    other.share(&state);
    assert!(std::ptr::eq(product(&state), product(&other)));
    assert_eq!(format!("{other:?}"), format!("{state:?}"));
}
