//! The machine's memory.

use super::{cgroup, proc, slurm};

/// What could be given to this process without swapping, in bytes: what is free, within the limits of the control groups
/// that the process is in, such as a container's, and of its job. Absent where the system does not report it.
pub fn available() -> Option<u64> {
    // The job's limit is for all of its processes, and this is the one that takes memory.
    let of_job = slurm::memory().map(|most| most.saturating_sub(proc::resident_memory().unwrap_or(0)));
    [cgroup::memory_left(), of_job].into_iter().flatten().chain([proc::available_memory()?]).min()
}
