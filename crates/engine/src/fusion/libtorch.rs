//! The backend of LibTorch's operations, on every device and for every fusion.

mod noise;
mod trainer;

use super::{is_by_hand, logits};
use crate::backend::adamw::Adamw;
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::backend::{Backend, Trainer};
use study::config::Activation;
use study::model::UnderNoise;

/// Rows that are evaluated at once.
const BLOCK: i64 = 4096;

pub(super) struct LibTorch {
    /// Whether a step is recorded as a CUDA graph.
    pub(super) uses_graphs: bool,
}

impl Backend for LibTorch {
    fn trainer(
        &self,
        parameters: &Parameters,
        _: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Box<dyn Trainer> {
        Box::new(trainer::LibTorchTrainer::new(parameters, inputs, activation, self.uses_graphs))
    }

    fn keeps_gradients(&self) -> bool {
        true
    }

    fn logits(&self, head: &Parameters, activation: Activation, rows: &FusedRows) -> Vec<f32> {
        let mut out = Vec::new();
        for first in (0..rows.len()).step_by(BLOCK as usize) {
            let rows = rows.narrow(first, BLOCK.min(rows.len() - first));
            out.extend(host::<f32>(&logits(head, activation, &rows).view([-1])));
        }
        out
    }

    /// Where the first layer is a polynomial in the level.
    fn under_noise(
        &self,
        head: &Parameters,
        activation: Activation,
        _: &FusedRows,
        noise: &NoisyRows<'_>,
    ) -> Option<Vec<Condensed>> {
        let model = head.shape().fusion;
        match model.fusion.definition().under_noise {
            UnderNoise::Polynomial { degrees, .. } if is_by_hand(model) => {
                Some(noise::condensed(noise, head, activation, degrees))
            }
            UnderNoise::Polynomial { .. } | UnderNoise::ByLevel => None,
        }
    }
}
