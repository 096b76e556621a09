//! One column of a `.csv` with a header line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::super::column::{Column, Rows, parse};
use super::super::error::{DataError, printable, printable_path};
use super::numbering::{Numbering, is_numbering};
use host::files;

/// Bytes of a record at most, quoted line feeds included: a quote that is never closed would take the whole file.
const LONGEST_RECORD: u64 = 1 << 20;

/// The header's names.
pub(super) fn names(path: &Path) -> Result<Vec<String>, DataError> {
    Ok(header(&mut open(path)?, path)?.iter().map(str::to_owned).collect())
}

/// The column `name`, or nothing where the header does not have it. Empty cells are refused, and so are rows that a
/// column of row numbers puts in another order. Of more than `most` rows none is kept.
pub(super) fn column(path: &Path, name: &str, most: usize) -> Result<Option<Column>, DataError> {
    let mut reader = open(path)?;
    let header = header(&mut reader, path)?;
    let Some(place) = place_of(&header, name, path)? else { return Ok(None) };
    let mut numberings: Vec<(usize, Numbering)> = header
        .iter()
        .enumerate()
        .filter(|(other, name)| *other != place && is_numbering(name))
        .map(|(place, name)| (place, Numbering::of(name)))
        .collect();
    let mut column = Column::default();
    let mut record = StringRecord::new();
    while read_record(&mut reader, &mut record, path)? {
        if column.len() == most {
            return Ok(Some(Column::unread(Rows::MoreThan(most))));
        }
        let cell = record.get(place).unwrap_or_default().trim();
        if cell.is_empty() {
            return Err(DataError::BadCell {
                place: format!("column `{}` of {}", printable(name), printable_path(path)),
                row: format!("line {}", record.position().map_or(0, csv::Position::line)),
                reason: "the cell is empty; fill it or remove the row everywhere".into(),
            });
        }
        column.push(parse(cell));
        for (place, numbering) in &mut numberings {
            numbering.push(record.get(*place).unwrap_or_default());
        }
    }
    match numberings.into_iter().find_map(|(_, numbering)| numbering.disorder()) {
        Some(found) => Err(DataError::OtherOrder {
            path: printable_path(path),
            column: printable(&found.column),
            row: found.row,
            number: found.number,
        }),
        None => Ok(Some(column)),
    }
}

/// Where the column `name` is, if it is there.
fn place_of(header: &StringRecord, name: &str, path: &Path) -> Result<Option<usize>, DataError> {
    let mut places = header.iter().enumerate().filter(|(_, field)| *field == name).map(|(place, _)| place);
    let first = places.next();
    match (first, places.next()) {
        (Some(first), Some(second)) => Err(DataError::SameColumns {
            path: printable_path(path),
            name: printable(name),
            places: [first + 1, second + 1],
        }),
        (first, _) => Ok(first),
    }
}

/// A file that fails once a record is longer than [`LONGEST_RECORD`].
struct Bounded {
    file: File,
    /// Bytes that may still be read before the record has to end.
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other(format!("a line has more than {LONGEST_RECORD} bytes")));
        }
        let most = buffer.len().min(self.left as usize);
        let read = self.file.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

type Reader = csv::Reader<Bounded>;

fn open(path: &Path) -> Result<Reader, DataError> {
    let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
    Ok(ReaderBuilder::new().from_reader(Bounded { file, left: LONGEST_RECORD }))
}

fn read_record(reader: &mut Reader, record: &mut StringRecord, path: &Path) -> Result<bool, DataError> {
    reader.get_mut().left = LONGEST_RECORD;
    reader.read_record(record).map_err(|error| damaged(path, &error))
}

fn header(reader: &mut Reader, path: &Path) -> Result<StringRecord, DataError> {
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
