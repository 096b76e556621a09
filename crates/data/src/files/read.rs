//! The bytes of one array turned into rows or cells. Nothing is allocated before the file is known to hold the
//! bytes that the header claims; whether they fit into memory is checked before, see `data::limit`.

use std::fs::File;
use std::io::Read;

use ndarray::{Array2, Axis, ShapeBuilder};

use super::super::column::{Rows, TakeCell};
use super::super::error::DataError;
use super::cell::cell;
use super::{ArrayFile, TakeRows, columnwise};
use tensors::Layout;

/// Elements converted at a time.
const CHUNK: usize = 1 << 19;
/// Bytes of a text element at most: what is longer is not a label.
const LONGEST_TEXT: usize = 1 << 16;

/// One array in a file: how it lies, and its bytes.
pub(super) struct Stored<'a> {
    /// How it lies.
    pub(super) layout: Layout,
    /// Its bytes, from the first element on.
    pub(super) bytes: Box<dyn Read + 'a>,
    /// Most bytes that can come.
    pub(super) available: u64,
    /// File and array, for messages.
    pub(super) place: String,
}

/// A file whose arrays lie in it as bytes, each found by its name.
pub(super) trait Stores {
    /// Names of its arrays, sorted.
    fn names(&self) -> Vec<String>;

