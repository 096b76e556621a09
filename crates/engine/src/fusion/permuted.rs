//! `[x_j·y_π(j) ; x_j·y_π(N−1−j)]` for a permutation π that is drawn once.

use serde_json::{Value, json};
use tch::Tensor;

use super::product::products;
use super::{Features, Fusion, KernelForm, KernelNoise, Reader, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;
use study::random::{Purpose, permutation, stream};

pub(super) struct Permuted;

impl Fusion for Permuted {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(&products(text, &reordered(stack.shape().into(), image)))
    }

    fn features(&self) -> Option<Features> {
        Some(|reader, text, image| FusedRows::Vector(products(text, &reordered(reader, image))))
    }

    fn frozen(&self, shape: HeadShape) -> Option<Value> {
        Some(json!({ "image_order": order(shape.choice, shape.image as usize) }))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Made))
    }
}

/// π of so many dimensions.
pub(crate) fn order(choice: usize, width: usize) -> Vec<u32> {
    permutation(width, &mut stream(Purpose::Pairing, choice as u64, 0, 0))
}

fn reordered(reader: Reader, image: &Tensor) -> Tensor {
    let width = image.size().last().copied().unwrap_or(0) as usize;
    let order: Vec<i64> = order(reader.choice, width).into_iter().map(i64::from).collect();
    image.index_select(-1, &Tensor::from_slice(&order).to_device(image.device()))
}
