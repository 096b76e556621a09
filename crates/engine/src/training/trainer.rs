//! How a stack of heads trains and is validated: through LibTorch's operations, or on the CPU through the fused
//! kernel. Both take the same steps; the last bits of their sums differ.

mod fused;
mod libtorch;

use crate::backend::adamw::Adamw;
use crate::backend::device::{Arithmetic, Compute};
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::Parameters;
use crate::backend::sums::Sums;
use crate::error::EngineError;
use crate::fusion;
use study::config::Activation;

/// What trains a stack, with this epoch's order and sums.
pub(crate) enum Trainer {
    Fused(Box<fused::Fused>),
    LibTorch(Box<libtorch::LibTorch>),
}

impl Trainer {
    /// For the heads in `parameters`, whose memory it shares.
    pub(crate) fn new(
        compute: Compute,
        parameters: &Parameters,
        optimizer: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Self {
        match fusion::arithmetic(parameters.shape().fusion, compute.arithmetic) {
            Arithmetic::Fused => {
                Self::Fused(Box::new(fused::Fused::new(parameters, optimizer, inputs, activation)))
            }
            Arithmetic::LibTorch => {
                let uses_graphs = compute.uses_graphs;
                Self::LibTorch(Box::new(libtorch::LibTorch::new(parameters, inputs, activation, uses_graphs)))
            }
        }
    }

    /// Begins an epoch: each head's rows of the training split in the order in which it takes them.
    pub(crate) fn begin_epoch(&mut self, order: Vec<Vec<u32>>) {
        match self {
            Self::Fused(fused) => fused.begin_epoch(order),
            Self::LibTorch(libtorch) => libtorch.begin_epoch(&order),
        }
    }

    /// One optimiser step of every head on its places `first .. first + count` of the order.
    pub(crate) fn step(
        &mut self,
        parameters: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError> {
        match self {
            Self::Fused(fused) => {
                optimizer.begin_step();
                fused.step(optimizer, first, count);
                Ok(())
            }
            Self::LibTorch(libtorch) => libtorch.step(parameters, optimizer, first, count),
        }
    }

    /// Each head's sums over this epoch's steps.
    pub(crate) fn sums(&self) -> Vec<Sums> {
        match self {
            Self::Fused(fused) => fused.sums().to_vec(),
            Self::LibTorch(libtorch) => libtorch.sums(),
        }
    }

    /// Takes up an epoch's sums where they were saved.
    pub(crate) fn set_sums(&mut self, sums: &[Sums]) {
        match self {
            Self::Fused(fused) => fused.set_sums(sums),
            Self::LibTorch(libtorch) => libtorch.set_sums(sums),
        }
    }

    /// Each head's sums over the validation split.
    pub(crate) fn validate(&mut self, parameters: &Parameters) -> Vec<Sums> {
        match self {
            Self::Fused(fused) => fused.validate(),
            Self::LibTorch(libtorch) => libtorch.validate(parameters),
        }
    }
}
