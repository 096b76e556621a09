//! `[x ; y]`.

use tch::Tensor;

use super::{Features, Fusion, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;

pub(super) struct Concat;

impl Fusion for Concat {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(&beside(text, image))
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(beside(text, image)))
    }

    fn kernel(&self) -> Option<KernelNoise> {
        Some(KernelNoise::Columns { text: true, image: true })
    }
}

/// Of `[…, n]` and `[…, m]`.
pub(super) fn beside(text: &Tensor, image: &Tensor) -> Tensor {
    Tensor::cat(&[text, image], -1)
}
