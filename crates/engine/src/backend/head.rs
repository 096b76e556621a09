//! Forward and backward of a stack of heads by hand, where the first layer is linear in the features: fusion → `Linear(F → H)` → activation → `Linear(H → classes)`, or
//! fusion → `Linear(F → classes)` alone, which is logistic regression. Products with rows are made in the rows' precision.
//!
//! The backward is written by hand, so that a step makes no graph. Tensor fusion is factorised: unit k
//! of the hidden layer is `xᵀ W_k y`, so the outer product is never made.

use tch::{Kind, Tensor};

use crate::backend::inputs::FusedRows;
use crate::backend::loss::{correct, cross_entropy};
use crate::backend::parameters::{LANES, Parameters};
use crate::backend::precision::product_into;
use study::config::Activation;

/// Floats that an intermediate result of tensor fusion may hold (64 MiB).
const INTERMEDIATE_FLOATS: i64 = 16 << 20;

/// What a training step reports, summed over its rows.
#[derive(Debug)]
pub(crate) struct StepSums {
    /// Cross-entropy, `[seeds]`.
    pub(crate) loss: Tensor,
    /// Rows predicted right, `[seeds]`, 64-bit integers.
    pub(crate) correct: Tensor,
}

/// One step's forward and backward: `rows` are `[seeds, batch, …]`, `labels` `[seeds, batch]`; writes
/// the gradient of each head's mean cross-entropy into `gradients`.
pub(crate) fn forward_backward(
    parameters: &Parameters,
    activation: Activation,
    rows: &FusedRows,
    labels: &Tensor,
    gradients: &Parameters,
) -> StepSums {
    let (sums, d_before) = all_but_hidden_weight(parameters, activation, rows, labels, gradients);
    hidden_weight_gradient(&d_before, rows, &gradients.hidden_weight());
    sums
}

/// [`forward_backward`] but for the gradient of the hidden layer's weight, which [`hidden_weight_gradient`] makes of the second
/// result: ∂/∂(hidden layer before its activation), `[seeds, batch, H]`.
pub(crate) fn all_but_hidden_weight(
    parameters: &Parameters,
    activation: Activation,
    rows: &FusedRows,
    labels: &Tensor,
    gradients: &Parameters,
) -> (StepSums, Tensor) {
    let before = hidden_by_seed(parameters, rows); // [seeds, batch, H]
    let after = parameters.output().map(|output| (activate(activation, &before), output));
    let logits =
        after.as_ref().map_or_else(|| before.shallow_clone(), |(after, output)| linear(after, output));
    let log_probabilities = logits.log_softmax(-1, Kind::Float); // [seeds, batch, classes]
    let sums =
        StepSums { loss: cross_entropy(&log_probabilities, labels), correct: correct(&logits, labels) };

    // ∂/∂logits of the mean cross-entropy: (softmax − one-hot) / batch.
    let less_one_hot = log_probabilities.exp().scatter_value_reduce_(-1, &labels.unsqueeze(-1), -1.0, "add");
    let d_logits = less_one_hot / labels.size()[1] as f64;
    let d_before = match (&after, gradients.output()) {
        (Some((after, (weight, _))), Some((d_weight, d_bias))) => {
            d_weight.shallow_clone().copy_(&d_logits.transpose(1, 2).bmm(after));
            sum_of_rows(&d_logits, &d_bias);
            activation_gradient(activation, &before, after, d_logits.bmm(weight))
        }
        _ => d_logits,
    };
    sum_of_rows(&d_before, &gradients.hidden_bias());
    (sums, d_before)
}

/// Logits `[seeds, rows, classes]` of the same `rows` for every head.
pub(crate) fn logits(parameters: &Parameters, activation: Activation, rows: &FusedRows) -> Tensor {
    let bias = parameters.hidden_bias().unsqueeze(1);
    logits_from_hidden(parameters, activation, &(hidden_linear(parameters, rows) + bias))
}

/// Logits `[seeds, rows, classes]` from the hidden layer before its activation, `[seeds, rows, H]`, bias included.
pub(crate) fn logits_from_hidden(parameters: &Parameters, activation: Activation, before: &Tensor) -> Tensor {
    match parameters.output() {
        Some(output) => linear(&activate(activation, before), &output),
        None => before.shallow_clone(),
    }
}

/// `rows` `[seeds, rows, H]`, weight `[seeds, classes, H]` and bias `[seeds, classes]` → `[seeds, rows, classes]`.
fn linear(rows: &Tensor, (weight, bias): &(Tensor, Tensor)) -> Tensor {
    bias.unsqueeze(1).baddbmm(rows, &weight.transpose(1, 2), 1, 1)
}

