//! Runs that do not end as they should: interrupted, diverged, failed, or with a summary that cannot be printed.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::arrays::Pairs;
use crate::cli::{PATIENCE, PROGRAM, Place, foreground, small_study};
use crate::{column, events, names, rows};

/// A run that would take long, ended with the test.
struct UnderWay(Child);

impl UnderWay {
    /// Starts it in `here` and waits until it has trained.
    fn begin(place: &Place) -> Self {
        let sets = ["train.epochs=100000", "sweep.fusions=[\"product\"]"];
        let child = foreground()
            .args(small_study(&["run", "--run-dir", "here"], &sets))
            .current_dir(place.path(""))
            .env("OMP_WAIT_POLICY", "passive")
            .env("XDG_CACHE_HOME", place.cache())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(place.path("err.txt")).unwrap())
            .spawn()
            .unwrap();
        let mut run = Self(child);
        let journal = place.path("here/events.jsonl");
        run.wait_until(|child| {
            assert!(child.try_wait().unwrap().is_none(), "the run ended by itself");
            fs::read_to_string(&journal).is_ok_and(|text| text.matches("epoch_finished").count() > 2)
        });
        run
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Its status and what it printed.
    fn end(mut self) -> (Option<i32>, String) {
        self.wait_until(|run| run.try_wait().unwrap().is_some());
        let mut out = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        (self.0.wait().unwrap().code(), out)
    }

