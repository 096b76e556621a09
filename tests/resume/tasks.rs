//! Tasks with several draws of labels, interrupted and resumed: each seed stays on its own draw.

use rustix::process::Signal;

use crate::cli::{Place, small_study};
use crate::interrupted::STUDY;
use crate::process::RunProcess;
use crate::{Results, count};

#[test]
fn an_interrupted_run_of_several_draws_ends_like_an_untouched_one_once_resumed() {
    let place = Place::new();
    let sets = [
        &STUDY[..],
        &["sweep.tasks=[\"rotated\", \"additive\", \"aligned:0.5\"]", "sweep.seeds=5", "synthetic.draws=3"],
    ]
    .concat();
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &sets));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":20,");
    run.signal(Signal::KILL);
    run.end();
    let here = place.path("here");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&here, "run_resumed"), 1);
    let ended = place.study(&["run", "--run-dir", "untouched"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(Results::of(&here), Results::of(&place.path("untouched")));

    // What labels are made of may not change; seeds and tasks may be added.
    let other = place.program(&["resume", "here", "--headless", "--set=synthetic.draws=2"]);
    assert_eq!(other.status, Some(2), "{other:?}");
    assert!(other.err.contains("synthetic.draws: 3 in the run, 2 asked for"), "{}", other.err);
    let grown = "--set=sweep.tasks=[\"rotated\", \"additive\", \"aligned:0.5\", \"aligned:0.25\"]";
    let grown = place.program(&["resume", "here", "--headless", grown, "--set=sweep.seeds=7"]);
    assert_eq!(grown.status, Some(0), "{grown:?}");
}
