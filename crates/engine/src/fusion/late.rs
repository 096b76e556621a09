//! `½·(ℓ_text + ℓ_image)`, each head under its own loss: the baselines `text` and `image` in one.

use tch::Tensor;

use super::concat::beside;
use super::{Features, Fusion, KernelForm, Objective, Stack, mean_cross_entropy};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::MixedPart;
use crate::backend::parameters::HeadShape;

pub(super) struct Late;

impl Fusion for Late {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        let [of_text, of_image] = heads(stack, text, image);
        (of_text + of_image) * 0.5
    }

    fn objective(&self, stack: &Stack, text: &Tensor, image: &Tensor, labels: &Tensor) -> Objective {
        let [of_text, of_image] = heads(stack, text, image);
        let loss = mean_cross_entropy(&of_text, labels) + mean_cross_entropy(&of_image, labels);
        Objective { loss, logits: (of_text + of_image) * 0.5 }
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(beside(text, image)))
    }

    fn kernel(&self, shape: &HeadShape) -> Option<KernelForm> {
        let [text, image] = [shape.text, shape.image].map(|size| size as usize);
        let heads = vec![
            MixedPart { columns: 0..text, parameters: 0..4 },
            MixedPart { columns: text..text + image, parameters: 4..8 },
        ];
        Some(KernelForm::Mixed { heads, gate: None })
    }
}

/// Logits of text and of image, each `[seeds, batch, classes]`.
fn heads(stack: &Stack, text: &Tensor, image: &Tensor) -> [Tensor; 2] {
    [stack.whole_head("experts.text.head", text), stack.whole_head("experts.image.head", image)]
}
