//! `summary.csv`: one row for each configuration, `SummaryRow`'s fields in order, then what computed it.

use serde::Serialize;

use super::contents::Contents;
use super::text::csv as safe;
use super::{ReportError, sentences};

/// The last columns, the same in every row, so that every row names its run.
#[derive(Serialize)]
struct Made {
    program: String,
    libtorch: String,
    device: String,
    config_fingerprint: String,
    data_fingerprint: String,
}

pub(super) fn render(contents: &Contents) -> Result<String, ReportError> {
    let failed = |why: String| ReportError::Table { format: "CSV", why };
    let [program, libtorch, device, config_fingerprint, data_fingerprint] =
        sentences::provenance_pairs(contents).map(|(_, value)| safe(&value));
    let made = Made { program, libtorch, device, config_fingerprint, data_fingerprint };
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in &contents.rows {
        table.serialize((row, &made)).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}
