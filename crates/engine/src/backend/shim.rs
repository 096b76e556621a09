//! Safe wrappers of `shim.cpp`: operations of LibTorch that tch does not bind. The only `unsafe` here.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tch::{Device, Kind, Tensor};

use crate::error::{EngineError, panic_message};

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
    fn superfuse_large_pages(tensor: Handle);
    #[cfg(test)]
    fn superfuse_sums_in_bf16() -> bool;
    #[cfg(test)]
    fn superfuse_watch() -> *mut c_char;
    #[cfg(test)]
    fn superfuse_watched() -> *mut c_char;
    fn superfuse_use_stream(device: i32, place: usize) -> *mut c_char;
    fn superfuse_finish(device: i32) -> *mut c_char;
    fn superfuse_forget_workspaces() -> *mut c_char;
    fn superfuse_mark(device: i32, mark: *mut MarkHandle) -> *mut c_char;
    fn superfuse_mark_wait(mark: MarkHandle) -> *mut c_char;
    fn superfuse_mark_free(mark: MarkHandle);
    fn superfuse_empty_cache() -> *mut c_char;
    fn superfuse_graph_begin(graph: *mut GraphHandle) -> *mut c_char;
    fn superfuse_graph_end(graph: GraphHandle) -> *mut c_char;
    fn superfuse_graph_replay(graph: GraphHandle) -> *mut c_char;
    fn superfuse_graph_free(graph: GraphHandle);
    fn superfuse_gpu_uuid(device: i32, uuid: *mut u8) -> *mut c_char;
    fn free(pointer: *mut std::ffi::c_void);
}

/// A CUDA graph's handle: a pointer to `Recorded` of the shim.
type GraphHandle = *mut std::ffi::c_void;

/// An event's handle: a pointer to `c10::Event`.
type MarkHandle = *mut std::ffi::c_void;

/// The numbers of one `AdamW` step that do not change between steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdamwSettings {
    pub(crate) learning_rate: f64,
    pub(crate) beta1: f64,
    pub(crate) beta2: f64,
    pub(crate) weight_decay: f64,
    pub(crate) eps: f64,
}

