//! The embeddings' scale, fitted on the training rows.

use ndarray::{Array1, Array2, Axis};

use crate::study::config::Scale;
use crate::study::event::SplitOf;

use super::encoder::mean;

/// A deviation below this share of what it is measured against is rounding, not variance.
const ROUNDING: f64 = 1e-6;

/// Scales all splits of a modality in place.
pub(crate) fn scale(splits: &mut SplitOf<Array2<f32>>, scale: Scale) {
    match scale {
        Scale::None => {}
        Scale::Rms => {
            let factor = rms_factor(&splits.train);
            each(splits, |rows| rows.mapv_inplace(|value| (f64::from(value) * factor) as f32));
        }
        Scale::Standard => {
            let (mean, deviation) = standard(&splits.train);
            each(splits, |rows| {
                for ((mut column, &mean), &deviation) in
                    rows.axis_iter_mut(Axis(1)).zip(&mean).zip(&deviation)
                {
                    column.mapv_inplace(|value| ((f64::from(value) - mean) / deviation) as f32);
                }
            });
        }
    }
}

fn each(splits: &mut SplitOf<Array2<f32>>, act: impl Fn(&mut Array2<f32>)) {
    act(&mut splits.train);
    act(&mut splits.validation);
    act(&mut splits.test);
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
