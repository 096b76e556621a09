//! Places that cannot be written in, runs that are there already, and a screen without a terminal.

use std::fs;
use std::path::Path;

use assert_cmd::Command;

use crate::cli::{PROGRAM, Place, small_study};
use crate::{one_message, refused};

#[test]
fn a_run_directory_that_cannot_be_made_is_named() {
    let place = Place::new();
    place.write("file.txt", "");
    refused(&place, &["run", "--run-dir", "file.txt/run"], &[], &["file.txt/run", "--run-dir"]);
    if Path::new("/proc").is_dir() {
        refused(&place, &["run", "--run-dir", "/proc/nope"], &[], &["/proc/nope", "--run-dir"]);
    }
}

#[test]
fn a_folder_of_runs_that_cannot_be_made_is_named() {
    let place = Place::new();
    place.write("runs", "a file where the folder should be");
    refused(&place, &["run"], &[], &["cannot write in runs", "--run-dir"]);
}

#[test]
fn a_folder_of_checkpoints_that_cannot_be_made_is_named_and_leaves_no_run() {
    let place = Place::new();
    place.write("file.txt", "");
    let sets = ["checkpoints.directory=file.txt/kept"];
    refused(&place, &["run"], &sets, &["file.txt/kept", "checkpoints.directory"]);
    let sets = ["checkpoints.directory=file.txt/\u{1b}[31mkept"];
    refused(&place, &["run"], &sets, &["checkpoints.directory"]);
}

#[test]
fn a_directory_that_holds_a_run_is_refused_and_left_as_it_is() {
    let place = Place::new();
    fs::create_dir(place.path("here")).unwrap();
    place.write("here/events.jsonl", "{\"precious\": true}\n");
    refused(&place, &["run", "--run-dir", "here"], &[], &["here already holds a run", "--run-dir"]);
}

#[test]
fn a_data_set_is_not_written_where_it_cannot_be() {
    let place = Place::new();
    place.write("file.txt", "");
    let refusal = |file: &str, parts: &[&str]| refused(&place, &["data", "generate", file], &[], parts);
    refusal("file.txt/set.npz", &["cannot write file.txt/set.npz"]);
    refusal("nowhere/set.npz", &["cannot write nowhere/set.npz"]);
    refusal("set.csv", &["set.csv", ".npz or .safetensors"]);
}

#[test]
fn the_screen_without_a_terminal_is_refused_and_names_run() {
    let place = Place::new();
    // A session of its own has no controlling terminal, wherever the tests were started.
    let alone = |args: &[&str]| {
        let args = small_study(args, &[]);
        place.end(Command::new("setsid").arg("--wait").arg(PROGRAM).args(args))
    };
    if !["/usr/bin/setsid", "/bin/setsid"].iter().any(|path| Path::new(path).exists()) {
        println!("skipped: there is no setsid (util-linux) here");
        return;
    }
    for args in [&[][..], &["--start"]] {
        one_message(&alone(args), &["superfuse-tui run", "terminal"]);
    }
    assert!(place.contents().is_empty(), "something was made: {:?}", place.contents().keys());
}
