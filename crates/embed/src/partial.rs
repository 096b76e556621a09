//! Embeddings that are done, kept on disk so that the same command goes on from there.
//!
//! A folder of four files: `settings.json` says whose they are, `text.f32` and `image.f32` have a row of little-endian f32
//! for every pair (row r at r · width), and `done.u64` a number for every pair: 0, or how its picture was when its rows were
//! written. It is written after them, and only once they are on the disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::{EmbedError, printable_path};
use host::atomic::Replacement;
use host::files;

/// The layout that is written here.
const FORMAT: u32 = 1;
/// Bytes of `settings.json` at most.
const LONGEST_SETTINGS: u64 = 1 << 16;
const SETTINGS: &str = "settings.json";
const DONE: &str = "done.u64";
/// Text and image.
const MATRICES: [&str; 2] = ["text.f32", "image.f32"];
/// Numbers in an embedding at most: what `settings.json` claims is not believed beyond.
const WIDEST: usize = 1 << 24;
/// How often rows are made to last.
const BETWEEN: Duration = Duration::from_secs(2);

/// What the embeddings depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Rows of the source.
    pub(crate) rows: usize,
    /// Of the texts and the places of the pictures.
    pub(crate) pairs: String,
    /// Of the weights and of the files beside them.
    pub(crate) model: String,
    /// How the encoder is used, in words.
    pub(crate) options: String,
    /// Of the program.
    pub(crate) version: String,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    #[serde(flatten)]
    settings: Settings,
    /// Of a row of text and of image, once they are known.
    widths: Option<[usize; 2]>,
}

/// The open folder. No other process writes it.
pub(crate) struct Partial {
    folder: PathBuf,
    settings: Settings,
    widths: Option<[usize; 2]>,
    files: [File; 2],
    done: File,
    /// Of each row, as in `done.u64`.
    stamps: Vec<u64>,
    /// Rows that are written but not yet said to be done.
    pending: Vec<usize>,
    flushed: Instant,
}

