//! The parts of training, each timed by itself; what a whole study would take; and whether two ways of computing agree.

mod parity;
mod study;

use crate::backend::device::{self, Compute};
use crate::error::EngineError;
use crate::runtime::preparation::{Prepared, prepare};
use crate::training::feature_cache::FeatureCache;
pub use crate::training::timed::Part;
use crate::training::timed::Subject;
use ::study::config::{Config, RunConfig};

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
    let seconds = Subject { header: &header, data, cache: &cache, compute, cohort }.time(part, count)?;
    let models = header.sweep.seeds.len();
    let seconds = seconds / models as f64;
    Ok(Timing { cohort: cohort.to_string(), models, seconds, device: devices.description })
}
