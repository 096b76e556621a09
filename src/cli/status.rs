//! The exit status of the program.

use color_eyre::eyre;
use superfuse::engine::EngineError;

/// How the program ended, as its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// What was asked for is done.
    Done = 0,
    /// Some trial failed or was stopped, or the program failed while it ran.
    Incomplete = 1,
    /// Bad usage, configuration or data: nothing was started.
    BadInput = 2,
    /// Ended by a signal.
    Interrupted = 130,
}

/// Everything before a run's first step is bad input; an engine error after that is not.
pub(super) fn status_of(error: &eyre::Report) -> Status {
    match error.downcast_ref::<EngineError>() {
        Some(engine) if !engine.is_bad_input() => Status::Incomplete,
        _ => Status::BadInput,
    }
}
