//! The grid, and places in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::{LearningRate, Model, TaskName, known};
use study::bounds::{MOST_BASELINES, MOST_FUSIONS, at_most};
use study::event;
use study::grid::{self, Epoch, Seed};
use study::model::{ModelId, Rate};

/// A configuration: model × task × train size. Of a model that is trained at several learning rates each is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CohortId {
    /// Of the grid, which a header has named before.
    #[serde(deserialize_with = "known")]
    fusion: Model,
    task: TaskName,
    train_size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learning_rate: Option<LearningRate>,
}

/// A model of either list may have several learning rates.
const MOST_MODELS: usize = MOST_FUSIONS + MOST_BASELINES;

/// The resolved grid.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sweep {
    #[serde(deserialize_with = "at_most::<MOST_FUSIONS, _, _>")]
    fusions: Vec<Model>,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<MOST_BASELINES, _, _>"
    )]
    baselines: Vec<Model>,
    tasks: Vec<TaskName>,
    sizes: Vec<usize>,
    seeds: Vec<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    searched: bool,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<MOST_MODELS, _, _>"
    )]
    learning_rates: Vec<Rates>,
}

/// A model that is trained at several learning rates.
#[derive(Debug, Serialize, Deserialize)]
struct Rates {
    fusion: Model,
    rates: Vec<LearningRate>,
}

/// An epoch, and steps of it that are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    epoch: u32,
    step: u32,
}

impl fmt::Display for CohortId {
    /// The stem of its files' names: `<fusion>-<task>-<size>`, with `_` for `:`, which not every file system takes. At one
    /// of several learning rates it is `<fusion>-lr<rate>-<task>-<size>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.task.to_string().replace(':', "_");
        let rate = self.learning_rate.map(|LearningRate(rate)| format!("-lr{rate}")).unwrap_or_default();
        write!(f, "{}{rate}-{task}-{}", self.fusion, self.train_size)
    }
}

impl From<grid::CohortId> for CohortId {
    fn from(cohort: grid::CohortId) -> Self {
        let grid::CohortId { fusion, task, train_size } = cohort;
        let learning_rate = fusion.rate().map(LearningRate);
        Self { fusion: Model(fusion.at_rate(None)), task: TaskName(task), train_size, learning_rate }
    }
}

impl From<CohortId> for grid::CohortId {
    fn from(cohort: CohortId) -> Self {
        let CohortId { fusion, task, train_size, learning_rate } = cohort;
        let rate = learning_rate.map(|LearningRate(rate)| rate);
        Self { fusion: fusion.0.at_rate(rate), task: task.0, train_size }
    }
}

impl From<&grid::Sweep> for Sweep {
    fn from(sweep: &grid::Sweep) -> Self {
        let models = |models: &[_]| models.iter().copied().map(Model).collect();
        Self {
            fusions: models(&sweep.fusions),
            baselines: models(&sweep.baselines),
            tasks: sweep.tasks.iter().copied().map(TaskName).collect(),
            sizes: sweep.sizes.clone(),
            seeds: sweep.seeds.iter().map(|seed| seed.0).collect(),
            searched: sweep.searched,
            learning_rates: sweep.rates.iter().map(Into::into).collect(),
        }
    }
}

impl From<Sweep> for grid::Sweep {
    fn from(sweep: Sweep) -> Self {
        let models = |models: Vec<Model>| models.into_iter().map(|model| model.0).collect();
        Self {
            fusions: models(sweep.fusions),
            baselines: models(sweep.baselines),
            tasks: sweep.tasks.into_iter().map(|task| task.0).collect(),
            sizes: sweep.sizes,
            seeds: sweep.seeds.into_iter().map(Seed).collect(),
            searched: sweep.searched,
            rates: sweep.learning_rates.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<(&ModelId, &Vec<Rate>)> for Rates {
    fn from((model, rates): (&ModelId, &Vec<Rate>)) -> Self {
        Self { fusion: Model(*model), rates: rates.iter().copied().map(LearningRate).collect() }
    }
}

impl From<Rates> for (ModelId, Vec<Rate>) {
    fn from(of: Rates) -> Self {
        (of.fusion.0, of.rates.into_iter().map(|LearningRate(rate)| rate).collect())
    }
}

impl From<event::Position> for Position {
    fn from(position: event::Position) -> Self {
        let event::Position { epoch: Epoch(epoch), step } = position;
        Self { epoch, step }
    }
}

impl From<Position> for event::Position {
    fn from(position: Position) -> Self {
        Self { epoch: Epoch(position.epoch), step: position.step }
    }
}
