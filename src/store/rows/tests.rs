//! Rows are kept across attempts and seeds as the journal has them.

use super::*;
use crate::report::sample;
use crate::study::config::Config;
use crate::study::event::{Event, EventKind, NoiseMean, SplitFacts};
use crate::study::grid::{Condition, Fusion, Task};

const COHORT: CohortId = CohortId { fusion: Fusion::Concat, task: Task::Real, train_size: 32 };
const ROWS: usize = 11;

fn seed_rows(seed: u64) -> SeedRows {
    let key = (Condition::Both, NoiseMean::Zero);
    SeedRows {
        correct: (0..ROWS as u64).map(|row| row % 3 == seed % 3).collect(),
        areas: [(key, vec![seed as f32 / 15.0; ROWS])].into(),
        slight_text: [(NoiseMean::Zero, vec![seed.is_multiple_of(2); ROWS])].into(),
    }
}

fn of(seeds: &[u64]) -> Vec<(Seed, SeedRows)> {
    seeds.iter().map(|&seed| (Seed(seed), seed_rows(seed))).collect()
}

/// A run's directory, and the events of a run of 11 test rows in which every seed of [`COHORT`] is tested.
fn run() -> (tempfile::TempDir, RunDir, Vec<Event>) {
    let folder = tempfile::tempdir().unwrap();
    let directory =
        RunDir::create(&Config::default(), Some(&folder.path().join("run")), jiff::Timestamp::UNIX_EPOCH)
            .unwrap();
    let mut header = sample::header();
    header.data.rows.test = ROWS;
    (folder, directory, sample::events(header))
}

/// The state after the events, and then those of `more`.
fn after(events: &[Event], more: Vec<EventKind>) -> RunState {
    let last = events.last().unwrap();
    let more = more.into_iter().zip(last.seq + 1..).map(|(kind, seq)| Event { seq, at_ms: last.at_ms, kind });
    RunState::replay(&events.iter().cloned().chain(more).collect::<Vec<_>>())
}

fn seeds(run: &RunRows) -> Vec<u64> {
    run.get(&COHORT).map(|of| of.seeds.keys().map(|seed| seed.0).collect()).unwrap_or_default()
}

#[test]
fn rows_come_back_for_every_seed_that_was_tested() {
    let (_folder, directory, events) = run();
    let begun = RunState::replay(&events[..1]);
    keep(&directory, &begun, COHORT, ROWS, &of(&[0, 3])).unwrap();
    assert_eq!(read_all(&directory, &begun).unwrap(), RunRows::new(), "the journal has no test yet");
    let state = RunState::replay(&events);
    let run = read_all(&directory, &state).unwrap();
    assert_eq!((run.len(), seeds(&run)), (1, vec![0, 3]));
    assert_eq!(run[&COHORT].seeds[&Seed(3)], seed_rows(3));
    // A second seed more leaves the first ones as they are.
    keep(&directory, &state, COHORT, ROWS, &of(&[4])).unwrap();
    let run = read_all(&directory, &state).unwrap();
    assert_eq!(
        run[&COHORT].seeds.iter().map(|(seed, of)| (*seed, of.clone())).collect::<Vec<_>>(),
        of(&[0, 3, 4])
    );
}

#[test]
fn rows_that_were_written_twice_count_once() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    for _ in 0..2 {
        keep(&directory, &state, COHORT, ROWS, &of(&[0, 1])).unwrap();
    }
    assert_eq!(correctness::read(&directory.correctness(COHORT)).unwrap().len(), 2);
    assert_eq!(under_noise::read(&directory.under_noise(COHORT)).unwrap().len(), 2);
}

#[test]
fn a_seed_that_is_trained_again_has_no_rows_until_it_is_tested_again() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0, 1, 2])).unwrap();
    let again = |only| vec![EventKind::CohortStarted { cohort: COHORT, attempt: 2, only }];
    let one = after(&events, again(vec![Seed(1)]));
    assert_eq!(seeds(&read_all(&directory, &one).unwrap()), [0, 2]);
    let all = after(&events, again(Vec::new()));
    assert_eq!(seeds(&read_all(&directory, &all).unwrap()), [0_u64; 0]);
    keep(&directory, &all, COHORT, ROWS, &of(&[5])).unwrap();
    assert_eq!(correctness::read(&directory.correctness(COHORT)).unwrap().len(), 1);
}

#[test]
fn a_run_from_before_rows_under_noise_has_what_it_kept() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0])).unwrap();
    std::fs::remove_dir_all(directory.under_noise(COHORT).parent().unwrap()).unwrap();
    let run = read_all(&directory, &state).unwrap();
    let rows = &run[&COHORT].seeds[&Seed(0)];
    assert_eq!((&rows.correct, rows.areas.len()), (&seed_rows(0).correct, 0));
    // A seed that is added brings its own.
    keep(&directory, &state, COHORT, ROWS, &of(&[4])).unwrap();
    let run = read_all(&directory, &state).unwrap();
    assert_eq!(run[&COHORT].seeds.values().map(|of| of.areas.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_file_of_other_rows_is_named() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    correctness::write(&directory.correctness(COHORT), 4, &[(Seed(0), vec![true; 4])]).unwrap();
    let error = read_all(&directory, &state).unwrap_err().to_string();
    assert!(error.contains("concat-real-32.npy") && error.contains("4 test rows"), "{error}");
}

#[test]
fn places_of_several_splits_are_kept_once_and_come_back_with_the_rows() {
    let (_folder, directory, mut events) = run();
    let EventKind::RunStarted { header, .. } = &mut events[0].kind else { panic!("no start") };
    let split = |seed| SplitFacts { seed: Seed(seed), tasks: header.data.tasks.clone() };
    header.data.splits = vec![split(0), split(1)];
    let state = RunState::replay(&events);
    // Split by split, as they are trained; kept in the sweep's order.
    keep(&directory, &state, COHORT, ROWS, &of(&[0, 2, 1, 3])).unwrap();
    let kept: Vec<u64> =
        correctness::read(&directory.correctness(COHORT)).unwrap().iter().map(|of| of.0.0).collect();
    assert_eq!(kept, [0, 1, 2, 3]);
    let kept = under_noise::read(&directory.under_noise(COHORT)).unwrap();
    assert_eq!(kept.iter().map(|of| of.0.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(read_all(&directory, &state).unwrap()[&COHORT].places.is_empty());

    let (first, second): (Vec<u32>, Vec<u32>) = ((0..11).collect(), (7..18).collect());
    keep_places(&directory, &[&first]).unwrap();
    assert!(!directory.test_rows().exists(), "one split's rows are the same for every seed");
    keep_places(&directory, &[&first, &second]).unwrap();
    keep_places(&directory, &[&second, &first]).unwrap();
    let run = read_all(&directory, &state).unwrap();
    assert_eq!(*run[&COHORT].places, [first.clone(), second]);
    std::fs::remove_file(directory.test_rows()).unwrap();
    keep_places(&directory, &[&first[..4], &first[..4]]).unwrap();
    let error = read_all(&directory, &state).unwrap_err().to_string();
    assert!(error.contains("test-rows.npy") && error.contains("2 splits and 11 test rows"), "{error}");
}
