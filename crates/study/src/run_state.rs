//! A run's state: a left fold of its events, and of nothing else.
//!
//! Architecture Invariant: no clock, no file, no screen. The live view, `report`, `watch` and `resume`
//! share it, so they cannot disagree.

mod cohort;
mod derived;
mod shard;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, EventKind, Provenance, RunHeader};
use super::grid::{CohortId, DerivedRow, Seed};

pub use cohort::{Attempt, CohortState, CohortStatus, TrialState};
pub use derived::DerivedState;
pub use shard::ShardState;

/// Where the run as a whole stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was started.
    #[default]
    Planned,
    /// Workers train.
    Running,
    /// Workers wait at a step.
    Paused,
    /// The process ended, or the sweep was stopped, with cohorts still open.
    Interrupted,
    /// Every cohort has an outcome.
    Finished,
}

/// Everything known about a run. A copy shares the cohorts with its original until an event changes one.
#[derive(Clone, Debug, Default)]
pub struct RunState {
    header: Option<Arc<RunHeader>>,
    resumed_by: Vec<Provenance>,
    phase: Phase,
    order: Vec<CohortId>,
    cohorts: BTreeMap<CohortId, Arc<CohortState>>,
    /// The header's derived rows.
    derived_rows: Arc<[DerivedRow]>,
    /// A pure function of the header and `cohorts`, kept beside them.
    derived: BTreeMap<CohortId, Arc<DerivedState>>,
    /// On a cluster: the shards that have begun.
    shards: BTreeMap<u32, ShardState>,
    next_seq: u64,
    started_ms: Option<u64>,
    last_ms: u64,
}

impl RunState {
    /// The state before the first event: the grid with nothing in it.
    pub fn planned(header: Arc<RunHeader>) -> Self {
        let mut state = Self::default();
        state.take_header(header);
        state
    }

