//! How many seeds fit into memory at once.

use std::collections::BTreeSet;

use crate::backend::device::Compute;
use crate::backend::parameters::HeadShape;
use crate::backend::shim;
use crate::fusion;
use crate::training::feature_cache;
use study::config::{Config, Fault, Keep, Memory, Origin};
use study::estimate::MemoryUse;
use study::event::RunHeader;
use study::grid::{CohortId, Seed};
use study::model::Robust;

/// Share of what is free that `run.memory = "auto"` takes.
const MOST: f64 = 0.8;
/// Share of a budget that rows and noise may keep from cohort to cohort.
const KEPT: u64 = 4;

/// What data and stacks may take on a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Absent where the system does not report what is free.
    bytes: Option<u64>,
    /// Workers on the device, each of which has a stack at a time.
    workers: u64,
}

impl Budget {
    /// What was asked for, of which the process holds `held` bytes already: on the CPU the data set that was read, and
    /// LibTorch.
    pub(crate) fn new(asked: Memory, compute: Compute, workers: usize, held: u64) -> Self {
        let bytes = match asked {
            Memory::Bytes(bytes) if compute.device == tch::Device::Cpu => Some(bytes.saturating_sub(held)),
            Memory::Bytes(bytes) => Some(bytes),
            Memory::Auto => free(compute.device).map(|free| (free as f64 * MOST) as u64),
        };
        Self { bytes, workers: workers.max(1) as u64 }
    }

    /// What may be kept from cohort to cohort.
    pub(crate) fn kept(&self) -> usize {
        self.bytes.map_or(usize::MAX / 2, |bytes| (bytes / KEPT) as usize)
    }

    /// How many of `seeds` heads of `one` bytes each fit beside `held` bytes of rows and noise, up to all.
    ///
    /// # Errors
    /// Where not even one does: what it needs and what there is.
    pub(crate) fn seeds_at_once(&self, seeds: usize, one: u64, held: u64) -> Result<usize, String> {
        let Some(bytes) = self.bytes else { return Ok(seeds) };
        let left = bytes.saturating_sub(held) / self.workers;
        match (left / one.max(1)) as usize {
            0 => Err(format!(
                "one seed needs {} and {} are left; raise run.memory, or train on another device",
                Memory::shown(one),
                Memory::shown(left)
            )),
            fitting => Ok(fitting.min(seeds)),
        }
    }
}

/// What a cohort takes on a device, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Its rows, in every split.
    pub(crate) rows: u64,
    /// Its noise as a whole, as much of which is kept as there is room for.
    pub(crate) noise: u64,
    /// One seed.
    pub(crate) seed: u64,
}

impl Needs {
    pub(crate) fn of(cohort: CohortId, header: &RunHeader, compute: Compute) -> Self {
        let data = &header.data;
        let shape = HeadShape::of(header, cohort);
        let choices = |seed: &Seed| (data.split_of(*seed), cohort.fusion.choice_of(*seed, &shape.settings));
        let of_seeds = header.sweep.seeds.iter().map(choices).collect::<BTreeSet<_>>().len();
        // Splits that no seed has are there all the same.
        let sets = of_seeds.max(data.splits.len()).max(1) as u64;
        let of_row = (data.text_width + data.image_width) * size_of::<f32>();
        Self {
            rows: sets * feature_cache::expected_bytes(cohort.fusion, &shape.sizes(), data, compute),
            noise: (header.sweep.seeds.len() * data.rows.test * of_row) as u64,
            seed: of_one_seed(shape, &header.config, compute),
        }
    }

    /// The smallest budget with which a seed fits on each of so many workers.
    pub(crate) fn least(&self, workers: u64) -> u64 {
        let without_noise = self.rows + workers * self.seed;
        // Noise is kept in an eighth of the budget at most, see `Budget::kept` and `FeatureCache`.
        (without_noise + self.noise).min(without_noise.div_ceil(7) * 8)
    }
}

