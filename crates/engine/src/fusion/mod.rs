//! What each fusion computes, in LibTorch's operations: one file for each, and one line in the list below.
//!
//! A fusion gives its forward pass. Everything else has a default that works for any fusion: gradients by autograd,
//! seed by seed; noise level by level; LibTorch's operations on every device. What is faster for some fusions overrides
//! these defaults, and tests hold each override to its default.

pub(crate) mod default;
mod libtorch;
mod reader;
mod stack;

use serde_json::Value;
use tch::Tensor;

use crate::backend::Backend;
use crate::backend::device::{Arithmetic, Compute};
use crate::backend::fused::Fused;
pub(crate) use crate::backend::fused::{KernelForm, KernelNoise, Spectra};
use crate::backend::head::{self, StepSums};
use crate::backend::inputs::FusedRows;
use crate::backend::loss::cross_entropy;
use crate::backend::parameters::{HeadShape, Parameters};
use libtorch::LibTorch;
pub(crate) use reader::Reader;
pub(crate) use stack::Stack;
use study::config::Activation;
use study::grid::Seed;
use study::model::{self, ModelId};

/// A fusion in LibTorch's operations.
pub(crate) trait Fusion: Sync {
    /// Logits `[seeds, batch, classes]` of a stack of models, by operations that autograd can go back through.
    ///
    /// `text` is `[seeds, batch, n]` and `image` `[seeds, batch, m]`; without the first dimension where all models read
    /// the same rows.
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor;

    /// What a training step descends: the mean cross-entropy of the logits.
    fn objective(&self, stack: &Stack, text: &Tensor, image: &Tensor, labels: &Tensor) -> Objective {
        let logits = self.forward(stack, text, image);
        Objective { loss: mean_cross_entropy(&logits, labels), logits }
    }

    /// Override: what a model reads of text `[…, n]` and image `[…, m]`. Behind features without parameters
    /// ([`model::Form::Features`]) the first layer is linear in them: the head trains by gradients written by hand, all
    /// seeds at once where features are kept, a step can be recorded, and with [`model::UnderNoise::Polynomial`] noise
    /// at all levels follows from a few forward passes. A model with parameters of its own reads a vector that begins
    /// with text and image.
    fn features(&self) -> Option<Features> {
        None
    }

    /// What was drawn at random once and belongs to a model beside its parameters, as a checkpoint says it; absent where
    /// nothing was.
    fn frozen(&self, _shape: HeadShape) -> Option<Value> {
        None
    }

    /// Override: the model's parameters as gradients are taken of them, in its order.
    fn leaves(&self, stack: &Stack) -> Stack {
        stack.leaves()
    }

    /// What a gate gives each of the fusion's [`experts`](model::Definition::experts), `[seeds, batch, experts]`; absent
    /// where it has none.
    fn gate(&self, _stack: &Stack, _text: &Tensor, _image: &Tensor) -> Option<Tensor> {
        None
    }

    /// Override: puts initial values of its own in place of those that [`model::Start`] says, in a stack of one model.
    fn initialise(&self, _model: &Parameters, _seed: Seed) {}

    /// Override: what the fused CPU kernel computes of models of this shape; absent where it cannot.
    fn kernel(&self, _shape: &HeadShape) -> Option<KernelForm> {
        None
    }
}

/// Makes features of text `[…, n]` and image `[…, m]`.
pub(crate) type Features = fn(Reader, &Tensor, &Tensor) -> FusedRows;

/// What a training step descends.
pub(crate) struct Objective {
    /// Of each model, mean over its rows, `[seeds]`: what gradients are taken of.
    pub(crate) loss: Tensor,
    /// `[seeds, batch, classes]`: what the model answers.
    pub(crate) logits: Tensor,
}

/// Mean cross-entropy of logits `[seeds, batch, classes]`, `[seeds]`.
pub(crate) fn mean_cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    cross_entropy(&logits.log_softmax(-1, logits.kind()), labels) / labels.size()[1] as f64
}

macro_rules! fusions {
    ($($name:ident = $file:ident,)*) => {
        $(pub(crate) mod $file;)*

        /// What computes a fusion.
        pub(crate) fn of(fusion: model::Fusion) -> &'static dyn Fusion {
            match fusion {
                $(model::Fusion::$name => &$file::$name,)*
                model::Fusion::Searched => unreachable!("no sweep trains a row that is derived"),
            }
        }
    };
}

// One line for each fusion.
fusions! {
    Concat = concat,
    Product = product,
    Tensor = tensor,
    Tfn = tfn,
    Mcb = mcb,
    Lmf = lmf,
    Gmu = gmu,
    Dynmm = dynmm,
    Torchscript = torchscript,
    Text = text,
    Image = image,
    Late = late,
    Permuted = permuted,
}

