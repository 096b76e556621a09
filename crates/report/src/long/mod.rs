//! The long forms, for data frames: one row for each trial, and one for each epoch of each trial. Knows
//! columns and values, not the formats that they are written in.
//!
//! Accuracies are fractions, losses natural logarithms (cross-entropy, mean over rows). A value that is
//! not known, such as the test accuracy of a trial that was stopped, is null. Every row carries the
//! fingerprints of its run, so that frames of several runs can be put one below the other.

mod columns;
pub(super) mod csv;
mod epochs;
pub(super) mod parquet;
mod trials;

use super::contents::Contents;
use columns::Column;

/// A table by its columns, all of one length.
pub(super) struct Table<'a> {
    /// The file's name without an ending.
    pub(super) name: &'static str,
    columns: Vec<(String, Column<'a>)>,
}

impl Table<'_> {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.rows())
    }
}

/// Every table of the run.
pub(super) fn tables<'a>(contents: &Contents<'a>) -> [Table<'a>; 2] {
    [
        Table { name: "trials", columns: trials::columns(contents) },
        Table { name: "epochs", columns: epochs::columns(contents) },
    ]
}

#[cfg(test)]
mod tests;
