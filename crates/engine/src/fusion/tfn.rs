//! `vec([x ; 1] [y ; 1]ᵀ)`: the tensor path on inputs that are one wider, the one being the last entry of each.

use tch::Tensor;

use super::{Features, Fusion, KernelForm, KernelNoise, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::HeadShape;

pub(super) struct Tfn;

impl Fusion for Tfn {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        let outer = with_last(text, 1.0).unsqueeze(-1) * with_last(image, 1.0).unsqueeze(-2);
        stack.head(&outer.flatten(-2, -1))
    }

    /// Noise adds nothing to the ones.
    fn features(&self) -> Option<Features> {
        Some(|reader, text, image| {
            let [of_text, of_image] = reader.ones;
            FusedRows::Pair { text: with_last(text, of_text), image: with_last(image, of_image) }
        })
    }

    fn kernel(&self, _: &HeadShape) -> Option<KernelForm> {
        Some(KernelForm::Head(KernelNoise::Pairs))
    }
}

/// `[…, width]` → `[…, width + 1]`
fn with_last(rows: &Tensor, value: f64) -> Tensor {
    rows.pad([0, 1], "constant", value)
}