/// Overwrites with the initial values of `seeds`.
pub(crate) fn initialise(parameters: &Parameters, seeds: &[Seed]) {
    parameters.initialise(seeds);
    let fusion = of(parameters.shape().fusion.fusion);
    for (place, &seed) in seeds.iter().enumerate() {
        fusion.initialise(&parameters.range(place, 1), seed);
    }
}

/// Text `[…, n]` and image `[…, m]` as the model reads them: its features, or the two as they are.
pub(crate) fn rows(reader: impl Into<Reader>, text: &Tensor, image: &Tensor) -> FusedRows {
    let reader = reader.into();
    let pair = || FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
    of(reader.model.fusion).features().map_or_else(pair, |features| features(reader, text, image))
}

/// The backend for models of this shape where `compute` was asked for: the fused kernel does not know every fusion.
pub(crate) fn backend(shape: HeadShape, compute: Compute) -> Box<dyn Backend> {
    match (compute.arithmetic, of(shape.fusion.fusion).kernel(&shape)) {
        (Arithmetic::Fused, Some(form)) => {
            let reader = Reader::from(shape);
            let rows =
                move |is_added, text: &Tensor, image: &Tensor| rows(reader.of_added(is_added), text, image);
            Box::new(Fused { form, rows: Box::new(rows) })
        }
        (Arithmetic::Fused, None) | (Arithmetic::LibTorch, _) => {
            Box::new(LibTorch { uses_graphs: compute.uses_graphs })
        }
    }
}

/// Whether the model's gradients are by hand; else autograd makes a graph in every step.
pub(crate) fn is_by_hand(model: ModelId) -> bool {
    model.has_features() && of(model.fusion).features().is_some()
}

/// What the models of a stack do together in a step, by one operation for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Together {
    /// All of it.
    Everything,
    /// All but what passes the hidden layer's weight: on pairs a model's products with it, and its gradient, are so large
    /// that those of one model at a time are kept.
    AllButHiddenWeight,
    /// Nothing, where a step has to be the same alone as in a stack whatever its operations are.
    Nothing,
}

impl Together {
    /// In a step of `model` on such rows.
    pub(crate) fn of(model: ModelId, rows: &FusedRows) -> Self {
        match rows {
            _ if !is_by_hand(model) => Self::Nothing,
            FusedRows::Vector(_) => Self::Everything,
            FusedRows::Pair { .. } => Self::AllButHiddenWeight,
        }
    }
}

/// One step's forward and backward pass: `rows` are `[seeds, batch, …]`, `labels` `[seeds, batch]`; writes the gradient
/// of each model's loss into `gradients`.
pub(crate) fn forward_backward(
    parameters: &Parameters,
    activation: Activation,
    rows: &FusedRows,
    labels: &Tensor,
    gradients: &Parameters,
) -> StepSums {
    let shape = parameters.shape();
    if is_by_hand(shape.fusion) {
        return head::forward_backward(parameters, activation, rows, labels, gradients);
    }
    let (text, image) = text_and_image(shape, rows);
    let fusion = of(shape.fusion.fusion);
    default::forward_backward(fusion, parameters, activation, (&text, &image), labels, gradients)
}

/// Logits `[seeds, rows, classes]` of the same `rows` for every model.
pub(crate) fn logits(parameters: &Parameters, activation: Activation, rows: &FusedRows) -> Tensor {
    let shape = parameters.shape();
    if is_by_hand(shape.fusion) {
        return head::logits(parameters, activation, rows);
    }
    let (text, image) = text_and_image(shape, rows);
    by_definition(parameters, activation, &text, &image)
}

/// Text and image of rows that a model with parameters of its own reads.
fn text_and_image(shape: HeadShape, rows: &FusedRows) -> (Tensor, Tensor) {
    match rows {
        FusedRows::Vector(rows) => (rows.narrow(-1, 0, shape.text), rows.narrow(-1, shape.text, shape.image)),
        FusedRows::Pair { text, image } => (text.shallow_clone(), image.shallow_clone()),
    }
}

/// The same by the fusion's forward pass, of text `[rows, n]` and image `[rows, m]`.
pub(crate) fn by_definition(
    parameters: &Parameters,
    activation: Activation,
    text: &Tensor,
    image: &Tensor,
) -> Tensor {
    default::logits(of(parameters.shape().fusion.fusion), parameters, activation, (text, image))
}

/// What the gates of a stack give their experts, `[seeds, rows, experts]`, of text `[rows, n]` and image `[rows, m]`; absent
/// for fusions without a gate.
pub(crate) fn gate(
    parameters: &Parameters,
    activation: Activation,
    text: &Tensor,
    image: &Tensor,
) -> Option<Tensor> {
    of(parameters.shape().fusion.fusion).gate(&Stack::of(parameters, activation), text, image)
}
