//! What a process left unfinished that was killed while it submitted jobs.

use std::path::Path;

use crate::ClusterError;
use crate::script::Work;
use crate::slurm::Slurm;
use crate::submit::{Sbatch, claim, complete};
use host::proc;
use store::cluster::jobs::Jobs;
use store::{RunDir, journal};
use study::config::ClusterConfig;
use study::run_state::RunState;

/// Submits the jobs of the run in `root` that a killed process did not; whether there were any. While another process submits,
/// there are none. Cheap where nothing is missing: one small file is read.
///
/// # Errors
/// Where the queue refuses, or does not answer.
pub fn recover(slurm: &Slurm, root: &Path) -> Result<bool, ClusterError> {
    // Not where its user holds the last job.
    let is_unfinished = |jobs: &Jobs| jobs.is_submitting || !jobs.is_whole();
    if !is_unfinished(&Jobs::read(root)?) {
        return Ok(false);
    }
    let Ok(claim) = claim(root) else { return Ok(false) };
    let mut jobs = Jobs::read(root)?;
    if !is_unfinished(&jobs) {
        return Ok(false);
    }
    let Some(cluster) = settings(root)? else { return Ok(false) };
    complete(slurm, &Place::of(root)?.work(), &cluster, &mut jobs, (Sbatch::Perhaps, &claim))?;
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
