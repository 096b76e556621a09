//! HDF5, by the path of a data set in it (`train/text`); MATLAB 7.3 too, whose matrices lie transposed.
//!
//! The library checks what a file claims, and no changed file made it panic (the ignored test below), so nothing catches
//! panics here. It reads any rows of a data set, so that none is held whole.

mod elements;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5_reader::error::Error;
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, FileStorage, H5Type, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem};
use ndarray::ArrayD;

use super::super::column::{Cell, Rows, TakeCell};
use super::super::error::{DataError, printable, printable_path};
use super::cell::cell;
use super::{ArrayFile, TakeRows};
use elements::{Kind, Number, Raw};
use host::files;
use tensors::{Element, Layout};

/// What a file of MATLAB 7.3 begins with, before HDF5 does.
const MATLAB: &[u8] = b"MATLAB 7.3 MAT-file";
/// Data sets that are listed, and groups in one another.
const MOST_NAMES: usize = 1 << 14;
const DEEPEST: usize = 16;
/// Bytes of values that are read at once; 16 times as many were slower (200 against 280 MB/s).
const BLOCK: usize = 1 << 20;
/// The same where a row's values lie far apart: the more rows, the fewer places of the file are read.
const TURNED_BLOCK: usize = 64 << 20;
/// Chunks that hold more bytes of rows than that are read in parts, and so more than once.
const LARGEST_BLOCK: usize = 256 << 20;
/// Cells that are read at once.
const CELLS: usize = 1 << 14;
/// Bytes of a text at most: what is longer is not a label.
const LONGEST_TEXT: usize = 1 << 16;
/// Deflate, the strongest filter that is read, cannot make more than this many bytes of one.
const GREATEST_RATIO: u64 = 1_032;
/// What is larger than that is not unpacked where it claims more than so many bytes for each of the file's.
const LARGE: u64 = 1 << 30;
const LARGE_RATIO: u64 = 800;
const FILTER: &str = "which is not read; h5repack -f SHUF -f GZIP=4 FILE set.h5, or in Python: \
                      h5py.File(\"set.h5\", \"w\").create_dataset(\"text\", data=f[\"text\"][:], compression=\"gzip\")";

/// An open file.
pub(super) struct Hdf5 {
    path: PathBuf,
    bytes: u64,
    file: Hdf5File,
    names: Vec<String>,
    /// First index fastest: the dimensions are those of MATLAB in the other order.
    is_matlab: bool,
}

/// A data set, and how it lies.
struct Stored {
    dataset: Dataset,
    kind: Kind,
    /// Its dimensions in MATLAB's order, where it is MATLAB's.
    layout: Layout,
    is_matlab: bool,
    place: String,
}

impl Hdf5 {
    /// Opens the file and lists its data sets.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let io = |error: std::io::Error| DataError::io("read", path, &error);
        let damaged = |error: Error| DataError::Damaged {
            place: printable_path(path),
            reason: printable(&error.to_string()),
        };
        let mut first = Vec::new();
        files::open(path).map_err(io)?.take(MATLAB.len() as u64).read_to_end(&mut first).map_err(io)?;
        let file = files::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        // Read piece by piece and not mapped: a mapped file that another program cuts ends this one. Other files that
        // this one names are not opened, because no resolver is given.
        let storage = Arc::new(FileStorage::from_file(file).map_err(damaged)?);
        let options = OpenOptions::default().with_max_read_bytes(2 * LARGEST_BLOCK);
        let file = Hdf5File::from_storage_with_options(storage, options).map_err(damaged)?;
        let names = names(&file.root_group().map_err(damaged)?).map_err(damaged)?;
        Ok(Self { path: path.to_owned(), bytes, file, names, is_matlab: first == MATLAB })
    }

    fn stored(&self, key: &'static str, name: &str) -> Result<Stored, DataError> {
        let wanted = name.trim_matches('/');
        if !self.names.iter().any(|known| known == wanted) {
            return Err(DataError::not_found(&self.path, key, name, &self.names));
        }
        let place = format!("data set `{}` of {}", printable(name), printable_path(&self.path));
        let dataset = self.file.dataset(wanted).map_err(|error| refused(&place, &error))?;
        let kind = elements::kind(&dataset).map_err(|element| DataError::Element {
            place: place.clone(),
            element,
            wanted: "which is not read; save it as float32, or labels as whole numbers or text",
        })?;
        let mut shape = Vec::new();
        for &length in dataset.shape() {
            let length = usize::try_from(length).map_err(|_| DataError::Memory { place: place.clone() })?;
            shape.push(length);
        }
        if self.is_matlab {
            shape.reverse();
        }
        let element = match kind {
            Kind::Element(element) => element,
            Kind::Texts { reference } => Element::Bytes(reference),
        };
        let layout = Layout { element, big_endian: false, fortran: false, shape };
        self.check_claim(&layout, &place)?;
        Ok(Stored { dataset, kind, layout, is_matlab: self.is_matlab, place })
    }

    /// Refuses what the file cannot hold, however well it were packed.
    fn check_claim(&self, layout: &Layout, place: &str) -> Result<(), DataError> {
        let claimed = layout.elements().map(|elements| elements as u64 * layout.element.size() as u64);
        let is_possible = claimed.is_some_and(|claimed| {
            claimed <= self.bytes.saturating_mul(GREATEST_RATIO)
                && (claimed <= LARGE || claimed / self.bytes.max(1) <= LARGE_RATIO)
        });
        if is_possible {
            return Ok(());
        }
        let (shape, size, bytes) = (layout.shape_text(), layout.element.size(), self.bytes);
        let reason = format!("shape {shape} of {size} bytes each cannot lie in a file of {bytes} bytes");
        Err(DataError::Damaged { place: place.to_owned(), reason })
    }
}

