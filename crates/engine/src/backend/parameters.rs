//! The named parameters of a stack of models, one for each seed, and their initial values.
//!
//! Each parameter is one tensor `[seeds, padded]`, where a seed's values come first and
//! zeros fill the row up to a multiple of 16 floats: LibTorch's element-wise kernels treat a vector's
//! tail differently, and without the padding a trial would differ in the last bit with its company.

use std::sync::Arc;

use rand::RngExt;
use tch::{Device, Tensor};

use crate::backend::shim;
use study::event::RunHeader;
use study::grid::{CohortId, Seed};
use study::model::{FusionSettings, ModelId, Parameter, Sizes, Start};
use study::random::{Purpose, stream};

/// Floats in the widest vector register that LibTorch uses (AVX-512).
pub(crate) const LANES: u64 = 16;

/// Initial values that are drawn at once.
const CHUNK: usize = 1 << 16;

/// A model and its sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HeadShape {
    pub(crate) fusion: ModelId,
    /// Width n of the text modality.
    pub(crate) text: i64,
    /// Width m of the image modality.
    pub(crate) image: i64,
    /// Units H of the hidden layer.
    pub(crate) hidden: i64,
    /// Classes: the width of the logits.
    pub(crate) classes: i64,
    /// What its fusion is built with.
    pub(crate) settings: FusionSettings,
    /// Number of the fusion's frozen random choice, which all models of a stack share.
    pub(crate) choice: usize,
}

impl HeadShape {
    /// Of the models that a run trains in a cohort, with the first of frozen choices, which changes no size.
    pub(crate) fn of(header: &RunHeader, cohort: CohortId) -> Self {
        Self::new(cohort.fusion, Sizes::of(header, cohort.task), 0)
    }

    /// Of a model of these sizes, with its frozen choice: the same at every learning rate.
    pub(crate) const fn new(fusion: ModelId, sizes: Sizes, choice: usize) -> Self {
        let Sizes { text, image, hidden, classes, settings } = sizes;
        let (text, image) = (text as i64, image as i64);
        let fusion = fusion.at_rate(None);
        Self { fusion, text, image, hidden: hidden as i64, classes: classes as i64, settings, choice }
    }

    /// What the model is built for.
    pub(crate) const fn sizes(&self) -> Sizes {
        let (text, image, hidden) = (self.text as usize, self.image as usize, self.hidden as usize);
        Sizes { text, image, hidden, classes: self.classes as usize, settings: self.settings }
    }

    /// Columns that a user's module makes of a row; absent for other models, and for modules that return logits.
    pub(crate) fn module_width(&self) -> Option<usize> {
        self.fusion.fused_width(&self.sizes()).filter(|_| self.fusion.is_module())
    }

    /// What one copy of a model's parameters takes, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let padded = |parameter: &Parameter| (parameter.count() as u64).next_multiple_of(LANES);
        self.layout().iter().map(padded).sum::<u64>() * size_of::<f32>() as u64
    }

    /// The named parameters of one model, in order.
    pub(crate) fn layout(&self) -> Vec<Parameter> {
        self.fusion.parameters(&self.sizes())
    }
}

/// One value for each parameter of each model of a stack: the weights themselves, their gradients, or
/// their moments.
#[derive(Debug)]
pub(crate) struct Parameters {
    shape: HeadShape,
    /// Names and shapes, as [`HeadShape::layout`] has them.
    layout: Arc<[Parameter]>,
    storage: Vec<Tensor>,
}

impl Parameters {
    /// Zeros for `seeds` heads.
    pub(crate) fn zeros(shape: HeadShape, seeds: usize, device: Device) -> Self {
        Self::gradients(shape, (seeds, seeds), device)
    }

    /// Zeros for the gradients of so many heads: of the first parameter, nearly all of a model with pairs, and of all others.
    pub(crate) fn gradients(shape: HeadShape, (first, others): (usize, usize), device: Device) -> Self {
        let layout: Arc<[Parameter]> = shape.layout().into();
        let zeros = |(index, parameter): (usize, &Parameter)| {
            let padded = (parameter.count() as u64).next_multiple_of(LANES) as i64;
            let seeds = if index == 0 { first } else { others };
            shim::zeros(&[seeds as i64, padded], device)
        };
        let storage = layout.iter().enumerate().map(zeros).collect();
        Self { shape, layout, storage }
    }

