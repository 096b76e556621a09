//! A trained head outside its run: what its checkpoint says of the way to its inputs, and what it does on
//! rows from elsewhere.

pub(crate) mod head;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::thread;

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::backend::device;
use crate::backend::inputs::upload;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::backend::sums::host;
use crate::error::EngineError;
use crate::evaluation::noise::{Draws, Moments, Noise};
use crate::evaluation::{Evaluation, TrialWeights};
use crate::fusion;
use data::{self, Cut, DataError, Elsewhere, Fitted, FittedModality, FittedScale, Partition, RowChoice};
use head::Head;
use store::checkpoint::{Arrays, HeadArrays, read, write};
use store::{RunDir, StoreError, run_dir};
use study::config::{self, Config, DeviceChoice, Fault, NoiseSource, Origin, RunConfig};
use study::event::NoiseCurve;
use study::grid::{Epoch, Seed, Task};
use study::model::{ModelId, Parameter, Sizes};

/// What a head's inputs went through, as its checkpoint's metadata holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Preprocessing {
    fitted: Fitted,
    /// BLAKE3 of the projections in the file beside the checkpoint, where there are any.
    projection: Option<String>,
    cut: Option<Cut>,
    /// Of the training rows, text and image.
    noise: [Moments; 2],
}

/// A checkpoint that was opened and checked.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    config: Config,
    config_text: String,
    fusion: ModelId,
    task: Task,
    train_size: usize,
    trial: (Seed, Epoch),
    recorded: Recorded,
    /// Width F of the features and units H of the hidden layer; absent for a model with parameters of its own.
    head: Option<(usize, Option<usize>)>,
    /// The parameters, in the model's order.
    values: Vec<Vec<f32>>,
    preprocessing: Preprocessing,
}

/// Accuracies that the checkpoint was written with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// On its validation split.
    pub val_accuracy: f64,
    /// On its test split.
    pub test_accuracy: Option<f64>,
}

/// What a checkpoint does on rows from elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// How its modalities are joined.
    pub fusion: ModelId,
    /// What it predicts.
    pub task: Task,
    /// Rows that it was trained on.
    pub train_size: usize,
    /// Its seed.
    pub seed: Seed,
    /// The epoch of its weights.
    pub best_epoch: Epoch,
    /// What it was written with.
    pub recorded: Recorded,
    /// The rows' source.
    pub data: String,
    /// How many.
    pub rows: usize,
    /// Share of the larger class.
    pub majority_share: f64,
    /// Share of rows that it gets right.
    pub accuracy: f64,
    /// Mean of the two classes' recalls.
    pub balanced_accuracy: f64,
    /// Area under the ROC curve; absent where the rows are of one class.
    pub auc: Option<f64>,
    /// Levels of noise.
    pub levels: Vec<f64>,
    /// Accuracy at each level.
    pub noise: Vec<NoiseCurve>,
}

/// The metadata's key.
pub(crate) const PREPROCESSING: &str = "preprocessing";

/// What goes into the metadata of the task's checkpoints on this split; absent where it does not have the task.
pub(crate) fn preprocessing(split: &Partition, task: Task, config: &Config) -> Option<String> {
    let inputs = &split.task(task)?.inputs;
    let moments = |rows| Moments::of(rows, config.noise.statistics);
    let preprocessing = Preprocessing {
        fitted: split.fitted.clone(),
        projection: fingerprint(&split.fitted),
        cut: split.cut.clone().filter(|_| task == Task::Synthetic),
        noise: [moments(&inputs.text.train), moments(&inputs.image.train)],
    };
    serde_json::to_string(&preprocessing).ok()
}

/// Keeps the split's projections beside the run's checkpoints, where it has any.
pub(crate) fn keep_projections(
    split: &Partition,
    config: &Config,
    run_dir: &RunDir,
) -> Result<(), StoreError> {
    let path = run_dir.projection(split_in_name(config, split.seed));
    if path.exists() {
        return Ok(());
    }
    let array = |(name, of): (&str, &FittedModality)| {
        let map = of.projection.as_ref()?;
        Some((name.to_owned(), (vec![map.nrows(), map.ncols()], map.iter().copied().collect())))
    };
    let arrays: BTreeMap<_, _> = both(&split.fitted).into_iter().filter_map(array).collect();
    if arrays.is_empty() {
        return Ok(());
    }
    write(&path, &Arrays { metadata: BTreeMap::new(), arrays })
}

/// The split's seed where a run has several, and so a file of projections for each.
fn split_in_name(config: &Config, split: Seed) -> Option<Seed> {
    (config.data.split_seeds.len() > 1).then_some(split)
}

