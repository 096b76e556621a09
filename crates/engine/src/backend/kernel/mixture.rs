//! Several heads whose answer is one, through the kernel (`mixture.h`): their logits weighted by a gate, or their mean.
//!
//! Each head takes its step as it would alone, on columns of the rows that all of them share.

use std::ops::Range;

use tch::Tensor;

use super::ffi::{RawAtLevels, RawMixture, RawShape};
use super::place::{Alphas, Heads, KernelRows, number};
use super::{Kernel, LANES, Levels, Training, Update};
use crate::backend::parameters::Parameters;
use crate::backend::sums::Sums;
use study::config::Activation;

/// One head of a mixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MixedPart {
    /// What it reads of a row.
    pub(crate) columns: Range<usize>,
    /// Its parameters among the model's.
    pub(crate) parameters: Range<usize>,
}

/// How a gate weighs the heads: by the softmax of its logits over `temperature`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gate {
    pub(crate) part: MixedPart,
    pub(crate) temperature: f64,
    /// The head of the largest weight answers alone.
    pub(crate) is_hard: bool,
    /// What each head's mean weight adds to the loss.
    pub(crate) costs: Vec<f32>,
}

/// A stack of mixtures; it shares memory with its [`Parameters`].
#[derive(Debug)]
pub(crate) struct Mixed {
    heads: Vec<Part>,
    /// Absent: the heads' mean.
    gate: Option<(Part, Gate)>,
    activation: Activation,
    pub(crate) classes: usize,
}

#[derive(Debug)]
struct Part {
    columns: Range<usize>,
    heads: Heads,
    moments: Option<[Heads; 2]>,
}

impl Mixed {
    /// Of a stack, and of both its moments where it is trained.
    pub(crate) fn of(
        parts: &[MixedPart],
        gate: Option<&Gate>,
        parameters: &Parameters,
        moments: Option<[&Parameters; 2]>,
        activation: Activation,
    ) -> Self {
        let part = |of: &MixedPart| Part {
            columns: of.columns.clone(),
            heads: Heads::part(parameters, of.parameters.clone()),
            moments: moments.map(|both| both.map(|moment| Heads::part(moment, of.parameters.clone()))),
        };
        let heads: Vec<Part> = parts.iter().map(part).collect();
        let classes = heads[0].heads.outputs;
        assert!(heads.iter().all(|part| part.heads.outputs == classes && part.heads.has_output));
        let gate = gate.map(|gate| (part(&gate.part), gate.clone()));
        if let Some((part, gate)) = &gate {
            assert!(
                part.heads.outputs == heads.len() && part.heads.has_output && gate.costs.len() == heads.len()
            );
        }
        Self { heads, gate, activation, classes }
    }

    /// Each head and then the gate.
    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.heads.iter().chain(self.gate.as_ref().map(|(part, _)| part))
    }

    /// Adds each part's bias to its first layer, `[rows, units]`.
    pub(crate) fn add_biases(&self, seed: usize, layers: &mut [Vec<f32>]) {
        self.parts().zip(layers).for_each(|(part, layer)| part.heads.add_bias(seed, layer));
    }

    /// What answers from the heads' `logits`, `[rows, heads, classes]`.
    fn mixture<'a>(&'a self, logits: &'a [f32]) -> Mixture<'a> {
        let gate = self.gate.as_ref().map(|(_, gate)| gate);
        let (heads, classes) = (self.heads.len(), self.classes);
        Mixture { logits, gate, heads, classes, answer: vec![0.0; classes + heads] }
    }
}

/// Logits of several heads that are one answer.
pub(super) struct Mixture<'a> {
    /// `[rows, heads, classes]`
    logits: &'a [f32],
    /// Absent: the heads' mean.
    gate: Option<&'a Gate>,
    heads: usize,
    pub(super) classes: usize,
    /// Working space.
    answer: Vec<f32>,
}

impl Mixture<'_> {
    /// For the kernel, of so many rows and with a gate of so many logits.
    pub(super) fn raw(&mut self, rows: usize, of_gate: usize) -> RawMixture {
        assert!(self.logits.len() >= rows * self.heads * self.classes && of_gate == self.heads);
        RawMixture {
            logits: self.logits.as_ptr(),
            costs: self.gate.map_or(std::ptr::null(), |gate| gate.costs.as_ptr()),
            answer: self.answer.as_mut_ptr(),
            heads: self.heads as i64,
            classes: self.classes as i64,
            temperature: self.gate.map_or(1.0, |gate| gate.temperature as f32),
            is_hard: i32::from(self.gate.is_some_and(|gate| gate.is_hard)),
        }
    }
}

/// The first layers of a mixture's heads, and of its gate, in powers of the level.
pub(crate) struct MixedLevels<'a> {
    pub(crate) parts: Vec<Levels<'a>>,
    pub(crate) alphas: &'a [f32],
}

impl Kernel {
    /// One optimiser step of mixture `seed` on the rows `batch`: each head's under its own loss, then the gate's. The
    /// sums are of the answer before the step.
    pub(crate) fn step_mixed(
        &mut self,
        mixed: &Mixed,
        update: Update,
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        let (heads, classes) = (mixed.heads.len(), mixed.classes);
        // Taken out of the working space, which each step uses.
        let mut logits = std::mem::take(&mut self.space.of_heads);
        logits.resize(batch.len() * heads * classes, 0.0);
        for (place, part) in mixed.heads.iter().enumerate() {
            let training = part.training(update, mixed.activation);
            let (rows, out) = (rows.columns(part.columns.clone()), &mut logits[place * classes..]);
            let _ = self.step_of(&training, seed, (&rows, batch, labels), None, Some((out, heads * classes)));
        }
        let mut mixture = mixed.mixture(&logits);
        let sums = if let Some((part, _)) = &mixed.gate {
            let training = part.training(update, mixed.activation);
            let rows = rows.columns(part.columns.clone());
            self.step_of(&training, seed, (&rows, batch, labels), Some(&mut mixture), None)
        } else {
            let mut answers = std::mem::take(&mut self.space.answers);
            answers.resize(batch.len() * classes, 0.0);
            self.answers(&mut mixture, None, &mut answers);
            // The last head's step left the batch's labels there.
            let sums = self.score(&answers, &self.space.labels);
            self.space.answers = answers;
            sums
        };
        self.space.of_heads = logits;
        sums
    }

