//! Random orthonormal matrices.

use nalgebra::DMatrix;
use ndarray::Array2;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// `k` orthonormal rows in `n` ≥ `k` dimensions, uniformly distributed: the Q of a QR decomposition of
/// Gaussian entries, with R's diagonal made positive. `[k, n]`
pub(crate) fn rows(k: usize, n: usize, rng: &mut impl Rng) -> Array2<f64> {
    let gaussian: DMatrix<f64> = DMatrix::from_fn(n, k, |_, _| StandardNormal.sample(rng)); // [n, k]
    let (q, r) = gaussian.qr().unpack();
    Array2::from_shape_fn((k, n), |(row, column)| q[(column, row)] * r[(row, row)].signum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::random::{Purpose, stream};

    #[test]
    fn rows_have_norm_one_and_are_at_right_angles() {
        let q = rows(5, 9, &mut stream(Purpose::Rotation, 1, 2, 3));
        let gram = q.dot(&q.t());
        for ((i, j), &value) in gram.indexed_iter() {
            assert!((value - f64::from(u8::from(i == j))).abs() < 1e-12, "{i},{j}: {value}");
        }
    }
}
