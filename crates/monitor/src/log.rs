//! The log's lines: one sentence for each event but epochs. The newest lines are kept.

use std::collections::VecDeque;

use study::event::{Event, EventKind, SeedOutcome};
use study::feed::{Level, Notice};
use study::grid::{CohortId, Seed};
use study::listing::{Shortfall, Standing};
use study::run_state::RunState;
use study::statistics::Spread;

use super::text::{counted, duration, percent, plain};

/// Lines kept.
const CAPACITY: usize = 2_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// How much it matters.
    pub level: Level,
    /// One sentence, safe to show.
    pub text: String,
}

/// The newest lines.
#[derive(Clone, Debug, Default)]
pub struct Log {
    lines: VecDeque<LogLine>,
    total: usize,
}

impl Log {
    /// The kept lines, oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// Lines ever, those that were dropped included.
    pub const fn total(&self) -> usize {
        self.total
    }

    /// The newest line of at least `level`.
    pub fn last(&self, level: Level) -> Option<&LogLine> {
        self.lines.iter().rev().find(|line| line.level >= level)
    }

    /// Takes a notice.
    pub fn note_notice(&mut self, notice: &Notice) {
        self.push(notice.at_ms, notice.level, &notice.text);
    }

    /// Takes an event that `run` has just taken.
    pub fn note_event(&mut self, run: &RunState, event: &Event) {
        let mut say = |level, text: String| self.push(event.at_ms, level, &text);
        match &event.kind {
            EventKind::RunStarted { header, .. } => {
                let data = &header.data;
                say(Level::Info, format!("the run began on {}: {}", header.provenance.device, data.name));
                for warning in &data.warnings {
                    say(Level::Warning, warning.clone());
                }
            }
            EventKind::RunPaused => say(Level::Info, "paused".into()),
            EventKind::RunContinued => say(Level::Info, "continued".into()),
            EventKind::RunInterrupted => {
                say(Level::Warning, "stopped before every configuration was finished".into());
            }
            EventKind::RunResumed { provenance, .. } => {
                say(Level::Info, format!("resumed on {}", provenance.device));
            }
            EventKind::RunFinished => {
                let shortfall = Shortfall::of(run);
                if shortfall.is_none() {
                    say(Level::Info, "every configuration has an outcome".into());
                } else {
                    say(Level::Warning, Standing::Finished.text(shortfall));
                }
            }
            EventKind::CohortStarted { cohort, attempt: 1, only } if only.is_empty() => {
                say(Level::Info, format!("{cohort} began"));
            }
            EventKind::CohortStarted { cohort, attempt: 1, only } => {
                say(Level::Info, format!("{cohort} began with {}", counted(only.len(), "seed")));
            }
            EventKind::CohortStarted { cohort, attempt, only } if only.is_empty() => {
                say(Level::Info, format!("{cohort} began again, attempt {attempt}"));
            }
            EventKind::CohortStarted { cohort, attempt, only } => {
                let seeds = counted(only.len(), "seed");
                say(Level::Info, format!("{cohort} began with {seeds}, attempt {attempt}"));
            }
            EventKind::CohortResumed { cohort, only, at, .. } => {
                let seeds =
                    if only.is_empty() { String::new() } else { format!(" {}", counted(only.len(), "seed")) };
                say(Level::Info, format!("{cohort} resumes{seeds} at epoch {}", at.epoch.0));
            }
            EventKind::EpochFinished { .. } | EventKind::CohortEvaluated { .. } => {}
            EventKind::CohortFinished { cohort, seeds, seconds, .. } => {
                for (level, text) in outcomes(run, *cohort, seeds, *seconds) {
                    say(level, text);
                }
            }
        }
    }

    fn push(&mut self, at_ms: u64, level: Level, text: &str) {
        if self.lines.len() == CAPACITY {
            self.lines.pop_front();
        }
        self.total += 1;
        self.lines.push_back(LogLine { at_ms, level, text: plain(text) });
    }
}

/// A line for the seeds that completed, one for those that were stopped, and one for each that failed.
fn outcomes(
    run: &RunState,
    cohort: CohortId,
    seeds: &[(Seed, SeedOutcome)],
    seconds: f64,
) -> Vec<(Level, String)> {
    let (mut completed, mut stopped) = (0, 0);
    let mut lines = Vec::new();
    for (Seed(seed), outcome) in seeds {
        match outcome {
            SeedOutcome::Completed => completed += 1,
            SeedOutcome::Stopped => stopped += 1,
            SeedOutcome::Diverged { epoch } => {
                lines.push((Level::Error, format!("{cohort} seed {seed} diverged in epoch {}", epoch.0)));
            }
            SeedOutcome::Failed { message } => {
                lines.push((Level::Error, format!("{cohort} seed {seed} failed: {message}")));
            }
        }
    }
    if stopped > 0 {
        lines.insert(0, (Level::Warning, format!("{cohort} was stopped: {}", counted(stopped, "seed"))));
    }
    if completed > 0 {
        let tested =
            run.cohort(cohort).and_then(|state| Spread::of(&state.evaluated(|seed| seed.test_accuracy)));
        let accuracy =
            tested.map_or_else(String::new, |spread| format!(", test accuracy {} %", percent(spread.mean)));
        let completed = counted(completed, "seed");
        let text = format!("{cohort} completed {completed} in {}{accuracy}", duration(seconds));
        lines.insert(0, (Level::Info, text));
    }
    lines
}