    /// The answers `[rows, classes]` of a mixture, with its gate's logits `[rows, heads]` where it has one.
    fn answers(&self, mixture: &mut Mixture<'_>, gate: Option<&mut [f32]>, answers: &mut [f32]) {
        let rows = answers.len() / mixture.classes;
        assert!(gate.is_some() == mixture.gate.is_some());
        assert!(gate.as_ref().is_none_or(|gate| gate.len() >= rows * mixture.heads));
        let raw = mixture.raw(rows, mixture.heads);
        let gate = gate.map_or(std::ptr::null_mut(), <[f32]>::as_mut_ptr);
        // SAFETY: the arrays are as long as the mixture says (`Mixture::raw`), the gate has logits for each row (checked
        // above), and `answers` a place for each row and class.
        unsafe { (self.functions.mixture_answers)(&raw const raw, gate, rows as i64, answers.as_mut_ptr()) }
    }

    /// The answer of mixture `seed` to the first rows, `[rows, classes]`, as many as `answers` has room for.
    pub(crate) fn logits_mixed(
        &mut self,
        mixed: &Mixed,
        seed: usize,
        rows: &KernelRows,
        answers: &mut [f32],
    ) {
        let (heads, classes) = (mixed.heads.len(), mixed.classes);
        let count = answers.len() / classes;
        let mut logits = vec![0.0; count * heads * classes];
        let mut of_head = vec![0.0; count * classes];
        for (place, part) in mixed.heads.iter().enumerate() {
            let rows = rows.columns(part.columns.clone());
            self.logits(&part.heads, mixed.activation, seed, &rows, &mut of_head);
            for (row, values) in of_head.chunks(classes).enumerate() {
                logits[(row * heads + place) * classes..][..classes].copy_from_slice(values);
            }
        }
        let mut gate = mixed.gate.as_ref().map(|(part, _)| {
            let mut gate = vec![0.0; count * heads];
            let rows = rows.columns(part.columns.clone());
            self.logits(&part.heads, mixed.activation, seed, &rows, &mut gate);
            gate
        });
        self.answers(&mut mixed.mixture(&logits), gate.as_deref_mut(), answers);
    }

    /// The first layer of each head and of the gate, `[rows, units]`, without bias, on rows that are columns `column ..`
    /// of what the mixture reads; 0 where a head reads none of them.
    pub(crate) fn hidden_mixed(
        &mut self,
        mixed: &Mixed,
        seed: usize,
        rows: &Tensor,
        column: usize,
    ) -> Vec<Vec<f32>> {
        let rows = KernelRows::of(&crate::backend::inputs::FusedRows::Vector(rows.shallow_clone()));
        let width = rows.text.width;
        let of_part = |part: &Part| {
            let (from, to) = (part.columns.start.max(column), part.columns.end.min(column + width));
            if from >= to {
                return vec![0.0; rows.len() * part.heads.units];
            }
            let rows = rows.columns(from - column..to - column);
            self.hidden(&part.heads, seed, &rows, from - part.columns.start)
        };
        mixed.parts().map(of_part).collect()
    }

    /// Which rows mixture `seed` predicts right at each level, `[rows, levels]`.
    pub(crate) fn right_at_levels_mixed(
        &mut self,
        mixed: &Mixed,
        seed: usize,
        at: &MixedLevels<'_>,
        labels: &[i64],
    ) -> Vec<bool> {
        let (heads, classes) = (mixed.heads.len(), mixed.classes);
        assert_eq!(at.parts.len(), mixed.parts().count());
        let raw = |(part, levels): (&Part, &Levels<'_>)| {
            let places = labels.len() * part.heads.units;
            assert!(levels.clean.len() == places && levels.linear.len() == places);
            assert!(levels.cross.is_none_or(|cross| cross.len() == places));
            RawAtLevels {
                shape: RawShape {
                    outputs: part.heads.outputs as i64,
                    has_output: 1,
                    activation: number(mixed.activation),
                    ..RawShape::linear((0, 0), part.heads.units)
                },
                head: part.heads.of_seeds[seed],
                clean: levels.clean.as_ptr(),
                linear: levels.linear.as_ptr(),
                cross: levels.cross.map_or(std::ptr::null(), <[f32]>::as_ptr),
            }
        };
        let parts: Vec<RawAtLevels> = mixed.parts().zip(&at.parts).map(raw).collect();
        let alphas = Alphas::of(at.alphas);
        let mut mixture = mixed.mixture(&[]);
        let gate = mixture.gate.map(|_| mixture.raw(0, heads));
        let right = self.space.room_for_right(labels.len(), &alphas);
        let work = self.space.floats(LANES * (heads * classes + heads + classes)).as_mut_ptr();
        // SAFETY: as in `right_at_levels`, for each part.
        unsafe {
            (self.functions.mixture_levels)(
                parts.as_ptr(),
                heads as i64,
                gate.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
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

impl Part {
    fn training(&self, update: Update, activation: Activation) -> Training<'_> {
        let Some([first_moments, second_moments]) = &self.moments else {
            unreachable!("a stack that is trained has moments")
        };
        Training { heads: &self.heads, first_moments, second_moments, update, activation }
    }
}
