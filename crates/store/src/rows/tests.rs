//! Rows are kept across attempts and seeds as the journal has them.

use super::*;
use study::config::{Config, Fingerprint};
use study::event::{Event, EventKind, NoiseMean, SplitFacts};
use study::grid::{Condition, Task};
use study::model::ModelId;
use study::sample;

const COHORT: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 32 };
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
    let mut events = sample::events(header);
    for event in &mut events {
        if let EventKind::CohortEvaluated { evaluations, .. } = &mut event.kind {
            for evaluation in evaluations {
                let right = seed_rows(evaluation.seed.0).correct.iter().filter(|&&right| right).count();
                evaluation.test_accuracy = right as f64 / ROWS as f64;
            }
        }
    }
    (folder, directory, events)
}

/// What can be read, where all can.
#[track_caller]
fn read_whole(directory: &RunDir, state: &RunState) -> RunRows {
    let kept = read_all(directory, state);
    assert!(kept.faults.is_empty(), "{:?}", kept.faults);
    kept.rows
}

/// The one thing that cannot be read.
#[track_caller]
fn fault(directory: &RunDir, state: &RunState) -> (Option<CohortId>, String) {
    let faults = read_all(directory, state).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    (faults[0].cohort, faults[0].to_string())
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
    assert_eq!(read_whole(&directory, &begun), RunRows::new(), "the journal has no test yet");
    let state = RunState::replay(&events);
    let run = read_whole(&directory, &state);
    assert_eq!((run.len(), seeds(&run)), (1, vec![0, 3]));
    assert_eq!(run[&COHORT].seeds[&Seed(3)], seed_rows(3));
    // A second seed more leaves the first ones as they are.
    keep(&directory, &state, COHORT, ROWS, &of(&[4])).unwrap();
    let run = read_whole(&directory, &state);
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
fn rows_of_a_new_attempt_take_their_place_once_it_has_completed() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0, 1, 2])).unwrap();
    let begun = vec![EventKind::CohortStarted { cohort: COHORT, attempt: 2, only: Vec::new() }];
    let again = after(&events, begun.clone());
    assert_eq!(seeds(&read_whole(&directory, &again)), [0, 1, 2]);
    keep(&directory, &again, COHORT, ROWS, &of(&[0, 1, 2, 3, 4])).unwrap();
    directory.settle_attempts(&again).unwrap();
    assert_eq!(seeds(&read_whole(&directory, &again)), [0, 1, 2], "the attempt still trains");

    let of_first = |events: &[Event]| -> Vec<EventKind> {
        let of_attempt = |mut kind| {
            match &mut kind {
                EventKind::EpochFinished { attempt, .. }
                | EventKind::CohortEvaluated { attempt, .. }
                | EventKind::CohortFinished { attempt, .. } => *attempt = 2,
                _ => {}
            }
            kind
        };
        let first = events.iter().filter(|event| event.kind.cohort() == Some(COHORT)).skip(1);
        first.map(|event| of_attempt(event.kind.clone())).collect()
    };
    let left = after(&events, [begun.clone(), vec![EventKind::RunInterrupted]].concat());
    let completed = after(&events, [begun, of_first(&events)].concat());
    assert_eq!(completed.cohort(COHORT).unwrap().replaced_by, 2);
    let files = || std::fs::read_dir(directory.root().join("correct")).unwrap().count();
    assert_eq!(files(), 2);
    directory.settle_attempts(&completed).unwrap();
    assert_eq!((seeds(&read_whole(&directory, &completed)), files()), (vec![0, 1, 2, 3, 4], 1));

    keep(&directory, &again, COHORT, ROWS, &of(&[0])).unwrap();
    directory.tidy(&left).unwrap();
    assert_eq!((seeds(&read_whole(&directory, &left)), files()), (vec![0, 1, 2, 3, 4], 1));
}

