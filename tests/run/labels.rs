//! Labels, and lists that are filtered and sorted: `run --note`, `resume --tag`, `label`, `runs --filter`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use serde_json::Value;

use crate::cli::{Ended, Place};
use crate::{column, rows};

/// Two runs: `first` of concat alone, `second` of product as well, with labels from the start.
fn two_runs() -> Place {
    let place = Place::new();
    let run = |args: &[&str], sets: &[&str]| {
        let ended = place.study(args, sets);
        assert_eq!(ended.status, Some(0), "{ended:?}");
    };
    run(
        &["run", "--run-dir", "runs/first"],
        &["run.name=first", "sweep.fusions=[\"concat\"]", "sweep.sizes=[32]"],
    );
    let labels = [
        "run",
        "--run-dir",
        "runs/second",
        "--note",
        "a \"second\"\ntry",
        "--tag",
        "ablation",
        "--tag",
        "night",
    ];
    run(&labels, &["run.name=second", "sweep.fusions=[\"concat\", \"product\"]"]);
    place
}

fn listed(place: &Place, args: &[&str]) -> Vec<Value> {
    let ended = place.program(&[&["runs", "--format", "json"], args].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

fn names(place: &Place, args: &[&str]) -> Vec<String> {
    listed(place, args).iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn refused(ended: &Ended, said: &str) {
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains(said), "{ended:?}");
}

#[test]
fn runs_are_labelled_filtered_and_sorted() {
    let place = two_runs();
    let journal = fs::read(place.path("runs/second/events.jsonl")).unwrap();
    let run = &listed(&place, &["--filter", "tag=night"])[0];
    assert_eq!(run["labels"]["note"], "a \"second\" try");
    assert_eq!(run["labels"]["tags"], serde_json::json!(["ablation", "night"]));
    let best = run["best"]["test_accuracy"].as_f64().unwrap();
    let rows = rows(&place.path("runs/second"));
    let accuracies = column(&rows, "test_accuracy_mean").into_iter().map(|cell| cell.parse::<f64>().unwrap());
    let highest = accuracies.fold(0.0, f64::max);
    assert!((best - highest).abs() < 1e-9, "{best} and {highest}");

    for (filter, expected) in [
        ("", &["second", "first"][..]),
        ("fusion=product", &["second"]),
        ("fusion=concat size<=32 acc>=0", &["second", "first"]),
        ("fusion=product size>512", &[]),
        ("name=first state=finished date=today data=clip", &["first"]),
        ("date<2020-01-01", &[]),
        ("note=\"second\" NIGHT", &["second"]),
        ("tag!=ablation", &["first"]),
    ] {
        assert_eq!(names(&place, &["--filter", filter]), expected, "{filter}");
    }
    assert_eq!(names(&place, &["--sort", "name"]), ["first", "second"]);
    assert_eq!(names(&place, &["--sort", "name", "--reverse"]), ["second", "first"]);
    assert_eq!(names(&place, &["--reverse"]), ["first", "second"]);

    let ended = place.program(&[
        "label",
        "runs/first",
        "--name",
        "baseline",
        "--tag",
        "ablation",
        "--untag",
        "other",
    ]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(0), "name  baseline\ntags  ablation\n"));
    place.program(&["label", "runs/second", "--untag", "ABLATION", "--note", ""]);
    assert_eq!(names(&place, &["--filter", "tag=ablation name=baseline"]), ["first"]);
    assert_eq!(place.program(&["label", "runs/second"]).out, "tags  night\n");
    let table = place.program(&["runs", "--sort", "best"]).out;
    assert!(
        [", real", ", synthetic"].iter().any(|task| table.contains(task)),
        "the best one's task: {table}"
    );
    assert!(table.lines().next().unwrap().contains("best test %") && table.contains("baseline"), "{table}");
    assert_eq!(
        fs::read(place.path("runs/second/events.jsonl")).unwrap(),
        journal,
        "labels are no part of the journal"
    );

    let resumed = place.program(&["resume", "runs/second", "--headless", "--tag", "again"]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    assert_eq!(place.program(&["label", "runs/second"]).out, "tags  night, again\n");
}

#[test]
fn what_is_no_filter_or_label_is_refused_before_anything_starts() {
    let place = Place::new();
    fs::create_dir(place.path("runs")).unwrap();
    refused(
        &place.program(&["runs", "--filter", "fuson=product"]),
        "--filter: unknown key \"fuson\"; did you mean fusion?",
    );
    refused(&place.program(&["runs", "--filter", "acc>=80"]), "a fraction or a percentage is wanted");
    // Before the screen, and so without a terminal.
    refused(
        &place.program(&["watch", "runs", "--filter", "fuson=product"]),
        "--filter: unknown key \"fuson\"; did you mean fusion?",
    );
    refused(&place.program(&["watch", "runs", "--reverse"]), "--reverse is of a sorted list; --sort begun");
    refused(&place.program(&["watch", "runs/one", "--sort", "best"]), "are of a folder of runs");
    refused(&place.program(&["watch", "runs/one", "--plain", "--filter", "x"]), "are of a folder of runs");
    refused(&place.program(&["runs", "--sort", "colour"]), "possible values: name, state, done, best");
    refused(&place.program(&["label", "runs"]), "runs holds no run");
    refused(&place.study(&["run", "--tag", "two words"], &[]), "`two words` is no tag");
    refused(&place.study(&["run", "--note", &"x".repeat(1_001)], &[]), "the note has 1001 characters");
    assert_eq!(fs::read_dir(place.path("runs")).unwrap().count(), 0, "nothing was begun");
}

#[test]
fn damaged_labels_are_named_and_never_overwritten() {
    let place = two_runs();
    let damaged = "tags = [\"a\"\n";
    place.write("runs/first/labels.toml", damaged);
    let listed = place.program(&["runs"]);
    assert_eq!(listed.status, Some(0), "{listed:?}");
    assert!(listed.err.contains("warning: runs/first/labels.toml cannot be used: line "), "{listed:?}");
    assert!(listed.err.contains("fix it or remove it"), "{listed:?}");
    assert!(listed.out.contains("first ") && listed.out.contains("ablation, night"), "{listed:?}");
    refused(&place.program(&["label", "runs/first", "--tag", "new"]), "labels.toml cannot be used");
    refused(
        &place.program(&["resume", "runs/first", "--headless", "--tag", "new"]),
        "labels.toml cannot be used",
    );
    assert_eq!(fs::read_to_string(place.path("runs/first/labels.toml")).unwrap(), damaged);
    // Without new labels they are in nobody's way.
    assert_eq!(place.program(&["report", "runs/first"]).status, Some(0));
    let resumed = place.program(&["resume", "runs/first", "--headless"]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    // A filter that nothing in them can pass hides the run, not what is wrong with it.
    let listed = place.program(&["runs", "--filter", "tag=none"]);
    assert!(listed.err.contains("runs/first/labels.toml cannot be used"), "{listed:?}");
}

#[test]
fn labels_that_cannot_be_written_are_an_error_that_names_the_file() {
    let place = two_runs();
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root may write anywhere");
    } else {
        fs::set_permissions(place.path("runs/first"), fs::Permissions::from_mode(0o555)).unwrap();
        refused(
            &place.program(&["label", "runs/first", "--tag", "new"]),
            "cannot write runs/first/labels.toml",
        );
        fs::set_permissions(place.path("runs/first"), fs::Permissions::from_mode(0o755)).unwrap();
    }
    // A run of another user is listed like any other.
    if rustix::process::geteuid().is_root() {
        chown(place.path("runs/first"), Some(12_345), None).unwrap();
        assert_eq!(names(&place, &[]), ["second", "first"]);
        let why = "runs/first: read-only: this run belongs to another user (uid 12345)";
        refused(&place.program(&["label", "runs/first", "--tag", "new"]), why);
        assert_eq!(place.program(&["label", "runs/first"]).status, Some(0), "it is read all the same");
    }
}
