//! The journal's events: everything that a run's numbers and states are derived from. How a journal's lines look is not
//! said here but where they are written and read.

mod facts;

use serde::{Serialize, Serializer};

use super::config::{Config, Fingerprint};
use super::confusion::Confusion;
use super::grid::{CohortId, Condition, Epoch, Seed, Sweep};
pub use facts::{DataFacts, SplitFacts, SplitOf, TaskFacts};

/// Version of the journal's format, written into [`EventKind::RunStarted`].
pub const FORMAT: u32 = 1;

/// One line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Counts from 0 without a gap.
    pub seq: u64,
    /// Milliseconds since 1970-01-01 UTC, stamped by the scheduler.
    pub at_ms: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// First line of a journal.
    RunStarted {
        /// [`FORMAT`] of the program that wrote it.
        format: u32,
        /// All that a fold without files needs.
        header: Box<RunHeader>,
    },
    /// Workers wait at a step.
    RunPaused,
    /// Workers continue after a pause.
    RunContinued,
    /// The process ends with cohorts still open.
    RunInterrupted,
    /// A new process continues with what is missing.
    RunResumed {
        /// Of the new process.
        provenance: Provenance,
        /// Where the grid has grown, or files have another place: what the run is from here on.
        header: Option<Box<RunHeader>>,
    },
    /// Every cohort has an outcome.
    RunFinished,
    /// A start of a shard begins: first event of its journal.
    ShardStarted {
        /// Which shard of the run.
        shard: u32,
        /// Counts from 1. A start supersedes those before it.
        start: u32,
        /// The machine's name.
        host: String,
        /// What the queue calls the job, such as `1234_7`; empty outside a queue.
        job: String,
        /// The start that it continues, and how many bytes of that one's journal it has read: what is behind them came
        /// too late.
        after: Option<(u32, u64)>,
        /// What computes it.
        provenance: Provenance,
    },
    /// A cohort's training begins.
    CohortStarted {
        /// Which.
        cohort: CohortId,
        /// Counts from 1. A new attempt supersedes those before it at the same seeds, but a result only once it has
        /// completed.
        attempt: u32,
        /// The only seeds that it trains, those of the others being kept; empty: all. Attempts at different seeds may
        /// train at the same time, and may have the same number.
        only: Vec<Seed>,
    },
    /// A cohort resumes from saved training state.
    CohortResumed {
        /// Which.
        cohort: CohortId,
        /// The attempt that resumes.
        attempt: u32,
        /// The only seeds that resume, where the attempt's other seeds train elsewhere; empty: all of them.
        only: Vec<Seed>,
        /// Where it resumes.
        at: Position,
    },
    /// An epoch is over for the seeds named; several events may cover one epoch.
    EpochFinished {
        /// Which.
        cohort: CohortId,
        /// The attempt.
        attempt: u32,
        /// The epoch that is over.
        epoch: Epoch,
        /// One for each seed that is still training.
        metrics: Vec<SeedMetrics>,
    },
    /// The best weights of the seeds named were tested, clean and under noise.
    CohortEvaluated {
        /// Which.
        cohort: CohortId,
        /// The attempt.
        attempt: u32,
        /// One for each seed that completed.
        evaluations: Vec<SeedEvaluation>,
    },
    /// The cohort is over.
    CohortFinished {
        /// Which.
        cohort: CohortId,
        /// The attempt.
        attempt: u32,
        /// How each seed ended.
        seeds: Vec<(Seed, SeedOutcome)>,
        /// Worker time, pauses and dead time left out.
        seconds: f64,
    },
}

/// Where a trial's training loop is, so that it can stop, save and resume at any step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The running epoch.
    pub epoch: Epoch,
    /// Steps of it that are done.
    pub step: u32,
}

/// One seed's numbers after an epoch. All are finite: a number that is not is a divergence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeedMetrics {
    /// Whose.
    pub seed: Seed,
    /// Mean cross-entropy over the epoch's rows, each under the weights of its step.
    pub train_loss: f64,
    /// Accuracy over the epoch's rows, likewise.
    pub train_accuracy: f64,
    /// Mean cross-entropy on the validation split after the epoch.
    pub val_loss: f64,
    /// Accuracy on the validation split after the epoch.
    pub val_accuracy: f64,
}