#[test]
fn a_run_from_before_rows_under_noise_has_what_it_kept() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0])).unwrap();
    std::fs::remove_dir_all(directory.under_noise(COHORT).parent().unwrap()).unwrap();
    let run = read_whole(&directory, &state);
    let rows = &run[&COHORT].seeds[&Seed(0)];
    assert_eq!((&rows.correct, rows.areas.len()), (&seed_rows(0).correct, 0));
    // A seed that is added brings its own.
    keep(&directory, &state, COHORT, ROWS, &of(&[4])).unwrap();
    let run = read_whole(&directory, &state);
    assert_eq!(run[&COHORT].seeds.values().map(|of| of.areas.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_file_that_is_not_the_results_is_named_and_the_others_are_read() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    let other = CohortId { train_size: 128, ..COHORT };
    keep(&directory, &state, other, ROWS, &of(&[0])).unwrap();
    correctness::write(&directory.correctness(COHORT), 4, &[(Seed(0), vec![true; 4])]).unwrap();
    let (cohort, text) = fault(&directory, &state);
    assert_eq!((cohort, read_all(&directory, &state).rows.len()), (Some(COHORT), 1));
    assert!(text.contains("concat-real-32.npy") && text.contains("4 test rows"), "{text}");
    assert!(text.ends_with("`superfuse-tui resume` trains concat-real-32 again for it"), "{text}");

    // One bit of it.
    let mut rows = seed_rows(0).correct;
    rows[1] = !rows[1];
    correctness::write(&directory.correctness(COHORT), ROWS, &[(Seed(0), rows)]).unwrap();
    let (_, text) = fault(&directory, &state);
    assert!(
        text.contains("5 of 11 rows of seed 0 are right, and the journal has test accuracy 0.36"),
        "{text}"
    );

    // A run that keeps rows of every configuration lacks those of all others.
    keep(&directory, &state, COHORT, ROWS, &of(&[0])).unwrap();
    assert_eq!(read_all(&directory, &state).faults.len(), 0);
    let state = RunState::replay(&with_fingerprint(events));
    let faults = read_all(&directory, &state).faults;
    let text = |place: usize| faults[place].error.to_string();
    let tested = state.cohorts().filter(|(_, of)| of.evaluations().next().is_some()).count();
    assert_eq!(faults.len(), tested);
    assert!(text(0).ends_with("concat-real-32.npy cannot be used: it lacks seed 1"), "{}", text(0));
    assert!(text(2).ends_with("cannot be used: the file is missing"), "{}", text(2));
}

/// As a run of the present version, which keeps the rows of every configuration.
fn with_fingerprint(mut events: Vec<Event>) -> Vec<Event> {
    let EventKind::RunStarted { header, .. } = &mut events[0].kind else { panic!("no start") };
    header.fingerprint = Some(Fingerprint::of(&header.config));
    events
}

#[test]
fn a_seed_that_is_missing_under_noise_alone_is_found() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&with_fingerprint(events));
    keep(&directory, &state, COHORT, ROWS, &of(&[0, 1, 2, 3, 4])).unwrap();
    let fault = |state: &RunState| {
        let faults = read_all(&directory, state).faults;
        faults.into_iter().find(|fault| fault.cohort == Some(COHORT)).map(|fault| fault.error.to_string())
    };
    assert_eq!(fault(&state), None);
    let some = of(&[0, 1, 3, 4]);
    let some: Vec<_> = some.iter().map(|(seed, rows)| (*seed, rows)).collect();
    under_noise::write(&directory.under_noise(COHORT), ROWS, &some).unwrap();
    let text = fault(&state).unwrap();
    assert!(text.contains("under-noise") && text.ends_with("it lacks seed 2"), "{text}");
}

#[test]
fn a_file_that_the_system_does_not_read_is_not_made_again() {
    let (_folder, directory, events) = run();
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0])).unwrap();
    let path = directory.correctness(COHORT);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let faults = read_all(&directory, &state).faults;
    let (fault, text) = (&faults[0], faults[0].to_string());
    assert!(!fault.is_made_again && text.starts_with("cannot read ") && !text.contains("trains"), "{text}");
}

