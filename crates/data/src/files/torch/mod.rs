//! `torch.save`: a zip archive of storages, and a pickle that says which tensors are views of them.

mod cells;
mod names;
mod objects;
mod pickle;
#[cfg(test)]
mod tests;
mod value;

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use zip::{CompressionMethod, ZipArchive};

use super::super::column::{Rows, TakeCell};
use super::super::error::{DataError, printable, printable_path};
use super::element::Layout;
use super::read::Stored;
use super::shards::file_stem;
use super::{ArrayFile, TakeRows};
use host::files;
use value::{Array, Data, Heap, Node, Refusal, Span, Tensor, Value};

/// Bytes of a pickle: lists of labels lie in it, and tensors do not.
const LONGEST_PICKLE: u64 = 1 << 28;
/// What an archive's pickle is called, in the folder that holds everything.
const PICKLE: &str = "data.pkl";
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
    bytes: u64,
    archive: ZipArchive<BufReader<File>>,
    /// The archive's own folder, with a slash at its end.
    folder: String,
    big_endian: bool,
    heap: Heap,
    /// Arrays and columns by their names, sorted.
    named: Vec<(String, Value)>,
}

/// Where a tensor's elements lie in the file.
struct Extent {
    layout: Layout,
    start: u64,
    length: u64,
    place: String,
}

