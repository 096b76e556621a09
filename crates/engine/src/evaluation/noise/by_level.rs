//! Noise put on the rows, one forward pass for each level: for any fusion.

use tch::{Kind, Tensor};

use super::Noise;
use crate::backend::loss::predictions;
use crate::backend::noise::{Condensed, Tally};
use crate::backend::parameters::Parameters;
use crate::fusion;
use study::config::{Activation, Mixing};
use study::event::NoiseMean;
use study::grid::{Condition, Modality, Seed};

/// Rows that are computed at once.
const BLOCK: i64 = 4096;

/// One model with what noise adds to its rows.
pub(super) struct ByLevel<'a> {
    noise: &'a Noise<'a>,
    parameters: &'a Parameters,
    activation: Activation,
    /// Text and image, each `[rows, width]`.
    rows: [Tensor; 2],
    /// Noise of text and image, each `[rows, width]`.
    noise_of: [Tensor; 2],
}

impl<'a> ByLevel<'a> {
    pub(super) fn new(
        noise: &'a Noise<'a>,
        parameters: &'a Parameters,
        activation: Activation,
        seed: Seed,
        mean: NoiseMean,
    ) -> Self {
        let (rows, noise_of) = (noise.draws.rows(), noise.draws.draw(seed, mean));
        Self { noise, parameters, activation, rows, noise_of }
    }

    /// Which rows are right at every level, summed over rows and over levels.
    pub(super) fn condense(&self, condition: Condition) -> Condensed {
        let mut tally = Tally::new(self.noise.labels, self.noise.levels);
        let rows = self.rows[0].size()[0];
        for first in (0..rows).step_by(BLOCK as usize) {
            let count = BLOCK.min(rows - first);
            let at = |&level: &f64| {
                let [text, image] = self.noised(condition, level, (first, count));
                self.predicted(&text, &image)
            };
            let levels: Vec<Tensor> = self.noise.levels.iter().map(at).collect();
            tally.add(first, &Tensor::stack(&levels, 0));
        }
        tally.condensed()
    }

    /// Mean weights that a gate gives its experts at this level; absent for models without a gate.
    pub(super) fn gate(&self, condition: Condition, level: f64) -> Option<Vec<f64>> {
        let rows = self.rows[0].size()[0];
        let blocks = (0..rows).step_by(BLOCK as usize);
        let sums = blocks.map(|first| {
            let [text, image] = self.noised(condition, level, (first, BLOCK.min(rows - first)));
            fusion::gate(self.parameters, self.activation, &text, &image)
                .map(|weights| weights.sum_dim_intlist([0_i64, 1].as_slice(), false, Kind::Double))
        });
        let sum = sums.reduce(|one, other| Some(one? + other?)).flatten()?;
        Vec::try_from(sum / rows as f64).ok()
    }

    /// Some rows' text and image at this level.
    fn noised(&self, condition: Condition, level: f64, (first, count): (i64, i64)) -> [Tensor; 2] {
        let part = |of: &Tensor| of.narrow(0, first, count);
        let noised = |clean: &Tensor, whose: Option<Modality>| match whose {
            None => part(clean),
            Some(whose) => self.mixed(&part(clean), &part(&self.noise_of[whose as usize]), level),
        };
        let ([text, image], [on_text, on_image]) = (&self.rows, condition.noise());
        [noised(text, on_text), noised(image, on_image)]
    }

    fn mixed(&self, clean: &Tensor, noise: &Tensor, level: f64) -> Tensor {
        match self.noise.config.mixing {
            Mixing::Add => clean + noise * level,
            Mixing::Blend => clean * (1.0 - level) + noise * level,
        }
    }

    /// `[rows]`
    fn predicted(&self, text: &Tensor, image: &Tensor) -> Tensor {
        predictions(&fusion::by_definition(self.parameters, self.activation, text, image)).squeeze_dim(0)
    }
}
