//! Multinomial logistic regression with an L2 penalty, as scikit-learn's `LogisticRegression` has it.

use ndarray::{Array2, ArrayViewMut1, Axis};

use super::super::blocks::{BLOCK, in_parallel};
use super::lbfgs::minimise;

/// Parts that a gradient is summed in. Fixed, so that the sum does not depend on the thread count.
const PARTS: usize = 16;
/// scikit-learn's default: the loss's weight against half the weights' sum of squares.
const C: f64 = 1.0;
/// scikit-learn's default.
const TOLERANCE: f64 = 1e-4;
/// scikit-learn's default.
const MOST_STEPS: usize = 100;

/// A fitted model: of two classes one logit, and else one for each class.
pub(super) struct Logistic {
    /// `[width, logits]`
    weights: Array2<f32>,
    intercepts: Vec<f64>,
    /// Whether the search for the weights came to its end.
    pub(super) has_converged: bool,
}

impl Logistic {
    /// Fits rows, whose columns should be of like scale, and their classes `0..classes`, of which there are two at least.
    pub(super) fn fit(rows: &Array2<f32>, labels: &[u16], classes: usize) -> Self {
        Self::fit_within(TOLERANCE, rows, labels, classes)
    }

    fn fit_within(tolerance: f64, rows: &Array2<f32>, labels: &[u16], classes: usize) -> Self {
        let (width, logits) = (rows.ncols(), if classes == 2 { 1 } else { classes });
        let loss = |at: &[f64]| loss_and_gradient(rows, labels, logits, at);
        let found = minimise(vec![0.0; (width + 1) * logits], tolerance, MOST_STEPS, loss);
        let (weights, intercepts) = found.at.split_at(width * logits);
        Self {
            weights: matrix(weights, logits),
            intercepts: intercepts.to_vec(),
            has_converged: found.has_converged,
        }
    }

