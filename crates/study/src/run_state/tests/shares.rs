//! Attempts at different seeds of one configuration that train at the same time.

use proptest::prelude::*;

use super::*;

const FIRST: Seed = Seed(0);
const SECOND: Seed = Seed(1);

fn begins(attempt: u32, seed: Seed) -> EventKind {
    EventKind::CohortStarted { cohort: CONCAT, attempt, only: vec![seed] }
}

fn trains(attempt: u32, seed: Seed, number: u32, val_accuracy: f64) -> EventKind {
    let metrics = SeedMetrics { seed, train_loss: 0.5, train_accuracy: 0.5, val_loss: 0.5, val_accuracy };
    EventKind::EpochFinished { cohort: CONCAT, attempt, epoch: Epoch(number), metrics: vec![metrics] }
}

fn tested(attempt: u32, Seed(seed): Seed, test_accuracy: f64) -> EventKind {
    let evaluations = vec![evaluation(seed, test_accuracy)];
    EventKind::CohortEvaluated { cohort: CONCAT, attempt, evaluations }
}

fn ends(attempt: u32, seed: Seed, outcome: SeedOutcome) -> EventKind {
    EventKind::CohortFinished { cohort: CONCAT, attempt, seeds: vec![(seed, outcome)], seconds: 1.5 }
}

fn resumes(attempt: u32, seed: Seed, number: u32) -> EventKind {
    let at = Position { epoch: Epoch(number), step: 0 };
    EventKind::CohortResumed { cohort: CONCAT, attempt, only: vec![seed], at }
}

fn cohort(state: &RunState) -> &CohortState {
    state.cohort(CONCAT).unwrap()
}

/// From start to end, with so many epochs.
fn share(attempt: u32, seed: Seed, epochs: u32) -> Vec<EventKind> {
    let of_epoch = |number| trains(attempt, seed, number, 0.5 + f64::from(number) / 100.0);
    [begins(attempt, seed)]
        .into_iter()
        .chain((1..=epochs).map(of_epoch))
        .chain([tested(attempt, seed, 0.8), ends(attempt, seed, SeedOutcome::Completed)])
        .collect()
}

#[test]
fn a_configuration_runs_until_the_last_of_its_shares_is_over() {
    let mut kinds = vec![begins(1, FIRST), begins(1, SECOND), trains(1, FIRST, 1, 0.6)];
    kinds.extend([trains(1, SECOND, 1, 0.7), tested(1, FIRST, 0.8), ends(1, FIRST, SeedOutcome::Completed)]);
    let state = after(kinds.clone());
    assert_eq!(cohort(&state).status, CohortStatus::Running);
    assert_eq!(state.missing_seeds(CONCAT), [SECOND]);
    assert_eq!((val_accuracies(&state, 0), val_accuracies(&state, 1)), (vec![0.6], vec![0.7]));
    kinds.extend([tested(1, SECOND, 0.9), ends(1, SECOND, SeedOutcome::Completed)]);
    let state = after(kinds);
    assert_eq!((cohort(&state).status, cohort(&state).seconds), (CohortStatus::Completed, 3.0));
    assert_eq!(test_accuracies(&state), [0.8, 0.9]);
    assert!(cohort(&state).open().is_empty());
}

#[test]
fn each_share_resumes_where_it_was() {
    let mut kinds = vec![begins(1, FIRST), begins(1, SECOND)];
    kinds.extend((1..=4).map(|number| trains(1, FIRST, number, 0.1)));
    kinds.extend((1..=2).map(|number| trains(1, SECOND, number, 0.2)));
    kinds.push(resumed());
    let state = after(kinds.clone());
    assert_eq!(cohort(&state).status, CohortStatus::Pending);
    let left: Vec<_> = cohort(&state).open().iter().map(|open| (open.number, open.only.clone())).collect();
    assert_eq!(left, [(1, vec![FIRST]), (1, vec![SECOND])]);
    kinds.extend([resumes(1, SECOND, 2), resumes(1, FIRST, 4)]);
    let state = after(kinds);
    let epochs = [0, 1].map(|seed| val_accuracies(&state, seed).len());
    assert_eq!((epochs, cohort(&state).status), ([3, 1], CohortStatus::Running));
}

