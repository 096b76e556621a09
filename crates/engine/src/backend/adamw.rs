//! `AdamW` over a stack (Loshchilov and Hutter 2019), torch's defaults but for what the study fixes.

use tch::{Device, Kind, Tensor};

use crate::backend::parameters::{HeadShape, Parameters};
use crate::backend::shim::{AdamwSettings, fused_adamw};
use crate::error::EngineError;
use study::config::TrainConfig;

/// The optimiser's state for a stack of heads in lock-step.
#[derive(Debug)]
pub(crate) struct Adamw {
    settings: AdamwSettings,
    first_moments: Parameters,
    second_moments: Parameters,
    /// Steps, shared by all heads: they take them together.
    count: f64,
    /// The same as a scalar on the device.
    step: Tensor,
}

impl Adamw {
    /// At the first of the learning rates: who trains several models makes one of these for each.
    pub(crate) fn new(shape: HeadShape, seeds: usize, train: &TrainConfig, device: Device) -> Self {
        Self {
            settings: AdamwSettings {
                learning_rate: train.learning_rate.first().copied().unwrap_or_default(),
                beta1: 0.9,
                beta2: 0.999,
                weight_decay: train.weight_decay,
                eps: 1e-8,
            },
            first_moments: Parameters::zeros(shape, seeds, device),
            second_moments: Parameters::zeros(shape, seeds, device),
            count: 0.0,
            step: Tensor::zeros([], (Kind::Float, device)),
        }
    }

    /// Its state: first moments, second moments, and the scalar count of steps.
    pub(crate) const fn state(&self) -> (&Parameters, &Parameters, &Tensor) {
        (&self.first_moments, &self.second_moments, &self.step)
    }

    /// How many steps have begun.
    pub(crate) const fn count(&self) -> f64 {
        self.count
    }

    /// What does not change between steps.
    pub(crate) const fn settings(&self) -> AdamwSettings {
        self.settings
    }

    /// Resumes from what was loaded into [`Self::state`].
    pub(crate) fn resume(&mut self) {
        self.count = self.step.double_value(&[]);
    }

    /// Begins a step: every head is to be updated once before the next.
    pub(crate) fn begin_step(&mut self) {
        self.begin_step_on_host();
        self.begin_step_on_device();
    }

    /// The half of [`Self::begin_step`] that a CUDA graph repeats by itself.
    pub(crate) fn begin_step_on_device(&self) {
        let _ = self.step.shallow_clone().g_add_scalar_(1.0);
    }

    /// The other half.
    pub(crate) const fn begin_step_on_host(&mut self) {
        self.count += 1.0;
    }

    /// Updates heads `first ..` of `parameters` by `gradients`, which has a row for each of them.
    pub(crate) fn update(
        &self,
        parameters: &Parameters,
        first: usize,
        gradients: &Parameters,
    ) -> Result<(), EngineError> {
        self.update_some(0, parameters, first, gradients.storage())
    }

    /// The same of some parameters alone, in their order from place `from` on: `gradients` has one for each.
    pub(crate) fn update_some(
        &self,
        from: usize,
        parameters: &Parameters,
        first: usize,
        gradients: &[Tensor],
    ) -> Result<(), EngineError> {
        let of = |all: &Parameters| -> Vec<Tensor> {
            let some = all.storage()[from..].iter().zip(gradients);
            some.map(|(all, gradient)| all.narrow(0, first as i64, gradient.size()[0])).collect()
        };
        let moments = (of(&self.first_moments), of(&self.second_moments));
        fused_adamw(&of(parameters), gradients, (&moments.0, &moments.1), &self.step, self.settings)
    }
}
