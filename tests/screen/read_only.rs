//! Runs that are only looked at, and labels that are edited on the screen.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use crate::cli::Place;
use crate::session::{ESC, LONG, Session, Setup};

fn watch(args: &[&str], path: &Path) -> Session {
    let args = [&["watch"], args, &[path.to_str().unwrap()]].concat();
    Setup::new().only(&args).start()
}

#[test]
fn a_watcher_that_only_looks_changes_nothing_and_says_so() {
    let mut owner = Setup::new().sets(&LONG).start();
    owner.see(&["idle"]);
    owner.press("s");
    owner.see(&["running, epoch "]);
    let run_dir = owner.run_dir();
    let mut watcher = watch(&["--read-only"], &run_dir);
    watcher.see(&["quick · read-only · running ·", "running, epoch ", "samples/s"]);
    for key in ["p", "X", "x", "r", "e", "D", "n", "s"] {
        watcher.press(key);
        watcher.see(&["read-only: `superfuse-tui watch` without --read-only can change this run"]);
        watcher.press("1");
        watcher.see_no("read-only: ");
    }
    watcher.press("?");
    watcher.see(&["Keys", "the views, as numbered at the top"]);
    watcher.see_no("pause at the next step");
    watcher.press("qq");
    assert_eq!(watcher.wait(), 0);
    owner.see(&["· running ·"]);
    assert_eq!((owner.count("run_paused"), run_dir.join("labels.toml").exists()), (0, false));
    let mut list = watch(&["--read-only"], run_dir.parent().unwrap());
    list.see(&["1 run · read-only"]);
    list.press("n");
    list.see(&["read-only: `superfuse-tui watch`"]);
    list.press("\r");
    list.see(&["quick · read-only · running ·"]);
}

#[test]
fn another_users_run_is_only_looked_at() {
    let place = Place::new();
    let ended =
        place.study(&["run", "--run-dir", "runs/one"], &["run.name=one", "sweep.fusions=[\"concat\"]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can give a run to another user");
        return;
    }
    for given in ["runs/one/events.jsonl", "runs/one"] {
        chown(place.path(given), Some(12_345), None).unwrap();
        let mut watcher = watch(&[], &place.path("runs/one"));
        watcher.see(&["one · read-only · finished ·"]);
        watcher.press("n");
        watcher.see(&["read-only: this run belongs to another user (uid 12345)"]);
        chown(place.path(given), Some(0), None).unwrap();
    }
}

#[test]
fn labels_are_edited_in_the_list_and_in_the_run() {
    let place = Place::new();
    let ended =
        place.study(&["run", "--run-dir", "runs/one"], &["run.name=one", "sweep.fusions=[\"concat\"]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let mut session = watch(&[], &place.path("runs"));
    session.see(&["1 run", "concat"]);
    session.press("n");
    session.see(&["Labels of one", "tags"]);
    session.press("first try\tablation\r");
    session.see(&["note: first try", "ablation"]);
    session.press("/tag=other");
    session.see(&["0 of 1 run", "/tag=other"]);
    session.press(ESC);
    session.see(&["1 run", "note: first try"]);
    // What another process writes is there at the next look.
    place.program(&["label", "runs/one", "--tag", "night"]);
    session.see(&["ablation, night"]);
    session.press("\r");
    session.see(&["one · watching · finished ·"]);
    session.press("i");
    session.see(&["note        first try", "tags        ablation, night"]);
    session.press("in");
    session.see(&["Labels of one", "ablation night"]);
    session.press("!\r");
    session.see_no("Labels of one");
    session.press("i");
    session.see(&["note        first try!"]);
    let written = fs::read_to_string(place.path("runs/one/labels.toml")).unwrap();
    assert!(written.contains("note = \"first try!\"") && written.contains("night"), "{written}");
}
