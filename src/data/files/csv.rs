//! One column of a `.csv` with a header line.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::super::column::{Column, parse};
use super::super::error::{DataError, printable, printable_path};

/// The header's names.
pub(super) fn names(path: &Path) -> Result<Vec<String>, DataError> {
    Ok(header(&mut open(path)?, path)?.iter().map(str::to_owned).collect())
}

/// The column `name`, or nothing where the header does not have it. Empty cells are refused.
pub(super) fn column(path: &Path, name: &str) -> Result<Option<Column>, DataError> {
    let mut reader = open(path)?;
    let Some(place) = header(&mut reader, path)?.iter().position(|field| field == name) else {
        return Ok(None);
    };
    let mut column = Column::default();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| damaged(path, &error))? {
        let cell = record.get(place).unwrap_or_default().trim();
        if cell.is_empty() {
            return Err(DataError::BadCell {
                place: format!("column `{}` of {}", printable(name), printable_path(path)),
                row: format!("line {}", record.position().map_or(0, csv::Position::line)),
                reason: "the cell is empty; fill it or remove the row everywhere".into(),
            });
        }
        column.push(parse(cell));
    }
    Ok(Some(column))
}

fn open(path: &Path) -> Result<csv::Reader<std::fs::File>, DataError> {
    let file = std::fs::File::open(path).map_err(|error| DataError::io("read", path, &error))?;
    Ok(ReaderBuilder::new().from_reader(file))
}

fn header(reader: &mut csv::Reader<std::fs::File>, path: &Path) -> Result<StringRecord, DataError> {
    let mut header = reader.headers().map_err(|error| damaged(path, &error))?.clone();
    header.trim();
    // Spreadsheets put a byte order mark before the first name.
    if let Some(first) = header.get(0).and_then(|first| first.strip_prefix('\u{feff}')) {
        let rest: Vec<&str> = std::iter::once(first).chain(header.iter().skip(1)).collect();
        header = StringRecord::from(rest);
    }
    Ok(header)
}

fn damaged(path: &Path, error: &csv::Error) -> DataError {
    DataError::Damaged { place: printable_path(path), reason: printable(&error.to_string()) }
}
