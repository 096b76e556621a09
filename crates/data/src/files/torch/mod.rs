//! Data sets in archives of `torch.save`: their tensors, lists of labels, and arrays of `NumPy` in the pickle.

mod cells;
#[cfg(test)]
mod tests;

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, printable, printable_path};
use super::read::Stored;
use super::shards::file_stem;
use super::{ArrayFile, TakeRows};
use tensors::Layout;
use tensors::torch::{Archive, Array, Data, Node, Refusal, Span, Value};

const FOREIGN: &str = "which is no data and could run any code; where you trust it: import torch; \
                       d = torch.load(\"FILE\", weights_only=False), and save its tensors: torch.save({\"text\": …, \
                       \"image\": …, \"label\": …}, \"set.pt\"), or of a model: torch.save(d.state_dict(), \"set.pt\")";
const UNSUITABLE: &str = "which is not read; save its tensors and lists of labels: torch.save({\"text\": d[\"text\"], \
                          \"image\": d[\"image\"], \"label\": d[\"label\"]}, \"set.pt\")";
const STRIDES: &str =
    "which is not read row by row; save it as it is to lie: d[\"text\"] = d[\"text\"].contiguous()";

/// An open `.pt`.
pub(super) struct Torch {
    path: PathBuf,
    archive: Archive,
}

impl Torch {
    /// Opens the archive and reads its pickle.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let archive = Archive::open(path, &file_stem(path))
            .map_err(|refusal| refused(path, printable_path(path), refusal))?;
        Ok(Self { path: path.to_owned(), archive })
    }

    fn value(&self, key: &'static str, name: &str) -> Result<(Value, String), DataError> {
        match self.archive.value(name) {
            Some(value) => Ok((value, format!("`{}` of {}", printable(name), printable_path(&self.path)))),
            None => Err(DataError::not_found(&self.path, key, name, &self.names())),
        }
    }

    /// The array or tensor `name`, and where it begins if it lies in the file as it is.
    fn stored(&mut self, key: &'static str, name: &str) -> Result<(Stored<'_>, Option<u64>), DataError> {
        let (value, place) = self.value(key, name)?;
        match self.archive.heap().node(value).cloned() {
            Some(Node::Tensor(tensor)) => {
                let refused = |refusal| refused(&self.path, place.clone(), refusal);
                let extent = self.archive.extent(&tensor).map_err(refused)?;
                let file = self.archive.file_at(extent.start).map_err(|error| refused(error.into()))?;
                let (layout, available) = (extent.layout, extent.length);
                let bytes = Box::new(BufReader::new(file).take(available));
                Ok((Stored { layout, bytes, available, place }, Some(extent.start)))
            }
            Some(Node::Array(array)) => Ok((self.array(&array, place)?, None)),
            _ => {
                let wanted = "where a matrix is needed; name a tensor";
                Err(DataError::Element { place, element: "a list of single values".into(), wanted })
            }
        }
    }

    /// An array of `NumPy`, whose elements lie in the pickle.
    fn array(&self, array: &Array, place: String) -> Result<Stored<'_>, DataError> {
        let (Some(dtype), Some(data)) = (array.dtype, array.data) else {
            return Err(DataError::Damaged { place, reason: "it has no elements".into() });
        };
        let layout = Layout {
            element: dtype.element,
            big_endian: dtype.big_endian,
            fortran: array.fortran,
            shape: array.shape.clone(),
        };
        let bytes = cells::bytes_of(self.archive.heap(), data);
        let available = match data {
            Data::Plain(Span { from, to }) | Data::Latin1(Span { from, to }) => (to - from) as u64,
        };
        Ok(Stored { layout, bytes, available, place })
    }
}

/// Why the file, or `place` in it, is not read, with the fix.
fn refused(path: &Path, place: String, refusal: Refusal) -> DataError {
    match refusal {
        Refusal::Io(error) => DataError::io("read", path, &error),
        Refusal::Damaged(reason) => DataError::Damaged { place, reason },
        Refusal::Foreign(name) => {
            DataError::Element { place, element: format!("a Python object, `{name}`"), wanted: FOREIGN }
        }
        Refusal::Unsuitable(element) => DataError::Element { place, element, wanted: UNSUITABLE },
        Refusal::Memory => DataError::Memory { place },
        Refusal::Strides(strides) => {
            DataError::Element { place, element: format!("a tensor of strides {strides:?}"), wanted: STRIDES }
        }
    }
}

impl ArrayFile for Torch {
    fn names(&self) -> Vec<String> {
        self.archive.names().map(str::to_owned).collect()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.stored(key, name)?.0.shape()
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let file = self.archive.file_at(0).map_err(|error| DataError::io("read", &self.path, &error))?;
        match self.stored(key, name)? {
            (stored, Some(start)) => stored.rows_of_file(&file, start, take),
            (stored, None) => stored.rows(take),
        }
    }

    fn cells(
        &mut self,
        key: &'static str,
        name: &str,
        most: usize,
        take: &mut TakeCell<'_>,
    ) -> Result<Rows, DataError> {
        let (value, place) = self.value(key, name)?;
        let Some(values) = self.archive.heap().sequence(value) else {
            return self.stored(key, name)?.0.cells(most, take);
        };
        if values.len() <= most {
            for (row, &value) in values.iter().enumerate() {
                cells::hand_over(self.archive.heap(), value, take).map_err(|reason| DataError::BadCell {
                    place: place.clone(),
                    row: format!("row {row} (counted from 0)"),
                    reason,
                })?;
            }
        }
        Ok(Rows::Exactly(values.len()))
    }
}
