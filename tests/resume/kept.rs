//! Runs that version 0.1.0 wrote (journal format 1), with every file that it kept: this program reads, reports and
//! resumes them. Never make these files again with a newer program.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::Place;

type Row = BTreeMap<String, String>;

/// A place with a copy of the kept run `name`.
fn place_with(name: &str) -> Place {
    let place = Place::new();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kept/0.1.0").join(name);
    assert!(Command::new("cp").arg("-r").args([kept, place.path(name)]).status().unwrap().success());
    place
}

fn rows(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

/// What `report` says of the run, one map a configuration.
fn report(place: &Place, name: &str) -> Vec<Row> {
    let ended = place.program(&["report", name, "--format", "csv"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    rows(&ended.out)
}

#[test]
fn a_finished_run_is_reported_with_the_same_numbers() {
    let place = place_with("finished");
    let wrote = rows(&std::fs::read_to_string(place.path("finished/summary.csv")).unwrap());
    let reads = report(&place, "finished");
    assert_eq!(reads.len(), wrote.len());
    for (new, old) in reads.iter().zip(&wrote) {
        for (column, value) in old {
            assert_eq!(new.get(column), Some(value), "{column} of {old:?}");
        }
    }
}

#[test]
fn a_finished_runs_rows_are_read() {
    let place = place_with("finished");
    let ended = place.program(&["report", "finished", "--format", "json"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{}", ended.err);
    // Intervals over test rows need `correct`, `under-noise` and `test-rows.npy`.
    let findings = serde_json::from_str::<Value>(&ended.out).unwrap()["findings"].to_string();
    assert!(findings.contains("rows"), "{findings}");
}

#[test]
fn checkpoints_give_the_accuracy_that_was_recorded() {
    let place = place_with("finished");
    for fusion in ["concat", "product", "tensor", "text", "logistic-product"] {
        let file = format!("finished/checkpoints/{fusion}-synthetic-32.safetensors");
        let tested = place.tested(&file, "clip-like");
        let (now, then) = (&tested["accuracy"], &tested["recorded"]["test_accuracy"]);
        assert!((now.as_f64().unwrap() - then.as_f64().unwrap()).abs() < 1e-9, "{fusion}: {now} {then}");
    }
}

#[test]
fn an_interrupted_run_is_resumed_and_what_was_finished_stays() {
    let place = place_with("interrupted");
    let before = report(&place, "interrupted");
    let ended = place.program(&["resume", "interrupted", "--headless"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // Training state without checksums is not trusted, and that is said.
    assert!(ended.err.contains("positions"), "{}", ended.err);
    let after = report(&place, "interrupted");
    let of = |rows: &[Row], fusion: &str| rows.iter().find(|row| row["fusion"] == fusion).unwrap().clone();
    assert_eq!(of(&after, "product")["status"], "completed");
    let (mut was, mut is) = (of(&before, "concat"), of(&after, "concat"));
    assert_eq!(was["status"], "completed");
    // Which program reports, and where the run stands, may differ.
    for column in ["program", "libtorch", "device", "config_fingerprint"] {
        for row in [&mut was, &mut is] {
            row.remove(column);
        }
    }
    assert_eq!(is, was);
}
