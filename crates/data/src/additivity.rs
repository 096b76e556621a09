//! How additive a score is: how much of its variance on training rows a function f(x) + g(y) explains, with f and g
//! linear. A score that is additive needs no interaction.

use std::ops::Range;

use ndarray::{Array1, Array2, Axis, concatenate};

use super::Inputs;
use super::encoder::{mean, sums_of_products};

/// Rows that are fitted at most, or so many for each column: more change little, and the start of a run waits.
const MOST_ROWS: usize = 4_096;
const ROWS_OF_A_COLUMN: usize = 4;
/// A column with no more than this share of its sum of squares beside the columns before it is a sum of these.
const DEPENDENT: f64 = 1e-9;

/// The least-squares fit by [x ; y ; 1] on training rows, for any score.
pub(crate) struct Additivity {
    /// Places of the rows that are fitted.
    rows: Vec<usize>,
    /// [x ; y] of these rows. `[rows, text + image width]`
    joined: Array2<f32>,
    /// L of the sums of products of the centred rows, L·Lᵀ, for the columns in `kept`; other columns depend on them.
    factor: Array2<f64>,
    kept: Vec<usize>,
}

impl Additivity {
    pub(crate) fn of(inputs: &Inputs) -> Self {
        let (text, image) = (&inputs.text.train, &inputs.image.train);
        let columns = text.ncols() + image.ncols();
        let most = MOST_ROWS.max(ROWS_OF_A_COLUMN * columns);
        let rows = spread_out(0..text.nrows(), most);
        let (text, image) = (text.select(Axis(0), &rows), image.select(Axis(0), &rows));
        let joined = concatenate(Axis(1), &[text.view(), image.view()]).unwrap_or_default();
        let (factor, kept) = factor(&sums_of_products(&joined));
        Self { rows, joined, factor, kept }
    }

    /// Adjusted R² of the fit to the scores of all training rows, 0 at least: R² itself counts every column of few rows
    /// as an explanation. Absent for a constant, and where there are not twice as many rows as columns.
    pub(crate) fn r_squared(&self, scores: &[f64]) -> Option<f64> {
        let scores: Array1<f64> = self.rows.iter().filter_map(|&row| scores.get(row).copied()).collect();
        let (rows, columns) = (scores.len(), self.kept.len());
        if rows < 2 * (columns + 1) || rows != self.joined.nrows() {
            return None;
        }
        let centred = &scores - scores.sum() / rows as f64;
        let total = centred.dot(&centred);
        // With centred scores, the columns' own means drop out.
        let means = mean(&self.joined);
        let mut products = Array1::<f64>::zeros(self.joined.ncols());
        for (row, &score) in self.joined.rows().into_iter().zip(&centred) {
            for ((product, &value), mean) in products.iter_mut().zip(row).zip(&means) {
                *product += (f64::from(value) - mean) * score;
            }
        }
        // The explained sum of squares is |L⁻¹b|².
        let mut solved = Vec::with_capacity(columns);
        for (place, &column) in self.kept.iter().enumerate() {
            let before: f64 =
                solved.iter().zip(self.factor.row(column)).map(|(&done, &part): (&f64, _)| done * part).sum();
            solved.push((products[column] - before) / self.factor[(column, place)]);
        }
        let explained = solved.iter().map(|part| part * part).sum::<f64>() / total;
        let free = (rows - 1) as f64 / (rows - 1 - columns) as f64;
        let adjusted = 1.0 - (1.0 - explained) * free;
        adjusted.is_finite().then(|| adjusted.clamp(0.0, 1.0))
    }
}

/// So many places at most, evenly spaced.
fn spread_out(all: Range<usize>, most: usize) -> Vec<usize> {
    let (count, kept) = (all.len(), all.len().min(most));
    (0..kept).map(|place| place * count / kept).collect()
}

/// Cholesky's factor, column by column: a column that depends on those before it is passed over. Row i of the factor
/// belongs to column i of `sums`, its column k to the k-th that was kept.
fn factor(sums: &Array2<f64>) -> (Array2<f64>, Vec<usize>) {
    let columns = sums.nrows();
    let (mut factor, mut kept) = (Array2::<f64>::zeros((columns, columns)), Vec::new());
    for column in 0..columns {
        let place = kept.len();
        let own = factor.row(column).to_owned();
        let rest = sums[(column, column)] - own.dot(&own);
        if rest <= sums[(column, column)] * DEPENDENT {
            continue;
        }
        let pivot = rest.sqrt();
        factor[(column, place)] = pivot;
        for below in column + 1..columns {
            let done: f64 = factor.row(below).iter().zip(&own).take(place).map(|(a, b)| a * b).sum();
            factor[(below, place)] = (sums[(below, column)] - done) / pivot;
        }
        kept.push(column);
    }
    (factor, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use study::event::SplitOf;
    use study::random::{Purpose, stream};

    fn inputs(rows: usize) -> Inputs {
        let mut rng = stream(Purpose::Bootstrap, 1, 0, 0);
        let mut make = |columns| Array2::from_shape_fn((rows, columns), |_| rng.random::<f32>() - 0.2);
        let (text, mut image) = (make(3), make(3));
        // A column that depends on others, and one without variance.
        let sum = &text.column(0) + &text.column(1);
        image.column_mut(1).assign(&sum);
        image.column_mut(2).fill(0.5);
        let nothing = || Array2::zeros((0, 3));
        let split = |train| SplitOf { train, validation: nothing(), test: nothing() };
        Inputs { text: split(text), image: split(image) }
    }

    fn scores(inputs: &Inputs, of: impl Fn(&[f64], &[f64]) -> f64) -> Vec<f64> {
        let row =
            |row: ndarray::ArrayView1<'_, f32>| row.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let pairs = inputs.text.train.rows().into_iter().zip(inputs.image.train.rows());
        pairs.map(|(x, y)| of(&row(x), &row(y))).collect()
    }

    #[test]
    fn a_sum_of_both_is_wholly_additive_and_a_product_of_centred_ones_is_not() {
        let inputs = inputs(2_000);
        let fit = Additivity::of(&inputs);
        assert_eq!(fit.kept, [0, 1, 2, 3]);
        let sum = fit.r_squared(&scores(&inputs, |x, y| 3.0 * x[0] - x[2] + 0.5 * y[0] + 7.0)).unwrap();
        assert!(sum > 1.0 - 1e-9, "{sum}");
        let product = fit.r_squared(&scores(&inputs, |x, y| (x[0] - 0.3) * (y[0] - 0.3))).unwrap();
        assert!(product < 0.02, "{product}");
        // Half of the variance each: x of variance 1/12, and the product of variance 1/144.
        let half = fit
            .r_squared(&scores(&inputs, |x, y| x[1] + (x[0] - 0.3) * (y[0] - 0.3) * 12_f64.sqrt()))
            .unwrap();
        assert!((half - 0.5).abs() < 0.05, "{half}");
    }

    #[test]
    fn a_constant_and_too_few_rows_have_none() {
        let many = inputs(50);
        assert_eq!(Additivity::of(&many).r_squared(&[1.0; 50]), None);
        let few = inputs(9);
        assert_eq!(Additivity::of(&few).r_squared(&scores(&few, |x, _| x[0])), None);
    }
}
