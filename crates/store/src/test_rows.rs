//! Which rows of the source each of several splits tests on, beside the journal: what ties the test rows of trials
//! on different splits together, since splits share rows.
//!
//! An `.npy` of `u32`, `[splits, test rows]`: row k holds split k's test rows as places in the source, in the order
//! of the files of [`super::correctness`]. Where the data has groups, another one of the same shape has the code of
//! each row's group, of one split as well: rows of one code are in one group, in every split.

use std::io::BufReader;
use std::path::Path;

use super::{StoreError, atomic, npy};
use host::files;

/// Writes the test rows of every split, each of the same number.
pub fn write(path: &Path, splits: &[&[u32]]) -> Result<(), StoreError> {
    let rows = splits.first().map_or(0, |rows| rows.len());
    if splits.iter().any(|of_split| of_split.len() != rows) {
        let why = "splits have test rows of different numbers".to_owned();
        return Err(StoreError::Encode { what: "the splits' test rows", why });
    }
    atomic::write_with(path, |file| {
        npy::write(file, &[splits.len(), rows], splits.iter().copied().flatten().copied())
    })
}

/// Reads what [`write`] wrote.
pub fn read(path: &Path) -> Result<Vec<Vec<u32>>, StoreError> {
    let file = files::open(path).map_err(StoreError::io("read", path))?;
    // A header may promise more than a file could hold.
    let length = file.metadata().map_err(StoreError::io("read", path))?.len();
    let ([_, rows], all) = npy::read::<u32, 2>(BufReader::new(file), length)
        .map_err(|error| StoreError::reading(path, error))?;
    if rows == 0 {
        return Err(StoreError::Malformed { path: path.into(), why: "its splits have no rows".into() });
    }
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
