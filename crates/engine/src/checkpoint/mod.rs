//! A trained model outside its run: what its checkpoint says of the way to its inputs, and what it does on
//! rows from elsewhere.

pub(crate) mod head;
mod tested;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use data::{Cut, FittedScale};
use store::checkpoint::{HeadArrays, read};
use store::{StoreError, run_dir};
use study::config::{self, Config};
use study::grid::{Epoch, Seed, Task};
use study::model::{FusionSettings, ModelId, Parameter, Sizes};

pub use tested::Tested;
pub(crate) use written::{PREPROCESSING, keep_projections, preprocessing, save};
use written::{Preprocessing, both, fingerprint, split_in_name};

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

impl Checkpoint {
    /// Opens and checks the checkpoint at `path`; the projections, where it needs any, beside it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::NoCheckpoint { path: path.into(), why };
        let arrays = read(path)?;
        let metadata = Said(&arrays.metadata);
        let fusion = metadata.word::<ModelId>("fusion");
        let (head, values) = match &fusion {
            Ok(model) if !model.has_features() => {
                // Names are the same whatever the sizes are.
                let settings = FusionSettings::default();
                let names = model.parameters(&Sizes { text: 1, image: 1, hidden: 1, settings });
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
        let (hidden, settings) = (self.config.model.hidden, self.config.fusion.settings());
        let wanted = self.fusion.parameters(&Sizes { text: n, image: m, hidden, settings });
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
        match (self.task, &self.preprocessing.cut, &self.preprocessing.graded) {
            (Task::Real, None, None) => Ok(()),
            (Task::Synthetic, Some(cut), None) if is_cut(cut) => Ok(()),
            (task, None, Some(graded)) if graded.is_sound(task, [n, m]) => Ok(()),
            _ => Err("it does not say how its task's labels are made".into()),
        }
    }
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
