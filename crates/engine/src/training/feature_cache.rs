//! What is made of a data set once and kept from cohort to cohort: its rows as the fusions read them, and its noise.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tch::{Device, Kind};

use crate::backend::device::{Compute, wait};
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::evaluation::noise::Draws;
use data::TaskData;
use study::config::NoiseConfig;
use study::event::SplitOf;
use study::grid::Fusion;

/// A device's, for all workers on it.
pub(crate) struct Shelf {
    device: Device,
    /// Of training and validation rows.
    kind: Kind,
    /// Bytes that may be kept; what is in use is there besides.
    budget: usize,
    /// Splits of the data set, which share the budget.
    splits: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The last used last.
    rows: Vec<(Key, Features, SplitOf<FusedRows>)>,
    draws: Vec<(Key, Arc<Draws>)>,
}

/// Where embeddings lie in memory, which tells them apart: they live as long as the data set.
type Key = usize;

/// What fusions read of the two modalities.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Features {
    Concat,
    Product,
    /// Text and image, each for itself.
    Pair,
}

impl Features {
    const fn of(fusion: Fusion) -> Self {
        match fusion {
            Fusion::Concat | Fusion::LogisticConcat => Self::Concat,
            Fusion::Product | Fusion::LogisticProduct => Self::Product,
            Fusion::Text | Fusion::Image | Fusion::Tensor | Fusion::LogisticTensor => Self::Pair,
        }
    }
}

impl Shelf {
    /// Keeps up to `budget` bytes of a data set of so many splits.
    pub(crate) fn new(compute: Compute, budget: usize, splits: usize) -> Self {
        let Compute { device, rows: kind, .. } = compute;
        Self { device, kind, budget, splits: splits.max(1), kept: Mutex::default() }
    }

    pub(crate) const fn device(&self) -> Device {
        self.device
    }

    /// A cohort's inputs: its rows, shared with other cohorts, and its labels.
    pub(crate) fn inputs(&self, fusion: Fusion, data: &TaskData) -> CohortInputs {
        CohortInputs::new(self.rows(fusion, data), data, self.device)
    }

    fn rows(&self, fusion: Fusion, data: &TaskData) -> SplitOf<FusedRows> {
        let (key, features) = (key(data), Features::of(fusion));
        let mut kept = self.kept();
        if let Some(place) = kept.rows.iter().position(|entry| (entry.0, entry.1) == (key, features)) {
            let entry = kept.rows.remove(place);
            kept.rows.push(entry);
        } else {
            // What was used longest ago makes room; what is in use elsewhere lives on there.
            let made = FusedRows::of_splits(fusion, data, self.device, self.kind);
            // Other workers read it on streams of their own.
            wait(self.device);
            let bytes =
                |rows: &SplitOf<FusedRows>| rows.train.bytes() + rows.validation.bytes() + rows.test.bytes();
            let mut total: usize =
                bytes(&made) + kept.rows.iter().map(|entry| bytes(&entry.2)).sum::<usize>();
            while total > self.budget && !kept.rows.is_empty() {
                total -= bytes(&kept.rows.remove(0).2);
            }
            kept.rows.push((key, features, made));
        }
        let found = kept.rows.last().map(|entry| entry.2.map(FusedRows::share));
        let shared = found.unwrap_or_else(|| FusedRows::of_splits(fusion, data, self.device, self.kind));
        shared.map(|rows| rows.as_read_by(fusion))
    }

    /// What is kept, in bytes, once noise was drawn that takes `expected` bytes as a whole: of it as much as may be kept.
    pub(crate) fn bytes(&self, expected: u64) -> u64 {
        let kept = self.kept();
        let rows = kept.rows.iter().map(|(_, _, rows)| bytes(rows)).sum::<usize>() as u64;
        let draws = kept.draws.iter().map(|(_, draws)| draws.bytes()).sum::<usize>() as u64;
        rows + draws.max(expected.min(self.budget as u64 / 2))
    }

    /// Lets go of everything but what a cohort of this fusion reads of these splits.
    pub(crate) fn keep_only<'a>(&self, fusion: Fusion, splits: impl Iterator<Item = &'a TaskData>) {
        let keys: Vec<Key> = splits.map(key).collect();
        let mut kept = self.kept();
        kept.rows.retain(|entry| entry.1 == Features::of(fusion) && keys.contains(&entry.0));
        kept.draws.clear();
    }

    /// The noise of a data set.
    pub(crate) fn draws(&self, config: &NoiseConfig, data: &TaskData) -> Arc<Draws> {
        let key = key(data);
        let mut kept = self.kept();
        if let Some((_, draws)) = kept.draws.iter().find(|(of, _)| *of == key) {
            return Arc::clone(draws);
        }
        let draws = Arc::new(Draws::new(config, data, self.device, self.budget / 2 / self.splits));
        kept.draws.push((key, Arc::clone(&draws)));
        draws
    }

    /// What a thread that panicked left is whole: entries are put in as a whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn bytes(rows: &SplitOf<FusedRows>) -> usize {
    rows.train.bytes() + rows.validation.bytes() + rows.test.bytes()
}

fn key(data: &TaskData) -> Key {
    Arc::as_ptr(&data.inputs).addr()
}
