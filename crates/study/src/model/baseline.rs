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
}

/// What is trained for a baseline beside the sweep's fusions.
enum Trained {
    /// One model.
    One(ModelId),
    /// One for each fusion.
    ForEach(fn(ModelId) -> Option<ModelId>),
}

/// Name in `config.toml`, and what is trained, in the order of the variants.
const TABLE: [(&str, Trained); 3] = [
    ("text", Trained::One(ModelId::TEXT)),
    ("image", Trained::One(ModelId::IMAGE)),
    ("logistic", Trained::ForEach(ModelId::logistic)),
];

impl Baseline {
    /// Every baseline, in the order of tables and charts.
    pub const ALL: [Self; 3] = [Self::Text, Self::Image, Self::Logistic];

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
