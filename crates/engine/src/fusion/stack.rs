//! A stack's parameters by name, and the layers that are made of them.

use tch::{Kind, Tensor};

use crate::backend::head::activate;
use crate::backend::parameters::Parameters;
use study::config::Activation;

/// The parameters of some models, each `[seeds, …]`, with the activation between their layers.
pub(crate) struct Stack {
    activation: Activation,
    parameters: Vec<(&'static str, Tensor)>,
}

impl Stack {
    /// Shares memory with `parameters`.
    pub(super) fn of(parameters: &Parameters, activation: Activation) -> Self {
        Self { activation, parameters: parameters.named().collect() }
    }

    /// The same values, each of which autograd finds a gradient for.
    pub(super) fn leaves(&self) -> Self {
        let leaf = |(name, tensor): &(&'static str, Tensor)| (*name, tensor.detach().set_requires_grad(true));
        Self { activation: self.activation, parameters: self.parameters.iter().map(leaf).collect() }
    }

    /// In the model's order.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.parameters.iter().map(|(_, tensor)| tensor)
    }

    /// The parameter of that name, `[seeds, …]`; absent where the model has none.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Tensor> {
        self.parameters.iter().find(|parameter| parameter.0 == name).map(|(_, tensor)| tensor)
    }

    /// A fusion's head on its features `[…, batch, F]`: `Linear(F → H)`, activation, `Linear(H → classes)`, or
    /// `Linear(F → classes)` alone. `[seeds, batch, classes]`
    pub(crate) fn head(&self, features: &Tensor) -> Tensor {
        let layer = |place: usize, inputs: &Tensor| {
            let at = |of: &str| self.parameter(&format!("head.{place}.{of}"));
            Some(linear(at("weight")?, at("bias")?, inputs))
        };
        let Some(first) = layer(0, features) else { return features.shallow_clone() };
        layer(2, &activate(self.activation, &first)).unwrap_or(first)
    }
}

/// `weight` `[seeds, outputs, inputs]`, `bias` `[seeds, outputs]`, `rows` `[…, batch, inputs]` → `[seeds, batch, outputs]`.
/// Products with rows are made in the rows' precision.
fn linear(weight: &Tensor, bias: &Tensor, rows: &Tensor) -> Tensor {
    let products = rows.matmul(&weight.transpose(1, 2).to_kind(rows.kind())).to_kind(Kind::Float);
    products + bias.unsqueeze(1)
}
