//! How long a whole study would take, from parts of it that are measured; and the least that its bytes and operations
//! would take on the same device.

use std::time::Instant;

use crate::backend::device::{self, Compute, Devices};
use crate::error::EngineError;
use crate::runtime::peak;
use crate::runtime::preparation::{Prepared, prepare};
use crate::runtime::progress::{Peak, epoch_floor};
use crate::training::feature_cache::FeatureCache;
use crate::training::memory::{Budget, held};
use crate::training::timed::{Part, Subject, sample};
use data::TaskData;
use study::config::Config;
use study::cost::steps_per_epoch;
use study::estimate::{Basis, Estimate};
use study::event::{NoiseMean, RunHeader};
use study::grid::{CohortId, Seed};
use study::model::ModelId;

/// A study's time.
#[derive(Clone, Debug)]
pub struct StudyTime {
    /// What it was measured on.
    pub device: String,
    /// Its trials, about how long they take, and the largest part of that.
    pub plan: String,
    /// Seeds of each configuration.
    pub seeds: usize,
    /// Floating-point operations a second that the device was seen to do at most.
    pub peak_flops: f64,
    /// Bytes a second that it was seen to read and write at most.
    pub peak_bytes: f64,
    /// Workers that train side by side.
    pub workers: usize,
    /// In the order of the sweep.
    pub fusions: Vec<OfFusion>,
}

/// One fusion's part of it; seconds, all seeds together.
#[derive(Clone, Copy, Debug)]
pub struct OfFusion {
    /// Which.
    pub fusion: ModelId,
    /// The largest train size.
    pub size: usize,
    /// One epoch at that size: its steps and its validation.
    pub epoch: f64,
    /// The least that its bytes and operations would take at the device's peak.
    pub epoch_floor: f64,
    /// Every epoch of every task and size, with the tests.
    pub study: f64,
    /// Every epoch's floor together.
    pub study_floor: f64,
}

/// Measures steps for about `seconds` a fusion at the sweep's largest size, and validation and noise on some rows.
pub fn study(config: &Config, seconds: f64) -> Result<StudyTime, EngineError> {
    let devices = device::choose(&config.run, config.sweep.seeds.resolve().len())?;
    let Prepared { header, dataset } = prepare(config, None, Some(&devices), "", &mut |_| {})?;
    let Devices { workers, description, .. } = devices;
    let compute = workers.first().copied().unwrap_or_else(Compute::cpu);
    let peak = peak::measure(&workers);
    let on_device = workers.iter().filter(|worker| worker.device == compute.device).count();
    let budget = Budget::new(config.run.memory, compute, on_device, held());
    let cache = FeatureCache::new(compute, budget.kept(), dataset.partitions().len());
    let size = header.sweep.sizes.iter().copied().max().unwrap_or(1);
    let task = header.sweep.tasks.first().copied().ok_or(EngineError::Thread("benchmark"))?;
    let data = dataset.task(task).ok_or(EngineError::Thread("benchmark"))?;
    let sample = sample(data);
    let draws = draws(&header, &sample, compute, budget.kept() / 2 / dataset.partitions().len());
    let mut fusions = Vec::new();
    for fusion in header.sweep.trained() {
        let cohort = CohortId { fusion, task, train_size: size };
        let subject = Subject { header: &header, data, cache: &cache, compute, cohort };
        let first = subject.time(Part::Step, 1)?;
        let steps = steps_per_epoch(&header.config, size);
        let step = subject.time(Part::Step, ((seconds / first) as usize).clamp(1, steps))?;
        let few = FeatureCache::new(compute, budget.kept(), 1);
        let subject = Subject { data: &sample, cache: &few, ..subject };
        let inputs = sample.inputs();
        let rows = &inputs.text;
        let validation = subject.time(Part::Validate, 2)? / rows.validation.nrows() as f64;
        let noise = subject.time(Part::Noise, 1)? / rows.test.nrows() as f64;
        let measured = Measured { step, validation, noise, draws };
        fusions.push(of_fusion(&header, peak, cohort, measured, workers.len()));
    }
    let (seeds, workers) = (header.sweep.seeds.len(), workers.len());
    let trials = header.sweep.cohorts().len() * seeds;
    let estimate =
        Estimate::of(trials, fusions.iter().map(|of: &OfFusion| (of.fusion, of.study)), Basis::Measured);
    Ok(StudyTime {
        device: description,
        plan: estimate.map(|estimate| estimate.sentence(&header)).unwrap_or_default(),
        seeds,
        peak_flops: peak.flops,
        peak_bytes: peak.bytes,
        workers,
        fusions,
    })
}

/// Seconds, all seeds together.
#[derive(Clone, Copy)]
struct Measured {
    step: f64,
    /// Of a row.
    validation: f64,
    /// Of a row.
    noise: f64,
    /// Of a cohort, as far as noise is not kept from one to the next.
    draws: f64,
}

fn of_fusion(
    header: &RunHeader,
    peak: Peak,
    cohort: CohortId,
    measured: Measured,
    workers: usize,
) -> OfFusion {
    let rows = &header.data.rows;
    let validation = measured.validation * rows.validation as f64;
    let epoch = |size: usize| steps_per_epoch(&header.config, size) as f64 * measured.step + validation;
    let floor = |size: usize| epoch_floor(header, peak, CohortId { train_size: size, ..cohort });
    let epochs = f64::from(header.config.train.epochs);
    // Two sets of weights on the test split, the best ones under noise as well.
    let test = rows.test as f64 * (2.0 * measured.validation + measured.noise) + measured.draws;
    let all = |of_size: &dyn Fn(usize) -> f64| {
        header.sweep.sizes.iter().map(|&size| of_size(size)).sum::<f64>() * header.sweep.tasks.len() as f64
    };
    let size = cohort.train_size;
    OfFusion {
        fusion: cohort.fusion,
        size,
        epoch: epoch(size),
        epoch_floor: floor(size),
        study: all(&|size| epochs * epoch(size) + test) / workers as f64,
        study_floor: all(&|size| epochs * floor(size)),
    }
}

/// Seconds that a cohort spends on drawing noise, one with the other: each seed's once for all cohorts where `kept`
/// bytes hold it, else once for each.
fn draws(header: &RunHeader, sample: &TaskData, compute: Compute, kept: usize) -> f64 {
    let drawn = FeatureCache::new(compute, 0, 1).draws(&header.config.noise, sample);
    let began = Instant::now();
    drop(drawn.draw(Seed(0), NoiseMean::Zero));
    let of_row = began.elapsed().as_secs_f64() / sample.labels.test.len() as f64;
    let (rows, seeds) = (header.data.rows.test as f64, header.sweep.seeds.len() as f64);
    let bytes = rows * seeds * (4 * (header.data.text_width + header.data.image_width)) as f64;
    let again = 1.0 - (kept as f64 / bytes).min(1.0);
    let cohorts = header.sweep.cohorts().len() as f64;
    // Groups draw side by side.
    let side_by_side = if compute.device == tch::Device::Cpu { compute.threads as f64 } else { 1.0 };
    of_row * rows * seeds * (again + (1.0 - again) / cohorts) / side_by_side
}