impl Torch {
    /// Opens the archive and reads its pickle.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |error: std::io::Error| DataError::io("read", path, &error);
        let damaged = |reason: String| DataError::Damaged { place: printable_path(path), reason };
        let file = files::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let archive =
            ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(printable(&error.to_string())))?;
        let folder = archive
            .file_names()
            .filter_map(|name| name.strip_suffix(PICKLE))
            .find(|folder| folder.is_empty() || folder.ends_with('/'))
            .ok_or_else(|| damaged(format!("it has no {PICKLE}")))?
            .to_owned();
        let heap = Heap { pickle: Vec::new(), nodes: Vec::new() };
        let path = path.to_owned();
        let mut torch = Self { path, bytes, archive, folder, big_endian: false, heap, named: Vec::new() };
        torch.big_endian = torch.entry("byteorder", 16).is_ok_and(|order| order.starts_with(b"big"));
        let (heap, value) =
            pickle::read(torch.entry(PICKLE, LONGEST_PICKLE)?).map_err(|refusal| torch.refused(refusal))?;
        torch.named =
            names::named(&heap, value, &file_stem(&torch.path)).map_err(|refusal| torch.refused(refusal))?;
        torch.heap = heap;
        Ok(torch)
    }

    fn refused(&self, refusal: Refusal) -> DataError {
        let place = printable_path(&self.path);
        match refusal {
            Refusal::Damaged(reason) => DataError::Damaged { place, reason },
            Refusal::Foreign(name) => {
                DataError::Element { place, element: format!("a Python object, `{name}`"), wanted: FOREIGN }
            }
            Refusal::Unsuitable(element) => DataError::Element { place, element, wanted: UNSUITABLE },
        }
    }

    /// Where the archive's entry `name` lies in the file, and its bytes.
    fn entry_at(&mut self, name: &str) -> Result<(u64, u64), String> {
        let name = format!("{}{name}", self.folder);
        let missing = || format!("it has no `{}`", printable(&name));
        let index = self.archive.index_for_name(&name).ok_or_else(missing)?;
        let entry = self.archive.by_index(index).map_err(|error| printable(&error.to_string()))?;
        if entry.compression() != CompressionMethod::Stored || entry.encrypted() {
            return Err(format!("its `{}` is compressed, which torch.save never does", printable(&name)));
        }
        let (start, length) = (entry.data_start().ok_or_else(missing)?, entry.size());
        if start.checked_add(length).is_none_or(|end| end > self.bytes) {
            return Err(format!(
                "its `{}` should have {length} bytes from byte {start} on, and the file has {}",
                printable(&name),
                self.bytes
            ));
        }
        Ok((start, length))
    }

    /// The bytes of the archive's entry `name`, which are at most `most`.
    fn entry(&mut self, name: &str, most: u64) -> Result<Vec<u8>, DataError> {
        let place = printable_path(&self.path);
        let (start, length) =
            self.entry_at(name).map_err(|reason| DataError::Damaged { place: place.clone(), reason })?;
        if length > most {
            let element = format!("{length} bytes of values outside its tensors");
            return Err(DataError::Element { place, element, wanted: UNSUITABLE });
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length as usize).map_err(|_| DataError::Memory { place })?;
        self.file_at(start)?
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(|error| DataError::io("read", &self.path, &error))?;
        Ok(bytes)
    }

    /// The file, to be read from there on.
    fn file_at(&self, start: u64) -> Result<File, DataError> {
        let io = |error: std::io::Error| DataError::io("read", &self.path, &error);
        let mut file = files::open(&self.path).map_err(io)?;
        file.seek(SeekFrom::Start(start)).map_err(io)?;
        Ok(file)
    }

    fn value(&self, key: &'static str, name: &str) -> Result<(Value, String), DataError> {
        match self.named.iter().find(|(known, _)| known == name) {
            Some((_, value)) => {
                Ok((*value, format!("`{}` of {}", printable(name), printable_path(&self.path))))
            }
            None => Err(DataError::not_found(&self.path, key, name, &self.names())),
        }
    }

    /// Where the tensor lies, after what the pickle claims of it was compared with its storage.
    fn extent(&mut self, tensor: &Tensor, place: String) -> Result<Extent, DataError> {
        let key = String::from_utf8_lossy(self.heap.bytes(tensor.key)).into_owned();
        let damaged = |reason: String| DataError::Damaged { place: place.clone(), reason };
        let fortran = match (tensor.lies_in_order(false), tensor.lies_in_order(true)) {
            (true, _) => false,
            (_, true) => true,
            _ => {
                let strides = format!("a tensor of strides {:?}", tensor.strides);
                return Err(DataError::Element { place, element: strides, wanted: STRIDES });
            }
        };
        let (start, stored) = self.entry_at(&format!("data/{key}")).map_err(damaged)?;
        let Tensor { element, shape, .. } = tensor.clone();
        let layout = Layout { element, big_endian: self.big_endian, fortran, shape };
        let size = element.size() as u64;
        let claimed = layout.elements().and_then(|elements| {
            let first = (tensor.offset as u64).checked_mul(size)?;
            let length = elements as u64 * size;
            (first.checked_add(length)? <= stored).then_some((first, length))
        });
        let Some((first, length)) = claimed else {
            return Err(damaged(format!(
                "shape {} from element {} on of {size} bytes each does not fit into its storage of {stored} bytes",
                layout.shape_text(),
                tensor.offset
            )));
        };
        Ok(Extent { layout, start: start + first, length, place })
    }

    /// The array or tensor `name`, and where it begins if it lies in the file as it is.
    fn stored(&mut self, key: &'static str, name: &str) -> Result<(Stored<'_>, Option<u64>), DataError> {
        let (value, place) = self.value(key, name)?;
        match self.heap.node(value).cloned() {
            Some(Node::Tensor(tensor)) => {
                let Extent { layout, start, length, place } = self.extent(&tensor, place)?;
                let bytes = Box::new(BufReader::new(self.file_at(start)?).take(length));
                Ok((Stored { layout, bytes, available: length, place }, Some(start)))
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
        let bytes = cells::bytes_of(&self.heap, data);
        let available = match data {
            Data::Plain(Span { from, to }) | Data::Latin1(Span { from, to }) => (to - from) as u64,
        };
        Ok(Stored { layout, bytes, available, place })
    }
}

impl ArrayFile for Torch {
    fn names(&self) -> Vec<String> {
        self.named.iter().map(|(name, _)| name.clone()).collect()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.stored(key, name)?.0.shape()
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let file = self.file_at(0)?;
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
        let Some(values) = self.heap.sequence(value) else {
            return self.stored(key, name)?.0.cells(most, take);
        };
        if values.len() <= most {
            for (row, &value) in values.iter().enumerate() {
                cells::hand_over(&self.heap, value, take).map_err(|reason| DataError::BadCell {
                    place: place.clone(),
                    row: format!("row {row} (counted from 0)"),
                    reason,
                })?;
            }
        }
        Ok(Rows::Exactly(values.len()))
    }
}
