//! The training loop of one cohort: all seeds of a configuration in lock-step, as one stack of heads.
//!
//! A state machine with a [`Position`] (epoch, step): each call of [`CohortTraining::step`] is one optimiser step, so that
//! the worker can wait, stop or save ([`saved`]) between any two.

pub(crate) mod saved;

use std::ops::ControlFlow;

use tch::Device;

use crate::backend::Trainer;
use crate::backend::adamw::Adamw;
use crate::backend::device::Compute;
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::error::EngineError;
use crate::evaluation::TrialWeights;
use crate::fusion;
use crate::training::robust;
use study::config::{Config, TrainConfig};
use study::event::{Position, SeedMetrics, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed};
use study::model::{Rate, Sizes};

/// A running cohort.
pub(crate) struct CohortTraining<'a> {
    config: &'a Config,
    device: Device,
    train_size: usize,
    /// Rows of the validation split.
    validation_rows: usize,
    position: Position,
    trials: Vec<Trial>,
    parameters: Parameters,
    /// Weights at each seed's best epoch.
    best: Parameters,
    optimizer: Adamw,
    trainer: Box<dyn Trainer>,
    /// Each seed's rows of the training split in the order of its subset, `[train_size]`.
    subsets: Vec<Vec<u32>>,
    /// Whether the best and frozen weights are those of the saved training state.
    best_is_saved: bool,
}

/// One seed of the stack.
struct Trial {
    seed: Seed,
    /// Of every epoch so far.
    metrics: Vec<SeedMetrics>,
    best: Option<(Epoch, f64)>,
    /// Set once its numbers are no longer recorded; the stack may still train.
    ended: Option<SeedOutcome>,
    /// The weights when `train.patience` ended it; absent for one that trains to the last epoch.
    frozen: Option<Parameters>,
}

/// An epoch that is over, and the numbers of the seeds that still train.
pub(crate) type FinishedEpoch = (Epoch, Vec<SeedMetrics>);

impl<'a> CohortTraining<'a> {
    /// At epoch 1, step 0, from the seeds' initial weights.
    pub(crate) fn start(
        cohort: CohortId,
        config: &'a Config,
        seeds: &[Seed],
        inputs: &CohortInputs,
        sizes: Sizes,
        compute: Compute,
    ) -> Self {
        let mut training = Self::blank(cohort, config, seeds, inputs, sizes, compute);
        fusion::initialise(&training.parameters, seeds);
        training.best.copy_from(&training.parameters);
        training.begin_epoch();
        training
    }

    /// With every weight zero and no epoch begun.
    fn blank(
        cohort: CohortId,
        config: &'a Config,
        seeds: &[Seed],
        inputs: &CohortInputs,
        sizes: Sizes,
        compute: Compute,
    ) -> Self {
        let shape = HeadShape::new(cohort.fusion, sizes, inputs.choice);
        let device = compute.device;
        let parameters = Parameters::zeros(shape, seeds.len(), device);
        let learning_rate = config.learning_rate(cohort.fusion).map_or(0.0, Rate::value);
        let train = TrainConfig { learning_rate: learning_rate.into(), ..config.train.clone() };
        let optimizer = Adamw::new(shape, seeds.len(), &train, device);
        let backend = fusion::backend(shape, compute);
        let activation = config.model.activation;
        let (stack, settings) = ((&parameters, &optimizer), (config, activation));
        let trainer = robust::trainer(&*backend, stack, inputs, settings, seeds);
        let train_rows = inputs.rows.train.len() as usize;
        let subsets: Vec<Vec<u32>> = seeds
            .iter()
            .map(|&seed| {
                let mut subset = data::subset(train_rows, seed);
                subset.truncate(cohort.train_size);
                subset
            })
            .collect();
        Self {
            config,
            device,
            train_size: cohort.train_size,
            validation_rows: inputs.rows.validation.len() as usize,
            position: Position { epoch: Epoch(1), step: 0 },
            trials: seeds.iter().map(|&seed| Trial::new(seed)).collect(),
            parameters,
            best: Parameters::zeros(shape, seeds.len(), device),
            optimizer,
            trainer,
            subsets,
            best_is_saved: false,
        }
    }

    /// The epoch and step it is at.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// What its models are.
    pub(crate) const fn shape(&self) -> HeadShape {
        self.parameters.shape()
    }

