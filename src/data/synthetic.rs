//! The synthetic task: the sign of the two embeddings' dot product, as the model receives them.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView1, Axis};

use crate::study::config::{Pairs, SyntheticConfig, SyntheticLabel};
use crate::study::event::SplitOf;
use crate::study::random::{Purpose, permutation, stream};

use super::Inputs;
use super::encoder::mean;

/// The synthetic task's labels, what they were cut at, and its inputs where they differ from the real task's.
pub(crate) struct Synthetic {
    pub(crate) labels: SplitOf<Vec<u8>>,
    pub(crate) threshold: f64,
    /// Absent: the real task's.
    pub(crate) inputs: Option<Inputs>,
}

/// Labels `inputs`, whose two widths are equal.
pub(crate) fn label(inputs: &Inputs, config: &SyntheticConfig) -> Synthetic {
    let mut changed = match config.pairs {
        Pairs::Matched => Cow::Borrowed(inputs),
        Pairs::Shuffled => {
            Cow::Owned(Inputs { text: inputs.text.map(Array2::clone), image: shuffled(&inputs.image) })
        }
    };
    if config.label == SyntheticLabel::Centred {
        let inputs = changed.to_mut();
        centre(&mut inputs.text);
        centre(&mut inputs.image);
    }
    let products = SplitOf {
        train: dot_products(&changed.text.train, &changed.image.train),
        validation: dot_products(&changed.text.validation, &changed.image.validation),
        test: dot_products(&changed.text.test, &changed.image.test),
    };
    let threshold = match config.label {
        SyntheticLabel::Median => median(&products.train),
        SyntheticLabel::Raw | SyntheticLabel::Centred => 0.0,
    };
    let labels =
        products.map(|products| products.iter().map(|&product| u8::from(product > threshold)).collect());
    let inputs = match changed {
        Cow::Borrowed(_) => None,
        Cow::Owned(inputs) => Some(inputs),
    };
    Synthetic { labels, threshold, inputs }
}

/// `x·y` of every row, in `f64`. `[rows]`
fn dot_products(text: &Array2<f32>, image: &Array2<f32>) -> Vec<f64> {
    let dot = |(x, y): (ArrayView1<'_, f32>, ArrayView1<'_, f32>)| {
        x.iter().zip(y).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum()
    };
    text.rows().into_iter().zip(image.rows()).map(dot).collect()
}

/// The middle value, or the mean of the middle two.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n.is_multiple_of(2) => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
        n => sorted[n / 2],
    }
}

/// Image rows re-dealt by a fixed permutation within each split.
fn shuffled(image: &SplitOf<Array2<f32>>) -> SplitOf<Array2<f32>> {
    let mut split = 0;
    image.map(|rows| {
        let order = permutation(rows.nrows(), &mut stream(Purpose::Pairs, split, 0, 0));
        split += 1;
        let order: Vec<usize> = order.into_iter().map(|row| row as usize).collect();
        rows.select(Axis(0), &order)
    })
}

/// Takes the training mean from every split.
fn centre(splits: &mut SplitOf<Array2<f32>>) {
    let mean = mean(&splits.train);
    for rows in [&mut splits.train, &mut splits.validation, &mut splits.test] {
        for mut row in rows.rows_mut() {
            row.iter_mut().zip(&mean).for_each(|(value, mean)| *value = (f64::from(*value) - mean) as f32);
        }
    }
}
