//! The grid of a study: fusion × task × train size × seed, and the cohorts that it is trained in.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
pub use crate::task::{Alignment, Task};

/// One of the two modalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// Text, `[rows, n]`.
    Text,
    /// Image, `[rows, m]`.
    Image,
}

/// What noise is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Text alone.
    Text,
    /// Image alone.
    Image,
    /// Text and image at once.
    Both,
}

/// The summary's columns of a condition.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Retained skill under noise with the modality's mean.
    pub retained: &'static str,
    /// Mean accuracy over its levels.
    pub area: &'static str,
    /// Retained skill under noise of mean zero.
    pub retained_zero_mean: &'static str,
}

/// A condition's name in files, its columns, and whose noise is put on text and on image.
macro_rules! condition {
    ($name:literal, $noise:expr) => {{
        let columns = Columns {
            retained: concat!("retained_", $name),
            area: concat!("area_", $name),
            retained_zero_mean: concat!("retained_zero_mean_", $name),
        };
        ($name, columns, $noise)
    }};
}

/// One for each condition, in the order of the variants.
const CONDITIONS: [(&str, Columns, [Option<Modality>; 2]); 3] = [
    condition!("text", [Some(Modality::Text), None]),
    condition!("image", [None, Some(Modality::Image)]),
    condition!("both", [Some(Modality::Text), Some(Modality::Image)]),
];

impl Condition {
    /// Every condition, in the order of tables and charts.
    pub const ALL: [Self; CONDITIONS.len()] = [Self::Text, Self::Image, Self::Both];

    /// The conditions that the paper's claims are judged on. Other conditions change no verdict.
    pub const PAPER: [Self; 3] = [Self::Text, Self::Image, Self::Both];

    /// The name in files, tables and `config.toml`.
    pub const fn name(self) -> &'static str {
        CONDITIONS[self as usize].0
    }

    /// The summary's columns.
    pub const fn columns(self) -> Columns {
        CONDITIONS[self as usize].1
    }

    /// Whose noise is put on text and on image; absent: none.
    pub const fn noise(self) -> [Option<Modality>; 2] {
        CONDITIONS[self as usize].2
    }

    /// Whether text and image get noise, each its own; absent where one gets the other's.
    pub fn own_noise(self) -> Option<[bool; 2]> {
        let [text, image] = self.noise();
        let is_own = text != Some(Modality::Image) && image != Some(Modality::Text);
        is_own.then_some([text.is_some(), image.is_some()])
    }
}

/// One of the independent repetitions of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// An epoch, counted from 1 as people do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// A configuration, fusion × task × train size: one row of the summary, and the name of the cohort
/// that trains its seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CohortId {
    /// What is trained: its fusion with its head, by the fusion's name in files.
    pub fusion: ModelId,
    /// What is predicted.
    pub task: Task,
    /// Rows of the training split that each trial sees.
    pub train_size: usize,
}

macro_rules! display_as_name {
    ($($name:ty),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}
display_as_name!(Condition);

impl CohortId {
    /// What its files are named: as it is shown, with `_` for `:`, which not every file system takes.
    pub fn file_name(&self) -> String {
        self.to_string().replace(':', "_")
    }
}

impl fmt::Display for CohortId {
    /// `<fusion>-<task>-<size>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.fusion, self.task, self.train_size)
    }
}

/// The resolved grid: what a run trains, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The paper's fusions, in order.
    pub fusions: Vec<ModelId>,
    /// What they are measured against, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<ModelId>,
    /// Tasks, in order.
    pub tasks: Vec<Task>,
    /// Train sizes, ascending.
    pub sizes: Vec<usize>,
    /// Seeds of every configuration.
    pub seeds: Vec<Seed>,
}

impl Sweep {
    /// Everything that is trained on each task and size: the fusions, then the baselines.
    pub fn trained(&self) -> impl Iterator<Item = ModelId> {
        self.fusions.iter().chain(&self.baselines).copied()
    }

    /// The cohorts in the order in which they are trained: small sizes first, so that every chart
    /// has something to show early.
    pub fn cohorts(&self) -> Vec<CohortId> {
        let mut cohorts = Vec::new();
        for &train_size in &self.sizes {
            for &task in &self.tasks {
                cohorts.extend(self.trained().map(|fusion| CohortId { fusion, task, train_size }));
            }
        }
        cohorts
    }
}

/// Train sizes from `smallest`, doubling, and last `all`; a doubling within 20 % of `all` is dropped
/// (two nearly equal columns say nothing). `smallest` above `all` gives `all` alone.
pub fn doubling_sizes(smallest: usize, all: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = std::iter::successors(Some(smallest.max(1)), |size| size.checked_mul(2))
        .take_while(|&size| size < all)
        .collect();
    // Within 20 %: strictly more than 0.8 of the whole; 262,144 of 327,700 is 0.79996 and stays.
    while sizes.last().is_some_and(|&last| last * 5 > all * 4) {
        sizes.pop();
    }
    sizes.push(all);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Baseline;

    #[test]
    fn papers_sizes_are_fifteen_and_end_with_the_whole_split() {
        let sizes = doubling_sizes(32, 327_700);
        assert_eq!(sizes.len(), 15);
        assert_eq!(sizes[..3], [32, 64, 128]);
        assert_eq!(sizes[13..], [262_144, 327_700]);
    }

    #[test]
    fn a_doubling_close_to_the_whole_is_dropped() {
        assert_eq!(doubling_sizes(32, 4_200), [32, 64, 128, 256, 512, 1_024, 2_048, 4_200]);
        assert_eq!(doubling_sizes(32, 4_096), [32, 64, 128, 256, 512, 1_024, 2_048, 4_096]);
    }

    #[test]
    fn a_split_smaller_than_the_smallest_size_is_used_whole() {
        assert_eq!(doubling_sizes(32, 20), [20]);
    }

    #[test]
    fn cohorts_run_from_small_to_large_with_every_fusion_side_by_side() {
        let sweep = Sweep {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: Vec::new(),
            tasks: Task::PAPER.to_vec(),
            sizes: vec![32, 64],
            seeds: vec![Seed(0)],
        };
        let cohorts = sweep.cohorts();
        assert_eq!(cohorts.len(), 12);
        assert_eq!(cohorts[0].to_string(), "concat-real-32");
        assert_eq!(cohorts[5].to_string(), "tensor-synthetic-32");
        assert_eq!(cohorts[6].train_size, 64);
    }

    #[test]
    fn baselines_come_behind_the_fusions_of_their_size_and_task() {
        let fusions = vec![ModelId::TENSOR, ModelId::CONCAT];
        let baselines =
            Baseline::DEFAULT.into_iter().flat_map(|baseline| baseline.trained(&fusions)).collect();
        let (tasks, seeds) = (vec![Task::Real], vec![Seed(0)]);
        let sweep = Sweep { fusions, baselines, tasks, sizes: vec![32, 64], seeds };
        let names: Vec<String> = sweep.cohorts().iter().take(7).map(CohortId::to_string).collect();
        let expected = [
            "tensor-real-32",
            "concat-real-32",
            "text-real-32",
            "image-real-32",
            "logistic-tensor-real-32",
            "logistic-concat-real-32",
            "tensor-real-64",
        ];
        assert_eq!(names, expected);
    }
}
