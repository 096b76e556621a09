//! What tests of several readers share: a matrix and a column read whole, and random changes of a file.

use rand::RngExt;
use study::random::{Purpose, stream};

use super::{ArrayFile, column};

/// The matrix and its shape, or the error's text.
pub(super) fn matrix(file: &mut dyn ArrayFile, name: &str) -> Result<([usize; 2], Vec<f32>), String> {
    let mut values = Vec::new();
    let shape = file.shape("data.text", name).map_err(|error| error.to_string())?;
    file.rows("data.text", name, &mut |rows| {
        values.extend_from_slice(rows);
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    Ok((shape, values))
}

/// The column's values as text, or the error's.
pub(super) fn texts(file: &mut dyn ArrayFile, name: &str) -> Result<Vec<String>, String> {
    let column = column(file, "data.label", name, 100).map_err(|error| error.to_string())?;
    let names: Vec<String> = column.values.iter().map(|value| format!("{value:?}")).collect();
    Ok(column.codes.iter().map(|&code| names[code as usize].clone()).collect())
}

/// Hands `count` changed copies of `whole` to `read`: some bytes are others, or the end is missing, or a piece is
/// somewhere else.
pub(super) fn each_change(whole: &[u8], count: u64, mut read: impl FnMut(&[u8])) {
    for seed in 0..count {
        let mut random = stream(Purpose::Bootstrap, seed, 0, 0);
        let mut bytes = whole.to_vec();
        for _ in 0..random.random_range(1..6) {
            let place = random.random_range(0..bytes.len());
            match random.random_range(0..5) {
                0 => bytes[place] = 0xff,
                1 => bytes[place] = 0,
                2 => bytes[place] ^= 1 << random.random_range(0..8),
                3 => bytes[place] = random.random(),
                _ => {
                    let from = random.random_range(0..bytes.len());
                    let length = random.random_range(1..9).min(bytes.len() - from.max(place));
                    bytes.copy_within(from..from + length, place);
                }
            }
        }
        if random.random_range(0..8) == 0 {
            bytes.truncate(random.random_range(1..=bytes.len()));
        }
        read(&bytes);
    }
}
