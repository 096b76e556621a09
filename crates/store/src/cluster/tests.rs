//! Shards on disk: which starts count, what is merged, and how a run is collected.

use std::fs;
use std::path::Path;

use super::orders::Order;
use super::plan::Plan;
use super::*;
use crate::{Journal, journal};
use study::cluster::plan::{Item, Shard};
use study::event::{Event, EventKind};
use study::grid::{CohortId, Seed};
use study::run_state::{Phase, RunState};
use study::sample;

/// A run on a cluster, with two shards of two seeds and three of its first configuration.
fn submitted(root: &Path) -> CohortId {
    let header = sample::header();
    let cohort = header.sweep.cohorts()[0];
    let events = sample::events(header);
    Journal::create(&root.join("events.jsonl")).unwrap().append(&events[0]).unwrap();
    ClusterDir::of(root).create().unwrap();
    let item = |cohort, seeds: std::ops::Range<u64>| Item { cohort, seeds: seeds.map(Seed).collect() };
    let shard = |items| Shard { items, cost: 1.0 };
    let others = item(sample::header().sweep.cohorts()[1], 0..2);
    let shards = vec![shard(vec![item(cohort, 0..2)]), shard(vec![item(cohort, 2..5), others])];
    let plan = Plan { first: 3, shards };
    plan.write(root).unwrap();
    assert_eq!(Plan::read(root).unwrap(), plan);
    cohort
}

/// Begins the next start of a shard and writes these events behind its first one.
fn start(root: &Path, shard: u32, kinds: impl IntoIterator<Item = EventKind>) -> crate::Reopened {
    let mut reopened = begin(root, shard, ("n1", "7_0")).unwrap();
    let own = reopened.shard.clone().unwrap().event(sample::provenance("cpu"));
    for (kind, seq) in [own].into_iter().chain(kinds).zip(0..) {
        reopened.journal.append(&Event { seq, at_ms: 5_000 + 10 * seq + u64::from(shard), kind }).unwrap();
    }
    reopened
}

/// The events of these seeds of the sample's first configuration, from start to end.
fn trained(cohort: CohortId, seeds: &[u64]) -> Vec<EventKind> {
    let is_wanted = |seed: &Seed| seeds.contains(&seed.0);
    let of_cohort = sample::events(sample::header()).into_iter().map(|event| event.kind);
    let of_cohort = of_cohort.filter(|kind| kind.cohort() == Some(cohort));
    of_cohort
        .map(|kind| match kind {
            EventKind::CohortStarted { cohort, attempt, .. } => {
                EventKind::CohortStarted { cohort, attempt, only: seeds.iter().copied().map(Seed).collect() }
            }
            EventKind::EpochFinished { cohort, attempt, epoch, metrics } => EventKind::EpochFinished {
                cohort,
                attempt,
                epoch,
                metrics: metrics.into_iter().filter(|of| is_wanted(&of.seed)).collect(),
            },
            EventKind::CohortEvaluated { cohort, attempt, evaluations } => EventKind::CohortEvaluated {
                cohort,
                attempt,
                evaluations: evaluations.into_iter().filter(|of| is_wanted(&of.seed)).collect(),
            },
            EventKind::CohortFinished { cohort, attempt, seeds, seconds } => EventKind::CohortFinished {
                cohort,
                attempt,
                seeds: seeds.into_iter().filter(|(seed, _)| is_wanted(seed)).collect(),
                seconds,
            },
            other => other,
        })
        .collect()
}

fn state(root: &Path) -> RunState {
    RunState::replay(&merged::read(root).unwrap().events)
}

#[test]
fn a_later_start_supersedes_and_what_the_one_before_writes_then_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cohort = submitted(root);
    let kinds = trained(cohort, &[0, 1]);
    let mut first = start(root, 3, kinds[..3].to_vec());
    assert!(!superseded(first.directory.root()));
    let second = begin(root, 3, ("n2", "7_0")).unwrap();
    assert!(superseded(first.directory.root()) && !superseded(second.directory.root()));
    let of_second = second.shard.clone().unwrap();
    let length = fs::metadata(first.directory.journal()).unwrap().len();
    assert_eq!((of_second.start, of_second.after), (2, Some((1, length))));
    // Its events so far, behind the run's start: the shard's own start, then two of the configuration.
    assert_eq!(second.events.len(), 1 + 4);
    // Before the second start has written anything, the first one is all that is known.
    let late = Event { seq: 9, at_ms: 9_000, kind: kinds[3].clone() };
    first.journal.append(&late).unwrap();
    assert_eq!(merged::read(root).unwrap().events.len(), 1 + 5);
    let mut second = second;
    let own = of_second.event(sample::provenance("cpu"));
    second.journal.append(&Event { seq: 0, at_ms: 9_100, kind: own }).unwrap();
    assert_eq!(merged::read(root).unwrap().events.len(), 1 + 4 + 1, "the late event is left out");
    // A start that ended before its first event is passed over.
    begin(root, 3, ("n2", "7_0")).unwrap();
    let fourth = begin(root, 3, ("n2", "7_0")).unwrap().shard.unwrap();
    assert_eq!((fourth.start, fourth.after.map(|(start, _)| start)), (4, Some(2)));
    assert_eq!(Chain::of(&ClusterDir::of(root), 3).unwrap().without_training().unwrap(), 3);
}

