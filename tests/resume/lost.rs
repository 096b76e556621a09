//! A journal or files beside it that were damaged: what was lost is trained again, what was edited is refused.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::cli::Place;
use crate::{Results, count};

const SMALL: [&str; 3] =
    ["sweep.sizes=[32]", "sweep.tasks=[\"real\"]", "sweep.fusions=[\"concat\", \"product\"]"];

/// A finished run of two configurations in `here`.
fn finished() -> (Place, Results) {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "here"], &SMALL);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let results = Results::of(&place.path("here"));
    (place, results)
}

/// Changes the first line of the journal that holds `event`.
fn change(place: &Place, event: &str, with: impl Fn(&str) -> String) {
    let journal = fs::read_to_string(place.path("here/events.jsonl")).unwrap();
    let mut lines: Vec<String> = journal.lines().map(str::to_owned).collect();
    let line = lines.iter_mut().find(|line| line.contains(&format!("\"{event}\""))).unwrap();
    *line = with(line);
    place.write("here/events.jsonl", lines.join("\n") + "\n");
}

#[test]
fn a_configuration_whose_evaluation_or_epoch_is_damaged_is_pending_and_trained_again() {
    for event in ["cohort_evaluated", "epoch_finished"] {
        let (place, before) = finished();
        change(&place, event, |line| line.replace("\"seed\"", "\"se"));
        let report = place.program(&["report", "here", "--format", "md"]);
        assert_eq!(report.status, Some(0), "{report:?}");
        let line = "concat-real-32: 2 of 2 seeds completed (their numbers in the journal are lost; \
                    `superfuse-tui resume` trains them again)";
        assert!(report.out.replace('\\', "").contains(line), "{}", report.out);
        assert!(report.out.contains("1 of 2 configurations have no outcome yet"), "{}", report.out);
        let listed = place.program(&["runs", "."]);
        assert!(listed.out.contains("finished · 1 with lost numbers  1/2"), "{event}: {listed:?}");
        let ended = place.program(&["resume", "here", "--headless"]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert_eq!(count(&place.path("here"), "cohort_started"), 3, "{event}");
        assert_eq!(Results::of(&place.path("here")), before, "{event}");
    }
}

#[test]
fn a_header_that_was_edited_is_refused_and_one_without_a_fingerprint_is_not() {
    let (place, _) = finished();
    let edited = |line: &str| line.replacen("\"epochs\":2,", "\"epochs\":3,", 1);
    change(&place, "run_started", edited);
    for command in [&["report", "here"][..], &["resume", "here", "--headless"]] {
        let ended = place.program(command);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(
            ended.err.contains("line 1 of here/events.jsonl does not hold the run's configuration"),
            "{ended:?}"
        );
    }
    // As an earlier version wrote it.
    change(&place, "run_started", |line| {
        let from = line.rfind(",\"fingerprint\":{\"version\":2").unwrap();
        let end = from + line[from..].find('}').unwrap() + 1;
        format!("{}{}", &line[..from], &line[end..])
    });
    assert_eq!(place.program(&["report", "here"]).status, Some(0));
}

#[test]
fn a_header_that_was_edited_where_a_run_was_resumed_is_refused_by_every_command() {
    let (place, _) = finished();
    let grown = place.program(&["resume", "here", "--headless", "--set=sweep.seeds=3"]);
    assert_eq!(grown.status, Some(0), "{grown:?}");
    change(&place, "run_resumed", |line| line.replacen("\"epochs\":2,", "\"epochs\":3,", 1));
    let why = "events.jsonl does not hold the run's configuration";
    for command in [&["report", "here"][..], &["resume", "here", "--headless"], &["watch", "here", "--plain"]]
    {
        let ended = place.program(command);
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(ended.err.contains(why), "{ended:?}");
    }
    let listed = place.program(&["runs", "."]);
    assert!(listed.out.contains("unreadable") && listed.err.contains(why), "{listed:?}");
}

#[test]
fn damaged_test_rows_are_named_and_made_again_with_the_journals_accuracies() {
    let (place, before) = finished();
    let (bits, noise) =
        (place.path("here/correct/concat-real-32.npy"), place.path("here/under-noise/product-real-32.npz"));
    let mut bytes = fs::read(&bits).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&bits, bytes).unwrap();
    fs::remove_file(&noise).unwrap();
    let report = place.program(&["report", "here"]);
    assert_eq!(report.status, Some(0), "{report:?}");
    for (file, cohort) in [
        ("correct/concat-real-32.npy", "concat-real-32"),
        ("under-noise/product-real-32.npz", "product-real-32"),
    ] {
        let said =
            report.err.lines().find(|line| line.contains(file)).unwrap_or_else(|| panic!("{}", report.err));
        assert!(said.ends_with(&format!("`superfuse-tui resume` trains {cohort} again for it")), "{said}");
    }
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(Results::of(&place.path("here")), before);
    assert_eq!(count(&place.path("here"), "cohort_started"), 4);
    assert_eq!(place.program(&["report", "here"]).err, "");
}

