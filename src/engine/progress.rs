//! Time left and how hard the device works: each configuration's cost model, scaled by the speed measured so far.

use std::collections::BTreeMap;

use super::device::{Arithmetic, Compute};
use crate::study::config::NoiseMeans;
use crate::study::event::RunHeader;
use crate::study::feed::{Bound, Load};
use crate::study::grid::{CohortId, Epoch, Fusion};

// What else is worth as many floating-point operations of a training step, fitted to the 128 configurations of the quick
// study and to steps of tensor fusion at width 768 on two Zen 5 cores (540 GFLOP/s).

/// An operation of validation: fewer rows share a weight while it is in the cache.
const VALIDATION: f64 = 1.6;
/// A value of a row that is read for a step.
const VALUE: f64 = 47.0;
/// A seed's step, whatever it is of.
const STEP: f64 = 1.8e6;
/// A seed's epoch: its order and its line in the journal.
const EPOCH: f64 = 1.5e7;
/// A level, unit and test row under noise.
const NOISE: f64 = 25.0;
/// `AdamW`'s update of one parameter: its six reads and writes.
const UPDATE: f64 = 390.0;
/// The same where weights and moments stay in the cache.
const UPDATE_IN_CACHE: f64 = 20.0;
/// Bytes that stay in the cache.
const CACHE: f64 = 8e6;
/// Drawing an initial weight.
const INITIAL: f64 = 250.0;
/// Bytes that a step reads and writes of each parameter: the weight forward, then weight and moments, there and back.
const BYTES_OF_STEP: f64 = 28.0;
/// Operations that starting the kernels of one step is worth on a GPU: an estimate, since none was measured.
const STEP_ON_GPU: f64 = 5e9;

/// What a device can do, measured before the first step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peak {
    /// Floating-point operations a second.
    pub(super) flops: f64,
    /// Bytes of memory, read or written, a second.
    pub(super) bytes: f64,
}

impl Peak {
    /// The load that training what is under way is, all of it together.
    pub(super) fn load(&self, header: &RunHeader, under_way: &[UnderWay]) -> Load {
        let (mut arithmetic, mut memory) = (0.0, 0.0);
        for &UnderWay { cohort, samples_per_second, .. } in under_way {
            let parameters = parameters(header, cohort);
            let batch = header.config.train.batch_size.min(cohort.train_size) as f64;
            arithmetic += samples_per_second * 6.0 * parameters / self.flops;
            memory += samples_per_second / batch * BYTES_OF_STEP * parameters / self.bytes;
        }
        if memory > arithmetic {
            Load { share: memory, bound: Bound::Memory }
        } else {
            Load { share: arithmetic, bound: Bound::Arithmetic }
        }
    }
}

/// What a cohort costs, in operations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Cost {
    /// Epochs, their validation included.
    training: f64,
    /// Before the first epoch and after the last.
    rest: f64,
}

impl Cost {
    const fn all(&self) -> f64 {
        self.training + self.rest
    }
}

/// What was spent so far, by fusion: their kernels differ, so their speeds do.
#[derive(Debug, Default)]
pub(super) struct Spent {
    by_fusion: BTreeMap<Fusion, Pace>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    seconds: f64,
    cost: f64,
}

/// A cohort under way: its epoch, the share of its training that is done, the seconds that this took, and how fast it goes
/// on.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnderWay {
    pub(super) cohort: CohortId,
    pub(super) epoch: Epoch,
    pub(super) done: f64,
    pub(super) seconds: f64,
    /// Rows of all its seeds.
    pub(super) samples_per_second: f64,
}

impl Spent {
    /// A cohort took so many seconds.
    pub(super) fn record(&mut self, header: &RunHeader, compute: Compute, cohort: CohortId, seconds: f64) {
        let pace = self.by_fusion.entry(cohort.fusion).or_default();
        pace.seconds += seconds;
        pace.cost += cost(header, compute, cohort).all();
    }

