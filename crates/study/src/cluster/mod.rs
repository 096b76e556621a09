//! A run whose shards train as jobs of a cluster: plain values about them. Knows no Slurm command and no file.

pub mod forecast;
pub mod incomplete;
pub mod mix;
pub mod open;
pub mod plan;
pub mod queue;
mod reason;
