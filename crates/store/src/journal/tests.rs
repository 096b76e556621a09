//! What is written comes back; what was torn, spoilt or begun by another program does no harm.

use std::fs;
use std::io::Write;
use std::sync::OnceLock;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use study::bounds::{MOST_LEVELS, MOST_SEEDS};
use study::config::Fingerprint;
use study::event::{EventKind, FORMAT, Position, Provenance, RunHeader, SeedMetrics, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed, Task};
use study::model::ModelId;
use study::run_state::{Phase, RunState};
use study::sample;
use study::summary::summary;

fn written(events: &[Event]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let mut journal = Journal::create(&path).unwrap();
    for event in events {
        journal.append(event).unwrap();
    }
    journal.sync().unwrap();
    (folder, path)
}

/// A whole run's events and its journal's bytes.
fn whole_run() -> &'static (Vec<Event>, Vec<u8>) {
    static RUN: OnceLock<(Vec<Event>, Vec<u8>)> = OnceLock::new();
    RUN.get_or_init(|| {
        let mut header = sample::header();
        header.sweep.sizes = vec![32];
        header.sweep.seeds.truncate(2);
        let events = sample::events(header);
        let (_folder, path) = written(&events);
        (events, fs::read(path).unwrap())
    })
}

fn read_bytes(bytes: &[u8]) -> Result<Replay, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    fs::write(&path, bytes).unwrap();
    read(&path)
}

fn line_feeds(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').count() - 1
}

fn state_words(events: &[Event]) -> String {
    format!("{:?}", RunState::replay(events))
}

#[test]
fn a_whole_run_comes_back_equal() {
    let (events, bytes) = whole_run();
    let replay = read_bytes(bytes).unwrap();
    assert_eq!((&replay.events, replay.ignored), (events, Vec::new()));
}

/// As the first version wrote it: without `checkpoints.every`, seeds trained alone, grids that grow.
const FIRST: &[u8] = include_bytes!("kept/format-1-first.jsonl");

#[test]
fn a_journal_of_the_first_version_folds_to_the_same_summary() {
    let replay = read_bytes(FIRST).unwrap();
    assert_eq!((replay.ignored.as_slice(), replay.events.len()), (&[][..], 12));
    let state = RunState::replay(&replay.events);
    assert_eq!(state.phase(), Phase::Finished);
    let means: Vec<_> = summary(&state).iter().map(|row| (row.seeds, row.auc_mean)).collect();
    assert_eq!(means, [(2, Some(0.524_676_850_763_807_3)), (2, Some(0.578_143_360_752_056_4))]);
    assert!(state.order().iter().all(|&cohort| state.missing_seeds(cohort).is_empty()));
}

#[test]
fn a_journal_has_one_writer_until_that_one_is_gone() {
    let (_folder, path) = written(&whole_run().0[..1]);
    let (journal, _) = Journal::open(&path).unwrap();
    let error = Journal::open(&path).unwrap_err();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    assert!(read(&path).is_ok(), "a reader needs no lock");
    drop(journal);
    assert!(Journal::open(&path).is_ok());
    assert!(matches!(Journal::create(&path).unwrap_err(), StoreError::AlreadyARun { .. }));
}

#[test]
fn a_torn_last_line_is_cut_and_the_journal_goes_on() {
    let events = &whole_run().0;
    let (_folder, path) = written(&events[..3]);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"seq\":3,\"at_ms\":1,\"event\":\"run_paus").unwrap();
    assert_eq!(read(&path).unwrap(), Replay { events: events[..3].to_vec(), ignored: Vec::new() });
    let (mut journal, before) = Journal::open(&path).unwrap();
    assert_eq!(before.events, events[..3]);
    journal.append(&events[3]).unwrap();
    assert_eq!(read(&path).unwrap(), Replay { events: events[..4].to_vec(), ignored: Vec::new() });
}

