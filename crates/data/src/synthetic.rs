//! The synthetic task: the sign of the two embeddings' dot product, as the model receives them.

use std::borrow::Cow;

use ndarray::Array2;

use study::config::{Pairs, SyntheticConfig, SyntheticLabel};
use study::event::SplitOf;
use study::statistics::median;

use super::Inputs;
use super::encoder::mean;
use super::fitted::Cut;
use super::pairs::{self, dot_products};

/// The synthetic task's labels, how they were cut, and its inputs where they differ from the real task's.
pub(crate) struct Synthetic {
    pub(crate) labels: SplitOf<Vec<u16>>,
    pub(crate) cut: Cut,
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
    let mut cut = Cut { threshold: 0.0, centre: None };
    if config.label == SyntheticLabel::Centred {
        let inputs = changed.to_mut();
        cut.centre = Some((mean(&inputs.text.train).to_vec(), mean(&inputs.image.train).to_vec()));
        let (text, image) = (&mut inputs.text, &mut inputs.image);
        cut.centre(&mut text.train, &mut image.train);
        cut.centre(&mut text.validation, &mut image.validation);
        cut.centre(&mut text.test, &mut image.test);
    }
    if config.label == SyntheticLabel::Median {
        cut.threshold = median(&dot_products(&changed.text.train, &changed.image.train)).unwrap_or(0.0);
    }
    let labels = SplitOf {
        train: cut.labels(&changed.text.train, &changed.image.train),
        validation: cut.labels(&changed.text.validation, &changed.image.validation),
        test: cut.labels(&changed.text.test, &changed.image.test),
    };
    let inputs = match changed {
        Cow::Borrowed(_) => None,
        Cow::Owned(inputs) => Some(inputs),
    };
    Synthetic { labels, cut, inputs }
}

/// Image rows reordered by a fixed permutation within each split.
fn shuffled(image: &SplitOf<Array2<f32>>) -> SplitOf<Array2<f32>> {
    let mut split = 0;
    image.map(|rows| {
        split += 1;
        pairs::shuffled(rows, split - 1)
    })
}
