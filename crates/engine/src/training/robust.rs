//! Training against noise: the rows of a step are made for that step, from text and image with noise on them, or with one
//! of the two replaced by its training mean. A fusion and its backend train on them as on any rows.
//!
//! A row's noise is a row of a fixed bank of draws. Which one, and its level, are keyed by seed, epoch, row and modality:
//! the same for every fusion, task and train size, and wherever training resumes.

use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Device, Kind, Tensor};

use crate::backend::adamw::Adamw;
use crate::backend::inputs::{CohortInputs, FusedRows, Unfused, upload_labels};
use crate::backend::parameters::Parameters;
use crate::backend::sums::{Sums, host};
use crate::backend::{Backend, Trainer};
use crate::error::EngineError;
use crate::evaluation::noise::Moments;
use crate::fusion::{self, Reader};
use data::TaskData;
use ndarray::{Array2, ArrayView1};
use study::config::{Activation, Config, Mixing, NoiseMeans, TrainConfig};
use study::grid::{Epoch, Seed};
use study::model::Robust;
use study::random::{Purpose, stream};

/// Rows of noise for each modality.
pub(crate) const BANK: usize = 8_192;

/// 32-bit words of a random stream for each row.
const WORDS: u128 = 16;

/// Text and image that can stand in the place of a training split's, or be added to it.
///
/// With [`Robust::Noise`] `rows` draws of each, of the training split's deviation and, but for `noise.mean = "zero"`, its
/// mean; with [`Robust::Drop`] one row, the mean. `[rows, n]` and `[rows, m]`.
pub(crate) fn noise(config: &Config, robust: Robust, rows: usize, data: &TaskData) -> [Array2<f32>; 2] {
    let settings = &config.noise;
    let inputs = data.inputs();
    let (text, image) = (&inputs.text.train, &inputs.image.train);
    [(text, 0), (image, 1)].map(|(trained, modality)| match robust {
        Robust::None => Array2::zeros((0, trained.ncols())),
        Robust::Noise => {
            let Moments { mean, std } = Moments::of(trained, settings.statistics);
            let mut drawn = Array2::zeros((rows, trained.ncols()));
            for (row, mut values) in drawn.rows_mut().into_iter().enumerate() {
                let mut rng = stream(Purpose::NoiseBank, row as u64, modality, 0);
                values.iter_mut().for_each(|value| *value = rng.sample(StandardNormal));
            }
            let drawn = drawn * ArrayView1::from(&std);
            if settings.mean == NoiseMeans::Zero { drawn } else { drawn + ArrayView1::from(&mean) }
        }
        Robust::Drop => {
            let per_dimension = study::config::NoiseStatistics::PerDimension;
            Array2::from_shape_vec((1, trained.ncols()), Moments::of(trained, per_dimension).mean)
                .unwrap_or_default()
        }
    })
}

/// What trains a stack with these seeds: on its rows as they are, or against noise where its inputs hold what rows are
/// made of.
pub(crate) fn trainer(
    backend: &dyn Backend,
    stack: (&Parameters, &Adamw),
    inputs: &CohortInputs,
    settings: (&Config, Activation),
    seeds: &[Seed],
) -> Box<dyn Trainer> {
    match &inputs.unfused {
        None => backend.trainer(stack.0, stack.1, inputs, settings.1),
        Some(clean) => Box::new(RobustTrainer::new(backend, stack, inputs, clean.share(), settings, seeds)),
    }
}

/// Trains a stack through `inner`, on rows that it makes in a place of their own before each step.
struct RobustTrainer {
    inner: Box<dyn Trainer>,
    reader: Reader,
    way: Way,
    seeds: Vec<Seed>,
    clean: Unfused,
    /// Numbers of classes of the training split.
    labels: Vec<i64>,
    /// A batch for each seed, `[seeds·batch, …]`, as the fusion reads it: what `inner` trains on.
    batches: FusedRows,
    batch_size: usize,
    epoch: Epoch,
    /// Each seed's rows of the training split in this epoch's order.
    order: Vec<Vec<u32>>,
}