impl Partial {
    /// Opens the folder, or begins it. Rows whose picture is no longer as it was (`now`) are to be done again.
    ///
    /// # Errors
    /// Where rows are done with other settings.
    pub(crate) fn open(
        folder: &Path,
        settings: Settings,
        now: impl Fn(usize) -> u64,
    ) -> Result<Self, EmbedError> {
        let failed = |error: io::Error| EmbedError::io("write", folder, &error);
        fs::create_dir_all(folder).map_err(failed)?;
        let done = at(folder, DONE).map_err(failed)?;
        match done.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let reason =
                    io::Error::other("another process writes it; wait for it, or name another output");
                return Err(failed(reason));
            }
            // A file system without locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let widths = match kept(folder, &settings) {
            Ok(widths) => Some(widths),
            Err(Some(why)) if done.metadata().map_err(failed)?.len() > 0 => {
                return Err(EmbedError::Otherwise { folder: printable_path(folder), why });
            }
            Err(_) => None,
        };
        if widths.is_none() {
            done.set_len(0).map_err(failed)?;
        }
        let [text, image] = MATRICES.map(|name| at(folder, name));
        let mut partial = Self {
            folder: folder.to_owned(),
            stamps: stamps(&done, settings.rows).map_err(failed)?,
            settings,
            widths,
            files: [text.map_err(failed)?, image.map_err(failed)?],
            done,
            pending: Vec::new(),
            flushed: Instant::now(),
        };
        let held = partial.rows_held().map_err(failed)?;
        for (row, stamp) in partial.stamps.iter_mut().enumerate().filter(|(_, stamp)| **stamp != 0) {
            if row >= held || *stamp != now(row) {
                *stamp = 0;
            }
        }
        if widths.is_none() {
            for file in &partial.files {
                file.set_len(0).map_err(failed)?;
            }
            partial.describe()?;
        }
        Ok(partial)
    }

    /// Rows that are not done.
    pub(crate) fn open_rows(&self) -> Vec<usize> {
        (0..self.stamps.len()).filter(|&row| self.stamps[row] == 0).collect()
    }

    /// Keeps the embeddings of `rows`, `[rows, width]` each, and how their pictures were.
    pub(crate) fn put(
        &mut self,
        rows: &[(usize, u64)],
        matrices: [&Array2<f32>; 2],
    ) -> Result<(), EmbedError> {
        let widths = matrices.map(Array2::ncols);
        match self.widths {
            None => {
                self.widths = Some(widths);
                self.describe()?;
            }
            Some(before) if before != widths => {
                let reason = format!("embeddings of {before:?} numbers before, and now of {widths:?}");
                return Err(EmbedError::Encoder { what: "the encoder".into(), reason });
            }
            Some(_) => {}
        }
        for (file, matrix) in self.files.iter().zip(matrices) {
            let length = (matrix.ncols() * 4) as u64;
            for ((row, _), values) in rows.iter().zip(matrix.rows()) {
                let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                file.write_all_at(&bytes, *row as u64 * length).map_err(|error| self.failed(&error))?;
            }
        }
        for &(row, stamp) in rows {
            self.stamps[row] = stamp;
            self.pending.push(row);
        }
        if self.flushed.elapsed() > BETWEEN { self.flush() } else { Ok(()) }
    }

    /// Makes what is written last.
    pub(crate) fn flush(&mut self) -> Result<(), EmbedError> {
        for file in &self.files {
            file.sync_data().map_err(|error| self.failed(&error))?;
        }
        for row in std::mem::take(&mut self.pending) {
            let stamp = self.stamps[row].to_le_bytes();
            self.done.write_all_at(&stamp, row as u64 * 8).map_err(|error| self.failed(&error))?;
        }
        self.flushed = Instant::now();
        Ok(())
    }

    /// Text and image of `rows`, `[rows, width]` each.
    pub(crate) fn matrices(&self, rows: &[usize]) -> Result<[Array2<f32>; 2], EmbedError> {
        let read = |file: &File, width: usize| {
            let mut matrix = Array2::zeros((rows.len(), width));
            let mut bytes = vec![0; width * 4];
            for (row, mut values) in rows.iter().zip(matrix.rows_mut()) {
                file.read_exact_at(&mut bytes, (*row * width * 4) as u64)?;
                for (value, bytes) in values.iter_mut().zip(bytes.as_chunks().0) {
                    *value = f32::from_le_bytes(*bytes);
                }
            }
            Ok::<_, io::Error>(matrix)
        };
        let [text, image] = self.widths.unwrap_or_default();
        let text = read(&self.files[0], text).map_err(|error| self.failed(&error))?;
        Ok([text, read(&self.files[1], image).map_err(|error| self.failed(&error))?])
    }

    /// How many rows the matrices' files have room for.
    fn rows_held(&self) -> io::Result<usize> {
        let Some(widths) = self.widths else { return Ok(0) };
        let mut held = usize::MAX;
        for (file, width) in self.files.iter().zip(widths) {
            held = held.min(file.metadata()?.len() as usize / (width * 4).max(1));
        }
        Ok(held)
    }

    fn describe(&self) -> Result<(), EmbedError> {
        let written = Written { format: FORMAT, settings: self.settings.clone(), widths: self.widths };
        let text = serde_json::to_string_pretty(&written).map_err(io::Error::other);
        let save = |text: String| {
            let mut new = Replacement::begin(&self.folder.join(SETTINGS))?;
            new.file().write_all(text.as_bytes())?;
            new.finish()
        };
        text.and_then(save).map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> EmbedError {
        EmbedError::io("write", &self.folder, error)
    }
}

/// The widths of the folder's matrices where they are of these settings, and why not where it has others.
fn kept(folder: &Path, settings: &Settings) -> Result<[usize; 2], Option<&'static str>> {
    let unreadable = Some("its settings cannot be read");
    let text = files::read_text(&folder.join(SETTINGS), LONGEST_SETTINGS);
    let text = text.map_err(|error| unreadable.filter(|_| error.kind() != ErrorKind::NotFound))?;
    let found: Written = serde_json::from_str(&text).map_err(|_| unreadable)?;
    if found.format != FORMAT || found.settings.version != settings.version {
        return Err(Some("another version of the program wrote it"));
    }
    if found.settings.model != settings.model {
        return Err(Some("the model has changed"));
    }
    if (found.settings.rows, &found.settings.pairs) != (settings.rows, &settings.pairs) {
        return Err(Some("the texts or the places of the pictures have changed"));
    }
    if found.settings.options != settings.options {
        return Err(Some("the options have changed"));
    }
    // Without them no row was written.
    let widths = found.widths.ok_or(None)?;
    if widths.iter().all(|width| (1..=WIDEST).contains(width)) { Ok(widths) } else { Err(unreadable) }
}

fn at(folder: &Path, name: &str) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    files::open_with(&folder.join(name), &mut options)
}

/// What `done.u64` says of each row; 0 behind its end.
fn stamps(done: &File, rows: usize) -> io::Result<Vec<u64>> {
    let length = (done.metadata()?.len() as usize / 8).min(rows);
    let mut bytes = vec![0; length * 8];
    done.read_exact_at(&mut bytes, 0)?;
    let mut stamps: Vec<u64> = bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    stamps.resize(rows, 0);
    Ok(stamps)
}
