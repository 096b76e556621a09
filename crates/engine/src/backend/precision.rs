//! In what precision matrices are multiplied, and how far from `f32` that is.

use rand::RngExt;
use tch::{Device, Kind, Tensor};

use crate::backend::shim;
use crate::error::EngineError;
use study::config::Precision;
use study::random::{self, Purpose};

/// `a · b`, batched, in the precision of `b`: factors are rounded to it, sums are made in `f32`, and the result, rounded
/// once more, comes as `f32`.
pub(crate) fn product(a: &Tensor, b: &Tensor) -> Tensor {
    a.to_kind(b.kind()).matmul(b).to_kind(Kind::Float)
}

/// [`product`] of `[batch, …]` matrices into `out`, without a copy in `f32`.
pub(crate) fn product_into(out: &Tensor, a: &Tensor, b: &Tensor) {
    if b.kind() == Kind::Float {
        let _ = a.bmm_out(out, b);
    } else {
        out.shallow_clone().copy_(&a.to_kind(b.kind()).bmm(b));
    }
}

/// Sets how LibTorch multiplies matrices of `f32` from now on, and returns how far a first layer's results in `precision`
/// are from those in `f32`: the largest difference over the largest result, 1,024 rows of width 1,536 and 32 units,
/// values from a fixed stream.
pub(crate) fn set(precision: Precision, device: Device) -> Result<f64, EngineError> {
    shim::set_precision(c"highest")?;
    if precision == Precision::F32 {
        return Ok(0.0);
    }
    let mut rng = random::stream(Purpose::Parity, 0, 0, 0);
    let mut uniform = |height: i64, width: i64| {
        let values: Vec<f32> = (0..height * width).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
        Tensor::from_slice(&values).view([height, width]).to_device(device)
    };
    let (rows, weight) = (uniform(1024, 1536), uniform(1536, 32));
    let exact = rows.matmul(&weight);
    let kind = if precision == Precision::Bf16 { Kind::BFloat16 } else { Kind::Float };
    if precision == Precision::Tf32 {
        shim::set_precision(c"high")?;
    }
    let difference = (product(&rows, &weight.to_kind(kind)) - &exact).abs().max() / exact.abs().max();
    Ok(difference.double_value(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_layer_in_another_precision_is_near_that_of_f32() {
        let _no_grad = tch::no_grad_guard();
        let difference = |precision| set(precision, Device::Cpu).unwrap();
        // TF32 keeps 11 bits; processors that have none compute in f32. BF16 keeps 8.
        assert!(difference(Precision::Tf32) < 2e-3);
        let bf16 = difference(Precision::Bf16);
        assert!((1e-4..2e-2).contains(&bf16), "{bf16}");
        difference(Precision::F32);
        assert!(!shim::sums_in_bf16(), "a GPU would sum in bf16");
    }
}
