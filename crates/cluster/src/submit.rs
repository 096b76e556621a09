//! A run's shards become jobs of the queue: arrays of them, and one that makes an ordinary run of what they did.

use std::path::Path;

use crate::ClusterError;
use crate::script::{self, WithGpus, Work};
use crate::slurm::Slurm;
use store::cluster::ClusterDir;
use store::cluster::jobs::{Array, Jobs};
use store::cluster::plan::Plan;
use store::{StoreError, atomic};
use study::config::ClusterConfig;

/// How long an array may be where the cluster was not asked: Slurm's own default.
pub const MOST_ARRAY: u32 = 1_001;

/// The scripts of a submission, which differ only in their first lines and in their last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scripts {
    /// Each array's first shard, how many shards it has, and its script.
    pub arrays: Vec<(u32, u32, String)>,
    /// That of the last job.
    pub finish: String,
}

/// The scripts of the shards with these numbers, in arrays that are not longer than the cluster allows.
pub fn scripts(
    work: &Work<'_>,
    cluster: &ClusterConfig,
    shards: std::ops::Range<u32>,
    most_array: u32,
) -> Result<Scripts, ClusterError> {
    let mut arrays = Vec::new();
    let mut first = shards.start;
    while first < shards.end {
        let count = (shards.end - first).min(most_array.max(1));
        arrays.push((first, count, script::array(work, cluster, (first, count))?));
        first += count;
    }
    Ok(Scripts { arrays, finish: script::finish(work, cluster, WithGpus::Without)? })
}

/// Submits the run in `work.run`, which is on no cluster, as `plan` cuts it into shards. Where the queue refuses, jobs that
/// it has taken already are cancelled, and nothing stays behind.
pub fn submit(
    slurm: &Slurm,
    work: &Work<'_>,
    cluster: &ClusterConfig,
    plan: &Plan,
    most_array: u32,
) -> Result<Jobs, ClusterError> {
    let scripts = scripts(work, cluster, plan.numbers(), most_array)?;
    let place = ClusterDir::of(work.run);
    place.create()?;
    let mut jobs = Jobs::default();
    let submitted = plan
        .write(work.run)
        .map_err(ClusterError::from)
        .and_then(|()| all(slurm, work, cluster, &scripts, &mut jobs));
    if let Err(error) = submitted {
        let taken: Vec<u64> = ids(&jobs);
        if let Err(also) = slurm.cancel(&taken) {
            tracing::warn!(?taken, %also, "jobs that were submitted cannot be cancelled");
        }
        place.discard();
        return Err(error);
    }
    Ok(jobs)
}

fn all(
    slurm: &Slurm,
    work: &Work<'_>,
    cluster: &ClusterConfig,
    scripts: &Scripts,
    jobs: &mut Jobs,
) -> Result<(), ClusterError> {
    let place = ClusterDir::of(work.run);
    for (number, (first, count, text)) in (1..).zip(&scripts.arrays) {
        let path = place.script(number);
        write(&path, text)?;
        // One array after the other: each has a limit of jobs at a time, and together they would have several.
        let before: Vec<u64> = jobs.arrays.last().map(|array| array.id).into_iter().collect();
        let id = slurm.submit(&path, work.run, cluster, &before)?;
        jobs.arrays.push(Array { id, first: *first, count: *count });
        jobs.write(work.run)?;
    }
    finish(slurm, work, cluster, jobs)
}

/// Submits the job that comes after all others, in place of the one before.
pub(crate) fn finish(
    slurm: &Slurm,
    work: &Work<'_>,
    cluster: &ClusterConfig,
    jobs: &mut Jobs,
) -> Result<(), ClusterError> {
    let path = ClusterDir::of(work.run).finish_script();
    let after: Vec<u64> = jobs.arrays.iter().map(|array| array.id).collect();
    let submit = |gpus: WithGpus| {
        write(&path, &script::finish(work, cluster, gpus)?)?;
        slurm.submit(&path, work.run, cluster, &after)
    };
    // It needs no GPU, and some partitions take no job without.
    let id = match submit(WithGpus::Without) {
        Err(ClusterError::Refused { .. }) if cluster.gpus > 0 => submit(WithGpus::AsAll)?,
        submitted => submitted?,
    };
    let before = jobs.finish.replace(id);
    jobs.write(work.run)?;
    slurm.cancel(&before.into_iter().collect::<Vec<u64>>())
}

/// The numbers of all jobs and arrays.
pub(crate) fn ids(jobs: &Jobs) -> Vec<u64> {
    jobs.arrays.iter().map(|array| array.id).chain(jobs.finish).collect()
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    atomic::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests;
