//! What a watcher's keys do to a run on a cluster: orders to its jobs by files, and to the queue.

use std::path::Path;

use crate::ClusterError;
use crate::queue::has_ended;
use crate::script::{self, Work};
use crate::slurm::{Seen, Slurm};
use crate::submit::{finish, ids, write};
use store::cluster::ClusterDir;
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
    let arrays = jobs.arrays.iter().map(|array| array.id);
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
        Command::RunAgain { cohort } => return again(slurm, run, jobs, cohort).map(Some),
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
fn again(
    slurm: &Slurm,
    run: OnCluster<'_>,
    mut jobs: Jobs,
    cohort: CohortId,
) -> Result<String, ClusterError> {
    let impossible =
        |why: &str| Err(ClusterError::Impossible(format!("{cohort} is not submitted again: {why}")));
    let plan = Plan::read(run.root)?;
    let missing = run.state.missing_seeds(cohort);
    let trains = |number: &u32| {
        let shard = plan.shard(*number);
        shard.is_some_and(|shard| {
            shard
                .items
                .iter()
                .any(|item| item.cohort == cohort && item.seeds.iter().any(|seed| missing.contains(seed)))
        })
    };
    let mut shards: Vec<u32> = plan.numbers().filter(trains).collect();
    if shards.is_empty() {
        return impossible("all of its trials have results; on a cluster only what failed trains again");
    }
    // A shard that trains, or will, is left alone; one whose job was killed is not over, and nobody trains it.
    let known = slurm.queue(&ids(&jobs)).ok();
    let is_of = |job: &Seen, number: u32| {
        let array = jobs.arrays.iter().find(|array| array.id == job.array);
        array.is_some_and(|array| job.index.is_some() && job.index == number.checked_sub(array.first))
    };
    shards.retain(|&number| match &known {
        Some(known) => known.jobs.iter().all(|job| !is_of(job, number) || has_ended(job.state)),
        None => plan.shard(number).is_some_and(|shard| shard.is_over(run.state)),
    });
    if shards.is_empty() {
        return impossible("the jobs of its shards are not over");
    }
    let program =
        std::env::current_exe().map_err(|source| ClusterError::Io { program: "superfuse-tui", source })?;
    let root = std::path::absolute(run.root)
        .map_err(|source| ClusterError::Io { program: "superfuse-tui", source })?;
    let name = root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let work = Work { program: &program, run: &root, name: &name };
    // Jobs that were asked to leave once would leave again.
    orders::give(&root, Order::Release)?;
    for shard in &shards {
        let path = ClusterDir::of(&root).script(jobs.arrays.len() + 1);
        write(&path, &script::array(&work, run.cluster, (*shard, 1))?)?;
        let id = slurm.submit(&path, &root, run.cluster, &[])?;
        jobs.arrays.push(Array { id, first: *shard, count: 1 });
        jobs.write(&root)?;
    }
    finish(slurm, &work, run.cluster, &mut jobs)?;
    Ok(format!("{} of {cohort} submitted again", counted(shards.len(), "shard")))
}

#[cfg(test)]
mod tests;
