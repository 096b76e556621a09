//! Noise through the fused kernel: a level costs a few operations for each row and unit.

use tch::Tensor;

use super::super::evaluation::host;
use super::super::inputs::FusedRows;
use super::super::kernel::{Heads, Kernel, KernelRows, Levels};
use super::super::parameters::Parameters;
use super::{Condensed, Noise, SLIGHT, area_weights, nearest};
use crate::study::config::{Activation, Mixing};
use crate::study::event::NoiseMean;
use crate::study::grid::{Condition, Fusion, Seed};

/// A head on the test rows before any noise.
pub(super) struct Clean<'a> {
    noise: &'a Noise<'a>,
    heads: Heads,
    activation: Activation,
    labels: Vec<i64>,
    kernel: Kernel,
    /// The hidden layer before its activation, `[rows, H]`.
    hidden: Vec<f32>,
}

/// What noise adds to the hidden layer before its activation, in powers of the level; each `[rows, H]`, and absent
/// where it adds nothing.
#[derive(Default)]
pub(super) struct Pieces {
    text: Option<Vec<f32>>,
    image: Option<Vec<f32>>,
    cross: Option<Vec<f32>>,
}

impl<'a> Clean<'a> {
    /// `rows` are the test rows as the head reads them.
    pub(super) fn new(
        noise: &'a Noise<'a>,
        parameters: &Parameters,
        activation: Activation,
        rows: &FusedRows,
    ) -> Self {
        let (mut kernel, heads) = (Kernel::new(), Heads::of(parameters));
        let mut hidden = kernel.hidden(&heads, 0, &KernelRows::of(rows), 0);
        let bias: Vec<f32> = host(&parameters.hidden_bias().contiguous().view([-1]));
        for row in hidden.chunks_mut(bias.len()) {
            row.iter_mut().zip(&bias).for_each(|(unit, bias)| *unit += bias);
        }
        Self { noise, heads, activation, labels: host(noise.labels), kernel, hidden }
    }

    pub(super) fn pieces(&mut self, seed: Seed, mean: NoiseMean) -> Pieces {
        let ([x, y], [mut e, mut f]) = (self.noise.draws.rows(), self.noise.draws.draw(seed, mean));
        // (1 − α)·x + α·e is x + α·(e − x).
        if self.noise.config.mixing == Mixing::Blend {
            (e, f) = (e - &x, f - &y);
        }
        let columns_of_text = x.size()[1] as usize;
        let nothing = Pieces::default();
        match self.noise.fusion {
            Fusion::Text => Pieces { text: Some(self.alone(&e, 0)), ..nothing },
            Fusion::Image => Pieces { image: Some(self.alone(&f, 0)), ..nothing },
            Fusion::Concat | Fusion::LogisticConcat => Pieces {
                text: Some(self.alone(&e, 0)),
                image: Some(self.alone(&f, columns_of_text)),
                ..nothing
            },
            Fusion::Product | Fusion::LogisticProduct | Fusion::Tensor | Fusion::LogisticTensor => Pieces {
                text: Some(self.together(&e, &y)),
                image: Some(self.together(&x, &f)),
                cross: Some(self.together(&e, &f)),
            },
        }
    }

    /// Of one modality that has columns of its own in the fused vector, from `column`.
    fn alone(&mut self, rows: &Tensor, column: usize) -> Vec<f32> {
        let rows = KernelRows::of(&FusedRows::Vector(rows.shallow_clone()));
        self.kernel.hidden(&self.heads, 0, &rows, column)
    }

    /// Of a fusion that multiplies.
    fn together(&mut self, text: &Tensor, image: &Tensor) -> Vec<f32> {
        let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
        let pair = KernelRows::of(&pair);
        match self.noise.fusion {
            Fusion::Product | Fusion::LogisticProduct => self.kernel.hidden_of_product(&self.heads, 0, &pair),
            _ => self.kernel.hidden(&self.heads, 0, &pair, 0),
        }
    }

    /// Which rows are right at every level, summed over rows and over levels.
    pub(super) fn condense(&mut self, pieces: &Pieces, condition: Condition) -> Condensed {
        let levels: Vec<f32> = self.noise.levels.iter().map(|&level| level as f32).collect();
        let (text, image) = (pieces.text.as_deref(), pieces.image.as_deref());
        let linear = match (condition, text, image) {
            (Condition::Text, linear, _) | (Condition::Image, _, linear) => linear.map(<[f32]>::to_vec),
            (Condition::Both, Some(text), Some(image)) => {
                Some(text.iter().zip(image).map(|(text, image)| text + image).collect())
            }
            (Condition::Both, one, other) => one.or(other).map(<[f32]>::to_vec),
        };
        let linear = linear.unwrap_or_else(|| vec![0.0; self.hidden.len()]);
        let cross = pieces.cross.as_deref().filter(|_| condition == Condition::Both);
        let at = Levels { clean: &self.hidden, linear: &linear, cross, alphas: &levels };
        let right = self.kernel.right_at_levels(&self.heads, self.activation, 0, &at, &self.labels);
        let weights: Vec<f32> = area_weights(self.noise.levels).iter().map(|&weight| weight as f32).collect();
        let slight_level = nearest(self.noise.levels, SLIGHT);
        let mut correct = vec![0_u32; levels.len()];
        let (mut areas, mut slight) = (Vec::new(), Vec::new());
        for row in right.chunks(levels.len()) {
            correct.iter_mut().zip(row).for_each(|(correct, &right)| *correct += u32::from(right));
            let area = weights.iter().zip(row).map(|(weight, &right)| if right { *weight } else { 0.0 });
            areas.push(area.sum());
            slight.push(row[slight_level]);
        }
        let rows = self.labels.len() as f64;
        let accuracy = correct.into_iter().map(|right| f64::from(right) / rows).collect();
        Condensed { accuracy, areas, slight }
    }
}
