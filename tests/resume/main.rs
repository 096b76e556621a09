//! Runs that end early, in every way, and are resumed: nothing is lost, and the end is the same.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod again;
#[path = "../support/arrays.rs"]
#[allow(dead_code, reason = "one format is enough here")]
mod arrays;
mod classes;
#[path = "../support/cli.rs"]
mod cli;
mod corrupted;
mod disk;
mod gone;
mod grow;
mod interrupted;
mod kept;
mod lost;
mod modules;
mod moved;
mod process;
mod shares;
mod signals;
mod splits;
mod tasks;
#[path = "../support/torchscript.rs"]
#[allow(dead_code, reason = "whole modules are enough here")]
mod torchscript;
mod torture;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What has to be the same at the end of an untouched run and of a resumed one: the summary but
/// for times, and what is kept of every row, without noise and under it.
#[derive(Debug, PartialEq)]
struct Results {
    rows: Vec<BTreeMap<String, String>>,
    test_rows: BTreeMap<PathBuf, String>,
}

impl Results {
    fn of(run_dir: &Path) -> Self {
        let mut table = csv::Reader::from_path(run_dir.join("summary.csv")).unwrap();
        let mut rows: Vec<BTreeMap<String, String>> = table.deserialize().map(|row| row.unwrap()).collect();
        for row in &mut rows {
            row.remove("seconds").unwrap();
            row.remove("seconds_per_step").unwrap();
            // A run that has grown was begun with another configuration.
            row.remove("config_fingerprint").unwrap();
        }
        Self { rows, test_rows: test_rows(run_dir) }
    }
}

/// The files of test rows, by their hashes: two for each configuration.
fn test_rows(run_dir: &Path) -> BTreeMap<PathBuf, String> {
    let folders = ["correct", "under-noise"].map(|name| fs::read_dir(run_dir.join(name)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let hash = |path: &Path| blake3::hash(&fs::read(path).unwrap()).to_hex().to_string();
    let hashes: BTreeMap<_, _> = files.map(|path| (path.file_name().unwrap().into(), hash(&path))).collect();
    assert!(!hashes.is_empty() && hashes.len().is_multiple_of(2), "{hashes:?}");
    hashes
}

/// How often `event` stands in a run's journal.
fn count(run_dir: &Path, event: &str) -> usize {
    let journal = fs::read_to_string(run_dir.join("events.jsonl")).unwrap_or_default();
    journal.matches(&format!("\"event\":\"{event}\"")).count()
}
