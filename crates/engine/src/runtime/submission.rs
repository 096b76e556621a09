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

/// A run that may be submitted again. It is held, so that nobody else resumes it meanwhile.
#[derive(Debug)]
pub struct Resubmission {
    /// With the grid as it has grown.
    pub state: RunState,
    /// What its user should know.
    pub warnings: Vec<String>,
    journal: Journal,
    begins: Event,
}

impl Resubmission {
    /// Of an existing run, which `program` resumes with `config` as jobs of a cluster. Its journal is as it was.
    ///
    /// # Errors
    /// As for resuming it on this machine: where more than its grid has changed that decides its numbers.
    pub fn of(
        mut reopened: Reopened,
        config: &Config,
        program: &str,
        report: &mut dyn FnMut(Loading),
    ) -> Result<Self, EngineError> {
        let prepared = prepare(config, reopened.header(), None, program, report)?;
        let Resumed { prepared, header, warnings } = preparation::resume(prepared, &mut reopened)?;
        let mut state = RunState::replay(&reopened.events);
        let provenance = prepared.header.provenance.clone();
        let kind = EventKind::RunResumed { provenance, header };
        let begins = Event { seq: state.next_seq(), at_ms: clock::now_ms(), kind };
        state.apply(&begins);
        Ok(Self { state, warnings, journal: reopened.journal, begins })
    }

    /// Writes that it is resumed, does `submit`, and where that fails, that it is interrupted again.
    pub fn submit<T, E: From<EngineError>>(mut self, submit: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.write(&self.begins.clone())?;
        submit().inspect_err(|_| {
            let (seq, kind) = (self.state.next_seq(), EventKind::RunInterrupted);
            // Readers find as much where it cannot be written: no process works on the run.
            let _ = self.write(&Event { seq, at_ms: clock::now_ms(), kind });
        })
    }

    fn write(&mut self, event: &Event) -> Result<(), EngineError> {
        self.journal.append(event)?;
        Ok(self.journal.sync()?)
    }
}
