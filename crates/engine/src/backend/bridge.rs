//! From LibTorch's tensors and devices to burn's: the one place that names burn-tch.
#![expect(deprecated, reason = "burn 0.22 is the last line with LibTorch, which the study trains through")]

use burn::tensor::{Device, Tensor};
use burn_tch::{LibTorch, TchTensor};

/// The same device for burn's modules.
pub(crate) fn device(device: tch::Device) -> Device {
    match device {
        tch::Device::Cuda(index) => Device::libtorch_cuda(index),
        tch::Device::Cpu | tch::Device::Mps | tch::Device::Vulkan => Device::libtorch(),
    }
}

/// A burn tensor with a copy of `tensor`'s values: burn believes that it owns what it is given, and would
/// overwrite the original.
pub(crate) fn tensor<const D: usize>(tensor: &tch::Tensor) -> Tensor<D> {
    Tensor::from_primitive::<LibTorch>(TchTensor::new(tensor.contiguous().copy()))
}
