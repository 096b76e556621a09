//! The backend of the fused kernel, on the CPU.

pub(crate) mod models;
mod noise;
mod trainer;

use std::fmt::Debug;

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
    pub(crate) rows: RowsOf,
}

/// Makes what a model reads of text and image, some of which are what noise adds to others.
pub(crate) type RowsOf = Box<dyn Fn([bool; 2], &Tensor, &Tensor) -> FusedRows>;

/// What the fused kernel computes.
#[derive(Debug)]
pub(crate) enum KernelForm {
    /// A head on features.
    Head(KernelNoise),
    /// Learned projections of `[text ; image]`, and a narrow tail.
    Projected(ProjectedForm),
    /// Several heads on columns of `[text ; image]`, and of features behind these that are linear in text and in image.
    Mixed {
        heads: Vec<MixedPart>,
        /// Absent: the answer is the heads' mean.
        gate: Option<Gate>,
    },
}

/// What the fused kernel evaluates a head's noise on.
#[derive(Debug)]
pub(crate) enum KernelNoise {
    /// Columns of the features that are one modality's own, those of text before those of image.
    Columns { text: bool, image: bool },
    /// Product fusion's features, made in the cache from text and image.
    Products,
    /// Features that are linear in text and in image, made as rows' are.
    Made,
    /// Features of which their spectra are enough.
    Spectra(Box<dyn Spectra>),
    /// Every pair of dimensions; features are never made.
    Pairs,
}

/// Makes linear maps of text and of image whose product, element by element, is the spectrum of the features. A linear
/// layer reads it as it is: it is never transformed back.
pub(crate) trait Spectra: Debug {
    /// Of text (modality 0) or image (1), `[rows, n]` → complex `[rows, frequencies]`.
    fn of(&self, modality: usize, rows: &Tensor) -> Tensor;

    /// Of the weight `[units, F]` of a linear layer on features: complex `[units, frequencies]`, whose real and imaginary
    /// parts are its weights for those of the features' spectra.
    fn weight(&self, weight: &Tensor) -> Tensor;
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
        Some(noise::Noisy::new(noise, self, head, activation, rows).condensed())
    }
}
