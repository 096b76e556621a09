//! The safe face of `kernel/kernel.cpp`: a head's training step and forward pass on the CPU, fused. With `shim`
//! the only `unsafe` here.
//!
//! Works on LibTorch's tensors in place. What crosses is checked here: sizes, rows within their matrix, and that
//! tensors lie on the CPU, in `f32`, with rows that are contiguous.

mod ffi;

use tch::{Device, Kind, Tensor};

pub use ffi::instruction_set;
use ffi::{Functions, InstructionSet, RawHead, RawRows, RawShape, RawStep, instruction_sets};

use super::inputs::FusedRows;
use super::parameters::Parameters;
use super::shim::AdamwSettings;
use super::trainer::Sums;
use crate::study::config::Activation;

/// Rows that are pointed at for one call: a weight is made ready for many rows once a call.
const BLOCK: usize = 4096;
/// Rows of product fusion that are made at once, so that they stay in the cache.
const MADE: usize = 96;
/// Bytes of a cache line, to which working space is aligned.
const LINE: usize = 64;
/// Floats of the widest register, to which levels are filled up.
const LANES: usize = 16;

/// The kernel with its working space; for one thread.
pub(super) struct Kernel {
    functions: &'static Functions,
    space: Space,
}

/// What a call works in; it grows and is kept.
#[derive(Default)]
struct Space {
    floats: Vec<f32>,
    text: Vec<*const f32>,
    image: Vec<*const f32>,
    labels: Vec<i64>,
    right: Vec<u8>,
}

impl Space {
    /// `count` floats from a cache line's beginning.
    fn floats(&mut self, count: usize) -> &mut [f32] {
        if self.floats.len() < count + LINE / 4 {
            self.floats.resize(count + LINE / 4, 0.0);
        }
        let from = self.floats.as_ptr().align_offset(LINE).min(LINE / 4);
        &mut self.floats[from..from + count]
    }
}

/// A matrix on the CPU whose rows are contiguous; it shares memory with its tensor.
#[derive(Debug)]
struct Matrix {
    /// Keeps the memory.
    _tensor: Tensor,
    base: *const f32,
    stride: usize,
    rows: usize,
    width: usize,
}

impl Matrix {
    /// Of `[rows, width]`.
    fn of(tensor: &Tensor) -> Self {
        assert!(tensor.device() == Device::Cpu && tensor.kind() == Kind::Float, "rows on the CPU in f32");
        let (size, stride) = (tensor.size(), tensor.stride());
        assert!(size.len() == 2 && (stride[1] == 1 || size[1] <= 1), "a matrix with contiguous rows");
        Self {
            _tensor: tensor.shallow_clone(),
            base: tensor.data_ptr().cast(),
            stride: stride[0] as usize,
            rows: size[0] as usize,
            width: size[1] as usize,
        }
    }

    fn row(&self, row: usize) -> *const f32 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: within the tensor's storage, since the row is; the pointer is not read here.
        unsafe { self.base.add(row * self.stride) }
    }
}

/// Rows as [`FusedRows`] has them, for the kernel.
#[derive(Debug)]
pub(super) struct KernelRows {
    text: Matrix,
    image: Option<Matrix>,
}

impl KernelRows {
    pub(super) fn of(rows: &FusedRows) -> Self {
        match rows {
            FusedRows::Vector(rows) => Self { text: Matrix::of(rows), image: None },
            FusedRows::Pair { text, image } => {
                Self { text: Matrix::of(text), image: Some(Matrix::of(image)) }
            }
        }
    }

    /// How many rows.
    pub(super) const fn len(&self) -> usize {
        self.text.rows
    }

    fn point(&self, rows: impl Iterator<Item = usize>, space: &mut Space) {
        space.text.clear();
        space.image.clear();
        for row in rows {
            space.text.push(self.text.row(row));
            space.image.extend(self.image.as_ref().map(|image| image.row(row)));
        }
    }

