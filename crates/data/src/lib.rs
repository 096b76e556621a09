//! A study's data: read or generated, split, projected, scaled and labelled. Knows neither LibTorch nor a
//! terminal.

mod balance;
mod blocks;
mod check;
mod clip_like;
mod column;
mod elsewhere;
mod encoder;
mod error;
mod export;
mod files;
mod fingerprint;
mod fitted;
mod inspect;
mod labels;
mod limit;
mod orthonormal;
mod pairs;
mod partition;
mod prepare;
mod repeats;
mod scale;
mod source;
mod split;
mod synthetic;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ndarray::Array2;

use study::config::Config;
use study::event::{DataFacts, SplitOf};
use study::grid::{Seed, Task};

pub use elsewhere::{Elsewhere, RowChoice, elsewhere};
pub use error::DataError;
pub use export::generate;
pub use fitted::{Cut, Fitted, FittedModality, FittedScale};
pub use inspect::{Inspection, inspect};
pub use split::{batch_order, subset};

/// A data set as the model receives it: one split of its rows, or several.
#[derive(Debug)]
pub struct Dataset {
    /// What it holds.
    pub facts: DataFacts,
    /// In the order in which trial seeds are assigned to them; one at least.
    partitions: Vec<Partition>,
}

/// One split of the rows into training, validation and test, with everything that was fitted on its training
/// rows.
#[derive(Debug)]
pub struct Partition {
    /// What it was drawn with.
    pub seed: Seed,
    /// Its test rows by their places in the source, ascending.
    pub test_rows: Vec<u32>,
    /// What was fitted on its training rows.
    pub fitted: Fitted,
    /// How the synthetic task's labels are made, where the sweep has it.
    pub cut: Option<Cut>,
    real: Option<TaskData>,
    synthetic: Option<TaskData>,
}

/// One task's inputs and labels.
#[derive(Clone, Debug)]
pub struct TaskData {
    /// The embeddings; both tasks share them where they are the same.
    pub inputs: Arc<Inputs>,
    /// Numbers of classes, from 0. `[rows]`
    pub labels: SplitOf<Vec<u16>>,
}

/// The two modalities' embeddings, in standard (row-major) layout.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Modality A. `[rows, text width]`
    pub text: SplitOf<Array2<f32>>,
    /// Modality B. `[rows, image width]`
    pub image: SplitOf<Array2<f32>>,
}

impl Dataset {
    /// The split that trials with this seed are trained and tested on.
    pub fn of(&self, seed: Seed) -> &Partition {
        &self.partitions[self.facts.split_of(seed)]
    }

    /// Every split, in the order in which seeds are assigned to them.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The task's data in the first split, where the sweep has the task.
    pub fn task(&self, task: Task) -> Option<&TaskData> {
        self.of(Seed(0)).task(task)
    }

    /// The fingerprint that the data set would have with these tasks alone.
    pub fn fingerprint_of(&self, tasks: &[Task]) -> String {
        fingerprint::of_partitions(&self.partitions, tasks)
    }
}

impl Partition {
    /// The task's data, where the sweep has it.
    pub const fn task(&self, task: Task) -> Option<&TaskData> {
        match task {
            Task::Real => self.real.as_ref(),
            Task::Synthetic => self.synthetic.as_ref(),
        }
    }
}

/// Reads or generates the data set that `config` names and prepares the tasks of its sweep: read, split,
/// project, scale, label, check.
pub fn load(config: &Config) -> Result<Dataset, DataError> {
    prepare::prepare(source::read(config)?, config)
}
