//! The feature cache: rows as fusions read them, and noise, computed once for a data set and kept from cohort to cohort.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::backend::device::{Compute, finish};
use crate::backend::inputs::{CohortInputs, FusedRows, Unfused, upload};
use crate::evaluation::noise::{Draws, Moments};
use crate::fusion::{self, Reader};
use crate::training::robust;
use data::TaskData;
use study::config::{Config, NoiseConfig, NoiseStatistics};
use study::event::{DataFacts, SplitOf};
use study::model::{Fusion, Keeps, ModelId, Robust, Sizes};

/// One for each device, shared by its workers.
pub(crate) struct FeatureCache {
    device: Device,
    /// Of training and validation rows.
    kind: Kind,
    /// Bytes that may be kept; entries in use may be there besides.
    budget: usize,
    /// Splits of the data set, which share the budget.
    splits: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The last used comes last.
    rows: Vec<(Key, Made, SplitOf<FusedRows>)>,
    draws: Vec<(Key, Arc<Draws>)>,
    /// What training rows get, for text and for image.
    noise: Vec<(Key, Robust, [Tensor; 2])>,
    means: Vec<(Key, Arc<[Vec<f32>; 2]>)>,
}

/// The address of the embeddings, which identifies them: they live as long as the data set.
type Key = usize;

/// Whose features were made, with which frozen choice; absent: text and image, each for itself.
type Made = Option<(Fusion, usize)>;

/// What a model's rows are kept as.
const fn made(reader: Reader) -> Made {
    let fusion = reader.model.fusion;
    match fusion.definition().keeps {
        Keeps::Inputs => None,
        Keeps::Beside => Some((Fusion::Concat, 0)),
        Keeps::Features | Keeps::WithOnes => Some((fusion, reader.choice)),
    }
}

impl FeatureCache {
    /// Keeps up to `budget` bytes of a data set of so many splits.
    pub(crate) fn new(compute: Compute, budget: usize, splits: usize) -> Self {
        let Compute { device, rows: kind, .. } = compute;
        Self { device, kind, budget, splits: splits.max(1), kept: Mutex::default() }
    }

    pub(crate) const fn device(&self) -> Device {
        self.device
    }

    /// A cohort's inputs: its rows, shared with other cohorts, and its labels.
    pub(crate) fn inputs(&self, reader: impl Into<Reader>, data: &TaskData) -> CohortInputs {
        let reader = reader.into();
        CohortInputs::new(self.rows(reader, data), reader.choice, data, self.device)
    }

    /// The inputs that a cohort trains on, with what its rows are made of where it trains against noise.
    pub(crate) fn trained(&self, config: &Config, reader: Reader, data: &TaskData) -> CohortInputs {
        let robust = reader.model.robust;
        let unfused = (robust != Robust::None).then(|| self.unfused(config, robust, data));
        CohortInputs { unfused, ..self.inputs(reader, data) }
    }

    fn unfused(&self, config: &Config, robust: Robust, data: &TaskData) -> Unfused {
        let noise = self.noise(config, robust, data);
        let pair =
            Reader { model: ModelId::TENSOR, choice: 0, ones: [1.0; 2], settings: config.fusion.settings() };
        match self.rows(pair, data).train {
            FusedRows::Pair { text, image } => Unfused { text, image, noise },
            FusedRows::Vector(_) => unreachable!("tensor fusion reads pairs"),
        }
    }

    fn noise(&self, config: &Config, robust: Robust, data: &TaskData) -> [Tensor; 2] {
        let key = key(data);
        let mut kept = self.kept();
        if let Some((.., noise)) = kept.noise.iter().find(|entry| (entry.0, entry.1) == (key, robust)) {
            return noise.each_ref().map(Tensor::shallow_clone);
        }
        let drawn = robust::noise(config, robust, robust::BANK, data);
        let noise = drawn.each_ref().map(|noise| upload(noise, self.device));
        finish(self.device);
        kept.noise.push((key, robust, noise.each_ref().map(Tensor::shallow_clone)));
        noise
    }

    fn rows(&self, reader: Reader, data: &TaskData) -> SplitOf<FusedRows> {
        let (key, made) = (key(data), made(reader));
        let mut kept = self.kept();
        if let Some(place) = kept.rows.iter().position(|entry| (entry.0, entry.1) == (key, made)) {
            let entry = kept.rows.remove(place);
            kept.rows.push(entry);
        } else {
            // The least recently used entries are dropped; whoever still uses one shares its memory.
            let rows = self.make(reader, data);
            // Other workers read it on streams of their own.
            finish(self.device);
            let mut total: usize =
                bytes(&rows) + kept.rows.iter().map(|entry| bytes(&entry.2)).sum::<usize>();
            while total > self.budget && !kept.rows.is_empty() {
                total -= bytes(&kept.rows.remove(0).2);
            }
            kept.rows.push((key, made, rows));
        }
        let found = kept.rows.last().map(|entry| entry.2.map(FusedRows::share));
        let shared = found.unwrap_or_else(|| self.make(reader, data));
        shared.map(|rows| match rows {
            FusedRows::Pair { text, image } if made.is_none() => fusion::rows(reader, text, image),
            FusedRows::Pair { .. } | FusedRows::Vector(_) => rows.share(),
        })
    }

