//! Keys' orders, with stand-ins for Slurm's commands.

use super::*;
use crate::slurm::stand_in::{SBATCH, StandIn};
use store::cluster::ClusterDir;
use study::cluster::plan::{Item, Shard};
use study::config::Config;
use study::event::SeedOutcome;
use study::sample;

/// A run of the sample's study with a shard for each configuration, in array 11, and the last job 12.
fn run(state: &RunState) -> tempfile::TempDir {
    let run = tempfile::tempdir().unwrap();
    ClusterDir::of(run.path()).create().unwrap();
    let seeds = state.header().unwrap().sweep.seeds.clone();
    let shard = |&cohort: &CohortId| Shard { items: vec![Item { cohort, seeds: seeds.clone() }], cost: 1.0 };
    let plan = Plan { first: 0, shards: state.order().iter().map(shard).collect() };
    plan.write(run.path()).unwrap();
    let count = plan.shards.len() as u32;
    let arrays = vec![Array { id: 11, first: 0, count }];
    Jobs { name: "quick-1".into(), arrays, finish: Some(12), is_submitting: false }
        .write(run.path())
        .unwrap();
    run
}

/// The first shard's job runs, and the last job is in this state.
fn queue(last: &str) -> String {
    format!("echo '11|0|RUNNING|None|n1|0:01|0|0|'; echo '12|N/A|{last}|||0:00|0|0|'")
}

fn commands() -> StandIn {
    StandIn::new(&[("sbatch", SBATCH), ("scancel", ""), ("scontrol", ""), ("squeue", &queue("PENDING"))])
}

#[test]
fn keys_become_orders_and_calls_of_the_queue() {
    let (state, commands) = (sample::planned(), commands());
    let (run, cluster) = (run(&state), Config::default().cluster);
    let on = OnCluster { root: run.path(), cluster: &cluster, state: &state };
    let cohort = state.order()[3];
    let mut calls = 0;
    let mut new_calls = |command: Command| {
        let said = act_with(&commands.slurm(), on, command).unwrap();
        let all = commands.calls();
        let new = all[calls..].to_vec();
        calls = all.len();
        (said.is_some(), new)
    };
    assert_eq!(new_calls(Command::Pause), (true, vec!["scontrol hold 11".to_owned()]));
    assert_eq!(orders::read(run.path()).unwrap().last, Some(Order::Hold));
    assert_eq!(new_calls(Command::Start), (true, vec!["scontrol release 11".to_owned()]));
    assert_eq!(orders::read(run.path()).unwrap().last, Some(Order::Release));
    assert_eq!(new_calls(Command::StopConfiguration { cohort }), (true, Vec::new()));
    assert_eq!(orders::read(run.path()).unwrap().stopped, [cohort]);
    // The job that collects is not cancelled.
    assert_eq!(new_calls(Command::StopSweep), (true, vec!["scancel --quiet 11".to_owned()]));
    assert_eq!(orders::read(run.path()).unwrap().last, Some(Order::Leave));
    assert_eq!(new_calls(Command::Quit), (false, Vec::new()));
    assert!(act_with(&commands.slurm(), on, Command::Export).is_err());
}

#[test]
fn a_configuration_is_submitted_again_only_where_its_shard_is_over_and_something_failed() {
    let (state, commands) = (sample::state(), commands());
    let (run, cluster) = (run(&state), Config::default().cluster);
    let failed = |seed: &study::grid::Seed, cohort: &CohortId| {
        let trial = state.cohort(*cohort).and_then(|of| of.trials.get(seed));
        trial.is_some_and(|trial| matches!(trial.outcome, Some(SeedOutcome::Failed { .. })))
    };
    let seeds = &state.header().unwrap().sweep.seeds;
    let (number, &cohort) =
        (0..).zip(state.order()).find(|(_, cohort)| seeds.iter().any(|seed| failed(seed, cohort))).unwrap();
    let whole = state.order()[0];
    let refused = |state: &RunState, cohort| {
        let on = OnCluster { root: run.path(), cluster: &cluster, state };
        act_with(&commands.slurm(), on, Command::RunAgain { cohort }).unwrap_err().to_string()
    };
    assert!(refused(&state, whole).contains("all of its trials have results"));
    assert!(refused(&sample::planned(), whole).contains("the jobs of its shards are not over"));
    let only = ["scontrol hold 12", "squeue ", "scontrol release 12"];
    let calls = commands.calls();
    assert!(
        calls.iter().zip(only).all(|(call, only)| call.starts_with(only)) && calls.len() == 3,
        "{calls:?}"
    );
    // The last job has begun, and would collect too early.
    commands.set("squeue", &queue("RUNNING"));
    assert!(refused(&state, cohort).contains("the last job collects"));
    commands.set("squeue", &queue("PENDING"));
    // sbatch refuses: all is as before.
    commands.set("sbatch", "echo 'sbatch: error: no' >&2; exit 1");
    assert!(refused(&state, cohort).contains("sbatch: error: no"));
    assert_eq!(Jobs::read(run.path()).unwrap().arrays.len(), 1);
    assert_eq!(commands.calls().last().unwrap(), "scontrol release 12");
    commands.set("sbatch", SBATCH);
    // Another process submits at this moment.
    let claim = claim(run.path()).unwrap();
    assert!(refused(&state, cohort).contains("another process submits"));
    drop(claim);
    let before = commands.calls().len();
    let on = OnCluster { root: run.path(), cluster: &cluster, state: &state };
    act_with(&commands.slurm(), on, Command::RunAgain { cohort }).unwrap();
    let jobs = Jobs::read(run.path()).unwrap();
    assert_eq!(jobs.arrays[1], Array { id: 101, first: number, count: 1 });
    assert_eq!(jobs.finish, Some(102));
    let calls = commands.calls().split_off(before);
    assert_eq!(calls[0], "scontrol hold 12", "it would collect too early");
    assert!(calls[2].starts_with("sbatch --parsable /"), "{calls:?}");
    assert!(calls[3].contains("--dependency=afterany:11:101 "), "{calls:?}");
    assert_eq!(calls[4..], ["scancel --quiet 12"]);
}
