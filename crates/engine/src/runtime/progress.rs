//! Time left and how hard the devices work: what each configuration costs, scaled by the speed measured so far.

use std::collections::BTreeMap;

use crate::backend::device::Compute;
use study::cost::{self, BYTES_OF_STEP, Cost, parameters};
use study::estimate::{Basis, Estimate};
use study::event::RunHeader;
use study::feed::{Bound, Load};
use study::grid::{CohortId, Epoch};
use study::model::ModelId;

/// What a device can do, measured before the first step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peak {
    /// Floating-point operations a second.
    pub(crate) flops: f64,
    /// Bytes of memory, read or written, a second.
    pub(crate) bytes: f64,
}

impl Peak {
    /// The load of all running cohorts together.
    pub(crate) fn load(&self, header: &RunHeader, running: &[Running]) -> Load {
        let (mut arithmetic, mut memory) = (0.0, 0.0);
        for &Running { cohort, samples_per_second, .. } in running {
            let parameters = parameters(header, cohort);
            let batch = header.config.train.batch_size.min(cohort.train_size) as f64;
            arithmetic += samples_per_second * cost::TRAIN * parameters / self.flops;
            memory += samples_per_second / batch * BYTES_OF_STEP * parameters / self.bytes;
        }
        if memory > arithmetic {
            Load { share: memory, bound: Bound::Memory }
        } else {
            Load { share: arithmetic, bound: Bound::Arithmetic }
        }
    }
}

/// Time spent so far by fusion: their speeds differ.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    by_fusion: BTreeMap<ModelId, Pace>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    seconds: f64,
    cost: f64,
}

/// A worker's running cohort: its epoch, the share of its training that is done, the seconds that this took, and its present speed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    pub(crate) worker: usize,
    pub(crate) cohort: CohortId,
    /// How many of its seeds the worker trains.
    pub(crate) seeds: usize,
    pub(crate) epoch: Epoch,
    pub(crate) done: f64,
    pub(crate) seconds: f64,
    /// Rows of all these seeds.
    pub(crate) samples_per_second: f64,
}

impl Spent {
    /// So many seeds of a cohort took so many seconds.
    pub(crate) fn record(
        &mut self,
        header: &RunHeader,
        compute: Compute,
        cohort: CohortId,
        seeds: usize,
        seconds: f64,
    ) {
        let pace = self.by_fusion.entry(cohort.fusion.at_rate(None)).or_default();
        pace.seconds += seconds;
        pace.cost += cost(header, compute, cohort, seeds).all();
    }

    /// Seconds until the running cohorts and those that wait, each with so many seeds, are done with `workers` workers,
    /// each of which takes the next one that waits; absent before anything was measured.
    pub(crate) fn remaining(
        &self,
        header: &RunHeader,
        compute: Compute,
        running: &[Running],
        waiting: impl Iterator<Item = (CohortId, usize)>,
        workers: usize,
    ) -> Option<f64> {
        let mut by_fusion = self.by_fusion.clone();
        for &Running { cohort, seeds, done, seconds, .. } in running {
            let pace = by_fusion.entry(cohort.fusion.at_rate(None)).or_default();
            pace.seconds += seconds;
            pace.cost += done * cost(header, compute, cohort, seeds).training;
        }
        let all = by_fusion.values().fold(Pace::default(), |sum, pace| Pace {
            seconds: sum.seconds + pace.seconds,
            cost: sum.cost + pace.cost,
        });
        if all.cost <= 0.0 {
            return None;
        }
        let seconds = |cohort: CohortId, seeds: usize, done: f64| {
            let pace =
                by_fusion.get(&cohort.fusion.at_rate(None)).filter(|pace| pace.cost > 0.0).unwrap_or(&all);
            let cost = cost(header, compute, cohort, seeds);
            (cost.all() - done * cost.training) * pace.seconds / pace.cost
        };
        // When each worker is free.
        let left = |other: &Running| seconds(other.cohort, other.seeds, other.done);
        let mut free: Vec<f64> = running.iter().map(left).collect();
        free.resize(workers.max(free.len()), 0.0);
        for (cohort, seeds) in waiting {
            if let Some(first) = free.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *first += seconds(cohort, seeds, 0.0);
            }
        }
        free.into_iter().max_by(f64::total_cmp)
    }
}

