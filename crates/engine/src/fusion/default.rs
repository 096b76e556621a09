//! What every fusion has by its forward pass alone: gradients by autograd, and logits, one model after the other.
//!
//! A trial has to be the same alone as in a stack, to the bit. Many operations round by the shape of all that they are
//! given, so each model is computed as a stack of one.

use tch::{Kind, Tensor};

use super::{Fusion, Stack};
use crate::backend::head::StepSums;
use crate::backend::loss::{correct, cross_entropy};
use crate::backend::parameters::{HeadShape, Parameters};
use study::config::Activation;

/// Floats that a module makes of rows that are evaluated at once (16 MiB).
const MODULE_FLOATS: usize = 4 << 20;

/// Of text `[seeds, batch, n]`, image `[seeds, batch, m]` and labels `[seeds, batch]`: writes the gradient of each
/// model's loss into `gradients`.
pub(crate) fn forward_backward(
    fusion: &dyn Fusion,
    parameters: &Parameters,
    activation: Activation,
    (text, image): (&Tensor, &Tensor),
    labels: &Tensor,
    gradients: &Parameters,
) -> StepSums {
    let (mut losses, mut corrects) = (Vec::new(), Vec::new());
    for seed in 0..parameters.seeds() {
        let of_seed = |rows: &Tensor| rows.narrow(0, seed as i64, 1);
        let (text, image, labels) = (of_seed(text), of_seed(image), of_seed(labels));
        let (objective, of_parameters) = tch::with_grad(|| {
            let leaves = fusion.leaves(&Stack::of(&parameters.range(seed, 1), activation));
            let objective = fusion.objective(&leaves, &text, &image, &labels);
            let inputs: Vec<&Tensor> = leaves.tensors().collect();
            let of_parameters =
                Tensor::run_backward(&[objective.loss.sum(Kind::Float)], &inputs, false, false);
            (objective, of_parameters)
        });
        for ((_, target), gradient) in gradients.range(seed, 1).named().zip(of_parameters) {
            target.shallow_clone().copy_(&gradient);
        }
        // What is reported is what validation measures, whatever is descended beside it.
        let logits = objective.logits.detach();
        losses.push(cross_entropy(&logits.log_softmax(-1, Kind::Float), &labels));
        corrects.push(correct(&logits, &labels));
    }
    StepSums { loss: Tensor::cat(&losses, 0), correct: Tensor::cat(&corrects, 0) }
}

/// Logits `[seeds, rows, classes]` of text `[rows, n]` and image `[rows, m]`, the same for every model.
pub(crate) fn logits(
    fusion: &dyn Fusion,
    parameters: &Parameters,
    activation: Activation,
    (text, image): (&Tensor, &Tensor),
) -> Tensor {
    let (rows, at_once) = (text.size()[0], rows_at_once(parameters.shape()));
    let of_seed = |seed| {
        let stack = Stack::of(&parameters.range(seed, 1), activation);
        if rows <= at_once {
            return fusion.forward(&stack, text, image);
        }
        let of_rows = |first| {
            let some = |of: &Tensor| of.narrow(0, first, at_once.min(rows - first));
            fusion.forward(&stack, &some(text), &some(image))
        };
        Tensor::cat(&(0..rows).step_by(at_once as usize).map(of_rows).collect::<Vec<_>>(), 1)
    };
    Tensor::cat(&(0..parameters.seeds()).map(of_seed).collect::<Vec<_>>(), 0)
}

/// Rows that a model computes at once: all, but for a module's features, which may be of any width.
fn rows_at_once(shape: HeadShape) -> i64 {
    shape.module_width().map_or(i64::MAX, |width| (MODULE_FLOATS / width.max(1)).max(1) as i64)
}