const fn both(fitted: &Fitted) -> [(&'static str, &FittedModality); 2] {
    [("text", &fitted.text), ("image", &fitted.image)]
}

/// Hexadecimal BLAKE3 of the projections' shapes and values; absent where there are none.
fn fingerprint(fitted: &Fitted) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    for (name, of) in both(fitted) {
        let Some(map) = &of.projection else { continue };
        hasher.update(name.as_bytes());
        hasher.update(&(map.ncols() as u64).to_le_bytes());
        for value in map {
            hasher.update(&value.to_le_bytes());
        }
    }
    (hasher.count() > 0).then(|| hasher.finalize().to_hex().to_string())
}

/// Writes the only model of `parameters`, and what is said of it (`__metadata__`), to `path`, whole or not at all.
pub(crate) fn save(
    parameters: &Parameters,
    path: &Path,
    metadata: &[(&str, String)],
) -> Result<(), EngineError> {
    if parameters.shape().fusion.has_features() {
        return Head::from_stack(parameters).save(path, metadata);
    }
    let array = |(name, tensor): (&str, Tensor)| {
        let shape = tensor.size()[1..].iter().map(|&length| length as usize).collect();
        (name.to_owned(), (shape, host(&tensor.contiguous().view([-1]))))
    };
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Ok(write(path, &Arrays { metadata, arrays: parameters.named().map(array).collect() })?)
}

