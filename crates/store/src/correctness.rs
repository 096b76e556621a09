//! Which test rows each seed got right at its best epoch, as bits beside the journal.
//!
//! An `.npy` of `u8`, one row for each seed, `16 + ⌈rows/8⌉` columns: the seed (8 bytes, little-endian),
//! the number of test rows (likewise), then a bit for each test row, lowest bit first. In numpy:
//!
//! ```python
//! a = np.load("concat-real-32.npy")
//! seeds, rows = a[:, :16].copy().view("<u8").T
//! correct = np.unpackbits(a[:, 16:], axis=1, count=rows[0], bitorder="little").astype(bool)
//! ```

use std::io::BufReader;
use std::path::Path;

use super::{StoreError, atomic, npy};
use host::files;
use study::grid::Seed;

/// Bytes in front of a seed's bits: the seed and the number of rows.
const PREFIX: usize = 16;

/// Writes which of `rows` test rows each seed got right; every seed has `rows` values.
pub fn write(path: &Path, rows: usize, per_seed: &[(Seed, Vec<bool>)]) -> Result<(), StoreError> {
    if let Some((seed, correct)) = per_seed.iter().find(|(_, correct)| correct.len() != rows) {
        let why = format!("seed {} has {} rows, not {rows}", seed.0, correct.len());
        return Err(StoreError::Encode { what: "the test rows that were right", why });
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(StoreError::io("make", folder))?;
    }
    atomic::write_with(path, |file| {
        let shape = [per_seed.len(), PREFIX + rows.div_ceil(8)];
        let row = |(seed, correct): &(Seed, Vec<bool>)| {
            let prefix = [seed.0.to_le_bytes(), (rows as u64).to_le_bytes()];
            prefix.into_iter().flatten().chain(correct.chunks(8).map(pack)).collect::<Vec<u8>>()
        };
        npy::write(file, &shape, per_seed.iter().flat_map(row))
    })
}

/// Reads what [`write`] wrote.
pub fn read(path: &Path) -> Result<Vec<(Seed, Vec<bool>)>, StoreError> {
    let file = files::open(path).map_err(StoreError::io("read", path))?;
    // A header may promise more than a file could hold.
    let length = file.metadata().map_err(StoreError::io("read", path))?.len();
    let malformed = |why: &str| StoreError::Malformed { path: path.into(), why: why.into() };
    let ([_, columns], bytes) =
        npy::read::<u8, 2>(BufReader::new(file), length).map_err(|error| StoreError::reading(path, error))?;
    if columns < PREFIX as u64 {
        return Err(malformed("its rows have no room for a seed"));
    }
    bytes
        .chunks(columns as usize)
        .map(|row| unpack(row).ok_or_else(|| malformed("a seed's number of rows does not fit its bits")))
        .collect()
}

fn pack(bits: &[bool]) -> u8 {
    bits.iter().enumerate().fold(0, |byte, (place, &bit)| byte | u8::from(bit) << place)
}

fn unpack(row: &[u8]) -> Option<(Seed, Vec<bool>)> {
    let (seed, rest) = row.split_first_chunk::<8>()?;
    let (rows, bits) = rest.split_first_chunk::<8>()?;
    let rows = usize::try_from(u64::from_le_bytes(*rows)).ok()?;
    if rows.div_ceil(8) != bits.len() {
        return None;
    }
    let correct = (0..rows).map(|row| bits[row / 8] >> (row % 8) & 1 == 1).collect();
    Some((Seed(u64::from_le_bytes(*seed)), correct))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_right_comes_back_and_numpy_would_read_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("correct/concat-real-32.npy");
        let first: Vec<bool> = (0..11).map(|row| row % 3 == 0).collect();
        let written = vec![(Seed(0), first), (Seed(u64::MAX), vec![true; 11])];
        write(&path, 11, &written).unwrap();
        assert_eq!(read(&path).unwrap(), written);
        let bytes = std::fs::read(&path).unwrap();
        // Rows 0, 3, 6 and 9 are right: bits 0, 3, 6 of the first byte, bit 1 of the second.
        assert_eq!(bytes[bytes.len() - 2 * 18..][16..18], [0b0100_1001, 0b0000_0010]);
        let header = String::from_utf8_lossy(&bytes[..128]);
        assert!(header.contains("|u1") && header.replace(' ', "").contains("(2,18"), "{header}");
    }

    #[test]
    fn no_seed_and_a_wrong_length_are_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.npy");
        write(&path, 4, &[]).unwrap();
        assert_eq!(read(&path).unwrap(), []);
        let error = write(&path, 4, &[(Seed(2), vec![true; 3])]).unwrap_err();
        assert!(error.to_string().contains("seed 2 has 3 rows, not 4"));
    }

    #[test]
    fn every_cut_and_every_wrong_byte_is_an_error_or_another_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write(&path, 9, &[(Seed(1), vec![true; 9])]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(read(&path).is_err(), "cut at {cut}");
        }
        for place in 0..whole.len() {
            let mut wrong = whole.clone();
            wrong[place] ^= 0x15;
            std::fs::write(&path, &wrong).unwrap();
            let _ = read(&path);
        }
    }
}
