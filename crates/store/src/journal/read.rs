//! A journal read back: every whole line that is an event, and which lines were not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use crate::StoreError;
use crate::format::v1::{self, DecodeError};
use host::files;
use study::bounds;
use study::config::Fingerprint;
use study::event::{Event, EventKind, FORMAT, RunHeader};

/// Bytes of a line at most, three times what the largest study writes: see the test of that name.
pub(super) const LONGEST_LINE: u64 = 512 << 20;
/// Bytes after which a line's end is no longer looked for: a file with a hole may seem to have no end.
const LONGEST_SEARCH: u64 = 8 * LONGEST_LINE;
/// Bytes that are passed over at once.
const PART: u64 = 1 << 20;

/// What a journal holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Whole lines that are none. A torn last line is not among them: its event was never recorded.
    pub ignored: Vec<IgnoredLine>,
}

/// A line of the journal that is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// What follows in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextLine {
    /// A line, its line feed included.
    Whole,
    /// A line that no event has, so many bytes long; it was passed over.
    TooLong(u64),
    /// Nothing, or a line that has no end yet.
    Torn,
}

/// Reads the journal at `path`, which another process may be writing.
pub fn read(path: &Path) -> Result<Replay, StoreError> {
    let mut file = files::open(path).map_err(StoreError::io("read", path))?;
    read_from(&mut file, path).map(|(replay, _)| replay)
}

/// The run's header, from the first line alone.
pub fn header(path: &Path) -> Result<RunHeader, StoreError> {
    let mut line = Vec::new();
    files::open(path)
        .and_then(|file| BufReader::new(file).take(LONGEST_LINE).read_until(b'\n', &mut line))
        .map_err(StoreError::io("read", path))?;
    match first_event(path, &line)?.kind {
        EventKind::RunStarted { header, .. } => Ok(*header),
        _ => Err(no_start(path, "another event stands there")),
    }
}

/// The journal in `file`, and how many bytes of it are whole lines.
pub(super) fn read_from(file: &mut File, path: &Path) -> Result<(Replay, u64), StoreError> {
    let io = |error| StoreError::io("read", path)(error);
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut bytes = Vec::new();
    next_line(&mut reader, &mut bytes).map_err(io)?;
    let mut replay = Replay { events: vec![first_event(path, &bytes)?], ignored: Vec::new() };
    let whole = bytes.len() as u64 + read_rest(&mut reader, path, 2, &mut replay)?;
    Ok((replay, whole))
}

/// The journal of a shard's start: the events between these bytes of it, and how many bytes are whole lines up to their end.
/// Lines are counted from the first byte that is read.
pub fn read_start(path: &Path, bytes: Range<u64>) -> Result<(Replay, u64), StoreError> {
    let mut file = files::open(path).map_err(StoreError::io("read", path))?;
    file.seek(SeekFrom::Start(bytes.start)).map_err(StoreError::io("read", path))?;
    let most = bytes.end.saturating_sub(bytes.start);
    let mut reader = BufReader::with_capacity(1 << 16, file.take(most));
    let mut replay = Replay { events: Vec::new(), ignored: Vec::new() };
    let whole = read_rest(&mut reader, path, 1, &mut replay)?;
    Ok((replay, bytes.start + whole))
}

/// The first event of the journal of a shard's start; absent where there is none yet.
pub fn first_of_start(path: &Path) -> Option<Event> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(files::open(path).ok()?);
    match next_line(&mut reader, &mut line) {
        Ok(NextLine::Whole) => event(path, 1, &line).ok()?.ok(),
        _ => None,
    }
}

/// Takes every whole line from number `first` on; how many bytes they are.
fn read_rest(
    reader: &mut impl BufRead,
    path: &Path,
    first: usize,
    replay: &mut Replay,
) -> Result<u64, StoreError> {
    let (mut bytes, mut whole) = (Vec::new(), 0);
    for line in first.. {
        match next_line(reader, &mut bytes).map_err(StoreError::io("read", path))? {
            NextLine::Torn => break,
            NextLine::TooLong(length) => {
                whole += length;
                replay.ignored.push(IgnoredLine::too_long(line, length));
            }
            NextLine::Whole => {
                whole += bytes.len() as u64;
                match event(path, line, &bytes)? {
                    Ok(event) => replay.events.push(event),
                    Err(ignored) => replay.ignored.push(ignored),
                }
            }
        }
    }
    Ok(whole)
}

