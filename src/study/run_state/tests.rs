//! The fold of events, by hand.

use super::super::config::Config;
use super::super::event::{DataFacts, FORMAT, Position, SplitOf};
use super::super::grid::{Fusion, Sweep, Task};
use super::*;

const CONCAT: CohortId = CohortId { fusion: Fusion::Concat, task: Task::Real, train_size: 32 };
const PRODUCT: CohortId = CohortId { fusion: Fusion::Product, ..CONCAT };

fn provenance(device: &str) -> Provenance {
    Provenance {
        program: "0".into(),
        libtorch: "2".into(),
        device: device.into(),
        config_fingerprint: String::new(),
    }
}

fn header() -> RunHeader {
    RunHeader {
        config: Config::default(),
        sweep: Sweep {
            fusions: vec![Fusion::Concat, Fusion::Product],
            baselines: Vec::new(),
            tasks: vec![Task::Real],
            sizes: vec![32],
            seeds: vec![Seed(0), Seed(1)],
        },
        levels: vec![0.0],
        data: DataFacts {
            name: String::new(),
            text_width: 2,
            image_width: 2,
            rows: SplitOf { train: 64, validation: 8, test: 8 },
            tasks: Vec::new(),
            splits: Vec::new(),
            fingerprint: String::new(),
            warnings: Vec::new(),
        },
        provenance: provenance("first"),
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
    let evaluation = SeedEvaluation {
        seed: Seed(0),
        best_epoch: Epoch(1),
        val_accuracy: 0.5,
        test_accuracy,
        test_balanced_accuracy: 0.5,
        test_last_accuracy: 0.5,
        auc: None,
        true_positive_rate: Vec::new(),
        noise: Vec::new(),
    };
    EventKind::CohortEvaluated { cohort: CONCAT, attempt, evaluations: vec![evaluation] }
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
    let resumed =
        EventKind::CohortResumed { cohort: CONCAT, attempt: 1, at: Position { epoch: Epoch(3), step: 4 } };
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
    let done = finished(1, [SeedOutcome::Completed, SeedOutcome::Completed]);
    let product = EventKind::CohortStarted { cohort: PRODUCT, attempt: 1, only: Vec::new() };
    let state = after([started(1), done, product, EventKind::RunInterrupted]);
    assert_eq!(state.phase(), Phase::Interrupted);
    assert_eq!(state.cohort(CONCAT).unwrap().status, CohortStatus::Completed);
    assert_eq!(state.cohort(PRODUCT).unwrap().status, CohortStatus::Pending);
}

// Nothing announces `kill -9`: the next process finds cohorts that no one works on.
#[test]
fn a_killed_process_leaves_pending_cohorts_once_another_goes_on() {
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
    let done = finished(1, [SeedOutcome::Completed, SeedOutcome::Completed]);
    let state = after([started(1), done, EventKind::RunFinished, started(2)]);
    assert_eq!((state.phase(), state.cohort(CONCAT).unwrap().attempt), (Phase::Running, 2));
}
