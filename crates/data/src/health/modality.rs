//! One modality as it lies in the source.

use ndarray::Array2;
use serde::Serialize;

use super::super::blocks::gather;
use super::sample::{MOST_ROWS, Use, most_rows, sample, shuffled};
use super::scan::{Row, Scan};
use super::spectrum;

/// A norm that differs from 1 by no more is 1: half precision leaves as much.
const UNIT: f64 = 2e-3;

/// One modality as it lies in the source. Its usable rows are those that are finite and not all zeros.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModalityHealth {
    /// Element type in the source, such as `float16`.
    pub element_type: String,
    /// Rows in all.
    pub rows: usize,
    /// Columns.
    pub width: usize,
    /// Rows that are finite and not all zeros.
    pub usable_rows: usize,
    /// Smallest finite value.
    pub min: Option<f32>,
    /// Largest finite value.
    pub max: Option<f32>,
    /// Rows that are all zeros: their half is missing.
    pub zero_rows: usize,
    /// Rows that are NaN in every column: likewise.
    pub all_nan_rows: usize,
    /// The first row of these two kinds, counted from 0 in the source.
    pub first_missing_row: Option<usize>,
    /// Other rows with values that are NaN or infinite.
    pub broken_rows: usize,
    /// The first of them, counted from 0 in the source.
    pub first_broken_row: Option<usize>,
    /// NaN values in them.
    pub nan_values: usize,
    /// Infinite values in them.
    pub infinite_values: usize,
    /// Mean Euclidean norm of the usable rows.
    pub mean_norm: Option<f64>,
    /// Their smallest norm.
    pub min_norm: Option<f64>,
    /// Their largest norm.
    pub max_norm: Option<f64>,
    /// Deviation (over n) of their norms over the mean norm.
    pub norm_variation: Option<f64>,
    /// Share of usable rows with norm 1 ± 0.002.
    pub unit_norm_share: Option<f64>,
    /// Rows that are equal to an earlier one.
    pub duplicate_rows: usize,
    /// Columns with one value in every usable row.
    pub constant_columns: usize,
    /// Norm of the mean of the usable rows over their mean norm: 0 around the origin, towards 1 in a narrow cone.
    pub mean_offset: Option<f64>,
    /// Mean cosine of usable rows paired at random.
    pub random_cosine: Option<f64>,
    /// Largest deviation of a column over the median deviation.
    pub deviation_ratio: Option<f64>,
    /// Effective rank (Roy and Vetterli 2007) of the covariance: e to the entropy of its eigenvalues over their sum.
    pub effective_rank: Option<f64>,
    /// Directions that have 90 % of the variance.
    pub directions_90: Option<usize>,
    /// Usable rows, drawn by a key, from which cosine, deviations, rank and directions are.
    pub sampled_rows: usize,
}

impl ModalityHealth {
    /// `places` are the rows' places in the source, where some of its rows are left out.
    pub(super) fn of(
        values: &Array2<f32>,
        scan: &Scan,
        element_type: &str,
        duplicate_rows: usize,
        places: Option<&[u32]>,
    ) -> Self {
        let place = |row: usize| places.and_then(|places| places.get(row)).map_or(row, |&row| row as usize);
        let norms = Norms::of(&scan.norms);
        let usable: Vec<u32> =
            (0..).zip(&scan.rows).filter(|(_, kind)| **kind == Row::Usable).map(|(row, _)| row).collect();
        let most = spectrum::rows_of(usable.len(), values.ncols(), MOST_ROWS).min(most_rows(values.ncols()));
        let rows = gather(values, &sample(&usable, most, Use::Spectrum));
        let eigenvalues = spectrum::eigenvalues(&rows);
        let count = usable.len().max(1) as f64;
        let mean = scan.sums.iter().map(|sum| (sum / count).powi(2)).sum::<f64>().sqrt();
        Self {
            element_type: element_type.to_owned(),
            rows: values.nrows(),
            width: values.ncols(),
            usable_rows: usable.len(),
            min: scan.range.map(|(low, _)| low),
            max: scan.range.map(|(_, high)| high),
            zero_rows: scan.count(Row::Zero),
            all_nan_rows: scan.count(Row::AllNan),
            first_missing_row: scan.first(&[Row::Zero, Row::AllNan]).map(place),
            broken_rows: scan.count(Row::Broken),
            first_broken_row: scan.first(&[Row::Broken]).map(place),
            nan_values: scan.nan_values,
            infinite_values: scan.infinite_values,
            mean_norm: norms.as_ref().map(|norms| norms.mean),
            min_norm: norms.as_ref().map(|norms| norms.min),
            max_norm: norms.as_ref().map(|norms| norms.max),
            norm_variation: norms.as_ref().map(|norms| norms.deviation / norms.mean),
            unit_norm_share: norms.as_ref().map(|norms| norms.unit),
            duplicate_rows,
            constant_columns: scan.constant_columns(),
            mean_offset: norms.as_ref().map(|norms| mean / norms.mean),
            random_cosine: random_cosine(&rows),
            deviation_ratio: deviation_ratio(&rows),
            effective_rank: spectrum::effective_rank(&eigenvalues),
            directions_90: spectrum::directions(&eigenvalues, 0.9),
            sampled_rows: rows.nrows(),
        }
    }

