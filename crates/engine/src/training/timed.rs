//! The parts of training, each timed by itself.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use ndarray::{Array2, s};

use crate::backend::adamw::Adamw;
use crate::backend::device::{Compute, finish};
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::backend::{Backend, Trainer};
use crate::error::EngineError;
use crate::evaluation::noise::Noise;
use crate::fusion;
use crate::training::feature_cache::FeatureCache;
use crate::training::groups::{groups_of, threads_of};
use crate::training::robust;
use data::{self, Inputs, TaskData};
use study::config::Config;
use study::event::RunHeader;
use study::grid::{CohortId, Epoch, Seed};

/// Steps before those that are timed, where a step is recorded: it is in the fourth or fifth.
const UNTIMED_RECORDED: usize = 8;
/// Rows of each split that a sample has.
const SAMPLE: usize = 1024;

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

/// The first rows of each split, for what goes with rows.
pub(crate) fn sample(data: &TaskData) -> TaskData {
    let few = |rows: &Array2<f32>| rows.slice(s![..rows.nrows().min(SAMPLE), ..]).to_owned();
    let whole = data.inputs();
    let inputs = Arc::new(Inputs { text: whole.text.map(few), image: whole.image.map(few) });
    let labels = data.labels.map(|labels| labels[..labels.len().min(SAMPLE)].to_vec());
    TaskData::new(inputs, labels)
}

/// Where groups wait for each other; those that cannot begin are not waited for.
struct Gate {
    missing: Mutex<usize>,
    all_here: Condvar,
}

impl Gate {
    fn of(groups: usize) -> Self {
        Self { missing: Mutex::new(groups), all_here: Condvar::new() }
    }

    /// So many groups are here, or never will be.
    fn count(&self, groups: usize) {
        let mut missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        *missing = missing.saturating_sub(groups);
        self.all_here.notify_all();
    }

    fn wait(&self) {
        let missing = self.missing.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.all_here.wait_while(missing, |missing| *missing > 0));
    }
}

/// A group's arrival where the others wait for it: also where it panics, so that they do not wait for ever.
struct Arrival<'a>(Option<&'a Gate>);

impl Arrival<'_> {
    fn come(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.count(1);
            gate.wait();
        }
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.come();
    }
}

/// A cohort that is timed: all its seeds, in as many groups as a run has.
pub(crate) struct Subject<'a> {
    pub(crate) header: &'a RunHeader,
    pub(crate) data: &'a TaskData,
    pub(crate) cache: &'a FeatureCache,
    pub(crate) compute: Compute,
    pub(crate) cohort: CohortId,
}

impl Subject<'_> {
    /// Wall time of one of `count` repeats of `part`, all seeds together.
    pub(crate) fn time(&self, part: Part, count: usize) -> Result<f64, EngineError> {
        let &Self { header, data, cache, compute, cohort } = self;
        let config = &header.config;
        let inputs = cache.trained(config, HeadShape::of(header, cohort).into(), data);
        let draws = cache.draws(&config.noise, data);
        let groups = groups_of(&header.sweep.seeds, compute);
        let threads = threads_of(compute, groups.len());
        let start = Gate::of(groups.len());
        let untimed = if compute.uses_graphs && part == Part::Step { UNTIMED_RECORDED } else { 1 };
        thread::scope(|scope| {
            let mut running = Vec::new();
            for group in &groups {
                let (inputs, draws, start) = (inputs.share(), &draws, &start);
                let work = move || {
                    let mut arrival = Arrival(Some(start));
                    let entered = compute.enter(threads);
                    let noise = Noise {
                        config: &config.noise,
                        levels: &header.levels,
                        draws,
                        labels: &inputs.labels.test,
                    };
                    let mut stack = Stack::new(self, group, &inputs);
                    for _ in 0..untimed {
                        stack.repeat(part, &noise, &inputs);
                    }
                    finish(compute.device);
                    arrival.come();
                    // By the group itself: another thread may get a core only when all is done.
                    let began = Instant::now();
                    for _ in 0..count {
                        stack.repeat(part, &noise, &inputs);
                    }
                    finish(compute.device);
                    entered.map(|_| (began, Instant::now()))
                };
                // A panic of a thread of this name goes into the log.
                let thread = thread::Builder::new().name("worker-timed".into()).spawn_scoped(scope, work);
                let Ok(thread) = thread else {
                    start.count(groups.len() - running.len());
                    return Err(EngineError::Thread("benchmark"));
                };
                running.push(thread);
            }
            let joined = |group: ScopedJoinHandle<'_, _>| {
                group.join().map_err(|_| EngineError::Thread("benchmark"))?
            };
            let times =
                running.into_iter().map(joined).collect::<Result<Vec<(Instant, Instant)>, EngineError>>()?;
            let began = times.iter().map(|(began, _)| *began).min();
            let ended = times.iter().map(|(_, ended)| *ended).max();
            let took = began.zip(ended).map_or(Duration::ZERO, |(began, ended)| ended - began);
            Ok(took.as_secs_f64() / count as f64)
        })
    }
}

/// A group's heads and what trains them.
struct Stack<'a> {
    config: &'a Config,
    backend: Box<dyn Backend>,
    seeds: &'a [Seed],
    parameters: Parameters,
    optimizer: Adamw,
    trainer: Box<dyn Trainer>,
    train_size: usize,
    subsets: Vec<Vec<u32>>,
    epoch: u32,
    step: usize,
}

impl<'a> Stack<'a> {
    fn new(subject: &Subject<'a>, seeds: &'a [Seed], inputs: &CohortInputs) -> Self {
        let &Subject { header, compute, cohort, .. } = subject;
        let config = &header.config;
        let shape = HeadShape::of(header, cohort);
        let parameters = Parameters::initial(shape, seeds, compute.device);
        let optimizer = Adamw::new(shape, seeds.len(), &config.train, compute.device);
        let backend = fusion::backend(shape, compute);
        let (stack, settings) = ((&parameters, &optimizer), (config, config.model.activation));
        let trainer = robust::trainer(&*backend, stack, inputs, settings, seeds);
        let train_rows = inputs.rows.train.len() as usize;
        let subsets = seeds.iter().map(|&seed| data::subset(train_rows, seed)).collect();
        let train_size = cohort.train_size.min(train_rows);
        Self {
            config,
            backend,
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
                    noise.evaluate(&*self.backend, seed, &head, activation, &inputs.rows.test);
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
            let order = self.seeds.iter().zip(&self.subsets).map(order).collect();
            self.trainer.begin_epoch(Epoch(self.epoch), order);
        }
        let first = self.step * batch;
        // LibTorch's failures panic everywhere else in a benchmark too.
        assert!(self.trainer.step(&self.parameters, &mut self.optimizer, first, batch).is_ok());
        self.step += 1;
    }
}
