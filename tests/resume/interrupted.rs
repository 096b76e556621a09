//! Interrupted, killed, held by another, finished.

use std::fs;

use rustix::process::Signal;

use crate::cli::{Place, small_study};
use crate::process::RunProcess;
use crate::{Results, count};

/// Three fusions, one size, some seconds; training state is saved at every chance.
pub(crate) const STUDY: [&str; 7] = [
    // Tensor fusion of such a width takes its time over so many steps.
    "data.clip_like.width=96",
    "train.batch_size=8",
    "train.epochs=300",
    "sweep.sizes=[256]",
    "sweep.tasks=[\"synthetic\"]",
    "checkpoints.every=0.02",
    "train.patience=200",
];

/// The end of the study when nothing happens to it.
pub(crate) fn untouched(place: &Place) -> Results {
    let ended = place.study(&["run", "--run-dir", "untouched"], &STUDY);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    Results::of(&place.path("untouched"))
}

/// The study running in `here`, once it has trained and saved its training state.
fn begun(place: &Place) -> RunProcess {
    let mut run = RunProcess::start(place, &small_study(&["run", "--run-dir", "here"], &STUDY));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":20,");
    run
}

#[test]
fn an_interrupted_run_ends_like_an_untouched_one_once_resumed() {
    let place = Place::new();
    let run = begun(&place);
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
    let here = place.path("here");
    assert!(here.join("positions").read_dir().unwrap().next().is_some(), "nothing was saved");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&here, "cohort_resumed"), 1);
    assert_eq!(Results::of(&here), untouched(&place));
    assert!(
        here.join("positions").read_dir().unwrap().next().is_none(),
        "training state of what is over stays"
    );
}

#[test]
fn a_killed_run_of_two_learning_rates_resumes_each_at_its_own() {
    const RATES: [&str; 3] =
        ["train.learning_rate=[0.001, 0.0003]", "sweep.fusions=[\"tensor\"]", "sweep.searched=true"];
    let sets = [&STUDY[..], &RATES].concat();
    let place = Place::new();
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &sets));
    let journal = place.path("here/events.jsonl");
    run.until(&journal, "\"learning_rate\":0.0003},\"attempt\":1,\"epoch\":20,");
    run.signal(Signal::KILL);
    run.end();
    let kept: Vec<String> = fs::read_dir(place.path("here/positions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(kept.iter().any(|name| name.starts_with("tensor-lr0.0003-synthetic-256")), "{kept:?}");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&place.path("here"), "cohort_resumed"), 1);
    assert_eq!(place.study(&["run", "--run-dir", "untouched"], &sets).status, Some(0));
    assert_eq!(Results::of(&place.path("here")), Results::of(&place.path("untouched")));
}

#[test]
fn a_run_that_was_killed_again_and_again_ends_like_an_untouched_one() {
    let place = Place::new();
    let run = begun(&place);
    run.signal(Signal::KILL);
    assert_eq!(run.end(), None);
    let here = place.path("here");
    for event in ["\"epoch\":150,", "\"fusion\":\"product\"", "\"fusion\":\"tensor\""] {
        let mut run = RunProcess::start(&place, &["resume", "here", "--headless"]);
        run.until(&here.join("events.jsonl"), event);
        run.signal(Signal::KILL);
        run.end();
    }
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let expected = untouched(&place);
    assert_eq!(Results::of(&here), expected);
    // As if it had been killed right behind its last event.
    fs::remove_file(here.join("summary.csv")).unwrap();
    let again = place.program(&["resume", "here", "--headless"]);
    assert_eq!(again.status, Some(0), "{again:?}");
    assert_eq!(Results::of(&here), expected);
    assert!(again.out.contains("summary") || again.out.contains("concat"), "{}", again.out);
    assert_eq!(count(&here, "run_finished"), 1, "nothing was missing, so nothing happened");
}

#[test]
fn a_run_that_another_process_works_on_is_left_alone() {
    let place = Place::new();
    // It outlasts the other process's look at it.
    let sets = [&STUDY[..], &["train.epochs=100000", "train.patience=100000"]].concat();
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &sets));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":20,");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("another process is writing here/events.jsonl"), "{}", ended.err);
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
}

#[test]
fn a_directory_without_a_run_is_named() {
    let place = Place::new();
    let ended = place.program(&["resume", "nowhere", "--headless"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("nowhere holds no run"), "{}", ended.err);
}