/// One seed's best weights on the test split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedEvaluation {
    /// Whose.
    pub seed: Seed,
    /// The earliest epoch with the highest validation accuracy.
    pub best_epoch: Epoch,
    /// Validation accuracy at that epoch.
    pub val_accuracy: f64,
    /// Test accuracy at that epoch.
    pub test_accuracy: f64,
    /// Mean of the classes' recalls on the test split at that epoch.
    pub test_balanced_accuracy: f64,
    /// Test accuracy after the last epoch.
    pub test_last_accuracy: f64,
    /// Area under the ROC curve on the test split, ties half; absent where the test split has one class. With more than
    /// two classes the mean over one class against the rest, see [`super::roc::macro_roc`].
    pub auc: Option<f64>,
    /// True-positive rate at [`super::roc::GRID`] evenly spaced false-positive rates; empty where `auc` is absent.
    pub true_positive_rate: Vec<f64>,
    /// Accuracy under noise, one curve for each condition and mean.
    pub noise: Vec<NoiseCurve>,
    /// Which classes were taken for which on the test split; empty for tasks of two classes.
    pub confusion: Confusion,
    /// Accuracy with one modality missing; absent in journals of earlier builds.
    pub missing: Option<Missing>,
    /// How much of the accuracy an additive model has; absent where `evaluation.emap_rows` is 0, and in journals of
    /// earlier builds.
    pub emap: Option<Emap>,
    /// What a gate gives its experts on the test rows: without noise, then under each condition; empty for models without
    /// a gate, and in journals of earlier builds.
    pub gate: Vec<GateWeights>,
}

/// Mean weights of a gate over test rows at that epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct GateWeights {
    /// Which modality has noise, of the highest level, with its mean unless the study has none of these; absent: none.
    pub condition: Option<Condition>,
    /// One for each of [`crate::model::Definition::experts`].
    pub weights: Vec<f64>,
}

/// Test accuracy at that epoch where one modality of every row is replaced as `missing.fill` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missing {
    /// Of text.
    pub text: f64,
    /// Of image.
    pub image: f64,
}

/// The additive projection of a head's logits (EMAP, Hessel and Lee 2020): the sum of a function of the text and one of
/// the image that is nearest to them on all pairs of a text and an image of some test rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Emap {
    /// Test rows whose texts and images are paired.
    pub rows: usize,
    /// Accuracy of the head on these rows.
    pub accuracy: f64,
    /// Accuracy of the projection on the same rows.
    pub additive_accuracy: f64,
}

/// Test accuracy at every level of noise.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseCurve {
    /// Which modality was noised.
    pub condition: Condition,
    /// Whether the noise had the modality's mean.
    pub mean: NoiseMean,
    /// Accuracy at each level of [`RunHeader::levels`].
    pub accuracy: Vec<f64>,
}

/// Whether noise shifts the input as well as scattering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoiseMean {
    /// `e ~ N(μ, σ)`: the modality's own mean.
    Empirical,
    /// `e ~ N(0, σ)`.
    Zero,
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedOutcome {
    /// Trained and evaluated.
    Completed,
    /// Stopped by its user.
    Stopped,
    /// A loss was not finite.
    Diverged {
        /// In this epoch.
        epoch: Epoch,
    },
    /// The worker failed.
    Failed {
        /// With this message.
        message: String,
    },
}

/// What a run is, known before its first step: all that a fold without files needs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunHeader {
    /// The configuration in full.
    pub config: Config,
    /// The resolved grid.
    pub sweep: Sweep,
    /// The resolved levels of noise, ascending, 0 first.
    pub levels: Vec<f64>,
    /// What the data set holds.
    pub data: DataFacts,
    /// What computes it.
    pub provenance: Provenance,
    /// Of [`Self::config`], so that a header that was edited is not taken for the run's; absent in runs of earlier
    /// versions.
    pub fingerprint: Option<Fingerprint>,
}

/// What computes a run, for every table and figure that leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// This program's version, and the commit that it was built from.
    pub program: String,
    /// LibTorch's version and flavour.
    pub libtorch: String,
    /// The device used, as text, with the instruction set of the kernel, and why where `auto` chose.
    pub device: String,
    /// Model, UUID and driver of each GPU that trains, as text; empty on the CPU, and in runs of earlier builds.
    pub gpus: Vec<String>,
    /// Of the configuration, see [`Fingerprint`]; of earlier versions BLAKE3 of all of it, paths included.
    pub config_fingerprint: String,
}

impl Provenance {
    /// What stands for the device where a run is submitted to a cluster: its shards say what they train on.
    pub const SUBMITTED: &str = "a cluster; each shard says its own";

    /// Whether it is of the process that submitted the run, which trained nothing.
    pub fn is_of_a_submission(&self) -> bool {
        self.device == Self::SUBMITTED
    }
}

impl NoiseMean {
    /// The name in tables and charts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empirical => "empirical",
            Self::Zero => "zero",
        }
    }
}

/// In what is exported, as its name.
impl Serialize for NoiseMean {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl EventKind {
    /// The cohort that this is about, if it is about one.
    pub const fn cohort(&self) -> Option<CohortId> {
        match self {
            Self::CohortStarted { cohort, .. }
            | Self::CohortResumed { cohort, .. }
            | Self::EpochFinished { cohort, .. }
            | Self::CohortEvaluated { cohort, .. }
            | Self::CohortFinished { cohort, .. } => Some(*cohort),
            Self::RunStarted { .. }
            | Self::RunPaused
            | Self::RunContinued
            | Self::RunInterrupted
            | Self::RunResumed { .. }
            | Self::RunFinished
            | Self::ShardStarted { .. } => None,
        }
    }
}
