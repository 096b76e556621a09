//! Findings as values, for the screen, the report and JSON. No arithmetic.

use serde::Serialize;

use crate::event::NoiseMean;
use crate::format::counted;
use crate::grid::{CohortId, Condition, Task};
use crate::inference::Interval;
use crate::model::{ModelId, in_fields};
use crate::text::one_line;

/// All findings of a run, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Findings {
    /// C1 to C11; empty before the run is known.
    pub claims: Vec<Finding>,
    /// Test accuracy of two fusions side by side, by task, pair and size.
    pub comparisons: Vec<Comparison>,
    /// Of each fusion and task over its sizes and seeds.
    pub interquartile_means: Vec<InterquartileMean>,
    /// For each effect that a verdict was read from: are these enough seeds?
    pub seeds_enough: Vec<SeedsNeeded>,
    /// Robustness of each configuration, condition and mean.
    pub noise: Vec<NoiseFinding>,
    /// The mean ROC curve of each configuration.
    pub roc: Vec<RocFinding>,
    /// The verdicts at each learning rate alone, where the paper's fusions were trained at several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<RateFindings>,
    /// What intervals over rows resample, where the data has groups: these, and no single rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_groups: Option<TestGroups>,
}

/// The groups that the test rows are in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TestGroups {
    /// The column that has them, as the configuration names it.
    pub column: String,
    /// How many there are, over all splits.
    pub groups: usize,
}

impl TestGroups {
    /// ``412 groups of `user` ``
    pub fn counted(&self) -> String {
        format!("{} of `{}`", counted(self.groups, "group"), one_line(&self.column))
    }
}

/// The claims as they would be judged if one learning rate had been the only one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RateFindings {
    /// The rate.
    pub learning_rate: f64,
    /// C1 to C11.
    pub claims: Vec<Finding>,
}

/// One of the paper's claims (READING section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum ClaimId {
    /// Real task: concat and product perform nearly identically.
    C1,
    /// Synthetic task: product is better than concat and tensor.
    C2,
    /// Synthetic task: product needs negligible data.
    C3,
    /// Real task: tensor underperforms the simpler fusions.
    C4,
    /// More parameters vary more across seeds.
    C5,
    /// Real task: product gains on concat at the larger sizes.
    C6,
    /// Tensor is the most robust to noise.
    C7,
    /// Product loses most under noise.
    C8,
    /// Text noise hurts more than image noise.
    C9,
    /// Concat holds up when both modalities are noised.
    C10,
    /// ROC: synthetic above real, most of all product; tensor fails.
    C11,
}

/// A run's verdict on one claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Which claim.
    pub id: ClaimId,
    /// The claim in one sentence.
    pub statement: &'static str,
    /// How it is judged: cells, test and thresholds, in one sentence.
    pub test: String,
    /// The answer.
    pub verdict: Verdict,
    /// The reason in short: `no difference within ±2.0 points`.
    pub in_short: String,
    /// The reason with its numbers, or what is missing for one; lower case, no full stop.
    pub why: String,
    /// The numbers; those with a [`Bound`] decide, the others are shown beside them.
    pub effects: Vec<Effect>,
    /// Configurations that the numbers were read from.
    pub cells: Vec<CohortId>,
}

/// What a run answers to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every deciding effect is beyond its bound.
    Supported,
    /// Some deciding effect is on the other side.
    Contradicted,
    /// Not enough seeds, sizes or rows to decide.
    Undecided,
    /// Noise with the modality's mean and noise of mean zero answer differently.
    DependsOnMeanShift,
}

/// One number that a claim is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// What it is, such as `product − concat`.
    pub name: String,
    /// The estimate: a mean over seeds, rows and cells.
    pub value: f64,
    /// What `value` and the intervals are measured in.
    pub unit: Unit,
    /// Where it has to lie for the claim.
    pub bound: Bound,
    /// 95 % over seeds, this split, or these splits where some have several seeds: paired t. Absent under two seeds.
    pub over_seeds: Option<Interval>,
    /// The same by `BCa` bootstrap; absent under 20 seeds, where it covers too little, and with
    /// several splits.
    pub over_seeds_bca: Option<Interval>,
    /// 95 % over seeds and test rows, and over splits where there are several: as wide as the crossed analysis of
    /// variance says. Absent without a per-row record.
    pub over_seeds_and_rows: Option<Interval>,
    /// Sign flips by seed against the bound, the largest statistic of the claim's cells taken (step-down);
    /// TOST for an equivalence. Absent under 6 seeds.
    pub p: Option<f64>,
    /// Holm over the claims, of the claim's largest deciding `p`; absent where the effect decides nothing.
    pub p_holm: Option<f64>,
    /// Seeds that every cell has.
    pub pairs: usize,
}

/// Where a deciding effect has to lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "side", content = "than", rename_all = "snake_case")]
pub enum Bound {
    /// Above this.
    Above(f64),
    /// Below this.
    Below(f64),
    /// Between its negative and this.
    Within(f64),
    /// It decides nothing, and is shown beside those that do.
    None,
}

/// What an effect is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A fraction of test rows; the screen shows percent.
    Accuracy,
    /// Area under the ROC curve.
    Auc,
    /// A share of the skill without noise, or at the full size.
    Share,
    /// A quotient; 1 is none.
    Ratio,
}

