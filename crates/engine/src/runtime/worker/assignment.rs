//! What a worker is asked to train.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use study::event::SeedEvaluation;
use study::grid::{CohortId, Seed};

/// One cohort for a worker, or a share of its seeds.
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
    /// The best of the cohort's trials that are trained already, by whichever worker.
    pub(crate) best: Best,
    /// What the attempt's files are kept beside until it has completed.
    pub(crate) beside: Beside,
    /// What the journal has of a result that is trained again for its test rows alone; the attempt has to end alike.
    pub(crate) expected: Option<Vec<SeedEvaluation>>,
    /// Which run it is, see [`store::Journal::identity`].
    pub(crate) run: String,
}

/// The best trial of a cohort so far, known to all workers that train some of its seeds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Best(Arc<Mutex<Option<Standing>>>);

/// How good a trial is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Standing {
    val_accuracy: f64,
    /// Its seed's place among the sweep's: of equals the first is kept.
    place: usize,
}

impl Best {
    pub(crate) fn new(best: Option<Standing>) -> Self {
        Self(Arc::new(Mutex::new(best)))
    }

    /// Other workers wait until it is released, so that no worse checkpoint replaces a better one.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Of a seed of the sweep's `seeds`.
    pub(crate) fn new(seeds: &[Seed], seed: Seed, val_accuracy: f64) -> Self {
        let place = seeds.iter().position(|other| *other == seed).unwrap_or(seeds.len());
        Self { val_accuracy, place }
    }

    /// Becomes `best` where it is the one to keep; whether it did.
    pub(crate) fn replaces(self, best: &mut Option<Self>) -> bool {
        let beats = |best: Self| match self.val_accuracy.total_cmp(&best.val_accuracy) {
            Ordering::Greater => true,
            Ordering::Equal => self.place < best.place,
            Ordering::Less => false,
        };
        let is_better = best.is_none_or(beats);
        if is_better {
            *best = Some(self);
        }
        is_better
    }
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
