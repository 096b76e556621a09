//! What fusions are measured against, as `config.toml` names it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ModelId;

/// A kind of baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Baseline {
    /// Text alone, with the same head.
    Text,
    /// Image alone, with the same head.
    Image,
    /// Logistic regression on the features of each fusion of the sweep.
    Logistic,
    /// The mean of a text head's and an image head's logits.
    Late,
    /// Product fusion on dimensions that are paired at random.
    Permuted,
}

/// What is trained for a baseline beside the sweep's fusions.
enum Trained {
    /// One model.
    One(ModelId),
    /// One for each fusion.
    ForEach(fn(ModelId) -> Option<ModelId>),
}

/// Name in `config.toml`, and what is trained, in the order of the variants.
const TABLE: [(&str, Trained); 5] = [
    ("text", Trained::One(ModelId::TEXT)),
    ("image", Trained::One(ModelId::IMAGE)),
    ("logistic", Trained::ForEach(ModelId::logistic)),
    ("late", Trained::One(ModelId::LATE)),
    ("permuted", Trained::One(ModelId::PERMUTED)),
];

impl Baseline {
    /// Every baseline.
    pub const ALL: [Self; 5] = [Self::Text, Self::Image, Self::Logistic, Self::Late, Self::Permuted];

    /// Those of a sweep that names none.
    pub const DEFAULT: [Self; 3] = [Self::Text, Self::Image, Self::Logistic];

    /// The name in `config.toml`.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].0
    }

    /// What is trained for it beside `fusions`.
    pub fn trained(self, fusions: &[ModelId]) -> Vec<ModelId> {
        match TABLE[self as usize].1 {
            Trained::One(model) => vec![model],
            Trained::ForEach(of) => fusions.iter().filter_map(|&fusion| of(fusion)).collect(),
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