/// The hidden layer's linear part without bias, `[seeds, rows, H]`, of the same `rows` for every head.
pub(crate) fn hidden_linear(parameters: &Parameters, rows: &FusedRows) -> Tensor {
    let weight = parameters.hidden_weight(); // [seeds, H, F]
    let (seeds, hidden) = (weight.size()[0], weight.size()[1]);
    match rows {
        // Few units for each seed, as the two logits: the tail of a wide GEMM would round a seed by its
        // company (seen at 4 and 10 columns), so that each has one of its own.
        FusedRows::Vector(rows) if !(hidden as u64).is_multiple_of(LANES) => {
            let weight = weight.to_kind(rows.kind());
            let of_seed = |seed| rows.matmul(&weight.get(seed).transpose(0, 1)).to_kind(Kind::Float);
            Tensor::stack(&(0..seeds).map(of_seed).collect::<Vec<_>>(), 0)
        }
        // All seeds at once: one GEMM, [rows, F] × [F, seeds·H].
        FusedRows::Vector(rows) => {
            let weight = weight.reshape([seeds * hidden, -1]).to_kind(rows.kind());
            let wide = rows.matmul(&weight.transpose(0, 1)).to_kind(Kind::Float);
            wide.view([-1, seeds, hidden]).transpose(0, 1)
        }
        FusedRows::Pair { text, image } => hidden_of_pairs(parameters, text, &[image]).get(0),
    }
}

/// [`hidden_linear`] of tensor fusion, of the same `text` `[rows, n]` with each of `images` `[rows, m]`, as
/// `[images, seeds, rows, H]`: what the text alone decides, nearly all of it, is computed once.
pub(crate) fn hidden_of_pairs(parameters: &Parameters, text: &Tensor, images: &[&Tensor]) -> Tensor {
    let weight = parameters.hidden_weight(); // [seeds, H, n·m]
    let (rows, width) = (text.size()[0], images.first().map_or(1, |image| image.size()[1]));
    let block = (INTERMEDIATE_FLOATS / (weight.size()[1] * width)).max(1);
    let of_seed = |seed| {
        let weight = weight.get(seed).view([weight.size()[1], text.size()[1], width]);
        let of_block = |first| {
            let count = block.min(rows - first);
            let half = half_product(&weight, &text.narrow(0, first, count)).to_kind(Kind::Float);
            let of_image =
                |image: &&Tensor| sum_over_image(&(&half * image.narrow(0, first, count).unsqueeze(0)));
            Tensor::stack(&images.iter().map(of_image).collect::<Vec<_>>(), 0)
        };
        Tensor::cat(&(0..rows).step_by(block as usize).map(of_block).collect::<Vec<_>>(), 1)
    };
    Tensor::stack(&(0..weight.size()[0]).map(of_seed).collect::<Vec<_>>(), 1)
}

/// Logits `[seeds, texts · images, classes]` of tensor fusion, of every `text` `[texts, n]` with every `image` `[images, m]`.
pub(crate) fn logits_of_pairs(
    parameters: &Parameters,
    activation: Activation,
    text: &Tensor,
    image: &Tensor,
) -> Tensor {
    let weight = parameters.hidden_weight(); // [seeds, H, n·m]
    let of_seed = |seed| {
        let weight = unit_matrices(&weight.get(seed), text, image);
        let half = half_product(&weight, text).to_kind(Kind::Float);
        let of_pairs = half.matmul(&image.transpose(0, 1)); // [H, texts, images]
        of_pairs.flatten(1, 2).transpose(0, 1)
    };
    let hidden = Tensor::stack(&(0..weight.size()[0]).map(of_seed).collect::<Vec<_>>(), 0);
    logits_from_hidden(parameters, activation, &(hidden + parameters.hidden_bias().unsqueeze(1)))
}

