//! The bytes of one array turned into a matrix or a column. Nothing is allocated before the file is known to hold the
//! bytes that the header claims; whether they fit into memory is checked before, see `data::limit`.

use std::io::Read;

use ndarray::{Array2, ShapeBuilder};

use super::super::column::{Column, Rows};
use super::super::error::DataError;
use super::element::Layout;

/// Elements converted at a time.
const CHUNK: usize = 1 << 16;
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

impl Stored<'_> {
    /// Its shape, where the file can hold what that claims.
    pub(super) fn shape(self) -> Result<Vec<usize>, DataError> {
        self.check_claim()?;
        Ok(self.layout.shape)
    }

    /// A matrix of numbers. `[rows, width]`
    pub(super) fn matrix(self) -> Result<Array2<f32>, DataError> {
        let layout = self.layout.clone();
        let &[rows, width] = layout.shape.as_slice() else {
            return Err(self.wrong_shape("a matrix of one row per sample is needed"));
        };
        if rows == 0 || width == 0 {
            return Err(self.wrong_shape("at least one row and one column are needed"));
        }
        if u32::try_from(rows).is_err() {
            return Err(self.wrong_shape("at most 4294967295 rows are read"));
        }
        if layout.element.is_text() {
            let wanted = "where numbers are needed; name another array";
            return Err(DataError::Element { place: self.place, element: "text".into(), wanted });
        }
        let place = self.place.clone();
        let elements = self.check_claim()?;
        let mut values: Vec<f32> = Vec::new();
        values.try_reserve_exact(elements).map_err(|_| DataError::Memory { place: place.clone() })?;
        self.for_each_chunk(|bytes| layout.element.extend_numbers(bytes, &mut values))?;
        let damaged = |error: ndarray::ShapeError| DataError::Damaged { place, reason: error.to_string() };
        if layout.fortran {
            let turned = Array2::from_shape_vec((rows, width).f(), values).map_err(damaged)?;
            return Ok(turned.as_standard_layout().into_owned());
        }
        Array2::from_shape_vec((rows, width), values).map_err(damaged)
    }

    /// A column of labels; `(rows, 1)` counts as one. One of more than `most` rows is not read.
    pub(super) fn column(self, most: usize) -> Result<Column, DataError> {
        let layout = self.layout.clone();
        let &([rows] | [rows, 1]) = layout.shape.as_slice() else {
            return Err(self.wrong_shape("a single column is needed"));
        };
        if layout.element.is_text() && layout.element.size() > LONGEST_TEXT {
            let wanted = "where labels are needed; name another array";
            return Err(DataError::Element { place: self.place, element: "long texts".into(), wanted });
        }
        if rows > most {
            return Ok(Column::unread(Rows::Exactly(rows)));
        }
        self.check_claim()?;
        let place = self.place.clone();
        let mut column = Column::default();
        let mut bad = None;
        self.for_each_chunk(|bytes| {
            for element in bytes.chunks_exact(layout.element.size()) {
                match layout.element.label(element) {
                    Ok(value) => column.push(value),
                    Err(found) => {
                        bad.get_or_insert((column.len(), found));
                        return;
                    }
                }
            }
        })?;
        match bad {
            None => Ok(column),
            Some((row, found)) => {
                let what = match found.parse::<f64>() {
                    Ok(number) if number.is_finite() && number.fract() != 0.0 => {
                        "is fractional, and regression is not supported"
                    }
                    _ => "is not a label",
                };
                let reason = format!("{found} {what}; use whole numbers, text or booleans");
                Err(DataError::BadCell { place, row: format!("row {row} (counted from 0)"), reason })
            }
        }
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

    /// Hands all elements to `take`, as little-endian bytes, a chunk at a time.
    fn for_each_chunk(mut self, mut take: impl FnMut(&[u8])) -> Result<(), DataError> {
        let elements = self.check_claim()?;
        let place = std::mem::take(&mut self.place);
        let damaged = |reason: String| DataError::Damaged { place: place.clone(), reason };
        let size = self.layout.element.size();
        let mut buffer = vec![0; CHUNK.min(elements) * size.min(1 << 10)];
        let in_buffer = (buffer.len() / size).max(1);
        buffer.resize(in_buffer * size, 0);
        let mut left = elements;
        while left > 0 {
            let bytes = &mut buffer[..in_buffer.min(left) * size];
            self.bytes.read_exact(bytes).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => damaged("its data end early".into()),
                _ => damaged(error.to_string()),
            })?;
            self.layout.make_little_endian(bytes);
            take(bytes);
            left -= bytes.len() / size;
        }
        // One read more: an archive compares its checksum only at the end of an entry.
        match self.bytes.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(damaged("it holds more bytes than its shape needs".into())),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    fn wrong_shape(self, wanted: &'static str) -> DataError {
        DataError::Shape { place: self.place, shape: self.layout.shape_text(), wanted }
    }
}
