//! Right and wrong under noise: every level and condition from two draws, by linearity.
//!
//! Every fusion is linear or bilinear in what is added, so with one draw `e` (text) and `f` (image) for
//! all levels the hidden layer before its activation is `h(α) = a + α·b` (text), `a + α·c` (image) and
//! `a + α·(b + c) + α²·d` (both), with d = 0 for concat, and for one modality alone also b or c. READING section 1, *Robustness*.

mod draws;
mod fused;
mod libtorch;

use std::collections::BTreeMap;

use tch::Tensor;

pub(crate) use draws::{Draws, Moments};

use crate::backend::device::Arithmetic;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use study::config::{Activation, NoiseConfig, NoiseMeans};
use study::event::{NoiseCurve, NoiseMean};
use study::grid::{Condition, Fusion, Seed};

/// The level of noise on text at which single rows are kept, or the nearest one there is (READING, C8).
const SLIGHT: f64 = 0.10;

/// The noise of one task: what it is drawn from and what it is put on.
pub(crate) struct Noise<'a> {
    pub(crate) config: &'a NoiseConfig,
    pub(crate) levels: &'a [f64],
    pub(crate) fusion: Fusion,
    pub(crate) draws: &'a Draws,
    /// `[rows]` of 0 and 1 on the device.
    pub(crate) labels: &'a Tensor,
}

/// What noise does to one head.
#[derive(Default)]
pub(crate) struct Noised {
    /// One for each condition and mean.
    pub(crate) curves: Vec<NoiseCurve>,
    /// As [`study::rows::SeedRows::areas`].
    pub(crate) areas: BTreeMap<(Condition, NoiseMean), Vec<f32>>,
    /// As [`study::rows::SeedRows::slight_text`].
    pub(crate) slight_text: BTreeMap<NoiseMean, Vec<bool>>,
}

impl Noise<'_> {
    /// What it does to the single head in `parameters`, `rows` being the test rows as that head reads them.
    pub(crate) fn evaluate(
        &self,
        arithmetic: Arithmetic,
        seed: Seed,
        parameters: &Parameters,
        activation: Activation,
        rows: &FusedRows,
    ) -> Noised {
        let mut noised = Noised::default();
        match arithmetic {
            Arithmetic::Fused => {
                let mut noisy = fused::Noisy::new(self, parameters, activation, seed, rows);
                for (place, &mean) in self.means().iter().enumerate() {
                    for &condition in &self.config.conditions {
                        noised.take(condition, mean, noisy.condense(place, condition));
                    }
                }
            }
            Arithmetic::LibTorch => {
                for &mean in self.means() {
                    let pieces = libtorch::Pieces::new(self, parameters, activation, seed, mean);
                    for &condition in &self.config.conditions {
                        noised.take(condition, mean, pieces.condense(condition));
                    }
                }
            }
        }
        noised
    }

    fn means(&self) -> &'static [NoiseMean] {
        match self.config.mean {
            NoiseMeans::Both => &[NoiseMean::Empirical, NoiseMean::Zero],
            NoiseMeans::Empirical => &[NoiseMean::Empirical],
            NoiseMeans::Zero => &[NoiseMean::Zero],
        }
    }
}

impl Noised {
    fn take(&mut self, condition: Condition, mean: NoiseMean, condensed: Condensed) {
        let Condensed { accuracy, areas, slight } = condensed;
        self.curves.push(NoiseCurve { condition, mean, accuracy });
        self.areas.insert((condition, mean), areas);
        if condition == Condition::Text {
            self.slight_text.insert(mean, slight);
        }
    }
}

/// Levels × rows of right and wrong, condensed.
struct Condensed {
    /// Share of rows that are right at each level.
    accuracy: Vec<f64>,
    /// Each row's share of the levels at which it is right, by trapezoids.
    areas: Vec<f32>,
    /// Which rows are right at the level nearest to [`SLIGHT`].
    slight: Vec<bool>,
}

/// What each level counts for in the mean over α by trapezoids; the weights' sum is 1.
fn area_weights(levels: &[f64]) -> Vec<f64> {
    let mut weights = vec![0.0; levels.len()];
    let span = levels.last().zip(levels.first()).map_or(1.0, |(last, first)| last - first);
    for (place, pair) in levels.windows(2).enumerate() {
        let half = (pair[1] - pair[0]) / (2.0 * span);
        weights[place] += half;
        weights[place + 1] += half;
    }
    weights
}

/// The place of the level nearest to `wanted`, the lower of equals.
fn nearest(levels: &[f64], wanted: f64) -> usize {
    let apart = |&place: &usize| (levels[place] - wanted).abs();
    (0..levels.len()).min_by(|a, b| apart(a).total_cmp(&apart(b))).unwrap_or(0)
}