    /// The array `name`, which `key` of the configuration names.
    fn stored(&mut self, key: &'static str, name: &str) -> Result<Stored<'_>, DataError>;
}

impl<T: Stores> ArrayFile for T {
    fn names(&self) -> Vec<String> {
        Stores::names(self)
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

impl Stored<'_> {
    /// Rows and width of the matrix that it is, where the file can hold what its header claims.
    pub(super) fn shape(self) -> Result<[usize; 2], DataError> {
        let shape = self.matrix_shape()?;
        self.check_claim()?;
        Ok(shape)
    }

    /// Hands its rows to `take`, some whole ones at a time.
    pub(super) fn rows(self, take: &mut TakeRows<'_>) -> Result<(), DataError> {
        let [rows, width] = self.matrix_shape()?;
        let layout = self.layout.clone();
        let elements = self.check_claim()?;
        if layout.fortran && rows > 1 && width > 1 {
            return self.turned_rows(elements, [rows, width], take);
        }
        let in_block = (CHUNK / width).max(1) * width;
        let mut block: Vec<f32> = Vec::new();
        let place = self.place.clone();
        let most = in_block.min(elements);
        block.try_reserve_exact(most).map_err(|_| DataError::Memory { place })?;
        self.for_each_chunk(in_block, |bytes| {
            block.clear();
            layout.element.extend_numbers(bytes, &mut block);
            take(&block)
        })
    }

    /// The same where its bytes lie as they are in `file` from `start` on: a matrix that lies column by column need not be
    /// read whole.
    pub(super) fn rows_of_file(
        self,
        file: &File,
        start: u64,
        take: &mut TakeRows<'_>,
    ) -> Result<(), DataError> {
        let shape = self.matrix_shape()?;
        let elements = self.check_claim()?;
        if !self.layout.fortran || shape[0] == 1 || shape[1] == 1 {
            return self.rows(take);
        }
        if self.available != (elements * self.layout.element.size()) as u64 {
            let reason = "it holds more bytes than its shape needs".into();
            return Err(DataError::Damaged { place: self.place, reason });
        }
        columnwise::rows(file, start, &self.layout, shape, &self.place, take)
    }

    /// The same for a matrix in an archive that lies column by column: all of it has to be read before its first row is known.
    fn turned_rows(
        self,
        elements: usize,
        [rows, width]: [usize; 2],
        take: &mut TakeRows<'_>,
    ) -> Result<(), DataError> {
        let (layout, place) = (self.layout.clone(), self.place.clone());
        let mut values: Vec<f32> = Vec::new();
        values.try_reserve_exact(elements).map_err(|_| DataError::Memory { place: place.clone() })?;
        self.for_each_chunk(CHUNK, |bytes| {
            layout.element.extend_numbers(bytes, &mut values);
            Ok(())
        })?;
        let turned = Array2::from_shape_vec((rows, width).f(), values)
            .map_err(|error| DataError::Damaged { place, reason: error.to_string() })?;
        turned
            .axis_chunks_iter(Axis(0), (CHUNK / width).max(1))
            .try_for_each(|block| take(block.as_standard_layout().as_slice().unwrap_or_default()))
    }

    /// Hands its cells to `take`; says how many rows it has. Of more than `most` rows none is read.
    pub(super) fn cells(self, most: usize, take: &mut TakeCell<'_>) -> Result<Rows, DataError> {
        let layout = self.layout.clone();
        let Some(rows) = layout.as_column() else {
            return Err(self.wrong_shape("a single column is needed"));
        };
        if layout.element.is_text() && layout.element.size() > LONGEST_TEXT {
            let wanted = "where labels are needed; name another array";
            return Err(DataError::Element { place: self.place, element: "long texts".into(), wanted });
        }
        if rows > most {
            return Ok(Rows::Exactly(rows));
        }
        let (mut row, mut text) = (0, String::new());
        let place = self.place.clone();
        self.for_each_chunk(CHUNK, |bytes| {
            for element in bytes.chunks_exact(layout.element.size()) {
                take(cell(layout.element, element, &mut text)).map_err(|reason| DataError::BadCell {
                    place: place.clone(),
                    row: format!("row {row} (counted from 0)"),
                    reason,
                })?;
                row += 1;
            }
            Ok(())
        })?;
        Ok(Rows::Exactly(rows))
    }

    /// Rows and width of a matrix of numbers.
    fn matrix_shape(&self) -> Result<[usize; 2], DataError> {
        let Some([rows, width]) = self.layout.as_matrix() else {
            return Err(self.wrong_shape("a matrix of one row per sample is needed"));
        };
        if rows == 0 || width == 0 {
            return Err(self.wrong_shape("at least one row and one column are needed"));
        }
        if u32::try_from(rows).is_err() {
            return Err(self.wrong_shape("at most 4294967295 rows are read"));
        }
        if self.layout.element.is_text() {
            let wanted = "where numbers are needed; name another array";
            let place = self.place.clone();
            return Err(DataError::Element { place, element: "text".into(), wanted });
        }
        Ok([rows, width])
    }

    /// How many elements the header claims, where the file can hold them.
    fn check_claim(&self) -> Result<usize, DataError> {
        let damaged = |reason: String| DataError::Damaged { place: self.place.clone(), reason };
        let size = self.layout.element.size();
        let elements = self.layout.elements().ok_or_else(|| {
            damaged(format!("its header claims shape {}, which no memory holds", self.layout.shape_text()))
        })?;
        if (elements * size) as u64 > self.available {
            let (shape, wanted) = (self.layout.shape_text(), elements * size);
            let reason =
                format!("shape {shape} needs {wanted} bytes, but there are at most {}", self.available);
            return Err(damaged(reason));
        }
        if size == 0 {
            return Err(damaged("its elements have no bytes".into()));
        }
        Ok(elements)
    }

    /// Hands all elements to `take`, as little-endian bytes, so many elements at a time.
    fn for_each_chunk(
        mut self,
        chunk: usize,
        mut take: impl FnMut(&[u8]) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let elements = self.check_claim()?;
        let place = std::mem::take(&mut self.place);
        let damaged = |reason: String| DataError::Damaged { place: place.clone(), reason };
        let size = self.layout.element.size();
        // Texts may be long: fewer of them at a time.
        let in_buffer = if self.layout.element.is_text() { (CHUNK / size).max(1) } else { chunk };
        let mut buffer = vec![0; in_buffer.min(elements) * size];
        let mut left = elements;
        while left > 0 {
            let bytes = &mut buffer[..in_buffer.min(left) * size];
            self.bytes.read_exact(bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => damaged("its data end early".into()),
                _ => damaged(error.to_string()),
            })?;
            self.layout.make_little_endian(bytes);
            take(bytes)?;
            left -= bytes.len() / size;
        }
        // One read more: an archive compares its checksum only at the end of an entry.
        match self.bytes.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(damaged("it holds more bytes than its shape needs".into())),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    fn wrong_shape(&self, wanted: &'static str) -> DataError {
        DataError::Shape { place: self.place.clone(), shape: self.layout.shape_text(), wanted }
    }
}