impl Checkpoint {
    /// Opens and checks the checkpoint at `path`; the projections, where it needs any, beside it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::NoCheckpoint { path: path.into(), why };
        let arrays = read(path)?;
        let metadata = Said(&arrays.metadata);
        let fusion = metadata.word::<ModelId>("fusion");
        let (head, values) = match &fusion {
            Ok(model) if !model.has_features() => {
                let names = model.parameters(&Sizes { text: 1, image: 1, hidden: 1 });
                let names: Vec<&str> = names.iter().map(|parameter| parameter.name).collect();
                (None, arrays.named(&names).map_err(&refused)?)
            }
            _ => {
                let HeadArrays { fused, hidden, values } = arrays.head().map_err(&refused)?;
                (Some((fused, hidden)), values)
            }
        };
        let config_text = metadata.text("config").map_err(&refused)?.to_owned();
        let config = config::read(Some(&config_text), &[])
            .map_err(|faults| refused(format!("its configuration is none:\n{faults}")))?;
        let mut checkpoint = Self {
            path: path.into(),
            config,
            config_text,
            fusion: fusion.map_err(&refused)?,
            task: metadata.word("task").map_err(&refused)?,
            train_size: metadata.number("train_size").map_err(&refused)?,
            trial: (
                Seed(metadata.number("seed").map_err(&refused)?),
                Epoch(metadata.number("best_epoch").map_err(&refused)?),
            ),
            recorded: Recorded {
                val_accuracy: metadata.number("val_accuracy").map_err(&refused)?,
                test_accuracy: metadata.number("test_accuracy").ok(),
            },
            head,
            values,
            preprocessing: metadata.json(PREPROCESSING).map_err(|why| {
                refused(format!(
                    "{why}; checkpoints of earlier versions do not say how their inputs were made"
                ))
            })?,
        };
        checkpoint.take_projections()?;
        checkpoint.check().map_err(refused)?;
        Ok(checkpoint)
    }

    /// The configuration that it was trained with, as text.
    pub fn config_text(&self) -> &str {
        &self.config_text
    }

    /// The rows that `config.data` names, as the head receives them. What shapes its inputs or the head
    /// itself must be as in its own configuration.
    pub fn rows(&self, config: &Config, choice: RowChoice) -> Result<Elsewhere, EngineError> {
        self.compare(config)?;
        let cut = self.preprocessing.cut.as_ref();
        let rows =
            data::elsewhere(config, (self.task, self.trial.0), &self.preprocessing.fitted, cut, choice)?;
        let (n, m) = self.widths();
        for (name, rows, wanted) in [("text", &rows.text, n), ("image", &rows.image, m)] {
            let found = rows.ncols();
            if found != wanted {
                let place = format!("the {name} modality");
                return Err(DataError::OtherWidth { place, found, wanted }.into());
            }
        }
        Ok(rows)
    }

    /// Tests it on `rows`, which [`Self::rows`] made with the same `config`.
    pub fn test(&self, config: &Config, rows: &Elsewhere) -> Result<Tested, EngineError> {
        let levels = config.noise.levels.resolve().map_err(|message| fault("noise.levels", message))?;
        // Where it was trained says nothing about where it is tested.
        let is_own = config.run.device == self.config.run.device;
        let asked = if is_own { DeviceChoice::Auto } else { config.run.device };
        let devices = device::choose(&RunConfig { device: asked, workers: 1, ..config.run.clone() }, 1)?;
        let compute = devices.workers.first().copied().unwrap_or_else(device::Compute::cpu);
        // LibTorch's infallible calls panic: on a worker's thread that is logged and no more.
        let tested = thread::scope(|scope| {
            let work = || self.compute(config, rows, &levels, compute);
            thread::Builder::new()
                .name("worker-0".into())
                .spawn_scoped(scope, work)
                .map(thread::ScopedJoinHandle::join)
        });
        match tested {
            Ok(Ok(tested)) => tested,
            Ok(Err(_)) => Err(EngineError::LibTorch("the test failed; the memory may not suffice".into())),
            Err(_) => Err(EngineError::Thread("worker")),
        }
    }

    fn compute(
        &self,
        config: &Config,
        rows: &Elsewhere,
        levels: &[f64],
        compute: device::Compute,
    ) -> Result<Tested, EngineError> {
        let _no_grad = compute.enter(compute.threads)?;
        let device = compute.device;
        let fused = fusion::rows(self.fusion, &upload(&rows.text, device), &upload(&rows.image, device));
        let labels = Tensor::from_slice(&rows.labels).to_kind(Kind::Int64).to_device(device);
        let moments = match config.noise.source {
            NoiseSource::Train => self.preprocessing.noise.clone(),
            NoiseSource::Test => {
                [&rows.text, &rows.image].map(|rows| Moments::of(rows, config.noise.statistics))
            }
        };
        let draws = Draws::on([&rows.text, &rows.image], moments, device, 0);
        let fusion = self.fusion;
        let evaluation = Evaluation {
            arithmetic: compute.arithmetic,
            activation: config.model.activation,
            rows: &fused,
            labels: &rows.labels,
            noise: Noise { config: &config.noise, levels, fusion, draws: &draws, labels: &labels },
        };
        let (n, m) = self.widths();
        let shape = HeadShape {
            fusion: self.fusion,
            text: n as i64,
            image: m as i64,
            hidden: self.config.model.hidden as i64,
        };
        let weights = || Parameters::of_one(shape, &self.values, device);
        let (seed, best_epoch) = self.trial;
        let val_accuracy = self.recorded.val_accuracy;
        let (numbers, _) =
            evaluation.of(&TrialWeights { seed, best_epoch, val_accuracy, best: weights(), last: weights() });
        let ones = rows.labels.iter().map(|&label| f64::from(label)).sum::<f64>() / rows.labels.len() as f64;
        Ok(Tested {
            checkpoint: self.path.clone(),
            fusion: self.fusion,
            task: self.task,
            train_size: self.train_size,
            seed,
            best_epoch,
            recorded: self.recorded,
            data: rows.name.clone(),
            rows: rows.labels.len(),
            majority_share: ones.max(1.0 - ones),
            accuracy: numbers.test_accuracy,
            balanced_accuracy: numbers.test_balanced_accuracy,
            auc: numbers.auc,
            levels: levels.to_vec(),
            noise: numbers.noise,
        })
    }

    /// Widths of the two modalities as the model receives them.
    const fn widths(&self) -> (usize, usize) {
        let [text, image] = &self.preprocessing.noise;
        (text.width(), image.width())
    }

    /// Reads the projections beside it, where its metadata names some.
    fn take_projections(&mut self) -> Result<(), StoreError> {
        let Some(wanted) = &self.preprocessing.projection else { return Ok(()) };
        let data = &self.config.data;
        let split = data.splits().get(data.split_of(self.trial.0)).copied().unwrap_or(Seed(data.split_seed));
        let name = run_dir::projection_name(split_in_name(&self.config, split));
        let path = self.path.with_file_name(name);
        let refused = |why: &str| StoreError::NoCheckpoint { path: path.clone(), why: why.into() };
        if !path.exists() {
            return Err(refused("the checkpoint needs the projections in it, from its own folder"));
        }
        let mut arrays = read(&path)?.arrays;
        let fitted = &mut self.preprocessing.fitted;
        for (name, of) in [("text", &mut fitted.text), ("image", &mut fitted.image)] {
            let Some((shape, values)) = arrays.remove(name) else { continue };
            let &[from, width] = shape.as_slice() else { return Err(refused("it holds no matrices")) };
            of.projection = ndarray::Array2::from_shape_vec((from, width), values).ok();
        }
        if fingerprint(fitted).as_ref() != Some(wanted) {
            return Err(refused("it does not belong to the checkpoint"));
        }
        Ok(())
    }

    /// Whether everything that it says fits together.
    fn check(&self) -> Result<(), String> {
        let (n, m) = self.widths();
        if n == 0 || m == 0 || self.preprocessing.noise.iter().any(|moments| !moments.is_sound()) {
            return Err("its noise is none".into());
        }
        // Both are lengths of lists in memory: their product is far from overflow.
        let wanted = self.fusion.parameters(&Sizes { text: n, image: m, hidden: self.config.model.hidden });
        let is_model = wanted.iter().map(Parameter::count).eq(self.values.iter().map(Vec::len));
        if !is_model || (self.fusion.needs_equal_widths() && n != m) {
            let hidden = (!self.fusion.is_logistic()).then_some(self.config.model.hidden);
            let units = |hidden: Option<usize>| hidden.map_or("no".into(), |units| units.to_string());
            let found = self.head.map_or_else(
                || "of other shapes".into(),
                |(fused, hidden)| format!("none of {fused} inputs and {} hidden units", units(hidden)),
            );
            return Err(format!(
                "a {} head of widths {n} and {m} with {} hidden units is {found}",
                self.fusion,
                units(hidden),
            ));
        }
        for ((name, of), width) in both(&self.preprocessing.fitted).into_iter().zip([n, m]) {
            let is_projected = of.projection.as_ref().is_none_or(|map| map.ncols() == width);
            let is_scaled = match &of.scale {
                FittedScale::None => true,
                FittedScale::Rms { factor } => factor.is_finite(),
                FittedScale::Standard { mean, deviation } => {
                    mean.len() == width
                        && deviation.len() == width
                        && mean.iter().all(|mean| mean.is_finite())
                        && deviation.iter().all(|deviation| deviation.is_finite() && *deviation > 0.0)
                }
            };
            if !is_projected || !is_scaled {
                return Err(format!("its {name} scale or projection is not of width {width}"));
            }
        }
        let is_cut = |cut: &Cut| {
            let is_mean =
                |mean: &[f64], width| mean.len() == width && mean.iter().all(|mean| mean.is_finite());
            let is_centre =
                cut.centre.as_ref().is_none_or(|(text, image)| is_mean(text, n) && is_mean(image, m));
            cut.threshold.is_finite() && is_centre && n == m
        };
        match (self.task, &self.preprocessing.cut) {
            (Task::Real, None) => Ok(()),
            (Task::Synthetic, Some(cut)) if is_cut(cut) => Ok(()),
            _ => Err("it does not say how its task's labels are made".into()),
        }
    }

    /// Refuses other values for keys that shape the head or its inputs.
    fn compare(&self, config: &Config) -> Result<(), EngineError> {
        let ours = &self.config;
        for (key, is_same) in [
            ("model.activation", ours.model.activation == config.model.activation),
            ("model.hidden", ours.model.hidden == config.model.hidden),
            ("data.width", ours.data.width == config.data.width),
            ("data.pad", ours.data.pad == config.data.pad),
            ("data.scale", ours.data.scale == config.data.scale),
            ("synthetic.label", ours.synthetic.label == config.synthetic.label),
            ("synthetic.pairs", ours.synthetic.pairs == config.synthetic.pairs),
            ("noise.statistics", ours.noise.statistics == config.noise.statistics),
        ] {
            if !is_same {
                let message = "it must be as the checkpoint was trained: leave it out";
                return Err(fault(key, message.into()));
            }
        }
        Ok(())
    }
}

fn fault(key: &str, message: String) -> EngineError {
    EngineError::Config(Fault { key: key.into(), origin: Origin::Default, message })
}

/// Metadata, of which nothing is believed.
struct Said<'a>(&'a BTreeMap<String, String>);

impl Said<'_> {
    fn text(&self, key: &str) -> Result<&str, String> {
        self.0.get(key).map(String::as_str).ok_or_else(|| format!("its metadata have no `{key}`"))
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, String> {
        self.text(key)?.parse().map_err(|_| format!("its `{key}` is no number"))
    }

    fn json<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Result<T, String> {
        serde_json::from_str(self.text(key)?).map_err(|error| format!("its `{key}`: {error}"))
    }

    /// A name such as `concat`.
    fn word<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Result<T, String> {
        let word = serde_json::Value::String(self.text(key)?.to_owned());
        serde_json::from_value(word).map_err(|error| format!("its `{key}`: {error}"))
    }
}
