//! LibTorch and the threads that train through it. Knows no terminal.
//!
//! [`launch`] starts the scheduler; everything else follows from the commands it is sent.

mod adamw;
pub mod bench;
mod bridge;
mod checkpoint;
mod cohort;
mod control;
pub mod device;
mod error;
mod evaluation;
mod groups;
mod head;
mod inputs;
mod kernel;
mod launch;
mod memory;
mod model;
mod noise;
mod parameters;
mod parts;
mod peak;
mod precision;
mod preparation;
mod progress;
mod record;
mod scheduler;
mod shelf;
mod shim;
#[cfg(test)]
mod tests;
mod trainer;
mod worker;

pub use checkpoint::{Checkpoint, Recorded, Tested};
pub use error::EngineError;
pub use launch::{Begin, Ended, Engine, Plan, RunPlace, launch};
pub use model::Head;
pub use shim::left_working_directory;