    fn shape(&self, heads: &Heads, activation: Activation) -> RawShape {
        let image = self.image.as_ref().map_or(0, |image| image.width);
        let width = if self.image.is_some() { self.text.width * image } else { self.text.width };
        assert_eq!(width * heads.units, heads.weights, "a head of these rows' width");
        RawShape {
            text: self.text.width as i64,
            image: image as i64,
            units: heads.units as i64,
            has_output: i32::from(heads.has_output),
            activation: number(activation),
        }
    }
}

impl Space {
    /// Working space for `count` rows like these.
    fn work(&mut self, functions: &Functions, shape: &RawShape, rows: &KernelRows, count: usize) -> *mut f32 {
        let is_pair = i32::from(rows.image.is_some());
        // SAFETY: reads the shape alone.
        let work = unsafe { (functions.work)(&raw const *shape, is_pair, count as i64) };
        self.floats(work as usize).as_mut_ptr()
    }

    fn rows(&self) -> RawRows {
        let image = if self.image.is_empty() { std::ptr::null() } else { self.image.as_ptr() };
        RawRows { text: self.text.as_ptr(), image, count: self.text.len() as i64 }
    }
}

/// A stack of heads, or of their moments, for the kernel; it shares memory with its [`Parameters`].
#[derive(Debug)]
pub(super) struct Heads {
    /// Keeps the memory.
    _storage: Vec<Tensor>,
    of_seeds: Vec<RawHead>,
    units: usize,
    /// Values of one head's first weight.
    weights: usize,
    has_output: bool,
}

impl Heads {
    /// What heads that belong together have in common.
    const fn sizes(&self) -> (usize, usize, usize, bool) {
        (self.of_seeds.len(), self.units, self.weights, self.has_output)
    }

    pub(super) fn of(parameters: &Parameters) -> Self {
        let storage: Vec<Tensor> = parameters.storage().iter().map(Tensor::shallow_clone).collect();
        let starts = |seed: usize| -> Vec<*mut f32> {
            let of_seed = |tensor: &Tensor| {
                assert!(tensor.device() == Device::Cpu && tensor.kind() == Kind::Float);
                assert_eq!(tensor.stride()[1], 1);
                let start: *mut f32 = tensor.data_ptr().cast();
                // SAFETY: the seed's row is within the tensor; the pointer is not used here.
                unsafe { start.add(seed * tensor.stride()[0] as usize) }
            };
            storage.iter().map(of_seed).collect()
        };
        let raw = |seed| {
            let starts = starts(seed);
            let at = |index: usize| starts.get(index).copied().unwrap_or(std::ptr::null_mut());
            RawHead { weight: at(0), bias: at(1), output_weight: at(2), output_bias: at(3) }
        };
        let of_seeds = (0..parameters.seeds()).map(raw).collect();
        let weight = parameters.hidden_weight().size(); // [seeds, H, F]
        Self {
            of_seeds,
            units: weight[1] as usize,
            weights: (weight[1] * weight[2]) as usize,
            has_output: storage.len() == 4,
            _storage: storage,
        }
    }
}

/// What an optimiser step works on.
pub(super) struct Training<'a> {
    pub(super) heads: &'a Heads,
    pub(super) first_moments: &'a Heads,
    pub(super) second_moments: &'a Heads,
    pub(super) settings: AdamwSettings,
    /// Steps, the one to be taken included.
    pub(super) count: f64,
    pub(super) activation: Activation,
}

impl Kernel {
    /// With the best instruction set of this processor.
    pub(super) fn new() -> Self {
        Self::with(instruction_sets()[0])
    }

    fn with((_, functions): InstructionSet) -> Self {
        Self { functions, space: Space::default() }
    }

    /// One for each instruction set that this processor has.
    #[cfg(test)]
    pub(super) fn each() -> impl Iterator<Item = (&'static str, Self)> {
        instruction_sets().into_iter().map(|set| (set.0, Self::with(set)))
    }