    /// Whether every epoch is done or every seed has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.position.epoch.0 > self.config.train.epochs
            || self.trials.iter().all(|trial| trial.ended.is_some())
    }

    /// Rows of one seed in the next step.
    pub(crate) fn batch_rows(&self) -> usize {
        let first = self.position.step as usize * self.config.train.batch_size;
        self.config.train.batch_size.min(self.train_size - first)
    }

    /// One optimiser step of every seed; the epoch, where the step ended one.
    pub(crate) fn step(&mut self) -> Result<Option<FinishedEpoch>, EngineError> {
        let first = self.position.step as usize * self.config.train.batch_size;
        let count = self.batch_rows();
        self.trainer.step(&self.parameters, &mut self.optimizer, first, count)?;
        self.position.step += 1;
        if (self.position.step as usize) * self.config.train.batch_size < self.train_size {
            return Ok(None);
        }
        Ok(Some(self.end_epoch()))
    }

    /// How many seeds.
    pub(crate) const fn seeds(&self) -> usize {
        self.trials.len()
    }

    /// How each seed ended, every epoch being done.
    pub(crate) fn outcomes(&self) -> Vec<(Seed, SeedOutcome)> {
        let outcome = |trial: &Trial| trial.ended.clone().unwrap_or(SeedOutcome::Completed);
        self.trials.iter().map(|trial| (trial.seed, outcome(trial))).collect()
    }

    /// The weights of the seeds that completed, every epoch being done; they share memory.
    pub(crate) fn completed(&self) -> Vec<TrialWeights> {
        let mut weights = Vec::new();
        for (index, trial) in self.trials.iter().enumerate() {
            let outcome = trial.ended.as_ref().unwrap_or(&SeedOutcome::Completed);
            if let (SeedOutcome::Completed, Some((best_epoch, val_accuracy))) = (outcome, trial.best) {
                let last = trial.frozen.as_ref().unwrap_or(&self.parameters);
                let last = last.range(if trial.frozen.is_some() { 0 } else { index }, 1);
                let best = self.best.range(index, 1);
                weights.push(TrialWeights { seed: trial.seed, best_epoch, val_accuracy, best, last });
            }
        }
        weights
    }

    fn begin_epoch(&mut self) {
        let epoch = self.position.epoch;
        self.trainer.begin_epoch(epoch, self.order(epoch));
    }

    /// Each seed's rows of the training split in the order in which it takes them.
    fn order(&self, epoch: Epoch) -> Vec<Vec<u32>> {
        let of_trial = |(trial, subset): (&Trial, &Vec<u32>)| {
            let shuffled = data::batch_order(self.train_size, trial.seed, epoch);
            shuffled.into_iter().map(|place| subset[place as usize]).collect()
        };
        self.trials.iter().zip(&self.subsets).map(of_trial).collect()
    }

    fn end_epoch(&mut self) -> FinishedEpoch {
        let epoch = self.position.epoch;
        let next = Epoch(epoch.0 + 1);
        // Computed now, while a GPU is still busy with this epoch's steps: asking for their sums waits for it.
        let order = (next.0 <= self.config.train.epochs).then(|| self.order(next));
        let (train, validation) = (self.trainer.sums(), self.trainer.validate(&self.parameters));
        let rows = (self.train_size as f64, self.validation_rows as f64);
        let mut metrics = Vec::with_capacity(self.trials.len());
        for index in 0..self.trials.len() {
            if self.trials[index].ended.is_some() {
                continue;
            }
            let of_seed = SeedMetrics {
                seed: self.trials[index].seed,
                train_loss: train[index].loss / rows.0,
                train_accuracy: train[index].correct as f64 / rows.0,
                val_loss: validation[index].loss / rows.1,
                val_accuracy: validation[index].correct as f64 / rows.1,
            };
            if self.record(index, epoch, &of_seed).is_continue() {
                metrics.push(of_seed);
            }
        }
        self.position = Position { epoch: next, step: 0 };
        if let Some(order) = order.filter(|_| !self.is_over()) {
            self.trainer.begin_epoch(next, order);
        }
        (epoch, metrics)
    }

    /// Takes a seed's numbers: divergence, best weights, patience. Breaks where there is nothing to report.
    fn record(&mut self, index: usize, epoch: Epoch, metrics: &SeedMetrics) -> ControlFlow<()> {
        let trial = &mut self.trials[index];
        if !(metrics.train_loss.is_finite() && metrics.val_loss.is_finite()) {
            trial.ended = Some(SeedOutcome::Diverged { epoch });
            return ControlFlow::Break(());
        }
        trial.metrics.push(*metrics);
        if trial.best.is_none_or(|(_, accuracy)| metrics.val_accuracy > accuracy) {
            trial.best = Some((epoch, metrics.val_accuracy));
            self.best.range(index, 1).copy_from(&self.parameters.range(index, 1));
            self.best_is_saved = false;
        }
        if out_of_patience(&self.config.train, trial.best, epoch) {
            let frozen = Parameters::zeros(self.parameters.shape(), 1, self.device);
            frozen.copy_from(&self.parameters.range(index, 1));
            trial.frozen = Some(frozen);
            self.best_is_saved = false;
            trial.ended = Some(SeedOutcome::Completed);
        }
        ControlFlow::Continue(())
    }
}

impl Trial {
    const fn new(seed: Seed) -> Self {
        Self { seed, metrics: Vec::new(), best: None, ended: None, frozen: None }
    }
}

fn out_of_patience(train: &TrainConfig, best: Option<(Epoch, f64)>, epoch: Epoch) -> bool {
    train.patience > 0 && best.is_some_and(|(best, _)| epoch.0 - best.0 >= train.patience)
}
