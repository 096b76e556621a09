//! `AdamW` over a stack (Loshchilov and Hutter 2019), torch's defaults but for what the study fixes.

use tch::{Device, Kind, Tensor};

use super::error::EngineError;
use super::parameters::{HeadShape, Parameters};
use super::shim::{AdamwSettings, fused_adamw};
use crate::study::config::TrainConfig;

/// The optimiser's state for a stack of heads in lock-step.
#[derive(Debug)]
pub(super) struct Adamw {
    settings: AdamwSettings,
    first_moments: Parameters,
    second_moments: Parameters,
    /// Scalar, shared by all heads: they take their steps together.
    step: Tensor,
}

impl Adamw {
    pub(super) fn new(shape: HeadShape, seeds: usize, train: &TrainConfig, device: Device) -> Self {
        Self {
            settings: AdamwSettings {
                learning_rate: train.learning_rate,
                beta1: 0.9,
                beta2: 0.999,
                weight_decay: train.weight_decay,
                eps: 1e-8,
            },
            first_moments: Parameters::zeros(shape, seeds, device),
            second_moments: Parameters::zeros(shape, seeds, device),
            step: Tensor::zeros([], (Kind::Float, device)),
        }
    }

    /// What it has gathered: first moments, second moments, and the scalar count of steps.
    pub(super) const fn state(&self) -> (&Parameters, &Parameters, &Tensor) {
        (&self.first_moments, &self.second_moments, &self.step)
    }

    /// Begins a step: every head is to be updated once before the next.
    pub(super) fn begin_step(&mut self) {
        let _ = self.step.g_add_scalar_(1.0);
    }

    /// Updates heads `first ..` of `parameters` by `gradients`, which has a row for each of them.
    pub(super) fn update(
        &self,
        parameters: &Parameters,
        first: usize,
        gradients: &Parameters,
    ) -> Result<(), EngineError> {
        let count = gradients.seeds();
        let (first_moments, second_moments) =
            (self.first_moments.range(first, count), self.second_moments.range(first, count));
        fused_adamw(
            parameters.range(first, count).storage(),
            gradients.storage(),
            (first_moments.storage(), second_moments.storage()),
            &self.step,
            self.settings,
        )
    }
}