/// Refuses an amount of memory with which one of `cohorts` could not train a single seed on one of `workers`, the process
/// holding `held` bytes already.
pub(crate) fn check(
    asked: Memory,
    workers: &[Compute],
    header: &RunHeader,
    cohorts: &[CohortId],
    held: u64,
) -> Result<(), Fault> {
    let Memory::Bytes(asked) = asked else { return Ok(()) };
    let least = |cohort: CohortId, compute: Compute| {
        let beside = workers.iter().filter(|other| other.device == compute.device).count() as u64;
        let held = if compute.device == tch::Device::Cpu { held } else { 0 };
        held + Needs::of(cohort, header, compute).least(beside)
    };
    let each = cohorts
        .iter()
        .flat_map(|&cohort| workers.iter().map(move |&compute| (least(cohort, compute), cohort)));
    match each.max_by_key(|(least, _)| *least) {
        Some((least, cohort)) if least > asked => Err(Fault {
            key: "run.memory".into(),
            origin: Origin::Default,
            message: format!(
                "{} is too small for {cohort}, which needs {}, the program and its data included; the smallest amount \
                 that works is \"{}\"",
                Memory::shown(asked),
                Memory::shown(least),
                String::from(Memory::Bytes(rounded_up(least)))
            ),
        }),
        _ => Ok(()),
    }
}

/// What the largest of `cohorts` takes at most of what it may take, the process holding `held` bytes already; absent
/// where there is none.
pub(crate) fn most(
    asked: Memory,
    workers: &[Compute],
    header: &RunHeader,
    cohorts: &[CohortId],
    held: u64,
) -> Option<MemoryUse> {
    let &compute = workers.first()?;
    let beside = workers.iter().filter(|other| other.device == compute.device).count();
    let held = if compute.device == tch::Device::Cpu { held } else { 0 };
    let budget = Budget::new(asked, compute, beside, held);
    let seeds = header.sweep.seeds.len();
    let of = |cohort: CohortId| {
        let needs = Needs::of(cohort, header, compute);
        let rows = needs.rows + needs.noise.min(budget.kept() as u64 / 2);
        let at_once = budget.seeds_at_once(seeds, needs.seed, rows).unwrap_or(1);
        (held + rows + budget.workers * at_once as u64 * needs.seed, at_once < seeds)
    };
    // Sizes differ in rows alone, which are kept for all of them.
    let each: BTreeSet<CohortId> =
        cohorts.iter().map(|&cohort| CohortId { train_size: 0, ..cohort }).collect();
    let (most, in_parts) = each.into_iter().map(of).max()?;
    Some(MemoryUse { most, allowed: budget.bytes.map(|bytes| bytes + held), in_parts })
}

/// A whole number of tens of megabytes with room for what differs from one process to the next.
fn rounded_up(bytes: u64) -> u64 {
    const STEP: u64 = 10_000_000;
    (bytes + bytes / 20).next_multiple_of(STEP)
}

/// A batch of a module's features, what made them, and their gradient.
const COPIES_OF_FEATURES: usize = 3;

/// Bytes for each seed: weights, two moments and the best weights; gradients where LibTorch computes (of pairs it keeps a hidden
/// layer's for one seed at a time, so that what is counted for the others is room for batches), twice where it finds them by
/// autograd; the weights of a seed that ended early; those that wait for their checkpoint; and batches, where
/// they are made for each step.
fn of_one_seed(shape: HeadShape, config: &Config, compute: Compute) -> u64 {
    let keeps_gradients = fusion::backend(shape, compute).keeps_gradients();
    let copies = 4
        + u64::from(keeps_gradients)
        + u64::from(keeps_gradients && !fusion::is_by_hand(shape.fusion))
        + u64::from(config.train.patience > 0)
        + u64::from(config.checkpoints.keep == Keep::All);
    let (model, sizes) = (shape.fusion, shape.sizes());
    let batch = match model.robust {
        Robust::None => 0,
        // A batch as the fusion reads it, and what it is made of: rows, noise and their sum.
        Robust::Noise | Robust::Drop => {
            config.train.batch_size * ((model.fusion.definition().values_read)(&sizes) + 3 * sizes.both())
        }
    };
    let features = COPIES_OF_FEATURES * config.train.batch_size * shape.module_width().unwrap_or(0);
    copies * shape.bytes() + ((batch + features) * size_of::<f32>()) as u64
}

