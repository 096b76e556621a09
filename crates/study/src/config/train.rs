//! `[train]`: how a model is trained.

use serde::{Deserialize, Serialize};

use super::OneOrMore;
use crate::model::Robust;

/// `[train]`: the optimisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Epochs at most.
    pub epochs: u32,
    /// Rows in a step; a subset smaller than this is one step.
    pub batch_size: usize,
    /// `AdamW`'s step size; each one of a list is trained.
    pub learning_rate: OneOrMore<f64>,
    /// `AdamW`'s decoupled decay.
    pub weight_decay: f64,
    /// Epochs without a better validation accuracy before a trial ends; 0: none.
    pub patience: u32,
    /// What is done to training rows; each is a model of its own, such as `concat-noise`.
    pub robust: OneOrMore<Robust>,
    /// The highest level α of the noise that `robust = "noise"` puts on training rows.
    pub noise_max: f64,
    /// With `robust = "drop"` the probability that a row loses its text, and that it loses its image.
    pub drop: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 30,
            batch_size: 256,
            learning_rate: 1e-3.into(),
            weight_decay: 0.0,
            patience: 0,
            robust: OneOrMore::one(Robust::None),
            noise_max: 0.95,
            drop: 0.2,
        }
    }
}
