//! `[x_j·y_j ; x_j·y_{N−1−j}]`.

use tch::Tensor;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Product;

impl Fusion for Product {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(&products(text, image))
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(products(text, image)))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Products))
    }
}

/// Of `[…, N]` and `[…, N]`.
pub(super) fn products(text: &Tensor, image: &Tensor) -> Tensor {
    Tensor::cat(&[text * image, text * image.flip([-1_i64])], -1)
}
