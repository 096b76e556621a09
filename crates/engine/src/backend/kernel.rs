//! The safe interface to `kernel/kernel.cpp`: a head's training step and forward pass on the CPU, fused. With `shim`,
//! all `unsafe` of this crate is here and in the files of its folder.
//!
//! Works on LibTorch's tensors in place. What crosses is checked here: sizes, rows within their matrix, and that
//! tensors lie on the CPU, in `f32`, with rows that are contiguous.

mod chosen;
mod ffi;
mod mixture;
mod place;
mod projections;
pub(crate) mod timed;

use std::sync::Arc;

use tch::{Device, Kind, Tensor};

pub(crate) use chosen::{Call, Choice, FirstLayer};
pub use ffi::instruction_set;
use ffi::{Blocks, Functions, RawShape, RawStep, instruction_sets};
use mixture::Mixture;
pub(crate) use mixture::{Gate, Mixed, MixedLevels, MixedPart};
use place::{Alphas, Matrix, Space, number};
pub(crate) use place::{Heads, KernelRows};
pub(crate) use projections::{Projected, ProjectedForm, Projection, Tail};

use crate::backend::shim::AdamwSettings;
use crate::backend::sums::Sums;
use study::config::Activation;

/// Rows that are pointed at for one call: a weight is made ready for many rows once a call.
const BLOCK: usize = 4096;
/// Rows of product fusion that are made at once, so that they stay in the cache.
const MADE: usize = 96;
/// Floats of the widest register, to which levels are filled up.
const LANES: usize = 16;

/// The kernel with its working space; for one thread.
pub(crate) struct Kernel {
    /// Of the block shapes that are taken where nothing else was chosen.
    functions: &'static Functions,
    chosen: Arc<[Choice]>,
    space: Space,
}

/// What an optimiser step works on.
pub(crate) struct Training<'a> {
    pub(crate) heads: &'a Heads,
    pub(crate) first_moments: &'a Heads,
    pub(crate) second_moments: &'a Heads,
    pub(crate) update: Update,
    pub(crate) activation: Activation,
}

/// `AdamW`'s settings and the number of its step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    pub(crate) settings: AdamwSettings,
    /// Steps, the one to be taken included.
    pub(crate) count: f64,
}

impl Update {
    const fn raw(self) -> RawStep {
        let AdamwSettings { learning_rate, beta1, beta2, weight_decay, eps } = self.settings;
        RawStep { learning_rate, beta1, beta2, weight_decay, eps, count: self.count }
    }
}

impl Kernel {
    /// With the best instruction set of this processor, and the block shapes that were chosen.
    pub(crate) fn new() -> Self {
        Self { chosen: chosen::now(), ..Self::with(instruction_sets()[0].1[0]) }
    }

    /// With these block shapes alone.
    fn with((_, functions): Blocks) -> Self {
        Self { functions, chosen: Arc::new([]), space: Space::default() }
    }

    /// One for each instruction set that this processor has, and each of its block shapes.
    #[cfg(test)]
    pub(crate) fn each() -> impl Iterator<Item = (String, Self)> {
        let named = |set, blocks: Blocks| (format!("{set} {}", blocks.0), Self::with(blocks));
        instruction_sets()
            .into_iter()
            .flat_map(move |(set, blocks)| blocks.iter().map(move |&blocks| named(set, blocks)))
    }

