//! A configuration whose seeds several workers train, each a share of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rustix::process::Signal;
use superfuse::store::journal;
use superfuse::study::event::EventKind;

use crate::cli::{Place, small_study};
use crate::process::RunProcess;
use crate::torture::copy as copy_of;
use crate::{Results, count};

/// One long configuration and a short one: two workers are busy with the long one.
const STUDY: [&str; 10] = [
    "run.device=cpu",
    "data.clip_like.width=96",
    "train.batch_size=8",
    "train.epochs=80",
    "train.patience=80",
    "sweep.fusions=[\"concat\", \"tensor\"]",
    "sweep.sizes=[256]",
    "sweep.tasks=[\"synthetic\"]",
    "sweep.seeds=6",
    "checkpoints.every=0.02",
];

fn study(workers: &'static str) -> Vec<&'static str> {
    STUDY.into_iter().chain([workers]).collect()
}

/// What has to be the same whoever trained what: results, and checkpoints but for what they say of the program's settings.
fn of(run_dir: &Path) -> (Results, BTreeMap<String, Vec<u8>>) {
    let files = fs::read_dir(run_dir.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path());
    let tensors = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + header..].to_vec()
    };
    let named =
        |path: std::path::PathBuf| (path.file_name().unwrap().to_string_lossy().into_owned(), tensors(&path));
    let mut results = Results::of(run_dir);
    for row in &mut results.rows {
        row.remove("device").unwrap();
    }
    (results, files.map(named).collect())
}

/// The seeds that the starts of tensor fusion name, in the journal.
fn shares(run_dir: &Path) -> Vec<Vec<u64>> {
    let replay = journal::read(&run_dir.join("events.jsonl")).unwrap();
    let of_start = |kind: &EventKind| match kind {
        EventKind::CohortStarted { cohort, only, .. } if cohort.to_string().starts_with("tensor") => {
            Some(only.iter().map(|seed| seed.0).collect())
        }
        _ => None,
    };
    replay.events.iter().filter_map(|event| of_start(&event.kind)).collect()
}

fn alone(place: &Place) -> (Results, BTreeMap<String, Vec<u8>>) {
    let ended = place.study(&["run", "--run-dir", "alone"], &study("run.workers=1"));
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(shares(&place.path("alone")), [Vec::<u64>::new()], "one worker trains all seeds");
    of(&place.path("alone"))
}

#[test]
fn shares_of_several_workers_end_like_one_worker_to_the_bit() {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "here"], &study("run.workers=2"));
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let here = place.path("here");
    let found = shares(&here);
    assert!(found.len() > 1, "{found:?}");
    let seeds: BTreeSet<u64> = found.iter().flatten().copied().collect();
    assert_eq!((seeds, found.concat().len()), ((0..6).collect(), 6), "every seed once: {found:?}");
    let said = [&ended.out, &ended.err].map(|text| text.matches(": completed").count());
    assert_eq!(
        said.iter().sum::<usize>(),
        2,
        "a line for each configuration when all its seeds are over: {ended:?}"
    );
    // Not shown: it would be long.
    assert!(of(&here) == alone(&place), "the results differ");
}

#[test]
fn shares_of_a_killed_run_resume_each_where_it_was() {
    let place = Place::new();
    let mut run =
        RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &study("run.workers=2")));
    let here = place.path("here");
    run.until(
        &here.join("events.jsonl"),
        "\"fusion\":\"tensor\",\"task\":\"synthetic\",\"train_size\":256},\"attempt\":1,\"epoch\":20,",
    );
    run.signal(Signal::KILL);
    run.end();
    // By as many workers, or by one, which takes the shares one after the other.
    for workers in ["run.workers=2", "run.workers=1"] {
        let copy = workers.replace('=', "-");
        copy_of(&here, &place.path(&copy));
        let ended = place.program(&["resume", &copy, "--headless", "--set", workers]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(count(&place.path(&copy), "cohort_resumed") > 1, "{workers}");
        assert!(of(&place.path(&copy)) == of_alone(&place), "{workers}: the results differ");
        assert!(place.path(&copy).join("positions").read_dir().unwrap().next().is_none(), "{workers}");
    }
}

/// [`alone`], trained once.
fn of_alone(place: &Place) -> (Results, BTreeMap<String, Vec<u8>>) {
    let run_dir = place.path("alone");
    if run_dir.is_dir() { of(&run_dir) } else { alone(place) }
}
