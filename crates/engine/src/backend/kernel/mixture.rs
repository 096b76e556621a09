//! Several heads whose answer is one, through the kernel (`mixture.h`): their logits weighted by a gate, or their mean.
//!
//! Each head takes its step as it would alone, on columns of the rows that all of them share.

use std::ops::Range;

use tch::Tensor;

use super::ffi::{RawAtLevels, RawMixture, RawShape};
use super::place::{Heads, KernelRows, number};
use super::{Kernel, LANES, Levels, Training};
use crate::backend::parameters::Parameters;
use crate::backend::shim::AdamwSettings;
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

    /// A gate that reads `logits` `[rows, heads, classes]` and works in `answer`.
    fn raw_gate(&self, logits: &[f32], answer: &mut [f32]) -> Option<RawMixture> {
        let (_, gate) = self.gate.as_ref()?;
        assert!(answer.len() >= self.classes + self.heads.len());
        Some(RawMixture {
            logits: logits.as_ptr(),
            costs: gate.costs.as_ptr(),
            answer: answer.as_mut_ptr(),
            heads: self.heads.len() as i64,
            classes: self.classes as i64,
            temperature: gate.temperature as f32,
            is_hard: i32::from(gate.is_hard),
        })
    }

    /// The heads' logits `[rows, heads, classes]` and the gate's `[rows, heads]` as one answer, `[rows, classes]`.
    fn answer(&self, logits: &[f32], gate: &[f32], answer: &mut [f32]) {
        let (heads, classes) = (self.heads.len(), self.classes);
        let mut weights = vec![1.0 / heads as f32; heads];
        for (row, answer) in answer.chunks_mut(classes).enumerate() {
            if let Some((_, of)) = &self.gate {
                weigh(&gate[row * heads..][..heads], of, &mut weights);
            }
            answer.fill(0.0);
            for (weight, logits) in weights.iter().zip(logits[row * heads * classes..].chunks(classes)) {
                answer.iter_mut().zip(logits).for_each(|(sum, logit)| *sum += weight * logit);
            }
        }
    }
}

/// The weights that a gate's logits give.
fn weigh(logits: &[f32], of: &Gate, weights: &mut [f32]) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let at = |logit: &f32| ((logit - most) / of.temperature as f32).exp();
    let total: f32 = logits.iter().map(at).sum();
    weights.iter_mut().zip(logits).for_each(|(weight, logit)| *weight = at(logit) / total);
    if of.is_hard {
        let chosen = logits.iter().position(|&logit| logit == most).unwrap_or(0);
        weights
            .iter_mut()
            .enumerate()
            .for_each(|(head, weight)| *weight = f32::from(u8::from(head == chosen)));
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
        (settings, count): (AdamwSettings, f64),
        seed: usize,
        rows: &KernelRows,
        batch: &[u32],
        labels: &[i64],
    ) -> Sums {
        let (heads, classes) = (mixed.heads.len(), mixed.classes);
        let mut logits = vec![0.0; batch.len() * heads * classes];
        let mut sums = Sums::default();
        for (place, part) in mixed.heads.iter().enumerate() {
            let Some(training) = part.training((settings, count), mixed.activation) else { continue };
            let (rows, out) = (rows.columns(part.columns.clone()), &mut logits[place * classes..]);
            let _ = self.step_of(&training, seed, (&rows, batch, labels), None, Some((out, heads * classes)));
        }
        let mut answer = vec![0.0; classes + heads];
        if let (Some((part, _)), Some(gate)) = (&mixed.gate, mixed.raw_gate(&logits, &mut answer)) {
            if let Some(training) = part.training((settings, count), mixed.activation) {
                let rows = rows.columns(part.columns.clone());
                sums = self.step_of(&training, seed, (&rows, batch, labels), Some(&gate), None);
            }
        } else {
            let mut answer = vec![0.0; batch.len() * classes];
            mixed.answer(&logits, &[], &mut answer);
            let of_batch: Vec<i64> = batch.iter().map(|&row| labels[row as usize]).collect();
            sums = self.score(&answer, &of_batch);
        }
        sums
    }

    /// The answer of mixture `seed` to the first rows, `[rows, classes]`, as many as `answer` has room for.
    pub(crate) fn logits_mixed(&mut self, mixed: &Mixed, seed: usize, rows: &KernelRows, answer: &mut [f32]) {
        let (heads, classes) = (mixed.heads.len(), mixed.classes);
        let count = answer.len() / classes;
        let mut logits = vec![0.0; count * heads * classes];
        let mut of_head = vec![0.0; count * classes];
        for (place, part) in mixed.heads.iter().enumerate() {
            let rows = rows.columns(part.columns.clone());
            self.logits(&part.heads, mixed.activation, seed, &rows, 0, &mut of_head);
            for (row, values) in of_head.chunks(classes).enumerate() {
                logits[(row * heads + place) * classes..][..classes].copy_from_slice(values);
            }
        }
        let mut gate = vec![0.0; count * heads];
        if let Some((part, _)) = &mixed.gate {
            let rows = rows.columns(part.columns.clone());
            self.logits(&part.heads, mixed.activation, seed, &rows, 0, &mut gate);
        }
        mixed.answer(&logits, &gate, answer);
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

    /// Which rows mixture `seed` predicts right at each level, `[rows, levels]`, and with a gate its mean weights at each
    /// level, `[levels, heads]`.
    pub(crate) fn right_at_levels_mixed(
        &mut self,
        mixed: &Mixed,
        seed: usize,
        at: &MixedLevels<'_>,
        labels: &[i64],
    ) -> (Vec<bool>, Vec<f64>) {
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
        let mut filled = at.alphas.to_vec();
        filled.resize(at.alphas.len().next_multiple_of(LANES), 0.0);
        let mut weights = vec![0.0; filled.len() * heads];
        let mut answer = vec![0.0; classes + heads];
        let gate = mixed.raw_gate(&[], &mut answer);
        let space = &mut self.space;
        space.right.resize(labels.len() * filled.len(), 0);
        let work = space.floats(LANES * (heads * classes + heads + classes)).as_mut_ptr();
        // SAFETY: as in `right_at_levels`, for each part; `weights` has a place for each level and head.
        unsafe {
            (self.functions.mixture_levels)(
                parts.as_ptr(),
                heads as i64,
                gate.as_ref().map_or(std::ptr::null(), std::ptr::from_ref),
                labels.len() as i64,
                filled.as_ptr(),
                filled.len() as i64,
                labels.as_ptr(),
                work,
                weights.as_mut_ptr(),
                space.right.as_mut_ptr(),
            );
        }
        weights.truncate(at.alphas.len() * heads);
        for weight in &mut weights {
            *weight /= labels.len() as f64;
        }
        let of_row = |row: &[u8]| row[..at.alphas.len()].iter().map(|&right| right != 0).collect::<Vec<_>>();
        let right =
            space.right[..labels.len() * filled.len()].chunks(filled.len()).flat_map(of_row).collect();
        (right, weights)
    }
}

impl Part {
    fn training(
        &self,
        (settings, count): (AdamwSettings, f64),
        activation: Activation,
    ) -> Option<Training<'_>> {
        let [first_moments, second_moments] = self.moments.as_ref()?;
        Some(Training { heads: &self.heads, first_moments, second_moments, settings, count, activation })
    }
}