#[test]
fn garbage_in_the_middle_is_named_by_its_line_and_kept() {
    let events = &whole_run().0;
    let (_folder, path) = written(&events[..2]);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"\xff\x00garbage\n").unwrap();
    let (mut journal, _) = Journal::open(&path).unwrap();
    journal.append(&events[2]).unwrap();
    let replay = read(&path).unwrap();
    assert_eq!(replay.events, events[..3]);
    assert_eq!(replay.ignored.len(), 1);
    assert_eq!(replay.ignored[0].line, 3);
    assert!(fs::read(&path).unwrap().windows(7).any(|bytes| bytes == b"garbage"));
}

#[test]
fn another_beginning_and_a_later_format_are_refused() {
    let (events, bytes) = whole_run();
    let first = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for bytes in [&b""[..], b"{}\n", b"hello", &bytes[first..], &bytes[..first - 1]] {
        assert!(matches!(read_bytes(bytes), Err(StoreError::NoStart { .. })));
    }
    let later = format!("{{\"seq\":0,\"at_ms\":0,\"event\":\"run_started\",\"format\":{}}}\n", FORMAT + 1);
    let error = read_bytes(later.as_bytes()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: FORMAT, .. }), "{error}");
    let words = format!(
        "has format {}, this program knows formats up to {FORMAT}; use a newer superfuse-tui",
        FORMAT + 1
    );
    assert!(error.to_string().ends_with(&words), "{error}");
    let (_folder, path) = written(&events[..1]);
    let EventKind::RunStarted { header: begun, .. } = &events[0].kind else { panic!() };
    assert_eq!(header(&path).unwrap(), **begun);
}

// docs/formats.md: a kind that a reader may miss, a field, and a key of the configuration.
#[test]
fn what_a_newer_program_of_the_same_format_adds_is_left_out_ignored_or_refused() {
    let (events, bytes) = whole_run();
    let mut lines: Vec<String> = String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect();
    lines[1] = lines[1].replacen('{', "{\"weather\":\"fair\",", 1);
    lines.push(format!("{{\"seq\":{},\"at_ms\":1,\"event\":\"cohort_admired\"}}", events.len()));
    let replay = read_bytes((lines.join("\n") + "\n").as_bytes()).unwrap();
    assert_eq!(&replay.events, events);
    let ignored = &replay.ignored;
    assert_eq!((ignored.len(), ignored[0].line), (1, events.len() + 1));
    assert!(ignored[0].why.contains("unknown variant `cohort_admired`"), "{}", ignored[0].why);

    lines[0] = lines[0].replacen("\"train\":{", "\"train\":{\"warmup\":3,", 1);
    let error = read_bytes(lines.join("\n").as_bytes()).unwrap_err().to_string();
    assert!(error.contains("does not know (unknown field `warmup`"), "{error}");
    assert!(error.ends_with("a newer superfuse-tui wrote it, or it is damaged"), "{error}");
}

#[test]
fn the_largest_study_writes_lines_far_shorter_than_the_longest_that_is_read() {
    let is_evaluated = |event: &&Event| matches!(event.kind, EventKind::CohortEvaluated { .. });
    let mut event = whole_run().0.iter().find(is_evaluated).unwrap().clone();
    let EventKind::CohortEvaluated { evaluations, .. } = &mut event.kind else { panic!() };
    evaluations.truncate(1);
    let evaluation = &mut evaluations[0];
    assert_eq!(evaluation.noise.len(), 6, "a curve for each condition and mean");
    let longest = -2.225_073_858_507_201_4e-308_f64;
    evaluation.true_positive_rate.fill(longest);
    for curve in &mut evaluation.noise {
        curve.accuracy = vec![longest; MOST_LEVELS];
    }
    let line = encoded(&event, u64::MAX).unwrap().len() * MOST_SEEDS;
    assert!(3 * line as u64 <= read::LONGEST_LINE, "{line} bytes");
}

#[test]
fn an_event_that_would_not_be_read_back_is_not_written() {
    let event = &whole_run().0[2];
    let bytes = encoded(event, u64::MAX).unwrap().len() as u64;
    assert!(encoded(event, bytes).is_ok());
    let error = encoded(event, bytes - 1).unwrap_err().to_string();
    assert!(error.contains("event 2 has") && error.contains("sweep.seeds"), "{error}");
}

