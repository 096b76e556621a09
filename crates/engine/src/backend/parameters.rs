//! The parameters of a stack of heads, one for each seed, and their initial values.
//!
//! Each parameter, four of a head or two of logistic regression, is one tensor `[seeds, padded]`, where a seed's values come first and
//! zeros fill the row up to a multiple of 16 floats: LibTorch's element-wise kernels treat a vector's
//! tail differently, and without the padding a trial would differ in the last bit with its company.

use rand::RngExt;
use tch::{Device, Tensor};

use crate::backend::shim;
use study::event::RunHeader;
use study::grid::{Fusion, Seed};
use study::random::{Purpose, stream};

/// Floats in the widest vector register that LibTorch uses (AVX-512).
pub(crate) const LANES: u64 = 16;

/// Initial values that are drawn at once.
const CHUNK: usize = 1 << 16;

/// Sizes of one head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadShape {
    pub(crate) fusion: Fusion,
    /// Width n of the text modality.
    pub(crate) text: i64,
    /// Width m of the image modality.
    pub(crate) image: i64,
    /// Units H of the hidden layer.
    pub(crate) hidden: i64,
}

impl HeadShape {
    /// Of a run's heads behind `fusion`.
    pub(crate) const fn of(fusion: Fusion, header: &RunHeader) -> Self {
        let (data, model) = (&header.data, &header.config.model);
        let (text, image) = (data.text_width as i64, data.image_width as i64);
        Self { fusion, text, image, hidden: model.hidden as i64 }
    }

    /// Width F of the fused vector.
    pub(crate) const fn fused(&self) -> i64 {
        self.fusion.width(self.text as usize, self.image as usize) as i64
    }

    /// What one copy of a head's parameters takes, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let padded = |dims: &Vec<i64>| (dims.iter().product::<i64>() as u64).next_multiple_of(LANES);
        self.shapes().iter().map(padded).sum::<u64>() * size_of::<f32>() as u64
    }

    /// Outputs of the first layer: units H, or the two logits of logistic regression.
    const fn units(&self) -> i64 {
        self.fusion.units(self.hidden as usize) as i64
    }

    /// Shape of each parameter of one head, in `nn.Linear`'s layout: `[H, F]`, `[H]`, `[2, H]`, `[2]`; of
    /// logistic regression `[2, F]`, `[2]`.
    fn shapes(&self) -> Vec<Vec<i64>> {
        let units = self.units();
        let mut shapes = vec![vec![units, self.fused()], vec![units]];
        if !self.fusion.is_logistic() {
            shapes.extend([vec![2, units], vec![2]]);
        }
        shapes
    }

    /// Inputs of the layer that each parameter belongs to.
    const fn fan_in(&self) -> [i64; 4] {
        [self.fused(), self.fused(), self.units(), self.units()]
    }
}

/// One value for each parameter of each head of a stack: the weights themselves, their gradients, or
/// their moments.
#[derive(Debug)]
pub(crate) struct Parameters {
    shape: HeadShape,
    storage: Vec<Tensor>,
}

impl Parameters {
    /// Zeros for `seeds` heads.
    pub(crate) fn zeros(shape: HeadShape, seeds: usize, device: Device) -> Self {
        let zeros = |dims: &Vec<i64>| {
            let padded = (dims.iter().product::<i64>() as u64).next_multiple_of(LANES) as i64;
            shim::zeros(&[seeds as i64, padded], device)
        };
        Self { shape, storage: shape.shapes().iter().map(zeros).collect() }
    }

    /// `nn.Linear`'s initial values, uniform in `±1/√fan_in`, a pure function of seed and parameter, so
    /// that fusions of equal width start alike.
    pub(crate) fn initial(shape: HeadShape, seeds: &[Seed], device: Device) -> Self {
        let parameters = Self::zeros(shape, seeds.len(), device);
        parameters.initialise(seeds);
        parameters
    }

    /// Overwrites with the initial values of `seeds`, as [`Self::initial`].
    pub(crate) fn initialise(&self, seeds: &[Seed]) {
        let shape = self.shape;
        for (row, seed) in seeds.iter().enumerate() {
            let head = self.range(row, 1);
            for (index, (dims, fan_in)) in shape.shapes().iter().zip(shape.fan_in()).enumerate() {
                let bound = 1.0 / (fan_in as f32).sqrt();
                let mut rng = stream(Purpose::Weights, seed.0, index as u64, 0);
                let length = dims.iter().product::<i64>();
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
        Self { shape: self.shape, storage: self.storage.iter().map(part).collect() }
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

    /// Weight `[seeds, 2, H]` and bias `[seeds, 2]` of the output layer; absent for logistic regression,
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

    fn view(&self, index: usize) -> Tensor {
        let dims = &self.shape.shapes()[index];
        let padded = &self.storage[index];
        let mut shape = vec![padded.size()[0]];
        shape.extend(dims);
        // A row without padding is contiguous with the next one, which LibTorch's batched GEMM wants.
        padded.narrow(1, 0, dims.iter().product()).view(shape.as_slice())
    }
}
