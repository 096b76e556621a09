//! Commands to a run, as data: what keys and the control socket send.

use super::grid::CohortId;

/// A request to the scheduler. Requests that make no sense at the moment are answered with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the run and begin, or continue after a pause or a stop.
    Start,
    /// Wait at the next step.
    Pause,
    /// Stop one configuration: its seeds end as stopped.
    StopConfiguration {
        /// Which.
        cohort: CohortId,
    },
    /// Stop the sweep at the next step; cohorts without an end stay open.
    StopSweep,
    /// Train one configuration again; its result stays until the new attempt has completed.
    RunAgain {
        /// Which.
        cohort: CohortId,
    },
    /// No user can continue the run: end when nothing is running, and leave a paused sweep.
    Unattended,
    /// Write summary and figures now.
    Export,
    /// Stop at the next step, write the summary and end the scheduler.
    Quit,
}
