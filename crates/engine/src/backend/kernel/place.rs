//! Where the kernel is pointed at: rows and heads within LibTorch's tensors, and working space.

use std::ops::Range;

use tch::{Device, Kind, Tensor};

use super::LANES;
use super::chosen::Call;
use super::ffi::{Functions, RawHead, RawRows, RawShape};
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use study::config::Activation;

/// Bytes of a cache line, to which working space is aligned.
const LINE: usize = 64;

/// What a call works in; it grows and is kept.
#[derive(Default)]
pub(super) struct Space {
    pub(super) floats: Vec<f32>,
    pub(super) text: Vec<*const f32>,
    pub(super) image: Vec<*const f32>,
    pub(super) labels: Vec<i64>,
    /// Logits of a mixture's heads in a step, and of its answer.
    pub(super) of_heads: Vec<f32>,
    pub(super) answers: Vec<f32>,
    right: Vec<u8>,
}

impl Space {
    /// `count` floats from a cache line's beginning.
    pub(super) fn floats(&mut self, count: usize) -> &mut [f32] {
        if self.floats.len() < count + LINE / 4 {
            self.floats.resize(count + LINE / 4, 0.0);
        }
        let from = self.floats.as_ptr().align_offset(LINE).min(LINE / 4);
        &mut self.floats[from..from + count]
    }
}

/// A matrix on the CPU whose rows are contiguous; it shares memory with its tensor.
#[derive(Debug)]
pub(super) struct Matrix {
    /// Keeps the memory.
    _tensor: Tensor,
    pub(super) base: *const f32,
    pub(super) stride: usize,
    pub(super) rows: usize,
    pub(super) width: usize,
}

impl Matrix {
    /// Of `[rows, width]`.
    pub(super) fn of(tensor: &Tensor) -> Self {
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

    pub(super) fn row(&self, row: usize) -> *const f32 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: within the tensor's storage, since the row is; the pointer is not read here.
        unsafe { self.base.add(row * self.stride) }
    }
}

/// Rows as [`FusedRows`] has them, for the kernel.
#[derive(Debug)]
pub(crate) struct KernelRows {
    pub(super) text: Matrix,
    pub(super) image: Option<Matrix>,
}

impl KernelRows {
    pub(crate) fn of(rows: &FusedRows) -> Self {
        match rows {
            FusedRows::Vector(rows) => Self { text: Matrix::of(rows), image: None },
            FusedRows::Pair { text, image } => {
                Self { text: Matrix::of(text), image: Some(Matrix::of(image)) }
            }
        }
    }

    /// Some columns of rows that are vectors, in place.
    pub(crate) fn columns(&self, columns: Range<usize>) -> Self {
        let Matrix { _tensor: tensor, base, stride, rows, width } = &self.text;
        assert!(self.image.is_none() && columns.end <= *width, "columns of a vector");
        let text = Matrix {
            _tensor: tensor.shallow_clone(),
            base: base.wrapping_add(columns.start),
            stride: *stride,
            rows: *rows,
            width: columns.len(),
        };
        Self { text, image: None }
    }

    /// How many rows.
    pub(crate) const fn len(&self) -> usize {
        self.text.rows
    }

    pub(super) fn point(&self, rows: impl Iterator<Item = usize>, space: &mut Space) {
        space.text.clear();
        space.image.clear();
        for row in rows {
            space.text.push(self.text.row(row));
            space.image.extend(self.image.as_ref().map(|image| image.row(row)));
        }
    }

    pub(super) fn shape(&self, heads: &Heads, activation: Activation) -> RawShape {
        let image = self.image.as_ref().map_or(0, |image| image.width);
        let width = if self.image.is_some() { self.text.width * image } else { self.text.width };
        assert_eq!(width * heads.units, heads.weights, "a head of these rows' width");
        RawShape {
            text: self.text.width as i64,
            image: image as i64,
            units: heads.units as i64,
            outputs: heads.outputs as i64,
            has_output: i32::from(heads.has_output),
            activation: number(activation),
        }
    }
}

/// Levels α as the kernel takes them: filled up to whole registers.
pub(super) struct Alphas {
    asked: usize,
    filled: Vec<f32>,
}

impl Alphas {
    pub(super) fn of(alphas: &[f32]) -> Self {
        let mut filled = alphas.to_vec();
        filled.resize(alphas.len().next_multiple_of(LANES), 0.0);
        Self { asked: alphas.len(), filled }
    }

    pub(super) const fn as_ptr(&self) -> *const f32 {
        self.filled.as_ptr()
    }

    pub(super) const fn len(&self) -> usize {
        self.filled.len()
    }
}

impl Space {
    /// Room for which of `rows` are right at each level.
    pub(super) fn room_for_right(&mut self, rows: usize, alphas: &Alphas) -> *mut u8 {
        self.right.clear();
        self.right.resize(rows * alphas.len(), 0);
        self.right.as_mut_ptr()
    }

