//! How many seeds fit into memory at once.

use super::device::{Arithmetic, Compute};
use super::parameters::HeadShape;
use super::shim;
use crate::store::proc;
use crate::study::config::{Config, Keep, Memory};

/// Share of what is free that `run.memory = "auto"` takes.
const MOST: f64 = 0.8;
/// Share of a budget that rows and noise may keep from cohort to cohort.
const KEPT: u64 = 4;

/// What data and stacks may take on a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Absent where the system does not say what is free.
    bytes: Option<u64>,
    /// Workers on the device, each of which has a stack at a time.
    workers: u64,
}

impl Budget {
    /// What was asked for, of which the process holds `held` bytes already: on the CPU the data set that was read, and
    /// LibTorch.
    pub(super) fn new(asked: Memory, compute: Compute, workers: usize, held: u64) -> Self {
        let bytes = match asked {
            Memory::Bytes(bytes) if compute.device == tch::Device::Cpu => Some(bytes.saturating_sub(held)),
            Memory::Bytes(bytes) => Some(bytes),
            Memory::Auto => free(compute.device).map(|free| (free as f64 * MOST) as u64),
        };
        Self { bytes, workers: workers.max(1) as u64 }
    }

    /// What may be kept from cohort to cohort.
    pub(super) fn kept(&self) -> usize {
        self.bytes.map_or(usize::MAX / 2, |bytes| (bytes / KEPT) as usize)
    }

    /// How many of `seeds` heads fit beside `held` bytes of rows and noise, up to all.
    ///
    /// # Errors
    /// Where not even one does: what it needs and what there is.
    pub(super) fn seeds_at_once(
        &self,
        shape: HeadShape,
        seeds: usize,
        config: &Config,
        arithmetic: Arithmetic,
        held: usize,
    ) -> Result<usize, String> {
        let Some(bytes) = self.bytes else { return Ok(seeds) };
        let left = bytes.saturating_sub(held as u64) / self.workers;
        let one = of_one_seed(shape, config, arithmetic);
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

/// Bytes for each seed: weights, two moments and the best weights; gradients where LibTorch computes; the weights of a
/// seed that ended early; and those that wait for their checkpoint.
fn of_one_seed(shape: HeadShape, config: &Config, arithmetic: Arithmetic) -> u64 {
    let copies = 4
        + u64::from(arithmetic == Arithmetic::LibTorch)
        + u64::from(config.train.patience > 0)
        + u64::from(config.checkpoints.keep == Keep::All);
    copies * shape.bytes()
}

/// What the process holds of the machine's memory, in bytes; 0 where the system does not say it.
pub(super) fn held() -> u64 {
    proc::resident_memory().unwrap_or(0)
}

/// Free memory of a device, in bytes, where the system says it.
fn free(device: tch::Device) -> Option<u64> {
    match device {
        tch::Device::Cpu => {
            let available = proc::available_memory()?;
            Some(within_group().map_or(available, |group| group.min(available)))
        }
        tch::Device::Cuda(index) => shim::free_memory(index),
        tch::Device::Mps | tch::Device::Vulkan => None,
    }
}

/// What the control group that the process is in leaves, as in a container.
fn within_group() -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let number = |name| read(name)?.trim().parse::<u64>().ok();
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::grid::Fusion;

    #[test]
    fn the_papers_tensor_cohort_fits_whole_beside_little_data_and_in_parts_beside_much() {
        let shape = HeadShape { fusion: Fusion::Tensor, text: 768, image: 768, hidden: 32 };
        let budget = Budget { bytes: Some(8_000_000_000), workers: 1 };
        let at_once =
            |held, config: &Config, arithmetic| budget.seeds_at_once(shape, 20, config, arithmetic, held);
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
        let shared = Budget { workers: 2, ..budget };
        assert_eq!(shared.seeds_at_once(shape, 20, &config, Arithmetic::Fused, 20_000_000), Ok(13));
        let unknown = Budget { bytes: None, workers: 1 };
        assert_eq!(unknown.seeds_at_once(shape, 20, &config, Arithmetic::Fused, 0), Ok(20));
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
    fn this_machine_says_what_is_free() {
        let free = free(tch::Device::Cpu);
        assert!(free.is_none_or(|free| free > 1 << 20), "{free:?}");
        assert!(!cfg!(target_os = "linux") || free.is_some());
    }
}
