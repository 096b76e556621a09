//! A group's training state on disk, so that another process can resume at the same step. Knows no journal.
//!
//! `seed-<first>.state` holds weights, moments, sums and what is known of each seed ([`record`]); the best weights are
//! in a file of their own beside it, which is written only when they changed, and whose checksum the first one names.
//! Each file is replaced as a whole, the best weights first, so that there is one complete state at any time. Where the
//! files are, [`states`] knows. What is damaged ([`file`]), or belongs to something else, is never used: it is removed,
//! and its seeds begin.

mod file;
mod record;
mod states;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tch::{Device, Kind, Tensor};

use super::{CohortTraining, Trial};
use crate::backend::device::Compute;
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::Parameters;
use crate::backend::sums::{Sums, host};
use file::{Contents, Values};
use record::{BestFile, Record, SavedTrial};
pub(crate) use record::{Owner, Wanted};
pub(crate) use states::{StateFolder, TrainingStates};
use store::StoreError;
use store::run_dir::is_state_of;
use study::config::Config;
use study::event::{Position, SeedMetrics};
use study::grid::{CohortId, Epoch, Seed};
use study::model::Sizes;

const EXTENSION: &str = ".state";
/// Of earlier builds, which wrote no checksum.
const OLD_EXTENSION: &str = ".safetensors";
/// Saving takes at most one twentieth of the time.
const TIME_BETWEEN: u32 = 20;

/// Where and how often a cohort's groups are saved.
pub(crate) struct Saving {
    /// The cohort's own.
    pub(crate) states: Box<dyn TrainingStates>,
    /// Whose training state it is.
    pub(crate) owner: Owner,
    /// Least time between two training states; zero: only when the cohort is left.
    pub(crate) every: Duration,
}

/// Saves one group.
pub(crate) struct Saver<'a> {
    saving: &'a Saving,
    due: Option<Instant>,
    /// Absent before the first.
    best: Option<BestFile>,
}

/// A group's training state, read back and found complete.
pub(crate) struct Saved {
    record: Record,
    main: Contents,
    best: Contents,
}

impl<'a> Saver<'a> {
    /// Of a group that begins, or resumes from `saved`.
    pub(crate) fn new(saving: &'a Saving, saved: Option<&Saved>) -> Self {
        let due = (!saving.every.is_zero()).then(|| Instant::now() + saving.every);
        Self { saving, due, best: saved.map(|saved| saved.record.best.clone()) }
    }

    /// Saves if the last time is long enough ago.
    pub(crate) fn save_if_due(
        &mut self,
        training: &mut CohortTraining<'_>,
        seconds: f64,
    ) -> Result<(), StoreError> {
        if self.due.is_some_and(|due| Instant::now() >= due) { self.save(training, seconds) } else { Ok(()) }
    }

    /// Saves the state of `training`, after `seconds` of worker time.
    pub(crate) fn save(&mut self, training: &mut CohortTraining<'_>, seconds: f64) -> Result<(), StoreError> {
        let began = Instant::now();
        let result = self.write(training, seconds);
        // A disk that refused is tried again later, not at every step.
        let between = self.saving.every.max(began.elapsed() * TIME_BETWEEN);
        self.due = self.due.is_some().then(|| Instant::now() + between);
        result
    }

    fn write(&mut self, training: &mut CohortTraining<'_>, seconds: f64) -> Result<(), StoreError> {
        let states = &self.saving.states;
        let first = training.trials.first().map_or(Seed(0), |trial| trial.seed);
        let best = match &self.best {
            Some(best) if training.best_is_saved => best.clone(),
            before => {
                let number = before.as_ref().map_or(0, |before| before.number).wrapping_add(1);
                let checksum = states.write(&best_file(first, number), b"", &training.best_tensors())?;
                BestFile { number, checksum }
            }
        };
        let record = training.record_of(self.saving.owner.clone(), seconds, best.clone());
        let encode =
            |why: serde_json::Error| StoreError::Encode { what: "training state", why: why.to_string() };
        let record = record.encode().map_err(encode)?;
        let most = record::most_record_bytes(training.trials.len() as u64, training.config.train.epochs);
        if record.len() as u64 > most {
            let why = format!("its record has {} bytes, and {most} would be the most", record.len());
            return Err(StoreError::Encode { what: "training state", why });
        }
        states.write(&main_file(first), &record, &training.tensors())?;
        training.best_is_saved = true;
        let before = self.best.replace(best);
        if let Some(before) = before.filter(|before| Some(before) != self.best.as_ref()) {
            // Only now does nothing name the older one.
            states.remove(&best_file(first, before.number));
        }
        Ok(())
    }
}

