//! A stack's parameters by name, and the layers that are made of them.

use tch::Tensor;

use crate::backend::head::activate;
use crate::backend::parameters::{HeadShape, Parameters};
use study::config::Activation;

/// The parameters of some models, each `[seeds, …]`, with the activation between their layers.
pub(crate) struct Stack {
    shape: HeadShape,
    activation: Activation,
    parameters: Vec<(&'static str, Tensor)>,
}

impl Stack {
    /// Shares memory with `parameters`.
    pub(crate) fn of(parameters: &Parameters, activation: Activation) -> Self {
        Self { shape: parameters.shape(), activation, parameters: parameters.named().collect() }
    }

    /// The same values, each of which autograd finds a gradient for.
    pub(super) fn leaves(&self) -> Self {
        self.each(|tensor| tensor.detach().set_requires_grad(true))
    }

    /// With other values.
    pub(crate) fn each(&self, apply: impl Fn(&Tensor) -> Tensor) -> Self {
        let parameters = self.parameters.iter().map(|(name, tensor)| (*name, apply(tensor))).collect();
        Self { shape: self.shape, activation: self.activation, parameters }
    }

    /// With other values of the first parameters.
    pub(super) fn with_first(mut self, values: impl Iterator<Item = Tensor>) -> Self {
        self.parameters.iter_mut().zip(values).for_each(|((_, tensor), value)| *tensor = value);
        self
    }

    /// In the model's order.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        self.parameters.iter().map(|(_, tensor)| tensor)
    }

    /// The models' sizes and settings.
    pub(crate) const fn shape(&self) -> HeadShape {
        self.shape
    }

    /// The parameter of that name, `[seeds, …]`; absent where the model has none.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Tensor> {
        self.parameters.iter().find(|parameter| parameter.0 == name).map(|(_, tensor)| tensor)
    }

    /// The same of a model that has it by its definition.
    ///
    /// # Panics
    /// Where it has none, which is a slip in a fusion's file.
    pub(crate) fn named(&self, name: &str) -> &Tensor {
        let found = self.parameter(name);
        found.unwrap_or_else(|| panic!("{} has no parameter `{name}`", self.shape.fusion))
    }

    /// The linear layer `<name>.weight`, `<name>.bias` on rows `[…, batch, inputs]`: `[seeds, batch, outputs]`.
    pub(crate) fn layer(&self, name: &str, rows: &Tensor) -> Tensor {
        linear(self.named(&format!("{name}.weight")), self.named(&format!("{name}.bias")), rows)
    }

    /// `<name>.0`, activation, `<name>.2` on rows `[…, batch, inputs]`: `[seeds, batch, outputs]`.
    pub(crate) fn whole_head(&self, name: &str, rows: &Tensor) -> Tensor {
        let first = self.activated(&self.layer(&format!("{name}.0"), rows));
        self.layer(&format!("{name}.2"), &first)
    }

    /// The activation between layers.
    pub(crate) fn activated(&self, before: &Tensor) -> Tensor {
        activate(self.activation, before)
    }

    /// A fusion's head on its features `[…, batch, F]`: `Linear(F → H)`, activation, `Linear(H → classes)`, or
    /// `Linear(F → classes)` alone. `[seeds, batch, classes]`
    pub(crate) fn head(&self, features: &Tensor) -> Tensor {
        if self.shape.fusion.is_logistic() {
            self.layer("head.0", features)
        } else {
            self.whole_head("head", features)
        }
    }
}

/// `weight` `[seeds, outputs, inputs]`, `bias` `[seeds, outputs]`, `rows` `[…, batch, inputs]` → `[seeds, batch, outputs]`.
/// Products with rows are made in the rows' precision.
fn linear(weight: &Tensor, bias: &Tensor, rows: &Tensor) -> Tensor {
    let products = rows.matmul(&weight.transpose(1, 2).to_kind(rows.kind())).to_kind(bias.kind());
    products + bias.unsqueeze(1)
}
