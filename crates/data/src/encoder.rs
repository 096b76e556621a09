//! The frozen projection that plays the encoder's part where a common width is asked for
//! (`data.width = N`).
//!
//! Each modality becomes `x·V`: V holds the leading right singular vectors of the **centred** training
//! rows by falling variance, each with its largest-magnitude entry positive, and the mean is **not**
//! subtracted from `x`. A modality of exactly N is rotated by the same rule, so that one definition
//! holds for every input width. A modality of k < N is rotated likewise and then brought to N by a fixed
//! random orthonormal `[k, N]`, or by zeros.

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array1, Array2, Axis, s};

use study::config::Pad;
use study::random::{Purpose, stream};

use super::blocks::{BLOCK, in_parallel};
use super::error::DataError;
use super::orthonormal;

/// Parts that a covariance is summed in. Fixed, so that the sum does not depend on the thread count.
const PARTS: usize = 16;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modality {
    Text = 0,
    Image = 1,
}

impl Modality {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Text, Self::Image];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
        }
    }

    /// The key that names its array.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Text => "data.text",
            Self::Image => "data.image",
        }
    }
}

/// The projection to `width` of a modality with these training rows. `[from, width]`
pub(crate) fn fit(
    train: &Array2<f32>,
    width: usize,
    pad: Pad,
    modality: Modality,
) -> Result<Array2<f32>, DataError> {
    let (rows, from) = train.dim();
    let kept = width.min(from);
    if kept >= rows {
        let reason = format!("{kept} directions cannot be found in {rows} training rows");
        return Err(DataError::Width { width, reason });
    }
    let mut map = principal_directions(train, kept); // [from, kept]
    if kept < width {
        map = widen(&map, width, pad, modality);
    }
    Ok(map.mapv(|entry| entry as f32))
}

/// `map [from, k]` followed by the way from k to `width`.
fn widen(map: &Array2<f64>, width: usize, pad: Pad, modality: Modality) -> Array2<f64> {
    let kept = map.ncols();
    match pad {
        Pad::Rotate => {
            let key = [kept as u64, width as u64, modality as u64];
            map.dot(&orthonormal::rows(kept, width, &mut stream(Purpose::Rotation, key[0], key[1], key[2])))
        }
        Pad::Zero => {
            let mut wide = Array2::zeros((map.nrows(), width));
            wide.slice_mut(s![.., ..kept]).assign(map);
            wide
        }
    }
}

/// The leading right singular vectors of the centred rows, through the covariance in `f64`. `[from, kept]`
fn principal_directions(train: &Array2<f32>, kept: usize) -> Array2<f64> {
    let covariance = sums_of_products(train);
    let from = covariance.nrows();
    let eigen = SymmetricEigen::new(DMatrix::from_fn(from, from, |i, j| covariance[(i, j)]));
    let mut order: Vec<usize> = (0..from).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let mut directions = Array2::zeros((from, kept));
    for (mut direction, &found) in directions.columns_mut().into_iter().zip(&order) {
        let vector = eigen.eigenvectors.column(found);
        let largest = vector
            .iter()
            .copied()
            .fold(0.0, |best: f64, entry| if entry.abs() > best.abs() { entry } else { best });
        for (entry, &value) in direction.iter_mut().zip(vector.iter()) {
            *entry = if largest < 0.0 { -value } else { value };
        }
    }
    directions
}

/// Sums of products of the centred rows. `[from, from]`
pub(crate) fn sums_of_products(rows: &Array2<f32>) -> Array2<f64> {
    let mean = mean(rows);
    let part_rows = rows.nrows().div_ceil(PARTS).max(1);
    let mut parts: Vec<Array2<f64>> = Vec::new();
    parts.resize_with(rows.nrows().div_ceil(part_rows), || Array2::zeros((rows.ncols(), rows.ncols())));
    in_parallel(rows.axis_chunks_iter(Axis(0), part_rows).zip(&mut parts), |(part, sum)| {
        for block in part.axis_chunks_iter(Axis(0), BLOCK) {
            let centred = block.mapv(f64::from) - &mean; // [block, from]
            ndarray::linalg::general_mat_mul(1.0, &centred.t(), &centred, 1.0, sum);
        }
    });
    parts.into_iter().reduce(|sum, part| sum + part).unwrap_or_default()
}

/// Mean of each column, in `f64`. `[width]`
pub(crate) fn mean(rows: &Array2<f32>) -> Array1<f64> {
    let mut sum = Array1::<f64>::zeros(rows.ncols());
    for row in rows.rows() {
        sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sum / rows.nrows().max(1) as f64
}

/// `rows · map`, in blocks of one shape.
pub(crate) fn apply(rows: &Array2<f32>, map: &Array2<f32>) -> Array2<f32> {
    let mut out = Array2::zeros((rows.nrows(), map.ncols()));
    let work = rows.axis_chunks_iter(Axis(0), BLOCK).zip(out.axis_chunks_iter_mut(Axis(0), BLOCK));
    in_parallel(work, |(from, mut to)| to.assign(&from.dot(map)));
    out
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn projected(width: usize) -> Array2<f32> {
        let train = array![
            [1.0, 2.0, 0.0],
            [3.0, 1.0, 1.0],
            [0.0, 4.0, 2.0],
            [5.0, 0.0, 1.0],
            [2.0, 2.0, 7.0],
            [4.0, 1.0, 3.0]
        ];
        apply(&train, &fit(&train, width, Pad::Rotate, Modality::Text).unwrap())
    }

    #[test]
    fn the_projection_is_numpys_svd_of_the_centred_rows_with_the_mean_left_in() {
        // numpy: V = svd(x - x.mean(0))[2].T, each column's largest-magnitude entry made positive; x @ V
        let wanted = [[0.228_307, -0.277_649, 2.206_986], [0.394_347, 2.149_162, 2.495_113]];
        for (row, wanted) in projected(3).rows().into_iter().zip(wanted) {
            for (found, wanted) in row.iter().zip(wanted) {
                assert!((found - wanted).abs() < 1e-5, "{found} is not {wanted}");
            }
        }
        assert!((projected(2)[(1, 1)] - 2.149_162).abs() < 1e-5);
    }

    #[test]
    fn more_directions_than_rows_can_show_are_refused() {
        let train = Array2::<f32>::zeros((3, 5));
        let error = fit(&train, 4, Pad::Rotate, Modality::Text).unwrap_err().to_string();
        assert!(error.contains("data.width") && error.contains("3 training rows"), "{error}");
    }
}
