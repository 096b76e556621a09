//! A run's shards become jobs of the queue: arrays of them, and one that makes an ordinary run of what they did.

use std::path::Path;
use std::time::Duration;

use crate::ClusterError;
use crate::claim::Claim;
use crate::script::{self, FINISH, WithGpus, Work};
use crate::slurm::Slurm;
use host::clock;
use store::cluster::ClusterDir;
use store::cluster::jobs::{Array, Jobs};
use store::cluster::plan::Plan;
use store::{StoreError, atomic};
use study::config::ClusterConfig;

/// How long an array may be where the cluster was not asked: Slurm's own default.
pub const MOST_ARRAY: u32 = 1_001;
/// A process that has said nothing for so long while it submits was killed: one sbatch may take two minutes.
const ABANDONED: Duration = Duration::from_mins(5);
/// Letters of a run's name that its jobs are listed with.
const LONGEST_NAME: usize = 40;
/// Digits of the time in milliseconds behind it, in base 36: the same ones come again after two years.
const DIGITS: u32 = 7;

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
    let arrays = scripts.arrays.iter().map(|(first, count, _)| Array { id: 0, first: *first, count: *count });
    let mut jobs =
        Jobs { name: unique(work.name), arrays: arrays.collect(), finish: None, is_submitting: false };
    let submitted = claim(work.run).and_then(|claim| {
        // With its plan the run is on the cluster: who finds it there finds its jobs as well.
        jobs.write(work.run)?;
        plan.write(work.run)?;
        complete(slurm, work, cluster, &mut jobs, (Sbatch::New, &claim))
    });
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

/// The right to submit jobs of the run in `root`.
pub(crate) fn claim(root: &Path) -> Result<Claim, ClusterError> {
    Claim::take(ClusterDir::of(root).submitting(), ABANDONED).ok_or_else(|| {
        ClusterError::Impossible("another process submits jobs of this run; try again in a moment".into())
    })
}

/// Whether jobs that have no number may have been submitted by a process that was killed before it knew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sbatch {
    /// They were not.
    New,
    /// They are looked for first.
    Perhaps,
}

/// Submits the arrays that have no number yet, and the job that comes after all others in place of the one before. All of them
/// are written down first, so that [`crate::recovery`] can submit those that are left when this process is killed.
pub(crate) fn complete(
    slurm: &Slurm,
    work: &Work<'_>,
    cluster: &ClusterConfig,
    jobs: &mut Jobs,
    (sbatch, claim): (Sbatch, &Claim),
) -> Result<(), ClusterError> {
    jobs.write(work.run)?;
    let of_plan = Plan::read(work.run)?.shards.len() as u32;
    let mut shards = 0;
    for place in 0..jobs.arrays.len() {
        let Array { id, first, count } = jobs.arrays[place];
        // One array of the plan after the other: each has a limit of jobs at a time, and together they would have several.
        let before = jobs.arrays[..place].last().filter(|_| shards < of_plan).map(|array| array.id);
        shards += count;
        if id > 0 {
            continue;
        }
        claim.renew();
        let name = jobs.name_of(place);
        let path = ClusterDir::of(work.run).script(place + 1);
        write(&path, &script::array(&Work { name: &name, ..*work }, cluster, (first, count))?)?;
        let before: Vec<u64> = before.into_iter().collect();
        jobs.arrays[place].id = once(slurm, &name, (&path, work.run), cluster, (&before, sbatch))?;
        jobs.write(work.run)?;
    }
    claim.renew();
    let name = jobs.name_of(jobs.arrays.len());
    let path = ClusterDir::of(work.run).finish_script();
    let after: Vec<u64> = jobs.arrays.iter().map(|array| array.id).collect();
    let submit = |gpus: WithGpus| {
        write(&path, &script::finish(&Work { name: &name, ..*work }, cluster, gpus)?)?;
        once(slurm, &format!("{name}{FINISH}"), (&path, work.run), cluster, (&after, sbatch))
    };
    // It needs no GPU, and some partitions take no job without.
    let id = match submit(WithGpus::Without) {
        Err(error @ ClusterError::Refused { .. }) if cluster.gpus > 0 && !error.may_have_worked() => {
            submit(WithGpus::AsAll)?
        }
        submitted => submitted?,
    };
    // The one before is held. Nobody would look for it once the file says that all is submitted.
    match jobs.finish.replace(id) {
        Some(before) if before != id => slurm.cancel(&[before])?,
        // It is refused where the job is over.
        Some(same) => match slurm.release(same) {
            Err(error) if error.may_have_worked() => return Err(error),
            _ => {}
        },
        None => {}
    }
    jobs.is_submitting = false;
    Ok(jobs.write(work.run)?)
}

/// Submits a script unless that was done already: sbatch may have been killed, or not have answered, after Slurm took the job.
fn once(
    slurm: &Slurm,
    name: &str,
    (script, place): (&Path, &Path),
    cluster: &ClusterConfig,
    (after, sbatch): (&[u64], Sbatch),
) -> Result<u64, ClusterError> {
    if sbatch == Sbatch::Perhaps
        && let Some(id) = slurm.named(name, place)?
    {
        return Ok(id);
    }
    match slurm.submit(script, place, cluster, after) {
        Err(error) if error.may_have_worked() => slurm.named(name, place).ok().flatten().ok_or(error),
        submitted => submitted,
    }
}

/// A name that no other submission has: the time is behind it.
fn unique(name: &str) -> String {
    let letters = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let now = clock::now_ms();
    let digits = (0..DIGITS).rev().map(|place| now / 36_u64.pow(place) % 36);
    let time: String = digits.map(|digit| char::from(letters[digit as usize])).collect();
    let name: String = script::plain(name).chars().take(LONGEST_NAME).collect();
    format!("{name}-{time}")
}

/// The numbers of all jobs and arrays that have one.
pub(crate) fn ids(jobs: &Jobs) -> Vec<u64> {
    jobs.arrays.iter().map(|array| array.id).chain(jobs.finish).filter(|id| *id > 0).collect()
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    atomic::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests;
