//! The embeddings' scale, fitted on the training rows.

use ndarray::{Array1, Array2};

use study::config::Scale;

use super::encoder::mean;
use super::fitted::FittedScale;

/// A deviation below this share of what it is measured against is rounding, not variance.
const ROUNDING: f64 = 1e-6;

/// The scale of a modality with these training rows.
pub(crate) fn fit(train: &Array2<f32>, scale: Scale) -> FittedScale {
    match scale {
        Scale::None => FittedScale::None,
        Scale::Rms => FittedScale::Rms { factor: rms_factor(train) },
        Scale::Standard => {
            let (mean, deviation) = standard(train);
            FittedScale::Standard { mean: mean.to_vec(), deviation: deviation.to_vec() }
        }
    }
}

/// Gives the training entries a mean square of 1; entries that are all zero stay so.
fn rms_factor(train: &Array2<f32>) -> f64 {
    let sum: f64 = train.iter().map(|&value| f64::from(value).powi(2)).sum();
    if sum > 0.0 { (train.len() as f64 / sum).sqrt() } else { 1.0 }
}

/// Mean and deviation (over n) of each column; a column without variance has deviation 1.
fn standard(train: &Array2<f32>) -> (Array1<f64>, Array1<f64>) {
    let mean = mean(train);
    let mut squares = Array1::<f64>::zeros(train.ncols());
    for row in train.rows() {
        for ((square, &value), &mean) in squares.iter_mut().zip(row).zip(&mean) {
            *square += (f64::from(value) - mean).powi(2);
        }
    }
    let mut deviation = (squares / train.nrows().max(1) as f64).sqrt();
    for (deviation, &mean) in deviation.iter_mut().zip(&mean) {
        if *deviation <= ROUNDING * mean.abs() {
            *deviation = 1.0;
        }
    }
    (mean, deviation)
}
