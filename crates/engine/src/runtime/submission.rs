//! What a run is that jobs of a cluster will train, found out without a device.

use std::sync::Arc;

use crate::error::EngineError;
use crate::runtime::preparation::{self, Resumed, prepare};
use host::clock;
use store::{Journal, Reopened};
use study::config::Config;
use study::event::{Event, EventKind, RunHeader};
use study::feed::Loading;
use study::run_state::RunState;

/// The header of a run of `config` that `program` submits. The data are read once, since the grid and the labels' balance
/// depend on them, and let go; `report` hears how far.
///
/// # Errors
/// Where the study cannot be trained.
pub fn header(
    config: &Config,
    program: &str,
    report: &mut dyn FnMut(Loading),
) -> Result<RunHeader, EngineError> {
    let prepared = prepare(config, None, None, program, report)?;
    Ok(Arc::unwrap_or_clone(prepared.header))
}

/// A run that is submitted again: its state, and what its user should know.
#[derive(Debug)]
pub struct Resubmitted {
    /// With the grid as it has grown.
    pub state: RunState,
    /// Messages.
    pub warnings: Vec<String>,
    /// Held until the run is on the cluster, so that nobody else resumes it meanwhile.
    pub journal: Journal,
}

/// Writes into the run's journal that `program` resumes it with `config`, as jobs of a cluster.
///
/// # Errors
/// As for resuming it on this machine: where more than its grid has changed that decides its numbers.
pub fn resubmit(
    mut reopened: Reopened,
    config: &Config,
    program: &str,
    report: &mut dyn FnMut(Loading),
) -> Result<Resubmitted, EngineError> {
    let prepared = prepare(config, reopened.header(), None, program, report)?;
    let Resumed { prepared, header, warnings } = preparation::resume(prepared, &mut reopened)?;
    let mut state = RunState::replay(&reopened.events);
    let provenance = prepared.header.provenance.clone();
    let kind = EventKind::RunResumed { provenance, header };
    let event = Event { seq: state.next_seq(), at_ms: clock::now_ms(), kind };
    reopened.journal.append(&event)?;
    reopened.journal.sync()?;
    state.apply(&event);
    Ok(Resubmitted { state, warnings, journal: reopened.journal })
}
