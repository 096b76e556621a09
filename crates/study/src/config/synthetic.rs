//! `[synthetic]`: labels that are made of the embeddings.

use serde::{Deserialize, Serialize};

use super::{Pairs, SyntheticLabel};
use crate::grid::Task;

/// `[synthetic]`: labels that are made of the embeddings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticConfig {
    /// What the dot product is compared with, in the task `synthetic`.
    pub label: SyntheticLabel,
    /// Which image goes with which text in the task `synthetic`.
    pub pairs: Pairs,
    /// Frozen random choices of the tasks that have any, which the seeds are assigned to: seed s has choice s mod their
    /// number.
    pub draws: usize,
    /// Accept a minority class under 5 %.
    pub allow_imbalance: bool,
}

impl Default for SyntheticConfig {
    fn default() -> Self {
        Self { label: SyntheticLabel::Median, pairs: Pairs::Matched, draws: 4, allow_imbalance: false }
    }
}

impl SyntheticConfig {
    /// Frozen random choices that the task's labels have.
    pub fn draws_of(&self, task: Task) -> usize {
        if task.has_draws() { self.draws } else { 1 }
    }
}
