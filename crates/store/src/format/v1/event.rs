//! A journal's lines.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::grid::{CohortId, Position};
use super::header::{Provenance, RunHeader};
use super::results::{SeedEvaluation, SeedMetrics, SeedOutcome};
use study::event::{self, EventKind};
use study::grid::{Epoch, Seed};

/// One line, its fields in this order.
#[derive(Debug, Serialize, Deserialize)]
struct Event {
    seq: u64,
    at_ms: u64,
    #[serde(flatten)]
    kind: Kind,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event")]
enum Kind {
    #[serde(rename = "run_started")]
    RunStarted { format: u32, header: Box<RunHeader> },
    #[serde(rename = "run_paused")]
    RunPaused,
    #[serde(rename = "run_continued")]
    RunContinued,
    #[serde(rename = "run_interrupted")]
    RunInterrupted,
    #[serde(rename = "run_resumed")]
    RunResumed {
        provenance: Provenance,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Box<RunHeader>>,
    },
    #[serde(rename = "run_finished")]
    RunFinished,
    #[serde(rename = "shard_started")]
    ShardStarted {
        shard: u32,
        start: u32,
        host: String,
        job: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<After>,
        provenance: Provenance,
    },
    #[serde(rename = "cohort_started")]
    CohortStarted {
        cohort: CohortId,
        attempt: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<u64>,
    },
    #[serde(rename = "cohort_resumed")]
    CohortResumed {
        cohort: CohortId,
        attempt: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<u64>,
        at: Position,
    },
    #[serde(rename = "epoch_finished")]
    EpochFinished { cohort: CohortId, attempt: u32, epoch: u32, metrics: Vec<SeedMetrics> },
    #[serde(rename = "cohort_evaluated")]
    CohortEvaluated { cohort: CohortId, attempt: u32, evaluations: Vec<SeedEvaluation> },
    #[serde(rename = "cohort_finished")]
    CohortFinished { cohort: CohortId, attempt: u32, seeds: Vec<(u64, SeedOutcome)>, seconds: f64 },
}

/// The start of a shard that another one continues, and how far it was read.
#[derive(Debug, Serialize, Deserialize)]
struct After {
    start: u32,
    bytes: u64,
}

/// The line of `event`, without its line feed.
pub fn encode(event: &event::Event) -> serde_json::Result<Vec<u8>> {
    let event::Event { seq, at_ms, kind } = event;
    serde_json::to_vec(&Event { seq: *seq, at_ms: *at_ms, kind: kind.into() })
}

/// Why a line is no event.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// It does not have an event's form.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
    /// Its header names more than a run can have.
    #[error("{0}")]
    OutOfBounds(String),
}

/// The event of `line`. Fields that this program does not know are left out.
pub fn decode(line: &[u8]) -> Result<event::Event, DecodeError> {
    let Event { seq, at_ms, kind } = serde_json::from_slice(line)?;
    let kind = EventKind::try_from(kind).map_err(DecodeError::OutOfBounds)?;
    Ok(event::Event { seq, at_ms, kind })
}

/// The `seq` of an epoch's line that has whatever its event needs; absent for any other line. Several times as fast as
/// [`decode`], which does not know the kind before it has read the line.
pub fn epoch_number(line: &[u8]) -> Option<u64> {
    const BEGINNING: usize = 120;
    const EPOCH: &[u8] = br#""event":"epoch_finished""#;

    #[derive(Deserialize)]
    struct Line {
        seq: u64,
        #[serde(rename = "at_ms")]
        _at_ms: u64,
        #[serde(rename = "cohort")]
        _cohort: CohortId,
        #[serde(rename = "attempt")]
        _attempt: u32,
        #[serde(rename = "epoch")]
        _epoch: u32,
        #[serde(rename = "metrics")]
        _metrics: Vec<SeedMetrics>,
    }

    let is_epoch = line[..line.len().min(BEGINNING)].windows(EPOCH.len()).any(|part| part == EPOCH);
    if !is_epoch {
        return None;
    }
    serde_json::from_slice(line).ok().map(|line: Line| line.seq)
}

