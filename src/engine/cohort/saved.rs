//! A group's training on disk, so that another process can go on at the same step. Knows no journal.
//!
//! `<folder>/seed-<first>.safetensors` holds weights, moments, sums and what is known of each seed; the best
//! weights stand in a file of their own beside it, which is written only when they changed. Both are written
//! beside and renamed, the best ones first, so that there is one whole position at any time.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use safetensors::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use super::{CohortTraining, Trial};
use crate::engine::device::Compute;
use crate::engine::evaluation::host;
use crate::engine::inputs::CohortInputs;
use crate::engine::parameters::Parameters;
use crate::engine::trainer::Sums;
use crate::store::StoreError;
use crate::study::config::Config;
use crate::study::event::{Position, SeedMetrics, SeedOutcome};
use crate::study::grid::{CohortId, Epoch, Seed};

/// Where [`Record`] stands in the file's `__metadata__`.
const RECORD: &str = "training";
const EXTENSION: &str = "safetensors";
/// Saving takes at most one part in so many of the time.
const TIME_BETWEEN: u32 = 20;

/// Where and how often a cohort's groups are saved.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Place {
    /// The cohort's own folder.
    pub(in crate::engine) folder: PathBuf,
    pub(in crate::engine) attempt: u32,
    /// Least time between two positions; zero: only when the cohort is left.
    pub(in crate::engine) every: Duration,
}

/// One group's files.
pub(in crate::engine) struct Slot {
    place: Place,
    cohort: CohortId,
    due: Option<Instant>,
    /// Number of the file with the best weights; 0 before the first.
    best: u64,
}

/// A group as it was saved, read back and found whole.
pub(in crate::engine) struct Saved {
    record: Record,
    tensors: Vec<u8>,
    best: Vec<u8>,
}

/// What is saved beside tensors.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    cohort: CohortId,
    attempt: u32,
    position: Position,
    /// Worker time so far.
    seconds: f64,
    /// Number of the file with the best weights.
    best: u64,
    trials: Vec<SavedTrial>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedTrial {
    seed: Seed,
    best: Option<(Epoch, f64)>,
    ended: Option<SeedOutcome>,
    is_frozen: bool,
    metrics: Vec<SeedMetrics>,
}

impl Slot {
    /// Of a group that begins, or goes on from `saved`.
    pub(in crate::engine) fn new(place: Place, cohort: CohortId, saved: Option<&Saved>) -> Self {
        let due = (!place.every.is_zero()).then(|| Instant::now() + place.every);
        Self { place, cohort, due, best: saved.map_or(0, |saved| saved.record.best) }
    }

    /// Saves if the last time is long enough ago.
    pub(in crate::engine) fn save_if_due(
        &mut self,
        training: &mut CohortTraining<'_>,
        seconds: f64,
    ) -> Result<(), StoreError> {
        if self.due.is_some_and(|due| Instant::now() >= due) { self.save(training, seconds) } else { Ok(()) }
    }

    /// Saves where `training` stands, after `seconds` of worker time.
    pub(in crate::engine) fn save(
        &mut self,
        training: &mut CohortTraining<'_>,
        seconds: f64,
    ) -> Result<(), StoreError> {
        let began = Instant::now();
        let result = self.write(training, seconds);
        // A disk that refused is tried again later, not at every step.
        let between = self.place.every.max(began.elapsed() * TIME_BETWEEN);
        self.due = self.due.is_some().then(|| Instant::now() + between);
        result
    }

    fn write(&mut self, training: &mut CohortTraining<'_>, seconds: f64) -> Result<(), StoreError> {
        let folder = &self.place.folder;
        fs::create_dir_all(folder).map_err(StoreError::io("make", folder))?;
        let first = training.trials.first().map_or(Seed(0), |trial| trial.seed);
        if !training.best_is_saved {
            write_file(&best_file(folder, first, self.best + 1), training.best_tensors(), None)?;
        }
        let best = if training.best_is_saved { self.best } else { self.best + 1 };
        let record = training.record_of(self.cohort, self.place.attempt, seconds, best);
        write_file(&main_file(folder, first), training.tensors(), Some(&record))?;
        if best != self.best {
            // Only now does nothing name the older one.
            let _ = fs::remove_file(best_file(folder, first, self.best));
        }
        (self.best, training.best_is_saved) = (best, true);
        Ok(())
    }
}

