//! Right and wrong under noise: every level and condition from two draws.
//!
//! By default each level is a forward pass ([`by_level`]). Where a fusion is linear or bilinear in what is added, all
//! levels follow from a few: with one draw `e` (text) and `f` (image) for
//! all levels the hidden layer before its activation is `h(α) = a + α·b` (text), `a + α·c` (image) and
//! `a + α·(b + c) + α²·d` (both), with d = 0 for concat, and for one modality alone also b or c. READING section 1, *Robustness*.

mod by_level;
mod draws;
mod fused;
mod libtorch;

use std::collections::BTreeMap;

use tch::{Device, Kind, Tensor};

pub(crate) use draws::{Draws, Moments};

use crate::backend::device::Arithmetic;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::fusion;
use study::config::{Activation, Mixing, NoiseConfig, NoiseMeans};
use study::event::{NoiseCurve, NoiseMean};
use study::grid::{Condition, Seed};
use study::model::{ModelId, UnderNoise};

/// The level of noise on text at which single rows are kept, or the nearest one there is (READING, C8).
const SLIGHT: f64 = 0.10;

/// The noise of one task: what it is drawn from and what it is put on.
pub(crate) struct Noise<'a> {
    pub(crate) config: &'a NoiseConfig,
    pub(crate) levels: &'a [f64],
    pub(crate) fusion: ModelId,
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
        let model = parameters.shape().fusion;
        let by_level = |mean| by_level::ByLevel::new(self, parameters, activation, seed, mean);
        match fusion::arithmetic(model, arithmetic) {
            Arithmetic::Fused => {
                let mut noised = Noised::default();
                let mut noisy = fused::Noisy::new(self, parameters, activation, seed, rows);
                for (place, &mean) in self.means().iter().enumerate() {
                    for &condition in &self.config.conditions {
                        let condensed = match condition.own_noise() {
                            Some(on) => noisy.condense(place, on),
                            None => by_level(mean).condense(condition),
                        };
                        noised.take(condition, mean, condensed);
                    }
                }
                noised
            }
            Arithmetic::LibTorch if fusion::is_by_hand(model) && self.degrees().is_some() => {
                let mut noised = Noised::default();
                for &mean in self.means() {
                    let pieces = libtorch::Pieces::new(self, parameters, activation, seed, mean);
                    for &condition in &self.config.conditions {
                        let condensed = match condition.own_noise() {
                            Some(on) => pieces.condense(on),
                            None => by_level(mean).condense(condition),
                        };
                        noised.take(condition, mean, condensed);
                    }
                }
                noised
            }
            Arithmetic::LibTorch => self.by_level(seed, parameters, activation),
        }
    }

    /// The default: every level by a forward pass.
    pub(crate) fn by_level(&self, seed: Seed, parameters: &Parameters, activation: Activation) -> Noised {
        let mut noised = Noised::default();
        for &mean in self.means() {
            let levels = by_level::ByLevel::new(self, parameters, activation, seed, mean);
            for &condition in &self.config.conditions {
                noised.take(condition, mean, levels.condense(condition));
            }
        }
        noised
    }

    /// Degree of the first layer in the level, with noise on text, image and both; absent where it is no polynomial.
    const fn degrees(&self) -> Option<[u32; 3]> {
        match self.fusion.fusion.definition().under_noise {
            UnderNoise::Polynomial { degrees, .. } => Some(degrees),
            UnderNoise::ByLevel => None,
        }
    }

    /// Text and image of the test rows, and what is added to them at level 1: the noise, or with [`Mixing::Blend`] its
    /// difference from the rows, since (1 − α)·x + α·e is x + α·(e − x).
    fn rows_and_added(&self, seed: Seed, mean: NoiseMean) -> [[Tensor; 2]; 2] {
        let ([x, y], [e, f]) = (self.draws.rows(), self.draws.draw(seed, mean));
        let added = match self.config.mixing {
            Mixing::Add => [e, f],
            Mixing::Blend => [e - &x, f - &y],
        };
        [[x, y], added]
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

/// Counts right and wrong, a block of rows after the other.
struct Tally<'a> {
    labels: &'a Tensor,
    /// What each level counts for, `[1, levels]`.
    weights: Tensor,
    slight_level: i64,
    /// Rows that are right at each level, `[levels]`.
    correct: Tensor,
    areas: Vec<f32>,
    slight: Vec<bool>,
}

impl<'a> Tally<'a> {
    fn new(noise: &'a Noise<'a>) -> Self {
        let device = noise.labels.device();
        Self {
            labels: noise.labels,
            weights: on_device(area_weights(noise.levels).into_iter(), device).view([1, -1]),
            slight_level: nearest(noise.levels, SLIGHT) as i64,
            correct: Tensor::zeros([noise.levels.len() as i64], (Kind::Int64, device)),
            areas: Vec::new(),
            slight: Vec::new(),
        }
    }

    /// Takes the classes that are predicted of rows `first ..` at every level, `[levels, rows]`.
    fn take(&mut self, first: i64, predicted: &Tensor) {
        let labels = self.labels.narrow(0, first, predicted.size()[1]).unsqueeze(0);
        let right = predicted.eq_tensor(&labels);
        self.correct += right.sum_dim_intlist(1_i64, false, Kind::Int64);
        self.areas.extend(host::<f32>(&self.weights.matmul(&right.to_kind(Kind::Float)).view([-1])));
        self.slight.extend(host::<bool>(&right.get(self.slight_level)));
    }

    fn condensed(self) -> Condensed {
        let rows = self.labels.size()[0] as f64;
        let accuracy = host::<i64>(&self.correct).into_iter().map(|right| right as f64 / rows).collect();
        Condensed { accuracy, areas: self.areas, slight: self.slight }
    }
}

/// In `f32`, `[values]`.
fn on_device(values: impl Iterator<Item = f64>, device: Device) -> Tensor {
    Tensor::from_slice(&values.map(|value| value as f32).collect::<Vec<_>>()).to_device(device)
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
