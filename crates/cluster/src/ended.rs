//! Why trials of a run have no outcome, as far as its jobs say, on the cluster or after it was collected.

use std::path::Path;

use crate::queue;
use store::cluster::ClusterDir;
use store::cluster::plan::Plan;
use study::cluster::incomplete;
use study::cluster::queue::JobState;
use study::run_state::RunState;
use study::text::one_line;

/// A sentence for each job of the run in `root` that has ended before its shard was done, with what to do about it.
pub fn told(root: &Path, state: &RunState) -> Vec<String> {
    let of_last = || {
        let cluster = ClusterDir::last(root)?;
        let plan = Plan::read_in(&cluster).ok()?;
        let is_over = |shard: u32| plan.shard(shard).is_some_and(|shard| shard.is_over(state));
        let mut queue = queue::last(&cluster, is_over)?;
        if cluster != ClusterDir::of(root) {
            // What was still alive when it was collected has nothing to train any more.
            for job in queue.jobs.iter_mut().filter(|job| job.state.is_alive()) {
                job.state = JobState::Lost;
            }
        }
        let run = one_line(root.display());
        Some(incomplete::told(&run, state, |shard| plan.shard(shard), &queue))
    };
    of_last().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slurm::stand_in::StandIn;
    use std::fs;
    use store::cluster::jobs::{Array, Jobs};
    use study::cluster::plan::{Item, Shard};
    use study::sample;

    #[test]
    fn a_job_that_went_wrong_is_named_with_what_it_left_until_it_is_done() {
        let (state, run) = (sample::planned(), tempfile::tempdir().unwrap());
        let cluster = ClusterDir::of(run.path());
        cluster.create().unwrap();
        assert_eq!(told(run.path(), &state), Vec::<String>::new());
        let seeds = state.header().unwrap().sweep.seeds.clone();
        let shard = |place: usize| Shard {
            items: vec![Item { cohort: state.order()[place], seeds: seeds.clone() }],
            cost: 1.0,
        };
        Plan { first: 0, shards: (0..3).map(shard).collect() }.write(run.path()).unwrap();
        let arrays = vec![Array { id: 7, first: 0, count: 3 }];
        Jobs { arrays, ..Jobs::default() }.write(run.path()).unwrap();
        let commands = StandIn::new(&[(
            "squeue",
            "echo '7|0|TIMEOUT|TimeLimit|n1|0:01|0|15|'; echo '7|1|COMPLETED|None|n1|0:01|0|0|'; echo '7|2|RUNNING|None|n1|0:01|0|0|'",
        )]);
        queue::ask_with(&commands.slurm(), run.path()).unwrap();
        let on_cluster = told(run.path(), &state);
        let (cohort, path) = (state.order()[0], run.path().display());
        assert_eq!(
            on_cluster,
            [format!(
                "{cohort}, 5 seeds without an outcome: shard 0 (7_0): time limit on n1; `superfuse-tui resume {path} --set \
                 cluster.time=…` submits it with more time"
            )]
        );
        fs::rename(cluster.folder(), run.path().join("cluster-20261129T100000Z-7")).unwrap();
        // An older one says nothing of what was submitted later.
        fs::create_dir(run.path().join("cluster-20261128T100000Z-9")).unwrap();
        assert_eq!(told(run.path(), &state).len(), 3, "what did not end by itself is lost");
        assert_eq!(told(run.path(), &sample::state()).len(), 0, "another process has trained it");
    }
}