/// Test accuracy of `fusion` less that of `other`, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// What is predicted.
    pub task: Task,
    /// Rows of the training split; absent for the mean over all sizes.
    pub train_size: Option<usize>,
    /// The first.
    pub fusion: ModelId,
    /// What it is compared with.
    pub other: ModelId,
    /// The mean difference. `p` is adjusted over the task's sizes and pairs; `p_holm` is absent.
    pub effect: Effect,
    /// Probability that a seed of `fusion` beats a seed of `other`, ties half (Agarwal et al. 2021).
    pub probability_of_improvement: Option<f64>,
    /// Its 95 % interval by stratified bootstrap over seeds.
    pub probability_interval: Option<Interval>,
}

/// The mean of the middle half of a fusion's test accuracies over sizes and seeds (Agarwal et al. 2021).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InterquartileMean {
    /// How the modalities are joined, and how that is trained.
    #[serde(flatten, serialize_with = "in_fields")]
    pub fusion: ModelId,
    /// What is predicted.
    pub task: Task,
    /// The mean of the middle half.
    pub value: f64,
    /// 95 % by stratified bootstrap: seeds drawn anew within each size.
    pub interval: Option<Interval>,
    /// Sizes that it is made of.
    pub sizes: usize,
    /// Trials that it is made of.
    pub trials: usize,
}

/// What more seeds would change about an effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedsNeeded {
    /// The claim.
    pub claim: ClaimId,
    /// The effect's name.
    pub effect: String,
    /// What the half-widths are measured in.
    pub unit: Unit,
    /// Seeds now.
    pub seeds: usize,
    /// Half the width of the interval that decides, now.
    pub half_width: f64,
    /// Seeds that are looked ahead to.
    pub seeds_then: usize,
    /// Half the width to be expected then.
    pub half_width_then: f64,
    /// Half the width that no number of seeds goes below on these test rows.
    pub half_width_floor: f64,
    /// Worker time of the seeds that are missing until then, in every cell of the claim.
    pub extra_seconds: f64,
}

/// What noise does to one configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoiseFinding {
    /// Which configuration.
    #[serde(flatten)]
    pub cohort: CohortId,
    /// Which modality was noised.
    pub condition: Condition,
    /// Whether the noise had the modality's mean.
    pub mean: NoiseMean,
    /// Seeds tested.
    pub seeds: usize,
    /// Mean accuracy over the levels.
    pub area: Estimate,
    /// Share of the skill that is left; absent where under half of the seeds have one.
    pub retained_skill: Option<Estimate>,
    /// What is kept beyond what concat keeps with the same seed; absent for concat.
    pub effective_robustness: Option<Estimate>,
    /// The level at which half of the skill is gone, over the seeds that come to it.
    pub half_skill_level: Option<Estimate>,
    /// Seeds that come to it.
    pub half_skill_seeds: usize,
    /// The largest fall below the accuracy without noise.
    pub worst_drop: Estimate,
    /// `MultiBench`'s relative robustness (Liang et al. 2021).
    pub multibench_relative: Estimate,
    /// `MultiBench`'s effective robustness, concat in the place of late fusion; absent for concat.
    pub multibench_effective: Option<Estimate>,
}

/// A mean over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The mean.
    pub value: f64,
    /// 95 % over seeds, this split or these splits (t); absent under two seeds.
    pub over_seeds: Option<Interval>,
}

/// The mean ROC curve of one configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RocFinding {
    /// Which configuration.
    #[serde(flatten)]
    pub cohort: CohortId,
    /// Seeds that have a curve.
    pub seeds: usize,
    /// Mean area under the curve, with its interval over seeds.
    pub auc: Estimate,
    /// 95 % over seeds and test rows (Hanley and `McNeil` 1982 for the rows).
    pub auc_over_seeds_and_rows: Option<Interval>,
    /// Mean true-positive rate on the common grid of false-positive rates.
    pub mean: Vec<f64>,
    /// Lower edge of its pointwise 95 % band over seeds; empty under two seeds.
    pub low: Vec<f64>,
    /// Upper edge.
    pub high: Vec<f64>,
}

impl ClaimId {
    /// Every claim, in order.
    pub const ALL: [Self; 11] = [
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C8,
        Self::C9,
        Self::C10,
        Self::C11,
    ];

    /// `C1`, ….
    pub const fn name(self) -> &'static str {
        match self {
            Self::C1 => "C1",
            Self::C2 => "C2",
            Self::C3 => "C3",
            Self::C4 => "C4",
            Self::C5 => "C5",
            Self::C6 => "C6",
            Self::C7 => "C7",
            Self::C8 => "C8",
            Self::C9 => "C9",
            Self::C10 => "C10",
            Self::C11 => "C11",
        }
    }

    /// READING section 3, in one sentence.
    pub const fn statement(self) -> &'static str {
        match self {
            Self::C1 => "real task: concat and product perform nearly identically",
            Self::C2 => "synthetic task: product is significantly better than concat and tensor",
            Self::C3 => "synthetic task: product needs negligible data for high performance",
            Self::C4 => "real task: tensor generally underperforms the simpler fusions",
            Self::C5 => "models with more parameters vary more across seeds, at all sizes",
            Self::C6 => "real task: product has some advantage over concat at the larger sizes",
            Self::C7 => "tensor is the most robust to noise",
            Self::C8 => "product loses most under noise, and falls steeply under slight text noise",
            Self::C9 => "text noise hurts more than image noise",
            Self::C10 => "concat holds up when both modalities are noised",
            Self::C11 => {
                "ROC: synthetic is well above real, most of all for product; tensor fails almost everywhere"
            }
        }
    }
}
