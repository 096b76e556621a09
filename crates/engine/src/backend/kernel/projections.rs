//! Models of learned projections and a narrow tail behind them, through the kernel (`projections.h`, `tails.h`).

use tch::Tensor;

use super::ffi::{RawModel, RawParameter, RawProjection, RawShape};
use super::place::{Alphas, KernelRows, number, start};
use super::{BLOCK, Kernel, Levels, Update};
use crate::backend::parameters::Parameters;
use crate::backend::sums::Sums;
use study::config::Activation;

/// What lies behind the projections, as `with_tail` in tails.h numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// Sums of `rank` products for each unit, then the activation.
    LowRank { rank: usize },
    /// A gate for each unit.
    Gated,
}

/// A linear layer on some columns of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Projection {
    pub(crate) column: usize,
    pub(crate) width: usize,
    pub(crate) units: usize,
}

/// What a model computes. Its parameters are a weight and a bias for each projection, then the tail's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProjectedForm {
    pub(crate) projections: Vec<Projection>,
    pub(crate) tail: Tail,
    /// Units that the output layer reads.
    pub(crate) hidden: usize,
}

/// A stack of such models; it shares memory with its [`Parameters`].
#[derive(Debug)]
pub(crate) struct Projected {
    /// Keeps the memory.
    _storage: Vec<Tensor>,
    projections: Vec<RawProjection>,
    tail: (i32, usize),
    hidden: usize,
    pub(crate) outputs: usize,
    activation: i32,
    of_seeds: Vec<Vec<RawParameter>>,
}

impl Projected {
    /// Of a stack, and of both its moments where it is trained.
    pub(crate) fn of(
        form: &ProjectedForm,
        parameters: &Parameters,
        moments: Option<[&Parameters; 2]>,
        activation: Activation,
    ) -> Self {
        let shapes: Vec<Vec<i64>> =
            parameters.named().map(|(_, tensor)| tensor.size()[1..].to_vec()).collect();
        let counts: Vec<usize> = shapes.iter().map(|shape| shape.iter().product::<i64>() as usize).collect();
        for (place, of) in form.projections.iter().enumerate() {
            let expected = [of.units as i64, of.width as i64];
            assert!(
                shapes[2 * place] == expected && counts[2 * place + 1] == of.units,
                "a projection's sizes"
            );
        }
        let outputs = counts[counts.len() - 1];
        let own = &counts[2 * form.projections.len()..];
        let [hidden, units] = [form.hidden, form.projections.iter().map(|of| of.units).sum()];
        let output = [outputs * hidden, outputs];
        let tail = match form.tail {
            Tail::LowRank { rank } => {
                assert!(
                    own == [&[hidden][..], &output].concat() && units == 2 * hidden * rank,
                    "a low-rank tail"
                );
                (0, rank)
            }
            Tail::Gated if form.projections.len() == 3 => {
                assert!(own == output && units == 3 * hidden, "a gated tail");
                (1, 0)
            }
            Tail::Gated => {
                let gate = [2 * hidden * hidden, hidden];
                assert!(own == [gate, output].concat() && units == 2 * hidden, "a gated tail");
                (1, 0)
            }
        };
        let start = |of: &Parameters, place: usize, seed: usize| {
            assert!(of.storage()[place].size()[1] as usize >= counts[place], "room for a seed's values");
            start(&of.storage()[place], seed)
        };
        let raw = |seed: usize, place: usize| {
            let of_moment =
                |which: usize| moments.map_or(std::ptr::null_mut(), |both| start(both[which], place, seed));
            let (first, second) = (of_moment(0), of_moment(1));
            RawParameter { value: start(parameters, place, seed), first, second, count: counts[place] as i64 }
        };
        let of_seed = |seed| (0..counts.len()).map(|place| raw(seed, place)).collect();
        let all = std::iter::once(parameters).chain(moments.into_iter().flatten());
        let raw_projection = |of: &Projection| RawProjection {
            column: of.column as i64,
            width: of.width as i64,
            units: of.units as i64,
        };
        Self {
            of_seeds: (0..parameters.seeds()).map(of_seed).collect(),
            projections: form.projections.iter().map(raw_projection).collect(),
            tail,
            hidden,
            outputs,
            activation: number(activation),
            _storage: all.flat_map(|of| of.storage().iter().map(Tensor::shallow_clone)).collect(),
        }
    }

    fn raw(&self, seed: usize) -> RawModel {
        let parameters = &self.of_seeds[seed];
        RawModel {
            of: self.projections.as_ptr(),
            parameters: parameters.as_ptr(),
            projections: self.projections.len() as i64,
            n_parameters: parameters.len() as i64,
            hidden: self.hidden as i64,
            outputs: self.outputs as i64,
            rank: self.tail.1 as i64,
            tail: self.tail.0,
            activation: self.activation,
        }
    }

    /// Adds the projections' biases to their outputs, `[rows, units of all]`.
    pub(crate) fn add_biases(&self, seed: usize, outputs: &mut [f32]) {
        let mut biases = Vec::with_capacity(self.units());
        for (place, of) in self.projections.iter().enumerate() {
            let bias = self.of_seeds[seed][2 * place + 1].value;
            // SAFETY: a bias has a value for each unit.
            biases.extend_from_slice(unsafe { std::slice::from_raw_parts(bias, of.units as usize) });
        }
        for row in outputs.chunks_mut(biases.len()) {
            row.iter_mut().zip(&biases).for_each(|(value, bias)| *value += bias);
        }
    }