#[test]
fn a_new_attempt_at_one_share_leaves_the_other_alone() {
    let mut kinds = vec![begins(1, FIRST), begins(1, SECOND), trains(1, FIRST, 1, 0.6)];
    // Memory was too small for the second one, and it begins once more.
    kinds.extend([trains(1, SECOND, 1, 0.2), begins(2, SECOND), trains(1, SECOND, 2, 0.3)]);
    kinds.extend([trains(1, FIRST, 2, 0.7), trains(2, SECOND, 1, 0.4)]);
    let state = after(kinds.clone());
    assert_eq!((val_accuracies(&state, 0), val_accuracies(&state, 1)), (vec![0.6, 0.7], vec![0.4]));
    // What it superseded has no say any more, not even by its end.
    kinds.extend([ends(1, SECOND, SeedOutcome::Stopped), tested(1, FIRST, 0.8)]);
    kinds.push(ends(1, FIRST, SeedOutcome::Completed));
    let state = after(kinds);
    assert_eq!((cohort(&state).status, state.missing_seeds(CONCAT)), (CohortStatus::Running, vec![SECOND]));
}

#[test]
fn an_attempt_at_all_seeds_supersedes_those_at_some() {
    let kinds =
        vec![begins(1, FIRST), begins(1, SECOND), started(2), trains(1, FIRST, 1, 0.6), begins(1, FIRST)];
    let state = after(kinds);
    assert!(val_accuracies_of(&state).is_empty());
    assert_eq!(cohort(&state).open().iter().map(|open| open.number).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_attempt_of_an_earlier_version_resumed_with_the_seeds_of_a_grid_that_had_grown() {
    let at = Position { epoch: Epoch(1), step: 0 };
    let all = EventKind::CohortResumed { cohort: CONCAT, attempt: 1, only: Vec::new(), at };
    let mut kinds = vec![begins(1, FIRST), trains(1, FIRST, 1, 0.6), resumed(), all];
    kinds.extend([epoch(1, 1, &[0.6, 0.7]), evaluated(1, 0.8)]);
    kinds.push(finished(1, [SeedOutcome::Completed, SeedOutcome::Completed]));
    let state = after(kinds);
    assert_eq!((cohort(&state).status, test_accuracies(&state)), (CohortStatus::Completed, vec![0.8, 0.8]));
}

#[test]
fn a_state_is_shared_with_another_only_where_as_many_attempts_have_ended() {
    // Both failed before, so that it is over although the second is to be trained.
    let failed = || SeedOutcome::Failed { message: String::new() };
    let mut kinds = vec![started(1), finished(1, [failed(), failed()]), begins(2, FIRST)];
    kinds.push(ends(2, FIRST, failed()));
    let older = after(kinds.clone());
    kinds.extend([begins(2, SECOND), trains(2, SECOND, 1, 0.7), tested(2, SECOND, 0.9)]);
    kinds.push(ends(2, SECOND, SeedOutcome::Completed));
    let mut newer = after(kinds);
    assert_eq!(cohort(&older).status, cohort(&newer).status);
    newer.share(&older);
    assert_eq!(test_accuracies(&newer), [0.9]);
}

fn val_accuracies_of(state: &RunState) -> Vec<f64> {
    cohort(state).trials.values().flat_map(|trial| trial.metrics.iter().map(|of| of.val_accuracy)).collect()
}

proptest! {
    /// Events of different seeds commute, whether or not their attempts have the same number.
    #[test]
    fn any_interleaving_of_shares_gives_the_same_state(picks in prop::collection::vec(any::<bool>(), 16), number in 1..3_u32) {
        let (mut first, mut second) = (share(1, FIRST, 3).into_iter(), share(number, SECOND, 5).into_iter());
        let mut kinds = Vec::new();
        for pick in picks {
            kinds.extend(if pick { first.next() } else { second.next() });
        }
        kinds.extend(first.chain(second));
        let state = after(kinds);
        let expected = after(share(1, FIRST, 3).into_iter().chain(share(number, SECOND, 5)));
        prop_assert_eq!(format!("{:?}", cohort(&state).trials), format!("{:?}", cohort(&expected).trials));
        prop_assert_eq!(cohort(&state).status, CohortStatus::Completed);
        prop_assert_eq!(cohort(&state).seconds, 3.0);
    }
}