impl From<&EventKind> for Kind {
    fn from(kind: &EventKind) -> Self {
        match kind {
            EventKind::RunStarted { format, header } => {
                Self::RunStarted { format: *format, header: Box::new((&**header).into()) }
            }
            EventKind::RunPaused => Self::RunPaused,
            EventKind::RunContinued => Self::RunContinued,
            EventKind::RunInterrupted => Self::RunInterrupted,
            EventKind::RunResumed { provenance, header } => Self::RunResumed {
                provenance: provenance.into(),
                header: header.as_deref().map(|header| Box::new(header.into())),
            },
            EventKind::RunFinished => Self::RunFinished,
            EventKind::ShardStarted { shard, start, host, job, after, provenance } => Self::ShardStarted {
                shard: *shard,
                start: *start,
                host: host.clone(),
                job: job.clone(),
                after: after.map(|(start, bytes)| After { start, bytes }),
                provenance: provenance.into(),
            },
            EventKind::CohortStarted { cohort, attempt, only } => Self::CohortStarted {
                cohort: (*cohort).into(),
                attempt: *attempt,
                only: only.iter().map(|seed| seed.0).collect(),
            },
            EventKind::CohortResumed { cohort, attempt, only, at } => Self::CohortResumed {
                cohort: (*cohort).into(),
                attempt: *attempt,
                only: only.iter().map(|seed| seed.0).collect(),
                at: (*at).into(),
            },
            EventKind::EpochFinished { cohort, attempt, epoch, metrics } => Self::EpochFinished {
                cohort: (*cohort).into(),
                attempt: *attempt,
                epoch: epoch.0,
                metrics: metrics.iter().map(Into::into).collect(),
            },
            EventKind::CohortEvaluated { cohort, attempt, evaluations } => Self::CohortEvaluated {
                cohort: (*cohort).into(),
                attempt: *attempt,
                evaluations: evaluations.iter().map(Into::into).collect(),
            },
            EventKind::CohortFinished { cohort, attempt, seeds, seconds } => Self::CohortFinished {
                cohort: (*cohort).into(),
                attempt: *attempt,
                seeds: seeds.iter().map(|(seed, outcome)| (seed.0, outcome.into())).collect(),
                seconds: *seconds,
            },
        }
    }
}

impl TryFrom<Kind> for EventKind {
    type Error = String;

    fn try_from(kind: Kind) -> Result<Self, String> {
        Ok(match kind {
            Kind::RunStarted { format, header } => {
                Self::RunStarted { format, header: Box::new(event::RunHeader::try_from(*header)?) }
            }
            Kind::RunPaused => Self::RunPaused,
            Kind::RunContinued => Self::RunContinued,
            Kind::RunInterrupted => Self::RunInterrupted,
            Kind::RunResumed { provenance, header } => Self::RunResumed {
                provenance: provenance.into(),
                header: header.map(|header| event::RunHeader::try_from(*header).map(Box::new)).transpose()?,
            },
            Kind::RunFinished => Self::RunFinished,
            Kind::ShardStarted { shard, start, host, job, after, provenance } => Self::ShardStarted {
                shard,
                start,
                host,
                job,
                after: after.map(|After { start, bytes }| (start, bytes)),
                provenance: provenance.into(),
            },
            Kind::CohortStarted { cohort, attempt, only } => Self::CohortStarted {
                cohort: cohort.into(),
                attempt,
                only: only.into_iter().map(Seed).collect(),
            },
            Kind::CohortResumed { cohort, attempt, only, at } => Self::CohortResumed {
                cohort: cohort.into(),
                attempt,
                only: only.into_iter().map(Seed).collect(),
                at: at.into(),
            },
            Kind::EpochFinished { cohort, attempt, epoch, metrics } => Self::EpochFinished {
                cohort: cohort.into(),
                attempt,
                epoch: Epoch(epoch),
                metrics: metrics.into_iter().map(Into::into).collect(),
            },
            Kind::CohortEvaluated { cohort, attempt, evaluations } => Self::CohortEvaluated {
                cohort: cohort.into(),
                attempt,
                evaluations: evaluations.into_iter().map(Into::into).collect(),
            },
            Kind::CohortFinished { cohort, attempt, seeds, seconds } => Self::CohortFinished {
                cohort: cohort.into(),
                attempt,
                seeds: seeds.into_iter().map(|(seed, outcome)| (Seed(seed), outcome.into())).collect(),
                seconds,
            },
        })
    }
}