impl Saved {
    /// Removes what groups saved that begin with one of these seeds.
    pub(crate) fn remove_all(states: &dyn TrainingStates, seeds: &[Seed]) {
        for name in states.names().iter().filter(|name| is_state_of(name, seeds)) {
            states.remove(name);
        }
    }

    /// The same in a cohort's folder, which goes where it is empty then: for seeds that are over, so that nothing has to
    /// outlast a power cut.
    pub(crate) fn discard(folder: &Path, seeds: &[Seed]) {
        let states = StateFolder(folder.to_owned());
        for name in states.names().iter().filter(|name| is_state_of(name, seeds)) {
            let _ = fs::remove_file(folder.join(name));
        }
        let _ = fs::remove_dir(folder);
    }

    /// Every group of the wanted seeds that was saved and can be used; and, for each one that cannot be, what is wrong
    /// with it. Its file is removed.
    pub(crate) fn read_all(saving: &Saving, wanted: &Wanted<'_>) -> (Vec<Self>, Vec<String>) {
        let (mut groups, mut complaints) = (Vec::new(), Vec::new());
        let states = &saving.states;
        let mut free: BTreeSet<Seed> = wanted.seeds.iter().copied().collect();
        let is_own = |name: &String| is_main(name) && is_state_of(name, wanted.seeds);
        for name in states.names().into_iter().filter(is_own) {
            match Self::read(&name, saving, wanted, &free) {
                Ok(saved) => {
                    free.retain(|seed| saved.record.trials.iter().all(|trial| trial.seed != *seed));
                    groups.push(saved);
                }
                Err(why) => {
                    let file = located(saving, &name);
                    complaints.push(format!("{file} is discarded: {why}; its seeds start again at epoch 1"));
                    states.remove(&name);
                }
            }
        }
        (groups, complaints)
    }

    fn read(name: &str, saving: &Saving, wanted: &Wanted<'_>, free: &BTreeSet<Seed>) -> Result<Self, String> {
        if name.ends_with(OLD_EXTENSION) {
            return Err("it was saved by an older version, without a checksum".into());
        }
        let main = saving.states.read(name, wanted.most_bytes())?;
        let record = Record::decode(main.record()).map_err(|error| error.to_string())?;
        record.check(wanted, &saving.owner, free)?;
        let first = record.first().filter(|first| main_file(*first) == name);
        let first = first.ok_or("it has the name of another group")?;
        let best_name = best_file(first, record.best.number);
        let named = |why: String| format!("{}: {why}", located(saving, &best_name));
        let best = saving.states.read(&best_name, wanted.most_best_bytes()).map_err(named)?;
        if best.checksum != record.best.checksum {
            return Err(named("it is not the file that was saved with it".into()));
        }
        if [main.tensor_bytes(), best.tensor_bytes()] != record.tensor_bytes(wanted) {
            return Err("its tensors are not of the configuration's size".into());
        }
        Ok(Self { record, main, best })
    }

    /// The seeds, in their order.
    pub(crate) fn seeds(&self) -> Vec<Seed> {
        self.record.trials.iter().map(|trial| trial.seed).collect()
    }

    /// The epoch and step to resume at.
    pub(crate) const fn position(&self) -> Position {
        self.record.position
    }

    /// Worker time until then.
    pub(crate) const fn seconds(&self) -> f64 {
        self.record.seconds
    }

    /// How many epochs of each seed it knows.
    pub(crate) fn epochs(&self) -> impl Iterator<Item = (Seed, usize)> {
        self.record.trials.iter().map(|trial| (trial.seed, trial.metrics.len()))
    }
}

impl<'a> CohortTraining<'a> {
    /// Resumes where `saved` was; an error says what does not fit.
    pub(crate) fn resume(
        cohort: CohortId,
        config: &'a Config,
        saved: Saved,
        inputs: &CohortInputs,
        sizes: Sizes,
        compute: Compute,
    ) -> Result<Self, String> {
        let Saved { record, main, best } = saved;
        let seeds: Vec<Seed> = record.trials.iter().map(|trial| trial.seed).collect();
        let mut training = Self::blank(cohort, config, &seeds, inputs, sizes, compute);
        training.position = record.position;
        if !training.is_over() {
            training.begin_epoch();
        }
        training.load(&mut main.values())?;
        let mut best = best.values();
        for (index, (trial, saved)) in training.trials.iter_mut().zip(record.trials).enumerate() {
            fill(&mut best, &training.best.range(index, 1))?;
            if saved.is_frozen {
                let frozen = Parameters::zeros(training.parameters.shape(), 1, compute.device);
                fill(&mut best, &frozen)?;
                trial.frozen = Some(frozen);
            }
            (trial.best, trial.ended, trial.metrics) = (saved.best, saved.ended, saved.metrics);
        }
        training.best_is_saved = true;
        Ok(training)
    }

