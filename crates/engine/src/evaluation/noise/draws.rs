//! The noise itself: one draw for each test row, modality and seed, the same for every fusion, task and train size.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ndarray::{Array2, ArrayView1, Axis};
use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Device, Tensor};

use crate::backend::device::finish;
use crate::backend::inputs::upload;
use data::TaskData;
use study::config::{NoiseConfig, NoiseSource, NoiseStatistics};
use study::event::NoiseMean;
use study::grid::Seed;
use study::random::{Purpose, stream};

/// Test rows of one data set, the moments of their noise, and the draws so far. Threads share it.
pub(crate) struct Draws {
    /// Of text and image.
    moments: [Moments; 2],
    /// Bytes that draws may take.
    budget: usize,
    tensors: Mutex<Tensors>,
}

/// LibTorch's tensors go from thread to thread and are not shared between them.
struct Tensors {
    /// Text and image, each `[rows, width]`.
    rows: [Tensor; 2],
    /// With mean zero.
    drawn: BTreeMap<Seed, [Tensor; 2]>,
    bytes: usize,
}

/// What noise is drawn with: mean and population standard deviation of each dimension, `[width]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: Vec<f32>,
    pub(crate) std: Vec<f32>,
}

impl Draws {
    /// For a data set's test rows; `budget` bytes of draws are kept.
    pub(crate) fn new(config: &NoiseConfig, data: &TaskData, device: Device, budget: usize) -> Self {
        let inputs = data.inputs();
        let (text, image) = (&inputs.text, &inputs.image);
        let moments = [text, image].map(|rows| {
            let source = match config.source {
                NoiseSource::Train => &rows.train,
                NoiseSource::Test => &rows.test,
            };
            Moments::of(source, config.statistics)
        });
        Self::on([&text.test, &image.test], moments, device, budget)
    }

    /// For these rows of text and image, with given moments.
    pub(crate) fn on(rows: [&Array2<f32>; 2], moments: [Moments; 2], device: Device, budget: usize) -> Self {
        let rows = rows.map(|rows| upload(rows, device));
        finish(device);
        Self { moments, budget, tensors: Mutex::new(Tensors { rows, drawn: BTreeMap::new(), bytes: 0 }) }
    }

    /// Text and image of the test rows, each `[rows, width]`.
    pub(crate) fn rows(&self) -> [Tensor; 2] {
        self.tensors().rows.each_ref().map(Tensor::shallow_clone)
    }

    /// The noise of every test row, text and image, each `[rows, width]`; the same for both kinds of mean, except for the mean itself.
    pub(crate) fn draw(&self, seed: Seed, mean: NoiseMean) -> [Tensor; 2] {
        let drawn = self.with_mean_zero(seed);
        match mean {
            NoiseMean::Zero => drawn,
            NoiseMean::Empirical => {
                let [text, image] = &drawn;
                let [of_text, of_image] = &self.moments;
                [text + of_text.mean(text.device()), image + of_image.mean(image.device())]
            }
        }
    }

    /// Its size in memory.
    pub(crate) fn bytes(&self) -> usize {
        let tensors = self.tensors();
        tensors.bytes + tensors.rows.iter().map(|rows| rows.numel() * size_of::<f32>()).sum::<usize>()
    }

    fn with_mean_zero(&self, seed: Seed) -> [Tensor; 2] {
        if let Some(drawn) = self.tensors().drawn.get(&seed) {
            return drawn.each_ref().map(Tensor::shallow_clone);
        }
        let [text, image] = self.rows();
        let drawn = [(text, Purpose::TextNoise), (image, Purpose::ImageNoise)];
        let mut moments = self.moments.iter();
        let drawn = drawn.map(|(rows, purpose)| {
            let [height, width] = [rows.size()[0], rows.size()[1]].map(|length| length as usize);
            let std = moments.next().map(|moments| moments.std.as_slice()).unwrap_or_default();
            upload(&scattered(height, width, std, purpose, seed), rows.device())
        });
        // Other workers read it on streams of their own.
        finish(drawn[0].device());
        let bytes: usize = drawn.iter().map(|tensor| tensor.numel() * size_of::<f32>()).sum();
        let mut tensors = self.tensors();
        if let Some(drawn) = tensors.drawn.get(&seed) {
            // Another worker was faster.
            return drawn.each_ref().map(Tensor::shallow_clone);
        }
        if tensors.bytes + bytes <= self.budget {
            tensors.bytes += bytes;
            tensors.drawn.insert(seed, drawn.each_ref().map(Tensor::shallow_clone));
        }
        drawn
    }

    /// After a panic in another thread the contents are complete: tensors are inserted one at a time.
    fn tensors(&self) -> MutexGuard<'_, Tensors> {
        self.tensors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `[rows, width]`, of mean zero; a row depends on seed, modality and row alone.
fn scattered(rows: usize, width: usize, std: &[f32], purpose: Purpose, seed: Seed) -> Array2<f32> {
    let mut draw = Array2::zeros((rows, width));
    for (row, mut values) in draw.axis_iter_mut(Axis(0)).enumerate() {
        let mut rng = stream(purpose, seed.0, row as u64, 0);
        values.iter_mut().for_each(|value| *value = rng.sample(StandardNormal));
    }
    draw * ArrayView1::from(std)
}

impl Moments {
    /// Of `rows`, `[rows, width]`.
    pub(crate) fn of(rows: &Array2<f32>, statistics: NoiseStatistics) -> Self {
        let width = rows.ncols();
        // Welford: one pass, no cancellation.
        let mut columns = vec![Welford::default(); width];
        match statistics {
            NoiseStatistics::PerDimension => {
                for row in rows.rows() {
                    columns.iter_mut().zip(row).for_each(|(column, &value)| column.add(value));
                }
            }
            NoiseStatistics::Scalar => {
                let mut all = Welford::default();
                rows.iter().for_each(|&value| all.add(value));
                columns.fill(all);
            }
        }
        Self {
            mean: columns.iter().map(|column| column.mean as f32).collect(),
            std: columns.iter().map(Welford::std).collect(),
        }
    }

    /// Dimensions.
    pub(crate) const fn width(&self) -> usize {
        self.mean.len()
    }

    /// Whether noise can be drawn with them.
    pub(crate) fn is_sound(&self) -> bool {
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        self.mean.len() == self.std.len()
            && finite(&self.mean)
            && finite(&self.std)
            && self.std.iter().all(|&std| std >= 0.0)
    }

    /// `[1, width]`
    fn mean(&self, device: Device) -> Tensor {
        Tensor::from_slice(&self.mean).view([1, -1]).to_device(device)
    }
}

/// Mean and spread of the values so far.
#[derive(Clone, Copy, Debug, Default)]
struct Welford {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Welford {
    fn add(&mut self, value: f32) {
        self.count += 1.0;
        let delta = f64::from(value) - self.mean;
        self.mean += delta / self.count;
        self.squares += delta * (f64::from(value) - self.mean);
    }

    fn std(&self) -> f32 {
        (self.squares / self.count.max(1.0)).sqrt() as f32
    }
}
