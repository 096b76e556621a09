//! One `.npy` file: a single array, by whatever name its folder gives it.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::{Path, PathBuf};

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, printable_path};
use super::read::Stored;
use super::{ArrayFile, TakeRows, npy};
use host::files;

/// A file, and what its array is called.
pub(super) struct NpyFile {
    path: PathBuf,
    name: String,
}

impl NpyFile {
    /// The file at `path`, whose array is called `name`.
    pub(super) fn new(path: &Path, name: &str) -> Self {
        Self { path: path.to_owned(), name: name.to_owned() }
    }

    /// The array, and where its first element lies.
    fn stored(&self, key: &'static str, name: &str) -> Result<(Stored<'static>, u64), DataError> {
        if name != self.name {
            return Err(DataError::not_found(&self.path, key, name, &self.names()));
        }
        let io = |error: std::io::Error| DataError::io("read", &self.path, &error);
        let file = self.file()?;
        let length = file.metadata().map_err(io)?.len();
        let place = printable_path(&self.path);
        let mut reader = BufReader::new(file);
        let layout = npy::read_header(&mut reader, &place)?;
        let start = reader.stream_position().map_err(io)?;
        let available = length.saturating_sub(start);
        Ok((Stored { layout, bytes: Box::new(reader), available, place }, start))
    }

    fn file(&self) -> Result<File, DataError> {
        files::open(&self.path).map_err(|error| DataError::io("read", &self.path, &error))
    }
}

impl ArrayFile for NpyFile {
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.stored(key, name)?.0.shape()
    }

    fn element(&mut self, key: &'static str, name: &str) -> String {
        self.stored(key, name)
            .map_or_else(|_| String::new(), |(stored, _)| stored.layout.element.name().to_owned())
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let (stored, start) = self.stored(key, name)?;
        stored.rows_of_file(&self.file()?, start, take)
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        self.stored(key, name)?.0.cells(most, take)
    }
}
