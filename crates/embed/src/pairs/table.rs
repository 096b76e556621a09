//! A table with a header line, CSV or TSV: a text, a picture's path and further columns in each row.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::columns::Columns;
use super::{MOST_COLUMNS, Names, Pairs, Picture, Row};
use crate::error::{EmbedError, listed, printable};
use host::files;

/// Bytes of a record at most, quoted line feeds included: a quote that is never closed would take the whole file.
const LONGEST_RECORD: u64 = 4 << 20;

/// Reads the table at `path`. Pictures' paths begin at its folder.
pub(super) fn read(path: &Path, names: &Names) -> Result<Pairs, EmbedError> {
    let mut reader = open(path)?;
    let header = header(&mut reader, path)?;
    let (text, image) =
        (place_of(&header, &names.text, "text", path)?, place_of(&header, &names.image, "image", path)?);
    if text == image {
        return Err(EmbedError::pairs(path, "--text and --image name the same column"));
    }
    if let Some(label) = &names.label {
        place_of(&header, label, "label", path)?;
    }
    // A column without a name is pandas' row number.
    let carried: Vec<usize> = (0..header.len())
        .filter(|place| ![text, image].contains(place) && !header[*place].is_empty())
        .collect();
    check_names(header.iter().filter(|name| !name.is_empty()), path)?;
    let mut columns = Columns::new(carried.iter().map(|&place| header[place].to_owned()).collect());
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    while read_record(&mut reader, &mut record, path)? {
        let line = record.position().map_or(0, csv::Position::line);
        let picture = match record[image].trim() {
            "" => Picture::Missing,
            // An absolute path, or one that leaves the folder, is the user's own.
            place => Picture::File(folder.join(place)),
        };
        rows.push(Row { text: record[text].to_owned(), picture, name: format!("line {line}") });
        columns.push(carried.iter().map(|&place| &record[place]));
    }
    let columns = columns.finish(path, names, |row| rows[row].name.clone())?;
    Ok(Pairs { rows, columns, shards: Vec::new() })
}

/// Where the column is that `option` names.
fn place_of(header: &StringRecord, name: &str, option: &str, path: &Path) -> Result<usize, EmbedError> {
    header.iter().position(|field| field == name).ok_or_else(|| {
        let known: Vec<String> = header.iter().map(|name| format!("`{}`", printable(name))).collect();
        let known = listed(&known, ", ");
        let hint = if option == "label" { ", or say --no-label" } else { "" };
        let reason =
            format!("it has no column `{}`; name one with --{option}{hint}: {known}", printable(name));
        EmbedError::pairs(path, reason)
    })
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>, path: &Path) -> Result<(), EmbedError> {
    let mut names: Vec<&str> = names.collect();
    if names.len() > MOST_COLUMNS {
        let reason = format!("it has {} columns, and at most {MOST_COLUMNS} are read", names.len());
        return Err(EmbedError::pairs(path, reason));
    }
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => {
            let reason = format!("two of its columns are named `{}`; rename one", printable(pair[0]));
            Err(EmbedError::pairs(path, reason))
        }
        None => Ok(()),
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
            let reason = format!("a line has more than {LONGEST_RECORD} bytes; is a quote never closed?");
            return Err(io::Error::other(reason));
        }
        let most = buffer.len().min(self.left as usize);
        let read = self.file.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

type Reader = csv::Reader<Bounded>;

fn open(path: &Path) -> Result<Reader, EmbedError> {
    let io = |error: io::Error| EmbedError::io("read", path, &error);
    let mut file = files::open(path).map_err(io)?;
    let is_tabbed = match path.extension().and_then(|extension| extension.to_str()) {
        Some("tsv" | "tab") => true,
        Some("csv") => false,
        _ => {
            let mut line = Vec::new();
            BufReader::new((&file).take(LONGEST_RECORD)).read_until(b'\n', &mut line).map_err(io)?;
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            line.contains(&b'\t')
        }
    };
    let delimiter = if is_tabbed { b'\t' } else { b',' };
    Ok(ReaderBuilder::new().delimiter(delimiter).from_reader(Bounded { file, left: LONGEST_RECORD }))
}

fn read_record(reader: &mut Reader, record: &mut StringRecord, path: &Path) -> Result<bool, EmbedError> {
    reader.get_mut().left = LONGEST_RECORD;
    reader.read_record(record).map_err(|error| EmbedError::pairs(path, long(&error)))
}

fn header(reader: &mut Reader, path: &Path) -> Result<StringRecord, EmbedError> {
    let mut header = reader.headers().map_err(|error| EmbedError::pairs(path, long(&error)))?.clone();
    header.trim();
    // Spreadsheets put a byte order mark before the first name.
    if let Some(first) = header.get(0).and_then(|first| first.strip_prefix('\u{feff}')) {
        let rest: Vec<&str> = std::iter::once(first).chain(header.iter().skip(1)).collect();
        header = StringRecord::from(rest);
    }
    Ok(header)
}

fn long(error: &csv::Error) -> String {
    study::text::one_line(error)
}
