//! `run` and the commands beside it, from the command line to the files that are left behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../support/arrays.rs"]
mod arrays;
mod bench;
mod classes;
#[path = "../support/cli.rs"]
mod cli;
mod commands;
mod directory;
mod estimate;
mod evaluate;
mod formats;
mod hostile;
mod labels;
mod modules;
mod outcomes;
mod own_data;
mod plain;
mod rates;
mod robust;
#[path = "../support/results.rs"]
mod shard_results;
mod shards;
mod sources;
mod splits;
mod tasks;
mod test_rows;
#[path = "../support/torchscript.rs"]
#[allow(dead_code, reason = "whole modules are enough here")]
mod torchscript;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// One line of `summary.csv` by the names of its columns.
type Row = BTreeMap<String, String>;

/// The lines of a run's `summary.csv`.
fn rows(run_dir: &Path) -> Vec<Row> {
    let mut table = csv::Reader::from_path(run_dir.join("summary.csv")).unwrap();
    table.deserialize().map(|row| row.unwrap()).collect()
}

/// The same without the times that a run took, which no two runs share.
fn results(run_dir: &Path) -> Vec<Row> {
    let mut rows = rows(run_dir);
    for row in &mut rows {
        row.remove("seconds").unwrap();
        row.remove("seconds_per_step").unwrap();
        // What names the source or its format says nothing of the results.
        row.remove("config_fingerprint").unwrap();
    }
    rows
}

/// The rows' values of one column.
fn column<'a>(rows: &'a [Row], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str()).collect()
}

/// The events of a run's journal.
fn events(run_dir: &Path) -> Vec<Value> {
    let journal = fs::read_to_string(run_dir.join("events.jsonl")).unwrap();
    assert!(journal.ends_with('\n'), "the last line is torn");
    journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The names in a folder, sorted; none where there is no such folder.
fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
