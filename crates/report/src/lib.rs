//! Tables and figures out of a run's state and of the rows beside its journal, and of nothing else. Names
//! no tensor and no terminal.
//!
//! Architecture Invariant: a file written here is a function of the journal and of those rows. Every number
//! in it is one of [`study::summary`]'s or of [`study::claims`]'s, or a mean over seeds of
//! what the journal holds.

mod best;
mod cell;
mod choices;
mod classes;
mod contents;
mod csv;
mod export;
mod figures;
mod float;
mod gate;
mod grid;
mod html;
mod json;
mod latex;
mod long;
mod markdown;
mod modalities;
mod paint;
mod paper;
mod sentences;
mod split;
mod tables;
mod tensorboard;
mod terminal;
mod text;
mod verdicts;

use std::path::PathBuf;

use contents::Contents;
use figures::{Figure, Medium};
use store::StoreError;
use study::rows::RunRows;
use study::run_state::RunState;

pub use paint::Paint;
pub use split::Split;
pub use terminal::terminal_summary;

/// A run that has begun, ready to be written in every format.
pub struct Report<'a> {
    contents: Contents<'a>,
}

/// The formats of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Markdown, to be read.
    Md,
    /// Comma-separated values: one row for each configuration, fractions in full precision.
    Csv,
    /// JSON: the same rows with the findings, the best checkpoints, the data's facts and the provenance.
    Json,
    /// LaTeX tables, to be `\input`.
    Tex,
    /// One page with tables, findings and figures, which needs no other file.
    Html,
}

/// A summary or a figure could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is nothing to report on.
    #[error("nothing to report: the run has not started; start it first")]
    NothingBegun,
    /// A folder for the files cannot be made.
    #[error("cannot create {}: {source}; choose a folder that you can write to", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
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
    pub const ALL: [Self; 5] = [Self::Md, Self::Csv, Self::Json, Self::Tex, Self::Html];

    /// The file's name in a run's directory.
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Md => "summary.md",
            Self::Csv => "summary.csv",
            Self::Json => "summary.json",
            Self::Tex => "summary.tex",
            Self::Html => "report.html",
        }
    }
}

impl<'a> Report<'a> {
    /// Of `state`, and of the results of single test rows; `rows` may lack configurations.
    pub fn of(state: &'a RunState, rows: &'a RunRows) -> Result<Self, ReportError> {
        Ok(Self { contents: Contents::of(state, rows)? })
    }

    /// The run's summary in `format`.
    pub fn render(&self, format: Format) -> Result<String, ReportError> {
        let drawn = if format == Format::Html { self.drawn()? } else { Vec::new() };
        written(&self.contents, &drawn, format)
    }

    fn drawn(&self) -> Result<Vec<Figure>, ReportError> {
        figures::all(&self.contents, Medium::Screen, Split::Test)
    }
}

/// `drawn` are the figures of a format that shows them.
fn written(contents: &Contents, drawn: &[Figure], format: Format) -> Result<String, ReportError> {
    match format {
        Format::Md => Ok(markdown::render(contents)),
        Format::Csv => csv::render(contents),
        Format::Json => json::render(contents),
        Format::Tex => Ok(latex::render(contents)),
        Format::Html => Ok(html::render(contents, drawn)),
    }
}

#[cfg(test)]
mod tests;
