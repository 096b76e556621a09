//! A start of a shard: its folder is made, which supersedes the starts before it, and what they have done is read.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::chain::Chain;
use super::plan::Plan;
use super::{ClusterDir, merged};
use crate::journal::{self, Journal};
use crate::run_dir::is_state_of;
use crate::{Reopened, RunDir, StoreError, log};
use study::cluster::plan::Item;
use study::event::{EventKind, Provenance};

/// Starts of a shard at most.
const MOST: u32 = 1_000_000;

/// What a process that trains a shard is there for.
#[derive(Clone, Debug, PartialEq)]
pub struct ShardStart {
    /// The shard.
    pub shard: u32,
    /// Which start of it.
    pub start: u32,
    /// What it trains.
    pub items: Vec<Item>,
    /// The machine's name.
    pub host: String,
    /// What the queue calls the job; empty outside a queue.
    pub job: String,
    /// The start before, and how many bytes of its journal were read.
    pub after: Option<(u32, u64)>,
}

impl ShardStart {
    /// The first event of its journal.
    pub fn event(&self, provenance: Provenance) -> EventKind {
        EventKind::ShardStarted {
            shard: self.shard,
            start: self.start,
            host: self.host.clone(),
            job: self.job.clone(),
            after: self.after,
            provenance,
        }
    }
}

/// Begins the next start of a shard of the run in `root`, in a job of this name on `host`. From here on the starts before it
/// are superseded.
///
/// # Errors
/// Where the run is not on a cluster or has no such shard, or the folder cannot be made.
pub fn begin(root: &Path, shard: u32, (host, job): (&str, &str)) -> Result<Reopened, StoreError> {
    let cluster = ClusterDir::of(root);
    let plan = Plan::read(root)?;
    let Some(planned) = plan.shard(shard) else {
        let numbers = plan.numbers();
        let why = format!(
            "it has the shards {} to {}, and not {shard}",
            numbers.start,
            numbers.end.saturating_sub(1)
        );
        return Err(StoreError::Malformed { path: cluster.plan(), why });
    };
    let main = root.join("events.jsonl");
    let run = journal::identity(&main)?;
    let folder = cluster.shard(shard);
    match fs::create_dir(&folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(StoreError::io("make", &folder)(error));
        }
        _ => {}
    }
    let start = make_folder(&cluster, shard)?;
    let directory = RunDir::of_start(&cluster.start(shard, start))?;
    log::attach(&directory.log());
    // Only now: what the start before writes from here on comes too late.
    let chain = Chain::of(&cluster, shard)?;
    let (mut events, mut ignored) = {
        let replay = journal::read(&main)?;
        (replay.events, replay.ignored)
    };
    let mut after = None;
    for part in &chain.parts {
        let (of_part, lines, whole) = part.read(0)?;
        ignored.extend(lines);
        events.extend(of_part.into_iter().filter(merged::is_of_the_run));
        after = Some((part.start, whole));
    }
    merged::number(&mut events);
    let states_before = chain.parts.last().map_or_else(|| root.to_path_buf(), |part| part.folder.clone());
    link_states(&states_before, directory.root(), planned.items.as_slice())?;
    let journal = Journal::of_start(&directory.journal(), run)?;
    let (host, job) = (host.to_owned(), job.to_owned());
    let shard = ShardStart { shard, start, items: planned.items.clone(), host, job, after };
    Ok(Reopened { directory, journal, events, ignored, shard: Some(shard) })
}

/// The folder of a new start; of several processes each gets one of its own.
fn make_folder(cluster: &ClusterDir, shard: u32) -> Result<u32, StoreError> {
    let folder = cluster.shard(shard);
    let first = super::numbers(&folder)?.last().map_or(1, |last| last + 1);
    for start in first..first.saturating_add(1_000).min(MOST) {
        let path = cluster.start(shard, start);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(start),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io("make", &path)(error)),
        }
    }
    Err(StoreError::Malformed { path: folder, why: "the shard was started too often".into() })
}

/// Takes the training states of these items' seeds from the folder `from` of a run or start into that of another one.
pub(super) fn link_states(from: &Path, to: &Path, items: &[Item]) -> Result<(), StoreError> {
    let (from, to) = (RunDir::at(from), RunDir::at(to));
    for item in items {
        let (before, now) = (from.training_states(item.cohort), to.training_states(item.cohort));
        let entries = match fs::read_dir(&before) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(StoreError::io("list", &before)(error)),
        };
        fs::create_dir_all(&now).map_err(StoreError::io("make", &now))?;
        let is_wanted =
            |entry: &DirEntry| entry.file_name().to_str().is_some_and(|name| is_state_of(name, &item.seeds));
        for entry in entries.flatten().filter(is_wanted) {
            let place = now.join(entry.file_name());
            // One of an earlier submission.
            let _ = fs::remove_file(&place);
            match link(&entry.path(), &place) {
                // The process before it may still be there and remove what it needs no more.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                linked => linked.map_err(StoreError::io("take over", &entry.path()))?,
            }
        }
    }
    Ok(())
}

/// A second name for a file, which nobody changes in place; a copy where the file system has no second names.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => Err(error),
        Err(_) => fs::copy(from, to).map(drop),
        Ok(()) => Ok(()),
    }
}
