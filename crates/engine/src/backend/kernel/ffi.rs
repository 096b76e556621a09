//! kernel.cpp's types and functions as Rust sees them, field by field, and which instruction set is taken.

/// A batch or a block of rows, as `struct Rows` in kernel.cpp.
#[repr(C)]
pub(super) struct RawRows {
    pub(super) text: *const *const f32,
    pub(super) image: *const *const f32,
    pub(super) count: i64,
    pub(super) images: i64,
}

/// As `struct Shape` in head.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct RawShape {
    pub(super) text: i64,
    pub(super) image: i64,
    pub(super) units: i64,
    pub(super) outputs: i64,
    pub(super) has_output: i32,
    pub(super) activation: i32,
}

impl RawShape {
    /// A first layer alone, of rows of these widths (image 0: one vector).
    pub(super) const fn linear((text, image): (usize, usize), units: usize) -> Self {
        Self {
            text: text as i64,
            image: image as i64,
            units: units as i64,
            outputs: 0,
            has_output: 0,
            activation: 0,
        }
    }
}

/// One head's parameters or moments, as `struct Head` in head.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct RawHead {
    pub(super) weight: *mut f32,
    pub(super) bias: *mut f32,
    pub(super) output_weight: *mut f32,
    pub(super) output_bias: *mut f32,
}

/// As `struct Step` in adamw.h.
#[repr(C)]
pub(super) struct RawStep {
    pub(super) learning_rate: f64,
    pub(super) beta1: f64,
    pub(super) beta2: f64,
    pub(super) weight_decay: f64,
    pub(super) eps: f64,
    pub(super) count: f64,
}

/// A parameter of one model and its moments, as `struct Parameter` in tails.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct RawParameter {
    pub(super) value: *mut f32,
    pub(super) first: *mut f32,
    pub(super) second: *mut f32,
    pub(super) count: i64,
}

/// As `struct Projection` in tails.h.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct RawProjection {
    pub(super) column: i64,
    pub(super) width: i64,
    pub(super) units: i64,
}

/// As `struct Model` in tails.h.
#[repr(C)]
#[derive(Debug)]
pub(super) struct RawModel {
    pub(super) of: *const RawProjection,
    pub(super) parameters: *const RawParameter,
    pub(super) projections: i64,
    pub(super) n_parameters: i64,
    pub(super) hidden: i64,
    pub(super) outputs: i64,
    pub(super) rank: i64,
    pub(super) tail: i32,
    pub(super) activation: i32,
}

/// As `struct Mixture` in mixture.h.
#[repr(C)]
#[derive(Debug)]
pub(super) struct RawMixture {
    pub(super) logits: *const f32,
    pub(super) costs: *const f32,
    pub(super) answer: *mut f32,
    pub(super) heads: i64,
    pub(super) classes: i64,
    pub(super) temperature: f32,
    pub(super) is_hard: i32,
}

/// As `struct AtLevels` in mixture.h.
#[repr(C)]
#[derive(Debug)]
pub(super) struct RawAtLevels {
    pub(super) shape: RawShape,
    pub(super) head: RawHead,
    pub(super) clean: *const f32,
    pub(super) linear: *const f32,
    pub(super) cross: *const f32,
}

/// What kernel.cpp holds for one instruction set, as its `struct Functions`.
#[repr(C)]
pub(super) struct Functions {
    pub(super) work: unsafe extern "C" fn(*const RawShape, i32, i64, i32) -> i64,
    pub(super) step: unsafe extern "C" fn(
        *const RawShape,
        *const RawRows,
        *const i64,
        *const RawHead,
        *const RawHead,
        *const RawHead,
        *const RawStep,
        *const RawMixture,
        *mut f32,
        *mut f64,
        *mut i64,
        *mut f32,
        i64,
    ),
    pub(super) hidden:
        unsafe extern "C" fn(*const RawShape, *const RawRows, *const f32, i64, *mut f32, *mut f32),
    pub(super) logits:
        unsafe extern "C" fn(*const RawShape, *const RawRows, *const RawHead, *mut f32, *mut f32),
    pub(super) score: unsafe extern "C" fn(*const f32, i64, *const i64, i64, *mut f64, *mut i64),
    pub(super) product: unsafe extern "C" fn(*const f32, *const f32, i64, *mut f32),
    pub(super) sums: unsafe extern "C" fn(i64) -> f64,
    pub(super) levels: unsafe extern "C" fn(
        *const RawShape,
        *const RawHead,
        *const f32,
        *const f32,
        *const f32,
        i64,
        *const f32,
        i64,
        *const i64,
        *mut f32,
        *mut u8,
    ),
    pub(super) projections_work: unsafe extern "C" fn(*const RawModel, i64) -> i64,
    pub(super) projections_step: unsafe extern "C" fn(
        *const RawModel,
        *const *const f32,
        *const i64,
        i64,
        *const RawStep,
        *mut f32,
        *mut f64,
        *mut i64,
    ),
    pub(super) projections_logits:
        unsafe extern "C" fn(*const RawModel, *const *const f32, i64, *mut f32, *mut f32),
    pub(super) projections_levels: unsafe extern "C" fn(
        *const RawModel,
        *const f32,
        *const f32,
        *const f32,
        i64,
        *const f32,
        i64,
        *const i64,
        *mut f32,
        *mut u8,
    ),
    pub(super) mixture_levels: unsafe extern "C" fn(
        *const RawAtLevels,
        i64,
        *const RawMixture,
        i64,
        *const f32,
        i64,
        *const i64,
        *mut f32,
        *mut u8,
    ),
    pub(super) mixture_answers: unsafe extern "C" fn(*const RawMixture, *mut f32, i64, *mut f32),
}

/// Block shapes by name and what kernel.cpp holds for them.
pub(super) type Blocks = (&'static str, &'static Functions);

/// What the build script compiled, of each instruction set.
mod compiled {
    use super::{Blocks, Functions};

    include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
}

/// An instruction set by name, and its block shapes; the first are those that nothing has to choose.
pub(super) type InstructionSet = (&'static str, &'static [Blocks]);

/// By this variable LibTorch is held to a lower instruction set (`avx2`, `default`), and so is the kernel: nodes that differ can then
/// compute the same numbers.
const HELD_TO: &str = "ATEN_CPU_CAPABILITY";

/// What this processor has and may use, the best one first.
pub(super) fn instruction_sets() -> Vec<InstructionSet> {
    let mut sets: Vec<InstructionSet> = Vec::new();
    let held_to = std::env::var(HELD_TO).unwrap_or_default();
    #[cfg(target_arch = "x86_64")]
    if held_to != "default" && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        if held_to != "avx2" && is_x86_feature_detected!("avx512f") {
            sets.push(("AVX-512", compiled::AVX512));
        }
        sets.push(("AVX2", compiled::AVX2));
    }
    sets.push(("base", compiled::BASE));
    sets
}

/// The instruction set that the kernel uses here, in a word.
pub fn instruction_set() -> &'static str {
    instruction_sets()[0].0
}
