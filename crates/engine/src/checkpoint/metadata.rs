//! A checkpoint's metadata: between the form on disk and the values that it stands for.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::written::Preprocessing;
use crate::evaluation::noise::Moments;
use data::{Cut, Fitted, FittedModality, FittedScale, Graded};
use store::format::v1;
use store::format::v1::checkpoint as disk;
use study::bounds::{self, MOST_CLASSES};
use study::model::{self, ModelId, Module};

/// What a checkpoint says of itself, of which nothing is believed.
pub(super) struct Metadata<'a>(pub(super) &'a BTreeMap<String, String>);

impl Metadata<'_> {
    pub(super) fn text(&self, key: &str) -> Result<&str, String> {
        self.0.get(key).map(String::as_str).ok_or_else(|| format!("its metadata have no `{key}`"))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, key: &str) -> Result<T, String> {
        self.text(key)?.parse().map_err(|_| format!("its `{key}` is no number"))
    }

    /// A name such as `concat`.
    pub(super) fn name<T: for<'de> Deserialize<'de>>(&self, key: &str) -> Result<T, String> {
        let name = serde_json::Value::String(self.text(key)?.to_owned());
        serde_json::from_value(name).map_err(|error| format!("its `{key}`: {error}"))
    }

    /// The names of the classes; none where they are 0 and 1.
    pub(super) fn classes(&self) -> Result<Vec<String>, String> {
        let key = disk::CLASSES;
        if !self.0.contains_key(key) {
            return Ok(Vec::new());
        }
        let classes: Vec<String> =
            serde_json::from_str(self.text(key)?).map_err(|error| format!("its `{key}`: {error}"))?;
        if classes.len() < 2 || classes.len() > MOST_CLASSES {
            return Err(format!("its `{key}` are {}, and a model has 2 to {MOST_CLASSES}", classes.len()));
        }
        Ok(classes)
    }

    /// The user's module that its `fusion` is; none of another fusion.
    pub(super) fn modules(&self, fusion: ModelId) -> Result<&'static [Module], String> {
        let key = disk::MODULE;
        if !fusion.is_module() {
            return match self.0.get(key) {
                None => Ok(&[]),
                Some(_) => Err(format!("its metadata have a `{key}`, and its model {fusion} is none")),
            };
        }
        let module: v1::Module =
            serde_json::from_str(self.text(key)?).map_err(|error| format!("its `{key}`: {error}"))?;
        let module = Module::from(module);
        if module.model != fusion.plain() {
            return Err(format!("its `{key}` describes {}, and its model is {fusion}", module.model));
        }
        bounds::check_module(&module).map_err(|why| format!("its `{key}`: {why}"))?;
        Ok(model::intern_modules(vec![module]))
    }

    pub(super) fn preprocessing(&self) -> Result<Preprocessing, String> {
        let key = disk::PREPROCESSING;
        let read: disk::Preprocessing =
            serde_json::from_str(self.text(key)?).map_err(|error| format!("its `{key}`: {error}"))?;
        Ok(read.into())
    }
}

impl From<&Preprocessing> for disk::Preprocessing {
    fn from(preprocessing: &Preprocessing) -> Self {
        let modality = |of: &FittedModality| disk::Modality {
            scale: match of.scale.clone() {
                FittedScale::None => disk::Scale::None,
                FittedScale::Rms { factor } => disk::Scale::Rms { factor },
                FittedScale::Standard { mean, deviation } => disk::Scale::Standard { mean, deviation },
            },
        };
        let Preprocessing { fitted, projection, cut, graded, noise } = preprocessing;
        Self {
            fitted: disk::Fitted { text: modality(&fitted.text), image: modality(&fitted.image) },
            projection: projection.clone(),
            cut: cut.clone().map(|Cut { threshold, centre }| disk::Cut { threshold, centre }),
            graded: graded.clone().map(|Graded { draw, means, parts, threshold }| disk::Graded {
                draw,
                means,
                parts,
                threshold,
            }),
            noise: noise.clone().map(|Moments { mean, std }| disk::Moments { mean, std }),
        }
    }
}

impl From<disk::Preprocessing> for Preprocessing {
    fn from(read: disk::Preprocessing) -> Self {
        // The projection is in a file of its own.
        let modality = |of: disk::Modality| FittedModality {
            projection: None,
            scale: match of.scale {
                disk::Scale::None => FittedScale::None,
                disk::Scale::Rms { factor } => FittedScale::Rms { factor },
                disk::Scale::Standard { mean, deviation } => FittedScale::Standard { mean, deviation },
            },
        };
        let disk::Preprocessing { fitted, projection, cut, graded, noise } = read;
        Self {
            fitted: Fitted { text: modality(fitted.text), image: modality(fitted.image) },
            projection,
            cut: cut.map(|disk::Cut { threshold, centre }| Cut { threshold, centre }),
            graded: graded.map(|disk::Graded { draw, means, parts, threshold }| Graded {
                draw,
                means,
                parts,
                threshold,
            }),
            noise: noise.map(|disk::Moments { mean, std }| Moments { mean, std }),
        }
    }
}
