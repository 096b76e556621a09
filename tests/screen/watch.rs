//! Runs seen from other processes: watchers of a live and of a dead one, the control socket, lists.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::cli::{PATIENCE, Place};
use crate::session::{ESC, LONG, Session, Setup, wait_until};

fn long() -> Session {
    let mut session = Setup::new().sets(&LONG).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session
}

fn watch(paths: &[&Path]) -> Session {
    let mut args = vec!["watch"];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    Setup::new().only(&args).start()
}

/// A run that is over, of that name, in `place`.
fn finished_run(place: &Place, name: &str) {
    let dir = format!("runs/{name}");
    let name = format!("run.name={name}");
    let ended = place.study(&["run", "--run-dir", &dir], &[&name, "sweep.fusions=[\"concat\", \"product\"]"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

fn list(place: &Place) -> Vec<Value> {
    let ended = place.program(&["runs", "--format", "json"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn three_watchers_see_the_same_run_and_one_of_them_pauses_and_stops_it() {
    let mut owner = long();
    let run_dir = owner.run_dir();
    let mut watchers = [(); 3].map(|()| watch(&[&run_dir]));
    for watcher in &watchers {
        watcher.see(&["quick · watching · running ·", "running, epoch ", "samples/s"]);
    }
    watchers[0].press("p");
    for session in watchers.iter().chain([&owner]) {
        session.see(&["· paused ·"]);
    }
    watchers[1].press("s");
    for session in watchers.iter().chain([&owner]) {
        session.see(&["· running ·"]);
    }
    // A watcher's `q` closes the watcher, without a question.
    watchers[0].press("q");
    assert_eq!(watchers[0].wait(), 0);
    assert!(!owner.is_over());
    watchers[2].press("X");
    watchers[2].see(&["Stop the sweep?"]);
    watchers[2].press("\r");
    for session in [&watchers[1], &watchers[2], &owner] {
        session.see(&["· interrupted ·"]);
    }
    assert_eq!(owner.count("run_interrupted"), 1);
    owner.press("q");
    assert_eq!(owner.wait(), 1);
    assert!(!run_dir.join("control.sock").exists(), "the socket goes with the process");
    watchers[1].press("s");
    watchers[1].see(&["no process works on this run; `superfuse-tui resume "]);
    watchers[1].press("q");
    assert_eq!(watchers[1].wait(), 0);
    // A watcher's output is not the run's.
    assert!(!fs::read_to_string(run_dir.join("log.txt")).unwrap().contains("watching"));
}

#[test]
fn a_dead_run_is_shown_whole_and_its_socket_is_nobodys() {
    let owner = long();
    wait_until("some epochs", || owner.count("epoch_finished") > 2);
    let run_dir = owner.run_dir();
    kill_process(owner.pid(), Signal::KILL).unwrap();
    wait_until("its end", || list(&owner.place)[0]["state"] == "dead");
    assert!(run_dir.join("control.sock").exists(), "nobody took it away");
    let mut watcher = watch(&[&run_dir]);
    let reported = owner.place.program(&["report", run_dir.to_str().unwrap()]);
    assert!(!reported.out.contains("running"), "{}", reported.out);
    watcher.see(&["quick · watching · dead ·", "unfinished, epoch "]);
    assert!(!watcher.text().contains('▶'), "{}", watcher.text());
    watcher.press("X");
    watcher.see(&["no process works on this run"]);
    watcher.press("5");
    watcher.see(&["Configurations  24"]);
    watcher.press("q");
    assert_eq!(watcher.wait(), 0);
}

#[test]
fn the_socket_is_its_owners_alone_and_no_peer_stops_the_sweep_by_being_rude() {
    let owner = long();
    let socket = owner.run_dir().join("control.sock");
    let about = fs::metadata(&socket).unwrap();
    assert!(about.file_type().is_socket());
    assert_eq!(about.mode() & 0o7777, 0o600);
    // One never reads and asks without end, one sends a line without end.
    let mut flood = UnixStream::connect(&socket).unwrap();
    flood.set_nonblocking(true).unwrap();
    let cohort = "{\"fusion\":\"tensor\",\"task\":\"real\",\"train_size\":256}";
    let request = format!("{{\"command\":\"run_again\",\"cohort\":{cohort}}}\n");
    while flood.write_all(request.as_bytes()).is_ok() {}
    let mut endless = UnixStream::connect(&socket).unwrap();
    let _ = endless.write_all(&vec![b'x'; 100_000]);
    let mut polite = UnixStream::connect(&socket).unwrap();
    let mut answers = BufReader::new(polite.try_clone().unwrap()).lines().map(|line| line.unwrap());
    let mut ask = |line: &str| {
        polite.write_all(format!("{line}\n").as_bytes()).unwrap();
        let mut answers = answers.by_ref().map(|line| serde_json::from_str::<Value>(&line).unwrap());
        answers.find(|answer| matches!(answer["message"].as_str(), Some("taken" | "refused"))).unwrap()
    };
    // The flood may have filled the scheduler's inbox, which is said and does not last.
    wait_until("the flood's end", || ask("{\"command\":\"pause\"}")["message"] == "taken");
    owner.see(&["· paused ·"]);
    let refused = ask("{\"command\":\"quit\"}");
    assert!(refused["why"].as_str().unwrap().contains("stop_sweep stops its sweep"), "{refused}");
    let refused = ask("rm -rf");
    assert!(refused["why"].as_str().unwrap().starts_with("not a command"), "{refused}");
    assert_eq!(ask("{\"command\":\"start\"}")["message"], "taken");
    owner.see(&["· running ·"]);
    let before = owner.count("epoch_finished");
    wait_until("more epochs", || owner.count("epoch_finished") > before + 2);
}

#[test]
fn a_row_that_is_chosen_from_others_is_not_run_again() {
    let sets = [
        "sweep.fusions=[\"concat\"]",
        "sweep.tasks=[\"real\"]",
        "sweep.sizes=[32]",
        "train.learning_rate=[0.02, 0.0001]",
    ];
    let mut owner = Setup::new().sets(&sets).start();
    owner.see(&["idle"]);
    owner.press("s");
    owner.see(&["· finished ·"]);
    let mut peer = UnixStream::connect(owner.run_dir().join("control.sock")).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    let cohort = "{\"fusion\":\"concat\",\"task\":\"real\",\"train_size\":32}";
    peer.write_all(format!("{{\"command\":\"run_again\",\"cohort\":{cohort}}}\n").as_bytes()).unwrap();
    let mut answers = BufReader::new(peer).lines().map(|line| line.unwrap());
    assert!(answers.any(|answer| answer.contains("that row is chosen from others")));
    assert_eq!(owner.count("cohort_started"), 2);
}

#[test]
fn a_path_longer_than_a_socket_address_is_reached_all_the_same() {
    let place = Place::new();
    let deep = format!("{0}/{0}", "d".repeat(90));
    fs::create_dir_all(place.path(&deep)).unwrap();
    let mut owner = Setup::new().sets(&LONG).in_folder(&deep).start_in(place);
    owner.see(&["idle"]);
    owner.press("s");
    owner.see(&["running, epoch "]);
    let runs = owner.place.path(&deep).join("runs");
    let run_dir = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    assert!(run_dir.as_os_str().len() > 108);
    let mut watcher = watch(&[&run_dir]);
    watcher.see(&["watching · running ·"]);
    watcher.press("p");
    owner.see(&["· paused ·"]);
}

#[test]
fn a_sweep_without_a_terminal_ends_where_a_watcher_stops_it() {
    let mut owner = Setup::new().only(&crate::cli::small_study(&["run"], &LONG)).start();
    wait_until("some epochs", || owner.count("epoch_finished") > 0);
    let mut watcher = watch(&[&owner.run_dir()]);
    watcher.see(&["watching · running ·"]);
    watcher.press("X\r");
    watcher.see(&["· interrupted ·"]);
    assert_eq!(owner.wait(), 1);
}

#[test]
fn a_folder_of_runs_is_listed_and_a_run_is_opened_and_left_again() {
    let place = Place::new();
    finished_run(&place, "first");
    finished_run(&place, "second");
    fs::create_dir(place.path("runs/torn")).unwrap();
    place.write("runs/torn/events.jsonl", "{\"event\":\"run_started\"");
    fs::create_dir(place.path("runs/no-run")).unwrap();
    let runs = list(&place);
    let names: Vec<&str> = runs.iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["second", "first", "torn"]);
    let states: Vec<&str> = runs.iter().map(|run| run["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["finished", "finished", "unreadable"]);
    assert_eq!((&runs[0]["done"], &runs[0]["all"]), (&8.into(), &8.into()));
    assert!(runs[2]["fault"].as_str().unwrap().contains("it holds no whole line"), "{runs:?}");
    let ended = place.program(&["runs"]);
    assert!(ended.out.contains("second  finished    8/8"), "{}", ended.out);

    let mut session = watch(&[&place.path("runs")]);
    session.see(&["3 runs", "second", "first", "unreadable"]);
    session.press("?");
    session.see(&["Keys", "show the marked runs side by side"]);
    session.press(ESC);
    session.see_no("show the marked runs side by side");
    session.press("j\r");
    session.see(&["first · watching · finished ·", "8 of 8 configurations"]);
    session.press("5");
    session.see(&["Configurations  8"]);
    session.press(ESC);
    session.see(&["3 runs", "second"]);
    session.press("G\r");
    session.see(&["3 runs", "it holds no whole line"]);
    session.press("gc");
    session.see(&["mark 2 to "]);
    session.press("  c");
    session.see(&["comparing 2 runs", "A second", "B first", "Test accuracy % against train rows"]);
    session.press("?");
    session.see(&["Keys", "noise on text / image / both"]);
    session.press(ESC);
    session.see_no("noise on text / image / both");
    session.press("5");
    session.see(&["Results", "test acc. %"]);
    session.press(ESC);
    session.see(&["3 runs, 2 marked"]);
    session.press("q");
    assert_eq!(session.wait(), 0);
}

#[test]
fn a_folder_of_runs_begins_filtered_and_sorted_as_asked() {
    let place = Place::new();
    for name in ["alpha", "beta", "gamma"] {
        finished_run(&place, name);
    }
    let runs = place.path("runs");
    let runs = runs.to_str().unwrap();
    let asked = ["watch", runs, "--filter", "name=a state=finished", "--sort", "name", "--reverse"];
    let mut session = Setup::new().only(&asked).start();
    session.see(&["filter: name=a state=finished", "run▼", "3 runs"]);
    let text = session.text();
    let place_of = |name| text.find(name).unwrap();
    assert!(place_of("gamma") < place_of("beta ") && place_of("beta ") < place_of("alpha"), "{text}");
    // It is the screen's own filter: its keys go on from there.
    session.press("/lph");
    session.see(&["filter: name=a state=finishedlph"]);
    session.press("\x1b[H\x1b[C\x1b[C\x1b[C\x1b[C\x1b[Calph\x1b[F\x7f\x7f\x7f\r");
    session.see(&["1 of 3 runs", "filter: name=alpha state=finished", "alpha"]);
    session.press(ESC);
    session.see(&["3 runs", "gamma"]);
    session.press("q");
    assert_eq!(session.wait(), 0);
}

#[test]
fn a_journal_that_is_replaced_under_a_watcher_is_read_anew() {
    let place = Place::new();
    finished_run(&place, "old");
    finished_run(&place, "new");
    let watcher = watch(&[&place.path("runs/old")]);
    watcher.see(&["old · watching · finished ·"]);
    fs::rename(place.path("runs/new/events.jsonl"), place.path("runs/old/events.jsonl")).unwrap();
    watcher.see(&["new · watching · finished ·"]);
}

#[test]
fn a_terminated_watcher_gives_the_screen_back_and_what_is_no_run_is_said() {
    let owner = long();
    let mut watcher = watch(&[&owner.run_dir()]);
    watcher.see(&["watching · running ·"]);
    watcher.signal(Signal::TERM);
    assert_eq!(watcher.wait(), 130);
    assert!(watcher.end().bytes.contains(crate::session::LEAVE_ALTERNATE_SCREEN));
    let left = watch(&[Path::new("nowhere")]).end();
    assert_eq!(left.status, 2);
    assert!(left.bytes.contains("nowhere holds no run"), "{}", left.bytes);
}
