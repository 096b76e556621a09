//! A task of more than two classes, from text labels in a file to every output.

use std::fs;

use serde_json::Value;

use crate::arrays::Pairs;
use crate::cli::Place;
use crate::{events, names, rows};

const NAMES: [&str; 4] = ["west", "east", "südost", "north"];

/// A `.npy` of text: four classes, by the signs of the first entries of both views.
fn named(pairs: &Pairs, width: usize) -> Vec<u8> {
    let class = |row: usize| {
        usize::from(pairs.text[row * width] > 0.0) + 2 * usize::from(pairs.image[row * width] > 0.0)
    };
    let count = pairs.label.len();
    let mut header = format!("{{'descr': '<U6', 'fortran_order': False, 'shape': ({count},), }}");
    while (header.len() + 11) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    for row in 0..count {
        let mut letters: Vec<u32> = NAMES[class(row)].chars().map(u32::from).collect();
        letters.resize(6, 0);
        bytes.extend(letters.into_iter().flat_map(u32::to_le_bytes));
    }
    bytes
}

/// A place with `set.npz` of four named classes, and a run on it in `here`.
fn place() -> Place {
    let place = Place::new();
    let pairs = Pairs::new(400, 16, 16);
    place.write("set.npz", pairs.npz_with(named(&pairs, 16)));
    place
}

const SETS: [&str; 5] = [
    "data.source=set.npz",
    "sweep.sizes=[\"all\"]",
    "train.epochs=30",
    "train.batch_size=32",
    "sweep.tasks=[\"real\"]",
];

#[test]
fn four_named_classes_reach_every_output_and_their_checkpoints_repeat_the_numbers() {
    let place = place();
    let inspected = place.study(&["data", "inspect"], &SETS);
    assert_eq!(inspected.status, Some(0), "{inspected:?}");
    assert!(
        inspected.out.contains("real        4 classes") && inspected.out.contains("`südost`: train "),
        "{inspected:?}"
    );
    let ended = place.study(&["run", "--run-dir", "here"], &SETS);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.out.contains("concat takes "), "{ended:?}");
    let here = place.path("here");
    for row in rows(&here) {
        let number = |name: &str| row[name].parse::<f64>().unwrap();
        assert_eq!(row["classes"], "4");
        assert!(number("majority_share") < 0.4 && (0.0..=1.0).contains(&number("macro_f1_mean")), "{row:?}");
        if row["fusion"] == "concat" {
            assert!(number("test_accuracy_mean") > 0.45 && number("auc_mean") > 0.75, "{row:?}");
            assert!((number("macro_f1_mean") - number("test_accuracy_mean")).abs() < 0.1, "{row:?}");
        }
    }
    let events = events(&here);
    let facts = &events[0]["header"]["data"]["tasks"][0];
    assert_eq!(facts["classes"], serde_json::json!(["east", "north", "südost", "west"]));
    let evaluated: Vec<&Value> = events.iter().filter(|event| event["event"] == "cohort_evaluated").collect();
    let test_rows = events[0]["header"]["data"]["rows"]["test"].as_u64().unwrap();
    for seed in evaluated.iter().flat_map(|event| event["evaluations"].as_array().unwrap()) {
        let cells = seed["confusion"].as_array().unwrap();
        assert_eq!(cells.iter().map(|cell| cell[2].as_u64().unwrap()).sum::<u64>(), test_rows);
    }
    let markdown = fs::read_to_string(here.join("summary.md")).unwrap();
    assert!(markdown.contains("| class | east | north | südost | west |"), "{markdown}");
    assert!(fs::read_to_string(here.join("report.html")).unwrap().contains("true classes by row"));
    assert!(fs::read_to_string(here.join("figures/roc.svg")).unwrap().contains("macro AUC"));

    for checkpoint in names(&here.join("checkpoints"))
        .iter()
        .filter(|name| name.ends_with("-400.safetensors") || name.contains("-real-"))
    {
        let path = format!("here/checkpoints/{checkpoint}");
        let tested = place.tested(&path, "set.npz");
        assert_eq!((tested["classes"].as_u64(), tested["rows"].as_u64()), (Some(4), Some(test_rows)));
        let seeds = evaluated
            .iter()
            .find(|event| event["cohort"]["fusion"] == tested["fusion"])
            .and_then(|event| event["evaluations"].as_array())
            .unwrap();
        let seed = seeds.iter().find(|seed| seed["seed"] == tested["seed"]).unwrap();
        assert_eq!(tested["accuracy"], seed["test_accuracy"], "{checkpoint}");
        assert_eq!(
            (&tested["auc"], &tested["confusion"]),
            (&seed["auc"], &seed["confusion"]),
            "{checkpoint}"
        );
    }
}