    /// Initial values, `nn.Linear`'s unless a fusion says otherwise; a pure function of seed and parameter, so
    /// that fusions of equal width start alike.
    pub(crate) fn initial(shape: HeadShape, seeds: &[Seed], device: Device) -> Self {
        let parameters = Self::zeros(shape, seeds.len(), device);
        parameters.initialise(seeds);
        parameters
    }

    /// Overwrites with the initial values of `seeds`, as [`Self::initial`].
    pub(crate) fn initialise(&self, seeds: &[Seed]) {
        for (row, seed) in seeds.iter().enumerate() {
            let head = self.range(row, 1);
            for (index, parameter) in self.layout.iter().enumerate() {
                let Start::Uniform { fan_in } = parameter.start else {
                    let _ = head.storage[index].shallow_clone().zero_();
                    continue;
                };
                let bound = 1.0 / (fan_in as f32).sqrt();
                let key = parameter.key.unwrap_or(index);
                let mut rng = stream(Purpose::Weights, seed.0, key as u64, 0);
                let length = parameter.count() as i64;
                // A little at a time: a head of tensor fusion is large, and so would a copy of it be.
                for at in (0..length).step_by(CHUNK) {
                    let count = (length - at).min(CHUNK as i64);
                    let values: Vec<f32> =
                        (0..count).map(|_| (rng.random::<f32>() * 2.0 - 1.0) * bound).collect();
                    head.storage[index]
                        .narrow(1, at, count)
                        .copy_(&Tensor::from_slice(&values).view([1, -1]));
                }
            }
        }
    }

    /// A stack of one head with these values, each parameter's in row-major order.
    pub(crate) fn of_one(shape: HeadShape, values: &[Vec<f32>], device: Device) -> Self {
        let parameters = Self::zeros(shape, 1, device);
        for (storage, values) in parameters.storage.iter().zip(values) {
            storage.narrow(1, 0, values.len() as i64).copy_(&Tensor::from_slice(values).view([1, -1]));
        }
        parameters
    }

    pub(crate) const fn shape(&self) -> HeadShape {
        self.shape
    }

    /// How many heads.
    pub(crate) fn seeds(&self) -> usize {
        self.storage[0].size()[0] as usize
    }

    /// Heads `first .. first + count`, sharing memory.
    pub(crate) fn range(&self, first: usize, count: usize) -> Self {
        let part = |storage: &Tensor| storage.narrow(0, first as i64, count as i64);
        let storage = self.storage.iter().map(part).collect();
        Self { shape: self.shape, layout: Arc::clone(&self.layout), storage }
    }

    /// The padded storage, for element-wise work.
    pub(crate) fn storage(&self) -> &[Tensor] {
        &self.storage
    }

    /// `[seeds, H, F]`
    pub(crate) fn hidden_weight(&self) -> Tensor {
        self.view(0)
    }

    /// `[seeds, H]`
    pub(crate) fn hidden_bias(&self) -> Tensor {
        self.view(1)
    }

    /// Weight `[seeds, classes, H]` and bias `[seeds, classes]` of the output layer; absent for logistic regression,
    /// whose first layer makes the logits.
    pub(crate) fn output(&self) -> Option<(Tensor, Tensor)> {
        (!self.shape.fusion.is_logistic()).then(|| (self.view(2), self.view(3)))
    }

    /// Overwrites with `other`'s values; same shape and seeds.
    pub(crate) fn copy_from(&self, other: &Self) {
        for (target, source) in self.storage.iter().zip(&other.storage) {
            target.shallow_clone().copy_(source);
        }
    }

    /// Every parameter by name, each `[seeds, …]`, sharing memory.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, Tensor)> {
        self.layout.iter().enumerate().map(|(index, parameter)| (parameter.name, self.view(index)))
    }

    fn view(&self, index: usize) -> Tensor {
        let parameter = &self.layout[index];
        let padded = &self.storage[index];
        let mut shape = vec![padded.size()[0]];
        shape.extend(parameter.shape.iter().map(|&length| length as i64));
        // A row without padding is contiguous with the next one, which LibTorch's batched GEMM wants.
        padded.narrow(1, 0, parameter.count() as i64).view(shape.as_slice())
    }
}
