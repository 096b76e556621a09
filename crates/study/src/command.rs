//! What a user asks of a run, as data: the keys' and the control socket's vocabulary.

use super::grid::CohortId;

/// A request to the scheduler. Requests that make no sense at the moment are answered with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Make the run and begin, or go on after a pause or a stop.
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
    /// Nobody is there who could go on: end when nothing is under way, and leave a sweep that is paused.
    Unattended,
    /// Write summary and figures now.
    Export,
    /// Stop at the next step, write the summary and end the scheduler.
    Quit,
}
