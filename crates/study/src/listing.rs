//! A folder of runs as values: what each is, its state, and what lists are filtered by.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use super::access::Access;
use super::filter::{Filter, Got, Key, Row};
use super::grid::CohortId;
use super::labels::{Labels, Tag};
use super::look::look;
use super::run_state::{CohortStatus, Phase, RunState};
use super::scored::Scored;
use super::text::one_line;

/// One run among others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunEntry {
    /// `run.name` of its configuration; the directory's name where that cannot be read.
    pub name: String,
    /// What its users say of it.
    pub labels: Labels,
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
    /// The configuration with the highest test accuracy.
    pub best: Option<BestScore>,
    /// Its summary's rows.
    #[serde(skip)]
    pub configurations: Arc<[Scored]>,
    /// The error in its journal, if there is one.
    pub fault: Option<String>,
    /// The error in its labels, if there is one: they cannot be changed before it is gone.
    pub labels_fault: Option<String>,
    /// Whether it may be labelled.
    #[serde(skip)]
    pub access: Access,
}

/// The best of a run's configurations on test rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BestScore {
    /// Which.
    #[serde(flatten)]
    pub id: CohortId,
    /// Its test accuracy, mean over seeds.
    pub test_accuracy: f64,
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
    /// Jobs of a cluster train it, or will.
    #[serde(rename = "on the cluster")]
    OnCluster,
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

    /// Of the run with this state, whose folder holds what jobs of a cluster write.
    pub fn of_jobs(state: &RunState) -> Self {
        match state.phase_when_left() {
            Phase::Finished => Self::Finished,
            _ => Self::OnCluster,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::OnCluster => "on the cluster",
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

impl BestScore {
    /// Of these configurations; of equals the first one.
    pub fn of(configurations: &[Scored]) -> Option<Self> {
        let scores = configurations
            .iter()
            .filter_map(|scored| Some(Self { id: scored.id, test_accuracy: scored.acc? }));
        scores.reduce(|best, one| if one.test_accuracy > best.test_accuracy { one } else { best })
    }

    /// The short name of its fusion.
    pub fn fusion(&self) -> &'static str {
        look(self.id.fusion).short_name
    }
}

impl Row for &RunEntry {
    /// Whether the name, the data or a tag holds it.
    fn has_word(&self, word: &str) -> bool {
        let tags = self.labels.tags().iter().map(Tag::as_str);
        let mut texts = [self.shown_name(), &self.name, &self.data].into_iter().chain(tags);
        texts.any(|text| text.to_lowercase().contains(word))
    }

    fn get(&self, key: Key) -> Got<'_> {
        match key {
            Key::Name => Got::Texts(vec![self.shown_name().into(), self.name.as_str().into()]),
            Key::Data => Got::Texts(vec![self.data.as_str().into()]),
            Key::Tag => Got::Texts(self.labels.tags().iter().map(|tag| tag.as_str().into()).collect()),
            Key::Note => Got::Texts(vec![self.labels.note().into()]),
            Key::State => Got::Texts(vec![self.state.name().into()]),
            Key::Date => self.started_ms.map_or(Got::Nothing, Got::Time),
            Key::Fusion | Key::Task | Key::Size | Key::Seeds | Key::Seed | Key::Val | Key::Acc | Key::Auc => {
                Got::Nothing
            }
        }
    }
}

impl RunEntry {
    /// The run in the directory `path`, of which nothing was read.
    pub fn unread(path: PathBuf) -> Self {
        let directory = path.file_name().unwrap_or(path.as_os_str());
        Self {
            name: one_line(directory.to_string_lossy()),
            labels: Labels::default(),
            state: Standing::Unreadable,
            shortfall: Shortfall::default(),
            done: 0,
            all: 0,
            started_ms: None,
            last_ms: None,
            data: String::new(),
            path,
            best: None,
            configurations: Arc::default(),
            fault: None,
            labels_fault: None,
            access: Access::Full,
        }
    }

    /// Its label's name, or else that of its configuration.
    pub fn shown_name(&self) -> &str {
        if self.labels.name().is_empty() { &self.name } else { self.labels.name() }
    }

    /// The last part of its directory's path.
    pub fn directory(&self) -> String {
        self.path.file_name().unwrap_or(self.path.as_os_str()).to_string_lossy().into_owned()
    }

    /// Whether it passes a filter read with [`Key::RUNS`], at a time for `today`: itself, and for terms about
    /// configurations one of these.
    pub fn passes(&self, filter: &Filter, now_ms: u64) -> bool {
        filter.passes_of(&self, self.configurations.iter(), now_ms)
    }

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
    use super::super::filter::Typed;
    use super::super::grid::Task;
    use super::super::model::ModelId;
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
        let entry = RunEntry { started_ms: Some(1_000), ..RunEntry::unread("quick".into()) };
        let age = |seconds: u64| entry.age(1_000 + seconds * 1_000).unwrap();
        assert_eq!([age(59), age(60), age(7_199)], ["59 s", "1 min", "1 h"]);
        assert_eq!([age(172_799), age(172_800)], ["47 h", "2 d"]);
    }

    #[test]
    fn a_run_is_filtered_by_what_it_is_and_by_its_configurations() {
        let scored = |fusion, train_size, acc| Scored {
            id: CohortId { fusion, task: Task::Real, train_size },
            state: "completed",
            seeds: 2,
            val: None,
            acc,
            auc: None,
        };
        let configurations: Arc<[Scored]> = [
            scored(ModelId::CONCAT, 64, Some(0.7)),
            scored(ModelId::PRODUCT, 1_024, Some(0.84)),
            scored(ModelId::TENSOR, 64, None),
        ]
        .into();
        let tags = vec!["Ablation".parse().unwrap()];
        let entry = RunEntry {
            labels: Labels::new("night", "with more noise", tags).unwrap(),
            data: "emoji.npz".into(),
            started_ms: Some(86_400_000),
            best: BestScore::of(&configurations),
            configurations,
            state: Standing::Finished,
            ..RunEntry::unread("quick".into())
        };
        assert_eq!(entry.best.map(|best| (best.fusion(), best.test_accuracy)), Some(("product", 0.84)));
        let passes =
            |text: &str| entry.passes(&Typed::read(text, Key::RUNS).whole().unwrap(), 2 * 86_400_000);
        for text in [
            "fusion=product acc>=.8 size>512",
            "quick night EMOJI abl",
            "name=quick name=night data=emoji tag=ablation note=noise state=finished date=yesterday",
            "date>=1970-01-02 task=real seeds=2",
        ] {
            assert!(passes(text), "{text}");
        }
        for text in
            ["fusion=concat acc>=.8", "fusion=tensor acc<1", "finished", "tag=abl", "date=today", "noise"]
        {
            assert!(!passes(text), "{text}");
        }
    }
}
