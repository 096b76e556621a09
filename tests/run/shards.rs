//! Shards that another program than a cluster's queue starts: GNU parallel, where it is there.

use std::fs;
use std::process::{Command as Process, Stdio};

use assert_cmd::Command;
use superfuse::store::cluster::plan::Plan;

use crate::cli::{PROGRAM, Place};
use crate::shard_results::Results;

const CLUSTER: [&str; 3] = ["cluster.gpus=0", "cluster.cpus=1", "cluster.shards=4"];

#[test]
fn shards_that_another_program_starts_end_as_one_process() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "one"], &[]).status, Some(0));
    let submitted = place.study(&["submit", "--no-queue", "--run-dir", "run"], &CLUSTER);
    assert_eq!(submitted.status, Some(0), "{submitted:?}");
    assert!(submitted.out.contains("work run --finish"), "{submitted:?}");
    let shards = Plan::read(&place.path("run")).unwrap().shards.len();
    assert!(shards >= 4, "{shards}");
    let indices: Vec<String> = (0..shards).map(|index| index.to_string()).collect();
    let has_parallel = Process::new("parallel").arg("--version").stdout(Stdio::null()).status().is_ok();
    if has_parallel {
        let mut parallel = Command::new("parallel");
        parallel.args(["--will-cite", "--jobs", "2", PROGRAM, "work", "run", "--index", "{}", ":::"]);
        let ended = place.end(parallel.args(&indices));
        assert_eq!(ended.status, Some(0), "{ended:?}");
    } else {
        for index in &indices {
            let ended = place.program(&["work", "run", "--index", index]);
            assert_eq!(ended.status, Some(0), "{ended:?}");
        }
    }
    // Before it is collected it is a run as any other, and nobody resumes beside its jobs by accident.
    let listed = place.program(&["runs", "."]);
    assert!(listed.out.contains("12/12"), "{listed:?}");
    assert_eq!(place.program(&["report", "run"]).status, Some(0));
    let unknown = place.program(&["work", "run", "--index", "99"]);
    assert_eq!(unknown.status, Some(2), "{unknown:?}");
    assert!(unknown.err.contains("it has the shards 0 to "), "{unknown:?}");
    assert_eq!(place.program(&["work", "run", "--finish"]).status, Some(0));
    Results::of(&place.path("run")).compare(&Results::of(&place.path("one")));
    // The last job may be killed between what it collects and the summary; the queue starts it again.
    for name in ["summary.csv", "summary.json", "report.html"] {
        fs::remove_file(place.path("run").join(name)).unwrap();
    }
    let again = place.program(&["work", "run", "--finish"]);
    assert!(again.status == Some(0) && again.err.contains("report.html"), "{again:?}");
    Results::of(&place.path("run")).compare(&Results::of(&place.path("one")));
}

#[test]
fn what_no_shard_has_trained_is_trained_here() {
    let place = Place::new();
    assert_eq!(place.study(&["run", "--run-dir", "one"], &[]).status, Some(0));
    assert_eq!(place.study(&["submit", "--no-queue", "--run-dir", "run"], &CLUSTER).status, Some(0));
    assert_eq!(place.program(&["work", "run", "--index", "1"]).status, Some(0));
    let resumed = place.program(&["resume", "run", "--headless"]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    Results::of(&place.path("run")).compare(&Results::of(&place.path("one")));
}
