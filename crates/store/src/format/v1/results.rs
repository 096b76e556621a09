//! What became of seeds: numbers after an epoch, on the test split, and how they ended.

use serde::{Deserialize, Serialize};

use super::names::Name;
use study::confusion::Confusion;
use study::event::{self, NoiseMean};
use study::grid::{Condition, Epoch, Seed};

/// One seed's numbers after an epoch.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SeedMetrics {
    seed: u64,
    train_loss: f64,
    train_accuracy: f64,
    val_loss: f64,
    val_accuracy: f64,
}

/// One seed's best weights on the test split.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SeedEvaluation {
    seed: u64,
    best_epoch: u32,
    val_accuracy: f64,
    test_accuracy: f64,
    test_balanced_accuracy: f64,
    test_last_accuracy: f64,
    auc: Option<f64>,
    true_positive_rate: Vec<f64>,
    noise: Vec<NoiseCurve>,
    /// True class, predicted class, rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    confusion: Vec<(u16, u16, u32)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing: Option<Missing>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emap: Option<Emap>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gate: Vec<GateWeights>,
}

/// Mean weights of a gate.
#[derive(Debug, Serialize, Deserialize)]
struct GateWeights {
    /// Absent: without noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Name<Condition>>,
    weights: Vec<f64>,
}

/// Test accuracy with one modality missing.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Missing {
    text: f64,
    image: f64,
}

/// The additive projection of a head's logits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Emap {
    rows: usize,
    accuracy: f64,
    additive_accuracy: f64,
}

/// Test accuracy at every level of noise.
#[derive(Debug, Serialize, Deserialize)]
pub struct NoiseCurve {
    condition: Name<Condition>,
    mean: Name<NoiseMean>,
    accuracy: Vec<f64>,
}

/// How a trial ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "outcome")]
pub enum SeedOutcome {
    /// Trained and evaluated.
    #[serde(rename = "completed")]
    Completed,
    /// Stopped by its user.
    #[serde(rename = "stopped")]
    Stopped,
    /// A loss was not finite.
    #[serde(rename = "diverged")]
    Diverged {
        /// In this epoch.
        epoch: u32,
    },
    /// The worker failed.
    #[serde(rename = "failed")]
    Failed {
        /// With this message.
        message: String,
    },
}

impl From<&event::SeedMetrics> for SeedMetrics {
    fn from(metrics: &event::SeedMetrics) -> Self {
        let event::SeedMetrics { seed, train_loss, train_accuracy, val_loss, val_accuracy } = *metrics;
        Self { seed: seed.0, train_loss, train_accuracy, val_loss, val_accuracy }
    }
}

impl From<SeedMetrics> for event::SeedMetrics {
    fn from(metrics: SeedMetrics) -> Self {
        let SeedMetrics { seed, train_loss, train_accuracy, val_loss, val_accuracy } = metrics;
        Self { seed: Seed(seed), train_loss, train_accuracy, val_loss, val_accuracy }
    }
}

impl From<&event::SeedEvaluation> for SeedEvaluation {
    fn from(evaluation: &event::SeedEvaluation) -> Self {
        Self {
            seed: evaluation.seed.0,
            best_epoch: evaluation.best_epoch.0,
            val_accuracy: evaluation.val_accuracy,
            test_accuracy: evaluation.test_accuracy,
            test_balanced_accuracy: evaluation.test_balanced_accuracy,
            test_last_accuracy: evaluation.test_last_accuracy,
            auc: evaluation.auc,
            true_positive_rate: evaluation.true_positive_rate.clone(),
            noise: evaluation.noise.iter().map(Into::into).collect(),
            confusion: evaluation.confusion.0.clone(),
            missing: evaluation.missing.map(|event::Missing { text, image }| Missing { text, image }),
            emap: evaluation.emap.map(Into::into),
            gate: evaluation.gate.iter().map(Into::into).collect(),
        }
    }
}

impl From<SeedEvaluation> for event::SeedEvaluation {
    fn from(evaluation: SeedEvaluation) -> Self {
        Self {
            seed: Seed(evaluation.seed),
            best_epoch: Epoch(evaluation.best_epoch),
            val_accuracy: evaluation.val_accuracy,
            test_accuracy: evaluation.test_accuracy,
            test_balanced_accuracy: evaluation.test_balanced_accuracy,
            test_last_accuracy: evaluation.test_last_accuracy,
            auc: evaluation.auc,
            true_positive_rate: evaluation.true_positive_rate,
            noise: evaluation.noise.into_iter().map(Into::into).collect(),
            confusion: Confusion(evaluation.confusion),
            missing: evaluation.missing.map(|Missing { text, image }| event::Missing { text, image }),
            emap: evaluation.emap.map(Into::into),
            gate: evaluation.gate.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<&event::GateWeights> for GateWeights {
    fn from(gate: &event::GateWeights) -> Self {
        Self { condition: gate.condition.map(Name), weights: gate.weights.clone() }
    }
}

impl From<GateWeights> for event::GateWeights {
    fn from(gate: GateWeights) -> Self {
        Self { condition: gate.condition.map(|Name(condition)| condition), weights: gate.weights }
    }
}

impl From<event::Emap> for Emap {
    fn from(emap: event::Emap) -> Self {
        let event::Emap { rows, accuracy, additive_accuracy } = emap;
        Self { rows, accuracy, additive_accuracy }
    }
}

impl From<Emap> for event::Emap {
    fn from(emap: Emap) -> Self {
        let Emap { rows, accuracy, additive_accuracy } = emap;
        Self { rows, accuracy, additive_accuracy }
    }
}

impl From<&event::NoiseCurve> for NoiseCurve {
    fn from(curve: &event::NoiseCurve) -> Self {
        Self { condition: Name(curve.condition), mean: Name(curve.mean), accuracy: curve.accuracy.clone() }
    }
}

impl From<NoiseCurve> for event::NoiseCurve {
    fn from(curve: NoiseCurve) -> Self {
        Self { condition: curve.condition.0, mean: curve.mean.0, accuracy: curve.accuracy }
    }
}

impl From<&event::SeedOutcome> for SeedOutcome {
    fn from(outcome: &event::SeedOutcome) -> Self {
        match outcome {
            event::SeedOutcome::Completed => Self::Completed,
            event::SeedOutcome::Stopped => Self::Stopped,
            event::SeedOutcome::Diverged { epoch } => Self::Diverged { epoch: epoch.0 },
            event::SeedOutcome::Failed { message } => Self::Failed { message: message.clone() },
        }
    }
}

impl From<SeedOutcome> for event::SeedOutcome {
    fn from(outcome: SeedOutcome) -> Self {
        match outcome {
            SeedOutcome::Completed => Self::Completed,
            SeedOutcome::Stopped => Self::Stopped,
            SeedOutcome::Diverged { epoch } => Self::Diverged { epoch: Epoch(epoch) },
            SeedOutcome::Failed { message } => Self::Failed { message },
        }
    }
}