#[test]
fn a_line_longer_than_any_event_is_named_and_the_journal_goes_on_behind_it() {
    let events = &whole_run().0;
    let (_folder, path) = written(&events[..2]);
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    // A hole, which takes no room on the disk.
    file.set_len(file.metadata().unwrap().len() + read::LONGEST_LINE + 5).unwrap();
    file.write_all(b"\n").unwrap();
    let (mut journal, _) = Journal::open(&path).unwrap();
    journal.append(&events[2]).unwrap();
    let replay = read(&path).unwrap();
    assert_eq!(replay.events, events[..3]);
    assert_eq!(replay.ignored, [IgnoredLine::too_long(3, read::LONGEST_LINE + 6)]);
}

#[test]
fn a_header_that_names_too_much_is_refused_with_the_reason_wherever_it_stands() {
    let mut header = sample::header();
    let started = EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) };
    header.sweep.sizes = (1..20_000).collect();
    let large = EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) };
    let resumed =
        EventKind::RunResumed { provenance: sample::provenance("a"), header: Some(Box::new(header)) };
    for (kinds, line) in [(vec![large], 1), (vec![started, resumed], 2)] {
        let (_folder, path) = written(&sample::numbered(kinds));
        let error = read(&path).unwrap_err().to_string();
        let reason = "cannot be used: its header names 19999 sizes, and a run has 10000 at most";
        assert!(error.starts_with(&format!("line {line} of ")) && error.contains(reason), "{error}");
    }
}

#[test]
fn a_header_that_was_edited_is_refused_wherever_it_stands() {
    let mut header = sample::header();
    header.fingerprint = Some(Fingerprint::of(&header.config));
    let resumed = |header: &RunHeader| EventKind::RunResumed {
        provenance: sample::provenance("a"),
        header: Some(Box::new(header.clone())),
    };
    let started = EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) };
    let (_folder, path) = written(&sample::numbered(vec![started.clone(), resumed(&header)]));
    assert_eq!(read(&path).unwrap().events.len(), 2);
    header.config.train.epochs += 1;
    let (_folder, path) = written(&sample::numbered(vec![started, resumed(&header)]));
    let error = read(&path).unwrap_err();
    assert!(matches!(error, StoreError::Edited { line: 2, .. }), "{error}");
    let edited = EventKind::RunStarted { format: FORMAT, header: Box::new(header) };
    let (_folder, path) = written(&sample::numbered(vec![edited]));
    assert!(matches!(super::header(&path).unwrap_err(), StoreError::Edited { line: 1, .. }));
}

#[test]
fn a_number_that_is_not_finite_is_refused_and_leaves_no_line() {
    let events = &whole_run().0;
    let (_folder, path) = written(&events[..1]);
    let (mut journal, _) = Journal::open(&path).unwrap();
    let EventKind::EpochFinished { cohort, attempt, epoch, metrics } = events[2].kind.clone() else {
        panic!()
    };
    let metrics = metrics.into_iter().map(|seed| SeedMetrics { val_loss: f64::NAN, ..seed }).collect();
    let kind = EventKind::EpochFinished { cohort, attempt, epoch, metrics };
    let error = journal.append(&Event { seq: 1, at_ms: 0, kind }).unwrap_err();
    assert!(matches!(error, StoreError::NotFinite { what: "loss", .. }), "{error}");
    assert_eq!(read(&path).unwrap().events.len(), 1);
}

