//! A run's jobs in the queue of a cluster: submitted, looked at, and ordered about, by Slurm's own commands.
//!
//! Nothing here trains. What jobs do is in the journals of their shards, see `store::cluster`.

pub mod act;
mod claim;
pub mod ended;
mod error;
pub mod queue;
pub mod recovery;
pub mod script;
pub mod slurm;
pub mod submit;
pub mod worker;

pub use error::ClusterError;
