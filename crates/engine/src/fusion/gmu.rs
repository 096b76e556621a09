//! Gated multimodal unit (Arevalo et al. 2017): `h = g∘tanh U + (1 − g)∘tanh V` with `g = σ(G)`. No activation follows.

use tch::Tensor;

use super::concat::beside;
use super::{Features, Fusion, KernelForm, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{ProjectedForm, Projection, Tail};
use crate::backend::parameters::HeadShape;
use study::model::GmuGate;

pub(super) struct Gmu;

impl Fusion for Gmu {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        let (of_text, of_image) = (stack.layer("text", text), stack.layer("image", image));
        let gate = match stack.shape().settings.gmu_gate {
            GmuGate::Inputs => stack.layer("gate", &beside(text, image)),
            GmuGate::Projections => stack.layer("gate", &beside(&of_text, &of_image)),
        };
        let gate = gate.sigmoid(); // [seeds, batch, H]
        let hidden = &gate * of_text.tanh() + (1.0 - &gate) * of_image.tanh();
        stack.layer("head.2", &hidden)
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(beside(text, image)))
    }

    fn kernel(&self, shape: &HeadShape) -> Option<KernelForm> {
        let [text, image, hidden] = [shape.text, shape.image, shape.hidden].map(|size| size as usize);
        let on = |column, width| Projection { column, width, units: hidden };
        let mut projections = vec![on(0, text), on(text, image)];
        if shape.settings.gmu_gate == GmuGate::Inputs {
            projections.push(on(0, text + image));
        }
        Some(KernelForm::Projected(ProjectedForm { projections, tail: Tail::Gated, hidden }))
    }
}
