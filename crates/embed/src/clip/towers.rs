//! CLIP's two towers: tokens and pictures to embeddings of one width (Radford et al. 2021, section 2.4).

use tch::{Kind, TchError, Tensor};

use super::config::{Config, ImageConfig, TextConfig, activation};
use super::transformer::{Norm, Shape, Transformer};
use super::weights::Weights;
use crate::error::EmbedError;

/// Tokens to embeddings.
pub(super) struct TextTower {
    tokens: Tensor,    // [vocabulary, hidden]
    positions: Tensor, // [longest, hidden]
    transformer: Transformer,
    after: Norm,
    projection: Tensor, // [width, hidden]
    pub(super) config: TextConfig,
}

/// Pixels to embeddings.
pub(super) struct ImageTower {
    class: Tensor,     // [hidden]
    patches: Tensor,   // [hidden, 3 · patch · patch]
    positions: Tensor, // [1 + patches, hidden]
    before: Norm,
    transformer: Transformer,
    after: Norm,
    projection: Tensor, // [width, hidden]
    pub(super) config: ImageConfig,
}

/// Both, with weights of the shapes that `config` says.
pub(super) fn take(weights: &mut Weights, config: Config) -> Result<(TextTower, ImageTower), EmbedError> {
    Ok((
        TextTower::take(weights, config.text, config.width)?,
        ImageTower::take(weights, config.image, config.width)?,
    ))
}

impl TextTower {
    fn take(weights: &mut Weights, config: TextConfig, width: i64) -> Result<Self, EmbedError> {
        let hidden = config.hidden_size;
        let shape = Shape {
            width: hidden,
            inner: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            activation: known("text_config", &config.hidden_act)?,
            epsilon: config.layer_norm_eps,
        };
        Ok(Self {
            tokens: weights
                .take("text_model.embeddings.token_embedding.weight", &[config.vocab_size, hidden])?,
            positions: weights.take(
                "text_model.embeddings.position_embedding.weight",
                &[config.max_position_embeddings, hidden],
            )?,
            transformer: Transformer::take(weights, "text_model.encoder", shape)?,
            after: Norm::take(weights, "text_model.final_layer_norm", hidden, config.layer_norm_eps)?,
            projection: weights.take("text_projection.weight", &[width, hidden])?,
            config,
        })
    }

    /// `ids [texts, length]` and for each text the place of the token that stands for it, `[texts]` → `[texts, width]`.
    pub(super) fn forward(&self, ids: &Tensor, ends: &Tensor) -> Result<Tensor, TchError> {
        let (texts, length) = ids.size2()?;
        let tokens = self.tokens.f_index_select(0, &ids.f_reshape([-1])?)?.f_view([texts, length, -1])?;
        let x = tokens.f_add(&self.positions.f_narrow(0, 0, length)?)?;
        // What stands behind the end is seen by no token before it, so that padding needs no mask of its own.
        let x = self.transformer.forward(x, true)?; // [texts, length, hidden]
        let rows = Tensor::f_arange(texts, (Kind::Int64, x.device()))?.f_mul_scalar(length)?.f_add(ends)?;
        let pooled = x.f_reshape([texts * length, -1])?.f_index_select(0, &rows)?;
        self.after.forward(&pooled)?.f_linear(&self.projection, None::<&Tensor>)
    }
}

impl ImageTower {
    fn take(weights: &mut Weights, config: ImageConfig, width: i64) -> Result<Self, EmbedError> {
        let hidden = config.hidden_size;
        let shape = Shape {
            width: hidden,
            inner: config.intermediate_size,
            layers: config.num_hidden_layers,
            heads: config.num_attention_heads,
            activation: known("vision_config", &config.hidden_act)?,
            epsilon: config.layer_norm_eps,
        };
        let (side, patch) = (config.image_size / config.patch_size, config.patch_size);
        let patches =
            weights.take("vision_model.embeddings.patch_embedding.weight", &[hidden, 3, patch, patch])?;
        let failed = |error: TchError| EmbedError::encoder("loading the patches", &error);
        Ok(Self {
            class: weights.take("vision_model.embeddings.class_embedding", &[hidden])?,
            patches: patches.f_reshape([hidden, -1]).map_err(failed)?,
            positions: weights
                .take("vision_model.embeddings.position_embedding.weight", &[1 + side * side, hidden])?,
            // As transformers spells it.
            before: Norm::take(weights, "vision_model.pre_layrnorm", hidden, config.layer_norm_eps)?,
            transformer: Transformer::take(weights, "vision_model.encoder", shape)?,
            after: Norm::take(weights, "vision_model.post_layernorm", hidden, config.layer_norm_eps)?,
            projection: weights.take("visual_projection.weight", &[width, hidden])?,
            config,
        })
    }

    /// `pixels [images, 3, size, size]` → `[images, width]`.
    pub(super) fn forward(&self, pixels: &Tensor) -> Result<Tensor, TchError> {
        let images = pixels.size()[0];
        let patch = self.config.patch_size;
        let side = self.config.image_size / patch;
        // A convolution whose stride is its size is a product of each patch with the weight. As a product it is in
        // float32 on a GPU as well, where LibTorch's convolutions round to TF32.
        let x = pixels
            .f_narrow(2, 0, side * patch)?
            .f_narrow(3, 0, side * patch)?
            .f_reshape([images, 3, side, patch, side, patch])?
            .f_permute([0, 2, 4, 1, 3, 5])?
            .f_reshape([images, side * side, 3 * patch * patch])?
            .f_linear(&self.patches, None::<&Tensor>)?; // [images, patches, hidden]
        let class =
            self.class.f_reshape([1, 1, -1])?.f_expand([images, 1, self.config.hidden_size], false)?;
        let x = Tensor::f_cat(&[class, x], 1)?.f_add(&self.positions)?;
        let x = self.transformer.forward(self.before.forward(&x)?, false)?;
        self.after.forward(&x.f_select(1, 0)?)?.f_linear(&self.projection, None::<&Tensor>)
    }
}

fn known(tower: &str, name: &str) -> Result<super::config::Activation, EmbedError> {
    activation(tower, name).map_err(|reason| EmbedError::Model { path: "config.json".into(), reason })
}
