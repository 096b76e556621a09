//! The training loop of one cohort: all seeds of a configuration in lock-step, as one stack of heads.
//!
//! A state machine with a position: each call of [`CohortTraining::step`] is one optimiser step, so that
//! the worker can wait, stop or save ([`saved`]) between any two.

pub(super) mod saved;

use std::ops::ControlFlow;

use tch::{Device, Kind, Tensor};

use super::adamw::Adamw;
use super::error::EngineError;
use super::evaluation::{TrialWeights, host};
use super::head::{StepSums, forward_backward, logits, predictions};
use super::inputs::CohortInputs;
use super::parameters::{HeadShape, Parameters};
use crate::data;
use crate::study::config::{Config, TrainConfig};
use crate::study::event::{Position, SeedMetrics, SeedOutcome};
use crate::study::grid::{CohortId, Epoch, Fusion, Seed};

/// Rows that are validated at once.
const VALIDATION_BLOCK: i64 = 4096;

/// A cohort under way.
pub(super) struct CohortTraining<'a> {
    config: &'a Config,
    inputs: &'a CohortInputs,
    device: Device,
    train_size: usize,
    position: Position,
    trials: Vec<Trial>,
    parameters: Parameters,
    /// Weights at each seed's best epoch.
    best: Parameters,
    gradients: Parameters,
    optimizer: Adamw,
    /// Each seed's rows of the training split in the order of its subset, `[train_size]`.
    subsets: Vec<Vec<u32>>,
    /// Rows of the training split in this epoch's order, `[seeds, train_size]`.
    order: Tensor,
    /// Sums over this epoch's steps.
    sums: StepSums,
    /// Whether best or frozen weights are others than those on disk.
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

/// What a step led to.
pub(super) enum Progress {
    /// Within an epoch.
    Step,
    /// An epoch is over; numbers of the seeds that still train.
    Epoch(Epoch, Vec<SeedMetrics>),
}

impl<'a> CohortTraining<'a> {
    /// At epoch 1, step 0, from the seeds' initial weights.
    pub(super) fn start(
        cohort: CohortId,
        config: &'a Config,
        seeds: &[Seed],
        inputs: &'a CohortInputs,
        widths: (usize, usize),
        device: Device,
    ) -> Self {
        let mut training = Self::blank(cohort, config, seeds, inputs, widths, device);
        training.parameters = Parameters::initial(training.parameters.shape(), seeds, device);
        training.best.copy_from(&training.parameters);
        training.begin_epoch();
        training
    }

