//! Right and wrong under noise: every level and condition from two draws, by linearity.
//!
//! Every fusion is linear or bilinear in what is added, so with one draw `e` (text) and `f` (image) for
//! all levels the hidden layer before its activation is `h(α) = a + α·b` (text), `a + α·c` (image) and
//! `a + α·(b + c) + α²·d` (both), with d = 0 for concat, and for one modality alone also b or c. READING section 1, *Robustness*.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::evaluation::host;
use super::head::{hidden_linear, logits_from_hidden, predictions};
use super::inputs::{FusedRows, upload};
use super::parameters::Parameters;
use crate::data::TaskData;
use crate::study::config::{Activation, Mixing, NoiseConfig, NoiseMeans, NoiseSource, NoiseStatistics};
use crate::study::event::{NoiseCurve, NoiseMean};
use crate::study::grid::{Condition, Fusion, Seed};
use crate::study::random::{Purpose, stream};

/// Floats of the hidden layer that are computed at once, over levels and rows (16 MiB).
const HIDDEN_FLOATS: i64 = 4 << 20;
/// The level of noise on text at which single rows are kept, or the nearest one there is (READING, C8).
const SLIGHT: f64 = 0.10;

/// The noise of one task: what it is drawn from and what it is put on.
pub(super) struct Noise<'a> {
    config: &'a NoiseConfig,
    levels: &'a [f64],
    fusion: Fusion,
    text: Modality<'a>,
    image: Modality<'a>,
    /// `[rows]` of 0 and 1 on the device.
    labels: &'a Tensor,
    device: Device,
}

/// What noise does to one head.
#[derive(Default)]
pub(super) struct Noised {
    /// One for each condition and mean.
    pub(super) curves: Vec<NoiseCurve>,
    /// As [`crate::study::rows::SeedRows::areas`].
    pub(super) areas: BTreeMap<(Condition, NoiseMean), Vec<f32>>,
    /// As [`crate::study::rows::SeedRows::slight_text`].
    pub(super) slight_text: BTreeMap<NoiseMean, Vec<bool>>,
}

/// One modality's test rows and the noise that is put on them.
struct Modality<'a> {
    test: &'a Array2<f32>,
    moments: Moments,
    purpose: Purpose,
}