#[test]
fn a_run_is_complete_where_its_shards_together_are_and_events_are_numbered_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cohort = submitted(root);
    start(root, 3, trained(cohort, &[0, 1]));
    assert_eq!(state(root).missing_seeds(cohort).len(), 3);
    start(root, 4, trained(cohort, &[2, 3, 4]).into_iter().chain([EventKind::RunFinished]));
    let events = merged::read(root).unwrap().events;
    assert!(events.iter().zip(0..).all(|(event, seq)| event.seq == seq));
    assert!(!events.iter().any(|event| event.kind == EventKind::RunFinished), "the run is not over");
    assert!(events.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms || pair[0].seq == 0));
    assert_eq!(state(root).missing_seeds(cohort), []);
    assert!(matches!(begin(root, 5, ("n1", "")), Err(StoreError::Malformed { .. })));
}

#[test]
fn a_run_that_is_collected_is_an_ordinary_one_with_its_checkpoint_and_training_states() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cohort = submitted(root);
    let other = sample::header().sweep.cohorts()[1];
    let whole = trained(cohort, &[0, 1]);
    let first = start(root, 3, whole);
    let checkpoint = |path: &Path, seed: u64| {
        let header = format!("{{\"__metadata__\":{{\"seed\":\"{seed}\"}}}}");
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        fs::write(path, bytes).unwrap();
    };
    let second = start(root, 4, trained(cohort, &[2, 3, 4]));
    let states = second.directory.training_states(other);
    fs::create_dir_all(&states).unwrap();
    fs::write(states.join("seed-0.state"), "state").unwrap();
    fs::write(states.join("seed-4.state"), "another shard's").unwrap();
    let before = state(root);
    let best =
        before.cohort(cohort).unwrap().evaluations().max_by(|a, b| a.val_accuracy.total_cmp(&b.val_accuracy));
    let best = best.unwrap().seed.0;
    // That of the other shard, and of a process that was superseded, are of other seeds.
    let (right, wrong) = if best < 2 { (&first, &second) } else { (&second, &first) };
    checkpoint(&right.directory.checkpoint(cohort, None), best);
    checkpoint(&wrong.directory.checkpoint(cohort, None), if best < 2 { 3 } else { 0 });
    let collected = collect(root).unwrap();
    assert!(!ClusterDir::of(root).exists());
    assert_eq!(collected.state.phase(), Phase::Interrupted);
    let events = journal::read(&root.join("events.jsonl")).unwrap().events;
    assert_eq!(events.last().unwrap().kind, EventKind::RunInterrupted);
    let now = RunState::replay(&events);
    assert_eq!(format!("{:?}", now.cohort(cohort).unwrap()), format!("{:?}", before.cohort(cohort).unwrap()));
    let directory = crate::RunDir::open(root).unwrap();
    assert_eq!(crate::checkpoint::seed_in(&directory.checkpoint(cohort, None)).unwrap(), Seed(best));
    assert_eq!(fs::read_to_string(directory.training_states(other).join("seed-0.state")).unwrap(), "state");
    assert!(!directory.training_states(other).join("seed-4.state").exists());
    // A process that still trains finds its folder gone, and nobody collects twice.
    assert!(superseded(second.directory.root()));
    assert!(matches!(collect(root), Err(StoreError::NotOnCluster { .. })));
}

#[test]
fn a_process_that_is_killed_between_two_renames_leaves_a_run_that_the_next_reader_settles() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cohort = submitted(root);
    start(root, 3, trained(cohort, &[0, 1]));
    let events = merged::read(root).unwrap().events.len();
    // As if killed before the commit: a file without its folder is nobody's.
    fs::write(root.join("events-20261129T160000Z-1.jsonl"), "half").unwrap();
    assert_eq!(merged::read(root).unwrap().events.len(), events);
    fs::remove_file(root.join("events-20261129T160000Z-1.jsonl")).unwrap();
    collect(root).unwrap();
    let collected = fs::read(root.join("events.jsonl")).unwrap();
    // As if killed behind it: the folder has its name already, and the journal not yet.
    let token = fs::read_dir(root)
        .unwrap()
        .flatten()
        .find_map(|entry| Some(entry.file_name().to_str()?.strip_prefix("cluster-")?.to_owned()));
    fs::rename(root.join("events.jsonl"), root.join(format!("events-{}.jsonl", token.unwrap()))).unwrap();
    Journal::create(&root.join("events.jsonl"))
        .unwrap()
        .append(&sample::events(sample::header())[0])
        .unwrap();
    assert_eq!(merged::read(root).unwrap().events.len(), events + 1);
    assert_eq!(fs::read(root.join("events.jsonl")).unwrap(), collected);
}

#[test]
fn orders_are_read_in_the_order_in_which_they_were_given_and_foreign_files_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let cohort = submitted(root);
    for order in [Order::Hold, Order::Stop { cohort }, Order::Release] {
        orders::give(root, order).unwrap();
    }
    let given = orders::read(root).unwrap();
    assert_eq!((given.stopped, given.last), (vec![cohort], Some(Order::Release)));
    let orders_folder = ClusterDir::of(root).orders();
    fs::write(folder.path().join("elsewhere"), r#"{"order":"leave"}"#).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), orders_folder.join("00004.json")).unwrap();
    fs::write(orders_folder.join("00005.json"), "x".repeat(5_000)).unwrap();
    fs::create_dir(orders_folder.join("00006.json")).unwrap();
    let given = orders::read(root).unwrap();
    assert_eq!((given.last, given.faults.len()), (Some(Order::Release), 3), "{:?}", given.faults);
    orders::give(root, Order::Leave).unwrap();
    assert_eq!(orders::read(root).unwrap().last, Some(Order::Leave));
}