    /// With every weight zero and no epoch begun.
    fn blank(
        cohort: CohortId,
        config: &'a Config,
        seeds: &[Seed],
        inputs: &'a CohortInputs,
        widths: (usize, usize),
        device: Device,
    ) -> Self {
        let shape = HeadShape {
            fusion: cohort.fusion,
            text: widths.0 as i64,
            image: widths.1 as i64,
            hidden: config.model.hidden as i64,
        };
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
            inputs,
            device,
            train_size: cohort.train_size,
            position: Position { epoch: Epoch(1), step: 0 },
            trials: seeds.iter().map(|&seed| Trial::new(seed)).collect(),
            parameters: Parameters::zeros(shape, seeds.len(), device),
            best: Parameters::zeros(shape, seeds.len(), device),
            gradients: Parameters::zeros(shape, seeds_at_once(cohort.fusion, seeds.len()), device),
            optimizer: Adamw::new(shape, seeds.len(), &config.train, device),
            subsets,
            order: Tensor::new(),
            sums: zero_sums(seeds.len(), device),
            best_is_saved: false,
        }
    }

    /// Where it stands.
    pub(super) const fn position(&self) -> Position {
        self.position
    }

    /// Whether every epoch is done or every seed has ended.
    pub(super) fn is_over(&self) -> bool {
        self.position.epoch.0 > self.config.train.epochs
            || self.trials.iter().all(|trial| trial.ended.is_some())
    }

    /// Rows of one seed in the next step.
    pub(super) fn batch_rows(&self) -> usize {
        let first = self.position.step as usize * self.config.train.batch_size;
        self.config.train.batch_size.min(self.train_size - first)
    }

    /// One optimiser step of every seed.
    pub(super) fn step(&mut self) -> Result<Progress, EngineError> {
        let first = (self.position.step as usize * self.config.train.batch_size) as i64;
        let count = self.batch_rows() as i64;
        self.optimizer.begin_step();
        let at_once = self.gradients.seeds();
        for seed in (0..self.trials.len()).step_by(at_once) {
            let seeds = at_once.min(self.trials.len() - seed);
            let index = self.order.narrow(0, seed as i64, seeds as i64).narrow(1, first, count).reshape([-1]);
            let rows = self.inputs.rows.train.select(&index).split_seeds(seeds as i64);
            let labels = self.inputs.labels.train.index_select(0, &index).view([seeds as i64, -1]);
            let gradients = self.gradients.range(0, seeds);
            let parameters = self.parameters.range(seed, seeds);
            let sums =
                forward_backward(&parameters, self.config.model.activation, &rows, &labels, &gradients);
            self.optimizer.update(&self.parameters, seed, &gradients)?;
            accumulate(&self.sums.loss, seed, &sums.loss);
            accumulate(&self.sums.correct, seed, &sums.correct);
        }
        self.position.step += 1;
        if (self.position.step as usize) * self.config.train.batch_size < self.train_size {
            return Ok(Progress::Step);
        }
        Ok(self.end_epoch())
    }

    /// How many seeds.
    pub(super) const fn seeds(&self) -> usize {
        self.trials.len()
    }

    /// How each seed ended, every epoch being done.
    pub(super) fn outcomes(&self) -> Vec<(Seed, SeedOutcome)> {
        let outcome = |trial: &Trial| trial.ended.clone().unwrap_or(SeedOutcome::Completed);
        self.trials.iter().map(|trial| (trial.seed, outcome(trial))).collect()
    }

    /// The weights of the seeds that completed, every epoch being done; they share memory.
    pub(super) fn completed(&self) -> Vec<TrialWeights> {
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
        let mut order = Vec::with_capacity(self.trials.len() * self.train_size);
        for (trial, subset) in self.trials.iter().zip(&self.subsets) {
            let shuffled = data::batch_order(self.train_size, trial.seed, epoch);
            order.extend(shuffled.into_iter().map(|place| i64::from(subset[place as usize])));
        }
        self.order = Tensor::from_slice(&order).view([self.trials.len() as i64, -1]).to_device(self.device);
        self.sums = zero_sums(self.trials.len(), self.device);
    }

    fn end_epoch(&mut self) -> Progress {
        let epoch = self.position.epoch;
        let validation = self.validate();
        let rows = (self.train_size as f64, self.inputs.rows.validation.len() as f64);
        let (loss, correct) = (host::<f32>(&self.sums.loss), host::<i64>(&self.sums.correct));
        let (val_loss, val_correct) = (host::<f32>(&validation.loss), host::<i64>(&validation.correct));
        let mut metrics = Vec::with_capacity(self.trials.len());
        for index in 0..self.trials.len() {
            if self.trials[index].ended.is_some() {
                continue;
            }
            let of_seed = SeedMetrics {
                seed: self.trials[index].seed,
                train_loss: f64::from(loss[index]) / rows.0,
                train_accuracy: correct[index] as f64 / rows.0,
                val_loss: f64::from(val_loss[index]) / rows.1,
                val_accuracy: val_correct[index] as f64 / rows.1,
            };
            if self.record(index, epoch, &of_seed).is_continue() {
                metrics.push(of_seed);
            }
        }
        self.position = Position { epoch: Epoch(epoch.0 + 1), step: 0 };
        if !self.is_over() {
            self.begin_epoch();
        }
        Progress::Epoch(epoch, metrics)
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

    /// Every seed on the same rows: sums over the validation split.
    fn validate(&self) -> StepSums {
        let sums = zero_sums(self.trials.len(), self.device);
        let (rows, labels) = (&self.inputs.rows.validation, &self.inputs.labels.validation);
        for first in (0..rows.len()).step_by(VALIDATION_BLOCK as usize) {
            let count = VALIDATION_BLOCK.min(rows.len() - first);
            let labels = labels.narrow(0, first, count).unsqueeze(0); // [1, rows]
            let logits = logits(&self.parameters, self.config.model.activation, &rows.narrow(first, count));
            let index = labels.unsqueeze(-1).expand([self.trials.len() as i64, -1, -1], false);
            let loss = -logits.log_softmax(-1, Kind::Float).gather(-1, &index, false);
            accumulate(&sums.loss, 0, &loss.sum_dim_intlist([1_i64, 2].as_slice(), false, Kind::Float));
            let right = predictions(&logits).eq_tensor(&labels);
            accumulate(&sums.correct, 0, &right.sum_dim_intlist(1_i64, false, Kind::Int64));
        }
        sums
    }
}

impl Trial {
    const fn new(seed: Seed) -> Self {
        Self { seed, metrics: Vec::new(), best: None, ended: None, frozen: None }
    }
}

/// How many heads take their step together: all, but for tensor fusion, where one head's gradient is as
/// large as all others' together and goes seed by seed through one buffer.
const fn seeds_at_once(fusion: Fusion, seeds: usize) -> usize {
    match fusion {
        Fusion::Concat
        | Fusion::Product
        | Fusion::Text
        | Fusion::Image
        | Fusion::LogisticConcat
        | Fusion::LogisticProduct => seeds,
        Fusion::Tensor | Fusion::LogisticTensor => 1,
    }
}

fn out_of_patience(train: &TrainConfig, best: Option<(Epoch, f64)>, epoch: Epoch) -> bool {
    train.patience > 0 && best.is_some_and(|(best, _)| epoch.0 - best.0 >= train.patience)
}

fn zero_sums(seeds: usize, device: Device) -> StepSums {
    StepSums {
        loss: Tensor::zeros([seeds as i64], (Kind::Float, device)),
        correct: Tensor::zeros([seeds as i64], (Kind::Int64, device)),
    }
}

/// Adds `part` to the entries of `total` from `first`.
fn accumulate(total: &Tensor, first: usize, part: &Tensor) {
    let _ = total.narrow(0, first as i64, part.size()[0]).g_add_(part);
}
