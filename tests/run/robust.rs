//! Training against noise, through the whole program.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::cli::Place;
use crate::{Row, column, names, results};

const SETS: [&str; 3] = [
    "sweep.fusions=[\"concat\", \"product\"]",
    "sweep.baselines=[\"text\", \"logistic\"]",
    "checkpoints.keep=\"all\"",
];
const EVERY_WAY: &str = "train.robust=[\"none\", \"noise\", \"drop\"]";

fn run(place: &Place, name: &str, sets: &[&str]) -> Vec<Row> {
    let ended = place.study(&["run", "--run-dir", name], &[&SETS[..], sets].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    results(&place.path(name))
}

fn findings(place: &Place, run: &str) -> Value {
    let summary = fs::read_to_string(place.path(run).join("summary.json")).unwrap();
    let report: Value = serde_json::from_str(&summary).unwrap();
    assert!(!report["findings"]["claims"].as_array().unwrap().is_empty());
    report["findings"]["claims"].clone()
}

#[test]
fn every_way_to_train_is_a_row_of_its_own_and_leaves_the_plain_rows_what_they_are() {
    let place = Place::new();
    let plain = run(&place, "plain", &[]);
    assert_eq!(plain.len(), 5 * 2 * 2);
    assert!(column(&plain, "robust").iter().all(|robust| *robust == "none"));
    let all = run(&place, "all", &[EVERY_WAY]);
    assert_eq!(all.len(), 3 * plain.len());
    let of_way = |robust: &str| -> BTreeMap<String, Row> {
        let rows = all.iter().filter(|row| row["robust"] == robust);
        rows.map(|row| (format!("{}-{}-{}", row["fusion"], row["task"], row["train_size"]), row.clone()))
            .collect()
    };
    let (none, noise, drop) = (of_way("none"), of_way("noise"), of_way("drop"));
    let sorted = |rows: Vec<Row>| {
        let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows
    };
    assert_eq!(sorted(none.values().cloned().collect()), sorted(plain));
    assert_ne!(none["concat-real-64"]["val_accuracy_mean"], noise["concat-real-64"]["val_accuracy_mean"]);
    assert_ne!(noise["concat-real-64"], drop["concat-real-64"]);
    // A fusion is compared with concat that was trained in the same way.
    let accuracy = |row: &Row| row["test_accuracy_mean"].parse::<f64>().unwrap();
    for rows in [&noise, &drop] {
        let difference = rows["product-real-64"]["difference_to_concat"].parse::<f64>().unwrap();
        let expected = accuracy(&rows["product-real-64"]) - accuracy(&rows["concat-real-64"]);
        assert!((difference - expected).abs() < 1e-9);
        assert_eq!(rows["concat-real-64"]["difference_to_concat"], "");
    }
    assert_eq!(
        findings(&place, "all"),
        findings(&place, "plain"),
        "the paper's claims are those of plain training"
    );

    // A run that grows by ways to train has the numbers of one that began with them.
    let grown = ["resume", "plain", "--headless", "--set", EVERY_WAY];
    assert_eq!(place.program(&grown).status, Some(0));
    assert_eq!(results(&place.path("plain")), all);

    let checkpoints = names(&place.path("all/checkpoints"));
    assert!(
        checkpoints.contains(&"product-noise-synthetic-64-seed1.safetensors".to_owned()),
        "{checkpoints:?}"
    );
    for name in checkpoints.iter().filter(|name| name.starts_with("product-") && name.contains("-64")) {
        let file = format!("all/checkpoints/{name}");
        let tested = place.tested(&file, "clip-like");
        assert_eq!(tested["accuracy"], tested["recorded"]["test_accuracy"], "{name}");
    }
}

#[test]
fn a_benchmark_trains_against_noise_where_the_study_does() {
    let place = Place::new();
    let sets = ["sweep.fusions=[\"concat\"]", "train.robust=[\"noise\", \"drop\"]"];
    let ended = place.study(&["bench", "parity"], &sets);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    for model in ["concat-noise-real-64", "concat-drop-real-64"] {
        assert!(ended.out.contains(&format!("| {model} |")), "{}", ended.out);
    }
    assert!(ended.out.contains("\nagrees: "), "{}", ended.out);
    for part in ["step", "validate", "noise"] {
        let ended = place.study(&["bench", part, "--count", "2"], &sets);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let timing: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(timing["cohort"].as_str(), Some("concat-noise-real-32"));
    }
}
