//! Noise through LibTorch's operations.

use tch::{Kind, Tensor};

use super::{Condensed, Noise, SLIGHT, area_weights, nearest};
use crate::backend::head::{hidden_linear, hidden_of_pairs, logits_from_hidden, predictions};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use study::config::{Activation, Mixing};
use study::event::NoiseMean;
use study::grid::{Condition, Fusion, Seed};

/// Floats of the hidden layer that are computed at once, over levels and rows (16 MiB).
const HIDDEN_FLOATS: i64 = 4 << 20;

/// The hidden layer before its activation, in powers of the level; each `[rows, H]`.
pub(super) struct Pieces<'a> {
    noise: &'a Noise<'a>,
    parameters: &'a Parameters,
    activation: Activation,
    clean: Tensor,
    text: Tensor,
    image: Tensor,
    cross: Option<Tensor>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(
        noise: &'a Noise<'a>,
        parameters: &'a Parameters,
        activation: Activation,
        seed: Seed,
        mean: NoiseMean,
    ) -> Self {
        let ([x, y], [mut e, mut f]) = (noise.draws.rows(), noise.draws.draw(seed, mean));
        // (1 − α)·x + α·e is x + α·(e − x).
        if noise.config.mixing == Mixing::Blend {
            (e, f) = (e - &x, f - &y);
        }
        let hidden = |text: &Tensor, image: &Tensor| {
            hidden_linear(parameters, &FusedRows::fuse(noise.fusion, text, image)).squeeze_dim(0) // [rows, H]
        };
        // Of one text with the rows' own images and with the noise.
        let pairs = |text: &Tensor| {
            let both = hidden_of_pairs(parameters, text, &[&y, &f]).squeeze_dim(1); // [2, rows, H]
            (both.get(0), both.get(1))
        };
        let (clean, text, image, cross) = match noise.fusion {
            Fusion::Concat | Fusion::Text | Fusion::Image | Fusion::LogisticConcat => {
                (hidden(&x, &y), hidden(&e, &y.zeros_like()), hidden(&x.zeros_like(), &f), None)
            }
            Fusion::Product | Fusion::LogisticProduct => {
                (hidden(&x, &y), hidden(&e, &y), hidden(&x, &f), Some(hidden(&e, &f)))
            }
            Fusion::Tensor | Fusion::LogisticTensor => {
                let ((clean, image), (text, cross)) = (pairs(&x), pairs(&e));
                (clean, text, image, Some(cross))
            }
        };
        let clean = clean + parameters.hidden_bias();
        Self { noise, parameters, activation, clean, text, image, cross }
    }

    /// Which rows are right at every level, summed over rows and over levels.
    pub(super) fn condense(&self, condition: Condition) -> Condensed {
        let (noise, device) = (self.noise, self.clean.device());
        let upload = |values: &mut dyn Iterator<Item = f64>| {
            let values: Vec<f32> = values.map(|value| value as f32).collect();
            Tensor::from_slice(&values).to_device(device)
        };
        let levels = upload(&mut noise.levels.iter().copied()).view([-1, 1, 1]);
        let weights = upload(&mut area_weights(noise.levels).into_iter()).view([1, -1]);
        let slight_level = nearest(noise.levels, SLIGHT) as i64;
        let (mut areas, mut slight) = (Vec::new(), Vec::new());
        let (count, rows, hidden) = (noise.levels.len() as i64, self.clean.size()[0], self.clean.size()[1]);
        let block = (HIDDEN_FLOATS / (count * hidden)).max(1);
        let mut correct = Tensor::zeros([count], (Kind::Int64, device));
        for first in (0..rows).step_by(block as usize) {
            let part = |piece: &Tensor| piece.narrow(0, first, block.min(rows - first)).unsqueeze(0);
            let linear = match condition {
                Condition::Text => part(&self.text),
                Condition::Image => part(&self.image),
                Condition::Both => part(&self.text) + part(&self.image),
            };
            let mut before = part(&self.clean) + &levels * linear; // [levels, rows, H]
            if let (Condition::Both, Some(cross)) = (condition, &self.cross) {
                before += &levels * &levels * part(cross);
            }
            // A stack of one head takes all levels as rows.
            let logits = logits_from_hidden(self.parameters, self.activation, &before.view([1, -1, hidden]));
            let right = predictions(&logits).view([count, -1]).eq_tensor(&part(noise.labels));
            correct += right.sum_dim_intlist(1_i64, false, Kind::Int64);
            areas.extend(host::<f32>(&weights.matmul(&right.to_kind(Kind::Float)).view([-1])));
            slight.extend(host::<bool>(&right.get(slight_level)));
        }
        let accuracy = host::<i64>(&correct).into_iter().map(|right| right as f64 / rows as f64).collect();
        Condensed { accuracy, areas, slight }
    }
}
