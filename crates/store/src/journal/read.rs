//! A journal read back: every whole line that is an event, and which lines were not.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use serde::Deserialize;

use crate::StoreError;
use host::files;
use study::bounds;
use study::config::Fingerprint;
use study::event::{Event, EventKind, FORMAT, RunHeader};

/// Bytes of a line at most: a cohort of a thousand seeds has a tenth of that.
pub const LONGEST_LINE: u64 = 64 << 20;

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
    reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(io)?;
    let mut replay = Replay { events: vec![first_event(path, &bytes)?], ignored: Vec::new() };
    let mut whole = bytes.len() as u64;
    for line in 2.. {
        bytes.clear();
        reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut bytes).map_err(io)?;
        if bytes.last() != Some(&b'\n') {
            if bytes.len() as u64 == LONGEST_LINE {
                let why = format!("line {line} has more than {LONGEST_LINE} bytes, which no event has");
                return Err(io(std::io::Error::new(ErrorKind::InvalidData, why)));
            }
            break;
        }
        whole += bytes.len() as u64;
        match event(&bytes) {
            Ok(event) => {
                check(path, line, &event)?;
                replay.events.push(event);
            }
            Err(why) => replay.ignored.push(IgnoredLine { line, why }),
        }
    }
    Ok((replay, whole))
}

/// A line's event, or why it is none.
pub fn event(line: &[u8]) -> Result<Event, String> {
    let event: Event = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if let EventKind::RunResumed { header: Some(header), .. } = &event.kind {
        bounds::check(header)?;
    }
    Ok(event)
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
    let unknown =
        |error: serde_json::Error| StoreError::Unknown { path: path.into(), why: error.to_string() };
    let event: Event = serde_json::from_slice(line).map_err(unknown)?;
    if let EventKind::RunStarted { header, .. } = &event.kind {
        bounds::check(header).map_err(|why| no_start(path, &why))?;
    }
    check(path, 1, &event)?;
    Ok(event)
}

/// Refuses a header whose configuration is not the one that its fingerprint was made of.
fn check(path: &Path, line: usize, event: &Event) -> Result<(), StoreError> {
    let (EventKind::RunStarted { header, .. } | EventKind::RunResumed { header: Some(header), .. }) =
        &event.kind
    else {
        return Ok(());
    };
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

fn no_start(path: &Path, why: &str) -> StoreError {
    StoreError::NoStart { path: path.into(), why: why.into() }
}
