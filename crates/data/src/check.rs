//! Whether arrays and columns have one row for each sample.

use super::column::Rows;
use super::error::{DataError, printable};

/// Refuses `counted` arrays and columns of different row counts, each by its name.
pub(crate) fn check_rows(place: &str, counted: &[(&str, Rows)]) -> Result<(), DataError> {
    if counted.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return Ok(());
    }
    let counts: Vec<String> =
        counted.iter().map(|(name, rows)| format!("`{}` has {rows}", printable(name))).collect();
    Err(DataError::RowCounts { path: place.to_owned(), counts: counts.join(", ") })
}
