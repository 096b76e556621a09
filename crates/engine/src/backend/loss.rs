//! The training loss, and which class is predicted.

use tch::{Kind, Tensor};

/// Cross-entropy of each model summed over its rows, `[seeds]`, from log-probabilities `[seeds, rows, classes]` and
/// labels `[seeds, rows]`.
pub(crate) fn cross_entropy(log_probabilities: &Tensor, labels: &Tensor) -> Tensor {
    let of_label = log_probabilities.gather(-1, &labels.unsqueeze(-1), false);
    -of_label.sum_dim_intlist([1_i64, 2].as_slice(), false, Kind::Float)
}

/// Rows of each model predicted right, `[seeds]`, 64-bit integers, from logits `[seeds, rows, classes]` and labels
/// `[seeds, rows]`.
pub(crate) fn correct(logits: &Tensor, labels: &Tensor) -> Tensor {
    predictions(logits).eq_tensor(labels).sum_dim_intlist(1_i64, false, Kind::Int64)
}

/// The class of the largest logit, the first of equals. `[…, classes]` → `[…]`.
pub(crate) fn predictions(logits: &Tensor) -> Tensor {
    if logits.size().last() == Some(&2) {
        logits.select(-1, 1).gt_tensor(&logits.select(-1, 0)).to_kind(Kind::Int64)
    } else {
        logits.argmax(-1, false)
    }
}
