//! How far the reading of a source is, for whoever waits for it.

use std::time::{Duration, Instant};

use study::feed::Loading;

/// Time between two reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// Counts rows and reports now and then.
pub(crate) struct Progress<'a> {
    now: Loading,
    began: Instant,
    reported: Instant,
    report: &'a mut dyn FnMut(Loading),
}

impl<'a> Progress<'a> {
    /// Of so many rows, reported to `report`.
    pub(crate) fn new(of: usize, report: &'a mut dyn FnMut(Loading)) -> Self {
        let now = Instant::now();
        Self { now: Loading { done: 0, of: of as u64, seconds: 0.0 }, began: now, reported: now, report }
    }

    /// Reports that every row is read.
    pub(crate) fn finish(&mut self) {
        self.now.done = self.now.of;
        (self.report)(self.now);
    }

    /// Counts rows that are read.
    pub(crate) fn add(&mut self, rows: usize) {
        self.now.done += rows as u64;
        if self.reported.elapsed() >= INTERVAL {
            self.reported = Instant::now();
            self.now.seconds = self.began.elapsed().as_secs_f64();
            (self.report)(self.now);
        }
    }
}
