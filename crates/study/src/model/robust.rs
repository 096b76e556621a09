//! How a model is trained: on its rows as they are, or against noise.

use serde::{Deserialize, Serialize};

/// What is done to training rows, in every step anew; validation and test rows stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Robust {
    /// Nothing.
    #[default]
    None,
    /// Noise on text and on image, each of a level of its own between 0 and `train.noise_max`.
    Noise,
    /// Text or image, never both, is replaced by its training mean: each with probability `train.drop`.
    Drop,
}

impl Robust {
    /// Every one, in the order of tables and charts.
    pub const ALL: [Self; 3] = [Self::None, Self::Noise, Self::Drop];

    /// The word in `config.toml` and in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Noise => "noise",
            Self::Drop => "drop",
        }
    }

    /// What stands behind a model's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Noise => "-noise",
            Self::Drop => "-drop",
        }
    }
}
