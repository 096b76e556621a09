//! `x` alone.

use tch::Tensor;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Text;

impl Fusion for Text {
    fn forward(&self, stack: &Stack, text: &Tensor, _image: &Tensor) -> Tensor {
        stack.head(text)
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, _| FusedRows::Vector(text.shallow_clone()))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Columns { text: true, image: false }))
    }
}
