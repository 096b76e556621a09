//! A run's header: what it is, known before its first step.

use serde::{Deserialize, Serialize};

use super::grid::Sweep;
use super::module::Module;
use super::names::TaskName;
use study::bounds::{self, MOST_MODULES, at_most};
use study::config::{self, Config};
use study::event;
use study::grid::Seed;
use study::model;

/// What a run is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RunHeader {
    config: Config,
    sweep: Sweep,
    levels: Vec<f64>,
    data: DataFacts,
    provenance: Provenance,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Fingerprint>,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<MOST_MODULES, _, _>"
    )]
    modules: Vec<Module>,
}

/// What a data set holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct DataFacts {
    name: String,
    text_width: usize,
    image_width: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_widths: Option<[usize; 2]>,
    rows: SplitOf<usize>,
    tasks: Vec<TaskFacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    splits: Vec<SplitFacts>,
    fingerprint: String,
    warnings: Vec<String>,
}

/// What computes a run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Provenance {
    program: String,
    libtorch: String,
    device: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gpus: Vec<String>,
    config_fingerprint: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct SplitFacts {
    seed: u64,
    tasks: Vec<TaskFacts>,
}

#[derive(Debug, Serialize, Deserialize)]
struct TaskFacts {
    task: TaskName,
    positive_share: SplitOf<f64>,
    majority_share: SplitOf<f64>,
    threshold: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    additive: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    draws: Vec<Self>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    class_shares: Vec<SplitOf<f64>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SplitOf<T> {
    train: T,
    validation: T,
    test: T,
}

#[derive(Debug, Serialize, Deserialize)]
struct Fingerprint {
    version: u32,
    value: String,
}

impl From<&event::RunHeader> for RunHeader {
    fn from(header: &event::RunHeader) -> Self {
        let event::RunHeader { config, sweep, levels, data, provenance, fingerprint } = header;
        Self {
            config: config.clone(),
            sweep: sweep.into(),
            levels: levels.clone(),
            data: data.into(),
            provenance: provenance.into(),
            fingerprint: fingerprint
                .as_ref()
                .map(|of| Fingerprint { version: of.version, value: of.value.clone() }),
            modules: config.fusion.torchscript.modules.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<RunHeader> for event::RunHeader {
    /// What a module cannot have.
    type Error = String;

    fn try_from(header: RunHeader) -> Result<Self, String> {
        let RunHeader { mut config, sweep, levels, data, provenance, fingerprint, modules } = header;
        let modules: Vec<model::Module> = modules.into_iter().map(Into::into).collect();
        // Before they are kept for the life of the process.
        bounds::check_modules(&modules)?;
        config.fusion.torchscript.modules = model::intern_modules(modules);
        Ok(Self {
            config,
            sweep: sweep.into(),
            levels,
            data: data.into(),
            provenance: provenance.into(),
            fingerprint: fingerprint
                .map(|Fingerprint { version, value }| config::Fingerprint { version, value }),
        })
    }
}

impl From<&event::DataFacts> for DataFacts {
    fn from(data: &event::DataFacts) -> Self {
        Self {
            name: data.name.clone(),
            text_width: data.text_width,
            image_width: data.image_width,
            source_widths: data.source_widths,
            rows: data.rows.into(),
            tasks: data.tasks.iter().map(Into::into).collect(),
            splits: data.splits.iter().map(Into::into).collect(),
            fingerprint: data.fingerprint.clone(),
            warnings: data.warnings.clone(),
        }
    }
}

impl From<DataFacts> for event::DataFacts {
    fn from(data: DataFacts) -> Self {
        Self {
            name: data.name,
            text_width: data.text_width,
            image_width: data.image_width,
            source_widths: data.source_widths,
            rows: data.rows.into(),
            tasks: data.tasks.into_iter().map(Into::into).collect(),
            splits: data.splits.into_iter().map(Into::into).collect(),
            fingerprint: data.fingerprint,
            warnings: data.warnings,
        }
    }
}

impl From<&event::Provenance> for Provenance {
    fn from(provenance: &event::Provenance) -> Self {
        let event::Provenance { program, libtorch, device, gpus, config_fingerprint } = provenance.clone();
        Self { program, libtorch, device, gpus, config_fingerprint }
    }
}

impl From<Provenance> for event::Provenance {
    fn from(provenance: Provenance) -> Self {
        let Provenance { program, libtorch, device, gpus, config_fingerprint } = provenance;
        Self { program, libtorch, device, gpus, config_fingerprint }
    }
}

impl From<&event::SplitFacts> for SplitFacts {
    fn from(split: &event::SplitFacts) -> Self {
        Self { seed: split.seed.0, tasks: split.tasks.iter().map(Into::into).collect() }
    }
}

impl From<SplitFacts> for event::SplitFacts {
    fn from(split: SplitFacts) -> Self {
        Self { seed: Seed(split.seed), tasks: split.tasks.into_iter().map(Into::into).collect() }
    }
}

impl From<&event::TaskFacts> for TaskFacts {
    fn from(facts: &event::TaskFacts) -> Self {
        Self {
            task: TaskName(facts.task),
            positive_share: facts.positive_share.into(),
            majority_share: facts.majority_share.into(),
            threshold: facts.threshold,
            additive: facts.additive,
            draws: facts.draws.iter().map(Into::into).collect(),
            classes: facts.classes.clone(),
            class_shares: facts.class_shares.iter().map(|&share| share.into()).collect(),
        }
    }
}

impl From<TaskFacts> for event::TaskFacts {
    fn from(facts: TaskFacts) -> Self {
        Self {
            task: facts.task.0,
            positive_share: facts.positive_share.into(),
            majority_share: facts.majority_share.into(),
            threshold: facts.threshold,
            additive: facts.additive,
            draws: facts.draws.into_iter().map(Into::into).collect(),
            classes: facts.classes,
            class_shares: facts.class_shares.into_iter().map(Into::into).collect(),
        }
    }
}

impl<T> From<event::SplitOf<T>> for SplitOf<T> {
    fn from(of: event::SplitOf<T>) -> Self {
        Self { train: of.train, validation: of.validation, test: of.test }
    }
}

impl<T> From<SplitOf<T>> for event::SplitOf<T> {
    fn from(of: SplitOf<T>) -> Self {
        Self { train: of.train, validation: of.validation, test: of.test }
    }
}
