//! The exit status of the program.

/// How the program ended, as its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// What was asked for is done.
    Done = 0,
    /// Some trial failed or was stopped, or the program failed while it ran.
    Incomplete = 1,
    /// Bad usage, configuration or data: nothing was started.
    BadInput = 2,
    /// Ended by a signal.
    Interrupted = 130,
}
