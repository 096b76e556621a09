//! What `doctor` says of a cluster: Slurm, its partitions, and the file system that runs lie on.

use std::path::Path;

use superfuse::cluster::ClusterError;
use superfuse::cluster::slurm::{Limits, Partition, Slurm};
use superfuse::host::file_system::{self, FileSystem, Locks};

/// Partitions that are named.
const NAMED: usize = 8;

/// What was found of Slurm.
pub(super) fn slurm() -> String {
    let slurm = Slurm::default();
    match slurm.limits() {
        Ok(limits) => found(&limits, slurm.partitions()),
        Err(ClusterError::NotFound { .. }) => {
            "not found, so studies train on this machine (on a cluster: log in where sbatch is)".into()
        }
        Err(error) => format!("found, but: {error}"),
    }
}

fn found(limits: &Limits, partitions: Result<Vec<Partition>, ClusterError>) -> String {
    let partitions = match partitions {
        Ok(partitions) => {
            let more = partitions.len().saturating_sub(NAMED);
            let mut named: Vec<String> = partitions.iter().take(NAMED).map(partition).collect();
            if more > 0 {
                named.push(format!("{more} more"));
            }
            if named.is_empty() { "none".into() } else { named.join(", ") }
        }
        Err(error) => error.to_string(),
    };
    format!("{}, arrays of up to {} jobs; partitions: {partitions}", limits.version, limits.most_array)
}

fn partition(of: &Partition) -> String {
    let resources = of.resources.as_ref().map_or_else(String::new, |resources| format!(" with {resources}"));
    let limit = if of.limit == "infinite" { String::new() } else { format!(", {}", of.limit) };
    format!("{} ({}{resources}{limit})", of.name, super::plural(of.nodes, "node"))
}

/// Where runs lie by default, and whether the journal's lock keeps a second writer out there.
pub(super) fn runs() -> String {
    match file_system::of(Path::new("runs")) {
        Ok(found) => described(&found),
        Err(error) => format!("the file system of runs/ is unknown: {error}"),
    }
}

fn described(found: &FileSystem) -> String {
    let locks = match found.locks {
        Locks::Work => "locks work",
        Locks::OnThisMachine => {
            "locks hold on one machine alone: resume a run on one at a time (jobs of a cluster need none)"
        }
        Locks::Fail => {
            "no locks, so `run` and `resume` refuse it: take another with --run-dir (jobs of a cluster need none)"
        }
        Locks::Unknown => "nothing can be written there, so whether locks work is unknown",
    };
    format!("runs/ on {}, {locks}", found.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slurm_is_told_in_one_line() {
        let limits = Limits { version: "22.05.8".into(), most_array: 1_001 };
        let of = |name: &str, nodes, resources: Option<&str>, limit: &str| Partition {
            name: name.into(),
            nodes,
            resources: resources.map(str::to_owned),
            limit: limit.into(),
        };
        let partitions = vec![of("gpu", 4, Some("gpu:8"), "2-00:00:00"), of("cpu", 1, None, "infinite")];
        assert_eq!(
            found(&limits, Ok(partitions)),
            "22.05.8, arrays of up to 1001 jobs; partitions: gpu (4 nodes with gpu:8, 2-00:00:00), cpu (1 node)"
        );
        assert!(found(&limits, Ok(vec![of("x", 1, None, "infinite"); 10])).ends_with(", 2 more"));
    }

    #[test]
    fn a_file_system_without_locks_says_what_to_do() {
        let of = |locks| described(&FileSystem { kind: "lustre".into(), locks });
        assert_eq!(of(Locks::Work), "runs/ on lustre, locks work");
        assert!(of(Locks::Fail).contains("--run-dir"));
        assert!(of(Locks::OnThisMachine).contains("one machine alone"));
    }
}
