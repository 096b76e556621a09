//! From a user's files to a study: `init`, `data import`, `data generate`.

use std::fs;

use crate::arrays::Pairs;
use crate::cli::{Ended, Place};

fn folder() -> Place {
    let place = Place::new();
    Pairs::new(300, 12, 8).write_folder(&place.path("set"));
    place
}

#[track_caller]
fn succeeded(ended: Ended) -> Ended {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    ended
}

#[track_caller]
fn refused(ended: &Ended, parts: &[&str]) {
    assert_eq!(ended.status, Some(2), "{ended:?}");
    for part in parts {
        assert!(ended.err.contains(part), "no {part:?} in {ended:?}");
    }
}

#[test]
fn init_writes_a_configuration_that_runs_and_replaces_none() {
    let place = folder();
    let said = succeeded(place.program(&["init", "set"])).out;
    for part in ["text 8, image 8", "2 classes", "configurations", "superfuse-tui run"] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    let written = fs::read_to_string(place.path("config.toml")).unwrap();
    assert!(written.contains("split = \"split\"") && written.contains("width = 8"), "{written}");
    let sets = ["--set", "sweep.sizes=[32]", "--set", "sweep.seeds=1", "--set", "train.epochs=1", "--set"];
    let run = [&["run", "--run-dir", "here"][..], &sets, &["run.device=cpu"]].concat();
    succeeded(place.program(&run));
    refused(&place.program(&["init", "set"]), &["config.toml", "--force", "--config"]);
    assert_eq!(fs::read_to_string(place.path("config.toml")).unwrap(), written);
    succeeded(place.program(&["init", "set", "--force"]));
    let said = succeeded(place.program(&["init", "set", "--config", "other.toml"])).out;
    assert!(said.contains("superfuse-tui run --config other.toml"), "{said}");
}

#[test]
fn init_without_a_terminal_lists_its_questions_with_their_answers() {
    let place = folder();
    let lines = (0..300).map(|row| format!("{},{}\n", row % 2, row % 5));
    place.write("set/labels.csv", format!("colour,size\n{}", lines.collect::<String>()));
    refused(
        &place.program(&["init", "set"]),
        &["--set 'data.label=colour'", "--set 'data.label=none'", "--yes"],
    );
    assert!(!place.path("config.toml").exists());
    refused(&place.program(&["init", "set", "--set", "data.label=weight"]), &["`weight`", "colour, size"]);
    succeeded(place.program(&["init", "set", "--set", "data.label=size", "--set", "train.epochs=7"]));
    let written = fs::read_to_string(place.path("config.toml")).unwrap();
    assert!(written.contains("label = \"size\"") && written.contains("epochs = 7"), "{written}");
    let ended = succeeded(place.program(&["init", "set", "--yes", "--force"]));
    assert!(ended.err.contains("colour"), "the guess is named: {ended:?}");
}

#[test]
fn an_imported_data_set_needs_nothing_beside_it() {
    let place = folder();
    let sets = ["--set", "data.source=set", "--set", "data.width=8"];
    let inspect = |more: &[&str]| -> serde_json::Value {
        let args =
            [&["data", "inspect", "--format", "json", "--set", "data.split=split"][..], &sets, more].concat();
        serde_json::from_str(&succeeded(place.program(&args)).out).unwrap()
    };
    let before = inspect(&[]);
    let import = [&["data", "import", "set.safetensors", "--set", "data.split=split"][..], &sets].concat();
    assert!(succeeded(place.program(&import)).out.contains("300 rows, text 12 wide, image 8 wide"));
    fs::remove_dir_all(place.path("set")).unwrap();
    let after = inspect(&["--set", "data.source=set.safetensors"]);
    assert_eq!(before["study"]["fingerprint"], after["study"]["fingerprint"]);
    refused(&place.program(&["data", "import", "set.npz"]), &["set.npz", ".safetensors"]);
}

#[test]
fn generate_takes_flags_writes_folders_and_prints_the_geometry() {
    let place = Place::new();
    let flags = ["--samples", "100", "--width", "16", "--matched", "0.25", "--seed", "3"];
    let generate = |file| place.program(&[&["data", "generate", file][..], &flags].concat());
    let said = succeeded(generate("pairs/")).out;
    assert!(said.starts_with("pairs/\n") && said.contains("gap between the means"), "{said}");
    let names = fs::read_dir(place.path("pairs")).unwrap().count();
    assert_eq!(names, 3);
    let read = succeeded(place.program(&["data", "inspect", "--set", "data.source=pairs"])).out;
    assert!(read.contains("`text` 100 rows × 16"), "{read}");
    refused(&generate("pairs/"), &["pairs/", "not empty"]);
    refused(&place.program(&["data", "generate", "a.npz", "--width", "8"]), &["data.clip_like.width", "16"]);
}
