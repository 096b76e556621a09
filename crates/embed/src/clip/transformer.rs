//! The transformer that both towers of CLIP are: blocks that normalise before attention and before their two layers.

use tch::{TchError, Tensor};

use super::config::Activation;
use super::weights::Weights;
use crate::error::EmbedError;

/// A tower's numbers.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Numbers a token.
    pub(super) width: i64,
    /// Numbers between the two layers of a block.
    pub(super) inner: i64,
    pub(super) layers: i64,
    pub(super) heads: i64,
    pub(super) activation: Activation,
    /// What the normalisation adds to the variance.
    pub(super) epsilon: f64,
}

/// All blocks of a tower.
pub(super) struct Transformer {
    blocks: Vec<Block>,
    shape: Shape,
}

struct Block {
    before_attention: Norm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    before_layers: Norm,
    first: Linear,
    second: Linear,
}

/// `y = x Wᵀ + b`.
struct Linear {
    weight: Tensor, // [out, in]
    bias: Tensor,   // [out]
}

/// Layer normalisation.
pub(super) struct Norm {
    weight: Tensor, // [width]
    bias: Tensor,   // [width]
    epsilon: f64,
}

impl Transformer {
    /// The blocks below `name` (such as `text_model.encoder`).
    pub(super) fn take(weights: &mut Weights, name: &str, shape: Shape) -> Result<Self, EmbedError> {
        let blocks =
            (0..shape.layers).map(|layer| Block::take(weights, &format!("{name}.layers.{layer}"), shape));
        Ok(Self { blocks: blocks.collect::<Result<_, _>>()?, shape })
    }

    /// `x` and what is returned: `[batch, tokens, width]`. Where `is_causal`, a token sees none after it.
    pub(super) fn forward(&self, mut x: Tensor, is_causal: bool) -> Result<Tensor, TchError> {
        for block in &self.blocks {
            x = block.forward(&x, self.shape, is_causal)?;
        }
        Ok(x)
    }
}

impl Block {
    fn take(weights: &mut Weights, name: &str, shape: Shape) -> Result<Self, EmbedError> {
        let Shape { width, inner, epsilon, .. } = shape;
        let mut linear = |part: &str, size| Linear::take(weights, &format!("{name}.{part}"), size);
        let [query, key, value, out] = ["q_proj", "k_proj", "v_proj", "out_proj"]
            .map(|part| linear(&format!("self_attn.{part}"), [width, width]));
        let (first, second) = (linear("mlp.fc1", [inner, width])?, linear("mlp.fc2", [width, inner])?);
        Ok(Self {
            query: query?,
            key: key?,
            value: value?,
            out: out?,
            first,
            second,
            before_attention: Norm::take(weights, &format!("{name}.layer_norm1"), width, epsilon)?,
            before_layers: Norm::take(weights, &format!("{name}.layer_norm2"), width, epsilon)?,
        })
    }

    fn forward(&self, x: &Tensor, shape: Shape, is_causal: bool) -> Result<Tensor, TchError> {
        let seen = self.before_attention.forward(x)?;
        // [batch, tokens, width] to [batch, heads, tokens, width of a head]
        let heads = |of: &Linear| {
            let size = x.size();
            of.forward(&seen)?
                .f_view([size[0], size[1], shape.heads, shape.width / shape.heads])?
                .f_transpose(1, 2)
        };
        let (query, key, value) = (heads(&self.query)?, heads(&self.key)?, heads(&self.value)?);
        let mixed = Tensor::f_scaled_dot_product_attention(
            &query,
            &key,
            &value,
            None::<&Tensor>,
            0.0,
            is_causal,
            None,
            false,
        )?;
        let mixed = mixed.f_transpose(1, 2)?.f_reshape(x.size())?;
        let x = x.f_add(&self.out.forward(&mixed)?)?;
        let inner = self.first.forward(&self.before_layers.forward(&x)?)?;
        let inner = match shape.activation {
            Activation::QuickGelu => inner.f_mul(&inner.f_mul_scalar(1.702)?.f_sigmoid()?)?,
            Activation::Gelu => inner.f_gelu("none")?,
        };
        x.f_add(&self.second.forward(&inner)?)
    }
}

impl Linear {
    fn take(weights: &mut Weights, name: &str, [out, width]: [i64; 2]) -> Result<Self, EmbedError> {
        let weight = weights.take(&format!("{name}.weight"), &[out, width])?;
        Ok(Self { weight, bias: weights.take(&format!("{name}.bias"), &[out])? })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_linear(&self.weight, Some(&self.bias))
    }
}

impl Norm {
    /// The one of this name.
    pub(super) fn take(
        weights: &mut Weights,
        name: &str,
        width: i64,
        epsilon: f64,
    ) -> Result<Self, EmbedError> {
        let weight = weights.take(&format!("{name}.weight"), &[width])?;
        Ok(Self { weight, bias: weights.take(&format!("{name}.bias"), &[width])?, epsilon })
    }

    /// Over the last dimension.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), self.epsilon, false)
    }
}
