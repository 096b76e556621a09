//! A journal that is removed, moved or replaced while its run writes it.

use std::fs;
use std::path::Path;

use crate::cli::{Place, small_study};
use crate::process::RunProcess;

/// Does `harm` to a run in `runs/here`, which then ends by itself with status 1, and returns its standard error.
fn ended_by(place: &Place, harm: impl FnOnce(&Path)) -> String {
    let here = place.path("runs/here");
    let args = small_study(&["run", "--run-dir", "runs/here"], &["train.epochs=100000"]);
    let mut run = RunProcess::start(place, &args);
    run.until(&here.join("events.jsonl"), "\"epoch\":3,");
    harm(&here);
    assert_eq!(run.end(), Some(1));
    let said = fs::read_to_string(place.path("err.txt")).unwrap();
    let message =
        "runs/here/events.jsonl was removed, moved or replaced while the run wrote it, so the run stops";
    assert!(said.contains(message), "{said}");
    said
}

/// The copy at `path` is a journal of whole lines, and a run can be made of it again.
fn is_resumed(place: &Place, copy: &Path) {
    let text = fs::read_to_string(copy).unwrap();
    assert!(text.starts_with("{\"seq\":0,") && text.ends_with("}\n"), "{text:?}");
    assert!(text.contains("\"epoch\":3,"));
    fs::create_dir(place.path("again")).unwrap();
    fs::copy(copy, place.path("again/events.jsonl")).unwrap();
    let ended = place.program(&["report", "again", "--format", "csv"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn a_run_whose_directory_is_removed_stops_and_its_events_are_saved_beside_it() {
    let place = Place::new();
    let said = ended_by(&place, |here| {
        // It may be writing into it meanwhile.
        while fs::remove_dir_all(here).is_err() {}
    });
    let copy = place.path("runs/here.rescued-events.jsonl");
    assert!(said.contains("its events are saved in ") && said.contains(copy.to_str().unwrap()), "{said}");
    is_resumed(&place, &copy);
}

#[test]
fn a_run_whose_journal_is_replaced_stops_and_leaves_the_other_one_alone() {
    let place = Place::new();
    ended_by(&place, |here| {
        fs::write(here.join("new"), "another journal\n").unwrap();
        fs::rename(here.join("new"), here.join("events.jsonl")).unwrap();
    });
    assert_eq!(fs::read_to_string(place.path("runs/here/events.jsonl")).unwrap(), "another journal\n");
    is_resumed(&place, &place.path("runs/here.rescued-events.jsonl"));
}
