//! Several splits, interrupted and resumed: each seed stays on its own.

use rustix::process::Signal;

use crate::cli::{Place, small_study};
use crate::interrupted::STUDY;
use crate::process::RunProcess;
use crate::{Results, count};

#[test]
fn an_interrupted_run_of_two_splits_ends_like_an_untouched_one_once_resumed() {
    let place = Place::new();
    let sets = [&STUDY[..], &["data.split_seeds=2", "sweep.seeds=5"]].concat();
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &sets));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":20,");
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
    let here = place.path("here");
    assert!(here.join("positions").read_dir().unwrap().next().is_some(), "nothing was saved");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&here, "cohort_resumed"), 1);
    let ended = place.study(&["run", "--run-dir", "untouched"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(Results::of(&here), Results::of(&place.path("untouched")));
}

#[test]
fn more_seeds_leave_every_other_one_on_its_split_and_other_splits_are_refused() {
    let place = Place::new();
    let sets = ["data.split_seeds=3", "sweep.seeds=2", "sweep.sizes=[32]"];
    assert_eq!(place.study(&["run", "--run-dir", "here"], &sets).status, Some(0));
    let grown = place.program(&["resume", "here", "--headless", "--set=sweep.seeds=7"]);
    assert_eq!(grown.status, Some(0), "{grown:?}");
    let from_the_start = [&sets[..], &["sweep.seeds=7"]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "large"], &from_the_start).status, Some(0));
    assert_eq!(Results::of(&place.path("here")), Results::of(&place.path("large")));

    for (set, said) in [
        ("--set=data.split_seeds=4", "data.split_seeds: 3 in the run, 4 asked for"),
        ("--set=data.split_seed=9", "data.split_seed: 0 in the run, 9 asked for"),
    ] {
        let ended = place.program(&["resume", "here", "--headless", set]);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(said), "no {said:?} in {}", ended.err);
    }
}
