//! A checkpoint's metadata: the keys of `__metadata__`, and what stands under `preprocessing` as JSON.

use serde::{Deserialize, Serialize};

/// The model's name.
pub const FUSION: &str = "fusion";
/// The task's name.
pub const TASK: &str = "task";
/// Rows that it was trained on.
pub const TRAIN_SIZE: &str = "train_size";
/// The learning rate that it was trained at; absent in checkpoints of studies with one, whose configuration says it.
pub const LEARNING_RATE: &str = "learning_rate";
/// Its seed.
pub const SEED: &str = "seed";
/// The epoch of its weights.
pub const BEST_EPOCH: &str = "best_epoch";
/// Accuracy on its validation split.
pub const VAL_ACCURACY: &str = "val_accuracy";
/// Accuracy on its test split, where it was tested.
pub const TEST_ACCURACY: &str = "test_accuracy";
/// Of the data set.
pub const DATA_FINGERPRINT: &str = "data_fingerprint";
/// Its configuration, as `config.toml` has it.
pub const CONFIG: &str = "config";
/// A [`Preprocessing`]; absent in checkpoints of the first versions.
pub const PREPROCESSING: &str = "preprocessing";
/// The names of the classes, as a JSON list; absent where they are 0 and 1.
pub const CLASSES: &str = "classes";
/// The user's module that its fusion is, as a header has it, as JSON.
pub const MODULE: &str = "module";
/// What a fusion drew at random once, such as a sketch, as JSON.
pub const FROZEN: &str = "frozen";

/// What a model's inputs went through.
#[derive(Debug, Serialize, Deserialize)]
pub struct Preprocessing {
    /// Of the source's rows.
    pub fitted: Fitted,
    /// BLAKE3 of the projections in the file beside the checkpoint, where there are any.
    pub projection: Option<String>,
    /// The synthetic task's.
    pub cut: Option<Cut>,
    /// Of a task that is graded by a score; absent in checkpoints of other tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graded: Option<Graded>,
    /// What noise is drawn with, text and image.
    pub noise: [Moments; 2],
}

/// Both modalities' way to the model.
#[derive(Debug, Serialize, Deserialize)]
pub struct Fitted {
    /// Modality A.
    pub text: Modality,
    /// Modality B.
    pub image: Modality,
}

/// One modality's way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Modality {
    /// Behind the projection.
    pub scale: Scale,
}

/// `data.scale`, as it was fitted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Scale {
    /// Rows stay as they are.
    #[serde(rename = "none")]
    None,
    /// Every entry times so much.
    #[serde(rename = "rms")]
    Rms {
        /// The factor.
        factor: f64,
    },
    /// Every column less its mean, by its deviation.
    #[serde(rename = "standard")]
    Standard {
        /// Of each column.
        mean: Vec<f64>,
        /// Of each column.
        deviation: Vec<f64>,
    },
}

/// How the synthetic task's labels are made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Cut {
    /// A dot product above it is labelled 1.
    pub threshold: f64,
    /// Training means of text and image, taken from the rows first.
    pub centre: Option<(Vec<f64>, Vec<f64>)>,
}

/// How the labels of a task that is graded by a score are made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Graded {
    /// Number of the frozen random choice.
    pub draw: usize,
    /// Training means of text and image.
    pub means: (Vec<f64>, Vec<f64>),
    /// Mean and deviation of each part of the score that is standardised.
    pub parts: Vec<(f64, f64)>,
    /// A score above it is labelled 1.
    pub threshold: f64,
}

/// Mean and deviation of each dimension of a modality.
#[derive(Debug, Serialize, Deserialize)]
pub struct Moments {
    /// `[width]`
    pub mean: Vec<f32>,
    /// `[width]`
    pub std: Vec<f32>,
}
