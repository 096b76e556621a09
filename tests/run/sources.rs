//! Data sets out of files, each through all three fusions.

use std::fs;
use std::path::{Path, PathBuf};

use crate::arrays::Pairs;
use crate::cli::Place;
use crate::{column, results, rows};

/// Widths differ, and the common one lies between them.
fn unequal() -> Pairs {
    Pairs::new(300, 10, 24)
}

/// Runs a sweep on `source` into `here`, asserts that every configuration of it completed, and returns the
/// mean test accuracy of concat on the real task with every training row.
#[track_caller]
fn sweep_on(place: &Place, source: &str, sets: &[&str]) -> f64 {
    let source = format!("data.source={source}");
    let mut all =
        vec![source.as_str(), "sweep.sizes=[64, \"all\"]", "train.epochs=30", "train.batch_size=32"];
    all.extend(["train.learning_rate=0.01", "noise.conditions=[\"both\"]", "noise.mean=empirical"]);
    all.extend(sets);
    let ended = place.study(&["run", "--run-dir", "here"], &all);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let rows = rows(&place.path("here"));
    assert_eq!(column(&rows, "status"), ["completed"; 12]);
    let sizes = rows.iter().map(|row| row["train_size"].parse::<usize>().unwrap());
    let largest = sizes.max().unwrap().to_string();
    let concat = |row: &&crate::Row| {
        (row["fusion"].as_str(), row["task"].as_str(), &row["train_size"]) == ("concat", "real", &largest)
    };
    rows.iter().find(concat).unwrap()["test_accuracy_mean"].parse().unwrap()
}

#[test]
fn a_folder_of_npy_with_a_csv_runs_with_its_own_split() {
    let place = Place::new();
    unequal().write_folder(&place.path("set"));
    let accuracy = sweep_on(&place, "set", &["data.split=split", "data.width=16"]);
    assert!(accuracy > 0.75, "nothing was learnt: {accuracy}");
    // Of every ten rows the folder's split has seven for training and two for test.
    let rows = rows(&place.path("here"));
    assert_eq!(column(&rows[..2], "train_size"), ["64", "210"]);
    assert_eq!(column(&rows, "test_rows"), ["60"; 12]);
}

#[test]
fn an_npz_runs() {
    let place = Place::new();
    place.write("set.npz", unequal().npz());
    let accuracy = sweep_on(&place, "set.npz", &["data.width=16", "data.pad=zero"]);
    assert!(accuracy > 0.75, "nothing was learnt: {accuracy}");
}

#[test]
fn a_safetensors_file_runs() {
    let place = Place::new();
    place.write("set.safetensors", unequal().safetensors());
    let accuracy = sweep_on(&place, "set.safetensors", &["data.width=24"]);
    assert!(accuracy > 0.75, "nothing was learnt: {accuracy}");
}

#[test]
fn text_labels_work_where_the_positive_ones_are_named() {
    let place = Place::new();
    let pairs = Pairs::new(200, 16, 16);
    pairs.write_folder(&place.path("set"));
    let topics = pairs.label.iter().map(|&label| if label == 1 { "war" } else { "sport" });
    let table: Vec<&str> = ["topic"].into_iter().chain(topics).collect();
    place.write("set/labels.csv", table.join("\n"));
    let sets = ["data.source=set", "data.label=topic", "data.positive=[\"war\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "topics"], &sets).status, Some(0));
    place.write("set.npz", pairs.npz());
    assert_eq!(place.study(&["run", "--run-dir", "numbers"], &["data.source=set.npz"]).status, Some(0));
    assert_eq!(results(&place.path("topics")), results(&place.path("numbers")));
}

/// A data set that lies beside the checkout, or a printed reason to skip.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
    }
    path.exists().then_some(path)
}

#[test]
fn handwritten_digits_run_at_a_common_width() {
    let Some(path) = shared("mfeat.npz") else { return };
    let place = Place::new();
    let sets = [
        "data.text=fourier",
        "data.image=karhunen",
        "data.label=digit",
        // The upper five of the ten classes, which the file numbers from 0.
        "data.positive=[5, 6, 7, 8, 9]",
        "data.width=32",
        "train.epochs=10",
        "train.batch_size=128",
    ];
    let accuracy = sweep_on(&place, path.to_str().unwrap(), &sets);
    // Logistic regression reaches .95 on both views (shared/data/README.md).
    assert!(accuracy > 0.9, "{accuracy}");
}

#[test]
fn wikipedia_runs_with_its_own_split() {
    let Some(path) = shared("wikipedia") else { return };
    let place = Place::new();
    let sets = [
        "data.text=text_lda10",
        "data.image=image_sift128",
        "data.label=category",
        "data.positive=[\"history\", \"royalty\", \"warfare\"]",
        "data.split=split",
        "data.width=32",
        "train.epochs=10",
        "train.batch_size=128",
    ];
    let accuracy = sweep_on(&place, path.to_str().unwrap(), &sets);
    // The larger class has .66; logistic regression reaches .84.
    assert!(accuracy > 0.75, "{accuracy}");
    assert_eq!(rows(&place.path("here"))[0]["test_rows"], "693");
}

#[test]
fn a_generated_file_is_the_generators_data_set() {
    let place = Place::new();
    let inspect = |sets: &[&str]| {
        let ended = place.study(&["data", "inspect"], sets);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let line = ended.out.lines().find(|line| line.starts_with("fingerprint")).map(str::to_owned);
        line.unwrap()
    };
    assert_eq!(place.study(&["run", "--run-dir", "made"], &[]).status, Some(0));
    for file in ["set.npz", "set.safetensors"] {
        let ended = place.study(&["data", "generate", file], &[]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(ended.out.starts_with(&format!("{file}\n\nquantity ")), "{ended:?}");
        let source = format!("data.source={file}");
        let run = format!("of-{file}");
        let ended = place.study(&["run", "--run-dir", &run], &[&source]);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert_eq!(results(&place.path("made")), results(&place.path(&run)));
        assert_eq!(inspect(&[]), inspect(&[&source]));
    }
    assert_ne!(inspect(&[]), inspect(&["data.clip_like.seed=1"]));
    assert!(fs::metadata(place.path("set.npz")).unwrap().len() > 400 * 16 * 2 * 4);
}
