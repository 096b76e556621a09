//! Hundreds of ends, by hand: `cargo test --test resume torture -- --ignored --nocapture`, with `KILLS=200`.
//! The disk test mounts a small file system, which wants root.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use superfuse::study::random::{Purpose, stream};

use crate::cli::{Place, small_study};
use crate::interrupted::{STUDY, untouched};
use crate::process::RunProcess;
use crate::{Results, test_rows};

use rand::RngExt;

/// One configuration, long enough to be killed in: it is resumed a thousand times.
const BRIEF: [&str; 5] = [
    "train.epochs=120",
    "sweep.sizes=[64]",
    "sweep.tasks=[\"synthetic\"]",
    "sweep.fusions=[\"concat\"]",
    "checkpoints.every=0.02",
];

fn kills() -> u32 {
    std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(200)
}

/// Resumes `here`, or begins it where nothing of it is recorded yet.
fn start(place: &Place, here: &str) -> RunProcess {
    let is_begun = fs::read(place.path(here).join("events.jsonl")).is_ok_and(|text| text.contains(&b'\n'));
    if is_begun {
        return RunProcess::start(place, &["resume", here, "--headless"]);
    }
    let _ = fs::remove_dir_all(place.path(here));
    RunProcess::start(place, &small_study(&["run", "--run-dir", here], &STUDY))
}

#[test]
#[ignore = "takes many minutes"]
fn torture_by_killing() {
    let place = Place::new();
    let expected = untouched(&place);
    let mut random = stream(Purpose::Bootstrap, 1, 0, 0);
    let (mut killed, mut runs) = (0, 0);
    while killed < kills() {
        let here = format!("run-{runs}");
        let ended = loop {
            let mut run = start(&place, &here);
            if run.ends_within(Duration::from_millis(random.random_range(50..2_500))) {
                break run.end();
            }
            run.signal(Signal::KILL);
            run.end();
            killed += 1;
        };
        assert_eq!(ended, Some(0));
        assert_eq!(Results::of(&place.path(&here)), expected, "{here} after {killed} kills");
        runs += 1;
    }
    println!("{killed} kills over {runs} runs, every summary the same");
}

#[test]
#[ignore = "takes many minutes"]
fn torture_by_cutting_the_last_three_lines_at_every_byte() {
    let place = Place::new();
    let ended = place.study(&["run", "--run-dir", "untouched"], &BRIEF);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let expected = Results::of(&place.path("untouched"));
    let mut run = RunProcess::start(&place, &small_study(&["run", "--run-dir", "whole"], &BRIEF));
    run.until(&place.path("whole/events.jsonl"), "\"epoch\":30,");
    run.signal(Signal::KILL);
    run.end();
    let journal = fs::read(place.path("whole/events.jsonl")).unwrap();
    let feeds: Vec<usize> = (0..journal.len()).filter(|&place| journal[place] == b'\n').collect();
    let first = feeds[feeds.len() - 4] + 1;
    for cut in first..=journal.len() {
        let here = place.path("cut");
        let _ = fs::remove_dir_all(&here);
        copy(&place.path("whole"), &here);
        OpenOptions::new().write(true).open(here.join("events.jsonl")).unwrap().set_len(cut as u64).unwrap();
        let ended = place.program(&["resume", "cut", "--headless"]);
        assert_eq!(ended.status, Some(0), "cut at {cut}: {ended:?}");
        assert_eq!(Results::of(&here), expected, "cut at {cut}");
    }
    println!("{} cuts, every summary the same", journal.len() + 1 - first);
}

#[test]
#[ignore = "takes minutes, and mounts a file system"]
fn torture_by_a_full_disk() {
    let place = Place::new();
    let expected = untouched(&place);
    let disk = place.path("disk");
    fs::create_dir(&disk).unwrap();
    let _mounted = Mounted::new(&disk);
    let mut random = stream(Purpose::Bootstrap, 2, 0, 0);
    let filler = disk.join("filler");
    for round in 0..kills() / 10 {
        let _ = fs::remove_dir_all(disk.join("here"));
        let mut run = start(&place, "disk/here");
        // Full for a second, several times, at random moments.
        while !run.ends_within(Duration::from_millis(random.random_range(10..900))) {
            let _ = fs::write(&filler, vec![0; 64 << 20]);
            let ended = run.ends_within(Duration::from_secs(1));
            fs::remove_file(&filler).unwrap();
            if ended {
                break;
            }
        }
        let status = run.end();
        // A disk that was full at the very end is said so; the journal has everything.
        if status != Some(0) {
            let resumed = start(&place, "disk/here");
            assert_eq!(resumed.end(), Some(0), "round {round}");
        }
        assert_eq!(report(&place, "disk/here"), report(&place, "untouched"), "round {round}");
        assert_eq!(test_rows(&disk.join("here")), expected.test_rows, "round {round}");
    }
}

/// The summary from the journal, without times.
fn report(place: &Place, run_dir: &str) -> Vec<Vec<String>> {
    let ended = place.program(&["report", run_dir, "--format", "csv"]);
    let mut table = csv::Reader::from_reader(ended.out.as_bytes());
    let seconds = table.headers().unwrap().iter().position(|name| name == "seconds").unwrap();
    let row = |row: csv::StringRecord| {
        let cells = row.iter().enumerate().filter(|(place, _)| *place != seconds);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    };
    table.records().map(|record| row(record.unwrap())).collect()
}

struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn new(folder: &'a Path) -> Self {
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder).status();
        assert!(mount.unwrap().success(), "a file system cannot be mounted here");
        Self(folder)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.0).status();
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}
