//! What a worker is asked to train.

use std::collections::BTreeMap;

use study::event::SeedEvaluation;
use study::grid::{CohortId, Seed};

/// One cohort for a worker.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) cohort: CohortId,
    /// The seeds to train.
    pub(crate) seeds: Vec<Seed>,
    /// The same, but empty where they are all.
    pub(crate) only: Vec<Seed>,
    /// The number of a new attempt.
    pub(crate) attempt: u32,
    /// An attempt that was interrupted, and what the journal has of it.
    pub(crate) interrupted: Option<Interrupted>,
    /// Best validation accuracy of the seeds that are trained already.
    pub(crate) best_before: Option<f64>,
    /// What the attempt's files are kept beside until it has completed.
    pub(crate) beside: Beside,
    /// What the journal has of a result that is trained again for its test rows alone; the attempt has to end alike.
    pub(crate) expected: Option<Vec<SeedEvaluation>>,
    /// Which run it is, see [`store::Journal::identity`].
    pub(crate) run: String,
}

/// Whether an attempt is one at a configuration that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// It has one, which stays until the attempt has completed.
    Result,
    /// It has none.
    Nothing,
}

/// An attempt that may be resumed.
#[derive(Clone, Debug)]
pub(crate) struct Interrupted {
    pub(crate) attempt: u32,
    /// Epochs of each seed in the journal.
    pub(crate) recorded: BTreeMap<Seed, usize>,
}
