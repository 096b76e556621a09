//! What a process has left half done that was killed while it submitted jobs.

use std::path::Path;

use crate::ClusterError;
use crate::script::Work;
use crate::slurm::Slurm;
use crate::submit::{Sbatch, claim, complete};
use host::proc;
use store::cluster::jobs::Jobs;
use store::{RunDir, journal};
use study::cluster::queue::{JobState, Queue};
use study::config::ClusterConfig;
use study::run_state::RunState;

/// Whether `queue` looks as if something were left half done: a job was not submitted, or the last one is held, which is so
/// while others are submitted that it has to wait for.
pub fn is_needed(queue: &Queue) -> bool {
    !queue.jobs.is_empty() && queue.finishing.is_none_or(|state| state == JobState::Held)
        || queue.jobs.iter().any(|job| job.id.is_empty())
}

/// Submits what is missing of the jobs of the run in `root`; whether anything was. Another process that is about it is left alone.
///
/// # Errors
/// Where the queue refuses, or does not answer.
pub fn mend(slurm: &Slurm, root: &Path) -> Result<bool, ClusterError> {
    // A last job that its user holds is not of that kind.
    let is_half_done = |jobs: &Jobs| jobs.is_submitting || !jobs.is_whole();
    if !is_half_done(&Jobs::read(root)?) {
        return Ok(false);
    }
    let Ok(claim) = claim(root) else { return Ok(false) };
    let mut jobs = Jobs::read(root)?;
    if !is_half_done(&jobs) {
        return Ok(false);
    }
    let Some(cluster) = settings(root)? else { return Ok(false) };
    let (place, last) = (Place::of(root)?, jobs.finish);
    complete(slurm, &place.work(), &cluster, &mut jobs, (Sbatch::Perhaps, &claim))?;
    // Where nothing was submitted that it does not wait for, it is the same.
    if let Some(id) = last.filter(|id| jobs.finish == Some(*id)) {
        slurm.release(id)?;
    }
    Ok(true)
}

/// The settings that the run was last submitted with.
fn settings(root: &Path) -> Result<Option<ClusterConfig>, ClusterError> {
    let Some(journal) = RunDir::journal_in(root) else { return Ok(None) };
    let state = RunState::replay(&journal::read(&journal)?.events);
    Ok(state.header().map(|header| header.config.cluster.clone()))
}

/// This program and the run, as jobs are to find them.
pub(crate) struct Place {
    program: std::path::PathBuf,
    root: std::path::PathBuf,
    name: String,
}

impl Place {
    pub(crate) fn of(root: &Path) -> Result<Self, ClusterError> {
        let io = |source| ClusterError::Io { program: "superfuse-tui", source };
        let root = std::path::absolute(root).map_err(io)?;
        let name = root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { program: proc::program().map_err(io)?, root, name })
    }

    pub(crate) fn work(&self) -> Work<'_> {
        Work { program: &self.program, run: &self.root, name: &self.name }
    }
}
