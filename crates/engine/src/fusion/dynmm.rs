//! Dynamic fusion (Xue and Marculescu 2023): a gate weighs whole fusions row by row, `Σ_e w_e·ℓ_e`.
//!
//! Each expert descends its own loss, and the mixture's loss trains the gate alone. So an expert is at each step what
//! the fusion of its name is with the same seed.

use tch::{Kind, Tensor};

use super::concat::beside;
use super::product::products;
use super::{Features, Fusion, KernelForm, Objective, Stack, mean_cross_entropy};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{Gate, MixedPart};
use crate::backend::parameters::HeadShape;
use study::model::ModelId;

pub(super) struct Dynmm;

/// What each expert costs, in the order of the gate's weights: text, image, concat, product.
const COSTS: [f32; 4] = [0.5, 0.5, 1.0, 1.0];

impl Fusion for Dynmm {
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        mixture(&weights(stack, text, image), &experts(stack, text, image))
    }

    fn objective(&self, stack: &Stack, text: &Tensor, image: &Tensor, labels: &Tensor) -> Objective {
        let (weights, experts) = (weights(stack, text, image), experts(stack, text, image));
        let logits = mixture(&weights, &experts.each_ref().map(Tensor::detach));
        let mut loss = mean_cross_entropy(&logits, labels);
        for expert in &experts {
            loss += mean_cross_entropy(expert, labels);
        }
        let cost_weight = stack.shape().settings.cost_weight;
        if cost_weight > 0.0 {
            let costs = Tensor::from_slice(&COSTS).to_device(weights.device()).to_kind(weights.kind());
            let mean = weights.mean_dim(1_i64, false, weights.kind()); // [seeds, 4]
            loss += (mean * costs).sum_dim_intlist(-1_i64, false, weights.kind()) * cost_weight;
        }
        Objective { loss, logits }
    }

    fn gate(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Option<Tensor> {
        Some(weights(stack, text, image))
    }

    /// `[x ; y]`, and the products behind them.
    fn features(&self) -> Option<Features> {
        Some(|_, text, image| FusedRows::Vector(Tensor::cat(&[text, image, &products(text, image)], -1)))
    }

    fn kernel(&self, shape: &HeadShape) -> Option<KernelForm> {
        let [text, image] = [shape.text, shape.image].map(|size| size as usize);
        let both = text + image;
        let read = [0..text, text..both, 0..both, both..2 * both];
        let part = |(place, columns)| MixedPart { columns, parameters: 4 * place..4 * place + 4 };
        let heads: Vec<MixedPart> = read.into_iter().enumerate().map(part).collect();
        let gate = Gate {
            part: part((heads.len(), 0..both)),
            temperature: shape.settings.temperature,
            is_hard: shape.fusion.plain() == ModelId::DYNMM_HARD,
            costs: COSTS.map(|cost| cost * shape.settings.cost_weight as f32).to_vec(),
        };
        Some(KernelForm::Mixed { heads, gate: Some(gate) })
    }
}

/// Logits of text, image, concat and product, each `[seeds, batch, classes]`.
fn experts(stack: &Stack, text: &Tensor, image: &Tensor) -> [Tensor; 4] {
    [
        stack.whole_head("experts.text.head", text),
        stack.whole_head("experts.image.head", image),
        stack.whole_head("experts.concat.head", &beside(text, image)),
        stack.whole_head("experts.product.head", &products(text, image)),
    ]
}

/// Of each row and expert, `[seeds, batch, 4]`. Hard ones are 0 and 1, with the soft ones' gradient.
fn weights(stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
    let shape = stack.shape();
    let scores = stack.whole_head("gate", &beside(text, image)) / shape.settings.temperature;
    let soft = scores.softmax(-1, scores.kind());
    if shape.fusion.plain() != ModelId::DYNMM_HARD {
        return soft;
    }
    let largest = soft.argmax(-1, true);
    let hard = Tensor::zeros(soft.size(), (Kind::Float, soft.device())).to_kind(soft.kind());
    hard.scatter_value(-1, &largest, 1.0) + (&soft - soft.detach())
}

/// `[seeds, batch, classes]`
fn mixture(weights: &Tensor, experts: &[Tensor; 4]) -> Tensor {
    let logits = Tensor::stack(experts, -2); // [seeds, batch, 4, classes]
    (weights.unsqueeze(-1) * &logits).sum_dim_intlist(-2_i64, false, logits.kind())
}