/// What is done to rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) robust: Robust,
    pub(crate) mixing: Mixing,
    pub(crate) noise_max: f64,
    pub(crate) drop: f64,
    /// Rows of noise to choose from.
    pub(crate) bank: u32,
}

/// What a modality of a row gets: a row of noise, and its level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Draw {
    pub(crate) noise: u32,
    pub(crate) level: f32,
}

impl RobustTrainer {
    /// Of a stack with these seeds, whose inputs hold rows to put noise on.
    fn new(
        backend: &dyn Backend,
        (parameters, optimizer): (&Parameters, &Adamw),
        inputs: &CohortInputs,
        clean: Unfused,
        (config, activation): (&Config, Activation),
        seeds: &[Seed],
    ) -> Self {
        let shape = parameters.shape();
        let reader = Reader::from(shape);
        let device = inputs.labels.train.device();
        let TrainConfig { batch_size, noise_max, drop, .. } = config.train;
        let batch_size = batch_size.min(inputs.rows.train.len() as usize);
        let places = (seeds.len() * batch_size) as i64;
        let zeros = |width| Tensor::zeros([places, width], (Kind::Float, device));
        let batches = fusion::rows(reader, &zeros(shape.text), &zeros(shape.image)).in_place();
        let kind = inputs.rows.train.vector().kind();
        let batches = batches.each(|rows| rows.to_kind(kind));
        let CohortInputs { mut rows, mut labels, choice, .. } = inputs.share();
        rows.train = batches.share();
        labels.train = upload_labels(&vec![0; places as usize], device);
        let made = CohortInputs { rows, labels, choice, unfused: None };
        let inner = backend.trainer(parameters, optimizer, &made, activation);
        let bank = clean.noise[0].size()[0] as u32;
        Self {
            inner,
            reader,
            way: Way { robust: shape.fusion.robust, mixing: config.noise.mixing, noise_max, drop, bank },
            seeds: seeds.to_vec(),
            clean,
            labels: host(&inputs.labels.train),
            batches,
            batch_size,
            epoch: Epoch(0),
            order: Vec::new(),
        }
    }

    /// Makes the rows of places `first .. first + count` of the order; as many seeds at once as are in the cache of a
    /// core together, or all of them on a GPU.
    fn make(&self, first: usize, count: usize) {
        let seeds = self.seeds.len();
        let at_once = if self.clean.text.device() == Device::Cpu { 1 } else { seeds };
        for seed in (0..seeds).step_by(at_once) {
            let of_seeds = seed..(seed + at_once).min(seeds);
            let draw = |seed: usize| {
                let rows = &self.order[seed][first..first + count];
                rows.iter().map(move |&row| (row, self.way.draw(self.seeds[seed], self.epoch, row)))
            };
            let of_rows: Vec<(u32, [Draw; 2])> = of_seeds.clone().flat_map(draw).collect();
            let index: Vec<i32> = of_rows.iter().map(|(row, _)| *row as i32).collect();
            let device = self.clean.text.device();
            let index = Tensor::from_slice(&index).to_device(device);
            let [text, image] = [(&self.clean.text, 0), (&self.clean.image, 1)].map(|(rows, modality)| {
                let draws: Vec<Draw> = of_rows.iter().map(|(_, both)| both[modality]).collect();
                self.way.noised(&rows.index_select(0, &index), &self.clean.noise[modality], &draws)
            });
            let made = fusion::rows(self.reader, &text, &image);
            let to = self.batches.narrow(
                of_seeds.start as i64 * self.batch_size as i64,
                (of_seeds.len() * self.batch_size) as i64,
            );
            copy(&made, &to, of_seeds.len() as i64, count as i64);
        }
    }
}

