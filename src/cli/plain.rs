//! A run as plain lines on standard output, one for each thing worth knowing: for logs, and for screen readers.

use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::cluster::ended;
use crate::monitor::log::LogLine;
use crate::monitor::model::Model;
use crate::store::RunDir;
use crate::store::cluster::rows::read_all;
use crate::store::cluster::{ClusterDir, merged};
use crate::study::access::{Access, Reason};
use crate::study::claims::{Finding, findings};
use crate::study::feed::{Feed, Level, Writer};
use crate::study::format::spoken_duration;
use crate::study::run_state::{CohortState, CohortStatus, Phase, RunState};
use crate::watch::{Lost, follow};
use color_eyre::eyre::{self, eyre};
use crossbeam_channel::RecvTimeoutError;

use super::{Status, output};

/// How often a quiet run is checked.
const TICK: Duration = Duration::from_secs(1);
/// Progress is reported in steps of so many percent.
const STEP: u32 = 10;
/// Reading the data likewise.
const QUARTER: u64 = 25;
/// Seconds of reading that are worth a line.
const WORTH_A_LINE: f64 = 5.0;

/// Reports a run as plain lines; knows what it has reported already.
pub struct PlainReporter {
    model: Model,
    lines: usize,
    loading: LoadingLines,
    /// Percent of the sweep.
    share: u32,
}

/// How far the data are read, as lines: one for each quarter of what takes some seconds.
#[derive(Default)]
pub struct LoadingLines {
    /// Percent that were reported.
    share: u64,
}

impl LoadingLines {
    /// The next line, if there is one.
    pub fn line(&mut self, feed: &Feed) -> Option<String> {
        let loading = feed.loading()?;
        let share = loading.percent() / QUARTER * QUARTER;
        let takes_long = loading.seconds + loading.remaining_seconds() > WORTH_A_LINE;
        if share <= self.share || share >= 100 || !takes_long {
            return None;
        }
        self.share = share;
        Some(loading.text())
    }
}

impl Default for PlainReporter {
    fn default() -> Self {
        Self { model: Model::here(), lines: 0, loading: LoadingLines::default(), share: 0 }
    }
}

impl PlainReporter {
    /// What has happened so far.
    pub const fn state(&self) -> &RunState {
        &self.model.run
    }

    /// Prints new lines. The run continues even if nobody reads them.
    pub fn report(&mut self, feed: &Feed) {
        let mut out = io::stdout().lock();
        for line in self.new_lines(feed) {
            let _ = writeln!(out, "{line}");
        }
        let _ = out.flush();
    }

    /// Lines for what has happened since the last time.
    fn new_lines(&mut self, feed: &Feed) -> Vec<String> {
        self.model.take(feed);
        let log = &self.model.log;
        let mut lines: Vec<String> = self.loading.line(feed).into_iter().collect();
        lines.extend(log.lines().iter().filter(|line| line.number >= self.lines).map(line));
        self.lines = log.total();
        lines.extend(self.progress());
        lines
    }

    /// A line whenever another tenth of the sweep is done.
    fn progress(&mut self) -> Option<String> {
        let share = (self.model.share_done() * 100.0) as u32 / STEP * STEP;
        if share <= self.share || share >= 100 {
            return None;
        }
        self.share = share;
        let (done, all) = self.model.done();
        // The last estimate of a stopped run is not valid.
        let progress = self.model.progress.filter(|_| self.model.is_active());
        let left = progress.and_then(|progress| progress.remaining_seconds);
        let left = left.map_or_else(String::new, |seconds| format!(", {} left", spoken_duration(seconds)));
        Some(format!("progress: {share} %, {done} of {all} configurations done{left}"))
    }

    /// The verdicts on the paper's claims, a line each.
    pub fn claims(&self) -> Vec<String> {
        // Without the results of single rows the claims are undecided, with that reason.
        let directory = self.model.run_dir.as_deref().and_then(|root| RunDir::open(root).ok());
        let rows = directory.map(|directory| read_all(&directory, &self.model.run).rows);
        let found = findings(&self.model.run, &rows.unwrap_or_default());
        let line = |claim: &Finding| {
            format!("claim {} ({}): {}", claim.id.name(), claim.statement, claim.sentence())
        };
        found.claims.iter().map(line).collect()
    }
}

/// Reports the run of another process until it is over or no process works on it.
pub fn watch(run_dir: &Path) -> eyre::Result<Status> {
    let follower = follow(run_dir, Access::ReadOnly(Reason::Asked))?;
    let mut reporter = PlainReporter::default();
    let mut seen = 0;
    loop {
        reporter.report(&follower.feed);
        // It is over once a whole look has brought nothing more.
        let is_left = match follower.feed.writer() {
            Writer::Own | Writer::Other | Writer::Unreachable => false,
            // Without a queue nobody knows; then it is over once it was collected.
            Writer::Cluster => follower.feed.queue().is_some_and(|queue| queue.is_over()),
            Writer::Nobody => true,
        };
        let is_over = is_left || reporter.model.run.phase() == Phase::Finished;
        let was_quiet = seen > 0 && seen == reporter.model.run.next_seq();
        if follower.feed.is_over() || (is_over && was_quiet) {
            break;
        }
        seen = reporter.model.run.next_seq();
        if is_over {
            thread::sleep(TICK);
        } else if follower.wake.recv_timeout(TICK) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
    }
    let is_of_jobs = follower.feed.writer() == Writer::Cluster;
    match follower.join() {
        Some(Lost::Unreadable(why)) => return Err(eyre!(why)),
        // A start was shown further than it counts.
        Some(Lost::Replaced) if is_of_jobs && ClusterDir::of(run_dir).exists() => return watch(run_dir),
        // The last job has collected what the others did.
        Some(Lost::Replaced) if is_of_jobs => {
            reporter.model.run = RunState::replay(&merged::read(run_dir)?.events);
        }
        Some(Lost::Replaced) | None => {}
    }
    let mut lines = reporter.claims();
    if is_of_jobs {
        lines.extend(ended::told(run_dir, &reporter.model.run));
    }
    let printed = output::print_lines(&lines)?;
    let is_complete = |(_, of): (_, &CohortState)| of.status == CohortStatus::Completed;
    Ok(if is_of_jobs && !reporter.model.run.cohorts().all(is_complete) {
        Status::Incomplete
    } else {
        printed
    })
}

fn line(line: &LogLine) -> String {
    let level = match line.level {
        Level::Info => "",
        Level::Warning => "warning: ",
        Level::Error => "error: ",
    };
    format!("{} {level}{}", line.time(), line.text)
}

#[cfg(test)]
mod tests {
    use crate::study::feed::Loading;

    use super::*;

    #[test]
    fn reading_that_takes_long_has_a_line_for_each_quarter() {
        let feed = Feed::default();
        let mut lines = LoadingLines::default();
        let mut at = |done, seconds| {
            feed.set_loading(Some(Loading { done, of: 100, seconds }));
            lines.line(&feed)
        };
        assert_eq!(at(10, 1.0), None);
        assert_eq!(at(30, 3.0).as_deref(), Some("reading data: 30 %, 7 seconds left"));
        assert_eq!((at(40, 4.0), at(49, 4.9)), (None, None));
        assert!(at(80, 8.0).is_some() && at(100, 10.0).is_none());
        // What is over in a moment has none.
        let mut quick = LoadingLines::default();
        feed.set_loading(Some(Loading { done: 50, of: 100, seconds: 0.5 }));
        assert_eq!(quick.line(&feed), None);
    }
}
