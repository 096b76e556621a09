//! `summary.json`: the rows with all that is needed to read them without the run.

use std::fmt::Write;

use serde::Serialize;

use super::contents::Contents;
use super::{ReportError, words};
use crate::study::claims::Findings;
use crate::study::event::{DataFacts, Provenance};
use crate::study::grid::Sweep;
use crate::study::summary::{BestCheckpoint, SummaryRow};

/// The file's shape; names are part of the interface.
#[derive(Serialize)]
struct Summary<'a> {
    name: &'a str,
    started_ms: Option<u64>,
    open_configurations: usize,
    rows: &'a [SummaryRow],
    best_checkpoints: &'a [BestCheckpoint],
    findings: &'a Findings,
    sweep: &'a Sweep,
    noise_levels: &'a [f64],
    data: &'a DataFacts,
    provenance: Vec<&'a Provenance>,
    definitions: Vec<String>,
    shortfalls: Vec<String>,
}

pub(super) fn render(contents: &Contents) -> Result<String, ReportError> {
    let header = contents.header;
    let summary = Summary {
        name: &header.config.run.name,
        started_ms: contents.state.started_ms(),
        open_configurations: contents.state.cohorts().filter(|(_, cohort)| !cohort.status.is_over()).count(),
        rows: &contents.rows,
        best_checkpoints: &contents.best,
        findings: contents.findings(),
        sweep: &header.sweep,
        noise_levels: &header.levels,
        data: &header.data,
        provenance: contents.state.provenances().collect(),
        definitions: words::definitions(contents),
        shortfalls: words::shortfalls(contents),
    };
    let text = serde_json::to_string_pretty(&summary)
        .map_err(|error| ReportError::Table { format: "JSON", why: error.to_string() })?;
    Ok(printable(&text) + "\n")
}

/// JSON leaves DEL and the C1 controls as they are, which a terminal may obey; they stand in strings only.
fn printable(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() && c != '\n' {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}
