//! A study's data: read or generated, split, projected, scaled and labelled. Knows neither LibTorch nor a
//! terminal.

mod additivity;
pub mod archive;
mod balance;
mod blocks;
mod bytes;
mod check;
mod chosen;
mod clip_like;
mod column;
mod elsewhere;
mod encoder;
mod error;
mod export;
mod files;
mod fill;
mod fingerprint;
mod fitted;
mod graded;
mod grouped;
pub mod guide;
pub mod health;
mod import;
mod inspect;
mod labels;
mod limit;
mod missing;
mod numbering;
mod orthonormal;
mod pairs;
mod partition;
mod prepare;
mod progress;
mod repeats;
mod scale;
mod shares;
mod source;
mod split;
mod synthetic;
mod table;
mod task_data;
#[cfg(test)]
mod tests;

use ndarray::Array2;

use study::config::Config;
use study::event::{DataFacts, SplitOf};
use study::feed::Loading;
use study::grid::{Seed, Task};

pub use clip_like::Geometry;
pub use elsewhere::{Elsewhere, RowChoice, elsewhere};
pub use error::DataError;
pub use export::generate;
pub use fitted::{Cut, Fitted, FittedModality, FittedScale};
pub use graded::Graded;
pub use import::{Imported, import};
pub use inspect::{Inspection, inspect};
pub use prepare::check_widths;
pub use split::{batch_order, subset};
pub use task_data::TaskData;

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
    /// The group of each of them, one code for each; empty where the data has no groups.
    pub test_groups: Vec<u32>,
    /// What was fitted on its training rows.
    pub fitted: Fitted,
    /// How the synthetic task's labels are made, where the sweep has it.
    pub cut: Option<Cut>,
    /// Of each task of the sweep the draws of its labels, one at least.
    tasks: Vec<(Task, Vec<Draw>)>,
}

/// One draw of a task's labels: the only one, but where they follow from a frozen random choice.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The task's data with these labels.
    pub data: TaskData,
    /// How the labels are made, where they come from neither the source nor a [`Cut`].
    pub graded: Option<Graded>,
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

    /// The task's data in the first split, where the sweep has the task; of several draws of its labels the first.
    pub fn task(&self, task: Task) -> Option<&TaskData> {
        self.of(Seed(0)).task(task)
    }

    /// What trials with this seed are trained and tested on, where the sweep has the task.
    pub fn draw(&self, task: Task, seed: Seed) -> Option<&Draw> {
        let (_, draw) = self.facts.set_of(task, seed);
        self.of(seed).draws(task).get(draw)
    }

    /// The fingerprint that the data set would have with these tasks alone.
    pub fn fingerprint_of(&self, tasks: &[Task]) -> String {
        let of = |partition| fingerprint::of_partition(partition, tasks);
        fingerprint::of_all(&self.partitions.iter().map(of).collect::<Vec<_>>())
    }
}

impl Partition {
    /// The task's data, where the sweep has it; of several draws of its labels the first.
    pub fn task(&self, task: Task) -> Option<&TaskData> {
        self.draws(task).first().map(|draw| &draw.data)
    }

    /// The draws of the task's labels; none where the sweep does not have it.
    pub fn draws(&self, task: Task) -> &[Draw] {
        self.tasks.iter().find(|(of, _)| *of == task).map_or(&[], |(_, draws)| draws)
    }
}

/// Reads or generates the data set that `config` names and prepares the tasks of its sweep: read, split,
/// project, scale, label, check.
pub fn load(config: &Config) -> Result<Dataset, DataError> {
    load_reporting(config, &mut |_| {})
}

/// The same; `report` hears how far it is, some times a second while rows are read.
pub fn load_reporting(config: &Config, report: &mut dyn FnMut(Loading)) -> Result<Dataset, DataError> {
    prepare::load(&mut source::Source::open(config)?, config, report)
}
