//! Results of single test rows, seed by seed: kept beside the journal, for intervals over seeds and rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::NoiseMean;
use super::grid::{CohortId, Condition, Seed};

/// One configuration's test rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowOutcomes {
    /// Each seed that was tested.
    pub seeds: BTreeMap<Seed, SeedRows>,
    /// Where the run has several splits, each one's test rows by their places in the source, in the order of the
    /// seeds' rows; empty where there is one.
    pub places: Arc<[Vec<u32>]>,
    /// Where the data has groups, of each split the group of every test row, in the same order; empty where it has none.
    pub groups: Arc<[Vec<u32>]>,
}

/// One seed's best weights on every test row, in the order of the test split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeedRows {
    /// Which rows were right without noise.
    pub correct: Vec<bool>,
    /// For each condition and mean: the row's share of noise levels that were right, by trapezoids over α, in [0, 1];
    /// its mean over rows is `Robustness::area`. Empty where the run kept none.
    pub areas: BTreeMap<(Condition, NoiseMean), Vec<f32>>,
    /// Which rows were right under noise on text alone at the level nearest 0.10, by mean; empty where none were kept.
    pub slight_text: BTreeMap<NoiseMean, Vec<bool>>,
}

/// Of every configuration that has them.
pub type RunRows = BTreeMap<CohortId, RowOutcomes>;