/// The hidden layer before its activation, `[seeds, batch, H]`, each head on rows of its own.
fn hidden_by_seed(parameters: &Parameters, rows: &FusedRows) -> Tensor {
    let (weight, bias) = (parameters.hidden_weight(), parameters.hidden_bias().unsqueeze(1));
    match rows {
        FusedRows::Vector(rows) if rows.kind() == Kind::Float => {
            bias.baddbmm(rows, &weight.transpose(1, 2), 1, 1)
        }
        FusedRows::Vector(rows) => {
            rows.bmm(&weight.to_kind(rows.kind()).transpose(1, 2)).to_kind(Kind::Float) + bias
        }
        FusedRows::Pair { text, image } => {
            let (seeds, batch, hidden) = (text.size()[0], text.size()[1], weight.size()[1]);
            let mut before = Tensor::empty([seeds, batch, hidden], (Kind::Float, weight.device()));
            let image = image.to_kind(Kind::Float);
            for seed in 0..seeds {
                let (text, image) = (text.get(seed), image.get(seed));
                let weight = unit_matrices(&weight.get(seed), &text, &image);
                bilinear_into(&before.get(seed), &weight, &text, &image);
            }
            before.g_add_(&bias)
        }
    }
}

/// `xᵀ W_k` for each row and unit, in the rows' precision: `weight` `[H, n, m]`, `text` `[rows, n]` → `[H, rows, m]`.
fn half_product(weight: &Tensor, text: &Tensor) -> Tensor {
    let shared = text.unsqueeze(0).expand([weight.size()[0], -1, -1], false); // [H, rows, n], no copy
    shared.bmm(&weight.to_kind(text.kind()))
}

/// `xᵀ W_k y` for each row and unit into `out` `[rows, H]`: `image` `[rows, m]`, in `f32`.
fn bilinear_into(out: &Tensor, weight: &Tensor, text: &Tensor, image: &Tensor) {
    let (mut half, image) = (half_product(weight, text), image.unsqueeze(0));
    let products = if half.kind() == Kind::Float { half.g_mul_(&image) } else { half.g_mul(&image) };
    drop(half);
    let _ = products.sum_intlist_out(&out.transpose(0, 1), -1_i64, false, Kind::Float);
}

/// `[H, rows, m]` → `[rows, H]`.
fn sum_over_image(products: &Tensor) -> Tensor {
    products.sum_dim_intlist(-1_i64, false, Kind::Float).transpose(0, 1)
}

/// Writes ∂/∂W of the hidden layer, `[seeds, H, F]`, from `d_before` `[seeds, batch, H]`.
pub(crate) fn hidden_weight_gradient(d_before: &Tensor, rows: &FusedRows, out: &Tensor) {
    match rows {
        FusedRows::Vector(rows) => {
            product_into(out, &d_before.transpose(1, 2), rows);
        }
        // ∂/∂W_k = Σ_rows d_k · x yᵀ, for each unit k: [n, rows] × [rows, m].
        FusedRows::Pair { text, image } => {
            for seed in 0..d_before.size()[0] {
                let (text, image) = (text.get(seed), image.get(seed));
                let units = d_before.get(seed).transpose(0, 1).unsqueeze(-1); // [H, batch, 1]
                let size = [units.size()[0], text.size()[0], text.size()[1]]; // [H, batch, n]
                // In the rows' precision at once.
                let weighted = Tensor::empty(size, (text.kind(), text.device()));
                let _ = units.mul_out(&weighted, &text.unsqueeze(0));
                let image = image.unsqueeze(0).expand([size[0], -1, -1], false);
                let out = unit_matrices(&out.get(seed), &text, &image.get(0));
                product_into(&out, &weighted.transpose(1, 2), &image);
            }
        }
    }
}

/// One head's hidden weight `[H, n·m]` as one matrix for each unit, `[H, n, m]`.
fn unit_matrices(weight: &Tensor, text: &Tensor, image: &Tensor) -> Tensor {
    let width = |rows: &Tensor| rows.size().last().copied().unwrap_or(0);
    weight.view([weight.size()[0], width(text), width(image)])
}

/// `[seeds, batch, width]` into `out` `[seeds, width]`.
fn sum_of_rows(of: &Tensor, out: &Tensor) {
    let _ = of.sum_intlist_out(out, 1_i64, false, Kind::Float);
}

pub(crate) fn activate(activation: Activation, before: &Tensor) -> Tensor {
    match activation {
        Activation::Relu => before.relu(),
        Activation::Identity => before.shallow_clone(),
        Activation::Gelu => before.gelu("none"),
        Activation::Tanh => before.tanh(),
    }
}

/// `d_after · activation'(before)`.
fn activation_gradient(activation: Activation, before: &Tensor, after: &Tensor, d_after: Tensor) -> Tensor {
    match activation {
        Activation::Relu => before.threshold_backward(&d_after, 0.0),
        Activation::Identity => d_after,
        Activation::Gelu => before.gelu_backward(&d_after, "none"),
        Activation::Tanh => Tensor::tanh_backward(&d_after, after),
    }
}
