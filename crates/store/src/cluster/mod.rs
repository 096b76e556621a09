//! A run on a cluster: the folder `cluster/` in its directory, which is there exactly while jobs may train it.
//!
//! Jobs train shards. Each start of a shard's job has a folder of its own, an ordinary run directory with one writer, which
//! is made by `mkdir`: no file is locked, and no two processes ever write the same one. [`merged`] reads them all as one
//! journal; [`collect`] makes an ordinary run of them.

mod chain;
mod collect;
pub mod jobs;
pub mod merged;
pub mod orders;
pub mod plan;
pub mod rows;
mod start;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::StoreError;

pub use chain::{Chain, Part, superseded};
pub use collect::{Collected, collect, settle};
pub use start::{ShardStart, begin};

const FOLDER: &str = "cluster";

/// Where the files of a run on a cluster are. Knows names, not what the files hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDir {
    folder: PathBuf,
}

impl ClusterDir {
    /// Of the run in `root`, whether it is on a cluster or not.
    pub fn of(root: &Path) -> Self {
        Self { folder: root.join(FOLDER) }
    }

    /// Of the run in `root`, or what is left of it since it was last collected.
    pub fn last(root: &Path) -> Option<Self> {
        let now = Self::of(root);
        if now.exists() {
            return Some(now);
        }
        // The time is in their names.
        let is_left = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with(collect::COLLECTED)) && path.is_dir()
        };
        let folders = fs::read_dir(root).ok()?.flatten().map(|entry| entry.path()).filter(is_left);
        folders.max().map(|folder| Self { folder })
    }

    /// Whether the run is on a cluster: its plan is there. A process that was superseded may have made the folder anew for a
    /// last file of its own, which counts for nothing.
    pub fn exists(&self) -> bool {
        self.plan().is_file()
    }

    /// Makes the folder with the empty ones in it; with its plan the run is on a cluster. Of several processes one succeeds.
    ///
    /// # Errors
    /// [`StoreError::OnCluster`] where it is there already.
    pub fn create(&self) -> Result<(), StoreError> {
        if self.folder.is_dir() && !self.plan().exists() && !self.logs().exists() {
            let left = self.folder.with_file_name(format!("left-{}", std::process::id()));
            fs::rename(&self.folder, &left).map_err(StoreError::io("rename", &self.folder))?;
            let _ = fs::remove_dir_all(&left);
        }
        match fs::create_dir(&self.folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let run = self.folder.parent().unwrap_or(Path::new("."));
                return Err(StoreError::OnCluster { path: run.into() });
            }
            Err(error) => return Err(StoreError::io("make", &self.folder)(error)),
        }
        for folder in [self.logs(), self.orders(), self.shards()] {
            fs::create_dir(&folder).map_err(StoreError::io("make", &folder))?;
        }
        Ok(())
    }

    /// Removes it where nothing was submitted.
    pub fn discard(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }

    /// There while a process submits jobs of the run.
    pub fn submitting(&self) -> PathBuf {
        self.folder.join("submitting")
    }

    /// `cluster/`
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `plan.json`, see [`plan`]
    pub fn plan(&self) -> PathBuf {
        self.folder.join("plan.json")
    }

    /// `jobs.json`, see [`jobs`]
    pub fn jobs(&self) -> PathBuf {
        self.folder.join("jobs.json")
    }

    /// The script of the array `number`, from 1, as it was submitted.
    pub fn script(&self, number: usize) -> PathBuf {
        self.folder.join(format!("array-{number}.sbatch"))
    }

    /// The script of the job that collects.
    pub fn finish_script(&self) -> PathBuf {
        self.folder.join("finish.sbatch")
    }

    /// What jobs print.
    pub fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    /// See [`orders`].
    pub fn orders(&self) -> PathBuf {
        self.folder.join("orders")
    }

    /// The last answer of the queue, which watchers share.
    pub fn queue(&self) -> PathBuf {
        self.folder.join("queue.json")
    }

    /// All shards' folders.
    pub fn shards(&self) -> PathBuf {
        self.folder.join("shards")
    }

    /// A shard's folder, with one for each of its starts.
    pub fn shard(&self, shard: u32) -> PathBuf {
        self.shards().join(format!("{shard:05}"))
    }

    /// The folder of a start of a shard.
    pub fn start(&self, shard: u32, start: u32) -> PathBuf {
        self.shard(shard).join(start.to_string())
    }

    /// The number of a shard's latest start; 0 before the first.
    pub fn latest(&self, shard: u32) -> Result<u32, StoreError> {
        Ok(numbers(&self.shard(shard))?.last().copied().unwrap_or(0))
    }

    /// The shards that have begun, in order.
    pub fn begun(&self) -> Result<Vec<u32>, StoreError> {
        numbers(&self.shards())
    }
}

/// The folders in `folder` that are named by a number, in order; none where it is absent.
fn numbers(folder: &Path) -> Result<Vec<u32>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("list", folder)(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io("list", folder))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let number =
            entry.file_name().to_str().filter(|_| is_folder).and_then(|name| name.parse::<u32>().ok());
        numbers.extend(number);
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests;
