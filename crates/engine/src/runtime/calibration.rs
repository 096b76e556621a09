//! Some steps of a study, timed before its start: on the CPU, for a fraction of a second.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::backend::device::Compute;
use crate::runtime::preparation::Prepared;
use crate::runtime::progress::{Peak, cost, whole_seeds};
use crate::runtime::rates::KnownRates;
use crate::training::feature_cache::FeatureCache;
use crate::training::timed::{Part, Subject, sample};
use study::config::Memory;
use study::cost::parameters;
use study::event::RunHeader;
use study::grid::CohortId;
use study::model::ModelId;

/// How long all of it may take.
pub(crate) const BUDGET: Duration = Duration::from_millis(300);
/// How much longer than at the device's peak a step is expected to take.
const SLOWER: f64 = 2.0;
/// Seconds that one model's steps are timed for.
const OF_ONE: f64 = 0.04;
/// Steps of one model at most.
const MOST_STEPS: f64 = 40.0;
/// Parameters at most, all seeds together: a gigabyte with what trains them.
const MOST_PARAMETERS: f64 = 6e7;
/// Bytes of rows that are kept meanwhile.
const KEPT: usize = 256 << 20;

/// Times steps of each of `models`, the first of them first, for about as long as `budget`, and tells `rates`.
pub(crate) fn time(
    prepared: &Prepared,
    compute: Compute,
    peak: Peak,
    (models, budget): (&[ModelId], Duration),
    rates: &mut KnownRates,
) {
    if compute.gpu().is_some() {
        // Its libraries alone take longer to start.
        return;
    }
    let mut header = (*prepared.header).clone();
    // A core trains whole seeds.
    header.sweep.seeds.truncate(compute.threads.max(1));
    let Some(&task) = header.sweep.tasks.first() else { return };
    let Some(data) = prepared.dataset.task(task) else { return };
    let data = sample(data);
    let rows = data.labels.train.len();
    let largest = header.sweep.sizes.last().copied().unwrap_or(1).min(rows);
    let began = Instant::now();
    for &fusion in models.iter().filter(|model| !model.is_module()) {
        let cohort = CohortId { fusion, task, train_size: largest };
        let timed = header.sweep.seeds.len();
        let Some(cost_of_step) = of_step(&header, compute, cohort, timed) else { continue };
        // Of all cores together; each of its seeds is drawn first, and one step is not timed.
        let step = SLOWER * cost_of_step / peak.flops;
        let all = parameters(&header, cohort) * timed as f64;
        let left = budget.saturating_sub(began.elapsed()).as_secs_f64();
        if all > most_parameters(header.config.run.memory) || 4.0 * step > left {
            continue;
        }
        let steps = (OF_ONE / step).clamp(2.0, MOST_STEPS) as usize;
        let kept = match header.config.run.memory {
            Memory::Auto => KEPT,
            Memory::Bytes(limit) => KEPT.min(limit as usize / 8),
        };
        let cache = FeatureCache::new(compute, kept, 1);
        let subject = Subject { header: &header, data: &data, cache: &cache, compute, cohort };
        // LibTorch's failures panic; the estimate then has one measurement less.
        if let Ok(Ok(seconds)) = catch_unwind(AssertUnwindSafe(|| subject.time(Part::Step, steps))) {
            tracing::debug!(%fusion, seconds, steps, "a step was timed");
            // Fewer seeds than cores take as long as so many: rates count whole rounds of them, as estimates do.
            let whole =
                of_step(&header, compute, cohort, whole_seeds(compute, timed)).unwrap_or(cost_of_step);
            rates.set_timed(fusion, seconds / whole);
        }
    }
}

/// Parameters that may be timed: what trains them takes five times their bytes, and stays a small part of a limit.
fn most_parameters(memory: Memory) -> f64 {
    match memory {
        Memory::Auto => MOST_PARAMETERS,
        Memory::Bytes(limit) => MOST_PARAMETERS.min(limit as f64 / 100.0),
    }
}

/// What one step of a whole batch costs, so many seeds together; absent where there is no whole batch.
fn of_step(header: &RunHeader, compute: Compute, cohort: CohortId, seeds: usize) -> Option<f64> {
    let batch = header.config.train.batch_size;
    let epochs = f64::from(header.config.train.epochs);
    let training =
        |rows| cost(header, compute, CohortId { train_size: rows, ..cohort }, seeds).training / epochs;
    (batch <= cohort.train_size).then(|| training(2 * batch) - training(batch)).filter(|step| *step > 0.0)
}
