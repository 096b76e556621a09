//! `sbatch`: a script becomes a job, or an array of jobs.

use std::ffi::OsString;
use std::path::Path;

use super::{Call, DEFAULTS, LIMIT, LONG, Slurm, arguments, listed};
use crate::ClusterError;
use study::config::ClusterConfig;

const PROGRAM: &str = "sbatch";

/// A word of what sbatch says where it refuses, and the key that it is about. The first that is found counts.
const FIXES: [(&str, &str); 15] = [
    ("job array", "this is a limit of the cluster: cluster.shards makes fewer jobs"),
    ("partition", "cluster.partition chooses another; `sinfo` lists those there are"),
    (
        "account",
        "cluster.account names the account that is charged; `sacctmgr show associations user=$USER` lists yours",
    ),
    ("qos", "cluster.qos names the quality of service; `sacctmgr show qos` lists those there are"),
    (
        "quality of service",
        "cluster.qos names the quality of service; `sacctmgr show qos` lists those there are",
    ),
    ("feature", "cluster.constraint names what a node must have; `sinfo -o \"%N %f\"` lists what nodes have"),
    ("time limit", "cluster.time is longer than is allowed there, or has to be set"),
    ("memory", "cluster.memory is more than a node has or gives"),
    ("generic resource", "cluster.gpus asks for GPUs that no node there has; with 0 jobs train on the CPU"),
    ("gres", "cluster.gpus asks for GPUs that no node there has; with 0 jobs train on the CPU"),
    (
        "node configuration",
        "no node there has what cluster.gpus, cluster.cpus and cluster.memory ask for together",
    ),
    ("cpu count", "cluster.cpus is more than a node has"),
    ("option", "cluster.options has an option that this sbatch does not know"),
    ("submit limit", "you have as many jobs as you may: cluster.shards makes fewer"),
    (
        "job violates",
        "you have as many jobs or cores as you may: cluster.shards and cluster.concurrent make fewer",
    ),
];

impl Slurm {
    /// Submits the script at `script` in the working directory `place`; the number of the job. It waits until the jobs `after`
    /// have ended, however that is.
    ///
    /// # Errors
    /// What sbatch says, and which key to change.
    pub fn submit(
        &self,
        script: &Path,
        place: &Path,
        cluster: &ClusterConfig,
        after: &[u64],
    ) -> Result<u64, ClusterError> {
        let mut of_call = arguments(["--parsable"]);
        of_call.extend(dependency(after));
        of_call.push(script.into());
        let call = Call {
            program: PROGRAM,
            arguments: of_call,
            place: Some(place),
            input: None,
            without: without(cluster),
        };
        let limit = if self.limit == LIMIT { LONG } else { self.limit };
        let patient = Self { folder: self.folder.clone(), limit };
        let answer = patient.call(&call).map_err(with_fix)?;
        let number = answer.trim().split(';').next().and_then(|number| number.parse().ok());
        number.ok_or_else(|| ClusterError::Answer {
            program: PROGRAM,
            answer: answer.chars().take(200).collect(),
        })
    }

    /// What sbatch would do with a script, in its own words; it submits nothing.
    ///
    /// # Errors
    /// As for [`Self::submit`].
    pub fn test(&self, script: &str, cluster: &ClusterConfig) -> Result<String, ClusterError> {
        let call = Call {
            program: PROGRAM,
            arguments: arguments(["--test-only"]),
            place: None,
            input: Some(script.as_bytes()),
            without: without(cluster),
        };
        let answer = self.answer(&call)?;
        if answer.status.success() {
            return Ok(format!("{}{}", answer.output, answer.complaint).trim().to_owned());
        }
        Err(with_fix(ClusterError::Refused { program: PROGRAM, said: answer.complaint, fix: None }))
    }
}

fn dependency(after: &[u64]) -> Option<OsString> {
    // Numbers are apart by colons here.
    (!after.is_empty()).then(|| format!("--dependency=afterany:{}", listed(after).replace(',', ":")).into())
}

/// Defaults from the environment that the configuration overrides.
fn without(cluster: &ClusterConfig) -> Vec<&'static str> {
    DEFAULTS.iter().filter(|(_, key)| !key(cluster).is_empty()).map(|(name, _)| *name).collect()
}

fn with_fix(error: ClusterError) -> ClusterError {
    let ClusterError::Refused { program, said, .. } = error else { return error };
    let lower = said.to_lowercase();
    let fix = FIXES.iter().find(|(word, _)| lower.contains(word)).map(|(_, fix)| *fix);
    ClusterError::Refused { program, said, fix }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_key_to_change() {
        let fix = |said: &str| match with_fix(ClusterError::Refused {
            program: PROGRAM,
            said: said.into(),
            fix: None,
        }) {
            ClusterError::Refused { fix, .. } => fix.unwrap_or_default(),
            _ => "",
        };
        for (said, key) in [
            ("sbatch: error: invalid partition specified: nope", "cluster.partition"),
            (
                "sbatch: error: Batch job submission failed: Invalid account or account/partition combination",
                "cluster.",
            ),
            ("sbatch: error: Batch job submission failed: Invalid qos specification", "cluster.qos"),
            (
                "sbatch: error: Batch job submission failed: Invalid feature specification",
                "cluster.constraint",
            ),
            ("sbatch: error: Batch job submission failed: Requested time limit is invalid", "cluster.time"),
            ("sbatch: error: Memory specification can not be satisfied", "cluster.memory"),
            (
                "sbatch: error: Batch job submission failed: Requested node configuration is not available",
                "cluster.gpus",
            ),
            (
                "sbatch: error: Batch job submission failed: Invalid generic resource (gres) specification",
                "cluster.gpus",
            ),
            ("sbatch: unrecognized option '--nonsense'", "cluster.options"),
            ("sbatch: error: Batch job submission failed: Invalid job array specification", "cluster.shards"),
        ] {
            assert!(fix(said).contains(key), "{said}: {}", fix(said));
        }
        assert_eq!(fix("sbatch: error: something else"), "");
    }

    #[test]
    fn a_dependency_lists_all_jobs() {
        assert_eq!(dependency(&[]), None);
        assert_eq!(dependency(&[7, 12]).unwrap(), "--dependency=afterany:7:12");
    }
}
