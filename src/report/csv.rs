//! `summary.csv`: one row for each configuration, `SummaryRow`'s fields in order.

use super::ReportError;
use super::contents::Contents;

pub(super) fn render(contents: &Contents) -> Result<String, ReportError> {
    let failed = |why: String| ReportError::Table { format: "CSV", why };
    let mut table = csv::Writer::from_writer(Vec::new());
    for row in &contents.rows {
        table.serialize(row).map_err(|error| failed(error.to_string()))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
}
