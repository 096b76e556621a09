//! A configuration that has a result, trained again: the result outlasts an attempt that did not complete.

use std::fs::{self, OpenOptions};
use std::io::Write;

use crate::cli::Place;
use crate::{Results, count};

/// As a process leaves the journal that was killed while it trained a finished configuration again.
fn kill_in_a_second_attempt(place: &Place) {
    let cohort = r#"{"fusion":"concat","task":"real","train_size":32}"#;
    let journal = place.path("here/events.jsonl");
    let seq = fs::read_to_string(&journal).unwrap().lines().count();
    let metrics = r#"{"seed":0,"train_loss":0.1,"train_accuracy":0.1,"val_loss":0.1,"val_accuracy":0.1}"#;
    let mut file = OpenOptions::new().append(true).open(&journal).unwrap();
    let event = |place: usize, rest: &str| {
        format!("{{\"seq\":{},\"at_ms\":1,\"event\":{rest},\"cohort\":{cohort},\"attempt\":2", seq + place)
    };
    writeln!(file, "{}}}", event(0, "\"cohort_started\"")).unwrap();
    writeln!(file, "{},\"epoch\":1,\"metrics\":[{metrics}]}}", event(1, "\"epoch_finished\"")).unwrap();
    // What such an attempt keeps until it has completed.
    place.write("here/correct/concat-real-32.attempt-2.npy", "half of it");
    place.write("here/checkpoints/concat-real-32.attempt-2.safetensors", "half of it");
}

#[test]
fn a_result_outlasts_an_attempt_whose_process_was_killed() {
    let place = Place::new();
    let small = ["sweep.sizes=[32]", "sweep.tasks=[\"real\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "runs/here"], &small).status, Some(0));
    fs::rename(place.path("runs/here"), place.path("here")).unwrap();
    let here = place.path("here");
    let before = Results::of(&here);
    let report = || place.program(&["report", "here", "--format", "md"]).out;
    let whole = report();
    assert!(whole.contains("; finished."), "{whole}");
    kill_in_a_second_attempt(&place);
    assert_eq!(report(), whole);
    fs::rename(&here, place.path("runs/here")).unwrap();
    let listed = place.program(&["runs", "--format", "json"]).out;
    assert!(listed.contains("\"state\": \"finished\""), "{listed}");
    fs::rename(place.path("runs/here"), &here).unwrap();

    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // Three configurations, and the attempt that was killed.
    assert_eq!(count(&here, "cohort_started"), 4);
    assert_eq!(Results::of(&here), before);
    assert!(!place.contents().keys().any(|path| path.to_string_lossy().contains(".attempt-")));
    assert_eq!(report().lines().next(), whole.lines().next());
}