    /// One optimiser step of head `seed` on the rows `batch`; `labels`, 0 or 1, are those of all rows.
    pub(super) fn step(
        &mut self,
        training: &Training<'_>,
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        let space = &mut self.space;
        let shape = rows.shape(training.heads, training.activation);
        rows.point(batch.iter().map(|&row| row as usize), space);
        space.labels.clear();
        space.labels.extend(batch.iter().map(|&row| labels[row as usize]));
        for moments in [training.first_moments, training.second_moments] {
            assert_eq!(moments.sizes(), training.heads.sizes());
        }
        let AdamwSettings { learning_rate, beta1, beta2, weight_decay, eps } = training.settings;
        let step = RawStep { learning_rate, beta1, beta2, weight_decay, eps, count: training.count };
        let work = space.work(self.functions, &shape, rows, batch.len());
        let (rows, mut sums) = (space.rows(), Sums::default());
        // SAFETY: the rows are within their matrices and as wide as the shape says (`point`, `shape`), the heads
        // within their stacks and of that shape (`Heads::of`), and there is as much working space as was asked for.
        // Nothing else reads or writes the heads meanwhile: a stack belongs to one thread.
        unsafe {
            (self.functions.step)(
                &raw const shape,
                &raw const rows,
                space.labels.as_ptr(),
                &raw const training.heads.of_seeds[seed],
                &raw const training.first_moments.of_seeds[seed],
                &raw const training.second_moments.of_seeds[seed],
                &raw const step,
                work,
                &raw mut sums.loss,
                &raw mut sums.correct,
            );
        }
        sums
    }

    /// Logits of head `seed` on rows `first ..`, appended to nothing else: `logits` is `[rows, 2]`.
    pub(super) fn logits(
        &mut self,
        heads: &Heads,
        activation: Activation,
        seed: usize,
        rows: &KernelRows,
        first: usize,
        logits: &mut [f32],
    ) {
        let shape = rows.shape(heads, activation);
        for (block, logits) in logits.chunks_mut(2 * BLOCK).enumerate() {
            let first = first + block * BLOCK;
            rows.point(first..first + logits.len() / 2, &mut self.space);
            let work = self.space.work(self.functions, &shape, rows, BLOCK);
            let rows = self.space.rows();
            // SAFETY: as in `step`; `logits` has two places for each row.
            unsafe {
                let head = &raw const heads.of_seeds[seed];
                (self.functions.logits)(&raw const shape, &raw const rows, head, work, logits.as_mut_ptr());
            }
        }
    }

    /// Sums in the cache, so many times; how many operations they were.
    pub(super) fn sums(&self, times: u32) -> f64 {
        // SAFETY: works on memory of its own.
        unsafe { (self.functions.sums)(i64::from(times)) }
    }

    /// Cross-entropy and right predictions of `logits`, `[rows, 2]`.
    pub(super) fn score(&self, logits: &[f32], labels: &[i64]) -> Sums {
        assert_eq!(logits.len(), 2 * labels.len());
        let mut sums = Sums::default();
        // SAFETY: two logits for each label.
        unsafe {
            let (loss, correct) = (&raw mut sums.loss, &raw mut sums.correct);
            (self.functions.score)(logits.as_ptr(), labels.as_ptr(), labels.len() as i64, loss, correct);
        }
        sums
    }

    /// The first layer's linear part of head `seed` without bias, `[rows, units]`, on all of `rows`, which are
    /// columns `column ..` of the fused vector, or pairs.
    pub(super) fn hidden(
        &mut self,
        heads: &Heads,
        seed: usize,
        rows: &KernelRows,
        column: usize,
    ) -> Vec<f32> {
        let fused = heads.weights / heads.units;
        let image = rows.image.as_ref().map_or(0, |image| image.width);
        let width = if image > 0 { rows.text.width * image } else { rows.text.width };
        assert!(column + width <= fused && (image == 0 || width == fused), "columns of the fused vector");
        let shape = RawShape {
            text: rows.text.width as i64,
            image: image as i64,
            units: heads.units as i64,
            has_output: 0,
            activation: 0,
        };
        let mut out = vec![0.0; rows.len() * heads.units];
        for (block, out) in out.chunks_mut(BLOCK * heads.units).enumerate() {
            let first = block * BLOCK;
            rows.point(first..first + out.len() / heads.units, &mut self.space);
            let work = self.space.work(self.functions, &shape, rows, BLOCK);
            let raw = self.space.rows();
            // SAFETY: as in `step`; the columns are within each unit's row of the weight (checked above), and `out` has
            // a place for each row and unit.
            unsafe {
                let weight = heads.of_seeds[seed].weight.add(column);
                let (shape, raw) = (&raw const shape, &raw const raw);
                (self.functions.hidden)(shape, raw, weight, fused as i64, work, out.as_mut_ptr());
            }
        }
        out
    }

