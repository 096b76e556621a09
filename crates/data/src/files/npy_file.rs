//! One `.npy` file: a single array, by whatever name its folder gives it.

use std::io::BufReader;
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

    fn stored(&self, key: &'static str, name: &str) -> Result<Stored<'static>, DataError> {
        if name != self.name {
            return Err(DataError::not_found(&self.path, key, name, &self.names()));
        }
        let io = |error: std::io::Error| DataError::io("read", &self.path, &error);
        let file = files::open(&self.path).map_err(io)?;
        let available = file.metadata().map_err(io)?.len();
        let place = printable_path(&self.path);
        let mut reader = BufReader::new(file);
        let layout = npy::read_header(&mut reader, &place)?;
        Ok(Stored { layout, bytes: Box::new(reader), available, place })
    }
}

impl ArrayFile for NpyFile {
    fn names(&self) -> Vec<String> {
        vec![self.name.clone()]
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.stored(key, name)?.shape()
    }

    fn element(&mut self, key: &'static str, name: &str) -> String {
        self.stored(key, name)
            .map_or_else(|_| String::new(), |stored| stored.layout.element.name().to_owned())
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        self.stored(key, name)?.rows(take)
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        self.stored(key, name)?.cells(most, take)
    }
}
