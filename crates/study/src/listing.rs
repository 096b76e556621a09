//! A folder of runs as values: what each is, and its state.

use std::path::PathBuf;

use serde::Serialize;

use super::run_state::{CohortStatus, Phase, RunState};

/// One run among others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunEntry {
    /// `run.name` of its configuration; the directory's name where that cannot be read.
    pub name: String,
    /// Its state.
    pub state: Standing,
    /// Configurations without a complete result.
    pub shortfall: Shortfall,
    /// Configurations with an outcome.
    pub done: usize,
    /// Configurations in all.
    pub all: usize,
    /// When it began, milliseconds since 1970-01-01 UTC.
    pub started_ms: Option<u64>,
    /// When its last event happened, likewise.
    pub last_ms: Option<u64>,
    /// The data set.
    pub data: String,
    /// Its directory.
    pub path: PathBuf,
    /// The error in its journal, if there is one.
    pub fault: Option<String>,
}

/// A run's state, from its journal and from whether a process works on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing was started.
    Idle,
    /// A process trains.
    Running,
    /// A process waits at a step.
    Paused,
    /// It was stopped cleanly, before every configuration was finished.
    Interrupted,
    /// The process that worked on it is gone and recorded no end.
    Dead,
    /// Every configuration has an outcome.
    Finished,
    /// Its journal cannot be read.
    Unreadable,
}

/// Configurations of a finished run that have no complete result, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    /// Some seed diverged.
    pub diverged: usize,
    /// Some seed failed.
    pub failed: usize,
    /// They were stopped.
    pub stopped: usize,
    /// The journal has lost the numbers of some completed seed; `resume` trains it again.
    pub lost: usize,
}

impl Standing {
    /// Of the run with this state, and a process that works on it or none.
    pub fn of(state: &RunState, writer_lives: bool) -> Self {
        match (state.phase(), writer_lives) {
            (Phase::Planned, true) => Self::Idle,
            (Phase::Running, true) => Self::Running,
            (Phase::Paused, true) => Self::Paused,
            (Phase::Interrupted, _) => Self::Interrupted,
            (Phase::Finished, _) => Self::Finished,
            (Phase::Planned | Phase::Running | Phase::Paused, false) => match state.phase_when_left() {
                Phase::Finished => Self::Finished,
                _ => Self::Dead,
            },
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Dead => "dead",
            Self::Finished => "finished",
            Self::Unreadable => "unreadable",
        }
    }

    /// The same with what a finished run lacks: `finished · 12 diverged`. The one text for a run's state, wherever it
    /// is shown.
    pub fn text(self, shortfall: Shortfall) -> String {
        let Shortfall { diverged, failed, stopped, lost } = shortfall;
        let parts =
            [(diverged, "diverged"), (failed, "failed"), (stopped, "stopped"), (lost, "with lost numbers")];
        let parts: Vec<String> =
            parts.iter().filter(|(many, _)| *many > 0).map(|(many, what)| format!("{many} {what}")).collect();
        match self {
            Self::Finished if !parts.is_empty() => format!("{} · {}", self.name(), parts.join(", ")),
            _ => self.name().to_owned(),
        }
    }
}

impl Shortfall {
    /// Of the run with this state.
    pub fn of(state: &RunState) -> Self {
        let count = |status| state.cohorts().filter(|(_, cohort)| cohort.status == status).count();
        Self {
            diverged: count(CohortStatus::Diverged),
            failed: count(CohortStatus::Failed),
            stopped: count(CohortStatus::Stopped),
            lost: state.cohorts().filter(|(_, cohort)| cohort.lost() > 0).count(),
        }
    }

    /// Whether every configuration has a complete result.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

impl RunEntry {
    /// How long ago it began, at `now_ms`: `3 min`, `5 h`, `12 d`.
    pub fn age(&self, now_ms: u64) -> Option<String> {
        let seconds = now_ms.saturating_sub(self.started_ms?) / 1_000;
        Some(match seconds {
            0..60 => format!("{seconds} s"),
            60..3_600 => format!("{} min", seconds / 60),
            3_600..172_800 => format!("{} h", seconds / 3_600),
            _ => format!("{} d", seconds / 86_400),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{Event, EventKind};
    use super::*;

    #[test]
    fn a_run_without_an_end_is_dead_once_nobody_works_on_it() {
        let mut state = RunState::default();
        let mut happened = |seq, kind| {
            state.apply(&Event { seq, at_ms: 0, kind });
            (Standing::of(&state, true), Standing::of(&state, false))
        };
        assert_eq!(happened(0, EventKind::RunContinued), (Standing::Running, Standing::Dead));
        assert_eq!(happened(1, EventKind::RunPaused), (Standing::Paused, Standing::Dead));
        assert_eq!(happened(2, EventKind::RunInterrupted), (Standing::Interrupted, Standing::Interrupted));
        assert_eq!(happened(3, EventKind::RunFinished), (Standing::Finished, Standing::Finished));
    }

    #[test]
    fn a_finished_run_names_what_did_not_complete_and_any_other_only_its_state() {
        let shortfall = Shortfall { diverged: 12, failed: 1, ..Shortfall::default() };
        assert_eq!(Standing::Finished.text(shortfall), "finished · 12 diverged, 1 failed");
        assert_eq!(Standing::Finished.text(Shortfall::default()), "finished");
        assert_eq!(Standing::Interrupted.text(shortfall), "interrupted");
    }

    #[test]
    fn ages_have_one_unit() {
        let entry = RunEntry {
            name: "quick".into(),
            state: Standing::Finished,
            shortfall: Shortfall::default(),
            done: 0,
            all: 0,
            started_ms: Some(1_000),
            last_ms: None,
            data: String::new(),
            path: PathBuf::new(),
            fault: None,
        };
        let age = |seconds: u64| entry.age(1_000 + seconds * 1_000).unwrap();
        assert_eq!([age(59), age(60), age(7_199)], ["59 s", "1 min", "1 h"]);
        assert_eq!([age(172_799), age(172_800)], ["47 h", "2 d"]);
    }
}
