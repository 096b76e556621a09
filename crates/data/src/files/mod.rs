//! Arrays and columns out of files: one trait, one implementation for each format.

mod csv;
mod element;
mod folder;
mod npy;
mod npz;
mod numbering;
mod read;
mod safetensors;

use std::path::Path;

use ndarray::Array2;

use super::column::Column;
pub(crate) use npy::header as npy_header;

use super::error::{DataError, printable_path};

/// A file or folder that holds named arrays.
pub(crate) trait ArrayFile {
    /// Names of its arrays and columns, sorted.
    fn names(&self) -> Vec<String>;

    /// The shape of the array `name`, which `key` of the configuration names, as its header claims it.
    fn shape(&mut self, key: &'static str, name: &str) -> Result<Vec<usize>, DataError>;

    /// That array. `[rows, width]`
    fn matrix(&mut self, key: &'static str, name: &str) -> Result<Array2<f32>, DataError>;

    /// The column of labels or split names. Where it has more than `most` rows, how many is said and they are not read.
    fn column(&mut self, key: &'static str, name: &str, most: usize) -> Result<Column, DataError>;
}

/// Opens `path` by what it is.
pub(crate) fn open(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    let about = std::fs::metadata(path).map_err(|error| DataError::io("read", path, &error))?;
    if about.is_dir() {
        return Ok(Box::new(folder::Folder::open(path)?));
    }
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("npz") => Ok(Box::new(npz::Npz::open(path)?)),
        Some("safetensors") => Ok(Box::new(safetensors::Safetensors::open(path)?)),
        _ => Err(DataError::Format { path: printable_path(path) }),
    }
}
