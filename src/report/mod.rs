//! Tables and figures out of a run's state, and of nothing else. Names no tensor and no terminal.
//!
//! Architecture Invariant: a file written here is a function of the journal. Every number in it is one
//! of [`crate::study::summary`]'s, or a mean over seeds of what the journal holds.

mod cell;
mod contents;
mod csv;
mod export;
mod figures;
mod json;
mod latex;
mod markdown;
mod terminal;
mod text;
mod words;

use std::path::PathBuf;

use crate::store::StoreError;
use crate::study::run_state::RunState;
use contents::Contents;

pub use export::{export, figures};
pub use terminal::terminal_summary;

/// The formats of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown, to be read.
    Md,
    /// Comma-separated values: one row for each configuration, fractions in full precision.
    Csv,
    /// JSON: the same rows with the best checkpoints, the data's facts and the provenance.
    Json,
    /// LaTeX tables, to be `\input`.
    Tex,
}

/// A summary or a figure could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is nothing to report on.
    #[error("the run has not begun, so there is nothing to report; start it first")]
    NothingBegun,
    /// A folder for the files cannot be made.
    #[error("cannot make {}: {source}; choose a folder that you may write in", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A table cannot be put into its format.
    #[error("cannot write the summary as {format}: {why}")]
    Table {
        /// The format.
        format: &'static str,
        /// Why not.
        why: String,
    },
    /// A figure cannot be drawn.
    #[error("cannot draw the figure {name}: {why}")]
    Figure {
        /// The figure.
        name: &'static str,
        /// Why not.
        why: String,
    },
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Md, Self::Csv, Self::Json, Self::Tex];

    /// The file name's ending.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Md => "md",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Tex => "tex",
        }
    }
}

/// The run's summary in `format`.
pub fn render(state: &RunState, format: Format) -> Result<String, ReportError> {
    let contents = Contents::of(state)?;
    match format {
        Format::Md => Ok(markdown::render(&contents)),
        Format::Csv => csv::render(&contents),
        Format::Json => json::render(&contents),
        Format::Tex => Ok(latex::render(&contents)),
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
