//! The CPUs that this process may use.

use std::num::NonZero;
use std::thread;

use super::slurm;

/// How many: those that the system lets it run on, within a container's share of their time, and no more than its job was
/// given. At least one.
pub fn available() -> usize {
    let allowed = thread::available_parallelism().map_or(1, NonZero::get);
    slurm::cpus().map_or(allowed, |of_job| of_job.clamp(1, allowed))
}
