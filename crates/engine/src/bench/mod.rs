//! The parts of training, each timed by itself; what a whole study would take; and whether two ways of computing agree.

mod parity;
mod study;

use crate::backend::device::{self, Compute};
use crate::error::EngineError;
use crate::runtime::preparation::{Prepared, prepare};
use crate::runtime::progress::Peak;
use crate::runtime::{blocks, peak};
use crate::training::feature_cache::FeatureCache;
pub use crate::training::timed::Part;
use crate::training::timed::Subject;
use ::study::config::{Config, RunConfig};
use ::study::cost::Work;

pub use parity::{Agreement, Parity, parity};
pub use study::{OfFusion, StudyTime, study};

/// Memory for what is kept from one repeat to the next.
const KEPT: usize = 4_000_000_000;

/// What was measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Timing {
    /// The configuration.
    pub cohort: String,
    /// How many models worked at once.
    pub models: usize,
    /// Wall time for each model and repeat.
    pub seconds: f64,
    /// Where.
    pub device: String,
    /// Block shapes of the kernel that were chosen in place of the first, as text.
    pub blocks: String,
    /// What sums alone reached, beside what they reach in the first-level cache.
    pub arithmetic: Reached,
    /// What each model's weights, moments and rows reached, each moved as often as a part has to, beside a copy in memory; more
    /// than that where caches keep them.
    pub memory: Reached,
}

/// How fast something went.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub struct Reached {
    /// Operations or bytes of a model and repeat, by the models' sizes.
    pub of_model: f64,
    /// GFLOP/s or GB/s, all models together.
    pub giga_per_second: f64,
    /// Its share of what the device was seen to do at most.
    pub share: f64,
}

impl Reached {
    fn of(of_model: f64, seconds: f64, peak: f64) -> Self {
        let per_second = of_model / seconds;
        Self { of_model, giga_per_second: per_second / 1e9, share: per_second / peak }
    }
}

/// Times `count` repeats of `part` on the sweep's first configuration with all its seeds, after one that is not counted.
pub fn time(config: &Config, part: Part, count: usize) -> Result<Timing, EngineError> {
    let run = RunConfig { workers: 1, ..config.run.clone() };
    let devices = device::choose(&run, config.sweep.seeds.resolve().len())?;
    let Prepared { header, dataset } = prepare(config, None, Some(&devices), "", &mut |_| {})?;
    let compute = devices.workers.first().copied().unwrap_or_else(Compute::cpu);
    let cohort = header.sweep.cohorts().into_iter().next().ok_or(EngineError::Thread("benchmark"))?;
    let data = dataset.task(cohort.task).ok_or(EngineError::Thread("benchmark"))?;
    let cache = FeatureCache::new(compute, KEPT, 1);
    // However short the study is: parts of it stand for longer ones.
    let blocks = blocks::choose(&header, &devices);
    let Peak { flops, bytes } = peak::measure(std::slice::from_ref(&compute));
    let seconds = Subject { header: &header, data, cache: &cache, compute, cohort }.time(part, count)?;
    let models = header.sweep.seeds.len();
    let seconds = seconds / models as f64;
    let work = match part {
        Part::Step => Work::step(&header, cohort),
        Part::Validate => Work::validation(&header, cohort),
        Part::Noise => Work::noise(&header, cohort),
    };
    Ok(Timing {
        cohort: cohort.to_string(),
        models,
        seconds,
        device: devices.description,
        blocks,
        arithmetic: Reached::of(work.operations, seconds, flops),
        memory: Reached::of(work.bytes, seconds, bytes),
    })
}
