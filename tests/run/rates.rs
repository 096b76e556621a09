//! Rows that validation chooses: learning rates of a list, and the best fusion.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::cli::Place;
use crate::{Row, events, names, results};

const SETS: [&str; 5] = [
    "sweep.fusions=[\"concat\", \"product\"]",
    "sweep.baselines=[\"text\"]",
    "sweep.searched=true",
    "train.learning_rate=[0.02, 0.0001]",
    "fusion.product.learning_rate=0.01",
];

/// The long form's trials.
fn trials(place: &Place) -> Vec<Row> {
    assert_eq!(place.program(&["report", "run", "--export", "out"]).status, Some(0));
    let mut table = csv::Reader::from_path(place.path("out/trials.csv")).unwrap();
    table.deserialize().map(|row| row.unwrap()).collect()
}

/// Of each seed the trial with the highest validation accuracy, by hand: the first of equals.
fn best(candidates: &[&Row]) -> BTreeMap<String, Row> {
    let mut best: BTreeMap<String, Row> = BTreeMap::new();
    for &row in candidates {
        let accuracy = |row: &Row| row["val_accuracy"].parse::<f64>().unwrap();
        let place = best.entry(row["seed"].clone()).or_insert_with(|| row.clone());
        if accuracy(row) > accuracy(place) {
            *place = row.clone();
        }
    }
    best
}

#[test]
fn every_derived_row_is_made_of_the_trials_that_validation_chose() {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "run"], &SETS);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let (trials, rows) = (trials(&place), results(&place.path("run")));
    // Concat and text at two rates, product at one: five models, two tasks, two sizes, two seeds.
    assert_eq!((trials.len(), rows.len()), (5 * 2 * 2 * 2, 4 * 2 * 2));
    assert!(trials.iter().all(|row| row["fusion"] != "searched"));
    let mut chosen_rates = Vec::new();
    for row in rows.iter().filter(|row| row["fusion"] != "product") {
        let fusions: &[&str] = match row["fusion"].as_str() {
            "searched" => &["concat", "product"],
            "concat" => &["concat"],
            _ => &["text"],
        };
        let is_candidate = |trial: &&Row| {
            let same = ["task", "train_size"].iter().all(|&name| trial[name] == row[name]);
            same && fusions.contains(&trial["fusion"].as_str())
        };
        let candidates: Vec<&Row> = trials.iter().filter(is_candidate).collect();
        let best = best(&candidates);
        let name = format!("{} {} {}", row["fusion"], row["task"], row["train_size"]);
        for (column, mean) in [
            ("val_accuracy", "val_accuracy_mean"),
            ("test_accuracy", "test_accuracy_mean"),
            ("auc", "auc_mean"),
            ("area_both", "area_both"),
            ("test_last_accuracy", "test_last_mean"),
        ] {
            let sum: f64 = best.values().map(|trial| trial[column].parse::<f64>().unwrap()).sum();
            let shown: f64 = row[mean].parse().unwrap();
            assert!((sum / 2.0 - shown).abs() < 1e-12, "{name}: {mean} {shown}");
        }
        let rates: Vec<&str> = best.values().map(|trial| trial["learning_rate"].as_str()).collect();
        if row["fusion"] != "searched" {
            let expected = if rates.contains(&"0.02") { "0.02" } else { "0.0001" };
            assert_eq!(row["learning_rate_chosen"], expected, "{name}");
            chosen_rates.push(expected);
        }
        assert_eq!(row["parameters"].is_empty(), row["fusion"] == "searched");
    }
    assert!(chosen_rates.contains(&"0.02"), "{chosen_rates:?}");
    let product = rows.iter().find(|row| row["fusion"] == "product").unwrap();
    assert_eq!(product["learning_rate_chosen"], "0.01");

    // Each trained model has files of its own, and a derived row has none.
    let kept = names(&place.path("run/checkpoints"));
    assert_eq!(kept.len(), 5 * 2 * 2, "{kept:?}");
    assert!(kept.contains(&"concat-lr0.0001-real-32.safetensors".to_owned()), "{kept:?}");
    assert!(kept.contains(&"product-real-32.safetensors".to_owned()), "{kept:?}");
    let cohorts: Vec<Value> =
        events(&place.path("run")).iter().map(|event| event["cohort"].clone()).collect();
    let cohort = r#"{"fusion":"concat","task":"real","train_size":32,"learning_rate":0.0001}"#;
    assert!(cohorts.contains(&serde_json::from_str(cohort).unwrap()), "{cohorts:?}");

    // The report says how often each was chosen, and which verdicts hang on it.
    let report = place.program(&["report", "run", "--format", "md"]).out;
    for text in [
        "## Chosen by validation",
        "| fusion | task | train size | concat | product |",
        "| fusion | task | train size | 0.02 | 0.0001 |",
        "| train size | concat | product | searched |",
    ] {
        assert!(report.contains(text), "no {text:?} in {report}");
    }
    let json: Value =
        serde_json::from_str(&fs::read_to_string(place.path("run/summary.json")).unwrap()).unwrap();
    let seeds = |fusion: &str| -> u64 {
        let chosen = json["chosen"].as_array().unwrap().iter().filter(|one| one["fusion"] == fusion);
        chosen.map(|one| one["seeds"].as_u64().unwrap()).sum()
    };
    // Every seed of every task and size is chosen once.
    assert_eq!([seeds("searched"), seeds("concat"), seeds("text"), seeds("product")], [8, 8, 8, 0]);
}