impl Saved {
    /// Every group of `cohort`'s `attempt` that was saved in `folder` and is made of `seeds` alone; and what
    /// is wrong with the others.
    pub(in crate::engine) fn read_all(
        folder: &Path,
        cohort: CohortId,
        attempt: u32,
        seeds: &[Seed],
    ) -> (Vec<Self>, Vec<String>) {
        let (mut groups, mut complaints) = (Vec::new(), Vec::new());
        let mut free: BTreeSet<Seed> = seeds.iter().copied().collect();
        for path in main_files(folder) {
            match Self::read(&path) {
                Ok(saved) => {
                    let record = &saved.record;
                    let all_free = record.trials.iter().all(|trial| free.contains(&trial.seed));
                    if record.cohort == cohort && record.attempt == attempt && all_free {
                        free.retain(|seed| record.trials.iter().all(|trial| trial.seed != *seed));
                        groups.push(saved);
                    }
                }
                Err(why) => complaints.push(format!("{} is not used: {why}", path.display())),
            }
        }
        (groups, complaints)
    }

    fn read(path: &Path) -> Result<Self, String> {
        let tensors = fs::read(path).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(&tensors).map_err(|error| error.to_string())?;
        let words = header.metadata().as_ref().and_then(|words| words.get(RECORD));
        let words = words.ok_or("it does not say where training stood")?;
        let record: Record = serde_json::from_str(words).map_err(|error| error.to_string())?;
        let first = record.trials.first().ok_or("it holds no seed")?.seed;
        let folder = path.parent().unwrap_or(Path::new("."));
        let best = fs::read(best_file(folder, first, record.best)).map_err(|error| error.to_string())?;
        SafeTensors::read_metadata(&best).map_err(|error| error.to_string())?;
        Ok(Self { record, tensors, best })
    }

    /// The seeds, in their order.
    pub(in crate::engine) fn seeds(&self) -> Vec<Seed> {
        self.record.trials.iter().map(|trial| trial.seed).collect()
    }

    /// Where it stood.
    pub(in crate::engine) const fn position(&self) -> Position {
        self.record.position
    }

    /// Worker time until then.
    pub(in crate::engine) const fn seconds(&self) -> f64 {
        self.record.seconds
    }

    /// How many epochs of each seed it knows.
    pub(in crate::engine) fn epochs(&self) -> impl Iterator<Item = (Seed, usize)> {
        self.record.trials.iter().map(|trial| (trial.seed, trial.metrics.len()))
    }
}

impl<'a> CohortTraining<'a> {
    /// Goes on where `saved` stood; an error says what does not fit.
    pub(in crate::engine) fn resume(
        config: &'a Config,
        saved: Saved,
        inputs: &CohortInputs,
        widths: (usize, usize),
        compute: Compute,
    ) -> Result<Self, String> {
        let Saved { record, tensors, best } = saved;
        let seeds: Vec<Seed> = record.trials.iter().map(|trial| trial.seed).collect();
        let mut training = Self::blank(record.cohort, config, &seeds, inputs, widths, compute);
        training.position = record.position;
        if !training.is_over() {
            if training.position.step as usize * config.train.batch_size >= training.train_size {
                return Err("its step is beyond the epoch's end".into());
            }
            training.begin_epoch();
        }
        training.load(&tensors, &best, &record)?;
        for (index, (trial, saved)) in training.trials.iter_mut().zip(record.trials).enumerate() {
            if saved.is_frozen {
                let frozen = Parameters::zeros(training.parameters.shape(), 1, compute.device);
                load_parameters(&SafeTensors::deserialize(&best).map_err(words)?, "frozen", index, &frozen)?;
                trial.frozen = Some(frozen);
            }
            (trial.best, trial.ended, trial.metrics) = (saved.best, saved.ended, saved.metrics);
        }
        training.best_is_saved = true;
        Ok(training)
    }

