//! How far the reading of a source is, for whoever waits for it.

use std::time::{Duration, Instant};

/// Time between two reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// Rows of both modalities, read and in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loading {
    /// Read so far.
    pub done: u64,
    /// In all, where every row is read once.
    pub of: u64,
}

/// Counts rows and reports now and then.
pub(crate) struct Progress<'a> {
    now: Loading,
    reported: Instant,
    report: &'a mut dyn FnMut(Loading),
}

impl<'a> Progress<'a> {
    /// Of so many rows, reported to `report`.
    pub(crate) fn new(of: usize, report: &'a mut dyn FnMut(Loading)) -> Self {
        Self { now: Loading { done: 0, of: of as u64 }, reported: Instant::now(), report }
    }

    /// Counts rows that are read.
    pub(crate) fn add(&mut self, rows: usize) {
        self.now.done += rows as u64;
        if self.reported.elapsed() >= INTERVAL {
            self.reported = Instant::now();
            (self.report)(self.now);
        }
    }
}
