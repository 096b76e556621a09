//! How a study is cut into shards, which jobs of a cluster train.

use crate::grid::{CohortId, Seed};

/// What one job trains.
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    /// Configurations, in the order in which they train.
    pub items: Vec<Item>,
    /// What it costs, see [`crate::cost`].
    pub cost: f64,
}

/// A configuration, or some of its seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The configuration.
    pub cohort: CohortId,
    /// The seeds that the shard trains.
    pub seeds: Vec<Seed>,
}
