//! The safe face of `shim.cpp`: operations of LibTorch that tch does not bind. The only `unsafe` here.

use std::ffi::{CStr, c_char};

use tch::Tensor;

use super::error::EngineError;

/// A tensor's handle as tch and the shim share it: a pointer to `at::Tensor`.
type Handle = *const std::ffi::c_void;

unsafe extern "C" {
    fn superfuse_fused_adamw(
        parameters: *const Handle,
        gradients: *const Handle,
        first_moments: *const Handle,
        second_moments: *const Handle,
        count: usize,
        step: Handle,
        learning_rate: f64,
        beta1: f64,
        beta2: f64,
        weight_decay: f64,
        eps: f64,
    ) -> *mut c_char;
    fn superfuse_free_memory(device: i32, free: *mut u64) -> *mut c_char;
    fn superfuse_set_precision(precision: *const c_char) -> *mut c_char;
    fn free(pointer: *mut std::ffi::c_void);
}

/// The numbers of one `AdamW` step that do not change between steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct AdamwSettings {
    pub(super) learning_rate: f64,
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) weight_decay: f64,
    pub(super) eps: f64,
}

/// `at::_fused_adamw_`: one `AdamW` step in place, all four lists in the same order and shapes; `step`
/// is a scalar tensor that counts from 1.
pub(super) fn fused_adamw(
    parameters: &[Tensor],
    gradients: &[Tensor],
    moments: (&[Tensor], &[Tensor]),
    step: &Tensor,
    settings: AdamwSettings,
) -> Result<(), EngineError> {
    let count = parameters.len();
    assert!([gradients.len(), moments.0.len(), moments.1.len()].iter().all(|&length| length == count));
    let [parameters, gradients] = [handles(parameters), handles(gradients)];
    let [first, second] = [handles(moments.0), handles(moments.1)];
    // SAFETY: the four arrays hold `count` live tensor handles each (checked above; borrowed for the
    // call), `step` is live, and the shim keeps none of them. It writes through tensors, whose storage
    // LibTorch itself shares and guards, not through Rust references.
    let failure = unsafe {
        superfuse_fused_adamw(
            parameters.as_ptr(),
            gradients.as_ptr(),
            first.as_ptr(),
            second.as_ptr(),
            count,
            step.as_ptr().cast(),
            settings.learning_rate,
            settings.beta1,
            settings.beta2,
            settings.weight_decay,
            settings.eps,
        )
    };
    // SAFETY: the answer of a function of the shim, used once.
    unsafe { result(failure) }
}

/// Free memory of a CUDA device, in bytes; nothing where this LibTorch cannot say it.
pub(super) fn free_memory(device: usize) -> Option<u64> {
    let mut bytes = 0;
    // SAFETY: `bytes` outlives the call; the answer is used once.
    unsafe { result(superfuse_free_memory(device as i32, &raw mut bytes)).ok().map(|()| bytes) }
}

/// How LibTorch multiplies matrices of `f32` from now on, in the whole process: `highest` keeps every bit, `high` may
/// use TF32 on a GPU.
pub(super) fn set_precision(precision: &CStr) -> Result<(), EngineError> {
    // SAFETY: the shim copies the word; the answer is used once.
    unsafe { result(superfuse_set_precision(precision.as_ptr())) }
}

/// What a function of the shim answered: nothing, or a message.
///
/// # Safety
/// `failure` is null, or a C string that the shim allocated with strdup and that nobody else uses.
unsafe fn result(failure: *mut c_char) -> Result<(), EngineError> {
    if failure.is_null() {
        return Ok(());
    }
    // SAFETY: a C string, as the caller says.
    let message = unsafe { CStr::from_ptr(failure) }.to_string_lossy().into_owned();
    // SAFETY: allocated by strdup, freed once, not used afterwards.
    unsafe { free(failure.cast()) };
    Err(EngineError::LibTorch(message))
}

fn handles(tensors: &[Tensor]) -> Vec<Handle> {
    tensors.iter().map(|tensor| tensor.as_ptr().cast()).collect()
}
