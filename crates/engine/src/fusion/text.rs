//! `x` alone.

use tch::Tensor;

use super::{Features, Fusion, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;

pub(super) struct Text;

impl Fusion for Text {
    fn forward(&self, stack: &Stack, text: &Tensor, _image: &Tensor) -> Tensor {
        stack.head(text)
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, _| FusedRows::Vector(text.shallow_clone()))
    }

    fn kernel(&self) -> Option<KernelNoise> {
        Some(KernelNoise::Columns { text: true, image: false })
    }
}
