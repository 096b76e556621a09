//! `vec(x yᵀ)`: place (i, j) is `i·m + j`.

use tch::Tensor as Array;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Tensor;

impl Fusion for Tensor {
    /// The definition. In training the outer product is never made: unit k is `xᵀ W_k y`.
    fn forward(&self, stack: &Stack, text: &Array, image: &Array) -> Array {
        let outer = text.unsqueeze(-1) * image.unsqueeze(-2); // […, batch, n, m]
        stack.head(&outer.flatten(-2, -1))
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() })
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Pairs))
    }
}
