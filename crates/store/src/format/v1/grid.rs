//! The grid, and places in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::names::{Model, TaskName};
use study::event;
use study::grid::{self, Epoch, Seed};

/// A configuration: model × task × train size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CohortId {
    fusion: Model,
    task: TaskName,
    train_size: usize,
}

/// The resolved grid.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sweep {
    fusions: Vec<Model>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    baselines: Vec<Model>,
    tasks: Vec<TaskName>,
    sizes: Vec<usize>,
    seeds: Vec<u64>,
}

/// An epoch, and steps of it that are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    epoch: u32,
    step: u32,
}

impl fmt::Display for CohortId {
    /// The stem of its files' names: `<fusion>-<task>-<size>`, with `_` for `:`, which not every file system takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = self.task.to_string().replace(':', "_");
        write!(f, "{}-{task}-{}", self.fusion, self.train_size)
    }
}

impl From<grid::CohortId> for CohortId {
    fn from(cohort: grid::CohortId) -> Self {
        let grid::CohortId { fusion, task, train_size } = cohort;
        Self { fusion: Model(fusion), task: TaskName(task), train_size }
    }
}

impl From<CohortId> for grid::CohortId {
    fn from(cohort: CohortId) -> Self {
        let CohortId { fusion, task, train_size } = cohort;
        Self { fusion: fusion.0, task: task.0, train_size }
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
        }
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
