//! Which rows of the source each of several splits tests on, beside the journal: what ties the test rows of trials
//! on different splits together, since splits share rows.
//!
//! An `.npy` of `u32`, `[splits, test rows]`: row k holds split k's test rows as places in the source, in the order
//! of the files of [`super::correctness`].

use std::io::{self, BufReader};
use std::path::Path;

use npyz::{NpyFile, WriterBuilder};

use super::{StoreError, atomic};
use host::files;

/// Writes the test rows of every split, each of the same number.
pub fn write(path: &Path, splits: &[&[u32]]) -> Result<(), StoreError> {
    let rows = splits.first().map_or(0, |rows| rows.len());
    if splits.iter().any(|of_split| of_split.len() != rows) {
        let why = "splits have test rows of different numbers".to_owned();
        return Err(StoreError::Encode { what: "the splits' test rows", why });
    }
    atomic::write_with(path, |file| {
        let shape = [splits.len() as u64, rows as u64];
        let mut array = npyz::WriteOptions::new().default_dtype().shape(&shape).writer(file).begin_nd()?;
        for of_split in splits {
            array.extend(of_split.iter().copied())?;
        }
        array.finish()
    })
}

/// Reads what [`write`] wrote.
pub fn read(path: &Path) -> Result<Vec<Vec<u32>>, StoreError> {
    let file = files::open(path).map_err(StoreError::io("read", path))?;
    // A header may promise more than a file could hold.
    let length = file.metadata().map_err(StoreError::io("read", path))?.len();
    let malformed = |why: &str| StoreError::Malformed { path: path.into(), why: why.into() };
    let damaged = |error: io::Error| StoreError::reading(path, error);
    let array = NpyFile::new(BufReader::new(file)).map_err(damaged)?;
    let &[splits, rows] = array.shape() else { return Err(malformed("it has not two dimensions")) };
    if rows == 0 || splits.checked_mul(rows).is_none_or(|count| count > length / 4) {
        return Err(malformed("its header does not fit its length"));
    }
    let all: Vec<u32> = array.into_vec().map_err(damaged)?;
    Ok(all.chunks(rows as usize).map(<[u32]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_splits_rows_come_back_and_every_cut_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test-rows.npy");
        write(&path, &[&[1, 5, 70_000], &[0, 5, u32::MAX]]).unwrap();
        assert_eq!(read(&path).unwrap(), [vec![1, 5, 70_000], vec![0, 5, u32::MAX]]);
        let whole = std::fs::read(&path).unwrap();
        assert!(String::from_utf8_lossy(&whole[..128]).contains("<u4"));
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(read(&path).is_err(), "cut at {cut}");
        }
        // A header that promises a terabyte is not believed.
        let mut lying = whole.clone();
        let shape = whole.windows(5).position(|bytes| bytes == b"(2, 3").unwrap();
        let longer = b"(2, 9999999999, ), }";
        lying[shape..shape + longer.len()].copy_from_slice(longer);
        std::fs::write(&path, &lying).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("does not fit its length"));
        let error = write(&path, &[&[1], &[2, 3]]).unwrap_err();
        assert!(error.to_string().contains("different numbers"), "{error}");
    }
}