    /// What was written there, `[rows, levels]`, of the levels that were asked for.
    pub(super) fn right(&self, alphas: &Alphas) -> Vec<bool> {
        let of_row = |row: &[u8]| row[..alphas.asked].iter().map(|&right| right != 0).collect::<Vec<_>>();
        self.right.chunks(alphas.len()).flat_map(of_row).collect()
    }

    /// Working space for `count` rows, of a step or of another call, which needs less.
    pub(super) fn work(
        &mut self,
        functions: &Functions,
        shape: &RawShape,
        is_pair: bool,
        count: usize,
        call: Call,
    ) -> *mut f32 {
        let is_step = i32::from(call == Call::Step);
        // SAFETY: reads the shape alone.
        let work = unsafe { (functions.work)(&raw const *shape, i32::from(is_pair), count as i64, is_step) };
        self.floats(work as usize).as_mut_ptr()
    }

    pub(super) fn rows(&self) -> RawRows {
        let image = if self.image.is_empty() { std::ptr::null() } else { self.image.as_ptr() };
        let (count, images) = (self.text.len(), self.image.len() / self.text.len().max(1));
        RawRows { text: self.text.as_ptr(), image, count: count as i64, images: images.max(1) as i64 }
    }
}

/// A stack of heads, or of their moments, for the kernel; it shares memory with its [`Parameters`].
#[derive(Debug)]
pub(crate) struct Heads {
    /// Keeps the memory.
    _storage: Vec<Tensor>,
    pub(super) of_seeds: Vec<RawHead>,
    pub(super) units: usize,
    /// Values of one head's first weight.
    pub(super) weights: usize,
    /// Logits of a row.
    pub(crate) outputs: usize,
    pub(super) has_output: bool,
}

impl Heads {
    /// What heads that belong together have in common.
    pub(super) const fn sizes(&self) -> (usize, usize, usize, usize, bool) {
        (self.of_seeds.len(), self.units, self.weights, self.outputs, self.has_output)
    }

    /// Adds the bias of head `seed` to its first layer, `[rows, units]`.
    pub(crate) fn add_bias(&self, seed: usize, layer: &mut [f32]) {
        // SAFETY: a bias has a value for each unit.
        let bias = unsafe { std::slice::from_raw_parts(self.of_seeds[seed].bias, self.units) };
        for row in layer.chunks_mut(bias.len()) {
            row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
        }
    }

    /// Flushes every first weight from the processor's caches, where other weights of a large layer are in training.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn flush(&self) {
        use std::arch::x86_64::{_mm_clflush, _mm_mfence};
        for head in &self.of_seeds {
            for value in (0..self.weights).step_by(LINE / size_of::<f32>()) {
                // SAFETY: within the weight, whose memory is kept; nothing is changed.
                unsafe { _mm_clflush(head.weight.add(value).cast()) };
            }
        }
        // SAFETY: waits for what was flushed, and for nothing else.
        unsafe { _mm_mfence() };
    }

    /// Of models that are a head alone.
    pub(crate) fn of(parameters: &Parameters) -> Self {
        Self::part(parameters, 0..parameters.storage().len())
    }

    /// Of heads whose parameters are these of all that a model has: weight and bias of the first layer, and of the
    /// output layer where there is one.
    pub(crate) fn part(parameters: &Parameters, places: Range<usize>) -> Self {
        let storage: Vec<Tensor> =
            parameters.storage()[places.clone()].iter().map(Tensor::shallow_clone).collect();
        let raw = |seed| {
            let at = |index: usize| storage.get(index).map_or(std::ptr::null_mut(), |of| start(of, seed));
            RawHead { weight: at(0), bias: at(1), output_weight: at(2), output_bias: at(3) }
        };
        let of_seeds = (0..parameters.seeds()).map(raw).collect();
        let sizes: Vec<Vec<i64>> = parameters
            .named()
            .map(|(_, tensor)| tensor.size())
            .skip(places.start)
            .take(places.len())
            .collect();
        let (units, width) = (sizes[0][1], sizes[0][2]); // [seeds, H, F]
        let outputs = sizes.get(2).map_or(units, |weight| weight[1]);
        Self {
            of_seeds,
            units: units as usize,
            weights: (units * width) as usize,
            outputs: outputs as usize,
            has_output: storage.len() == 4,
            _storage: storage,
        }
    }
}

/// Where a seed's values begin in a parameter's storage, `[seeds, padded]`.
pub(super) fn start(storage: &Tensor, seed: usize) -> *mut f32 {
    assert!(storage.device() == Device::Cpu && storage.kind() == Kind::Float && storage.stride()[1] == 1);
    assert!((seed as i64) < storage.size()[0], "a seed of the stack");
    // SAFETY: the seed's row is within the storage; the pointer is not used here.
    unsafe { storage.data_ptr().cast::<f32>().add(seed * storage.stride()[0] as usize) }
}

/// As `enum Activation` in kernel.cpp.
pub(super) const fn number(activation: Activation) -> i32 {
    match activation {
        Activation::Relu => 0,
        Activation::Identity => 1,
        Activation::Gelu => 2,
        Activation::Tanh => 3,
    }
}