/// The share of the time from which on what it is estimated from is named.
const WORTH_NAMING: f64 = 0.1;

/// Seconds, or seconds for each unit of cost, and what they are from; absent where a model's speed is not known.
type Known = Option<(f64, Basis)>;

/// About how long trials take before any was measured, each configuration with as many seeds: their cost, by what is
/// `known` of each model, in seconds for each unit of cost, all workers together; of others their operations at the devices'
/// peak, made longer as those that are known take longer. Absent where there are none.
pub(crate) fn estimate(
    header: &RunHeader,
    compute: Compute,
    peak: Peak,
    known: impl Fn(ModelId) -> Known,
    open: impl IntoIterator<Item = (CohortId, usize)>,
) -> Option<Estimate> {
    let mut trials = 0;
    // At the peak, and as known.
    let mut parts: Vec<(ModelId, f64, Known)> = Vec::new();
    for (cohort, seeds) in open {
        trials += seeds;
        let at_peak = cost(header, compute, cohort, seeds).all() / peak.flops;
        let whole = cost(header, compute, cohort, whole_seeds(compute, seeds)).all();
        let as_known = known(cohort.fusion).map(|(rate, basis)| (rate * whole, basis));
        parts.push((cohort.fusion, at_peak, as_known));
    }
    let (at_peak, seconds) = parts
        .iter()
        .filter_map(|(_, at_peak, known)| Some((at_peak, known.as_ref()?.0)))
        .fold((0.0, 0.0), |(all, sum), (at_peak, seconds)| (all + at_peak, sum + seconds));
    let slower = if at_peak > 0.0 { seconds / at_peak } else { 1.0 };
    let unknown = if at_peak > 0.0 { Basis::Scaled } else { Basis::Peak };
    let parts: Vec<(ModelId, f64, Basis)> = parts
        .into_iter()
        .map(|(model, at_peak, known)| {
            let (seconds, basis) = known.unwrap_or((at_peak * slower, unknown));
            (model, seconds, basis)
        })
        .collect();
    let all: f64 = parts.iter().map(|(_, seconds, _)| seconds).sum();
    let share_of = |basis: Basis| {
        let of_basis = parts.iter().filter(|(_, _, of)| *of == basis);
        of_basis.map(|(_, seconds, _)| seconds).sum::<f64>() / all
    };
    let weakest_first = [Basis::Peak, Basis::Scaled, Basis::Measured, Basis::LastRun];
    let named = weakest_first.into_iter().find(|&basis| share_of(basis) >= WORTH_NAMING);
    let basis = named.unwrap_or(Basis::Peak);
    Estimate::of(trials, parts.into_iter().map(|(model, seconds, _)| (model, seconds)), basis)
}

/// Seeds that take as long as so many do: a core trains whole ones.
pub(crate) fn whole_seeds(compute: Compute, seeds: usize) -> usize {
    let threads = if compute.device.is_cuda() { 1 } else { compute.threads.max(1) };
    seeds.div_ceil(threads) * threads
}

/// The least that one epoch of a cohort takes at a device's peak, in seconds: the operations of training and
/// validation, or the bytes of weights, moments and rows, whichever takes longer.
pub(crate) fn epoch_floor(header: &RunHeader, peak: Peak, cohort: CohortId) -> f64 {
    let (data, parameters) = (&header.data, parameters(header, cohort));
    let seeds = header.sweep.seeds.len() as f64;
    let steps = cost::steps_per_epoch(&header.config, cohort.train_size) as f64;
    let (train, validation) = (cohort.train_size as f64, data.rows.validation as f64);
    let of_parameter = cost::TRAIN * train + cost::FORWARD * validation;
    let of_row = (size_of::<f32>() * (data.text_width + data.image_width)) as f64;
    let bytes = steps * BYTES_OF_STEP * parameters + train * of_row;
    seeds * (of_parameter * parameters / peak.flops).max(bytes / peak.bytes)
}

/// What so many seeds of a cohort cost one worker.
pub(crate) fn cost(header: &RunHeader, compute: Compute, cohort: CohortId, seeds: usize) -> Cost {
    let start = match compute.device {
        tch::Device::Cpu => 0.0,
        tch::Device::Cuda(_) | tch::Device::Mps | tch::Device::Vulkan => cost::STEP_ON_GPU,
    };
    cost::of_seeds(header, cohort, seeds, start)
}
