//! `[x ; y]`.

use tch::Tensor;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Concat;

impl Fusion for Concat {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(&beside(text, image))
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(beside(text, image)))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Columns { text: true, image: true }))
    }
}

/// Of `[…, n]` and `[…, m]`.
pub(super) fn beside(text: &Tensor, image: &Tensor) -> Tensor {
    Tensor::cat(&[text, image], -1)
}