impl Way {
    /// `rows` with noise of the levels drawn, `[rows, width]`.
    pub(crate) fn noised(&self, rows: &Tensor, noise: &Tensor, draws: &[Draw]) -> Tensor {
        let device = rows.device();
        let levels: Vec<f32> = draws.iter().map(|draw| draw.level).collect();
        let levels = Tensor::from_slice(&levels).view([-1, 1]).to_device(device);
        let places: Vec<i32> = draws.iter().map(|draw| draw.noise as i32).collect();
        let noise = noise.index_select(0, &Tensor::from_slice(&places).to_device(device)) * &levels;
        let rows = rows.to_kind(Kind::Float);
        match (self.robust, self.mixing) {
            (Robust::Drop, _) | (Robust::Noise, Mixing::Blend) => (levels.neg() + 1.0) * rows + noise,
            (Robust::Noise, Mixing::Add) | (Robust::None, _) => rows + noise,
        }
    }

    /// What text and image of a training row get in an epoch.
    pub(crate) fn draw(&self, seed: Seed, epoch: Epoch, row: u32) -> [Draw; 2] {
        let mut rng = stream(Purpose::RobustTraining, seed.0, u64::from(epoch.0), number(self.robust));
        rng.set_word_pos(u128::from(row) * WORDS);
        match self.robust {
            Robust::None => [Draw { noise: 0, level: 0.0 }; 2],
            Robust::Noise => [(); 2].map(|()| {
                let noise = rng.random_range(0..self.bank);
                Draw { noise, level: (rng.random::<f64>() * self.noise_max) as f32 }
            }),
            Robust::Drop => {
                let drawn: f64 = rng.random();
                let loses = |from: f64| Draw {
                    noise: 0,
                    level: f32::from(u8::from((from..from + self.drop).contains(&drawn))),
                };
                [loses(0.0), loses(self.drop)]
            }
        }
    }
}

/// A way to train in the key of its draws. The numbers are part of every result: never change one.
const fn number(robust: Robust) -> u64 {
    match robust {
        Robust::None => 0,
        Robust::Noise => 1,
        Robust::Drop => 2,
    }
}

/// Copies rows `[seeds·count, …]` into the first `count` of each seed's places of `to`.
fn copy(rows: &FusedRows, to: &FusedRows, seeds: i64, count: i64) {
    let of = |rows: &Tensor, to: &Tensor| {
        let (width, batch) = (rows.size()[1], to.size()[0] / seeds);
        let places = to.unflatten(0, [seeds, batch]).narrow(1, 0, count);
        places.shallow_clone().copy_(&rows.view([seeds, count, width]));
    };
    match (rows, to) {
        (FusedRows::Pair { text, image }, FusedRows::Pair { text: to_text, image: to_image }) => {
            of(text, to_text);
            of(image, to_image);
        }
        (rows, to) => of(rows.vector(), to.vector()),
    }
}

impl Trainer for RobustTrainer {
    fn begin_epoch(&mut self, epoch: Epoch, order: Vec<Vec<u32>>) {
        let batch = self.batch_size;
        let places = |(seed, rows): (usize, &Vec<u32>)| {
            (0..rows.len()).map(|place| (seed * batch + place % batch) as u32).collect()
        };
        self.inner.begin_epoch(epoch, order.iter().enumerate().map(places).collect());
        (self.epoch, self.order) = (epoch, order);
    }

    fn step(
        &mut self,
        parameters: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError> {
        self.make(first, count);
        let mut labels = vec![0; self.seeds.len() * self.batch_size];
        for (places, order) in labels.chunks_mut(self.batch_size).zip(&self.order) {
            let rows = &order[first..first + count];
            places.iter_mut().zip(rows).for_each(|(label, &row)| *label = self.labels[row as usize]);
        }
        self.inner.set_labels(labels);
        self.inner.step(parameters, optimizer, first, count)
    }

    fn set_labels(&mut self, labels: Vec<i64>) {
        self.labels = labels;
    }

    fn sums(&self) -> Vec<Sums> {
        self.inner.sums()
    }

    fn set_sums(&mut self, sums: &[Sums]) {
        self.inner.set_sums(sums);
    }

    fn validate(&mut self, parameters: &Parameters) -> Vec<Sums> {
        self.inner.validate(parameters)
    }
}
