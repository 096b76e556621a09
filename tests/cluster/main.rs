//! Studies that jobs of a real Slurm train, and all that befalls jobs. `tests/support/slurm/run.sh` says how to run them; where
//! there is no Slurm they are skipped.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod equal;
mod faults;
mod orders;
mod place;
mod queue;
mod races;
mod refused;
#[path = "../support/results.rs"]
mod results;
mod torture;
mod watcher;
