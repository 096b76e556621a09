//! What computes: the device and its precision, the fused CPU kernel, and LibTorch's operations, on parameters and
//! rows that both share. Training and evaluation use one of the two as a [`Backend`].

pub(crate) mod adamw;
pub(crate) mod bridge;
pub mod device;
pub(crate) mod fused;
pub mod gpu;
pub(crate) mod head;
pub(crate) mod inputs;
pub(crate) mod kernel;
pub(crate) mod loss;
pub(crate) mod noise;
pub(crate) mod pace;
pub(crate) mod parameters;
pub(crate) mod precision;
pub(crate) mod shim;
pub(crate) mod sums;

use crate::error::EngineError;
use adamw::Adamw;
use inputs::{CohortInputs, FusedRows};
use noise::{Condensed, NoisyRows};
use parameters::Parameters;
use study::config::Activation;
use study::grid::Epoch;
use sums::Sums;

/// What computes a model: the fused kernel ([`fused`]), or LibTorch's operations (`fusion::libtorch`). Both take the same
/// steps; the last bits of their sums differ. `fusion::backend` chooses.
pub(crate) trait Backend {
    /// A trainer of the heads in `parameters`; it updates them in place.
    fn trainer(
        &self,
        parameters: &Parameters,
        optimizer: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Box<dyn Trainer>;

    /// Whether training needs memory for gradients, as large as the weights.
    fn keeps_gradients(&self) -> bool;

    /// Logits of one head on all `rows`, `[rows, classes]`.
    fn logits(&self, head: &Parameters, activation: Activation, rows: &FusedRows) -> Vec<f32>;

    /// One head under noise at all levels, from a few forward passes; `rows` are the test rows as it reads them. For each
    /// mean of `noise` one result for each entry of `noise.on`. Absent: every level needs a pass of its own.
    fn under_noise(
        &self,
        head: &Parameters,
        activation: Activation,
        rows: &FusedRows,
        noise: &NoisyRows<'_>,
    ) -> Option<Vec<Condensed>>;
}

/// What trains a stack of heads, with this epoch's order and sums.
pub(crate) trait Trainer {
    /// Begins an epoch: each head's rows of the training split in the order in which it takes them.
    fn begin_epoch(&mut self, epoch: Epoch, order: Vec<Vec<u32>>);

    /// One optimiser step of every head on its places `first .. first + count` of the order.
    fn step(
        &mut self,
        parameters: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError>;

    /// Other labels for the rows of the training split, where these are made anew for a step.
    fn set_labels(&mut self, labels: Vec<i64>);

    /// Each head's sums over this epoch's steps.
    fn sums(&self) -> Vec<Sums>;

    /// Restores an epoch's sums from a training state.
    fn set_sums(&mut self, sums: &[Sums]);

    /// Each head's sums over the validation split.
    fn validate(&mut self, parameters: &Parameters) -> Vec<Sums>;
}
