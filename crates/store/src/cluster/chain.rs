//! The starts of a shard that count, and how much of each.
//!
//! A start's journal begins with the start that it continues and how many bytes of that one it has read. So what a
//! superseded process writes late, on a machine that was taken for dead, is behind these bytes and is nobody's.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{ClusterDir, numbers};
use crate::StoreError;
use crate::journal::{self, IgnoredLine};
use study::event::{Event, EventKind};

/// A shard's starts that count, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Each continues the one before it.
    pub parts: Vec<Part>,
    /// The number of the latest folder, whether its journal has begun or not; 0 where there is none.
    pub latest: u32,
}

/// A start, and how much of its journal counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub start: u32,
    /// Its folder.
    pub folder: PathBuf,
    /// Bytes of its journal that count.
    pub most: u64,
}

impl Part {
    /// Its journal.
    pub fn journal(&self) -> PathBuf {
        self.folder.join("events.jsonl")
    }

    /// Its events behind its first `from` bytes, in order, with the lines that are none; and up to which byte its lines are
    /// whole.
    pub fn read(&self, from: u64) -> Result<(Vec<Event>, Vec<IgnoredLine>, u64), StoreError> {
        let (replay, whole) = journal::read_start(&self.journal(), from..self.most)?;
        Ok((replay.events, replay.ignored, whole))
    }
}

impl Chain {
    /// Of a shard of the run in `cluster`.
    pub fn of(cluster: &ClusterDir, shard: u32) -> Result<Self, StoreError> {
        let starts = numbers(&cluster.shard(shard))?;
        let mut chain = Self { parts: Vec::new(), latest: starts.last().copied().unwrap_or(0) };
        // One that ended before its first event counts for nothing.
        let mut wanted = starts.iter().rev().copied().find(|&start| {
            matches!(first_event(&cluster.start(shard, start)), Some(EventKind::ShardStarted { .. }))
        });
        let mut most = u64::MAX;
        while let Some(start) = wanted {
            let folder = cluster.start(shard, start);
            let Some(EventKind::ShardStarted { after, .. }) = first_event(&folder) else { break };
            chain.parts.push(Part { start, folder, most });
            let before = after.filter(|(before, _)| *before < start);
            (wanted, most) = (before.map(|(before, _)| before), before.map_or(0, |(_, bytes)| bytes));
        }
        chain.parts.reverse();
        Ok(chain)
    }

    /// How many starts in a row, up to the latest, have not come so far as to train.
    pub fn without_training(&self) -> Result<u32, StoreError> {
        for part in self.parts.iter().rev() {
            let (events, ..) = part.read(0)?;
            if events.iter().any(|event| event.kind.cohort().is_some()) {
                return Ok(self.latest - part.start);
            }
        }
        Ok(self.latest)
    }
}

fn first_event(folder: &Path) -> Option<EventKind> {
    journal::first_of_start(&folder.join("events.jsonl")).map(|event| event.kind)
}

/// Whether the start with this folder is no longer its shard's latest, or was collected.
pub fn superseded(folder: &Path) -> bool {
    let own = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let Some((own, shard)) = own.zip(folder.parent()) else { return true };
    // What the system refuses to look at for a while is not gone.
    let is_gone = fs::symlink_metadata(folder).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    is_gone || numbers(shard).is_ok_and(|starts| starts.last().is_some_and(|latest| *latest > own))
}