/// `at::_fused_adamw_`: one `AdamW` step in place, all four lists in the same order and shapes; `step`
/// is a scalar tensor that counts from 1.
pub(crate) fn fused_adamw(
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

/// Free memory of a CUDA device, in bytes; nothing where this LibTorch cannot report it.
pub(crate) fn free_memory(device: usize) -> Option<u64> {
    let mut bytes = 0;
    // SAFETY: `bytes` outlives the call; the answer is used once.
    unsafe { result(superfuse_free_memory(device as i32, &raw mut bytes)).ok().map(|()| bytes) }
}

/// How LibTorch multiplies matrices of `f32` from now on, in the whole process: `highest` keeps every bit, `high` may
/// use TF32 on a GPU. Products of bf16 are summed in f32 from then on.
pub(crate) fn set_precision(precision: &CStr) -> Result<(), EngineError> {
    // SAFETY: the shim copies the string; the answer is used once.
    unsafe { result(superfuse_set_precision(precision.as_ptr())) }
}

/// Zeros in `f32`, on the CPU in large pages: what is read from end to end in every step misses few of them.
pub(crate) fn zeros(size: &[i64], device: Device) -> Tensor {
    let mut tensor = Tensor::empty(size, (Kind::Float, device));
    if device == Device::Cpu {
        // SAFETY: the tensor is live and has memory of its own, for which the system is advised; nothing is written.
        unsafe { superfuse_large_pages(tensor.as_ptr().cast()) }
    }
    tensor.zero_()
}

/// Makes the calling thread give its work to a CUDA device on stream `place` of the program's own: the same one for the
/// same place, and never the one that other work waits for.
pub(crate) fn use_stream(device: usize, place: usize) -> Result<(), EngineError> {
    // SAFETY: numbers alone; the answer is used once.
    unsafe { result(superfuse_use_stream(device as i32, place)) }
}

/// Waits until the calling thread's stream on a CUDA device has done what was given to it; other streams, one of which may
/// be recording, are left alone.
pub(crate) fn finish(device: usize) -> Result<(), EngineError> {
    // SAFETY: a number alone; the answer is used once.
    unsafe { result(superfuse_finish(device as i32)) }
}

/// Gives back what cuBLAS keeps for the calling thread on its stream, which has to be finished. LibTorch 2.9 keeps it.
pub(crate) fn forget_workspaces() -> Result<(), EngineError> {
    // SAFETY: no arguments; the answer is used once.
    unsafe { result(superfuse_forget_workspaces()) }
}

/// Gives the memory back that streams have kept for themselves, once nothing is recorded.
pub(crate) fn empty_cache() -> Result<(), EngineError> {
    let _nothing_records = recording();
    // SAFETY: no arguments; the answer is used once.
    unsafe { result(superfuse_empty_cache()) }
}

/// A place in a thread's stream on a CUDA device.
#[derive(Debug)]
pub(crate) struct Mark(MarkHandle);

impl Mark {
    /// Behind all that the calling thread has given to its stream on the device so far.
    pub(crate) fn new(device: usize) -> Result<Self, EngineError> {
        let mut mark = std::ptr::null_mut();
        // SAFETY: `mark` outlives the call; the answer is used once.
        unsafe { result(superfuse_mark(device as i32, &raw mut mark)) }?;
        Ok(Self(mark))
    }

    /// Waits until the device has come there.
    pub(crate) fn wait(&self) -> Result<(), EngineError> {
        // SAFETY: made by the shim, live as long as `self`; the answer is used once.
        unsafe { result(superfuse_mark_wait(self.0)) }
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // SAFETY: made by the shim, freed once, not used afterwards.
        unsafe { superfuse_mark_free(self.0) }
    }
}

/// Whether a GPU may sum products of bf16 in bf16.
#[cfg(test)]
pub(crate) fn sums_in_bf16() -> bool {
    // SAFETY: reads a setting.
    unsafe { superfuse_sums_in_bf16() }
}

/// The operations of LibTorch that `work` gives to the device on this thread, in order, each behind a space for every
/// operation that it is part of.
#[cfg(test)]
pub(crate) fn operations(work: impl FnOnce()) -> Vec<String> {
    // SAFETY: no arguments; the answer is used once.
    unsafe { result(superfuse_watch()) }.unwrap();
    work();
    // SAFETY: the answer is a C string that the shim allocated with strdup, used once.
    let Err(EngineError::LibTorch(operations)) = (unsafe { result(superfuse_watched()) }) else {
        return Vec::new();
    };
    operations.lines().map(str::to_owned).collect()
}

/// Work that was recorded on a CUDA stream, to be done again as a whole (a CUDA graph). It reads and writes the memory
/// that the work did when it was recorded.
#[derive(Debug)]
pub(crate) struct CudaGraph(GraphHandle);

impl CudaGraph {
    /// Records what `work` gives to the calling thread's stream, which does not do it yet.
    pub(crate) fn record(work: impl FnOnce() -> Result<(), EngineError>) -> Result<Self, EngineError> {
        let one_at_a_time = recording();
        // While something is recorded LibTorch gives no kept memory back. Where this fails, less is free.
        // SAFETY: no arguments; the answer is used once.
        let _ = unsafe { result(superfuse_empty_cache()) };
        let mut graph = std::ptr::null_mut();
        // SAFETY: `graph` outlives the call, and is null or a graph of the shim's afterwards; the answer is used once.
        unsafe { result(superfuse_graph_begin(&raw mut graph)) }?;
        let done = catch_unwind(AssertUnwindSafe(work));
        // SAFETY: `graph` is live and recording, on this thread's stream; the answer is used once.
        let ended = unsafe { result(superfuse_graph_end(graph)) };
        let worked = done.unwrap_or_else(|panic| Err(EngineError::LibTorch(panic_message(panic.as_ref()))));
        drop(one_at_a_time);
        // Freed where something failed, too.
        let graph = Self(graph);
        worked.and(ended).map(|()| graph)
    }

    /// Gives the whole of it to the calling thread's stream.
    pub(crate) fn replay(&self) -> Result<(), EngineError> {
        // SAFETY: the graph is live as long as `self`, and was recorded to its end; the answer is used once.
        unsafe { result(superfuse_graph_replay(self.0)) }
    }
}

impl Drop for CudaGraph {
    fn drop(&mut self) {
        let _one_at_a_time = recording();
        // SAFETY: made by the shim, freed once, not used afterwards.
        unsafe { superfuse_graph_free(self.0) }
    }
}

/// Held while a step is recorded, on any GPU, and by what would spoil a recording.
fn recording() -> MutexGuard<'static, ()> {
    static RECORDING: Mutex<()> = Mutex::new(());
    RECORDING.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The UUID of a CUDA device, which stays the same where `CUDA_VISIBLE_DEVICES` changes numbers.
pub(crate) fn gpu_uuid(device: usize) -> Result<[u8; 16], EngineError> {
    let mut uuid = [0; 16];
    // SAFETY: `uuid` outlives the call, which writes 16 bytes at most; the answer is used once.
    unsafe { result(superfuse_gpu_uuid(device as i32, uuid.as_mut_ptr())) }.map(|()| uuid)
}

fn handles(tensors: &[Tensor]) -> Vec<Handle> {
    tensors.iter().map(|tensor| tensor.as_ptr().cast()).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::fs;
    use std::process::Command;

    use super::*;
    use crate::backend::gpu::LIBTORCH_FLAVOUR;

    unsafe extern "C" {
        fn dlopen(path: *const c_char, flags: i32) -> *mut std::ffi::c_void;
    }

    /// Two devices, whose handles are not their numbers.
    const DRIVER: &str = "
        int cuDeviceGet(int *device, int ordinal) { *device = 10 * ordinal + 5; return ordinal < 2 ? 0 : 101; }
        int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
          for (int i = 0; i < 16; i++) uuid[i] = device + i;
          return 0;
        }";

    #[test]
    fn a_gpus_uuid_is_what_cudas_driver_says() {
        // Where a real driver may be loaded, no other takes its place.
        if LIBTORCH_FLAVOUR != "cpu" {
            return;
        }
        assert!(gpu_uuid(0).unwrap_err().to_string().contains("driver is not loaded"));
        let folder = tempfile::tempdir().unwrap();
        let [source, library] = ["driver.c", "driver.so"].map(|name| folder.path().join(name));
        fs::write(&source, DRIVER).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o"]).arg(&library).arg(&source);
        assert!(compiler.status().unwrap().success());
        let library = CString::new(library.to_str().unwrap()).unwrap();
        // SAFETY: a C string that outlives the call, of a library that does nothing when it is loaded; 2 is RTLD_NOW.
        assert!(!unsafe { dlopen(library.as_ptr(), 2) }.is_null());
        let expected: Vec<u8> = (15..31).collect();
        assert_eq!(gpu_uuid(1).unwrap().to_vec(), expected);
        assert!(gpu_uuid(2).unwrap_err().to_string().contains("UUID of device 2"));
    }
}