#[test]
fn a_checkpoint_matches_labels_by_name_and_names_one_that_it_does_not_know() {
    let place = place();
    let sets: Vec<&str> = SETS.into_iter().chain(["sweep.fusions=[\"concat\"]", "sweep.seeds=1"]).collect();
    let ended = place.study(&["run", "--run-dir", "here"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let pairs = Pairs::new(400, 16, 16);
    let evaluate = |label: Vec<u8>| {
        place.write("other.npz", pairs.npz_with(label));
        let checkpoint =
            names(&place.path("here/checkpoints")).into_iter().find(|name| name.contains("concat")).unwrap();
        let path = format!("here/checkpoints/{checkpoint}");
        place.program(&[
            "evaluate",
            &path,
            "--data",
            "other.npz",
            "--format",
            "json",
            "--set",
            "run.device=cpu",
        ])
    };
    // Rows of three of the classes keep their numbers.
    let mut label = named(&pairs, 16);
    let whole: Value = serde_json::from_str(&evaluate(label.clone()).out).unwrap();
    assert!(whole["accuracy"].as_f64().unwrap() > 0.6, "{whole}");
    // The first letter of `east`, as UTF-32.
    let east: Vec<u8> = "east".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect();
    let place_of_east = label.windows(east.len()).position(|bytes| bytes == east).unwrap();
    label[place_of_east] = b'b';
    let ended = evaluate(label);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    for part in ["the label `bast`", "was not trained on", "east, north, südost, west"] {
        assert!(ended.err.contains(part), "{part}: {ended:?}");
    }
}

#[test]
fn rows_of_labels_that_are_in_neither_list_are_dropped_and_counted() {
    let place = place();
    let sets: Vec<&str> = SETS
        .into_iter()
        .chain([
            "data.positive=[\"west\"]",
            "data.negative=[\"east\"]",
            "sweep.fusions=[\"concat\"]",
            "data.split_seeds=2",
        ])
        .collect();
    let ended = place.study(&["run", "--run-dir", "here"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let found = events(&place.path("here"));
    let rows = &found[0]["header"]["data"]["rows"];
    let kept: u64 = ["train", "validation", "test"].iter().map(|split| rows[*split].as_u64().unwrap()).sum();
    let warning = format!("{} of 400 rows are dropped", 400 - kept);
    assert!((150..250).contains(&kept) && ended.err.contains(&warning), "{kept} {ended:?}");
    // Every kept row has its place in the whole source.
    let test_rows = fs::read(place.path("here/test-rows.npy")).unwrap();
    let (header, places) =
        test_rows.split_at(test_rows.len() - 2 * 4 * rows["test"].as_u64().unwrap() as usize);
    assert!(header.starts_with(b"\x93NUMPY"));
    let places: Vec<u32> =
        places.chunks(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap())).collect();
    let pairs = Pairs::new(400, 16, 16);
    let is_kept = |&row: &u32| {
        let row = row as usize * 16;
        // `west` has both signs down, `east` the text's up.
        pairs.image[row] <= 0.0
    };
    assert!(places.iter().all(is_kept), "{places:?}");
}
