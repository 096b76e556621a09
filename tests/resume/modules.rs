//! A run with a user's module, interrupted and resumed: with the same file, wherever it lies, and with no other.

use std::fs;

use rustix::process::Signal;

use crate::cli::{Place, small_study};
use crate::process::RunProcess;
use crate::torchscript::{Member, returning};
use crate::{Results, count};

const WEIGHTS: [Member<'static>; 2] = [("weight", &[24, 16], true, 7.0), ("bias", &[24], true, 7.0)];
const TANH: &str = "torch.tanh(torch.linear(torch.mul(text, image), self.weight, self.bias))";

#[test]
fn a_module_resumes_at_its_step_and_only_with_the_file_that_it_was_begun_with() {
    let place = Place::new();
    place.write("own.pt", returning(&WEIGHTS, TANH));
    let sets = [
        "sweep.fusions=[\"torchscript:own.pt\"]",
        "sweep.sizes=[256]",
        "sweep.tasks=[\"synthetic\"]",
        "train.epochs=40",
        "train.batch_size=8",
        "checkpoints.every=0.02",
    ];
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "here"], &sets));
    run.until(&place.path("here/events.jsonl"), "\"epoch\":10,");
    run.signal(Signal::TERM);
    assert_eq!(run.end(), Some(130));
    let here = place.path("here");

    let journal = fs::read(here.join("events.jsonl")).unwrap();
    place.write(
        "other.pt",
        returning(&WEIGHTS, "torch.linear(torch.mul(text, image), self.weight, self.bias)"),
    );
    fs::rename(place.path("own.pt"), place.path("kept.pt")).unwrap();
    fs::rename(place.path("other.pt"), place.path("own.pt")).unwrap();
    let changed = place.program(&["resume", "here", "--headless"]);
    assert_eq!(changed.status, Some(2), "{changed:?}");
    for part in
        ["sweep.fusions: ", "own.pt: it is not the module that the run was begun with", "restore the file"]
    {
        assert!(changed.err.contains(part), "{}", changed.err);
    }
    fs::remove_file(place.path("own.pt")).unwrap();
    let missing = place.program(&["resume", "here", "--headless"]);
    assert_eq!(missing.status, Some(2), "{missing:?}");
    assert!(missing.err.contains("own.pt: it cannot be read"), "{}", missing.err);
    let output = place.program(&["resume", "here", "--headless", "--set=fusion.torchscript.output=logits"]);
    assert_eq!(output.status, Some(2), "{output:?}");
    assert_eq!(fs::read(here.join("events.jsonl")).unwrap(), journal, "a refused run stays as it is");

    // From another place, of which the run then knows.
    fs::create_dir(place.path("moved")).unwrap();
    fs::rename(place.path("kept.pt"), place.path("moved/own.pt")).unwrap();
    let moved = "--set=sweep.fusions=[\"torchscript:moved/own.pt\"]";
    let resumed = place.program(&["resume", "here", "--headless", moved]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    assert_eq!(count(&here, "cohort_resumed"), 1);
    let again = place.program(&["resume", "here", "--headless", "--set=sweep.seeds=3"]);
    assert_eq!(again.status, Some(0), "{again:?}");

    let untouched = ["sweep.fusions=[\"torchscript:moved/own.pt\"]", "sweep.seeds=3"];
    let ended = place.study(&["run", "--run-dir", "untouched"], &[&sets[1..], &untouched].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(Results::of(&here), Results::of(&place.path("untouched")));
}
