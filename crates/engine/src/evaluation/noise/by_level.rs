//! Noise put on the rows, one forward pass for each level: for any fusion.

use tch::Tensor;

use super::{Condensed, Noise, Tally};
use crate::backend::loss::predictions;
use crate::backend::parameters::Parameters;
use crate::fusion;
use study::config::Activation;
use study::event::NoiseMean;
use study::grid::{Condition, Seed};

/// Rows that are computed at once.
const BLOCK: i64 = 4096;

/// One model with what noise adds to its rows.
pub(super) struct ByLevel<'a> {
    noise: &'a Noise<'a>,
    parameters: &'a Parameters,
    activation: Activation,
    /// Text and image, each `[rows, width]`.
    rows: [Tensor; 2],
    /// What is added to them at level 1.
    added: [Tensor; 2],
}

impl<'a> ByLevel<'a> {
    pub(super) fn new(
        noise: &'a Noise<'a>,
        parameters: &'a Parameters,
        activation: Activation,
        seed: Seed,
        mean: NoiseMean,
    ) -> Self {
        let [rows, added] = noise.rows_and_added(seed, mean);
        Self { noise, parameters, activation, rows, added }
    }

    /// Which rows are right at every level, summed over rows and over levels.
    pub(super) fn condense(&self, condition: Condition) -> Condensed {
        let mut tally = Tally::new(self.noise);
        let rows = self.rows[0].size()[0];
        for first in (0..rows).step_by(BLOCK as usize) {
            let count = BLOCK.min(rows - first);
            let at = |&level: &f64| {
                let noised = |modality: usize, is_noised: bool| {
                    let clean = self.rows[modality].narrow(0, first, count);
                    let added = self.added[modality].narrow(0, first, count);
                    if is_noised { clean + added * level } else { clean }
                };
                let text = noised(0, matches!(condition, Condition::Text | Condition::Both));
                let image = noised(1, matches!(condition, Condition::Image | Condition::Both));
                self.predicted(&text, &image)
            };
            let levels: Vec<Tensor> = self.noise.levels.iter().map(at).collect();
            tally.take(first, &Tensor::stack(&levels, 0));
        }
        tally.condensed()
    }

    /// `[rows]`
    fn predicted(&self, text: &Tensor, image: &Tensor) -> Tensor {
        predictions(&fusion::by_definition(self.parameters, self.activation, text, image)).squeeze_dim(0)
    }
}
