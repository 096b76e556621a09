//! `[cluster]`: how a study's jobs are submitted to a cluster. No key changes a number of the results.

mod rule;
mod time;

use serde::{Deserialize, Serialize};

use super::Memory;
use super::choice::ClusterEngine;
use super::reader::Reader;
use super::rule::{OneOf, Whole};
use super::special::MemoryAmount;
use rule::{Limit, Options, Setup, Word};

pub use time::TimeLimit;

/// GPUs and cores of a job at most.
const MOST_GPUS: u64 = 64;
const MOST_CPUS: u64 = 4_096;
/// Jobs at a time, and shards, at most.
const MOST_CONCURRENT: u64 = 100_000;
/// Jobs that a study is split into at most.
pub const MOST_SHARDS: usize = 100_000;
/// Shards for each job that runs at a time, where their number is left open: enough that none is waited for long.
pub const SHARDS_EACH: usize = 4;

/// `[cluster]`: what the cluster's engine is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClusterConfig {
    /// What takes jobs.
    pub engine: ClusterEngine,
    /// The partition, or several with commas between them; empty: the cluster's default.
    pub partition: String,
    /// The account that is charged; empty: the user's default.
    pub account: String,
    /// The quality of service; empty: the default.
    pub qos: String,
    /// What a node must have, such as a model of GPU; empty: anything.
    pub constraint: String,
    /// GPUs of a job; 0: it trains on the CPU.
    pub gpus: u32,
    /// Cores of a job.
    pub cpus: u32,
    /// Memory of a job; `auto`: what the partition gives.
    pub memory: Memory,
    /// After which time a job is asked to save and go back into the queue.
    pub time: TimeLimit,
    /// Jobs at a time.
    pub concurrent: u32,
    /// Parts that the study is split into, exactly so many where there are as many seeds; 0: about [`SHARDS_EACH`] for each job that runs at a time.
    pub shards: u32,
    /// Lines of bash that each job begins with.
    pub setup: Vec<String>,
    /// Further options of sbatch, as they are.
    pub options: Vec<String>,
    /// Seconds between two looks at the queue, while somebody watches.
    pub poll: u32,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            engine: ClusterEngine::None,
            partition: String::new(),
            account: String::new(),
            qos: String::new(),
            constraint: String::new(),
            gpus: 1,
            cpus: 8,
            memory: Memory::Bytes(48_000_000_000),
            time: TimeLimit::Seconds(4 * 3_600),
            concurrent: 16,
            shards: 0,
            setup: Vec::new(),
            options: Vec::new(),
            poll: 60,
        }
    }
}

/// Takes the section's keys out of the reader.
pub(super) fn take(reader: &mut Reader<'_>, default: ClusterConfig) -> ClusterConfig {
    let count = |most: u64| Whole(1, most);
    ClusterConfig {
        engine: reader.take("cluster.engine", default.engine, &OneOf),
        partition: reader.take("cluster.partition", default.partition, &Word("a partition's name")),
        account: reader.take("cluster.account", default.account, &Word("an account's name")),
        qos: reader.take("cluster.qos", default.qos, &Word("the name of a quality of service")),
        constraint: reader.take("cluster.constraint", default.constraint, &Word("features of nodes")),
        gpus: reader.take("cluster.gpus", default.gpus, &Whole(0, MOST_GPUS)),
        cpus: reader.take("cluster.cpus", default.cpus, &count(MOST_CPUS)),
        memory: reader.take("cluster.memory", default.memory, &MemoryAmount),
        time: reader.take("cluster.time", default.time, &Limit),
        concurrent: reader.take("cluster.concurrent", default.concurrent, &count(MOST_CONCURRENT)),
        shards: reader.take("cluster.shards", default.shards, &Whole(0, MOST_SHARDS as u64)),
        setup: reader.take("cluster.setup", default.setup, &Setup),
        options: reader.take("cluster.options", default.options, &Options),
        poll: reader.take("cluster.poll", default.poll, &Whole(5, 3_600)),
    }
}

#[cfg(test)]
mod tests;
