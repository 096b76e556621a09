//! A matrix that lies column by column in a plain file, handed on row by row: some columns' pieces at a time.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::super::error::DataError;
use super::TakeRows;
use tensors::Layout;

/// Bytes of a block of rows: the longer a column's piece, the fewer places of the file are read.
const BLOCK: usize = 64 << 20;
/// Columns whose pieces are read before they are put into the rows, so that 64 bytes of a row are written at once.
const TOGETHER: usize = 16;

/// Hands the rows of the matrix of `[rows, width]`, whose columns lie one after the other from `start` on, to `take`.
pub(super) fn rows(
    file: &File,
    start: u64,
    layout: &Layout,
    shape: [usize; 2],
    place: &str,
    take: &mut TakeRows<'_>,
) -> Result<(), DataError> {
    let in_block = (BLOCK / shape[1].saturating_mul(size_of::<f32>()).max(1)).clamp(1, shape[0]);
    in_blocks(file, start, layout, shape, in_block, place, take)
}

/// The same, so many rows at a time.
fn in_blocks(
    file: &File,
    start: u64,
    layout: &Layout,
    [rows, width]: [usize; 2],
    in_block: usize,
    place: &str,
    take: &mut TakeRows<'_>,
) -> Result<(), DataError> {
    let memory = || DataError::Memory { place: place.to_owned() };
    let size = layout.element.size();
    let mut block: Vec<f32> = Vec::new();
    block.try_reserve_exact(in_block.saturating_mul(width)).map_err(|_| memory())?;
    let mut bytes = vec![0; in_block * size];
    let mut pieces: Vec<f32> = Vec::with_capacity(in_block * TOGETHER);
    for first in (0..rows).step_by(in_block) {
        let height = in_block.min(rows - first);
        block.resize(height * width, 0.0);
        for column in (0..width).step_by(TOGETHER) {
            pieces.clear();
            let together = TOGETHER.min(width - column);
            for column in column..column + together {
                let bytes = &mut bytes[..height * size];
                let at = start + ((column * rows + first) * size) as u64;
                file.read_exact_at(bytes, at).map_err(|error| damaged(place, &error))?;
                layout.make_little_endian(bytes);
                layout.element.extend_numbers(bytes, &mut pieces);
            }
            for (row, cells) in block.chunks_exact_mut(width).enumerate() {
                let cells = &mut cells[column..column + together];
                cells
                    .iter_mut()
                    .zip(pieces[row..].iter().step_by(height))
                    .for_each(|(cell, piece)| *cell = *piece);
            }
        }
        take(&block)?;
    }
    Ok(())
}

fn damaged(place: &str, error: &std::io::Error) -> DataError {
    let reason = match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "its data end early".into(),
        _ => error.to_string(),
    };
    DataError::Damaged { place: place.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use tensors::Element;

    /// The rows of a matrix of `[rows, 37]` whose columns lie after three bytes of something else.
    fn read(rows: usize, in_block: usize, missing: usize) -> Result<Vec<f32>, String> {
        let mut file = tempfile::tempfile().unwrap();
        let mut bytes = b"abc".to_vec();
        bytes.extend((0..rows * 37).flat_map(|value| (value as i16).to_be_bytes()));
        file.write_all(&bytes[..bytes.len() - missing]).unwrap();
        let layout = Layout { element: Element::I16, big_endian: true, fortran: true, shape: vec![rows, 37] };
        let mut values = Vec::new();
        in_blocks(&file, 3, &layout, [rows, 37], in_block, "a.npy", &mut |block| {
            values.extend_from_slice(block);
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        Ok(values)
    }

    #[test]
    fn columns_become_rows_however_many_are_read_at_a_time() {
        let expected: Vec<f32> =
            (0..50).flat_map(|row| (0..37).map(move |column| (column * 50 + row) as f32)).collect();
        for in_block in [1, 7, 49, 50] {
            assert_eq!(read(50, in_block, 0), Ok(expected.clone()), "{in_block}");
        }
    }

    #[test]
    fn a_column_that_is_cut_short_is_an_error() {
        let error = read(50, 7, 1).unwrap_err();
        assert!(error.contains("a.npy") && error.contains("data end early"), "{error}");
    }
}
