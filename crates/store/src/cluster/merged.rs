//! The journal of a run with those of its shards in it, as one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::chain::Chain;
use super::{ClusterDir, settle};
use crate::StoreError;
use crate::journal::{self, IgnoredLine};
use study::event::{Event, EventKind};
use study::grid::{CohortId, Seed};

/// A run's events, its shards' among them.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// In the order of their times, each shard's in its own order, numbered from 0.
    pub events: Vec<Event>,
    /// Lines that are no events, with their journals.
    pub ignored: Vec<(PathBuf, IgnoredLine)>,
    /// Which start of a shard tested a trial, and kept its rows and weights; absent where the run itself did.
    pub(super) kept_in: BTreeMap<(CohortId, Seed), PathBuf>,
}

/// The events of the run in `root`: of its journal, and of every shard where it is on a cluster.
pub fn read(root: &Path) -> Result<Merged, StoreError> {
    settle(root)?;
    let main = root.join("events.jsonl");
    let replay = journal::read(&main)?;
    let ignored = replay.ignored.into_iter().map(|line| (main.clone(), line)).collect();
    let mut merged = Merged { events: replay.events, ignored, kept_in: BTreeMap::new() };
    let cluster = ClusterDir::of(root);
    let mut of_shards: Vec<Vec<Event>> = Vec::new();
    for shard in cluster.begun()? {
        let mut events = Vec::new();
        for part in Chain::of(&cluster, shard)?.parts {
            let (of_part, lines, _) = part.read(0)?;
            merged.ignored.extend(lines.into_iter().map(|line| (part.journal(), line)));
            for event in of_part.into_iter().filter(is_of_the_run) {
                if let EventKind::CohortEvaluated { cohort, evaluations, .. } = &event.kind {
                    let tested = evaluations.iter().map(|evaluation| (*cohort, evaluation.seed));
                    merged.kept_in.extend(tested.map(|trial| (trial, part.folder.clone())));
                }
                events.push(event);
            }
        }
        of_shards.push(events);
    }
    merged.events.extend(by_time(of_shards));
    number(&mut merged.events);
    Ok(merged)
}

/// Whether an event of a shard is one of the run: how the shard itself begins a process and ends is not.
pub fn is_of_the_run(event: &Event) -> bool {
    event.kind.cohort().is_some() || matches!(event.kind, EventKind::ShardStarted { .. })
}

/// Gives events new numbers, in their order.
pub(super) fn number(events: &mut [Event]) {
    for (event, seq) in events.iter_mut().zip(0..) {
        event.seq = seq;
    }
}

/// Those of each shard in their order; otherwise the earliest first. Clocks of machines differ a little, which changes nothing
/// in the state that they make.
fn by_time(of_shards: Vec<Vec<Event>>) -> Vec<Event> {
    let mut keyed: Vec<(u64, Event)> = Vec::new();
    for events in of_shards {
        let mut latest = 0;
        for event in events {
            latest = event.at_ms.max(latest);
            keyed.push((latest, event));
        }
    }
    keyed.sort_by_key(|(at, _)| *at);
    keyed.into_iter().map(|(_, event)| event).collect()
}