    fn wait_until(&mut self, done: impl Fn(&mut Child) -> bool) {
        let begun = Instant::now();
        while !done(&mut self.0) {
            assert!(begun.elapsed() < PATIENCE, "the run did not come this far");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_interrupt_stops_at_the_next_step_and_the_summary_is_written() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let run = UnderWay::begin(&place);
        run.signal(signal);
        let (status, out) = run.end();
        assert_eq!(status, Some(130), "{out}");
        let here = place.path("here");
        assert_eq!(events(&here).last().unwrap()["event"], "run_interrupted");
        let rows = rows(&here);
        assert_eq!(column(&rows, "status"), ["pending"; 4]);
        assert!(names(&here).contains(&"summary.md".to_owned()));
        assert!(out.contains("4 of 4 configurations have no outcome yet"), "{out}");
        assert!(out.contains("\nhere\n  summary.md\n"), "{out}");
        assert!(out.contains("what is missing is trained by: superfuse-tui resume here\n"), "{out}");
        let err = fs::read_to_string(place.path("err.txt")).unwrap();
        assert!(err.contains("stopping at the next step"), "{err}");
    }
}

#[test]
fn a_run_that_was_killed_leaves_a_journal_that_can_be_reported() {
    let place = Place::new();
    let run = UnderWay::begin(&place);
    run.signal(Signal::KILL);
    assert_eq!(run.end().0, None);
    let ended = place.program(&["report", "here", "--format", "csv"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.out.lines().count(), 1 + 4, "{}", ended.out);
    // Without a name the last run that is not finished is named.
    let unnamed = place.program(&["resume", "--headless"]);
    assert!(unnamed.status == Some(2) && unnamed.err.contains("in runs/ there is none"), "{unnamed:?}");
    fs::create_dir(place.path("runs")).unwrap();
    fs::rename(place.path("here"), place.path("runs/here")).unwrap();
    let unnamed = place.program(&["resume", "--headless"]);
    assert!(
        unnamed.status == Some(2) && unnamed.err.contains("superfuse-tui resume runs/here"),
        "{unnamed:?}"
    );
}

#[test]
fn a_diverging_run_says_so_in_the_summary_and_ends_with_status_1() {
    let place = Place::new();
    let sets = ["train.learning_rate=1e30", "sweep.sizes=[32]"];
    let ended = place.study(&["run", "--run-dir", "here"], &sets);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.out.contains("finished · 6 diverged"), "{}", ended.out);
    assert!(!ended.out.contains("superfuse-tui resume"), "they would diverge again: {}", ended.out);
    fs::create_dir(place.path("runs")).unwrap();
    fs::rename(place.path("here"), place.path("runs/here")).unwrap();
    let listed = place.program(&["runs"]);
    assert!(listed.out.contains("finished · 6 diverged  6/6"), "{}", listed.out);
    let listed = place.program(&["runs", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["shortfall"]["diverged"]), (&"finished".into(), &6.into()));
    fs::rename(place.path("runs/here"), place.path("here")).unwrap();
    let rows = rows(&place.path("here"));
    assert_eq!(column(&rows, "status"), ["diverged"; 6]);
    assert_eq!(column(&rows, "seeds"), ["0"; 6]);
    assert_eq!(column(&rows, "test_accuracy_mean"), [""; 6]);
    let markdown = fs::read_to_string(place.path("here/summary.md")).unwrap();
    assert!(markdown.contains("diverged") && !markdown.contains("NaN"), "{markdown}");
    assert_eq!(events(&place.path("here")).last().unwrap()["event"], "run_finished");
}

#[test]
fn a_report_that_cannot_be_written_ends_with_status_1() {
    let place = Place::new();
    let small = ["sweep.sizes=[32]", "sweep.fusions=[\"concat\"]", "sweep.tasks=[\"real\"]"];
    assert_eq!(place.study(&["run", "--run-dir", "here"], &small).status, Some(0));
    fs::remove_file(place.path("here/summary.csv")).unwrap();
    fs::create_dir_all(place.path("here/summary.csv/in-the-way")).unwrap();
    let ended = place.program(&["resume", "here", "--headless"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let said = ended.err.lines().find(|line| line.starts_with("error: export failed: ")).unwrap_or_default();
    assert!(said.contains("here/summary.csv"), "{}", ended.err);
    fs::remove_dir_all(place.path("here/summary.csv")).unwrap();
    assert_eq!(place.program(&["resume", "here", "--headless"]).status, Some(0));
}

#[test]
fn a_head_that_no_memory_holds_fails_alone() {
    // 16,384² × 200 weights are 215 GB; the same with concat 26 MB. The limit on addresses makes the
    // system refuse them wherever this runs, instead of handing out pages until something is killed.
    let place = Place::new();
    place.write("set.npz", Pairs::new(60, 16_384, 16_384).npz());
    let sets = [
        "data.source=set.npz",
        "sweep.fusions=[\"tensor\", \"concat\"]",
        "sweep.tasks=[\"real\"]",
        "sweep.sizes=[16]",
        "sweep.seeds=1",
        "model.hidden=200",
        "checkpoints.keep=none",
    ];
    // By its own count, and by the system's refusal where `run.memory` names more than there is.
    fails_alone(&place, &sets, "counted", "auto", "one seed needs 859 GB and ");
    fails_alone(&place, &sets, "refused", "900 TB", "allocate");
}

/// The tensor configuration of `sets` fails with a message that has `reason`, the other one completes.
fn fails_alone(place: &Place, sets: &[&str], run_dir: &str, memory: &str, reason: &str) {
    let memory = format!("run.memory={memory}");
    let sets = [sets, &[memory.as_str()]].concat();
    let mut limited = assert_cmd::Command::new("sh");
    limited.args(["-c", "ulimit -v 100000000; exec \"$0\" \"$@\"", PROGRAM]);
    let ended = place.end(limited.args(small_study(&["run", "--run-dir", run_dir], &sets)));
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let rows = rows(&place.path(run_dir));
    let statuses = rows.iter().map(|row| (row["fusion"].as_str(), row["status"].as_str()));
    assert_eq!(statuses.collect::<Vec<_>>(), [("concat", "completed"), ("tensor", "failed")]);
    assert!(ended.out.contains("failed"), "{}", ended.out);
    let events = events(&place.path(run_dir));
    let finished = events.iter().find(|event| event["event"] == "cohort_finished").unwrap();
    assert_eq!(finished["cohort"]["fusion"], "tensor", "the other configuration came after it");
    let why = finished["seeds"][0][1]["message"].as_str().unwrap();
    assert!(why.contains(reason) && !why.contains('\n'), "{why}");
    assert_eq!(events.last().unwrap()["event"], "run_finished");
}

#[test]
fn a_summary_that_cannot_be_printed_is_no_bad_input() {
    if !Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full here");
        return;
    }
    let place = Place::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let child = foreground()
        .args(small_study(&["run", "--run-dir", "here"], &["sweep.sizes=[32]"]))
        .current_dir(place.path(""))
        .env("OMP_WAIT_POLICY", "passive")
        .env("XDG_CACHE_HOME", place.cache())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(place.path("here/summary.md").is_file());
}
