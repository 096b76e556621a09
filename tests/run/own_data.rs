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

/// `ids.npy` of the set's rows.
fn ids(place: &Place) {
    let mut header = "{'descr': '|S6', 'fortran_order': False, 'shape': (300,), }".to_owned();
    header.extend(std::iter::repeat_n(' ', (64 - (header.len() + 11) % 64) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend((0..300).flat_map(|row| format!("doc{row:03}").into_bytes()));
    fs::write(place.path("set/ids.npy"), bytes).unwrap();
}

#[test]
fn init_pairs_a_table_by_what_both_have_or_refuses_it() {
    let place = folder();
    let own = fs::read_to_string(place.path("set/labels.csv")).unwrap();
    fs::remove_file(place.path("set/labels.csv")).unwrap();
    ids(&place);
    let lines: Vec<&str> = own.lines().collect();
    let with_ids: Vec<String> = (0..300).map(|row| format!("doc{row:03},{}", lines[row + 1])).collect();
    let write = |name: &str, order: &mut dyn Iterator<Item = usize>| {
        let rows: Vec<&str> = order.map(|row| with_ids[row].as_str()).collect();
        place.write(name, format!("id,{}\n{}\n", lines[0], rows.join("\n")));
    };
    let fingerprint = |table: &str| {
        succeeded(place.program(&["init", "set", table, "--force"]));
        let json = succeeded(place.program(&["data", "inspect", "--format", "json"])).out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["study"]["fingerprint"].as_str().unwrap().to_owned()
    };
    write("ordered.csv", &mut (0..300));
    write("shuffled.csv", &mut (0..300).map(|place| place * 7 % 300));
    let in_order = fingerprint("ordered.csv");
    assert_eq!(fingerprint("shuffled.csv"), in_order, "labels go with their rows");
    let written = fs::read_to_string(place.path("config.toml")).unwrap();
    assert!(written.contains("key = \"ids\"") && written.contains("table_key = \"id\""), "{written}");
    // Keys that are asked for are taken or refused.
    let init = |args: &[&str]| place.program(&[&["init", "set", "--force"][..], args].concat());
    refused(
        &init(&["shuffled.csv", "--set", "data.key=id"]),
        &["set has no such column", "data.table_key=id"],
    );
    refused(&init(&["--set", "data.table=shuffled.csv", "--set", "data.key=id"]), &["data.table_key=id"]);
    refused(&init(&["--set", "data.source=elsewhere.npz"]), &["data.source", "init 'elsewhere.npz'"]);
    refused(&init(&["shuffled.csv", "--set", "data.lable=label"]), &["data.lable"]);
    write("short.csv", &mut (0..290));
    refused(
        &init(&["short.csv"]),
        &["10 of the keys in `ids` of set are not in `id` of short.csv", "doc290"],
    );
    assert_eq!(
        fs::read_to_string(place.path("config.toml")).unwrap(),
        written,
        "what is refused is not written"
    );
}

#[test]
fn init_loses_no_label_and_says_where_no_linear_model_sees_it() {
    let place = folder();
    let own = fs::read_to_string(place.path("set/labels.csv")).unwrap();
    let header = own.lines().next().unwrap();
    let place_of = header.split(',').position(|name| name == "label").unwrap();
    let with = |label: &dyn Fn(usize) -> String| {
        let line = |(row, line): (usize, &str)| {
            let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            cells[place_of] = label(row);
            cells.join(",")
        };
        let lines: Vec<String> = own.lines().skip(1).enumerate().map(line).collect();
        place.write("set/labels.csv", format!("{header}\n{}\n", lines.join("\n")));
    };
    with(&|row| if row == 5 { String::new() } else { (row % 2).to_string() });
    let lost = place.program(&["init", "set", "--yes"]);
    refused(&lost, &["no label that can be used", "1 of 300 rows, the first in row 5", "data.label=none"]);
    assert!(!place.path("config.toml").exists());
    succeeded(place.program(&["init", "set", "--set", "data.label=none"]));
    with(&|row| ((row * 7_919 + row * row * 31) % 97 % 2).to_string());
    let said = succeeded(place.program(&["init", "set", "--force"])).out;
    assert!(said.contains("no linear model sees the label") && said.contains("data.key"), "{said}");
}

#[test]
fn a_file_in_place_of_a_command_is_answered_with_the_command() {
    let place = folder();
    refused(&place.program(&["set"]), &["set is there; did you mean: superfuse-tui init set"]);
    place.write("mine.toml", "[run]\n");
    refused(&place.program(&["mine.toml"]), &["superfuse-tui --config mine.toml"]);
    assert!(!place.program(&["nothing"]).err.contains("did you mean: superfuse-tui"));
}
