//! Noise put on the rows, one forward pass for each level: for any fusion.

use tch::Tensor;

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
            let part = |of: &Tensor| of.narrow(0, first, count);
            let at = |&level: &f64| {
                let noised = |clean: &Tensor, whose: Option<Modality>| match whose {
                    None => part(clean),
                    Some(whose) => self.mixed(&part(clean), &part(&self.noise_of[whose as usize]), level),
                };
                let ([text, image], [on_text, on_image]) = (&self.rows, condition.noise());
                self.predicted(&noised(text, on_text), &noised(image, on_image))
            };
            let levels: Vec<Tensor> = self.noise.levels.iter().map(at).collect();
            tally.add(first, &Tensor::stack(&levels, 0));
        }
        tally.condensed()
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
