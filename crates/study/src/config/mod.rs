//! A study's declaration: every key of `config.toml` with its default, as plain values.
//!
//! [`read`] turns text into a [`Config`] and reports every error together. Nothing here opens a file.

mod check;
mod choice;
mod cluster;
mod device;
mod evaluation;
mod fault;
mod fingerprint;
mod fusion;
mod growth;
mod label;
mod memory;
pub(crate) mod nearest;
mod one_or_more;
mod read;
mod reader;
mod resolve;
#[cfg(test)]
mod round_trip;
mod rule;
mod special;
mod synthetic;
#[cfg(test)]
mod tests;
mod train;
mod tree;
mod write;

use serde::{Deserialize, Serialize};

pub use choice::{
    Activation, ClusterEngine, Fill, Keep, Kernels, Missing, Mixing, NoiseMeans, NoiseSource,
    NoiseStatistics, Order, Pad, Pairs, Precision, Scale, SyntheticLabel,
};
pub use cluster::{ClusterConfig, MOST_SHARDS, SHARDS_EACH, TimeLimit};
pub use device::{DeviceChoice, Gpus};
pub use evaluation::{EvaluationConfig, MissingConfig};
pub use fault::{Fault, Faults, Origin};
pub use fingerprint::Fingerprint;
pub use fusion::FusionConfig;
pub use growth::{Difference, differences};
pub use label::LabelValue;
pub use memory::Memory;
pub use one_or_more::OneOrMore;
pub use read::read;
pub(crate) use resolve::split_of;
pub use synthetic::SyntheticConfig;
pub use train::TrainConfig;
pub use tree::{Override, OverrideError};

use super::grid::{Condition, Seed, Task};
use super::model::{Baseline, ModelId};

/// The commented default configuration: the quick study.
pub const DEFAULT_TOML: &str = include_str!("../../../../config.toml");

/// Everything that decides a run's numbers, defaults written out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `[run]`
    pub run: RunConfig,
    /// `[data]`
    pub data: DataConfig,
    /// `[sweep]`
    pub sweep: SweepConfig,
    /// `[model]`
    pub model: ModelConfig,
    /// `[train]`
    pub train: TrainConfig,
    /// `[fusion]`
    pub fusion: FusionConfig,
    /// `[synthetic]`
    pub synthetic: SyntheticConfig,
    /// `[noise]`
    pub noise: NoiseConfig,
    /// `[missing]`
    pub missing: MissingConfig,
    /// `[evaluation]`
    pub evaluation: EvaluationConfig,
    /// `[checkpoints]`
    pub checkpoints: CheckpointConfig,
    /// `[claims]`
    pub claims: ClaimsConfig,
    /// `[cluster]`
    pub cluster: ClusterConfig,
}

/// `[run]`: the run's name and where it computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// First part of the run directory's name.
    pub name: String,
    /// Where to train.
    pub device: DeviceChoice,
    /// Worker threads; 0: one for each visible GPU, or one with all cores of the CPU.
    pub workers: usize,
    /// Memory that training may take.
    pub memory: Memory,
    /// What computes.
    pub kernels: Kernels,
    /// Arithmetic of matrix products.
    pub precision: Precision,
}

/// `[data]`: the source and how it is prepared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// `clip-like` for the built-in generator, or a path.
    pub source: String,
    /// Path of a table with columns of the source's rows; empty: that of the source's folder, if there is one.
    pub table: String,
    /// Column that pairs a table's rows with the source's; empty: they are in one order.
    pub key: String,
    /// What that column is called in the table, where its name differs there; empty: as in the source.
    pub table_key: String,
    /// How they are paired without a key. A journal that does not say so is of a version that paired them line by line.
    #[serde(default = "line_by_line")]
    pub order: Order,
    /// What becomes of rows with a missing half. A journal that does not say so is of a version that left zeros as they are.
    #[serde(default = "as_they_are")]
    pub missing: Missing,
    /// Array, file stem or column of the text modality.
    pub text: String,
    /// Array, file stem or column of the image modality.
    pub image: String,
    /// Array, file stem or column of the real label.
    pub label: String,
    /// Label values that count as 1; empty: every value is a class.
    pub positive: Vec<LabelValue>,
    /// Label values that count as 0, where rows of others are dropped; empty: all that do not count as 1.
    pub negative: Vec<LabelValue>,
    /// Common width of the frozen projection; 0: as they come.
    pub width: usize,
    /// What fills a modality narrower than `width`.
    pub pad: Pad,
    /// Scale of the embeddings.
    pub scale: Scale,
    /// `random`, or the column that holds train/val/test.
    pub split: String,
    /// The column whose rows of one value stay in one part of a split (a user, a picture); empty: none.
    pub group: String,
    /// Share of rows for validation.
    pub validation: f64,
    /// Share of rows for test.
    pub test: f64,
    /// Seed of a random split.
    pub split_seed: u64,
    /// Random splits that the trial seeds are assigned to: a count, from `split_seed` on, or their seeds.
    pub split_seeds: Seeds,
    /// `[data.clip_like]`
    pub clip_like: ClipLikeConfig,
}