fn kinds() -> impl Strategy<Value = EventKind> {
    let finite = || prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let cohort = (0..3_usize, 0..2_usize, 0..5_usize).prop_map(|(fusion, task, size)| CohortId {
        fusion: ModelId::PAPER_FUSIONS[fusion],
        task: Task::PAPER[task],
        train_size: [32, 128, 512, 4_200, 7][size],
    });
    let metrics =
        ([finite(), finite(), finite(), finite()], any::<u64>()).prop_map(|(values, seed)| SeedMetrics {
            seed: Seed(seed),
            train_loss: values[0],
            train_accuracy: values[1],
            val_loss: values[2],
            val_accuracy: values[3],
        });
    let outcome = prop_oneof![
        Just(SeedOutcome::Completed),
        Just(SeedOutcome::Stopped),
        any::<u32>().prop_map(|epoch| SeedOutcome::Diverged { epoch: Epoch(epoch) }),
        any::<String>().prop_map(|message| SeedOutcome::Failed { message }),
    ];
    let seeds = prop::collection::vec((any::<u64>().prop_map(Seed), outcome), 0..4);
    let epochs = prop::collection::vec(metrics, 0..4);
    (cohort, 0..4_u32, any::<u32>(), epochs, seeds, finite(), 0..9_u8, any::<String>()).prop_map(
        |(cohort, attempt, number, metrics, seeds, seconds, kind, device)| match kind {
            0 => EventKind::RunPaused,
            1 => EventKind::RunContinued,
            2 => EventKind::RunInterrupted,
            3 => {
                let gpus = vec![device.clone(); usize::from(attempt > 1)];
                let provenance = Provenance { gpus, ..sample::provenance(&device) };
                EventKind::RunResumed { provenance, header: None }
            }
            4 => EventKind::RunFinished,
            5 => EventKind::CohortStarted {
                cohort,
                attempt,
                only: seeds.into_iter().map(|(seed, _)| seed).collect(),
            },
            6 => {
                let at = Position { epoch: Epoch(number), step: number };
                let only = seeds.into_iter().map(|(seed, _)| seed).collect();
                EventKind::CohortResumed { cohort, attempt, only, at }
            }
            7 => EventKind::EpochFinished { cohort, attempt, epoch: Epoch(number % 5), metrics },
            _ => EventKind::CohortFinished { cohort, attempt, seeds, seconds },
        },
    )
}

fn journals() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(kinds(), 0..12).prop_map(|kinds| {
        let header = EventKind::RunStarted { format: FORMAT, header: Box::new(sample::header()) };
        sample::numbered([header].into_iter().chain(kinds).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_events_come_back_equal_and_fold_alike(events in journals()) {
        let (_folder, path) = written(&events);
        let replay = read(&path).unwrap();
        prop_assert_eq!(&replay.events, &events);
        prop_assert!(replay.ignored.is_empty());
        prop_assert_eq!(state_words(&replay.events), state_words(&events));
    }

    #[test]
    fn any_prefix_reads_and_folds_to_a_prefix(part in 0.0..1.0_f64) {
        let (events, bytes) = whole_run();
        let cut = (bytes.len() as f64 * part) as usize;
        let whole = line_feeds(&bytes[..cut]);
        match read_bytes(&bytes[..cut]) {
            Ok(replay) => {
                prop_assert!(replay.ignored.is_empty());
                prop_assert_eq!(&replay.events, &events[..whole]);
            }
            Err(StoreError::NoStart { .. }) => prop_assert_eq!(whole, 0),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn garbage_behind_a_prefix_is_reported_and_survives(
        many in 1..20_usize,
        garbage in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let events = &whole_run().0[..many];
        let (_folder, path) = written(events);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(&garbage).unwrap();
        file.write_all(b"\n").unwrap();
        let replay = read(&path).unwrap();
        prop_assert_eq!(&replay.events[..many], events);
        let lines = line_feeds(&garbage) + 1;
        prop_assert_eq!(replay.events.len() - many + replay.ignored.len(), lines);
        drop(Journal::open(&path).unwrap());
        prop_assert!(fs::read(&path).unwrap().windows(garbage.len()).any(|bytes| bytes == garbage));
    }

    #[test]
    fn an_event_that_was_seen_changes_nothing(events in journals(), again in any::<prop::sample::Index>()) {
        let mut state = RunState::replay(&events);
        let before = format!("{state:?}");
        state.apply(&events[again.index(events.len())]);
        prop_assert_eq!(format!("{state:?}"), before);
    }
}
