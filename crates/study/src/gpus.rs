//! What the GPUs of a run's process do, as last read from their driver. Like progress, it is not journalled.

use super::grid::CohortId;

/// The run's GPUs at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpus {
    /// When it was, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// By their numbers.
    pub gpus: Vec<Gpu>,
}

/// One of them. What the driver does not report is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpu {
    /// Its number, as in `cuda:0`.
    pub number: usize,
    /// What it is called; foreign text.
    pub name: Option<String>,
    /// Percent of the last moments in which it computed.
    pub utilisation: Option<u32>,
    /// Its memory, of which other processes may have a part.
    pub memory: Option<GpuMemory>,
    /// Milliwatts.
    pub power: Option<u32>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// The configurations that train there.
    pub trains: Vec<CohortId>,
}

/// A GPU's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuMemory {
    /// What is taken.
    pub used: u64,
    /// All of it.
    pub total: u64,
}
