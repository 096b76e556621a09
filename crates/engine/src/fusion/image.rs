//! `y` alone.

use tch::Tensor;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Image;

impl Fusion for Image {
    fn forward(&self, stack: &Stack, _text: &Tensor, image: &Tensor) -> Tensor {
        stack.head(image)
    }

    fn features(&self) -> Option<Features> {
        Some(|_, _, image| FusedRows::Vector(image.shallow_clone()))
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Columns { text: false, image: true }))
    }
}
