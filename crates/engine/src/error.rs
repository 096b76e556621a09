//! What can go wrong before and around training.

use data::DataError;
use report::ReportError;
use store::StoreError;
use study::config::Fault;
use study::text::one_line;

/// Why the engine did not start, or stopped. A failure inside one cohort is no such error: it becomes
/// that cohort's outcome.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The device asked for cannot be used.
    #[error("run.device = \"{asked}\" cannot be used: {why}")]
    Device {
        /// As in the configuration.
        asked: String,
        /// The reason, and what to do.
        why: String,
    },
    /// The data set cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The configuration does not fit the data set.
    #[error("{0}")]
    Config(Fault),
    /// The run to resume is not the configured one.
    #[error("{0}")]
    Changed(String),
    /// The run cannot be begun: its directory cannot be made.
    #[error(transparent)]
    NotBegun(StoreError),
    /// The run's files cannot be written any more.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The summary or a figure cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// LibTorch reported an error.
    #[error("LibTorch: {0}")]
    LibTorch(String),
    /// A cohort does not fit into memory.
    #[error("memory: {0}")]
    Memory(String),
    /// A checkpoint cannot be written or read.
    #[error("checkpoint {path}: {why}")]
    Checkpoint {
        /// Which file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// A training state does not fit the run.
    #[error("the training state in {folder} does not fit the run: {why}; `r` runs the configuration again")]
    TrainingState {
        /// Where it is.
        folder: String,
        /// What does not fit.
        why: String,
    },
    /// A thread of the program ended without a result.
    #[error("the {0} thread panicked; the log has the details")]
    Thread(&'static str),
}

impl EngineError {
    /// Whether the user's command, configuration or data are at fault, so that nothing was started.
    pub const fn is_bad_input(&self) -> bool {
        match self {
            Self::Device { .. } | Self::Data(_) | Self::Config(_) | Self::Changed(_) | Self::NotBegun(_) => {
                true
            }
            Self::Store(_)
            | Self::Report(_)
            | Self::LibTorch(_)
            | Self::Memory(_)
            | Self::Checkpoint { .. }
            | Self::TrainingState { .. }
            | Self::Thread(_) => false,
        }
    }
}

/// A panic's message without the wrapping that tch's infallible calls put around LibTorch's error.
pub(crate) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked without a message");
    let torch = text.split_once("Torch(\"").map_or(text, |(_, rest)| rest);
    // LibTorch appends a C++ backtrace; its first line is the reason.
    let reason = torch.split("\\n").next().unwrap_or(torch).lines().next().unwrap_or(torch);
    one_line(reason)
}
