//! What happens while a configuration trains: reported by each of its groups, and for all of them together to the worker.

use study::event::SeedMetrics;
use study::grid::Epoch;

/// What happened.
pub(crate) enum TrainingEvent {
    /// An epoch is over; numbers of the seeds that still train, in their order.
    EpochFinished { epoch: Epoch, metrics: Vec<SeedMetrics> },
    /// So many rows were trained on since the last report, in this epoch.
    RowsTrained { epoch: Epoch, rows: usize, samples_per_second: f64 },
    /// The last epoch of a group.
    TrainingFinished { last: Epoch },
    /// Something that the user should know.
    Warned(String),
}