    /// The numbers of every epoch from `first` on that is done, for each seed that trained in it.
    pub(in crate::engine) fn told_since(&self, first: Epoch) -> Vec<(Epoch, Vec<SeedMetrics>)> {
        (first.0..self.position.epoch.0)
            .map(|epoch| {
                let of_epoch = |trial: &Trial| trial.metrics.get(epoch as usize - 1).copied();
                (Epoch(epoch), self.trials.iter().filter_map(of_epoch).collect())
            })
            .collect()
    }

    fn load(&mut self, tensors: &[u8], best: &[u8], record: &Record) -> Result<(), String> {
        let file = SafeTensors::deserialize(tensors).map_err(words)?;
        let best = SafeTensors::deserialize(best).map_err(words)?;
        let (first, second, step) = self.optimizer.state();
        for index in 0..record.trials.len() {
            for (name, parameters) in
                [("weights", &self.parameters), ("first_moments", first), ("second_moments", second)]
            {
                load_parameters(&file, name, index, &parameters.range(index, 1))?;
            }
            load_parameters(&best, "best", index, &self.best.range(index, 1))?;
        }
        load_tensor(&file, "step", step)?;
        self.optimizer.resume();
        let count = self.trials.len() as i64;
        let loss = Tensor::zeros([count], (Kind::Double, Device::Cpu));
        let correct = Tensor::zeros([count], (Kind::Int64, Device::Cpu));
        load_tensor(&file, "loss", &loss)?;
        load_tensor(&file, "correct", &correct)?;
        let sums = host::<f64>(&loss).into_iter().zip(host::<i64>(&correct));
        let sums: Vec<Sums> = sums.map(|(loss, correct)| Sums { loss, correct }).collect();
        self.trainer.set_sums(&sums);
        Ok(())
    }

    fn record_of(&self, cohort: CohortId, attempt: u32, seconds: f64, best: u64) -> Record {
        let trials = self.trials.iter().map(|trial| SavedTrial {
            seed: trial.seed,
            best: trial.best,
            ended: trial.ended.clone(),
            is_frozen: trial.frozen.is_some(),
            metrics: trial.metrics.clone(),
        });
        Record { cohort, attempt, position: self.position, seconds, best, trials: trials.collect() }
    }

    fn tensors(&self) -> BTreeMap<String, Stored> {
        let (first, second, step) = self.optimizer.state();
        let mut tensors = BTreeMap::new();
        for index in 0..self.trials.len() {
            store_parameters(&mut tensors, "weights", index, &self.parameters.range(index, 1));
            store_parameters(&mut tensors, "first_moments", index, &first.range(index, 1));
            store_parameters(&mut tensors, "second_moments", index, &second.range(index, 1));
        }
        tensors.insert("step".into(), Stored::of(step));
        let (loss, correct): (Vec<f64>, Vec<i64>) =
            self.trainer.sums().into_iter().map(|sums| (sums.loss, sums.correct)).unzip();
        tensors.insert("loss".into(), Stored::of(&Tensor::from_slice(&loss)));
        tensors.insert("correct".into(), Stored::of(&Tensor::from_slice(&correct)));
        tensors
    }

    fn best_tensors(&self) -> BTreeMap<String, Stored> {
        let mut tensors = BTreeMap::new();
        for (index, trial) in self.trials.iter().enumerate() {
            store_parameters(&mut tensors, "best", index, &self.best.range(index, 1));
            if let Some(frozen) = &trial.frozen {
                store_parameters(&mut tensors, "frozen", index, frozen);
            }
        }
        tensors
    }
}

/// A tensor whose bytes are fetched only when they are written.
struct Stored {
    tensor: Tensor,
    shape: Vec<usize>,
}

