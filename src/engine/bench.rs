//! Times what training is made of, apart: an optimiser step, validation, the evaluation under noise.
//!
//! On the first configuration of a sweep, with all its seeds in as many groups as a run has.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use super::adamw::Adamw;
use super::device::{self, Compute, wait};
use super::error::EngineError;
use super::groups::{groups_of, threads_of};
use super::inputs::CohortInputs;
use super::noise::Noise;
use super::parameters::{HeadShape, Parameters};
use super::preparation::{Prepared, prepare};
use super::shelf::Shelf;
use super::trainer::Trainer;
use crate::data;
use crate::study::config::{Config, RunConfig};
use crate::study::grid::{CohortId, Epoch, Seed};

/// Memory for what is kept from one repeat to the next.
const KEPT: usize = 4_000_000_000;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Forward, backward and the optimiser, on one batch.
    Step,
    /// Loss and accuracy on the validation split.
    Validate,
    /// Every level, condition and mean on the test split.
    Noise,
}

/// What was measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Timing {
    /// The configuration.
    pub cohort: String,
    /// How many models worked at once.
    pub models: usize,
    /// Wall time for each model and repeat.
    pub seconds: f64,
    /// Where.
    pub device: String,
}

/// Times `count` repeats of `part`, after one that is not counted.
pub fn time(config: &Config, part: Part, count: usize) -> Result<Timing, EngineError> {
    let run = RunConfig { workers: 1, ..config.run.clone() };
    let devices = device::choose(&run, config.sweep.seeds.resolve().len())?;
    let Prepared { header, dataset } = prepare(config, &devices.description)?;
    let compute = devices.workers.first().copied().unwrap_or_else(Compute::cpu);
    let missing = || EngineError::Thread("benchmark");
    let cohort = header.sweep.cohorts().into_iter().next().ok_or_else(missing)?;
    let task = dataset.task(cohort.task).ok_or_else(missing)?;
    let seeds = &header.sweep.seeds;
    let shelf = Shelf::new(compute, KEPT, 1);
    let inputs = shelf.inputs(cohort.fusion, task);
    let draws = shelf.draws(&config.noise, task);
    let groups = groups_of(seeds, compute);
    let threads = threads_of(compute, groups.len());
    let start = Barrier::new(groups.len() + 1);
    let began = thread::scope(|scope| {
        for group in &groups {
            let (inputs, header, draws, start) = (inputs.share(), &header, &draws, &start);
            scope.spawn(move || {
                let entered = compute.enter(threads);
                let noise = Noise {
                    config: &header.config.noise,
                    levels: &header.levels,
                    fusion: cohort.fusion,
                    draws,
                    labels: &inputs.labels.test,
                };
                let widths = (header.data.text_width, header.data.image_width);
                let mut stack = Stack::new(cohort, config, group, &inputs, widths, compute);
                stack.repeat(part, &noise, &inputs);
                wait(compute.device);
                start.wait();
                for _ in 0..count {
                    stack.repeat(part, &noise, &inputs);
                }
                wait(compute.device);
                entered.map(drop)
            });
        }
        start.wait();
        Instant::now()
    });
    let seconds = began.elapsed().as_secs_f64() / (count * seeds.len()) as f64;
    Ok(Timing { cohort: cohort.to_string(), models: seeds.len(), seconds, device: devices.description })
}

/// A group's heads and what trains them.
struct Stack<'a> {
    config: &'a Config,
    compute: Compute,
    seeds: &'a [Seed],
    parameters: Parameters,
    optimizer: Adamw,
    trainer: Trainer,
    train_size: usize,
    subsets: Vec<Vec<u32>>,
    epoch: u32,
    step: usize,
}

impl<'a> Stack<'a> {
    fn new(
        cohort: CohortId,
        config: &'a Config,
        seeds: &'a [Seed],
        inputs: &CohortInputs,
        (text, image): (usize, usize),
        compute: Compute,
    ) -> Self {
        let shape = HeadShape {
            fusion: cohort.fusion,
            text: text as i64,
            image: image as i64,
            hidden: config.model.hidden as i64,
        };
        let parameters = Parameters::initial(shape, seeds, compute.device);
        let optimizer = Adamw::new(shape, seeds.len(), &config.train, compute.device);
        let activation = config.model.activation;
        let trainer = Trainer::new(compute, &parameters, &optimizer, inputs, activation);
        let train_rows = inputs.rows.train.len() as usize;
        let subsets = seeds.iter().map(|&seed| data::subset(train_rows, seed)).collect();
        let train_size = cohort.train_size;
        Self {
            config,
            compute,
            seeds,
            parameters,
            optimizer,
            trainer,
            train_size,
            subsets,
            epoch: 0,
            step: 0,
        }
    }

    fn repeat(&mut self, part: Part, noise: &Noise<'_>, inputs: &CohortInputs) {
        match part {
            Part::Step => self.train(),
            Part::Validate => drop(self.trainer.validate(&self.parameters)),
            Part::Noise => {
                for (index, &seed) in self.seeds.iter().enumerate() {
                    let head = self.parameters.range(index, 1);
                    let activation = self.config.model.activation;
                    noise.evaluate(self.compute.arithmetic, seed, &head, activation, &inputs.rows.test);
                }
            }
        }
    }

    /// One step; a new epoch's order where one is over.
    fn train(&mut self) {
        let batch = self.config.train.batch_size.min(self.train_size);
        if self.epoch == 0 || (self.step + 1) * batch > self.train_size {
            self.epoch += 1;
            self.step = 0;
            let order = |(&seed, subset): (&Seed, &Vec<u32>)| {
                let places = data::batch_order(self.train_size, seed, Epoch(self.epoch));
                places.into_iter().map(|place| subset[place as usize]).collect()
            };
            self.trainer.begin_epoch(self.seeds.iter().zip(&self.subsets).map(order).collect());
        }
        let first = self.step * batch;
        // LibTorch's failures panic everywhere else in a benchmark too.
        assert!(self.trainer.step(&self.parameters, &mut self.optimizer, first, batch).is_ok());
        self.step += 1;
    }
}
