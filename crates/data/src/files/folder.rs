//! A folder of `.npy` arrays with one `.csv` of labels; the `.csv`'s columns come before arrays.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::super::column::Column;
use super::super::error::{DataError, printable_path};
use super::read::Stored;
use super::{ArrayFile, csv, npy};
use host::files;

/// A folder, looked through once.
pub(super) struct Folder {
    path: PathBuf,
    /// Stems of its `.npy` files, sorted.
    arrays: Vec<String>,
    /// Its only `.csv`, where it has exactly one.
    table: Option<PathBuf>,
    /// Names of that file's columns.
    columns: Vec<String>,
}

impl Folder {
    /// Lists the folder.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |error: std::io::Error| DataError::io("read", path, &error);
        let (mut arrays, mut tables) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(path).map_err(io)? {
            let file = entry.map_err(io)?.path();
            match (file.extension().and_then(|e| e.to_str()), file.file_stem().and_then(|s| s.to_str())) {
                (Some("npy"), Some(stem)) => arrays.push(stem.to_owned()),
                (Some("csv"), _) => tables.push(file),
                _ => {}
            }
        }
        if arrays.is_empty() {
            return Err(DataError::Format { path: printable_path(path) });
        }
        arrays.sort();
        let table = if tables.len() == 1 { tables.pop() } else { None };
        let columns = table.as_deref().map(csv::names).transpose()?.unwrap_or_default();
        Ok(Self { path: path.to_owned(), arrays, table, columns })
    }

    fn stored(&self, key: &'static str, name: &str, known: &[String]) -> Result<Stored<'static>, DataError> {
        if !self.arrays.iter().any(|stem| stem == name) {
            return Err(DataError::not_found(&self.path, key, name, known));
        }
        let path = self.path.join(format!("{name}.npy"));
        let io = |error: std::io::Error| DataError::io("read", &path, &error);
        let file = files::open(&path).map_err(io)?;
        let available = file.metadata().map_err(io)?.len();
        let place = printable_path(&path);
        let mut reader = BufReader::new(file);
        let layout = npy::read_header(&mut reader, &place)?;
        Ok(Stored { layout, bytes: Box::new(reader), available, place })
    }
}

impl ArrayFile for Folder {
    fn names(&self) -> Vec<String> {
        self.columns.iter().chain(&self.arrays).cloned().collect()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<Vec<usize>, DataError> {
        self.stored(key, name, &self.arrays)?.shape()
    }

    fn matrix(&mut self, key: &'static str, name: &str) -> Result<Array2<f32>, DataError> {
        self.stored(key, name, &self.arrays)?.matrix()
    }

    fn column(&mut self, key: &'static str, name: &str, most: usize) -> Result<Column, DataError> {
        if let Some(table) = &self.table
            && let Some(column) = csv::column(table, name, most)?
        {
            return Ok(column);
        }
        self.stored(key, name, &self.names())?.column(most)
    }
}