/// Reads what follows into `line`. Takes no more memory than the longest line.
///
/// # Errors
/// Also where a line has no end for as long as one is looked for.
pub fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<NextLine> {
    line.clear();
    reader.by_ref().take(LONGEST_LINE).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        return Ok(NextLine::Whole);
    }
    let mut length = line.len() as u64;
    if length < LONGEST_LINE {
        return Ok(NextLine::Torn);
    }
    *line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.clear();
        length += match reader.by_ref().take(PART).read_until(b'\n', line)? {
            0 => return Ok(NextLine::Torn),
            read => read as u64,
        };
        if length > LONGEST_SEARCH {
            let why = format!("a line has no end within {LONGEST_SEARCH} bytes, which is no journal");
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
    }
    Ok(NextLine::TooLong(length))
}

/// The event of line `number` of the journal at `path`, or why it is none.
///
/// # Errors
/// Where it holds a header that is not the run's, without which what follows would be read wrongly.
pub fn event(path: &Path, number: usize, line: &[u8]) -> Result<Result<Event, IgnoredLine>, StoreError> {
    match v1::decode(line) {
        Ok(event) => check(path, number, &event).map(|()| Ok(event)),
        Err(DecodeError::OutOfBounds(why)) => {
            Err(StoreError::OutOfBounds { path: path.into(), line: number, why })
        }
        Err(DecodeError::Form(error)) => Ok(Err(IgnoredLine { line: number, why: error.to_string() })),
    }
}

/// The first line's event, which says whether this program knows the rest.
fn first_event(path: &Path, line: &[u8]) -> Result<Event, StoreError> {
    /// As much of a first line as every format has.
    #[derive(Deserialize)]
    struct Start {
        event: String,
        format: u64,
    }
    if line.last() != Some(&b'\n') {
        return Err(no_start(path, "it holds no whole line"));
    }
    let start: Start = serde_json::from_slice(line).map_err(|error| no_start(path, &error.to_string()))?;
    if start.event != "run_started" {
        return Err(no_start(path, "another event stands there"));
    }
    if start.format > u64::from(FORMAT) {
        return Err(StoreError::Newer { path: path.into(), found: start.format, known: FORMAT });
    }
    let event = v1::decode(line).map_err(|error| match error {
        DecodeError::OutOfBounds(why) => StoreError::OutOfBounds { path: path.into(), line: 1, why },
        DecodeError::Form(error) => StoreError::Unknown { path: path.into(), why: error.to_string() },
    })?;
    check(path, 1, &event)?;
    Ok(event)
}

/// Refuses a header that names more than a run has, or whose configuration is not the one that its fingerprint was
/// made of.
fn check(path: &Path, line: usize, event: &Event) -> Result<(), StoreError> {
    let (EventKind::RunStarted { header, .. } | EventKind::RunResumed { header: Some(header), .. }) =
        &event.kind
    else {
        return Ok(());
    };
    bounds::check(header).map_err(|why| StoreError::OutOfBounds { path: path.into(), line, why })?;
    match &header.fingerprint {
        Some(fingerprint) if fingerprint.contradicts(&header.config) => Err(StoreError::Edited {
            path: path.into(),
            line,
            found: Fingerprint::of(&header.config).value,
            expected: fingerprint.value.clone(),
        }),
        _ => Ok(()),
    }
}

impl IgnoredLine {
    /// Of a line with more bytes than an event has.
    pub fn too_long(line: usize, bytes: u64) -> Self {
        Self { line, why: format!("it has {bytes} bytes, which no event has") }
    }
}

fn no_start(path: &Path, why: &str) -> StoreError {
    StoreError::NoStart { path: path.into(), why: why.into() }
}
