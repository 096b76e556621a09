//! Low-rank fusion (Liu et al. 2018): `h_k = Σ_s U_ks·V_ks + bias_k`, U and V linear in text and in image.

use tch::Tensor;

use super::concat::beside;
use super::{Features, Fusion, KernelForm, Stack};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{ProjectedForm, Projection, Tail};
use crate::backend::parameters::HeadShape;

pub(super) struct Lmf;

impl Fusion for Lmf {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        let products = stack.layer("text", text) * stack.layer("image", image); // [seeds, batch, H·r]
        let (size, units) = (products.size(), stack.shape().hidden);
        let factors = products.view([size[0], size[1], units, -1]);
        let before =
            factors.sum_dim_intlist(-1_i64, false, products.kind()) + stack.named("bias").unsqueeze(1);
        stack.layer("head.2", &stack.activated(&before))
    }

    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(beside(text, image)))
    }

    fn kernel(&self, shape: &HeadShape) -> Option<KernelForm> {
        let [text, image, hidden] = [shape.text, shape.image, shape.hidden].map(|size| size as usize);
        let rank = usize::from(shape.fusion.variant().max(1));
        let units = rank * hidden;
        let projections = vec![
            Projection { column: 0, width: text, units },
            Projection { column: text, width: image, units },
        ];
        Some(KernelForm::Projected(ProjectedForm { projections, tail: Tail::LowRank { rank }, hidden }))
    }
}