    /// Likewise of product fusion, whose fused rows are made here, a few at a time, of `pair`.
    pub(super) fn hidden_of_product(&mut self, heads: &Heads, seed: usize, pair: &KernelRows) -> Vec<f32> {
        let Some(image) = &pair.image else { return Vec::new() };
        let width = pair.text.width;
        assert!(image.width == width && 2 * width * heads.units == heads.weights, "a head of products");
        let mut out = vec![0.0; pair.len() * heads.units];
        let mut made =
            Matrix::of(&Tensor::zeros([MADE as i64, 2 * width as i64], (Kind::Float, Device::Cpu)));
        for (block, out) in out.chunks_mut(MADE * heads.units).enumerate() {
            made.rows = out.len() / heads.units;
            for row in 0..made.rows {
                let (x, y) = (pair.text.row(block * MADE + row), image.row(block * MADE + row));
                // SAFETY: both rows are `width` wide, and a row of `made` twice that.
                unsafe { (self.functions.product)(x, y, width as i64, made.row(row).cast_mut()) }
            }
            let rows = KernelRows { text: made, image: None };
            out.copy_from_slice(&self.hidden(heads, seed, &rows, 0));
            made = rows.text;
        }
        out
    }

    /// Which rows head `seed` predicts right at each level α, `[rows, levels]`, its first layer before the activation
    /// being `clean + α·linear + α²·cross`.
    pub(super) fn right_at_levels(
        &mut self,
        heads: &Heads,
        activation: Activation,
        seed: usize,
        at: &Levels<'_>,
        labels: &[i64],
    ) -> Vec<bool> {
        let &Levels { clean, linear, cross, alphas } = at;
        let places = labels.len() * heads.units;
        assert!(clean.len() == places && linear.len() == places);
        assert!(cross.is_none_or(|cross| cross.len() == places));
        let mut filled = alphas.to_vec();
        filled.resize(alphas.len().next_multiple_of(LANES), 0.0);
        let shape = RawShape {
            text: 0,
            image: 0,
            units: heads.units as i64,
            has_output: i32::from(heads.has_output),
            activation: number(activation),
        };
        self.space.right.resize(labels.len() * filled.len(), 0);
        // SAFETY: every piece has a place for each row and unit, `right` one for each row and level; levels are filled
        // up to whole registers.
        unsafe {
            (self.functions.levels)(
                &raw const shape,
                &raw const heads.of_seeds[seed],
                clean.as_ptr(),
                linear.as_ptr(),
                cross.map_or(std::ptr::null(), <[f32]>::as_ptr),
                labels.len() as i64,
                filled.as_ptr(),
                filled.len() as i64,
                labels.as_ptr(),
                self.space.right.as_mut_ptr(),
            );
        }
        let of_row = |row: &[u8]| row[..alphas.len()].iter().map(|&right| right != 0).collect::<Vec<_>>();
        self.space.right.chunks(filled.len()).flat_map(of_row).collect()
    }
}

/// Levels of noise, and the first layer before its activation in powers of a level, each `[rows, units]`.
pub(super) struct Levels<'a> {
    /// The bias included.
    pub(super) clean: &'a [f32],
    pub(super) linear: &'a [f32],
    pub(super) cross: Option<&'a [f32]>,
    pub(super) alphas: &'a [f32],
}

/// As `enum Activation` in kernel.cpp.
const fn number(activation: Activation) -> i32 {
    match activation {
        Activation::Relu => 0,
        Activation::Identity => 1,
        Activation::Gelu => 2,
        Activation::Tanh => 3,
    }
}