const fn line_by_line() -> Order {
    Order::Trusted
}

const fn as_they_are() -> Missing {
    Missing::Zero
}

/// `[data.clip_like]`: the built-in generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClipLikeConfig {
    /// Rows in all.
    pub samples: usize,
    /// Width of both modalities.
    pub width: usize,
    /// Share of rows whose text and image belong together.
    pub matched: f64,
    /// Seed of the world and its rows.
    pub seed: u64,
}

/// `[sweep]`: the grid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepConfig {
    /// Fusions, in order.
    #[serde(deserialize_with = "special::fusions")]
    pub fusions: Vec<ModelId>,
    /// What the fusions are measured against, in order. A journal that does not name them has none.
    #[serde(default)]
    pub baselines: Vec<Baseline>,
    /// Tasks, in order.
    pub tasks: Vec<Task>,
    /// Train sizes.
    pub sizes: Sizes,
    /// First size of `doubling`.
    pub smallest: usize,
    /// Seeds of every configuration.
    pub seeds: Seeds,
    /// Whether the row `searched` is derived from the fusions. A journal that does not say so has none.
    #[serde(default)]
    pub searched: bool,
}

/// Train sizes as declared; resolved against the training split by [`Sizes::resolve`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Sizes {
    /// `smallest`, doubling, and last all.
    Rule(SizeRule),
    /// As listed.
    List(Vec<Size>),
}

/// The rule that makes sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SizeRule {
    /// `smallest`, doubling, and last all.
    Doubling,
}

/// One listed size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Size {
    /// So many rows.
    Rows(usize),
    /// The whole training split.
    Whole(Whole),
}

/// The value for the whole training split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    /// `"all"`
    All,
}

/// Seeds as declared: of trials, or of splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Seeds {
    /// `n`: so many from the first on, which is 0 for trials.
    Count(u64),
    /// As listed.
    List(Vec<Seed>),
}

/// `[model]`: the head behind the fusion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Units of the hidden layer.
    pub hidden: usize,
    /// What follows the hidden layer.
    pub activation: Activation,
}

/// `[noise]`: the robustness evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoiseConfig {
    /// Levels α; contains 0.
    pub levels: Levels,
    /// Which modality is noised.
    pub conditions: Vec<Condition>,
    /// Added or blended.
    pub mixing: Mixing,
    /// Of each dimension or of the modality as a whole.
    pub statistics: NoiseStatistics,
    /// The split that the mean and deviation are taken from.
    pub source: NoiseSource,
    /// Whether the noise has the modality's mean.
    pub mean: NoiseMeans,
}

/// Levels of noise as declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Levels {
    /// `start:end:step`, both ends included.
    Range(String),
    /// As listed, ascending.
    List(Vec<f64>),
}

/// `[checkpoints]`: which weights are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckpointConfig {
    /// Folder of checkpoints; each run has its own below it.
    pub directory: String,
    /// Which are kept.
    pub keep: Keep,
    /// Least seconds between two saves of a running cohort's training state; 0: only when training stops.
    pub every: f64,
}

/// `[claims]`: how the paper's claims are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaimsConfig {
    /// Differences of accuracy below this count as none.
    pub margin: f64,
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            name: "quick".into(),
            device: DeviceChoice::Auto,
            workers: 0,
            memory: Memory::Auto,
            kernels: Kernels::Fused,
            precision: Precision::F32,
        }
    }
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            source: "clip-like".into(),
            table: String::new(),
            key: String::new(),
            table_key: String::new(),
            order: Order::Checked,
            missing: Missing::Refuse,
            text: "text".into(),
            image: "image".into(),
            label: "label".into(),
            positive: Vec::new(),
            negative: Vec::new(),
            width: 0,
            pad: Pad::Rotate,
            scale: Scale::Rms,
            split: "random".into(),
            group: String::new(),
            validation: 0.15,
            test: 0.15,
            split_seed: 0,
            split_seeds: Seeds::Count(1),
            clip_like: ClipLikeConfig::default(),
        }
    }
}

impl Default for ClipLikeConfig {
    fn default() -> Self {
        Self { samples: 6_000, width: 64, matched: 0.5, seed: 0 }
    }
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: Baseline::DEFAULT.to_vec(),
            tasks: Task::PAPER.to_vec(),
            sizes: Sizes::Rule(SizeRule::Doubling),
            smallest: 32,
            seeds: Seeds::Count(10),
            searched: false,
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self { hidden: 32, activation: Activation::Relu }
    }
}

impl Default for NoiseConfig {
    fn default() -> Self {
        Self {
            levels: Levels::Range("0:0.95:0.05".into()),
            conditions: Condition::PAPER.to_vec(),
            mixing: Mixing::Add,
            statistics: NoiseStatistics::PerDimension,
            source: NoiseSource::Train,
            mean: NoiseMeans::Both,
        }
    }
}

impl Default for CheckpointConfig {
    fn default() -> Self {
        Self { directory: "checkpoints".into(), keep: Keep::Best, every: 60.0 }
    }
}

impl Default for ClaimsConfig {
    fn default() -> Self {
        Self { margin: 0.02 }
    }
}
