//! A data set as one `.safetensors`, checked, and there whole or not at all. Matrices are written row by row: nothing
//! of their size is copied.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use ndarray::ArrayView2;
use serde_json::{Value, json};

use host::atomic::Replacement;
use host::files;
use study::config::LabelValue;

use super::bytes::little_endian;
use super::error::{DataError, printable, printable_path};

/// The entry of the header's `__metadata__` that names the columns of text, with commas between them.
pub const TEXT_COLUMNS: &str = "text_columns";
/// The header's entry for everything that is no tensor.
const METADATA: &str = "__metadata__";
/// Bytes of a text at most, as for reading.
const LONGEST_TEXT: usize = 1 << 16;
/// Bytes that are gathered before they are written or hashed.
const BUFFER: usize = 1 << 16;
/// A header's length is a multiple of this, so that the tensors lie well in memory.
const ALIGNMENT: usize = 8;

/// What is written.
#[derive(Debug, Default)]
pub struct Archive<'a> {
    /// Matrices by their names; tensors of float32. `[rows, width]`
    pub arrays: Vec<(String, ArrayView2<'a, f32>)>,
    /// Columns by their names, a value for each row. A column of numbers alone is a tensor of int64, `[rows]`; any other is
    /// one of bytes, `[rows, longest]`: UTF-8, with zeros behind it.
    pub columns: Vec<(String, Vec<LabelValue>)>,
    /// Where it comes from, for its readers.
    pub provenance: BTreeMap<String, String>,
}

/// Writes the archive to `path`; an existing regular file is replaced.
///
/// # Errors
/// Where its rows are not equally many or its names not distinct, a value is not finite, or a text cannot be kept; where
/// the file cannot be written.
pub fn write(path: &Path, archive: &Archive<'_>) -> Result<(), DataError> {
    let refused = |reason: String| DataError::Io { verb: "write", path: printable_path(path), reason };
    let io = |error: io::Error| DataError::io("write", path, &error);
    let tensors = tensors(archive).map_err(refused)?;
    let header = header(&tensors, &archive.provenance).map_err(refused)?;
    files::check_output(path, &[]).map_err(io)?;
    let mut new = Replacement::begin(path).map_err(io)?;
    write_to(new.file(), &header, &tensors).map_err(io)?;
    new.finish().map_err(io)
}

/// Hexadecimal BLAKE3 over the names, shapes and bytes of everything that is written but the provenance.
///
/// # Errors
/// As for [`write`], of what is to be written; `place` is what messages call it.
pub fn fingerprint(place: &str, archive: &Archive<'_>) -> Result<String, DataError> {
    let tensors =
        tensors(archive).map_err(|reason| DataError::Io { verb: "write", path: printable(place), reason })?;
    let mut to = BufWriter::with_capacity(BUFFER, blake3::Hasher::new());
    let done = tensors.iter().try_for_each(|tensor| {
        writeln!(to, "{} {} {:?}", tensor.name, tensor.values.kind(), tensor.shape())?;
        tensor.write(&mut to)
    });
    let hasher = done.and_then(|()| to.into_inner().map_err(io::IntoInnerError::into_error));
    match hasher {
        Ok(hasher) => Ok(hasher.finalize().to_hex().to_string()),
        // A hasher takes everything.
        Err(error) => Err(DataError::Io { verb: "write", path: printable(place), reason: error.to_string() }),
    }
}

/// A tensor, its bytes still to be made.
struct Tensor<'a> {
    name: &'a str,
    rows: usize,
    values: Values<'a>,
}

enum Values<'a> {
    Matrix(&'a ArrayView2<'a, f32>),
    Numbers(&'a [LabelValue]),
    /// With the bytes of the longest.
    Texts(&'a [LabelValue], usize),
}

impl Values<'_> {
    /// As the format calls it.
    const fn kind(&self) -> &'static str {
        match self {
            Self::Numbers(_) => "I64",
            Self::Matrix(_) => "F32",
            Self::Texts(..) => "U8",
        }
    }

    /// Bytes of a row.
    fn row_bytes(&self) -> usize {
        match self {
            Self::Numbers(_) => 8,
            Self::Matrix(rows) => 4 * rows.ncols(),
            Self::Texts(_, longest) => *longest,
        }
    }

    /// The widest elements first, so that every tensor begins at a multiple of its element's size.
    const fn place(&self) -> u8 {
        match self {
            Self::Numbers(_) => 0,
            Self::Matrix(_) => 1,
            Self::Texts(..) => 2,
        }
    }
}

impl Tensor<'_> {
    fn shape(&self) -> Vec<usize> {
        match &self.values {
            Values::Numbers(_) => vec![self.rows],
            Values::Matrix(rows) => rows.shape().to_vec(),
            Values::Texts(_, longest) => vec![self.rows, *longest],
        }
    }

    /// Writes its bytes to what gathers them.
    fn write(&self, to: &mut impl Write) -> io::Result<()> {
        match &self.values {
            Values::Matrix(rows) => {
                let mut bytes = Vec::new();
                rows.rows().into_iter().try_for_each(|row| match row.as_slice() {
                    Some(row) => to.write_all(little_endian(row, &mut bytes)),
                    None => row.iter().try_for_each(|value| to.write_all(&value.to_le_bytes())),
                })
            }
            Values::Numbers(values) => values.iter().try_for_each(|value| match value {
                LabelValue::Number(number) => to.write_all(&number.to_le_bytes()),
                LabelValue::Text(_) => Err(io::Error::other("a column of numbers holds text")),
            }),
            Values::Texts(values, longest) => {
                let zeros = vec![0; *longest];
                values.iter().try_for_each(|value| {
                    let text = text_of(value);
                    to.write_all(text.as_bytes())?;
                    to.write_all(&zeros[text.len()..])
                })
            }
        }
    }
}