#[test]
fn missing_places_of_several_splits_are_a_fault_once_there_are_rows() {
    let (_folder, directory, mut events) = run();
    let EventKind::RunStarted { header, .. } = &mut events[0].kind else { panic!("no start") };
    let split = |seed| SplitFacts { seed: Seed(seed), tasks: header.data.tasks.clone() };
    header.data.splits = vec![split(0), split(1)];
    let events = with_fingerprint(events);
    assert_eq!(read_all(&directory, &RunState::replay(&events[..1])).faults.len(), 0);
    let faults = read_all(&directory, &RunState::replay(&events)).faults;
    let text = faults[0].to_string();
    assert!(faults[0].cohort.is_none() && text.contains("test-rows.npy"), "{text}");
    assert!(text.contains("the file is missing; `superfuse-tui resume` writes it again"), "{text}");
}

#[test]
fn places_of_several_splits_are_kept_and_come_back_with_the_rows() {
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
    assert!(read_whole(&directory, &state)[&COHORT].places.is_empty());

    let (first, second): (Vec<u32>, Vec<u32>) = ((0..11).collect(), (7..18).collect());
    keep_places(&directory, &[&first]).unwrap();
    assert!(!directory.test_rows().exists(), "one split's rows are the same for every seed");
    keep_places(&directory, &[&first, &second]).unwrap();
    std::fs::write(directory.test_rows(), "damaged").unwrap();
    let (cohort, text) = fault(&directory, &state);
    assert!(cohort.is_none() && text.ends_with("`superfuse-tui resume` writes it again"), "{text}");
    assert_eq!(read_all(&directory, &state).rows, RunRows::new());
    keep_places(&directory, &[&first, &second]).unwrap();
    let run = read_whole(&directory, &state);
    assert_eq!(*run[&COHORT].places, [first.clone(), second]);
    std::fs::remove_file(directory.test_rows()).unwrap();
    keep_places(&directory, &[&first[..4], &first[..4]]).unwrap();
    let (_, error) = fault(&directory, &state);
    assert!(error.contains("test-rows.npy") && error.contains("2 splits and 11 test rows"), "{error}");
}

#[test]
fn groups_of_test_rows_are_kept_and_come_back_with_the_rows() {
    let (_folder, directory, mut events) = run();
    let EventKind::RunStarted { header, .. } = &mut events[0].kind else { panic!("no start") };
    header.config.data.group = "user".into();
    let events = with_fingerprint(events);
    let state = RunState::replay(&events);
    keep(&directory, &state, COHORT, ROWS, &of(&[0, 1, 2, 3, 4])).unwrap();
    keep_groups(&directory, &[&[]]).unwrap();
    assert!(!directory.test_groups().exists(), "data without groups has no file of them");
    let faults = read_all(&directory, &state);
    let text = faults.faults[0].to_string();
    assert!(faults.faults[0].cohort.is_none() && text.contains("test-groups.npy"), "{text}");
    assert!(text.contains("the file is missing; `superfuse-tui resume` writes it again"), "{text}");
    assert_eq!(faults.rows, RunRows::new(), "without their groups rows would pass for independent");

    let groups: Vec<u32> = (0..ROWS as u32).map(|row| row / 3).collect();
    keep_groups(&directory, &[&groups]).unwrap();
    let kept = read_all(&directory, &state).rows;
    assert_eq!((&*kept[&COHORT].groups, kept[&COHORT].places.len()), (&[groups.clone()][..], 0));
    std::fs::write(directory.test_groups(), "damaged").unwrap();
    assert_eq!(read_all(&directory, &state).rows, RunRows::new());
    keep_groups(&directory, &[&groups]).unwrap();
    assert_eq!(read_all(&directory, &state).rows, kept);
    // Of another number of rows.
    std::fs::remove_file(directory.test_groups()).unwrap();
    keep_groups(&directory, &[&groups[..4]]).unwrap();
    let text = read_all(&directory, &state).faults[0].to_string();
    assert!(text.contains("it is not of the 1 split and 11 test rows that the run has"), "{text}");
}
