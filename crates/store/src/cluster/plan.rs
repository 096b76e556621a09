//! `plan.json`: what each shard trains.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ClusterDir;
use crate::format::v1;
use crate::{StoreError, atomic};
use host::files;
use study::cluster::plan::{Item, Shard};
use study::grid::Seed;

/// Bytes of the file at most: ten thousand shards take a tenth.
const LONGEST: u64 = 256 << 20;
const FORMAT: u32 = 1;

/// The shards of a submission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The number of the first one: those of earlier submissions of the run have smaller numbers.
    pub first: u32,
    /// In the order of their numbers.
    pub shards: Vec<Shard>,
}

#[derive(Debug, Serialize, Deserialize)]
struct OnDisk {
    format: u32,
    first: u32,
    shards: Vec<ShardOnDisk>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ShardOnDisk {
    items: Vec<ItemOnDisk>,
    cost: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct ItemOnDisk {
    cohort: v1::CohortId,
    seeds: Vec<u64>,
}

impl Plan {
    /// The shard of this number.
    pub fn shard(&self, number: u32) -> Option<&Shard> {
        self.shards.get(number.checked_sub(self.first)? as usize)
    }

    /// The numbers of all shards.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.shards.len() as u32
    }

    /// Writes it for the run in `root`.
    pub fn write(&self, root: &Path) -> Result<(), StoreError> {
        let item = |item: &Item| ItemOnDisk {
            cohort: item.cohort.into(),
            seeds: item.seeds.iter().map(|seed| seed.0).collect(),
        };
        let shard =
            |shard: &Shard| ShardOnDisk { items: shard.items.iter().map(item).collect(), cost: shard.cost };
        let plan =
            OnDisk { format: FORMAT, first: self.first, shards: self.shards.iter().map(shard).collect() };
        let text = serde_json::to_vec(&plan)
            .map_err(|error| StoreError::Encode { what: "the plan of shards", why: error.to_string() })?;
        atomic::write(&ClusterDir::of(root).plan(), &text)
    }

    /// Reads that of the run in `root`.
    pub fn read(root: &Path) -> Result<Self, StoreError> {
        Self::read_in(&ClusterDir::of(root))
    }

    /// Reads that in a folder `cluster/`, or in what is left of one.
    pub fn read_in(cluster: &ClusterDir) -> Result<Self, StoreError> {
        let path = cluster.plan();
        let bytes = files::read(&path, LONGEST).map_err(StoreError::io("read", &path))?;
        let plan: OnDisk = serde_json::from_slice(&bytes)
            .map_err(|error| StoreError::Malformed { path: path.clone(), why: error.to_string() })?;
        if plan.format != FORMAT {
            return Err(StoreError::Newer { path, found: plan.format.into(), known: FORMAT });
        }
        let item = |item: ItemOnDisk| Item {
            cohort: item.cohort.into(),
            seeds: item.seeds.into_iter().map(Seed).collect(),
        };
        let shard = |shard: ShardOnDisk| Shard {
            items: shard.items.into_iter().map(item).collect(),
            cost: shard.cost,
        };
        Ok(Self { first: plan.first, shards: plan.shards.into_iter().map(shard).collect() })
    }
}
