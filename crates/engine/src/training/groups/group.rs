//! One group of a cohort: its training loop between orders, its training state and its tests.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::{Ending, Group, GroupEvent, Shared, Task, Trained};
use crate::backend::inputs::CohortInputs;
use crate::error::EngineError;
use crate::evaluation::emap::Projections;
use crate::evaluation::noise::Noise;
use crate::evaluation::{Evaluation, Recombined, missing};
use crate::fusion;
use crate::training::cohort::CohortTraining;
use crate::training::cohort::saved::{Saved, Saver};
use crate::training::control::Order;
use crate::training::event::TrainingEvent;
use data::TaskData;
use store::StoreError;
use study::grid::Epoch;
use study::model::Sizes;

/// A group while it trains.
struct RunningGroup<'a> {
    task: &'a Task<'a>,
    number: usize,
    began: Instant,
    /// Worker time of the processes before.
    seconds_before: f64,
    waited: Duration,
}

/// Trains and tests one group; how it ended, and how long it waited for orders.
pub(super) fn train(
    task: &Task<'_>,
    number: usize,
    group: Group,
    first: Epoch,
    (data, inputs): (&TaskData, &CohortInputs),
    shared: &Shared,
    events: &Sender<GroupEvent>,
) -> Result<(Ending, Duration), EngineError> {
    let config = &task.header.config;
    let sizes = Sizes::of(task.header, task.cohort.task);
    let seconds_before = group.saved.as_ref().map_or(0.0, Saved::seconds);
    let mut saver = Saver::new(&task.saving, group.saved.as_ref());
    let Group { seeds, compute, saved } = group;
    let mut training = match saved {
        Some(state) => CohortTraining::resume(task.cohort, config, state, inputs, sizes, compute)
            .map_err(|why| EngineError::TrainingState { folder: task.saving.states.location(), why })?,
        None => CohortTraining::start(task.cohort, config, &seeds, inputs, sizes, compute),
    };
    for (epoch, metrics) in training.epochs_since(first) {
        // The receiver outlives the groups.
        let _ = events.send((number, TrainingEvent::EpochFinished { epoch, metrics }));
    }
    let began = Instant::now();
    let mut group = RunningGroup { task, number, began, seconds_before, waited: Duration::ZERO };
    if let Some(ending) = group.train(&mut training, &mut saver, shared, events)? {
        return Ok((ending, group.waited));
    }
    let last = Epoch(training.position().epoch.0 - 1);
    let _ = events.send((number, TrainingEvent::TrainingFinished { last }));
    let ending = group.test(training, &mut saver, (data, inputs), events);
    Ok((ending, group.waited))
}

impl RunningGroup<'_> {
    /// Until every epoch is done; an ending where orders came in between.
    fn train(
        &mut self,
        training: &mut CohortTraining<'_>,
        saver: &mut Saver<'_>,
        shared: &Shared,
        events: &Sender<GroupEvent>,
    ) -> Result<Option<Ending>, EngineError> {
        while !training.is_over() {
            let order = self.order();
            if shared.failed.load(Ordering::Relaxed) {
                return Ok(Some(Ending::Left));
            }
            match order {
                Order::Continue | Order::Pause => {}
                Order::Leave => return Ok(Some(self.leave(training, saver, events))),
                Order::Stop => return Ok(Some(Ending::Stopped)),
            }
            shared.rows.fetch_add(training.batch_rows() * training.seeds(), Ordering::Relaxed);
            if let Some((epoch, metrics)) = training.step()? {
                let _ = events.send((self.number, TrainingEvent::EpochFinished { epoch, metrics }));
            }
            warn(saver.save_if_due(training, self.seconds()), self.number, events);
        }
        Ok(None)
    }

    /// Tests the seeds that completed.
    fn test(
        &mut self,
        mut training: CohortTraining<'_>,
        saver: &mut Saver<'_>,
        (data, inputs): (&TaskData, &CohortInputs),
        events: &Sender<GroupEvent>,
    ) -> Ending {
        let task = self.task;
        let (config, levels) = (&task.header.config, &task.header.levels);
        let (backend, draws) =
            (fusion::backend(training.shape(), task.compute), task.cache.draws(&config.noise, data));
        let (activation, labels) = (config.model.activation, data.labels.test.as_slice());
        let evaluation = Evaluation {
            backend: &*backend,
            activation,
            rows: &inputs.rows.test,
            labels,
            noise: Noise { config: &config.noise, levels, draws: &draws, labels: &inputs.labels.test },
        };
        let (mut evaluations, mut rows) = (Vec::new(), Vec::new());
        let weights = training.completed();
        let recombined = Recombined {
            backend: &*backend,
            activation,
            reader: training.shape().into(),
            heads: weights.iter().map(|trial| &trial.best).collect(),
            rows: draws.rows(),
            labels,
        };
        let mut interruption = || match self.order() {
            Order::Continue | Order::Pause => None,
            Order::Leave => Some(self.leave(&mut training, saver, events)),
            Order::Stop => Some(Ending::Stopped),
        };
        for trial in &weights {
            if let Some(ending) = interruption() {
                return ending;
            }
            let (numbers, of_seed) = evaluation.of(trial);
            evaluations.push(numbers);
            rows.push((trial.seed, of_seed));
        }
        let mut projections = Projections::new(&recombined, config.evaluation.emap_rows);
        while !projections.is_complete() {
            if let Some(ending) = interruption() {
                return ending;
            }
            projections.step(&recombined);
        }
        let means = task.cache.train_means(data);
        let filling = missing::filling(config.missing.fill, &means, task.compute.device);
        let missing = missing::accuracies(&recombined, &filling);
        let correct = rows.iter().map(|(_, of_seed)| of_seed.correct.as_slice());
        let emaps = projections.accuracies(labels, correct);
        for ((numbers, missing), emap) in evaluations.iter_mut().zip(missing).zip(emaps) {
            (numbers.missing, numbers.emap) = (Some(missing), emap);
        }
        Ending::Trained(Trained { outcomes: training.outcomes(), weights, evaluations, rows })
    }

    /// The order in force, once it is not to wait.
    fn order(&mut self) -> Order {
        let before = Instant::now();
        let order = self.task.control.order();
        self.waited += before.elapsed();
        order
    }

    /// Worker time so far.
    fn seconds(&self) -> f64 {
        self.seconds_before + self.began.elapsed().saturating_sub(self.waited).as_secs_f64()
    }

    /// Saves the training state; what cannot be saved is trained again.
    fn leave(
        &self,
        training: &mut CohortTraining<'_>,
        saver: &mut Saver<'_>,
        events: &Sender<GroupEvent>,
    ) -> Ending {
        warn(saver.save(training, self.seconds()), self.number, events);
        Ending::Left
    }
}

/// A training state that was not saved costs time at most, so training continues.
fn warn(saved: Result<(), StoreError>, number: usize, events: &Sender<GroupEvent>) {
    if let Err(error) = saved {
        let text = format!("the training state was not saved: {error}");
        let _ = events.send((number, TrainingEvent::Warned(text)));
    }
}
