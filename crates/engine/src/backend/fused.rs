//! The backend of the fused kernel, on the CPU.

mod noise;
mod trainer;

use crate::backend::adamw::Adamw;
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::backend::kernel::{Heads, Kernel, KernelRows};
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use crate::backend::{Backend, Trainer};
use study::config::Activation;

/// For one fusion.
pub(crate) struct Fused {
    /// How the kernel evaluates noise on the fusion's features.
    pub(crate) noise: KernelNoise,
}

/// The form of a fusion's features, by which the kernel evaluates noise on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KernelNoise {
    /// Columns of the features that are one modality's own, those of text before those of image.
    Columns { text: bool, image: bool },
    /// Product fusion's features, made in the cache from text and image.
    Products,
    /// Every pair of dimensions; features are never made.
    Pairs,
}

impl Backend for Fused {
    fn trainer(
        &self,
        parameters: &Parameters,
        optimizer: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Box<dyn Trainer> {
        Box::new(trainer::FusedTrainer::new(parameters, optimizer, inputs, activation))
    }

    fn keeps_gradients(&self) -> bool {
        false
    }

    fn logits(&self, head: &Parameters, activation: Activation, rows: &FusedRows) -> Vec<f32> {
        let rows = KernelRows::of(rows);
        let mut out = vec![0.0; 2 * rows.len()];
        Kernel::new().logits(&Heads::of(head), activation, 0, &rows, 0, &mut out);
        out
    }

    fn under_noise(
        &self,
        head: &Parameters,
        activation: Activation,
        rows: &FusedRows,
        noise: &NoisyRows<'_>,
    ) -> Option<Vec<Condensed>> {
        Some(noise::Noisy::new(noise, self.noise, head, activation, rows).condensed())
    }
}