impl ArrayFile for Hdf5 {
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    fn shape(&mut self, key: &'static str, name: &str) -> Result<[usize; 2], DataError> {
        self.stored(key, name)?.matrix_shape()
    }

    fn rows(&mut self, key: &'static str, name: &str, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let stored = self.stored(key, name)?;
        stored.matrix_shape()?;
        match stored.layout.element {
            Element::F32 => stored.rows::<f32>(|values| values, take),
            _ => {
                stored.rows::<Number>(|values| values.into_iter().map(|Number(value)| value).collect(), take)
            }
        }
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

impl Stored {
    fn matrix_shape(&self) -> Result<[usize; 2], DataError> {
        let wrong =
            |wanted| DataError::Shape { place: self.place.clone(), shape: self.layout.shape_text(), wanted };
        if self.layout.element.is_text() {
            let wanted = "where numbers are needed; name another data set";
            return Err(DataError::Element { place: self.place.clone(), element: "text".into(), wanted });
        }
        match self.layout.as_matrix() {
            None => Err(wrong("a matrix of one row per sample is needed")),
            Some([0, _] | [_, 0]) => Err(wrong("at least one row and one column are needed")),
            Some([rows, _]) if u32::try_from(rows).is_err() => Err(wrong("at most 4294967295 rows are read")),
            Some(shape) => Ok(shape),
        }
    }

    /// Hands the rows to `take`, read as `T` and made numbers by `numbers`.
    fn rows<T: H5Type>(
        &self,
        numbers: impl Fn(Vec<T>) -> Vec<f32>,
        take: &mut TakeRows<'_>,
    ) -> Result<(), DataError> {
        let [rows, width] = self.matrix_shape()?;
        let axis = self.axis();
        let in_block = self.rows_in_block(axis, rows, width);
        for first in (0..rows).step_by(in_block) {
            let height = in_block.min(rows - first);
            let values = numbers(self.slice::<T>(axis, first, height)?);
            if !self.is_matlab || width == 1 || height == 1 {
                take(&values)?;
                continue;
            }
            let turned = ndarray::ArrayView2::from_shape((width, height), &values)
                .map_err(|error| damaged(&self.place, &error.to_string()))?;
            take(turned.t().as_standard_layout().as_slice().unwrap_or_default())?;
        }
        Ok(())
    }

    /// The dimension whose lengths are the rows, among those of the file.
    fn axis(&self) -> usize {
        let shape = &self.layout.shape;
        let is_batch = shape.first() == Some(&1) && shape.iter().filter(|&&length| length != 1).count() == 2;
        let axis = if is_batch { shape.iter().position(|&length| length != 1).unwrap_or(0) } else { 0 };
        if self.is_matlab { shape.len().saturating_sub(1) - axis } else { axis }
    }

    /// How many rows are read at once: whole chunks, so that each is unpacked once.
    fn rows_in_block(&self, axis: usize, rows: usize, width: usize) -> usize {
        let of_row = width.saturating_mul(self.layout.element.size().max(4));
        let wanted = (if self.is_matlab { TURNED_BLOCK } else { BLOCK } / of_row).max(1);
        let in_chunk = self
            .dataset
            .chunks()
            .and_then(|chunks| Some(*chunks.get(axis)? as usize))
            .filter(|&in_chunk| in_chunk > 0 && in_chunk.saturating_mul(of_row) <= LARGEST_BLOCK)
            .unwrap_or(1);
        ((wanted / in_chunk).max(1) * in_chunk).min(rows)
    }

    /// The values of `count` places of a dimension from `first` on, in the file's order.
    fn slice<T: H5Type>(&self, axis: usize, first: usize, count: usize) -> Result<Vec<T>, DataError> {
        let part = |dimension: usize, &length: &u64| {
            let (start, end) =
                if dimension == axis { (first as u64, (first + count) as u64) } else { (0, length) };
            SliceInfoElem::Slice { start, end, step: 1 }
        };
        let selections =
            self.dataset.shape().iter().enumerate().map(|(number, length)| part(number, length)).collect();
        let values: ArrayD<T> = self
            .dataset
            .read_slice(&SliceInfo { selections })
            .map_err(|error| refused(&self.place, &error))?;
        let wanted =
            self.layout.shape.iter().product::<usize>() / self.dataset.shape()[axis].max(1) as usize * count;
        match values.into_raw_vec_and_offset() {
            (values, Some(0)) if values.len() == wanted => Ok(values),
            (values, _) => {
                Err(damaged(&self.place, &format!("{} values were read of {wanted}", values.len())))
            }
        }
    }

    /// Hands the cells to `take`; says how many rows there are.
    fn cells(&self, most: usize, take: &mut TakeCell<'_>) -> Result<Rows, DataError> {
        let Some(rows) = self.layout.as_column().filter(|_| !self.layout.shape.is_empty()) else {
            return Err(DataError::Shape {
                place: self.place.clone(),
                shape: self.layout.shape_text(),
                wanted: "a single column is needed",
            });
        };
        if matches!(self.kind, Kind::Element(Element::Bytes(LONGEST_TEXT..))) {
            return Err(self.long_texts());
        }
        if rows > most {
            return Ok(Rows::Exactly(rows));
        }
        let axis = if self.is_matlab { self.layout.shape.len() - 1 } else { 0 };
        let mut text = String::new();
        for first in (0..rows).step_by(CELLS) {
            let raw = self.slice::<Raw>(axis, first, CELLS.min(rows - first))?;
            for (row, Raw(bytes)) in (first..).zip(raw) {
                self.hand_over(&bytes, &mut text, take)?.map_err(|reason| DataError::BadCell {
                    place: self.place.clone(),
                    row: format!("row {row} (counted from 0)"),
                    reason,
                })?;
            }
        }
        Ok(Rows::Exactly(rows))
    }

    fn hand_over(
        &self,
        bytes: &[u8],
        text: &mut String,
        take: &mut TakeCell<'_>,
    ) -> Result<Result<(), String>, DataError> {
        if let Kind::Element(element) = self.kind {
            return Ok(take(cell(element, bytes, text)));
        }
        let found = self
            .dataset
            .resolve_vlen_reference_bytes(bytes, 1)
            .map_err(|error| refused(&self.place, &error))?;
        if found.len() > LONGEST_TEXT {
            return Err(self.long_texts());
        }
        let found = String::from_utf8_lossy(&found);
        Ok(match found.trim_end_matches('\0').trim() {
            "" => take(Cell::Missing),
            found => take(Cell::Text(found)),
        })
    }

    fn long_texts(&self) -> DataError {
        let wanted = "where labels are needed; name another data set";
        DataError::Element { place: self.place.clone(), element: "long texts".into(), wanted }
    }
}

/// Paths of the data sets below `root`, sorted, without the slash in front; none of MATLAB's own (`#refs#`).
fn names(root: &Group) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root.clone(), 0)];
    while let Some((path, group, depth)) = open.pop() {
        let (groups, datasets) = match group.member_names() {
            Ok(members) => members,
            // What is damaged elsewhere in the file does not hide the rest.
            Err(_) if depth > 0 => continue,
            Err(error) => return Err(error),
        };
        found.extend(datasets.into_iter().map(|name| format!("{path}{name}")));
        if found.len() + open.len() > MOST_NAMES || depth == DEEPEST {
            continue;
        }
        for name in groups.into_iter().filter(|name| !name.starts_with('#')) {
            if let Ok(inner) = group.group(&name) {
                open.push((format!("{path}{name}/"), inner, depth + 1));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn damaged(place: &str, reason: &str) -> DataError {
    DataError::Damaged { place: place.to_owned(), reason: printable(reason) }
}

fn refused(place: &str, error: &Error) -> DataError {
    match error {
        Error::Context { source, .. } => refused(place, source),
        Error::UnsupportedFilter(filter) => DataError::Element {
            place: place.to_owned(),
            element: format!("values that are packed by a filter ({})", printable(filter)),
            wanted: FILTER,
        },
        other => damaged(place, &other.to_string()),
    }
}
