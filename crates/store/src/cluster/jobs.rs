//! `jobs.json`: what the queue calls the jobs of a submission.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ClusterDir;
use crate::{StoreError, atomic};
use host::files;

/// Bytes of the file at most.
const LONGEST: u64 = 16 << 20;

/// The jobs of a submission.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jobs {
    /// What the queue lists them as, with more behind it for each: no other jobs of this user are listed so. Empty where
    /// nothing was submitted.
    #[serde(default)]
    pub name: String,
    /// Arrays of jobs, in the order in which they were submitted. A later one may train shards anew.
    pub arrays: Vec<Array>,
    /// The job that collects; absent where none was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<u64>,
    /// Whether more jobs are being submitted, for which the last one is held.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_submitting: bool,
}

/// An array of jobs: that with index `i` trains shard `first + i`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Array {
    /// Its number in the queue; 0 from before it is submitted until its number is known.
    pub id: u64,
    /// Its first shard.
    pub first: u32,
    /// How many shards.
    pub count: u32,
}

impl Jobs {
    /// Whether all of them were submitted, as far as is known.
    pub fn is_whole(&self) -> bool {
        self.arrays.is_empty() || (self.finish.is_some() && self.arrays.iter().all(|array| array.id > 0))
    }

    /// What the queue lists the array at this place as, or behind the last one the job that collects.
    pub fn name_of(&self, place: usize) -> String {
        format!("{}-{}", self.name, place + 1)
    }

    /// Writes them for the run in `root`.
    pub fn write(&self, root: &Path) -> Result<(), StoreError> {
        let text = serde_json::to_vec(self)
            .map_err(|error| StoreError::Encode { what: "the jobs", why: error.to_string() })?;
        atomic::write(&ClusterDir::of(root).jobs(), &text)
    }

    /// Reads those of the run in `root`; none where nothing was submitted to a queue.
    pub fn read(root: &Path) -> Result<Self, StoreError> {
        Self::read_in(&ClusterDir::of(root))
    }

    /// Reads those in a folder `cluster/`, or in what is left of one.
    pub fn read_in(cluster: &ClusterDir) -> Result<Self, StoreError> {
        let path = cluster.jobs();
        let bytes = match files::read(&path, LONGEST) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(StoreError::io("read", &path))?,
        };
        serde_json::from_slice(&bytes).map_err(|error| StoreError::Malformed { path, why: error.to_string() })
    }
}
