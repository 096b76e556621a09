//! A table of text with a header line: `.csv`, `.tsv`. A modality is a block of columns with numbers at their ends,
//! `text_0`, `text_1`, ….

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use super::super::column::{Cell, Rows, TakeCell};
use super::super::error::{DataError, PairingError, printable, printable_path};
use super::wide;
use super::{ArrayFile, TakeRows};
use host::files;

/// Bytes of a record at most, quoted line feeds included: a quote that is never closed would take the whole file.
const LONGEST_RECORD: u64 = 1 << 20;
/// What separates cells, by how often a header has it; of equals the first.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// A table, its header read.
pub(super) struct Csv {
    path: PathBuf,
    separator: u8,
    header: Vec<String>,
    /// Rows, once they were counted: that takes a pass over the file.
    rows: Option<usize>,
}

impl Csv {
    /// Reads the header.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let separator = separator(path)?;
        let header = header(&mut reader(path, separator)?, path)?.iter().map(str::to_owned).collect();
        Ok(Self { path: path.to_owned(), separator, header, rows: None })
    }

    /// Where the column `name` is.
    fn place_of(&self, key: &'static str, name: &str) -> Result<usize, DataError> {
        let is_asked = |field: &str| field == name || (field.is_empty() && name == super::UNNAMED);
        let mut places = self.header.iter().enumerate().filter(|(_, field)| is_asked(field));
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(DataError::not_found(&self.path, key, name, &self.header)),
            (Some((first, _)), Some((second, _))) => Err(PairingError::SameColumns {
                path: printable_path(&self.path),
                name: printable(name),
                places: [first + 1, second + 1],
            }
            .into()),
        }
    }

    /// Hands every record below the header to `take`, with its line.
    fn each_record(
        &self,
        mut take: impl FnMut(&StringRecord, u64) -> Result<bool, DataError>,
    ) -> Result<(), DataError> {
        let mut reader = reader(&self.path, self.separator)?;
        header(&mut reader, &self.path)?;
        let mut record = StringRecord::new();
        loop {
            reader.get_mut().left = LONGEST_RECORD;
            if !reader.read_record(&mut record).map_err(|error| damaged(&self.path, &error))? {
                return Ok(());
            }
            if !take(&record, record.position().map_or(0, csv::Position::line))? {
                return Ok(());
            }
        }
    }

    fn bad_cell(&self, name: &str, line: u64, reason: String) -> DataError {
        let place = format!("column `{}` of {}", printable(name), printable_path(&self.path));
        DataError::BadCell { place, row: format!("line {line}"), reason }
    }
}

impl ArrayFile for Csv {
    fn names(&self) -> Vec<String> {
        self.header.clone()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        let width = wide::columns(&self.path, key, name, &self.header)?.len();
        if let Some(rows) = self.rows {
            return Ok([rows, width]);
        }
        let mut rows = 0;
        self.each_record(|_, _| {
            rows += 1;
            Ok(true)
        })?;
        self.rows = Some(rows);
        Ok([rows, width])
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let columns = wide::columns(&self.path, key, name, &self.header)?;
        let mut row = Vec::with_capacity(columns.len());
        self.each_record(|record, line| {
            row.clear();
            for &column in &columns {
                let cell = record.get(column).unwrap_or_default().trim();
                let number = if cell.is_empty() { Some(f32::NAN) } else { cell.parse().ok() };
                row.push(number.ok_or_else(|| {
                    let reason = format!("`{}` is no number", printable(cell));
                    self.bad_cell(&self.header[column], line, reason)
                })?);
            }
            take(&row)?;
            Ok(true)
        })
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        let place = self.place_of(key, name)?;
        let mut rows = 0;
        let mut counted = Rows::Exactly(0);
        self.each_record(|record, line| {
            if rows == most {
                counted = Rows::MoreThan(most);
                return Ok(false);
            }
            let cell = match record.get(place).unwrap_or_default().trim() {
                "" => Cell::Missing,
                text => Cell::Text(text),
            };
            take(cell).map_err(|reason| self.bad_cell(name, line, reason))?;
            rows += 1;
            counted = Rows::Exactly(rows);
            Ok(true)
        })?;
        Ok(counted)
    }
}

/// What separates the cells of the header.
fn separator(path: &Path) -> Result<u8, DataError> {
    let mut line = Vec::new();
    let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
    io::BufRead::read_until(&mut io::BufReader::new(file.take(LONGEST_RECORD)), b'\n', &mut line)
        .map_err(|error| DataError::io("read", path, &error))?;
    let count = |separator: &u8| line.split(|byte| byte == separator).count();
    let most = SEPARATORS.iter().map(count).max().unwrap_or(0);
    Ok(SEPARATORS.into_iter().find(|separator| count(separator) == most).unwrap_or(b','))
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

fn reader(path: &Path, separator: u8) -> Result<Reader, DataError> {
    let file = files::open(path).map_err(|error| DataError::io("read", path, &error))?;
    let file = Bounded { file, left: LONGEST_RECORD };
    Ok(ReaderBuilder::new().delimiter(separator).from_reader(file))
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