    /// The numbers of every epoch from `first` on that is done, for each seed that trained in it.
    pub(crate) fn epochs_since(&self, first: Epoch) -> Vec<(Epoch, Vec<SeedMetrics>)> {
        (first.0..self.position.epoch.0)
            .map(|epoch| {
                let of_epoch = |trial: &Trial| trial.metrics.get(epoch as usize - 1).copied();
                (Epoch(epoch), self.trials.iter().filter_map(of_epoch).collect())
            })
            .collect()
    }

    /// Weights, moments and sums, in the order of [`Self::tensors`].
    fn load(&mut self, values: &mut Values<'_>) -> Result<(), String> {
        let (first, second, step) = self.optimizer.state();
        for index in 0..self.trials.len() {
            for parameters in [&self.parameters, first, second] {
                fill(values, &parameters.range(index, 1))?;
            }
        }
        values.fill(step)?;
        self.optimizer.resume();
        let count = self.trials.len() as i64;
        let loss = Tensor::zeros([count], (Kind::Double, Device::Cpu));
        let correct = Tensor::zeros([count], (Kind::Int64, Device::Cpu));
        values.fill(&loss)?;
        values.fill(&correct)?;
        let sums = host::<f64>(&loss).into_iter().zip(host::<i64>(&correct));
        let sums: Vec<Sums> = sums.map(|(loss, correct)| Sums { loss, correct }).collect();
        self.trainer.set_sums(&sums);
        Ok(())
    }

    fn record_of(&self, owner: Owner, seconds: f64, best: BestFile) -> Record {
        let trials = self.trials.iter().map(|trial| SavedTrial {
            seed: trial.seed,
            best: trial.best,
            ended: trial.ended.clone(),
            is_frozen: trial.frozen.is_some(),
            metrics: trial.metrics.clone(),
        });
        Record { owner, position: self.position, seconds, best, trials: trials.collect() }
    }

    /// Of each seed its weights, first and second moments; then the step count, losses and right predictions.
    fn tensors(&self) -> Vec<Tensor> {
        let (first, second, step) = self.optimizer.state();
        let mut tensors = Vec::new();
        for index in 0..self.trials.len() {
            for parameters in [&self.parameters, first, second] {
                tensors.extend(storage(&parameters.range(index, 1)));
            }
        }
        let (loss, correct): (Vec<f64>, Vec<i64>) =
            self.trainer.sums().into_iter().map(|sums| (sums.loss, sums.correct)).unzip();
        tensors.extend([step.shallow_clone(), Tensor::from_slice(&loss), Tensor::from_slice(&correct)]);
        tensors
    }

    /// Of each seed its best weights, and the last ones where it ended early.
    fn best_tensors(&self) -> Vec<Tensor> {
        let mut tensors = Vec::new();
        for (index, trial) in self.trials.iter().enumerate() {
            tensors.extend(storage(&self.best.range(index, 1)));
            tensors.extend(trial.frozen.iter().flat_map(storage));
        }
        tensors
    }
}

fn storage(head: &Parameters) -> Vec<Tensor> {
    head.storage().iter().map(Tensor::shallow_clone).collect()
}

fn fill(values: &mut Values<'_>, head: &Parameters) -> Result<(), String> {
    head.storage().iter().try_for_each(|storage| values.fill(storage))
}

fn main_file(first: Seed) -> String {
    format!("seed-{}{EXTENSION}", first.0)
}

fn best_file(first: Seed, number: u32) -> String {
    format!("best-{}-{number}{EXTENSION}", first.0)
}

/// Whether it is the name of a [`main_file`], also of older versions.
fn is_main(name: &str) -> bool {
    name.starts_with("seed-") && [EXTENSION, OLD_EXTENSION].iter().any(|ending| name.ends_with(ending))
}

/// A file with its folder, for messages.
fn located(saving: &Saving, name: &str) -> String {
    format!("{}/{name}", saving.states.location())
}
