//! Right and wrong on the test rows at every level of noise.

use tch::{Device, Kind, Tensor};

use crate::backend::sums::host;
use study::event::NoiseMean;

/// The level of noise on text at which the results of single rows are kept, or the nearest one there is (claim C8).
const SLIGHT: f64 = 0.10;

/// The test rows of one task, and what one seed's noise adds to them.
pub(crate) struct NoisyRows<'a> {
    pub(crate) levels: &'a [f64],
    /// `[rows]`, numbers of classes on the device.
    pub(crate) labels: &'a Tensor,
    pub(crate) means: &'a [NoiseMean],
    /// What to evaluate: whether noise is on text, and whether it is on image.
    pub(crate) on: Vec<[bool; 2]>,
    /// Text `[rows, n]` and image `[rows, m]`.
    pub(crate) clean: [Tensor; 2],
    /// What is added to them at level 1.
    pub(crate) added: &'a dyn Fn(NoiseMean) -> [Tensor; 2],
}

/// Levels × rows of right and wrong, condensed.
pub(crate) struct Condensed {
    /// Share of rows that are right at each level.
    pub(crate) accuracy: Vec<f64>,
    /// Each row's share of the levels at which it is right, by trapezoids.
    pub(crate) areas: Vec<f32>,
    /// Which rows are right at the level nearest to [`SLIGHT`].
    pub(crate) slight: Vec<bool>,
}

impl Condensed {
    /// From whether each row is right at each level, `[rows, levels]`.
    pub(crate) fn of(right: &[bool], levels: &[f64]) -> Self {
        let weights: Vec<f32> = area_weights(levels).iter().map(|&weight| weight as f32).collect();
        let slight_level = nearest(levels, SLIGHT);
        let mut correct = vec![0_u32; levels.len()];
        let (mut areas, mut slight) = (Vec::new(), Vec::new());
        for row in right.chunks(levels.len()) {
            correct.iter_mut().zip(row).for_each(|(correct, &right)| *correct += u32::from(right));
            let area = weights.iter().zip(row).map(|(weight, &right)| if right { *weight } else { 0.0 });
            areas.push(area.sum());
            slight.push(row[slight_level]);
        }
        let rows = (right.len() / levels.len()) as f64;
        let accuracy = correct.into_iter().map(|right| f64::from(right) / rows).collect();
        Self { accuracy, areas, slight }
    }
}

/// Counts right and wrong on the device, block by block of rows.
pub(crate) struct Tally<'a> {
    labels: &'a Tensor,
    /// Of each level in the mean over levels, `[1, levels]`.
    weights: Tensor,
    slight_level: i64,
    /// Rows that are right at each level, `[levels]`.
    correct: Tensor,
    areas: Vec<f32>,
    slight: Vec<bool>,
}

impl<'a> Tally<'a> {
    pub(crate) fn new(labels: &'a Tensor, levels: &[f64]) -> Self {
        let device = labels.device();
        Self {
            labels,
            weights: on_device(&area_weights(levels), device).view([1, -1]),
            slight_level: nearest(levels, SLIGHT) as i64,
            correct: Tensor::zeros([levels.len() as i64], (Kind::Int64, device)),
            areas: Vec::new(),
            slight: Vec::new(),
        }
    }

    /// Adds the classes that are predicted of rows `first ..` at every level, `[levels, rows]`.
    pub(crate) fn add(&mut self, first: i64, predicted: &Tensor) {
        let labels = self.labels.narrow(0, first, predicted.size()[1]).unsqueeze(0);
        let right = predicted.eq_tensor(&labels);
        self.correct += right.sum_dim_intlist(1_i64, false, Kind::Int64);
        self.areas.extend(host::<f32>(&self.weights.matmul(&right.to_kind(Kind::Float)).view([-1])));
        self.slight.extend(host::<bool>(&right.get(self.slight_level)));
    }

    pub(crate) fn condensed(self) -> Condensed {
        let rows = self.labels.size()[0] as f64;
        let accuracy = host::<i64>(&self.correct).into_iter().map(|right| right as f64 / rows).collect();
        Condensed { accuracy, areas: self.areas, slight: self.slight }
    }
}

/// In `f32`, `[values]`.
pub(crate) fn on_device(values: &[f64], device: Device) -> Tensor {
    Tensor::from_slice(&values.iter().map(|&value| value as f32).collect::<Vec<_>>()).to_device(device)
}

/// The weight of each level in the mean over α by trapezoids; the weights' sum is 1.
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

/// The index of the level nearest to `wanted`, the lower of equals.
fn nearest(levels: &[f64], wanted: f64) -> usize {
    let distance = |&place: &usize| (levels[place] - wanted).abs();
    (0..levels.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
}
