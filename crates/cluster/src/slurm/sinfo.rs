//! `sinfo`: the cluster's partitions.

use super::{Call, Slurm, arguments};
use crate::ClusterError;

/// Partitions that are listed at most.
const MOST: usize = 200;

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: u32,
    /// What a node has besides, such as `gpu:8`; absent where that is nothing.
    pub resources: Option<String>,
    /// How long a job may take there, in Slurm's words.
    pub limit: String,
}

impl Slurm {
    /// The partitions, of several kinds of nodes in one the first kind.
    pub fn partitions(&self) -> Result<Vec<Partition>, ClusterError> {
        let of_call = arguments(["--noheader", "-o", "%R|%D|%G|%l"]);
        let call =
            Call { program: "sinfo", arguments: of_call, place: None, input: None, without: Vec::new() };
        Ok(parse(&self.call(&call)?))
    }
}

fn parse(answer: &str) -> Vec<Partition> {
    let mut partitions: Vec<Partition> = Vec::new();
    for line in answer.lines() {
        let mut fields = line.split('|').map(str::trim);
        let (Some(name), Some(nodes), Some(resources), Some(limit), None) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let Ok(nodes) = nodes.parse::<u32>() else { continue };
        let is_full = partitions.len() >= MOST;
        match partitions.iter_mut().find(|known| known.name == name) {
            Some(known) => known.nodes = known.nodes.saturating_add(nodes),
            None if !is_full => partitions.push(Partition {
                name: name.to_owned(),
                nodes,
                resources: Some(resources.to_owned()).filter(|resources| resources != "(null)"),
                limit: limit.to_owned(),
            }),
            None => {}
        }
    }
    partitions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_listed_once_with_all_their_nodes() {
        let found = parse(
            "main|4|gpu:2|infinite\nmain|2|(null)|infinite\ncpu|1|(null)|1-00:00:00\nnonsense\na|b|c|d\n",
        );
        let shown: Vec<_> =
            found.iter().map(|one| (one.name.as_str(), one.nodes, one.resources.as_deref())).collect();
        assert_eq!(shown, [("main", 6, Some("gpu:2")), ("cpu", 1, None)]);
    }
}