    /// Columns that a row has to have.
    fn width(&self) -> usize {
        self.projections.iter().map(|of| (of.column + of.width) as usize).max().unwrap_or(0)
    }

    fn units(&self) -> usize {
        self.projections.iter().map(|of| of.units as usize).sum()
    }
}

impl Kernel {
    /// One optimiser step of model `seed` on the rows `batch`, as [`Self::step`]; `models` have their moments.
    pub(crate) fn step_projected(
        &mut self,
        models: &Projected,
        update: Update,
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        assert!(rows.image.is_none() && rows.text.width >= models.width(), "rows as wide as the projections");
        assert!(models.of_seeds[seed].iter().all(|of| !of.first.is_null()), "a stack with its moments");
        let space = &mut self.space;
        rows.point(batch.iter().map(|&row| row as usize), space);
        space.labels.clear();
        space.labels.extend(batch.iter().map(|&row| labels[row as usize]));
        let classes = 0..models.outputs as i64;
        assert!(space.labels.iter().all(|label| classes.contains(label)), "labels are classes");
        let step = update.raw();
        let (model, mut sums) = (models.raw(seed), Sums::default());
        // SAFETY: as in `Kernel::step`; each projection's columns are within the rows (checked above), and the
        // parameters are of the sizes that the tail takes (`Projected::of`).
        unsafe {
            let count = (self.functions.projections_work)(&raw const model, batch.len() as i64) as usize;
            let work = space.floats(count).as_mut_ptr();
            (self.functions.projections_step)(
                &raw const model,
                space.text.as_ptr(),
                space.labels.as_ptr(),
                batch.len() as i64,
                &raw const step,
                work,
                &raw mut sums.loss,
                &raw mut sums.correct,
            );
        }
        sums
    }

    /// Logits of model `seed` on the first rows, `[rows, classes]`, as many as `logits` has room for.
    pub(crate) fn logits_projected(
        &mut self,
        models: &Projected,
        seed: usize,
        rows: &KernelRows,
        logits: &mut [f32],
    ) {
        assert!(rows.image.is_none() && rows.text.width >= models.width(), "rows as wide as the projections");
        let model = models.raw(seed);
        for (block, logits) in logits.chunks_mut(models.outputs * BLOCK).enumerate() {
            let first = block * BLOCK;
            let space = &mut self.space;
            rows.point(first..first + logits.len() / models.outputs, space);
            // SAFETY: as in `step_projected`; `logits` has a place for each row and class.
            unsafe {
                let count = (self.functions.projections_work)(&raw const model, 0) as usize;
                let work = space.floats(count).as_mut_ptr();
                let (rows, count) = (space.text.as_ptr(), space.text.len() as i64);
                (self.functions.projections_logits)(&raw const model, rows, count, work, logits.as_mut_ptr());
            }
        }
    }

    /// The projections' outputs of model `seed`, `[rows, units of all]`, of rows that are columns `column ..` of what
    /// the model reads; without bias, and 0 where a projection reads none of them.
    pub(crate) fn projections(
        &mut self,
        models: &Projected,
        seed: usize,
        rows: &KernelRows,
        column: usize,
    ) -> Vec<f32> {
        let (count, all) = (rows.len(), models.units());
        let mut out = vec![0.0; count * all];
        let mut behind = 0;
        for (place, of) in models.projections.iter().enumerate() {
            let [first, width, units] = [of.column, of.width, of.units].map(|size| size as usize);
            let (from, to) = (first.max(column), (first + width).min(column + rows.text.width));
            if from < to {
                let weight = models.of_seeds[seed][2 * place].value;
                let shape = RawShape::linear((to - from, 0), units);
                // SAFETY: the columns are within each unit's row of the weight, which is `width` wide.
                let part =
                    unsafe { self.linear(&shape, weight.add(from - first), width, rows, from - column) };
                for (row, values) in part.chunks(units).enumerate() {
                    out[row * all + behind..][..units].copy_from_slice(values);
                }
            }
            behind += units;
        }
        out
    }

    /// Which rows model `seed` predicts right at each level, `[rows, levels]`, as [`Self::right_at_levels`], from the
    /// outputs of all projections.
    pub(crate) fn right_at_levels_projected(
        &mut self,
        models: &Projected,
        seed: usize,
        at: &Levels<'_>,
        labels: &[i64],
    ) -> Vec<bool> {
        let &Levels { clean, linear, cross, alphas } = at;
        let places = labels.len() * models.units();
        assert!(clean.len() == places && linear.len() == places);
        assert!(cross.is_none_or(|cross| cross.len() == places));
        let alphas = Alphas::of(alphas);
        let model = models.raw(seed);
        let right = self.space.room_for_right(labels.len(), &alphas);
        // SAFETY: as in `right_at_levels`, with a place for each row and unit of every projection.
        unsafe {
            let count = (self.functions.projections_work)(&raw const model, 0) as usize;
            let work = self.space.floats(count).as_mut_ptr();
            (self.functions.projections_levels)(
                &raw const model,
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