fn text_of(value: &LabelValue) -> Cow<'_, str> {
    match value {
        LabelValue::Number(number) => number.to_string().into(),
        LabelValue::Text(text) => text.into(),
    }
}

/// The archive as tensors, in the order in which they are written; or what is wrong with it.
fn tensors<'a>(archive: &'a Archive<'_>) -> Result<Vec<Tensor<'a>>, String> {
    let mut tensors = Vec::new();
    for (name, rows) in &archive.arrays {
        check_finite(name, rows)?;
        tensors.push(Tensor { name, rows: rows.nrows(), values: Values::Matrix(rows) });
    }
    for (name, values) in &archive.columns {
        let is_number = |value: &LabelValue| matches!(value, LabelValue::Number(_));
        let found = if values.iter().all(is_number) {
            Values::Numbers(values)
        } else {
            Values::Texts(values, longest(name, values)?)
        };
        tensors.push(Tensor { name, rows: values.len(), values: found });
    }
    let mut seen = BTreeSet::new();
    for tensor in &tensors {
        let name = tensor.name;
        if name.is_empty() || name == METADATA || name.contains(',') {
            return Err(format!("`{}` is no name for an array; use letters and digits", printable(name)));
        }
        if !seen.insert(name) {
            return Err(format!("two arrays are called `{}`; rename one", printable(name)));
        }
    }
    let Some(rows) = tensors.first().map(|tensor| tensor.rows) else {
        return Err("there is nothing to write".to_owned());
    };
    if rows == 0 {
        return Err("there are no rows".to_owned());
    }
    if tensors.iter().any(|tensor| tensor.rows != rows) {
        let counts = tensors.iter().map(|tensor| format!("`{}` has {}", printable(tensor.name), tensor.rows));
        return Err(format!("rows differ: {}", counts.collect::<Vec<_>>().join(", ")));
    }
    tensors.sort_by_key(|tensor| tensor.values.place());
    Ok(tensors)
}

fn check_finite(name: &str, rows: &ArrayView2<'_, f32>) -> Result<(), String> {
    let name = printable(name);
    if rows.ncols() == 0 {
        return Err(format!("array `{name}` has no columns"));
    }
    match rows.rows().into_iter().position(|row| row.iter().any(|value| !value.is_finite())) {
        None => Ok(()),
        Some(row) => Err(format!(
            "array `{name}` holds a value that is not finite in row {row} (counted from 0); remove the row everywhere"
        )),
    }
}

/// Bytes of the longest text, one at least.
fn longest(name: &str, values: &[LabelValue]) -> Result<usize, String> {
    let mut longest = 1;
    for (row, value) in values.iter().enumerate() {
        let text = text_of(value);
        let what = if text.contains('\0') {
            "a zero byte, which marks the end of a text".to_owned()
        } else if text.len() > LONGEST_TEXT {
            format!("{} bytes, and at most {LONGEST_TEXT} are read", text.len())
        } else {
            longest = longest.max(text.len());
            continue;
        };
        return Err(format!("column `{}` has {what}: row {row} (counted from 0)", printable(name)));
    }
    Ok(longest)
}

/// The header, padded. The same archive always has the same one.
fn header(tensors: &[Tensor<'_>], provenance: &BTreeMap<String, String>) -> Result<Vec<u8>, String> {
    let mut about: BTreeMap<&str, Value> =
        provenance.iter().map(|(key, value)| (key.as_str(), Value::from(value.as_str()))).collect();
    if about.contains_key(TEXT_COLUMNS) {
        return Err(format!("the provenance cannot have an entry `{TEXT_COLUMNS}`"));
    }
    let texts: Vec<&str> = tensors
        .iter()
        .filter(|tensor| matches!(tensor.values, Values::Texts(..)))
        .map(|tensor| tensor.name)
        .collect();
    if !texts.is_empty() {
        about.insert(TEXT_COLUMNS, texts.join(",").into());
    }
    let mut entries: BTreeMap<&str, Value> = BTreeMap::new();
    let mut from = 0;
    for tensor in tensors {
        let bytes = tensor.rows.checked_mul(tensor.values.row_bytes());
        let to = bytes.and_then(|bytes| bytes.checked_add(from)).ok_or("it would be too large")?;
        let entry =
            json!({"dtype": tensor.values.kind(), "shape": tensor.shape(), "data_offsets": [from, to]});
        entries.insert(tensor.name, entry);
        from = to;
    }
    if !about.is_empty() {
        entries.insert(METADATA, json!(about));
    }
    let mut header = serde_json::to_vec(&entries).map_err(|error| error.to_string())?;
    header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');
    Ok(header)
}

fn write_to(file: &mut impl Write, header: &[u8], tensors: &[Tensor<'_>]) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER, file);
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(header)?;
    tensors.iter().try_for_each(|tensor| tensor.write(&mut to))?;
    to.flush()
}

#[cfg(test)]
mod tests;