    /// Seconds until the cohorts under way and those that wait are done with `workers` workers, each of which takes the
    /// next one that waits; absent before anything was measured.
    pub(super) fn remaining(
        &self,
        header: &RunHeader,
        compute: Compute,
        under_way: &[UnderWay],
        waiting: impl Iterator<Item = CohortId>,
        workers: usize,
    ) -> Option<f64> {
        let mut by_fusion = self.by_fusion.clone();
        for &UnderWay { cohort, done, seconds, .. } in under_way {
            let pace = by_fusion.entry(cohort.fusion).or_default();
            pace.seconds += seconds;
            pace.cost += done * cost(header, compute, cohort).training;
        }
        let all = by_fusion.values().fold(Pace::default(), |sum, pace| Pace {
            seconds: sum.seconds + pace.seconds,
            cost: sum.cost + pace.cost,
        });
        if all.cost <= 0.0 {
            return None;
        }
        let seconds = |cohort: CohortId, done: f64| {
            let pace = by_fusion.get(&cohort.fusion).filter(|pace| pace.cost > 0.0).unwrap_or(&all);
            let cost = cost(header, compute, cohort);
            (cost.all() - done * cost.training) * pace.seconds / pace.cost
        };
        // When each worker is free.
        let mut free: Vec<f64> = under_way.iter().map(|other| seconds(other.cohort, other.done)).collect();
        free.resize(workers.max(free.len()), 0.0);
        for cohort in waiting {
            if let Some(first) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *first += seconds(cohort, 0.0);
            }
        }
        free.into_iter().max_by(f64::total_cmp)
    }
}

/// The least that one epoch of a cohort takes at a device's peak, in seconds: the operations of training and
/// validation, or the bytes of weights, moments and rows, whichever takes longer.
pub(super) fn epoch_floor(header: &RunHeader, peak: Peak, cohort: CohortId) -> f64 {
    let (data, parameters) = (&header.data, parameters(header, cohort));
    let seeds = header.sweep.seeds.len() as f64;
    let steps = cohort.train_size.div_ceil(header.config.train.batch_size) as f64;
    let rows = 6.0 * cohort.train_size as f64 + 2.0 * data.rows.validation as f64;
    let of_row = (size_of::<f32>() * (data.text_width + data.image_width)) as f64;
    let bytes = steps * BYTES_OF_STEP * parameters + cohort.train_size as f64 * of_row;
    seeds * (rows * parameters / peak.flops).max(bytes / peak.bytes)
}

fn parameters(header: &RunHeader, cohort: CohortId) -> f64 {
    let data = &header.data;
    cohort.fusion.parameters(data.text_width, data.image_width, header.config.model.hidden) as f64
}

/// Of all seeds: three passes of two operations a parameter and row for training and one for validation, the update of
/// every parameter in every step; drawing the first weights, the test, and a pass for each piece of the noise.
fn cost(header: &RunHeader, compute: Compute, cohort: CohortId) -> Cost {
    let (data, config) = (&header.data, &header.config);
    let parameters = parameters(header, cohort);
    let seeds = header.sweep.seeds.len() as f64;
    let steps = cohort.train_size.div_ceil(config.train.batch_size) as f64;
    let starts = match compute.arithmetic {
        Arithmetic::LibTorch if compute.device != tch::Device::Cpu => steps * STEP_ON_GPU,
        Arithmetic::LibTorch | Arithmetic::Fused => 0.0,
    };
    // Weights and two moments.
    let is_in_cache = parameters * 3.0 * size_of::<f32>() as f64 <= CACHE;
    let update = if is_in_cache { UPDATE_IN_CACHE } else { UPDATE };
    let values = match cohort.fusion {
        Fusion::Tensor | Fusion::LogisticTensor => data.text_width + data.image_width,
        other => other.width(data.text_width, data.image_width),
    };
    let train = cohort.train_size as f64 * (6.0 * parameters + VALUE * values as f64);
    let validation = VALIDATION * 2.0 * parameters * data.rows.validation as f64;
    let epoch = seeds * (train + validation + steps * (STEP + update * parameters) + EPOCH) + starts;
    let means = match config.noise.mean {
        NoiseMeans::Both => 2.0,
        NoiseMeans::Empirical | NoiseMeans::Zero => 1.0,
    };
    let pieces = match cohort.fusion {
        Fusion::Concat | Fusion::Text | Fusion::Image | Fusion::LogisticConcat => 1.0,
        Fusion::Product | Fusion::Tensor | Fusion::LogisticProduct | Fusion::LogisticTensor => 3.0,
    };
    let levels = (cohort.fusion.units(config.model.hidden) * header.levels.len()) as f64;
    let noise = means * (2.0 * pieces * parameters + NOISE * config.noise.conditions.len() as f64 * levels);
    let test = data.rows.test as f64 * (6.0 * parameters + noise);
    Cost { training: f64::from(config.train.epochs) * epoch, rest: seeds * (INITIAL * parameters + test) }
}
