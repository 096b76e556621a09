//! One head as a burn module, and its saved weights.
//!
//! A checkpoint is a safetensors file that loads in PyTorch as `head.0` and `head.2` of
//! `nn.Sequential(Linear, activation, Linear)`, or as `head.0` of `nn.Sequential(Linear)`.

use std::path::Path;

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::store::{BurnToPyTorchAdapter, ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use burn::tensor::{Device, Tensor, activation};

use crate::backend::bridge;
use crate::backend::parameters::Parameters;
use crate::error::EngineError;
use host::files;
use store::atomic;
use study::config::Activation;

/// The layers behind the fusion.
#[derive(Module, Debug)]
pub struct Head {
    hidden: Linear,
    /// Absent for logistic regression.
    output: Option<Linear>,
}

impl Head {
    /// The only head of `parameters`, copied: burn believes that it owns what it is given.
    pub(crate) fn from_stack(parameters: &Parameters) -> Self {
        let matrix = |view: tch::Tensor| Param::from_tensor(bridge::tensor::<2>(&view.transpose(0, 1)));
        let vector = |view: tch::Tensor| Some(Param::from_tensor(bridge::tensor::<1>(&view)));
        Self {
            hidden: Linear {
                weight: matrix(parameters.hidden_weight().get(0)),
                bias: vector(parameters.hidden_bias().get(0)),
            },
            output: parameters
                .output()
                .map(|(weight, bias)| Linear { weight: matrix(weight.get(0)), bias: vector(bias.get(0)) }),
        }
    }

    /// Zeros of the given sizes, for loading into; without hidden units, logistic regression.
    pub fn empty(fused: usize, hidden: Option<usize>, classes: usize, device: &Device) -> Self {
        let linear = |inputs: usize, outputs: usize| Linear {
            weight: Param::from_tensor(Tensor::zeros([inputs, outputs], device)),
            bias: Some(Param::from_tensor(Tensor::zeros([outputs], device))),
        };
        let output = hidden.map(|hidden| linear(hidden, classes));
        Self { hidden: linear(fused, hidden.unwrap_or(classes)), output }
    }

    /// Fused rows `[rows, F]` → logits `[rows, classes]`: the definition, by burn's own layers.
    pub fn forward(&self, fused: Tensor<2>, choice: Activation) -> Tensor<2> {
        let before = self.hidden.forward(fused);
        let Some(output) = &self.output else { return before };
        let after = match choice {
            Activation::Relu => activation::relu(before),
            Activation::Identity => before,
            Activation::Gelu => activation::gelu(before),
            Activation::Tanh => activation::tanh(before),
        };
        output.forward(after)
    }

    /// Gradients in torch's layout: `[H, F]`, `[H]`, `[classes, H]`, `[classes]`.
    #[cfg(test)]
    pub(crate) fn gradients(&self, gradients: &burn::tensor::Gradients) -> Vec<Vec<f32>> {
        let of = |linear: &Linear| {
            let weight = linear.weight.grad(gradients).map(|weight| weight.transpose().into_data());
            let bias = linear.bias.as_ref().and_then(|bias| bias.grad(gradients)).map(Tensor::into_data);
            [weight, bias].map(|data| data.and_then(|data| data.try_to_vec().ok()).unwrap_or_default())
        };
        [&self.hidden].into_iter().chain(&self.output).flat_map(of).collect()
    }

    /// Writes the head and what is said of it (`__metadata__`) to `path`, whole or not at all.
    pub fn save(&self, path: &Path, metadata: &[(&str, String)]) -> Result<(), EngineError> {
        let failure = |why: String| EngineError::Checkpoint { path: path.display().to_string(), why };
        let mut store = SafetensorsStore::from_bytes(None)
            .with_to_adapter(BurnToPyTorchAdapter)
            .with_key_remapping(r"^hidden\.", "head.0.")
            .with_key_remapping(r"^output\.", "head.2.");
        for (key, value) in metadata {
            store = store.metadata(*key, value);
        }
        self.save_into(&mut store).map_err(|error| failure(error.to_string()))?;
        let bytes = store.get_bytes().map_err(|error| failure(error.to_string()))?;
        atomic::write(path, &bytes).map_err(EngineError::from)
    }

    /// Reads a head of the given sizes from `path`; without hidden units, logistic regression.
    pub fn load(
        path: &Path,
        fused: usize,
        hidden: Option<usize>,
        classes: usize,
        device: &Device,
    ) -> Result<Self, EngineError> {
        let failure = |why: String| EngineError::Checkpoint { path: path.display().to_string(), why };
        let bytes = files::read(path, u64::MAX - 1).map_err(|error| failure(error.to_string()))?;
        let mut store = SafetensorsStore::from_bytes(Some(bytes))
            .with_from_adapter(PyTorchToBurnAdapter)
            .with_key_remapping(r"^head\.0\.", "hidden.")
            .with_key_remapping(r"^head\.2\.", "output.");
        let mut head = Self::empty(fused, hidden, classes, device);
        head.load_from(&mut store).map_err(|error| failure(error.to_string()))?;
        Ok(head)
    }
}
