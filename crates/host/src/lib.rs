//! What the operating system offers: a user's files, free memory, and the clock. Knows nothing of studies.

pub mod atomic;
pub mod cache;
pub mod clock;
pub mod file_system;
pub mod files;
pub mod memory;
pub mod nvml;
pub mod proc;
pub mod signals;