#[test]
fn a_trial_at_a_rate_of_a_list_is_that_of_a_study_with_this_rate_alone() {
    let place = Place::new();
    let small = ["sweep.sizes=[32]", "sweep.tasks=[\"synthetic\"]"];
    let list = [&small[..], &["train.learning_rate=[0.02, 0.0001]"]].concat();
    assert_eq!(place.study(&["run", "--run-dir", "run"], &list).status, Some(0));
    let list = trials(&place);
    for rate in ["0.02", "0.0001"] {
        let place = Place::new();
        let set = format!("train.learning_rate={rate}");
        let sets = [&small[..], &[&set]].concat();
        assert_eq!(place.study(&["run", "--run-dir", "run"], &sets).status, Some(0));
        let alone = trials(&place);
        let numbers = |row: &Row| -> Vec<String> {
            ["fusion", "seed", "best_epoch", "val_accuracy", "test_accuracy", "auc", "area_text"]
                .map(|name| row[name].clone())
                .to_vec()
        };
        let of_list: Vec<_> = list.iter().filter(|row| row["learning_rate"] == rate).map(numbers).collect();
        assert_eq!(of_list, alone.iter().map(numbers).collect::<Vec<_>>(), "{rate}");
        assert!(!alone[0].contains_key("learning_rate"), "one rate is named nowhere");
        assert_eq!(names(&place.path("run/checkpoints"))[0], "concat-synthetic-32.safetensors");
    }
}

#[test]
fn verdicts_are_given_for_each_rate_of_the_papers_fusions() {
    let place = Place::new();
    let sets = ["train.learning_rate=[0.02, 0.0001]", "sweep.seeds=3"];
    assert_eq!(place.study(&["run", "--run-dir", "run"], &sets).status, Some(0));
    let report = place.program(&["report", "run", "--format", "md"]).out;
    let table = "| claim | chosen | 0.02 | 0.0001 | hangs on the rate |";
    let rows: Vec<&str> = report.split(table).nth(1).unwrap().lines().skip(2).take(11).collect();
    // Each column has the verdicts of the JSON's findings, and the last one says where a rate changes them.
    let json: Value =
        serde_json::from_str(&fs::read_to_string(place.path("run/summary.json")).unwrap()).unwrap();
    let (chosen, by_rate) = (&json["findings"], json["findings"]["rates"].as_array().unwrap());
    let rates: Vec<f64> = by_rate.iter().map(|of| of["learning_rate"].as_f64().unwrap()).collect();
    assert_eq!(rates, [0.02, 0.0001]);
    for (at, claim) in chosen["claims"].as_array().unwrap().iter().enumerate() {
        let verdict = |of: &Value| {
            let verdict = of["claims"][at]["verdict"].as_str().unwrap();
            verdict.replace("on_mean", "on the mean").replace('_', " ")
        };
        let [chosen, first, second] = [chosen, &by_rate[0], &by_rate[1]].map(verdict);
        let hangs = if chosen == first && chosen == second { "no" } else { "yes" };
        let row = format!("| {} | {chosen} | {first} | {second} | {hangs} |", claim["id"].as_str().unwrap());
        assert_eq!(rows[at], row, "{rows:#?}");
    }
    let page = fs::read_to_string(place.path("run/report.html")).unwrap();
    assert!(page.contains("hangs on the rate"));
}
