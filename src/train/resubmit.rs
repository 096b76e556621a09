//! `resume` of a run on a cluster: what its jobs did is collected, and what is missing is submitted as new shards.

use std::path::Path;
use std::time::Instant;

use color_eyre::eyre::{self, eyre};
use engine::Resubmission;
use superfuse::cluster::ClusterError;
use superfuse::cluster::queue;
use superfuse::cluster::recovery::recover;
use superfuse::cluster::slurm::Slurm;
use superfuse::store::cluster::jobs::Jobs;
use superfuse::store::cluster::plan::Plan;
use superfuse::store::cluster::{self, ClusterDir};
use superfuse::store::{Reopened, RunDir, StoreError, journal};
use superfuse::study::cluster::forecast::Forecast;
use superfuse::study::cluster::open;
use superfuse::study::cluster::queue::JobState;
use superfuse::study::config::ClusterEngine;
use superfuse::study::format::counted;
use superfuse::study::labels::LabelChange;
use superfuse::study::run_state::RunState;
use superfuse::watch::access_to;

use super::submit::{LoadingSaid, submit, told};
use superfuse::cli::output::{complain, print, say};
use superfuse::cli::study_args::StudyArgs;
use superfuse::cli::{Status, program};

/// Whether the run's configuration names a cluster, so that resuming it means to submit it.
pub(crate) fn is_submitted(run_dir: &Path) -> bool {
    let header = RunDir::journal_in(run_dir).and_then(|journal| journal::header(&journal).ok());
    header.is_some_and(|header| header.config.cluster.engine == ClusterEngine::Slurm)
}

/// Collects what the run's jobs did, if it is on a cluster.
///
/// # Errors
/// Where jobs still run or wait, or the run is another user's.
pub(crate) fn collect(run_dir: &Path) -> eyre::Result<()> {
    if let Some(why) = access_to(run_dir).refusal() {
        return Err(eyre!("{}: {why}", run_dir.display()));
    }
    cluster::settle(run_dir)?;
    if !ClusterDir::of(run_dir).exists() {
        return Ok(());
    }
    refuse_while_jobs_are_alive(run_dir)?;
    match cluster::collect(run_dir) {
        // Another process was faster.
        Err(StoreError::NotOnCluster { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(collected) => {
            collected.faults.iter().for_each(|fault| complain("warning", fault));
            say("what the jobs did is collected");
            Ok(())
        }
    }
}

/// A job that waits would find nothing to train, and one that runs would leave.
fn refuse_while_jobs_are_alive(run_dir: &Path) -> eyre::Result<()> {
    let jobs = Jobs::read(run_dir)?;
    if jobs == Jobs::default() {
        return Ok(());
    }
    let run = run_dir.display();
    // A process may have been killed while it submitted some of them.
    let unknown = |error: ClusterError| {
        eyre!(
            "whether jobs of {run} still wait or run is not known: {error}\nwhere none is left, remove {} and try again",
            ClusterDir::of(run_dir).jobs().display()
        )
    };
    let jobs = if recover(&Slurm::default(), run_dir).map_err(unknown)? {
        say("a process was killed while it submitted jobs; the rest is submitted now");
        Jobs::read(run_dir)?
    } else {
        jobs
    };
    let queue = queue::ask(run_dir).map_err(unknown)?;
    if queue.finishing == Some(JobState::Running) {
        return Err(eyre!("the last job of {run} is collecting what the others did; try again in a moment"));
    }
    let alive = queue.alive().count();
    if alive == 0 {
        // It would collect what is submitted next.
        let _ = Slurm::default().cancel(&jobs.finish.into_iter().collect::<Vec<u64>>());
        return Ok(());
    }
    Err(eyre!(
        "{} of {} in the queue ({}): they go on by themselves. `superfuse-tui watch {}` shows them, and `X` there cancels them",
        counted(alive, "job"),
        run_dir.display(),
        queue.line(),
        run_dir.display()
    ))
}

/// Submits what is missing of the run in `run_dir`.
pub(crate) fn run(run_dir: &Path, study: &StudyArgs, labels: &LabelChange) -> eyre::Result<Status> {
    let slurm = Slurm::default();
    // Before anything is changed.
    let limits = slurm.limits().map_err(|error| {
        eyre!(
            "{error}\n`superfuse-tui resume --local {}` trains what is missing on this machine",
            run_dir.display()
        )
    })?;
    collect(run_dir)?;
    let reopened = Reopened::open(run_dir)?;
    let header = reopened.header().ok_or_else(|| eyre!("{} holds no run", run_dir.display()))?;
    let config = study.read_over(&header.config)?;
    let (began, mut said) = (Instant::now(), LoadingSaid::default());
    let resumed = Resubmission::of(reopened, &config, &program(), &mut |loading| said.say(&loading))?;
    let reading = began.elapsed().as_secs_f64();
    resumed.warnings.iter().for_each(|warning| complain("warning", warning));
    if !labels.is_empty() {
        superfuse::cli::label::change(run_dir, labels)?;
    }
    let state = resumed.state.clone();
    let header = state.header().ok_or_else(|| eyre!("{} holds no run", run_dir.display()))?;
    let open = open::shares(&state);
    if open.is_empty() {
        // The last job may have come to nothing. The run is as its journal has it, and not resumed.
        let state = RunState::replay(&cluster::merged::read(run_dir)?.events);
        superfuse::cli::report::write_summary(run_dir, &state)?;
        return print("nothing is missing: every trial has an outcome\n");
    }
    let mut header = header.clone();
    header.config.cluster = config.cluster;
    let forecast = Forecast::of(&header, open, reading);
    say(forecast.text(&header).trim_end());
    let first = state.shards().keys().next_back().map_or(0, |last| last + 1);
    let plan = Plan { first, shards: forecast.shards };
    let jobs = resumed.submit(|| submit(&slurm, run_dir, &header, &plan, limits.most_array))?;
    print(&told(run_dir, &jobs, &plan))
}
