//! Arrays and columns out of files: one trait, one implementation for each format.

mod arrow;
mod cell;
mod columnwise;
mod csv;
mod folder;
mod hdf5;
mod indexed;
mod kind;
mod npy;
mod npy_file;
mod npz;
mod numbered;
mod read;
mod safetensors;
mod shards;
#[cfg(test)]
mod testing;
mod torch;
mod wide;

use std::path::{Path, PathBuf};

pub(crate) use npy::header as npy_header;

use super::column::{Column, Rows, TakeCell, key_of, value_of};
use super::error::DataError;
use kind::Kind;

/// A file or folder that holds named arrays.
pub(crate) trait ArrayFile {
    /// Names of its arrays and columns, sorted.
    fn names(&self) -> Vec<String>;

    /// Rows and width of the matrix `name`, which `key` of the configuration names, as its header claims them; other
    /// dimensions are of one.
    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError>;

    /// What one element of that matrix is in the file, as `NumPy` calls it; `numbers` where that is not known.
    fn element(&mut self, _key: &'static str, _name: &str) -> String {
        "numbers".to_owned()
    }

    /// Hands that matrix to `take`, some whole rows at a time, in order. A row that is missing is all NaN.
    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError>;

    /// The table that lies beside the arrays, whose rows may be in another order than theirs, and its path; it is given
    /// up.
    fn take_table(&mut self) -> Option<(Box<dyn ArrayFile>, PathBuf)> {
        None
    }

    /// Hands the column of labels, split names or keys to `take`, cell by cell, and says how many rows it has. Where they
    /// are more than `most`, some or none are handed over.
    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError>;
}

/// Takes the next rows of a matrix, `[some, width]` in row-major order.
pub(crate) type TakeRows<'a> = dyn FnMut(&[f32]) -> Result<(), DataError> + 'a;

/// What most embeddings are made of.
pub(crate) const F32: &str = "float32";

/// What a column without a name is called: as pandas calls it.
pub(crate) const UNNAMED: &str = "Unnamed: 0";

/// The column `name` as values. Where it has more than `most` rows, how many is said and they are not kept.
pub(crate) fn column(
    file: &mut dyn ArrayFile,
    key: &'static str,
    name: &str,
    most: usize,
) -> Result<Column, DataError> {
    let mut column = Column::default();
    let rows = file.cells(key, name, most, &mut |cell| {
        column.push(value_of(cell)?);
        Ok(())
    })?;
    Ok(if rows == Rows::Exactly(column.len()) { column } else { Column::unread(rows) })
}

/// The column `name` as keys: the text as it stands, so that `0001` is not `1`; none where it has more than `most` rows.
pub(crate) fn keys(
    file: &mut dyn ArrayFile,
    key: &'static str,
    name: &str,
    most: usize,
) -> Result<(Vec<String>, Rows), DataError> {
    let mut keys = Vec::new();
    let rows = file.cells(key, name, most, &mut |cell| {
        keys.push(key_of(cell)?);
        Ok(())
    })?;
    if rows != Rows::Exactly(keys.len()) {
        keys.clear();
    }
    Ok((keys, rows))
}

/// The matrix that a column of a table would be part of, by its name: `text` of `text_7` and `text[7]`.
pub(crate) fn block_of(column: &str) -> Option<String> {
    numbered::stem(column.strip_suffix(']').unwrap_or(column))
}

/// Opens the file or folder `path` by what it is.
pub(crate) fn open(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    let about = std::fs::metadata(path).map_err(|error| DataError::io("read", path, &error))?;
    if about.is_dir() { folder::open(path) } else { open_file(path) }
}

/// Opens one file by its first bytes.
fn open_file(path: &Path) -> Result<Box<dyn ArrayFile>, DataError> {
    Ok(match kind::of(path)? {
        Kind::Npy => Box::new(npy_file::NpyFile::new(path, &shards::file_stem(path))),
        Kind::Npz => Box::new(npz::Npz::open(path)?),
        Kind::Safetensors => Box::new(safetensors::Safetensors::open(path)?),
        Kind::Table => Box::new(csv::Csv::open(path)?),
        Kind::Torch => Box::new(torch::Torch::open(path)?),
        Kind::Hdf5 => Box::new(hdf5::Hdf5::open(path)?),
        Kind::Parquet => arrow::parquet(path)?,
        Kind::Arrow => arrow::ipc(path)?,
    })
}
