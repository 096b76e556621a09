//! What the operating system offers: a user's files, free memory and CPUs, and the clock. Knows nothing of studies.

pub mod atomic;
pub mod cache;
mod cgroup;
pub mod clock;
pub mod cpus;
pub mod file_system;
pub mod files;
pub mod memory;
pub mod nvml;
pub mod proc;
pub mod signals;
mod slurm;
