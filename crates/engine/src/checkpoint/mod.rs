//! A trained model outside its run: what its checkpoint says of the way to its inputs, and what it does on
//! rows from elsewhere.

pub(crate) mod head;
mod metadata;
mod tested;
mod written;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::backend::parameters::HeadShape;
use crate::fusion::{self, Reader};
use data::{Cut, FittedScale};
use metadata::Metadata;
use store::checkpoint::{HeadArrays, read};
use store::format::v1::checkpoint as disk;
use store::format::v1::{Model, TaskName};
use store::{StoreError, run_dir};
use study::config::{self, Config};
use study::grid::{Epoch, Seed, Task};
use study::model::{ModelId, Parameter, Sizes};

pub use tested::Tested;
use written::{Preprocessing, both, fingerprint, split_in_name};
pub(crate) use written::{keep_projections, preprocessing, save};

/// A checkpoint that was opened and checked.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    config: Config,
    config_text: String,
    fusion: ModelId,
    task: Task,
    train_size: usize,
    /// Names of its classes; empty for two that are called 0 and 1.
    classes: Vec<String>,
    trial: (Seed, Epoch),
    recorded: Recorded,
    /// Width F of the features and units H of the hidden layer; absent for a model with parameters of its own.
    head: Option<(usize, Option<usize>)>,
    /// The parameters, in the model's order.
    values: Vec<Vec<f32>>,
    /// Their shapes; empty for a head, whose shapes were checked with it.
    shapes: Vec<Vec<usize>>,
    /// What its fusion drew at random once, as JSON.
    frozen: Option<String>,
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
        let metadata = Metadata(&arrays.metadata);
        let fusion = metadata.name(disk::FUSION).map(|Model(model)| model).map_err(&refused)?;
        let config_text = metadata.text(disk::CONFIG).map_err(&refused)?.to_owned();
        let mut config = config::read(Some(&config_text), &[])
            .map_err(|faults| refused(format!("its configuration is none:\n{faults}")))?;
        config.fusion.torchscript.modules = metadata.modules(fusion).map_err(&refused)?;
        let (head, values, shapes) = if fusion.has_features() {
            let HeadArrays { fused, hidden, values } = arrays.head().map_err(&refused)?;
            (Some((fused, hidden)), values, Vec::new())
        } else {
            // Names are the same whatever the sizes are.
            let settings = config.fusion.settings();
            let sizes = Sizes { text: 1, image: 1, hidden: 1, classes: 2, settings };
            let names = fusion.parameters(&sizes);
            let names: Vec<&str> = names.iter().map(|parameter| parameter.name).collect();
            let (shapes, values) = arrays.named(&names).map_err(&refused)?.into_iter().unzip();
            (None, values, shapes)
        };
        let mut checkpoint = Self {
            path: path.into(),
            config,
            config_text,
            fusion,
            task: metadata.name(disk::TASK).map(|TaskName(task)| task).map_err(&refused)?,
            train_size: metadata.number(disk::TRAIN_SIZE).map_err(&refused)?,
            classes: metadata.classes().map_err(&refused)?,
            trial: (
                Seed(metadata.number(disk::SEED).map_err(&refused)?),
                Epoch(metadata.number(disk::BEST_EPOCH).map_err(&refused)?),
            ),
            recorded: Recorded {
                val_accuracy: metadata.number(disk::VAL_ACCURACY).map_err(&refused)?,
                test_accuracy: metadata.number(disk::TEST_ACCURACY).ok(),
            },
            head,
            values,
            shapes,
            frozen: arrays.metadata.get(disk::FROZEN).cloned(),
            preprocessing: metadata.preprocessing().map_err(|why| {
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

    /// What its model is built for.
    fn sizes(&self) -> Sizes {
        let (text, image) = self.widths();
        let (hidden, settings) = (self.config.model.hidden, self.config.fusion.settings());
        let classes = if self.classes.is_empty() { 2 } else { self.classes.len() };
        Sizes { text, image, hidden, classes, settings }
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
        let wanted = self.fusion.parameters(&self.sizes());
        let is_model = wanted.iter().map(Parameter::count).eq(self.values.iter().map(Vec::len))
            && self.shapes.iter().zip(&wanted).all(|(shape, wanted)| *shape == wanted.shape);
        if !is_model || (self.fusion.needs_equal_widths() && n != m) {
            let hidden = (!self.fusion.is_logistic()).then_some(self.config.model.hidden);
            let units = |hidden: Option<usize>| hidden.map_or("no".into(), |units| units.to_string());
            let found = self.head.map_or_else(
                || "of other shapes".into(),
                |(fused, hidden)| format!("none of {fused} inputs and {} hidden units", units(hidden)),
            );
            return Err(format!(
                "a {} head of widths {n} and {m} with {} hidden units and {} classes is {found}",
                self.fusion,
                units(hidden),
                self.sizes().classes,
            ));
        }
        let reader = Reader::of(&self.config, self.fusion, self.trial.0);
        let shape = HeadShape::new(self.fusion, self.sizes(), reader.choice);
        let frozen = fusion::of(self.fusion.fusion).frozen(shape).map(|frozen| frozen.to_string());
        if frozen != self.frozen {
            return Err(format!(
                "its `{}` is not what this version draws for its seed and configuration",
                disk::FROZEN
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
