//! Small arrays in numpy's format, as a run keeps them beside its journal. A user's own arrays, of any type and size, are
//! read in `data`.

use std::io::{self, ErrorKind, Read, Write};

use npyz::{AutoSerialize, Deserialize, NpyFile, WriterBuilder};

/// Writes an array of this shape, its values in row-major order.
pub(super) fn write<T: AutoSerialize>(
    to: impl Write,
    shape: &[usize],
    values: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut array = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(to).begin_nd()?;
    array.extend(values)?;
    array.finish()
}

/// Reads an array of `D` dimensions: its shape, and its values in row-major order.
///
/// # Errors
/// Also where it would not fit into `length` bytes: what a header promises is not believed.
pub(super) fn read<T: Deserialize, const D: usize>(
    from: impl Read,
    length: u64,
) -> io::Result<([u64; D], Vec<T>)> {
    let malformed = |why: String| io::Error::new(ErrorKind::InvalidData, why);
    let array = NpyFile::new(from)?;
    let shape: [u64; D] =
        array.shape().try_into().map_err(|_| malformed(format!("it is no array of {D} dimensions")))?;
    let bytes = shape.iter().try_fold(size_of::<T>() as u64, |bytes, &length| bytes.checked_mul(length));
    if bytes.is_none_or(|bytes| bytes > length) {
        return Err(malformed("its header does not fit its length".into()));
    }
    Ok((shape, array.into_vec()?))
}