    /// Rows whose half is missing.
    pub const fn missing_rows(&self) -> usize {
        self.zero_rows + self.all_nan_rows
    }
}

struct Norms {
    mean: f64,
    min: f64,
    max: f64,
    deviation: f64,
    unit: f64,
}

impl Norms {
    fn of(norms: &[f64]) -> Option<Self> {
        let count = norms.len() as f64;
        let mean = norms.iter().sum::<f64>() / count;
        let variance = norms.iter().map(|norm| (norm - mean).powi(2)).sum::<f64>() / count;
        (!norms.is_empty()).then(|| Self {
            mean,
            min: norms.iter().copied().fold(f64::INFINITY, f64::min),
            max: norms.iter().copied().fold(0.0, f64::max),
            deviation: variance.sqrt(),
            unit: norms.iter().filter(|norm| (*norm - 1.0).abs() <= UNIT).count() as f64 / count,
        })
    }
}

/// Each row with the next in a random order.
fn random_cosine(rows: &Array2<f32>) -> Option<f64> {
    let order = shuffled(rows.nrows(), Use::Partners);
    let cosines = order.windows(2).map(|pair| cosine(rows, pair[0] as usize, rows, pair[1] as usize));
    let (sum, count) = cosines.fold((0.0, 0), |(sum, count), cosine| (sum + cosine, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Of two rows, in `f64`; both are usable.
pub(super) fn cosine(left: &Array2<f32>, row: usize, right: &Array2<f32>, other: usize) -> f64 {
    let (mut product, mut square, mut other_square) = (0.0, 0.0, 0.0);
    for (&x, &y) in left.row(row).iter().zip(right.row(other)) {
        let (x, y) = (f64::from(x), f64::from(y));
        product += x * y;
        square += x * x;
        other_square += y * y;
    }
    product / (square.sqrt() * other_square.sqrt())
}

/// Absent where half the columns are constant.
fn deviation_ratio(rows: &Array2<f32>) -> Option<f64> {
    let count = rows.nrows().max(1) as f64;
    let mean = super::super::encoder::mean(rows);
    let mut squares = vec![0.0; rows.ncols()];
    for row in rows.rows() {
        for ((square, &value), mean) in squares.iter_mut().zip(row).zip(&mean) {
            *square += (f64::from(value) - mean).powi(2);
        }
    }
    let mut deviations: Vec<f64> = squares.into_iter().map(|square: f64| (square / count).sqrt()).collect();
    deviations.sort_by(f64::total_cmp);
    let (middle, largest) = (deviations.get(deviations.len() / 2)?, deviations.last()?);
    (*middle > 0.0).then(|| largest / middle)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn norms_mean_and_missing_rows_are_those_of_the_usable_rows() {
        let rows = array![[0.0, 0.0], [3.0, 4.0], [0.6, 0.8], [f32::NAN, 1.0], [f32::NAN, f32::NAN]];
        let found = ModalityHealth::of(&rows, &Scan::of(&rows), "float32", 0, Some(&[2, 4, 6, 8, 10]));
        assert_eq!((found.usable_rows, found.missing_rows(), found.broken_rows), (2, 2, 1));
        assert_eq!((found.first_missing_row, found.first_broken_row), (Some(2), Some(8)));
        assert!((found.mean_norm.unwrap() - 3.0).abs() < 1e-6);
        assert_eq!(found.max_norm, Some(5.0));
        // Both rows point one way: the mean of the rows is as long as the mean norm.
        assert!((found.mean_offset.unwrap() - 1.0).abs() < 1e-6);
        assert!((found.random_cosine.unwrap() - 1.0).abs() < 1e-6);
        assert_eq!((found.unit_norm_share, found.directions_90), (Some(0.5), Some(1)));
        assert!((found.effective_rank.unwrap() - 1.0).abs() < 1e-4);
        // Deviations 1.2 and 1.6.
        assert!((found.deviation_ratio.unwrap() - 1.0).abs() < 1e-6, "{:?}", found.deviation_ratio);
    }

    #[test]
    fn no_usable_row_has_no_numbers() {
        let rows = Array2::zeros((3, 2));
        let found = ModalityHealth::of(&rows, &Scan::of(&rows), "float32", 2, None);
        assert_eq!((found.mean_norm, found.effective_rank, found.random_cosine), (None, None, None));
        assert_eq!((found.zero_rows, found.sampled_rows), (3, 0));
    }
}
