//! What can go wrong between the program and the queue.

use std::time::Duration;

use store::StoreError;
use study::text::lines;

/// A command of the queue did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// There is no such program.
    #[error(
        "`{program}` was not found: submit on a machine that has Slurm's commands (a login node, perhaps after `module load \
         slurm`)"
    )]
    NotFound {
        /// Its name.
        program: &'static str,
    },
    /// It did not answer.
    #[error("`{program}` did not answer within {} s; the queue may be busy: try again", .limit.as_secs())]
    Silent {
        /// Its name.
        program: &'static str,
        /// How long it was waited for.
        limit: Duration,
    },
    /// It could not be started or talked to.
    #[error("`{program}` cannot be used: {source}")]
    Io {
        /// Its name.
        program: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// It refused.
    #[error("{}{}", refusal(.program, .said), .fix.map_or_else(String::new, |fix| format!("\n{fix}")))]
    Refused {
        /// Its name.
        program: &'static str,
        /// What it said, as it said it.
        said: String,
        /// What to change, where that is known.
        fix: Option<&'static str>,
    },
    /// Its answer is none that is known.
    #[error("`{program}` gave an answer that is not understood: {}", lines(.answer))]
    Answer {
        /// Its name.
        program: &'static str,
        /// The beginning of it.
        answer: String,
    },
    /// Something that is asked for cannot be done.
    #[error("{0}")]
    Impossible(String),
    /// The run's files cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn refusal(program: &str, said: &str) -> String {
    format!("{program} refused:\n{}", lines(said.trim_end()))
}

/// What Slurm's commands say where its controller was too busy to answer them.
const NO_ANSWER: [&str; 3] = ["timed out", "Unable to contact slurm controller", "Connection refused"];

impl ClusterError {
    /// Whether the command may have worked all the same: its answer is missing, or makes no sense.
    pub(crate) fn may_have_worked(&self) -> bool {
        match self {
            Self::Silent { .. } | Self::Answer { .. } => true,
            Self::Refused { said, .. } => NO_ANSWER.iter().any(|words| said.contains(words)),
            _ => false,
        }
    }

    /// What a command said where it refused; empty otherwise.
    pub fn said(&self) -> &str {
        match self {
            Self::Refused { said, .. } => said,
            _ => "",
        }
    }
}