    /// Every split of `data`, as features or as pairs. Training and validation rows are kept in the precision that they
    /// are multiplied in; test rows, which noise is put on, in `f32`.
    fn make(&self, reader: Reader, data: &TaskData) -> SplitOf<FusedRows> {
        let rows = |text: &Array2<f32>, image: &Array2<f32>| {
            let (text, image) = (upload(text, self.device), upload(image, self.device));
            match made(reader) {
                Some(_) => fusion::rows(reader, &text, &image).in_place(),
                None => FusedRows::Pair { text, image },
            }
        };
        let inputs = data.inputs();
        let (text, image) = (&inputs.text, &inputs.image);
        SplitOf {
            train: rows(&text.train, &image.train).each(|rows| rows.to_kind(self.kind)),
            validation: rows(&text.validation, &image.validation).each(|rows| rows.to_kind(self.kind)),
            test: rows(&text.test, &image.test),
        }
    }

    /// Bytes that will be kept once noise of `expected` bytes was drawn, of which as much is kept as the budget allows.
    pub(crate) fn bytes(&self, expected: u64) -> u64 {
        let kept = self.kept();
        let rows = kept.rows.iter().map(|(_, _, rows)| bytes(rows)).sum::<usize>() as u64;
        let draws = kept.draws.iter().map(|(_, draws)| draws.bytes()).sum::<usize>() as u64;
        let of_noise = |noise: &[Tensor; 2]| noise.iter().map(bytes_of).sum::<usize>();
        let noise = kept.noise.iter().map(|(.., noise)| of_noise(noise)).sum::<usize>() as u64;
        rows + noise + draws.max(expected.min(self.budget as u64 / 2))
    }

    /// Drops everything but what a cohort of this model reads of these splits.
    pub(crate) fn keep_only<'a>(&self, model: ModelId, splits: impl Iterator<Item = &'a TaskData>) {
        let keys: Vec<Key> = splits.map(key).collect();
        let mut kept = self.kept();
        let is_unfused = |made: Made| made.is_none() && model.robust != Robust::None;
        let is_read = |made: Made| match model.fusion.definition().keeps {
            Keeps::Inputs => made.is_none(),
            Keeps::Beside => made.is_some_and(|(fusion, _)| fusion == Fusion::Concat),
            Keeps::Features | Keeps::WithOnes => made.is_some_and(|(fusion, _)| fusion == model.fusion),
        };
        kept.rows.retain(|entry| (is_read(entry.1) || is_unfused(entry.1)) && keys.contains(&entry.0));
        kept.noise.retain(|entry| entry.1 == model.robust && keys.contains(&entry.0));
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

    /// Means of text and image over a data set's training split.
    pub(crate) fn train_means(&self, data: &TaskData) -> Arc<[Vec<f32>; 2]> {
        let key = key(data);
        let mut kept = self.kept();
        if let Some((_, means)) = kept.means.iter().find(|(of, _)| *of == key) {
            return Arc::clone(means);
        }
        let of = |rows: &Array2<f32>| Moments::of(rows, NoiseStatistics::PerDimension).mean;
        let inputs = data.inputs();
        let means = Arc::new([of(&inputs.text.train), of(&inputs.image.train)]);
        kept.means.push((key, Arc::clone(&means)));
        means
    }

    /// After a panic in another thread the contents are complete: entries are inserted as a whole.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of one split of such a data set and one frozen choice for a model, in bytes.
pub(crate) fn expected_bytes(model: ModelId, sizes: &Sizes, data: &DataFacts, compute: Compute) -> u64 {
    let (text, image) = (sizes.text, sizes.image);
    let widths = match model.fusion.definition().keeps {
        Keeps::Inputs => vec![text, image],
        Keeps::WithOnes => vec![text + 1, image + 1],
        Keeps::Beside => vec![text + image],
        Keeps::Features => vec![(model.fusion.definition().values_read)(sizes)],
    };
    let rows = FusedRows::expected_bytes(&widths, data, compute);
    rows + match model.robust {
        Robust::None => 0,
        Robust::Noise => unfused_bytes(sizes, data, compute, robust::BANK),
        Robust::Drop => unfused_bytes(sizes, data, compute, 1),
    }
}

/// What training rows are made of in every step, with so many rows of noise.
fn unfused_bytes(sizes: &Sizes, data: &DataFacts, compute: Compute, noise: usize) -> u64 {
    let rows = FusedRows::expected_bytes(&[sizes.text, sizes.image], data, compute);
    rows + (noise * sizes.both() * size_of::<f32>()) as u64
}

fn bytes_of(rows: &Tensor) -> usize {
    rows.numel() * rows.kind().elt_size_in_bytes()
}

fn bytes(rows: &SplitOf<FusedRows>) -> usize {
    rows.train.bytes() + rows.validation.bytes() + rows.test.bytes()
}

fn key(data: &TaskData) -> Key {
    data.key()
}
