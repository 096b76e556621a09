//! What a watcher's keys do to a run on a cluster: orders to its jobs by files, and to the queue.

use std::path::Path;

use crate::ClusterError;
use crate::queue::has_ended;
use crate::recovery::Place;
use crate::slurm::{Seen, Slurm, State};
use crate::submit::{Sbatch, claim, complete, ids};
use store::cluster::jobs::{Array, Jobs};
use store::cluster::orders::{self, Order};
use store::cluster::plan::Plan;
use study::command::Command;
use study::config::ClusterConfig;
use study::format::counted;
use study::grid::CohortId;
use study::run_state::RunState;

/// A run on a cluster, as a watcher knows it.
#[derive(Clone, Copy, Debug)]
pub struct OnCluster<'a> {
    /// Its directory.
    pub root: &'a Path,
    /// What its jobs ask for.
    pub cluster: &'a ClusterConfig,
    /// Its state, shards included.
    pub state: &'a RunState,
}

/// Does what `command` asks for; what was done, as a notice, where there is something to say.
///
/// # Errors
/// Where it cannot be done, with a sentence that says why.
pub fn act(run: OnCluster<'_>, command: Command) -> Result<Option<String>, ClusterError> {
    act_with(&Slurm::default(), run, command)
}

fn act_with(slurm: &Slurm, run: OnCluster<'_>, command: Command) -> Result<Option<String>, ClusterError> {
    let jobs = Jobs::read(run.root)?;
    let arrays = jobs.arrays.iter().map(|array| array.id).filter(|id| *id > 0);
    let order = |order: Order| orders::give(run.root, order).map_err(ClusterError::from);
    let said = match command {
        Command::Pause => {
            order(Order::Hold)?;
            arrays.into_iter().try_for_each(|id| slurm.hold(id))?;
            "jobs that wait are held; running ones save, leave and are held"
        }
        Command::Start => {
            order(Order::Release)?;
            arrays.into_iter().try_for_each(|id| slurm.release(id))?;
            "held jobs are released"
        }
        Command::StopConfiguration { cohort } => {
            order(Order::Stop { cohort })?;
            "the configuration stops at its job's next look, within seconds where it trains"
        }
        Command::StopSweep => {
            order(Order::Leave)?;
            // The last job stays: it makes an ordinary run of what was done.
            slurm.cancel(&arrays.collect::<Vec<u64>>())?;
            "jobs are cancelled; running ones save first. `superfuse-tui resume` submits what is missing"
        }
        Command::RunAgain { cohort } => return again(slurm, run, cohort).map(Some),
        Command::Export => {
            return Err(ClusterError::Impossible(
                "the summary is written when the last job has collected what the others did; `superfuse-tui report` prints \
                 it at any time"
                    .into(),
            ));
        }
        // Jobs go on without a watcher.
        Command::Quit | Command::Unattended => return Ok(None),
    };
    Ok(Some(said.to_owned()))
}

/// Submits the shards of a configuration anew, whose trials failed.
fn again(slurm: &Slurm, run: OnCluster<'_>, cohort: CohortId) -> Result<String, ClusterError> {
    let impossible = |why: &str| ClusterError::Impossible(format!("{cohort} is not submitted again: {why}"));
    let plan = Plan::read(run.root)?;
    let missing = run.state.missing_seeds(cohort);
    let trains = |number: &u32| {
        let items = plan.shard(*number).into_iter().flat_map(|shard| &shard.items);
        items
            .filter(|item| item.cohort == cohort)
            .any(|item| item.seeds.iter().any(|seed| missing.contains(seed)))
    };
    let mut shards: Vec<u32> = plan.numbers().filter(trains).collect();
    if shards.is_empty() {
        return Err(impossible("all of its trials have results; on a cluster only what failed trains again"));
    }
    // Of two that ask at once the second finds what the first has submitted.
    let claim = claim(run.root)?;
    let place = Place::of(run.root)?;
    let mut jobs = Jobs::read(run.root)?;
    if !jobs.is_whole() {
        complete(slurm, &place.work(), run.cluster, &mut jobs, (Sbatch::Perhaps, &claim))?;
    }
    let Some(last) = jobs.finish else {
        return Err(impossible("no job of this run was submitted to a queue"));
    };
    let before = jobs.arrays.len();
    // The last job would collect what is submitted now before it has trained.
    jobs.is_submitting = true;
    jobs.write(run.root)?;
    if let Err(error) = slurm.hold(last) {
        jobs.is_submitting = error.may_have_worked();
        jobs.write(run.root)?;
        return Err(error);
    }
    let submitted = over(slurm, &jobs, last, &shards).and_then(|over| {
        if over.is_empty() {
            return Err(impossible("the jobs of its shards are not over"));
        }
        shards = over;
        // Jobs that were asked to leave once would leave again.
        orders::give(run.root, Order::Release)?;
        jobs.arrays.extend(shards.iter().map(|&shard| Array { id: 0, first: shard, count: 1 }));
        complete(slurm, &place.work(), run.cluster, &mut jobs, (Sbatch::New, &claim))
    });
    if let Err(error) = submitted {
        // What sbatch refused was not submitted. What it may have submitted without an answer is looked for later, see `recovery`.
        if !error.may_have_worked() {
            jobs.arrays.retain(|array| array.id > 0);
        }
        if jobs.arrays.len() == before {
            slurm.release(last)?;
            jobs.is_submitting = false;
            jobs.write(run.root)?;
        }
        return Err(error);
    }
    Ok(format!("{} of {cohort} submitted again", counted(shards.len(), "shard")))
}

/// Those of `shards` whose jobs are over, while the last job `last` waits: a shard that trains, or will, is left alone, and one
/// whose job was killed is trained by nobody.
fn over(slurm: &Slurm, jobs: &Jobs, last: u64, shards: &[u32]) -> Result<Vec<u32>, ClusterError> {
    let known = slurm.queue(&ids(jobs))?.jobs;
    if !known.iter().any(|job| job.array == last && matches!(job.state, State::Held | State::Pending)) {
        return Err(ClusterError::Impossible(
            "the last job collects what the others did; then `superfuse-tui resume` submits what is missing"
                .into(),
        ));
    }
    let is_of = |job: &Seen, number: u32| {
        let array = jobs.arrays.iter().find(|array| array.id == job.array);
        array.is_some_and(|array| job.index.is_some() && job.index == number.checked_sub(array.first))
    };
    let is_over = |number: u32| known.iter().all(|job| !is_of(job, number) || has_ended(job.state));
    Ok(shards.iter().copied().filter(|number| is_over(*number)).collect())
}

#[cfg(test)]
mod tests;