#[test]
fn rows_that_would_be_another_results_are_not_made_and_both_accuracies_are_named() {
    let (place, before) = finished();
    // A result that this machine cannot repeat.
    let accuracy = &before.rows[0]["test_accuracy_mean"];
    change(&place, "cohort_evaluated", |line| {
        let from = line.find("\"test_accuracy\":").unwrap();
        let end = from + line[from..].find(',').unwrap();
        format!("{}\"test_accuracy\":0.05{}", &line[..from], &line[end..])
    });
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let said =
        ended.err.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{ended:?}"));
    assert!(
        said.contains(
            "the test rows of concat-real-32 were not made again: seed 0 ended with test accuracy 0."
        ),
        "{said}"
    );
    assert!(said.contains("and the journal has 0.05 at epoch"), "{said}");
    let after = Results::of(&place.path("here"));
    assert_eq!((&after.rows[0]["status"][..], &after.test_rows), ("completed", &before.test_rows));
    assert_ne!(&after.rows[0]["test_accuracy_mean"], accuracy);

    // Another attempt would end like this one.
    let attempts = count(&place.path("here"), "cohort_started");
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(count(&place.path("here"), "cohort_started"), attempts);
    let said = "the test rows of concat-real-32 are not made again: the last attempt here did not end as the journal has \
                it; train it where the run was trained, or take the new numbers with `r`";
    assert!(ended.err.contains(said), "{}", ended.err);
    let reported = place.program(&["report", "here"]).err;
    assert!(
        reported.contains("; the last attempt to train concat-real-32 again for it failed: seed 0 "),
        "{reported}"
    );
    assert!(!reported.contains("`superfuse-tui resume` trains"), "resume does not: {reported}");
}

#[test]
fn a_stopped_seed_stays_stopped_where_test_rows_are_made_again() {
    let (place, _) = finished();
    change(&place, "cohort_evaluated", |line| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event["evaluations"].as_array_mut().unwrap().pop().unwrap();
        event.to_string()
    });
    let second = |outcome: &str| format!("[1,{{\"outcome\":\"{outcome}\"}}]");
    change(&place, "cohort_finished", |line| line.replace(&second("completed"), &second("stopped")));
    let report = || {
        let ended = place.program(&["report", "here", "--format", "csv"]);
        let rows = csv::Reader::from_reader(ended.out.as_bytes()).deserialize().next();
        let row: BTreeMap<String, String> = rows.unwrap().unwrap();
        ["fusion", "status", "seeds", "test_accuracy_mean"].map(|column| row[column].clone())
    };
    let before = report();
    assert_eq!(before[..3], ["concat", "stopped", "1"]);
    fs::remove_file(place.path("here/correct/concat-real-32.npy")).unwrap();
    place.program(&["resume", "here", "--headless"]);
    assert_eq!(count(&place.path("here"), "cohort_started"), 3);
    assert!(place.path("here/correct/concat-real-32.npy").is_file());
    assert_eq!(report(), before);
}

#[test]
fn a_result_whose_files_cannot_take_their_place_is_reported_and_the_next_resume_puts_them_there() {
    let (place, before) = finished();
    fs::remove_file(place.path("here/correct/concat-real-32.npy")).unwrap();
    let checkpoint = place.path("here/checkpoints/concat-real-32.safetensors");
    let weights = fs::read(&checkpoint).unwrap();
    fs::remove_file(&checkpoint).unwrap();
    fs::create_dir(&checkpoint).unwrap();
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended.err.contains("error: the files of a new result are not in place: cannot replace"),
        "{ended:?}"
    );
    assert!(!ended.err.contains("power cut"), "{ended:?}");
    // Those that could be moved were.
    assert_eq!(Results::of(&place.path("here")), before);

    fs::remove_dir(&checkpoint).unwrap();
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // Names in its header have no order.
    assert_eq!(fs::read(&checkpoint).unwrap().len(), weights.len());
    assert!(!place.contents().keys().any(|path| path.to_string_lossy().contains(".attempt-")));
}
