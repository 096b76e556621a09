//! What is fetched from a device: sums over rows, and the values of a tensor.

use tch::Tensor;

/// Cross-entropy and right predictions of one head, summed over rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) loss: f64,
    pub(crate) correct: i64,
}

/// A one-dimensional tensor's values.
pub(crate) fn host<T: tch::kind::Element + Copy + Default>(tensor: &Tensor) -> Vec<T> {
    let mut values = vec![T::default(); tensor.numel()];
    tensor.copy_data(&mut values, tensor.numel());
    values
}
