//! LibTorch and the threads that train through it. Knows no terminal.
//!
//! [`launch`] starts the scheduler; everything else follows from the commands it is sent.
//!
//! The folders are layers. Each one uses those above it in this list and none below it.

mod error;
// What computes: the device, the fused CPU kernel, LibTorch's operations.
mod backend;
// What each fusion computes there: its definition, and what is faster.
mod fusion;
// What trained weights do on the test split: accuracy, ROC, noise.
mod evaluation;
// A configuration's seeds trained together, and what is saved of them.
mod training;
// The weights that a run leaves, and their test on other rows.
mod checkpoint;
// Threads: what a run is made of, from its plan to its last event.
mod runtime;
// The same parts, timed.
pub mod bench;
#[cfg(test)]
mod tests;

pub use backend::{device, gpu};
pub use checkpoint::head::Head;
pub use checkpoint::{Checkpoint, Recorded, Tested};
pub use error::EngineError;
pub use runtime::launch::launch;
pub use runtime::plan::{Begin, Ended, Engine, NewRun, Plan, RunPlace};
pub use runtime::submission::{Resubmission, header};