    /// The fold of a whole journal.
    pub fn replay<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut state = Self::default();
        for event in events {
            state.apply(event);
        }
        state
    }

    /// Takes one more event. An event that was applied before is ignored, so that reconnecting is safe.
    pub fn apply(&mut self, event: &Event) {
        if event.seq < self.next_seq {
            return;
        }
        self.next_seq = event.seq.saturating_add(1);
        // Those of shards come in any order.
        self.last_ms = self.last_ms.max(event.at_ms);
        match &event.kind {
            EventKind::RunStarted { header, .. } => {
                self.take_header(Arc::new((**header).clone()));
                self.started_ms = Some(event.at_ms);
                self.phase = Phase::Running;
            }
            EventKind::RunPaused => self.phase = Phase::Paused,
            EventKind::RunContinued => self.phase = Phase::Running,
            EventKind::RunResumed { provenance, header } => {
                // A process that was killed could not record that it was interrupted.
                self.interrupt();
                if let Some(header) = header {
                    self.take_header(Arc::new((**header).clone()));
                }
                if self.by_process().next_back() != Some(provenance) {
                    self.resumed_by.push(provenance.clone());
                }
                self.phase = Phase::Running;
            }
            EventKind::RunInterrupted => self.interrupt(),
            EventKind::RunFinished => self.phase = Phase::Finished,
            EventKind::ShardStarted { shard, start, host, job, provenance, .. } => {
                let begun = ShardState::new(*start, (host, job), event.at_ms, provenance.clone());
                match self.shards.get_mut(shard) {
                    Some(known) => known.start_again(begun),
                    None => drop(self.shards.insert(*shard, begun)),
                }
            }
            EventKind::CohortStarted { cohort, attempt, only } => self.begin(*cohort, *attempt, only),
            EventKind::CohortResumed { cohort, attempt, only, at } => {
                if let Some(state) = self.cohort_mut(*cohort) {
                    state.resume(*attempt, only, at.epoch);
                }
            }
            EventKind::EpochFinished { cohort, attempt, epoch, metrics } => {
                if let Some(state) = self.cohort_mut(*cohort) {
                    state.record(*attempt, *epoch, metrics);
                }
            }
            EventKind::CohortEvaluated { cohort, attempt, evaluations } => {
                if let Some(state) = self.cohort_mut(*cohort) {
                    state.evaluate(*attempt, evaluations);
                }
            }
            EventKind::CohortFinished { cohort, attempt, seeds, seconds } => {
                let header = self.header.clone();
                if let (Some(state), Some(header)) = (self.cohort_mut(*cohort), header) {
                    state.finish(*attempt, seeds, *seconds, &header.sweep.seeds);
                }
            }
        }
        match &event.kind {
            EventKind::CohortStarted { cohort, .. }
            | EventKind::CohortResumed { cohort, .. }
            | EventKind::CohortFinished { cohort, .. } => self.derive_from(*cohort),
            _ => {}
        }
    }

    /// What the run is; absent before it is known.
    pub fn header(&self) -> Option<&RunHeader> {
        self.header.as_deref()
    }

    /// What computed the run: first the process that began it, then each that resumed it and was not
    /// like the one before, then those of shards that are unlike all others. Where shards computed all of it, they alone.
    pub fn provenances(&self) -> impl Iterator<Item = &Provenance> {
        let by_process =
            self.by_process().filter(|made| self.shards.is_empty() || !made.is_of_a_submission());
        let mut all: Vec<&Provenance> = by_process.collect();
        for made in self.shards.values().flat_map(ShardState::provenances) {
            if !all.contains(&made) {
                all.push(made);
            }
        }
        all.into_iter()
    }

    fn by_process(&self) -> impl DoubleEndedIterator<Item = &Provenance> {
        self.header.iter().map(|header| &header.provenance).chain(&self.resumed_by)
    }

    /// The shards that have begun, by their numbers; none where the run never was on a cluster.
    pub const fn shards(&self) -> &BTreeMap<u32, ShardState> {
        &self.shards
    }

    /// Where the run stands.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The cohorts that are trained, in training order.
    pub fn order(&self) -> &[CohortId] {
        &self.order
    }

    /// The state of a cohort that is trained, or of a derived row; absent where the grid does not have it.
    pub fn cohort(&self, cohort: CohortId) -> Option<&CohortState> {
        let derived = || self.derived.get(&cohort).map(|derived| &derived.state);
        self.cohorts.get(&cohort).map(AsRef::as_ref).or_else(derived)
    }

    /// The cohorts that are trained, in training order, with their states.
    pub fn cohorts(&self) -> impl Iterator<Item = (CohortId, &CohortState)> {
        self.order.iter().filter_map(|id| self.cohorts.get(id).map(|state| (*id, &**state)))
    }

    /// The sweep's seeds of a cohort that are to be trained: those without an outcome, those that failed, and those
    /// that completed and whose numbers the journal has lost.
    pub fn missing_seeds(&self, cohort: CohortId) -> Vec<Seed> {
        let (Some(header), Some(state)) = (self.header(), self.cohort(cohort)) else { return Vec::new() };
        state.missing(&header.sweep.seeds)
    }

    /// The run's phase without a process that works on it: what was training is pending, unless it has a result.
    pub fn phase_when_left(&self) -> Phase {
        let Some(header) = self.header() else { return Phase::Interrupted };
        let has_outcome = |state: &CohortState| state.status_when_left(&header.sweep.seeds).is_over();
        match self.phase {
            Phase::Planned => Phase::Planned,
            _ if self.cohorts().all(|(_, state)| has_outcome(state)) => Phase::Finished,
            _ => Phase::Interrupted,
        }
    }

    /// The state without a process that works on the run: a killed process records no end.
    #[must_use]
    pub fn left(&self) -> Self {
        let mut left = self.clone();
        if matches!(self.phase, Phase::Running | Phase::Paused) {
            left.interrupt();
        }
        left
    }

    /// Takes over from `other`, a state of the same run, the cohorts that are over in both, so that the two of them
    /// take memory once.
    pub fn share(&mut self, other: &Self) {
        let standing = |state: &CohortState| (state.attempt, state.ends, state.status);
        for (id, state) in &mut self.cohorts {
            let is_same =
                |other: &&Arc<CohortState>| other.status.is_over() && standing(other) == standing(state);
            if let Some(other) = other.cohorts.get(id).filter(is_same) {
                *state = Arc::clone(other);
            }
        }
        for (id, derived) in &mut self.derived {
            let is_same = |other: &&Arc<DerivedState>| {
                let (one, other) = (&derived.state, &other.state);
                other.status.is_over() && standing(other) == standing(one)
            };
            if let Some(other) = other.derived.get(id).filter(is_same) {
                *derived = Arc::clone(other);
            }
        }
    }

    /// When the run began, milliseconds since 1970-01-01 UTC.
    pub const fn started_ms(&self) -> Option<u64> {
        self.started_ms
    }

    /// When the last event happened, likewise.
    pub const fn last_ms(&self) -> u64 {
        self.last_ms
    }

    /// The next event's number.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    fn take_header(&mut self, header: Arc<RunHeader>) {
        self.order = header.sweep.cohorts();
        for &cohort in &self.order {
            let state = Arc::make_mut(self.cohorts.entry(cohort).or_default());
            // A cohort whose seeds have become more is open again.
            if state.status != CohortStatus::Running {
                state.status = state.status_when_left(&header.sweep.seeds);
            }
        }
        self.derived_rows = header.sweep.derived().into();
        self.header = Some(header);
        self.derived.clear();
        self.derive_all();
    }

    fn begin(&mut self, cohort: CohortId, attempt: u32, only: &[Seed]) {
        let Some(state) = self.cohort_mut(cohort) else { return };
        state.begin(attempt, only);
        if self.phase == Phase::Finished {
            self.phase = Phase::Running;
        }
    }

    fn interrupt(&mut self) {
        let seeds = self.header.as_ref().map_or(&[][..], |header| &header.sweep.seeds);
        for state in self.cohorts.values_mut().filter(|state| state.status == CohortStatus::Running) {
            Arc::make_mut(state).leave(seeds);
        }
        self.derive_all();
        self.phase = self.phase_when_left();
    }

    fn cohort_mut(&mut self, cohort: CohortId) -> Option<&mut CohortState> {
        self.cohorts.get_mut(&cohort).map(Arc::make_mut)
    }
}

#[cfg(test)]
mod tests;