    /// The functions of the block shapes that were chosen for this first layer.
    fn functions_for(&self, shape: &RawShape, call: Call) -> &'static Functions {
        let choice = self.chosen.iter().find(|choice| choice.call == call && choice.layer.is_of(shape));
        choice.map_or(self.functions, |choice| choice.blocks.1)
    }

    /// One optimiser step of head `seed` on the rows `batch`; `labels`, the numbers of classes, are those of all rows.
    pub(crate) fn step(
        &mut self,
        training: &Training<'_>,
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        self.step_of(training, seed, (rows, batch, labels), None, None)
    }

    /// The same of a gate where there is a `mixture`; `out` gets the logits before the step, each row's from a place of
    /// its own, so many floats from the next one's.
    fn step_of(
        &mut self,
        training: &Training<'_>,
        seed: usize,
        (rows, batch, labels): (&KernelRows, &[u32], &[i64]),
        mixture: Option<&mut Mixture<'_>>,
        out: Option<(&mut [f32], usize)>,
    ) -> Sums {
        let shape = rows.shape(training.heads, training.activation);
        let functions = self.functions_for(&shape, Call::Step);
        let space = &mut self.space;
        rows.point(batch.iter().map(|&row| row as usize), space);
        space.labels.clear();
        space.labels.extend(batch.iter().map(|&row| labels[row as usize]));
        let classes = 0..mixture.as_ref().map_or(shape.outputs, |mixture| mixture.classes as i64);
        assert!(space.labels.iter().all(|label| classes.contains(label)), "labels are classes");
        for moments in [training.first_moments, training.second_moments] {
            assert_eq!(moments.sizes(), training.heads.sizes());
        }
        let (out, out_stride) = out.map_or((std::ptr::null_mut(), 0), |(out, stride)| {
            let last = batch.len().saturating_sub(1) * stride + shape.outputs as usize;
            assert!(last <= out.len(), "a place for each logit");
            (out.as_mut_ptr(), stride as i64)
        });
        let step = training.update.raw();
        let mixture = mixture.map(|mixture| mixture.raw(batch.len(), shape.outputs as usize));
        let work = space.work(functions, &shape, rows.image.is_some(), batch.len(), Call::Step);
        let (rows, mut sums) = (space.rows(), Sums::default());
        // SAFETY: the rows are within their matrices and as wide as the shape says (`point`, `shape`), the heads
        // within their stacks and of that shape (`Heads::part`), and there is as much working space as was asked for.
        // Nothing else reads or writes the heads meanwhile: a stack belongs to one thread. A mixture's arrays are as
        // long as it says (`Mixture::raw`).
        unsafe {
            (functions.step)(
                &raw const shape,
                &raw const rows,
                space.labels.as_ptr(),
                &raw const training.heads.of_seeds[seed],
                &raw const training.first_moments.of_seeds[seed],
                &raw const training.second_moments.of_seeds[seed],
                &raw const step,
                mixture.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
                work,
                &raw mut sums.loss,
                &raw mut sums.correct,
                out,
                out_stride,
            );
        }
        sums
    }

    /// Logits of head `seed` on the first rows, `[rows, classes]`, as many as `logits` has room for.
    pub(crate) fn logits(
        &mut self,
        heads: &Heads,
        activation: Activation,
        seed: usize,
        rows: &KernelRows,
        logits: &mut [f32],
    ) {
        let shape = rows.shape(heads, activation);
        let functions = self.functions_for(&shape, Call::Forward);
        for (block, logits) in logits.chunks_mut(heads.outputs * BLOCK).enumerate() {
            let first = block * BLOCK;
            rows.point(first..first + logits.len() / heads.outputs, &mut self.space);
            let work = self.space.work(functions, &shape, rows.image.is_some(), BLOCK, Call::Forward);
            let rows = self.space.rows();
            // SAFETY: as in `step`; `logits` has a place for each row and class.
            unsafe {
                let head = &raw const heads.of_seeds[seed];
                (functions.logits)(&raw const shape, &raw const rows, head, work, logits.as_mut_ptr());
            }
        }
    }

    /// Sums in the cache, so many times; how many operations they were.
    pub(crate) fn sums(&self, times: u32) -> f64 {
        // SAFETY: works on memory of its own.
        unsafe { (self.functions.sums)(i64::from(times)) }
    }

    /// Cross-entropy and right predictions of `logits`, `[rows, classes]`.
    pub(crate) fn score(&self, logits: &[f32], labels: &[i64]) -> Sums {
        let classes = logits.len() / labels.len().max(1);
        assert_eq!(logits.len(), classes * labels.len());
        assert!(labels.iter().all(|&label| (0..classes as i64).contains(&label)), "labels are classes");
        let mut sums = Sums::default();
        // SAFETY: a logit for each row and class, and labels are classes.
        unsafe {
            let (loss, correct) = (&raw mut sums.loss, &raw mut sums.correct);
            let (logits, rows) = (logits.as_ptr(), labels.len() as i64);
            (self.functions.score)(logits, classes as i64, labels.as_ptr(), rows, loss, correct);
        }
        sums
    }

    /// The first layer's linear part of head `seed` without bias, `[rows, units]`, on all of `rows`, which are
    /// columns `column ..` of the fused vector, or pairs.
    pub(crate) fn hidden(
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
        let shape = RawShape::linear((rows.text.width, image), heads.units);
        // SAFETY: the columns are within each unit's row of the weight.
        unsafe {
            let weight = heads.of_seeds[seed].weight.add(column);
            self.linear(&shape, weight, fused, rows, 0)
        }
    }

    /// A linear layer of `weight` `[units, width]` without bias, `[rows, units]`, on `rows` `[rows, width]`.
    pub(crate) fn linear_of(&mut self, weight: &Tensor, rows: &Tensor) -> Vec<f32> {
        let (weight, rows) = (Matrix::of(weight), KernelRows { text: Matrix::of(rows), image: None });
        assert_eq!(weight.width, rows.text.width, "a weight for each column");
        let shape = RawShape::linear((weight.width, 0), weight.rows);
        // SAFETY: a unit's row of the weight has a column for each of the rows'.
        unsafe { self.linear(&shape, weight.base, weight.stride, &rows, 0) }
    }

    /// A linear layer without bias, `[rows, units]`, on `shape.text` columns `column ..` of `rows`, or on pairs.
    ///
    /// # Safety
    /// A unit's row of the weight is `stride` from the next one, and has all columns of the shape, or `weight` has
    /// every pair's matrices.
    unsafe fn linear(
        &mut self,
        shape: &RawShape,
        weight: *const f32,
        stride: usize,
        rows: &KernelRows,
        column: usize,
    ) -> Vec<f32> {
        assert!(column + shape.text as usize <= rows.text.width, "columns of the rows");
        let units = shape.units as usize;
        let functions = self.functions_for(shape, Call::Forward);
        let mut out = vec![0.0; rows.len() * units];
        for (block, out) in out.chunks_mut(BLOCK * units).enumerate() {
            let first = block * BLOCK;
            rows.point(first..first + out.len() / units, &mut self.space);
            self.space.text.iter_mut().for_each(|row| *row = row.wrapping_add(column));
            let work = self.space.work(functions, shape, rows.image.is_some(), BLOCK, Call::Forward);
            let raw = self.space.rows();
            // SAFETY: as in `step`; the weight as promised, the columns are within the rows (checked above), and `out`
            // has a place for each row and unit.
            unsafe {
                let (shape, raw) = (&raw const *shape, &raw const raw);
                (functions.hidden)(shape, raw, weight, stride as i64, work, out.as_mut_ptr());
            }
        }
        out
    }

    /// Likewise of tensor fusion, of the same `text` `[rows, n]` with each of `images` `[rows, m]`: what the text alone
    /// decides, nearly all of it, is computed once.
    pub(crate) fn hidden_of_pairs(
        &mut self,
        heads: &Heads,
        seed: usize,
        text: &Tensor,
        images: &[&Tensor],
    ) -> Vec<Vec<f32>> {
        let (text, images) =
            (Matrix::of(text), images.iter().map(|image| Matrix::of(image)).collect::<Vec<_>>());
        let image = images.first().map_or(0, |image| image.width);
        assert!(
            images.iter().all(|other| (other.rows, other.width) == (text.rows, image)),
            "images of one size"
        );
        assert_eq!(text.width * image * heads.units, heads.weights, "a head of these rows' width");
        let shape = RawShape::linear((text.width, image), heads.units);
        let functions = self.functions_for(&shape, Call::Forward);
        let mut all = vec![Vec::with_capacity(text.rows * heads.units); images.len()];
        for first in (0..text.rows).step_by(BLOCK) {
            let rows = first..text.rows.min(first + BLOCK);
            let space = &mut self.space;
            space.text.clear();
            space.text.extend(rows.clone().map(|row| text.row(row)));
            space.image.clear();
            space.image.extend(images.iter().flat_map(|image| rows.clone().map(|row| image.row(row))));
            let mut out = vec![0.0; images.len() * rows.len() * heads.units];
            let work = space.work(functions, &shape, true, images.len() * rows.len(), Call::Forward);
            let raw = space.rows();
            // SAFETY: as in `step`; `out` has a place for each row of every image and unit.
            unsafe {
                let (shape, raw, weight) = (&raw const shape, &raw const raw, heads.of_seeds[seed].weight);
                (functions.hidden)(shape, raw, weight, 0, work, out.as_mut_ptr());
            }
            let of_images = out.chunks(rows.len() * heads.units);
            all.iter_mut().zip(of_images).for_each(|(all, of_image)| all.extend_from_slice(of_image));
        }
        all
    }

    /// Likewise of product fusion, whose fused rows are made here, a few at a time, of `pair`.
    pub(crate) fn hidden_of_product(&mut self, heads: &Heads, seed: usize, pair: &KernelRows) -> Vec<f32> {
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
    pub(crate) fn right_at_levels(
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
        let alphas = Alphas::of(alphas);
        let shape = RawShape {
            text: 0,
            image: 0,
            units: heads.units as i64,
            outputs: heads.outputs as i64,
            has_output: i32::from(heads.has_output),
            activation: number(activation),
        };
        let right = self.space.room_for_right(labels.len(), &alphas);
        let work = self.space.floats(LANES * heads.outputs).as_mut_ptr();
        // SAFETY: every piece has a place for each row and unit, `right` one for each row and level, `work` a
        // register for each class; levels are filled up to whole registers.
        unsafe {
            (self.functions.levels)(
                &raw const shape,
                &raw const heads.of_seeds[seed],
                clean.as_ptr(),
                linear.as_ptr(),
                cross.map_or(std::ptr::null(), <[f32]>::as_ptr),
                labels.len() as i64,
                alphas.as_ptr(),
                alphas.len() as i64,
                labels.as_ptr(),
                work,
                right,
            );
        }
        self.space.right(&alphas)
    }
}

/// Levels of noise, and the first layer before its activation in powers of a level, each `[rows, units]`.
pub(crate) struct Levels<'a> {
    /// The bias included.
    pub(crate) clean: &'a [f32],
    pub(crate) linear: &'a [f32],
    pub(crate) cross: Option<&'a [f32]>,
    pub(crate) alphas: &'a [f32],
}
