//! Low-rank fusion (Liu et al. 2018): `h_k = Σ_s U_ks·V_ks + bias_k`, U and V linear in text and in image.

use tch::Tensor;

use super::{Fusion, Stack};

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
}