/// What noise is drawn with: mean and population standard deviation of each dimension, `[width]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Moments {
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl<'a> Noise<'a> {
    pub(super) fn new(
        config: &'a NoiseConfig,
        levels: &'a [f64],
        fusion: Fusion,
        data: &'a TaskData,
        labels: &'a Tensor,
    ) -> Self {
        let (text, image) = (&data.inputs.text, &data.inputs.image);
        let moments = [text, image].map(|rows| {
            let source = match config.source {
                NoiseSource::Train => &rows.train,
                NoiseSource::Test => &rows.test,
            };
            Moments::of(source, config.statistics)
        });
        Self::on(config, levels, fusion, [&text.test, &image.test], moments, labels)
    }

    /// On these rows of text and image, with what is drawn given.
    pub(super) fn on(
        config: &'a NoiseConfig,
        levels: &'a [f64],
        fusion: Fusion,
        [text, image]: [&'a Array2<f32>; 2],
        [of_text, of_image]: [Moments; 2],
        labels: &'a Tensor,
    ) -> Self {
        Self {
            config,
            levels,
            fusion,
            text: Modality { test: text, moments: of_text, purpose: Purpose::TextNoise },
            image: Modality { test: image, moments: of_image, purpose: Purpose::ImageNoise },
            labels,
            device: labels.device(),
        }
    }

    /// What it does to the single head in `parameters`.
    pub(super) fn evaluate(&self, seed: Seed, parameters: &Parameters, activation: Activation) -> Noised {
        let means: &[NoiseMean] = match self.config.mean {
            NoiseMeans::Both => &[NoiseMean::Empirical, NoiseMean::Zero],
            NoiseMeans::Empirical => &[NoiseMean::Empirical],
            NoiseMeans::Zero => &[NoiseMean::Zero],
        };
        let mut noised = Noised::default();
        for &mean in means {
            let pieces = self.pieces(parameters, &self.draw(seed, mean));
            for &condition in &self.config.conditions {
                let Condensed { accuracy, areas, slight } =
                    self.condense(&pieces, condition, parameters, activation);
                noised.curves.push(NoiseCurve { condition, mean, accuracy });
                noised.areas.insert((condition, mean), areas);
                if condition == Condition::Text {
                    noised.slight_text.insert(mean, slight);
                }
            }
        }
        noised
    }

    /// The noise of every test row, text and image, each `[rows, width]`; the same for both means but for
    /// the mean.
    pub(super) fn draw(&self, seed: Seed, mean: NoiseMean) -> (Array2<f32>, Array2<f32>) {
        (self.text.draw(seed, mean), self.image.draw(seed, mean))
    }

    fn pieces(&self, parameters: &Parameters, draw: &(Array2<f32>, Array2<f32>)) -> Pieces {
        let (x, y) = (upload(self.text.test, self.device), upload(self.image.test, self.device));
        let (mut e, mut f) = (upload(&draw.0, self.device), upload(&draw.1, self.device));
        // (1 − α)·x + α·e is x + α·(e − x).
        if self.config.mixing == Mixing::Blend {
            (e, f) = (e - &x, f - &y);
        }
        let hidden = |text: &Tensor, image: &Tensor| {
            hidden_linear(parameters, &FusedRows::fuse(self.fusion, text, image)).squeeze_dim(0) // [rows, H]
        };
        let clean = hidden(&x, &y) + parameters.hidden_bias();
        match self.fusion {
            Fusion::Concat | Fusion::Text | Fusion::Image | Fusion::LogisticConcat => {
                let (no_text, no_image) = (x.zeros_like(), y.zeros_like());
                Pieces { text: hidden(&e, &no_image), image: hidden(&no_text, &f), cross: None, clean }
            }
            Fusion::Product | Fusion::Tensor | Fusion::LogisticProduct | Fusion::LogisticTensor => {
                Pieces { text: hidden(&e, &y), image: hidden(&x, &f), cross: Some(hidden(&e, &f)), clean }
            }
        }
    }

    /// Which rows are right at every level, summed over rows and over levels.
    fn condense(
        &self,
        pieces: &Pieces,
        condition: Condition,
        parameters: &Parameters,
        activation: Activation,
    ) -> Condensed {
        let upload = |values: &mut dyn Iterator<Item = f64>| {
            let values: Vec<f32> = values.map(|value| value as f32).collect();
            Tensor::from_slice(&values).to_device(self.device)
        };
        let levels = upload(&mut self.levels.iter().copied()).view([-1, 1, 1]);
        let weights = upload(&mut area_weights(self.levels).into_iter()).view([1, -1]);
        let slight_level = nearest(self.levels, SLIGHT) as i64;
        let (mut areas, mut slight) = (Vec::new(), Vec::new());
        let (count, rows, hidden) =
            (self.levels.len() as i64, pieces.clean.size()[0], pieces.clean.size()[1]);
        let block = (HIDDEN_FLOATS / (count * hidden)).max(1);
        let mut correct = Tensor::zeros([count], (Kind::Int64, self.device));
        for first in (0..rows).step_by(block as usize) {
            let part = |piece: &Tensor| piece.narrow(0, first, block.min(rows - first)).unsqueeze(0);
            let linear = match condition {
                Condition::Text => part(&pieces.text),
                Condition::Image => part(&pieces.image),
                Condition::Both => part(&pieces.text) + part(&pieces.image),
            };
            let mut before = part(&pieces.clean) + &levels * linear; // [levels, rows, H]
            if let (Condition::Both, Some(cross)) = (condition, &pieces.cross) {
                before += &levels * &levels * part(cross);
            }
            // A stack of one head takes all levels as rows.
            let logits = logits_from_hidden(parameters, activation, &before.view([1, -1, hidden]));
            let right = predictions(&logits).view([count, -1]).eq_tensor(&part(self.labels));
            correct += right.sum_dim_intlist(1_i64, false, Kind::Int64);
            areas.extend(host::<f32>(&weights.matmul(&right.to_kind(Kind::Float)).view([-1])));
            slight.extend(host::<bool>(&right.get(slight_level)));
        }
        let accuracy = host::<i64>(&correct).into_iter().map(|right| right as f64 / rows as f64).collect();
        Condensed { accuracy, areas, slight }
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

/// The hidden layer before its activation, in powers of the level; each `[rows, H]`.
struct Pieces {
    clean: Tensor,
    text: Tensor,
    image: Tensor,
    cross: Option<Tensor>,
}

impl Modality<'_> {
    /// `[rows, width]`; a row depends on seed, modality and row alone.
    fn draw(&self, seed: Seed, mean: NoiseMean) -> Array2<f32> {
        let mut draw = Array2::zeros(self.test.dim());
        for (row, mut values) in draw.axis_iter_mut(Axis(0)).enumerate() {
            let mut rng = stream(self.purpose, seed.0, row as u64, 0);
            values.iter_mut().for_each(|value| *value = rng.sample(StandardNormal));
        }
        let scattered = draw * ArrayView1::from(&self.moments.std);
        match mean {
            NoiseMean::Empirical => scattered + ArrayView1::from(&self.moments.mean),
            NoiseMean::Zero => scattered,
        }
    }
}

impl Moments {
    /// Of `rows`, `[rows, width]`.
    pub(super) fn of(rows: &Array2<f32>, statistics: NoiseStatistics) -> Self {
        let width = rows.ncols();
        let moments = |values: &mut dyn Iterator<Item = f32>| {
            let (mut count, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
            // Welford: one pass, no cancellation.
            for value in values {
                count += 1.0;
                let delta = f64::from(value) - mean;
                mean += delta / count;
                squares += delta * (f64::from(value) - mean);
            }
            (mean as f32, (squares / count.max(1.0)).sqrt() as f32)
        };
        match statistics {
            NoiseStatistics::PerDimension => {
                let columns = rows.axis_iter(Axis(1)).map(|column| moments(&mut column.iter().copied()));
                let (mean, std): (Vec<f32>, Vec<f32>) = columns.unzip();
                Self { mean, std }
            }
            NoiseStatistics::Scalar => {
                let (mean, std) = moments(&mut rows.iter().copied());
                Self { mean: vec![mean; width], std: vec![std; width] }
            }
        }
    }

    /// Dimensions.
    pub(super) const fn width(&self) -> usize {
        self.mean.len()
    }

    /// Whether noise can be drawn with them.
    pub(super) fn is_sound(&self) -> bool {
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        self.mean.len() == self.std.len()
            && finite(&self.mean)
            && finite(&self.std)
            && self.std.iter().all(|&std| std >= 0.0)
    }
}