    /// The most probable class of each row.
    pub(super) fn predict(&self, rows: &Array2<f32>) -> Vec<u16> {
        let mut classes = vec![0; rows.nrows()];
        let blocks = rows.axis_chunks_iter(Axis(0), BLOCK).zip(classes.chunks_mut(BLOCK));
        in_parallel(blocks, |(rows, classes)| {
            let logits = rows.dot(&self.weights);
            for (logits, class) in logits.rows().into_iter().zip(classes) {
                let logits: Vec<f64> = logits
                    .iter()
                    .zip(&self.intercepts)
                    .map(|(&logit, more)| f64::from(logit) + more)
                    .collect();
                *class = match *logits {
                    [logit] => u16::from(logit > 0.0),
                    _ => {
                        (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
                            as u16
                    }
                };
            }
        });
        classes
    }
}

/// Weights by rows, `[width, logits]`.
fn matrix(weights: &[f64], logits: usize) -> Array2<f32> {
    Array2::from_shape_fn((weights.len() / logits, logits), |(column, logit)| {
        weights[column * logits + logit] as f32
    })
}

/// Mean cross-entropy and penalty, and their gradient; `at` holds the weights `[width, logits]`, then the intercepts.
fn loss_and_gradient(rows: &Array2<f32>, labels: &[u16], logits: usize, at: &[f64]) -> (f64, Vec<f64>) {
    let (weights, intercepts) = at.split_at(rows.ncols() * logits);
    let weights = matrix(weights, logits);
    let part_rows = rows.nrows().div_ceil(PARTS).max(1);
    let mut parts = vec![(0.0, Vec::new()); rows.nrows().div_ceil(part_rows)];
    let work = rows.axis_chunks_iter(Axis(0), part_rows).zip(labels.chunks(part_rows)).zip(&mut parts);
    in_parallel(work, |((rows, labels), (loss, gradient))| {
        *gradient = vec![0.0; at.len()];
        let (of_weights, of_intercepts) = gradient.split_at_mut(weights.len());
        for (block, labels) in rows.axis_chunks_iter(Axis(0), BLOCK).zip(labels.chunks(BLOCK)) {
            let mut found = block.dot(&weights); // [block, logits]
            for (row, &label) in found.rows_mut().into_iter().zip(labels) {
                *loss += into_residuals(row, intercepts, label);
            }
            let sums = block.t().dot(&found); // [width, logits]
            of_weights.iter_mut().zip(&sums).for_each(|(sum, &more)| *sum += f64::from(more));
            for row in found.rows() {
                of_intercepts.iter_mut().zip(row).for_each(|(sum, &more)| *sum += f64::from(more));
            }
        }
    });
    let count = rows.nrows().max(1) as f64;
    let penalty = 1.0 / (C * count);
    let (mut loss, mut gradient) = (0.0, vec![0.0; at.len()]);
    for (of_part, part) in parts {
        loss += of_part / count;
        gradient.iter_mut().zip(part).for_each(|(sum, more)| *sum += more / count);
    }
    for (entry, &weight) in gradient.iter_mut().zip(at).take(weights.len()) {
        loss += 0.5 * penalty * weight * weight;
        *entry += penalty * weight;
    }
    (loss, gradient)
}

/// Turns a row's logits into probabilities less the truth; the row's loss.
fn into_residuals(mut row: ArrayViewMut1<'_, f32>, intercepts: &[f64], label: u16) -> f64 {
    if let [intercept] = *intercepts {
        let logit = f64::from(row[0]) + intercept;
        let is_one = label == 1;
        let of_truth = if is_one { logit } else { -logit };
        // ln(1 + e^−z), where e^−z may overflow.
        let loss = (-of_truth.abs()).exp().ln_1p() + (-of_truth).max(0.0);
        row[0] = (1.0 / (1.0 + (-logit).exp()) - f64::from(u8::from(is_one))) as f32;
        return loss;
    }
    let largest =
        row.iter().zip(intercepts).map(|(&logit, more)| f64::from(logit) + more).fold(f64::MIN, f64::max);
    let shifted = |logit: f32, more: f64| f64::from(logit) + more - largest;
    let sum: f64 = row.iter().zip(intercepts).map(|(&logit, &more)| shifted(logit, more).exp()).sum();
    let truth = usize::from(label);
    let loss = sum.ln() - shifted(row[truth], intercepts[truth]);
    for (class, (entry, &more)) in row.iter_mut().zip(intercepts).enumerate() {
        let probability = shifted(*entry, more).exp() / sum;
        *entry = (probability - f64::from(u8::from(class == truth))) as f32;
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without a pattern, in −1 to 1, and classes that follow from the first three columns and noise.
    fn made(rows: usize, width: usize, classes: i64) -> (Array2<f32>, Vec<u16>) {
        let mixed = |row: usize, column: usize| {
            let hash = ((row * 64 + column + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            (hash % 2_000) as i64 - 1_000
        };
        let values = Array2::from_shape_fn((rows, width), |at| mixed(at.0, at.1) as f32 / 1_000.0);
        let class = |row: usize| {
            let score = mixed(row, 0) + mixed(row, 1) - mixed(row, 2) + mixed(row, 60);
            ((score + 4_000) * classes / 8_000).min(classes - 1) as u16
        };
        (values, (0..rows).map(class).collect())
    }

    // import numpy as np; from sklearn.linear_model import LogisticRegression
    // def mixed(r, c):
    //     return (((r*64 + c + 1) * 0x9E3779B97F4A7C15 % 2**64) >> 40) % 2000 - 1000
    // def made(n, w, k):
    //     x = np.array([[mixed(r, c) / 1000 for c in range(w)] for r in range(n)])
    //     s = np.array([mixed(r, 0) + mixed(r, 1) - mixed(r, 2) + mixed(r, 60) for r in range(n)])
    //     return x, np.minimum((s + 4000) * k // 8000, k - 1)
    // for k in (2, 4):
    //     x, y = made(900, 12, k); m = LogisticRegression(tol=1e-8, max_iter=1000).fit(x[:600], y[:600])
    //     print(m.coef_[0, :3], m.intercept_[0], m.score(x[:600], y[:600]), m.score(x[600:], y[600:]))
    type Wanted = (i64, [f64; 3], f64, [f64; 2]);
    const WANTED: [Wanted; 2] = [
        (2, [4.912_337, 3.315_391, -2.631_398], -0.029_270, [0.936_667, 0.933_333]),
        (4, [-2.123_255, -2.375_207, 3.171_478], -3.389_543, [0.896_667, 0.883_333]),
    ];

    #[test]
    fn weights_and_accuracy_are_those_of_scikit_learn() {
        for (classes, weights, intercept, [train, test]) in WANTED {
            let (rows, labels) = made(900, 12, classes);
            let (of_train, of_test) = rows.view().split_at(Axis(0), 600);
            let (of_train, of_test) = (of_train.to_owned(), of_test.to_owned());
            let model = Logistic::fit_within(1e-5, &of_train, &labels[..600], classes as usize);
            for (column, wanted) in weights.into_iter().enumerate() {
                let found = f64::from(model.weights[(column, 0)]);
                assert!((found - wanted).abs() < 0.01, "{classes} classes, column {column}: {found}");
            }
            assert!((model.intercepts[0] - intercept).abs() < 0.01, "{}", model.intercepts[0]);
            let accuracy = |rows: &Array2<f32>, labels: &[u16]| {
                let right = model.predict(rows).iter().zip(labels).filter(|(a, b)| a == b).count();
                right as f64 / labels.len() as f64
            };
            assert!((accuracy(&of_train, &labels[..600]) - train).abs() < 0.005);
            assert!((accuracy(&of_test, &labels[600..]) - test).abs() < 0.005);
        }
    }
}
