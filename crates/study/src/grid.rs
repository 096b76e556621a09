//! The grid of a study: fusion × task × train size × seed, and the cohorts that it is trained in.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the two modalities are joined before the head, and with which head. No join has parameters (paper,
/// Table 1); behind a logistic baseline's the head is one linear layer, behind every other it has a hidden one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fusion {
    /// `[x ; y]`, width n + m.
    Concat,
    /// `[x_j·y_j ; x_j·y_{N-1-j}]`, width 2N; needs n = m = N.
    Product,
    /// `vec(x yᵀ)`, width n·m.
    Tensor,
    /// `x` alone, width n: what text says without image.
    Text,
    /// `y` alone, width m.
    Image,
    /// Logistic regression on what [`Self::Concat`] makes.
    LogisticConcat,
    /// Logistic regression on what [`Self::Product`] makes.
    LogisticProduct,
    /// Logistic regression on what [`Self::Tensor`] makes.
    LogisticTensor,
}

impl Fusion {
    /// The paper's fusions, in the order of tables and charts.
    pub const ALL: [Self; 3] = [Self::Concat, Self::Product, Self::Tensor];

    /// What a fusion is measured against, in the order of tables and charts.
    pub const BASELINES: [Self; 5] =
        [Self::Text, Self::Image, Self::LogisticConcat, Self::LogisticProduct, Self::LogisticTensor];

    /// Whether it is none of the paper's, but what these are measured against.
    pub const fn is_baseline(self) -> bool {
        match self {
            Self::Concat | Self::Product | Self::Tensor => false,
            Self::Text
            | Self::Image
            | Self::LogisticConcat
            | Self::LogisticProduct
            | Self::LogisticTensor => true,
        }
    }

    /// Whether its head is one linear layer: logistic regression, by softmax over two logits.
    pub const fn is_logistic(self) -> bool {
        match self {
            Self::LogisticConcat | Self::LogisticProduct | Self::LogisticTensor => true,
            Self::Concat | Self::Product | Self::Tensor | Self::Text | Self::Image => false,
        }
    }

    /// Logistic regression on the features of one of the paper's fusions; absent for a baseline.
    pub const fn logistic(self) -> Option<Self> {
        match self {
            Self::Concat => Some(Self::LogisticConcat),
            Self::Product => Some(Self::LogisticProduct),
            Self::Tensor => Some(Self::LogisticTensor),
            Self::Text
            | Self::Image
            | Self::LogisticConcat
            | Self::LogisticProduct
            | Self::LogisticTensor => None,
        }
    }

    /// Whether text and image have to be of one width.
    pub const fn needs_equal_widths(self) -> bool {
        match self {
            Self::Product | Self::LogisticProduct => true,
            Self::Concat
            | Self::Tensor
            | Self::Text
            | Self::Image
            | Self::LogisticConcat
            | Self::LogisticTensor => false,
        }
    }

    /// Width of the fused vector for text width `n` and image width `m`.
    pub const fn width(self, n: usize, m: usize) -> usize {
        match self {
            Self::Concat | Self::Product | Self::LogisticConcat | Self::LogisticProduct => n + m,
            Self::Tensor | Self::LogisticTensor => n * m,
            Self::Text => n,
            Self::Image => m,
        }
    }

    /// Outputs of the head's first layer: `hidden` units, or the two logits of logistic regression.
    pub const fn units(self, hidden: usize) -> usize {
        if self.is_logistic() { 2 } else { hidden }
    }

    /// Parameters of the head, biases included: `Linear(F → hidden)` and `Linear(hidden → 2)`, or
    /// `Linear(F → 2)` alone.
    pub const fn parameters(self, n: usize, m: usize, hidden: usize) -> usize {
        let units = self.units(hidden);
        let first = self.width(n, m) * units + units;
        if self.is_logistic() { first } else { first + hidden * 2 + 2 }
    }

    /// The name in files, tables and `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Concat => "concat",
            Self::Product => "product",
            Self::Tensor => "tensor",
            Self::Text => "text",
            Self::Image => "image",
            Self::LogisticConcat => "logistic-concat",
            Self::LogisticProduct => "logistic-product",
            Self::LogisticTensor => "logistic-tensor",
        }
    }
}