/// What the process holds of the machine's memory, in bytes; 0 where the system does not report it.
pub(crate) fn held() -> u64 {
    host::proc::resident_memory().unwrap_or(0)
}

/// Free memory of a device, in bytes, where the system reports it.
fn free(device: tch::Device) -> Option<u64> {
    match device {
        tch::Device::Cpu => host::memory::available(),
        tch::Device::Cuda(index) => shim::free_memory(index),
        tch::Device::Mps | tch::Device::Vulkan => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::device::Arithmetic;
    use study::model::{FusionSettings, ModelId};

    #[test]
    fn the_papers_tensor_cohort_fits_whole_beside_little_data_and_in_parts_beside_much() {
        let settings = FusionSettings::default();
        let shape = HeadShape {
            fusion: ModelId::TENSOR,
            text: 768,
            image: 768,
            hidden: 32,
            classes: 2,
            settings,
            choice: 0,
        };
        let budget = Budget { bytes: Some(8_000_000_000), workers: 1 };
        let at_once = |held, config: &Config, arithmetic| {
            let compute = Compute { arithmetic, ..Compute::cpu() };
            budget.seeds_at_once(20, of_one_seed(shape, config, compute), held)
        };
        let config = Config::default();
        assert_eq!(at_once(20_000_000, &config, Arithmetic::Fused), Ok(20));
        // 327,700 training rows and as many again for validation, test and the copy that is read.
        assert_eq!(at_once(5_800_000_000, &config, Arithmetic::Fused), Ok(7));
        assert_eq!(at_once(5_800_000_000, &config, Arithmetic::LibTorch), Ok(5));
        let mut patient = config.clone();
        patient.train.patience = 3;
        assert_eq!(at_once(5_800_000_000, &patient, Arithmetic::Fused), Ok(5));
        let refusal = at_once(7_800_000_000, &config, Arithmetic::Fused).unwrap_err();
        assert_eq!(
            refusal,
            "one seed needs 302 MB and 200 MB are left; raise run.memory, or train on another device"
        );
        let one = of_one_seed(shape, &config, Compute::cpu());
        let shared = Budget { workers: 2, ..budget };
        assert_eq!(shared.seeds_at_once(20, one, 20_000_000), Ok(13));
        let unknown = Budget { bytes: None, workers: 1 };
        assert_eq!(unknown.seeds_at_once(20, one, 0), Ok(20));
    }

    #[test]
    fn the_least_budget_holds_one_seed_on_each_worker_beside_rows_and_noise() {
        for (rows, noise, seed, workers) in
            [(70_000, 1_000_000, 30_000, 1), (700_000, 10_000, 30_000, 3), (0, 0, 5_000, 2)]
        {
            let needs = Needs { rows, noise, seed };
            let fits = |bytes: u64| {
                let budget = Budget { bytes: Some(bytes), workers };
                let held = needs.rows + needs.noise.min(budget.kept() as u64 / 2);
                budget.seeds_at_once(1, needs.seed, held).is_ok()
            };
            let least = needs.least(workers);
            assert!(fits(least) && !fits(least - least / 50 - 2), "{needs:?} {least}");
        }
    }

    #[test]
    fn what_the_process_holds_already_is_part_of_what_was_asked_for() {
        let asked = Memory::Bytes(1_000_000_000);
        assert_eq!(Budget::new(asked, Compute::cpu(), 2, 250_000_000).bytes, Some(750_000_000));
        let on_gpu = Compute { device: tch::Device::Cuda(0), ..Compute::cpu() };
        assert_eq!(Budget::new(asked, on_gpu, 1, 250_000_000).bytes, Some(1_000_000_000));
        assert!(!cfg!(target_os = "linux") || held() > 1 << 20);
    }

    #[test]
    fn this_machine_reports_what_is_free() {
        let free = free(tch::Device::Cpu);
        assert!(free.is_none_or(|free| free > 1 << 20), "{free:?}");
        assert!(!cfg!(target_os = "linux") || free.is_some());
    }
}
