//! The backend of the fused kernel, on the CPU.

mod models;
mod noise;
mod trainer;

use tch::Tensor;

use crate::backend::adamw::Adamw;
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::backend::kernel::{Gate, Kernel, KernelRows, MixedPart, ProjectedForm};
use crate::backend::noise::{Condensed, NoisyRows};
use crate::backend::parameters::Parameters;
use crate::backend::{Backend, Trainer};
use models::Models;
use study::config::Activation;

/// Computes models of one form.
pub(crate) struct Fused {
    pub(crate) form: KernelForm,
}

/// What the fused kernel computes.
#[derive(Clone, Debug)]
pub(crate) enum KernelForm {
    /// A head on features.
    Head(KernelNoise),
    /// Learned projections of `[text ; image]`, and a narrow tail.
    Projected(ProjectedForm),
    /// Several heads on columns of `[text ; image]`, or of these and the products behind them.
    Mixed {
        heads: Vec<MixedPart>,
        /// Absent: the answer is the heads' mean.
        gate: Option<Gate>,
        /// Makes the products of text and image.
        products: Option<fn(&Tensor, &Tensor) -> Tensor>,
    },
}

/// What the fused kernel evaluates a head's noise on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KernelNoise {
    /// Columns of the features that are one modality's own, those of text before those of image.
    Columns { text: bool, image: bool },
    /// Product fusion's features, made in the cache from text and image.
    Products,
    /// Features that are linear in text and in image, made by LibTorch's operations.
    Bilinear(fn(&Tensor, &Tensor) -> Tensor),
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
        Box::new(trainer::FusedTrainer::new(&self.form, parameters, optimizer, inputs, activation))
    }

    fn keeps_gradients(&self) -> bool {
        false
    }

    fn logits(&self, head: &Parameters, activation: Activation, rows: &FusedRows) -> Vec<f32> {
        let (models, rows) = (Models::of(&self.form, head, None, activation), KernelRows::of(rows));
        let mut out = vec![0.0; models.classes() * rows.len()];
        models.logits(&mut Kernel::new(), 0, &rows, &mut out);
        out
    }

    fn under_noise(
        &self,
        head: &Parameters,
        activation: Activation,
        rows: &FusedRows,
        noise: &NoisyRows<'_>,
    ) -> Option<Vec<Condensed>> {
        Some(noise::Noisy::new(noise, &self.form, head, activation, rows).condensed())
    }
}