/// What the fusions are measured against, as `config.toml` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// Text alone, with the same head.
    Text,
    /// Image alone, with the same head.
    Image,
    /// Logistic regression on the features of each fusion of the sweep.
    Logistic,
}

impl Baseline {
    /// Every baseline, in the order of tables and charts.
    pub const ALL: [Self; 3] = [Self::Text, Self::Image, Self::Logistic];

    /// The name in `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Logistic => "logistic",
        }
    }

    /// What is trained for it beside `fusions`.
    pub fn trained(self, fusions: &[Fusion]) -> Vec<Fusion> {
        match self {
            Self::Text => vec![Fusion::Text],
            Self::Image => vec![Fusion::Image],
            Self::Logistic => fusions.iter().filter_map(|fusion| fusion.logistic()).collect(),
        }
    }
}

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// The data set's own label.
    Real,
    /// The sign of the two embeddings' dot product.
    Synthetic,
}

impl Task {
    /// Both tasks, in the order of tables and charts.
    pub const ALL: [Self; 2] = [Self::Real, Self::Synthetic];

    /// The name in files, tables and `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Synthetic => "synthetic",
        }
    }
}

/// Which modality noise is put on.
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

impl Condition {
    /// Every condition, in the order of tables and charts.
    pub const ALL: [Self; 3] = [Self::Text, Self::Image, Self::Both];

    /// The name in files, tables and `config.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Both => "both",
        }
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
    /// How the modalities are joined.
    pub fusion: Fusion,
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
display_as_name!(Fusion, Baseline, Task, Condition);

impl fmt::Display for CohortId {
    /// `<fusion>-<task>-<size>`, as in file names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.fusion, self.task, self.train_size)
    }
}

/// The resolved grid: what a run trains, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// The paper's fusions, in order.
    pub fusions: Vec<Fusion>,
    /// What they are measured against, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub baselines: Vec<Fusion>,
    /// Tasks, in order.
    pub tasks: Vec<Task>,
    /// Train sizes, ascending.
    pub sizes: Vec<usize>,
    /// Seeds of every configuration.
    pub seeds: Vec<Seed>,
}

impl Sweep {
    /// Everything that is trained on each task and size: the fusions, then the baselines.
    pub fn trained(&self) -> impl Iterator<Item = Fusion> {
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
    fn head_parameters_match_the_papers_widths() {
        assert_eq!(Fusion::Concat.parameters(768, 768, 32), 49_184 + 66);
        assert_eq!(Fusion::Product.parameters(768, 768, 32), 49_184 + 66);
        assert_eq!(Fusion::Tensor.parameters(768, 768, 32), 18_874_400 + 66);
    }

    #[test]
    fn a_baselines_head_is_as_large_as_what_it_reads() {
        assert_eq!(Fusion::Text.parameters(10, 128, 32), 10 * 32 + 32 + 66);
        assert_eq!(Fusion::Image.parameters(10, 128, 32), 128 * 32 + 32 + 66);
        assert_eq!(Fusion::LogisticConcat.parameters(768, 768, 32), 2 * 1_536 + 2);
        assert_eq!(Fusion::LogisticTensor.parameters(10, 128, 32), 2 * 1_280 + 2);
    }

    #[test]
    fn every_fusion_is_named_as_it_is_written_in_the_journal() {
        for fusion in Fusion::ALL.into_iter().chain(Fusion::BASELINES) {
            assert_eq!(serde_json::to_value(fusion).unwrap(), fusion.name());
            assert_eq!(fusion.is_baseline(), Fusion::BASELINES.contains(&fusion));
        }
    }

    #[test]
    fn cohorts_run_from_small_to_large_with_every_fusion_side_by_side() {
        let sweep = Sweep {
            fusions: Fusion::ALL.to_vec(),
            baselines: Vec::new(),
            tasks: Task::ALL.to_vec(),
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
        let fusions = vec![Fusion::Tensor, Fusion::Concat];
        let baselines = Baseline::ALL.into_iter().flat_map(|baseline| baseline.trained(&fusions)).collect();
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
