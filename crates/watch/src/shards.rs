//! The journals of a run's shards, which other machines may be writing: their events, each from where the last look ended.
//!
//! Thousands of shards are not all looked at each time: those that have just grown are, and some others in turn.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::tail::Lost;
use store::StoreError;
use store::cluster::{Chain, ClusterDir, merged};
use study::event::{Event, EventKind};

/// How long a shard that has grown is looked at each time.
const WARM: Duration = Duration::from_secs(10);
/// Other shards that are looked at each time.
const IN_TURN: usize = 64;
/// How often shards that have begun are looked for.
const BETWEEN_LISTS: Duration = Duration::from_secs(1);
/// After so many lists those that are done are looked at as well.
const BETWEEN_DONE: u32 = 30;

/// The shards of a run on a cluster.
#[derive(Debug)]
pub(super) struct Shards {
    cluster: ClusterDir,
    known: BTreeMap<u32, Shard>,
    listed: Option<Instant>,
    lists: u32,
    /// The last one that was looked at in its turn.
    turn: u32,
}

/// A shard, as far as it was read.
#[derive(Debug, Default)]
struct Shard {
    chain: Chain,
    /// Bytes of each start's journal that were read.
    read: BTreeMap<u32, u64>,
    grown: Option<Instant>,
    /// Whether its latest start has ended with everything done.
    is_done: bool,
}

/// What was appended.
#[derive(Debug, Default)]
pub(super) struct OfShards {
    pub(super) events: Vec<Event>,
    /// Whole lines that are not events, as messages.
    pub(super) ignored: Vec<String>,
}

impl Shards {
    /// Of the run in `root`; absent where it is on no cluster.
    pub(super) fn of(root: &Path) -> Option<Self> {
        let cluster = ClusterDir::of(root);
        cluster.exists().then(|| Self { cluster, known: BTreeMap::new(), listed: None, lists: 0, turn: 0 })
    }

    /// The shards that are over, with everything done.
    pub(super) fn done(&self) -> impl Iterator<Item = u32> {
        self.known.iter().filter(|(_, shard)| shard.is_done).map(|(number, _)| *number)
    }

    /// What was appended to those that are looked at.
    pub(super) fn look(&mut self) -> Result<OfShards, Lost> {
        if !self.cluster.exists() {
            return Err(Lost::Replaced);
        }
        let unreadable = |error: StoreError| Lost::Unreadable(error.to_string());
        let now = Instant::now();
        let is_first = self.listed.is_none();
        let is_listed = self.listed.is_none_or(|listed| now.duration_since(listed) >= BETWEEN_LISTS);
        if is_listed {
            self.listed = Some(now);
            self.lists = self.lists.wrapping_add(1);
            for shard in self.cluster.begun().map_err(unreadable)? {
                self.known.entry(shard).or_default();
            }
        }
        let is_warm = |shard: &Shard| shard.grown.is_some_and(|grown| now.duration_since(grown) < WARM);
        let all = self.known.iter();
        let mut wanted: Vec<u32> =
            all.filter(|(_, shard)| is_first || is_warm(shard)).map(|(number, _)| *number).collect();
        if is_listed {
            // What is done may have been submitted again.
            let looks_at_all = self.lists.is_multiple_of(BETWEEN_DONE);
            let others =
                self.known.range(self.turn.saturating_add(1)..).chain(self.known.range(..=self.turn));
            let others = others.filter(|(_, shard)| looks_at_all || !shard.is_done);
            let in_turn: Vec<u32> = others.take(IN_TURN).map(|(number, _)| *number).collect();
            self.turn = in_turn.last().copied().unwrap_or(0);
            wanted.extend(in_turn);
        }
        wanted.sort_unstable();
        wanted.dedup();
        let mut appended = OfShards::default();
        for number in wanted {
            if let Some(shard) = self.known.get_mut(&number) {
                shard.read_on(&self.cluster, number, now, &mut appended)?;
            }
        }
        Ok(appended)
    }
}

impl Shard {
    fn read_on(
        &mut self,
        cluster: &ClusterDir,
        number: u32,
        now: Instant,
        appended: &mut OfShards,
    ) -> Result<(), Lost> {
        let unreadable = |error: StoreError| Lost::Unreadable(error.to_string());
        let begun = self.chain.parts.last().map_or(0, |part| part.start);
        // A start whose journal has not begun is looked for again.
        let is_new = cluster.latest(number).map_err(unreadable)? != self.chain.latest;
        if is_new || begun != self.chain.latest {
            self.chain = Chain::of(cluster, number).map_err(unreadable)?;
            // What was shown of a superseded start may be more than what counts.
            let is_kept = |(start, read): (&u32, &u64)| {
                self.chain.parts.iter().any(|part| part.start == *start && *read <= part.most)
            };
            if !self.read.iter().all(is_kept) {
                return Err(Lost::Replaced);
            }
        }
        let (count, latest) = (self.chain.parts.len(), self.chain.parts.last().map(|part| part.start));
        for (place, part) in self.chain.parts.iter().enumerate() {
            let from = self.read.get(&part.start).copied().unwrap_or(0);
            // Starts before the latest are read to where they count.
            if place + 1 < count && from >= part.most {
                continue;
            }
            let (events, lines, whole) = part.read(from).map_err(unreadable)?;
            if whole == from {
                continue;
            }
            self.read.insert(part.start, whole);
            self.grown = Some(now);
            if latest == Some(part.start) {
                let end = events.iter().rev().find(|event| event.kind.cohort().is_none());
                if let Some(end) = end {
                    self.is_done = matches!(end.kind, EventKind::RunFinished);
                }
            }
            appended.ignored.extend(lines.into_iter().map(|line| format!("shard {number}: {}", line.why)));
            appended.events.extend(events.into_iter().filter(merged::is_of_the_run));
        }
        Ok(())
    }
}
