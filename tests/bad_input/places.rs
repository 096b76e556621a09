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
    let parts = ["here already holds a run", "superfuse-tui resume here", "--run-dir"];
    refused(&place, &["run", "--run-dir", "here"], &[], &parts);
}

#[test]
fn a_run_directory_with_anything_in_it_is_refused_and_left_as_it_is() {
    let place = Place::new();
    place.write("config.toml", "# precious comments\n[train]\nepochs = 2\n");
    refused(&place, &["run", "--run-dir", "."], &[], &[". is not empty", "config.toml", "--run-dir"]);
    fs::create_dir_all(place.path("full/nothing")).unwrap();
    refused(&place, &["run", "--run-dir", "full"], &[], &["full is not empty", "nothing"]);
    // Before the data are read: they would be refused as well.
    let parts = ["full is not empty"];
    refused(&place, &["run", "--run-dir", "full"], &["data.source=nowhere.npz"], &parts);
    fs::create_dir(place.path("empty")).unwrap();
    let ended = place.study(&["run", "--run-dir", "empty"], &["sweep.sizes=[32]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(place.path("empty/summary.md").is_file());
}

#[test]
fn a_deleted_working_directory_is_named_and_what_needs_none_works() {
    let place = Place::new();
    let deleted = |args: &[&str]| {
        let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" \"$@\"";
        place.end(Command::new("sh").args(["-c", script, PROGRAM]).args(args))
    };
    let ended = deleted(&["config"]);
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.out.contains("[train]"), "{ended:?}");
    assert_eq!(deleted(&["--version"]).status, Some(0));
    let runs = deleted(&["runs", place.path("").to_str().unwrap()]);
    assert_eq!((runs.status, runs.err.as_str()), (Some(0), ""), "{runs:?}");
    for args in [&["run"][..], &["runs"], &["data", "inspect"], &["report", "here"]] {
        one_message(&deleted(args), &["the working directory was deleted"]);
    }
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