impl Stored {
    fn of(tensor: &Tensor) -> Self {
        let shape = tensor.size().into_iter().map(|length| length as usize).collect();
        Self { tensor: tensor.shallow_clone(), shape }
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        match self.tensor.kind() {
            Kind::Int64 => Dtype::I64,
            Kind::Double => Dtype::F64,
            _ => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let flat = self.tensor.reshape([-1]);
        match self.dtype() {
            Dtype::I64 => host::<i64>(&flat).into_iter().flat_map(i64::to_le_bytes).collect(),
            Dtype::F64 => host::<f64>(&flat).into_iter().flat_map(f64::to_le_bytes).collect(),
            _ => host::<f32>(&flat).into_iter().flat_map(f32::to_le_bytes).collect(),
        }
    }

    fn data_len(&self) -> usize {
        let bytes = if self.dtype() == Dtype::F32 { 4 } else { 8 };
        self.shape.iter().product::<usize>() * bytes
    }
}

fn store_parameters(tensors: &mut BTreeMap<String, Stored>, name: &str, seed: usize, head: &Parameters) {
    for (index, storage) in head.storage().iter().enumerate() {
        tensors.insert(format!("{name}.{index}.{seed}"), Stored::of(storage));
    }
}

fn load_parameters(file: &SafeTensors<'_>, name: &str, seed: usize, head: &Parameters) -> Result<(), String> {
    for (index, storage) in head.storage().iter().enumerate() {
        load_tensor(file, &format!("{name}.{index}.{seed}"), storage)?;
    }
    Ok(())
}

/// Overwrites `target` with the tensor `name`, which has to have its kind and shape.
fn load_tensor(file: &SafeTensors<'_>, name: &str, target: &Tensor) -> Result<(), String> {
    let found = file.tensor(name).map_err(words)?;
    let expected = Stored::of(target);
    if (found.dtype(), found.shape()) != (expected.dtype(), expected.shape()) {
        return Err(format!("{name} is {:?} {:?}", found.dtype(), found.shape()));
    }
    let bytes = found.data();
    let values = match found.dtype() {
        Dtype::I64 => Tensor::from_slice(&numbers(bytes, i64::from_le_bytes)),
        Dtype::F64 => Tensor::from_slice(&numbers(bytes, f64::from_le_bytes)),
        _ => Tensor::from_slice(&numbers(bytes, f32::from_le_bytes)),
    };
    target.shallow_clone().copy_(&values.view(target.size().as_slice()));
    Ok(())
}

fn numbers<const N: usize, T>(bytes: &[u8], number: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
}

fn write_file(
    path: &Path,
    tensors: BTreeMap<String, Stored>,
    record: Option<&Record>,
) -> Result<(), StoreError> {
    let encode = |why: String| StoreError::Encode { what: "a training position", why };
    let record = record.map(serde_json::to_string).transpose().map_err(|error| encode(error.to_string()))?;
    let metadata = record.map(|record| HashMap::from([(RECORD.to_owned(), record)]));
    let partial = path.with_extension("partial");
    let written = safetensors::serialize_to_file(tensors, metadata, &partial);
    written.map_err(|error| match error {
        safetensors::SafeTensorError::IoError(source) => StoreError::io("write", path)(source),
        other => encode(other.to_string()),
    })?;
    File::open(&partial)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(&partial, path))
        .map_err(StoreError::io("write", path))
}

fn main_file(folder: &Path, first: Seed) -> PathBuf {
    folder.join(format!("seed-{}.{EXTENSION}", first.0))
}

fn best_file(folder: &Path, first: Seed, number: u64) -> PathBuf {
    folder.join(format!("best-{}-{number}.{EXTENSION}", first.0))
}

/// Every file of [`main_file`], in the order of their names; none where there is no folder.
fn main_files(folder: &Path) -> Vec<PathBuf> {
    let is_main = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("seed-") && path.extension().is_some_and(|extension| extension == EXTENSION)
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_main).collect();
    paths.sort();
    paths
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn words(error: safetensors::SafeTensorError) -> String {
    error.to_string()
}
