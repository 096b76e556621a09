//! In how many directions the rows of a modality differ: the eigenvalues of their covariance.

use nalgebra::DMatrix;
use ndarray::{Array2, Axis};

use super::super::encoder::{mean, sums_of_products};

/// Width, and else the number of rows, up to which eigenvalues are worked out: 1,280 take about 2 s.
const MOST: usize = 1_280;

/// Rows that are looked at where there are `rows` of this width, of `most`.
pub(super) fn rows_of(rows: usize, width: usize, most: usize) -> usize {
    rows.min(if width > MOST { MOST } else { most })
}

/// Eigenvalues of the covariance (times the number of rows), falling; those that are 0 because there are fewer rows than
/// columns are left out. `rows` are as [`rows_of`] has them.
pub(super) fn eigenvalues(rows: &Array2<f32>) -> Vec<f64> {
    // Of XᵀX and XXᵀ, which have the same eigenvalues but for zeros, the smaller.
    let products = if rows.ncols() <= rows.nrows() {
        sums_of_products(rows)
    } else {
        let centred = rows.mapv(f64::from) - &mean(rows).insert_axis(Axis(0));
        centred.dot(&centred.t())
    };
    let side = products.nrows();
    if side == 0 {
        return Vec::new();
    }
    let matrix = DMatrix::from_fn(side, side, |i, j| products[(i, j)]);
    let mut values: Vec<f64> = matrix.symmetric_eigenvalues().iter().map(|value| value.max(0.0)).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    values
}

/// The effective rank (Roy and Vetterli 2007, definition 1) of the covariance: e to the entropy of its eigenvalues, which
/// are divided by their sum. Absent without variance.
pub(super) fn effective_rank(eigenvalues: &[f64]) -> Option<f64> {
    let sum: f64 = eigenvalues.iter().sum();
    let entropy = || -> f64 {
        let shares = eigenvalues.iter().map(|value| value / sum).filter(|share| *share > 0.0);
        shares.map(|share| -share * share.ln()).sum()
    };
    (sum > 0.0 && sum.is_finite()).then(|| entropy().exp())
}

/// How many directions have `share` of the variance. Absent without variance.
pub(super) fn directions(eigenvalues: &[f64], share: f64) -> Option<usize> {
    let sum: f64 = eigenvalues.iter().sum();
    let mut so_far = 0.0;
    let enough = eigenvalues.iter().position(|value| {
        so_far += value;
        so_far >= share * sum
    });
    enough.filter(|_| sum > 0.0 && sum.is_finite()).map(|place| place + 1)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn equal_variance_in_two_directions_is_rank_two() {
        let rows = array![[1.0, 0.0, 5.0], [-1.0, 0.0, 5.0], [0.0, 1.0, 5.0], [0.0, -1.0, 5.0]];
        let values = eigenvalues(&rows);
        assert!((values[0] - 2.0).abs() < 1e-12 && (values[1] - 2.0).abs() < 1e-12, "{values:?}");
        assert!((effective_rank(&values).unwrap() - 2.0).abs() < 1e-9);
        assert_eq!(directions(&values, 0.9), Some(2));
    }

    // numpy: x = [[1, 2, 0, 1], [3, 1, 1, 0], [0, 4, 2, 2]]; s = linalg.svd(x - x.mean(0))[1]**2
    // p = s / s.sum(); exp(-(p * log(p)).sum())
    #[test]
    fn fewer_rows_than_columns_have_numpys_eigenvalues() {
        let rows = array![[1.0, 2.0, 0.0, 1.0], [3.0, 1.0, 1.0, 0.0], [0.0, 4.0, 2.0, 2.0]];
        let values = eigenvalues(&rows);
        assert_eq!(values.len(), 3);
        for (found, wanted) in values.iter().zip([11.576_973, 1.756_360, 0.0]) {
            assert!((found - wanted).abs() < 1e-5, "{values:?}");
        }
        assert!((effective_rank(&values).unwrap() - 1.476_474).abs() < 1e-5);
        assert_eq!((directions(&values, 0.9), directions(&values, 0.5)), (Some(2), Some(1)));
    }

    #[test]
    fn rows_without_variance_have_no_rank() {
        let values = eigenvalues(&Array2::from_elem((4, 2), 3.0));
        assert_eq!((effective_rank(&values), directions(&values, 0.9)), (None, None));
        assert_eq!(effective_rank(&eigenvalues(&Array2::zeros((0, 5)))), None);
    }
}
