//! A run that was on a cluster becomes an ordinary one: what its shards did is put into its own journal and folders.
//!
//! Everything is written first, beside or over what the same trials made; the commit is the rename of `cluster/`. Whoever comes
//! second finds it gone. A crash before it changes nothing that counts, and one after it is made good by [`settle`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::ClusterDir;
use super::merged::{self, Merged, number};
use super::plan::Plan;
use super::rows::{by_folder, of_folder};
use super::start::{link, link_states};
use crate::format::v1;
use crate::{RunDir, StoreError, atomic, checkpoint, rows};
use host::clock;
use study::cluster::plan::Item;
use study::config::{Config, Keep};
use study::event::{Event, EventKind, RunHeader};
use study::grid::{CohortId, Seed};
use study::rows::SeedRows;
use study::run_state::{Phase, RunState};

pub(super) const COLLECTED: &str = "cluster-";
const EVENTS: (&str, &str) = ("events-", ".jsonl");

/// What was collected.
#[derive(Debug)]
pub struct Collected {
    /// The run's state.
    pub state: RunState,
    /// Files that could not be used, as messages; training states that are missing cost time at most.
    pub faults: Vec<String>,
}

/// Collects the run in `root`, which then is on no cluster. Jobs that still train it leave.
///
/// # Errors
/// [`StoreError::NotOnCluster`] where it is on none, as where another process has just collected it.
pub fn collect(root: &Path) -> Result<Collected, StoreError> {
    settle(root)?;
    let cluster = ClusterDir::of(root);
    let gone = || StoreError::NotOnCluster { path: root.into() };
    if !cluster.exists() {
        return Err(gone());
    }
    let inode = |folder: &Path| fs::metadata(folder).map(|about| (about.dev(), about.ino())).ok();
    let read = inode(cluster.folder());
    let mut merged = merged::read(root)?;
    let mut state = RunState::replay(&merged.events);
    let Some(header) = state.header().cloned() else { return Err(StoreError::NotARun { path: root.into() }) };
    let end = if state.phase_when_left() == Phase::Finished {
        EventKind::RunFinished
    } else {
        EventKind::RunInterrupted
    };
    let end = Event { seq: state.next_seq(), at_ms: clock::now_ms().max(state.last_ms()), kind: end };
    state.apply(&end);
    merged.events.push(end);
    number(&mut merged.events);
    let directory = RunDir::open(root)?;
    let mut faults = Vec::new();
    keep_rows(&directory, &merged, &state, &header, &mut faults)?;
    keep_checkpoints(&directory, &merged, &state, &header, &mut faults)?;
    keep_states(root, &cluster, &state)?;
    // The time makes names sort, the process keeps them apart.
    let token = format!("{}-{}", clock::now().strftime("%Y%m%dT%H%M%SZ"), std::process::id());
    let events = root.join(format!("{}{token}{}", EVENTS.0, EVENTS.1));
    write_events(&events, &merged.events)?;
    // Another process may have collected it and submitted the run again.
    if inode(cluster.folder()) != read {
        let _ = fs::remove_file(&events);
        return Err(gone());
    }
    match fs::rename(cluster.folder(), root.join(format!("{COLLECTED}{token}"))) {
        Ok(()) => {}
        Err(error) => {
            let _ = fs::remove_file(&events);
            let is_gone = error.kind() == ErrorKind::NotFound;
            return Err(if is_gone { gone() } else { StoreError::io("rename", cluster.folder())(error) });
        }
    }
    settle(root)?;
    // What is left of the shards is of no use any more, unless something could not be taken; logs, orders and scripts stay.
    if faults.is_empty() {
        let _ = fs::remove_dir_all(root.join(format!("{COLLECTED}{token}")).join("shards"));
    }
    Ok(Collected { state, faults })
}

/// Puts the journal of a run that was collected into its place, where the process that did it was killed between two
/// renames.
pub fn settle(root: &Path) -> Result<(), StoreError> {
    let Ok(entries) = fs::read_dir(root) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let token = name.to_str().and_then(|name| name.strip_prefix(EVENTS.0)?.strip_suffix(EVENTS.1));
        let Some(token) = token else { continue };
        if !root.join(format!("{COLLECTED}{token}")).is_dir() {
            continue;
        }
        let place = root.join("events.jsonl");
        match fs::rename(entry.path(), &place) {
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed.map_err(StoreError::io("replace", &place))?,
        }
    }
    Ok(())
}

fn write_events(path: &Path, events: &[Event]) -> Result<(), StoreError> {
    let failed = |error: serde_json::Error| StoreError::Encode { what: "an event", why: error.to_string() };
    let lines: Vec<Vec<u8>> = events.iter().map(v1::encode).collect::<Result<_, _>>().map_err(failed)?;
    atomic::write_with(path, |file| {
        let mut file = std::io::BufWriter::new(file);
        for line in &lines {
            file.write_all(line)?;
            file.write_all(b"\n")?;
        }
        file.flush()
    })
}

/// Test rows of every trial that a shard tested, into the run's own files.
fn keep_rows(
    directory: &RunDir,
    merged: &Merged,
    state: &RunState,
    header: &RunHeader,
    faults: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut of_cohorts: BTreeMap<CohortId, Vec<(Seed, SeedRows)>> = BTreeMap::new();
    for ((cohort, folder), seeds) in by_folder(merged) {
        let start = RunDir::at(folder);
        match of_folder(folder, cohort, &seeds) {
            Ok(of_seeds) => of_cohorts.entry(cohort).or_default().extend(of_seeds),
            // The run then trains these configurations again for their rows.
            Err(error) if is_final(&error) => faults.push(error.to_string()),
            Err(error) => return Err(error),
        }
        for (name, of_run) in
            [(start.test_rows(), directory.test_rows()), (start.test_groups(), directory.test_groups())]
        {
            copy(&name, &of_run)?;
        }
    }
    for (cohort, of_seeds) in of_cohorts {
        rows::keep(directory, state, cohort, header.data.rows.test, &of_seeds)?;
    }
    Ok(())
}

/// Whether a file is missing or damaged, and not only out of reach for a while.
fn is_final(error: &StoreError) -> bool {
    match error {
        StoreError::Malformed { .. } | StoreError::NoCheckpoint { .. } => true,
        StoreError::Io { source, .. } => source.kind() == ErrorKind::NotFound,
        _ => false,
    }
}

/// The checkpoints that the run's configuration names: of each configuration the best, or one of each seed.
fn keep_checkpoints(
    directory: &RunDir,
    merged: &Merged,
    state: &RunState,
    header: &RunHeader,
    faults: &mut Vec<String>,
) -> Result<(), StoreError> {
    let Config { checkpoints, .. } = &header.config;
    let mut take = |cohort: CohortId, trial: Seed, seed: Option<Seed>| -> Result<(), StoreError> {
        let Some(folder) = merged.kept_in.get(&(cohort, trial)) else { return Ok(()) };
        let (from, to) = (RunDir::at(folder).checkpoint(cohort, seed), directory.checkpoint(cohort, seed));
        // A process that was superseded may have put another trial's weights there, of which the journal says nothing.
        match checkpoint::seed_in(&from) {
            Ok(found) if found == trial => replace(&from, &to),
            Ok(Seed(found)) => {
                faults.push(format!("{} is of seed {found}, and not of seed {}", from.display(), trial.0));
                remove(&to)
            }
            Err(error) if is_final(&error) => {
                faults.push(error.to_string());
                remove(&to)
            }
            Err(error) => Err(error),
        }
    };
    let folders: BTreeSet<&PathBuf> = merged.kept_in.values().collect();
    if checkpoints.keep != Keep::None {
        fs::create_dir_all(directory.checkpoints())
            .map_err(StoreError::io("make", directory.checkpoints()))?;
        for folder in folders {
            let splits = header.data.splits.iter().map(|split| Some(split.seed)).chain([None]);
            for split in splits {
                copy(&RunDir::at(folder).projection(split), &directory.projection(split))?;
            }
        }
    }
    for (cohort, of) in state.cohorts() {
        match checkpoints.keep {
            Keep::None => {}
            Keep::All => {
                for evaluation in of.evaluations() {
                    take(cohort, evaluation.seed, Some(evaluation.seed))?;
                }
            }
            // Of equals the first seed's.
            Keep::Best => {
                let mut best: Option<(f64, Seed)> = None;
                for seed in &header.sweep.seeds {
                    let value = of.trials.get(seed).and_then(|trial| trial.evaluation.as_ref());
                    let Some(value) = value.map(|evaluation| evaluation.val_accuracy) else { continue };
                    if best.is_none_or(|(most, _)| value.total_cmp(&most).is_gt()) {
                        best = Some((value, *seed));
                    }
                }
                if let Some((_, seed)) = best {
                    take(cohort, seed, None)?;
                }
            }
        }
    }
    Ok(())
}

/// Training states of what is not over.
fn keep_states(root: &Path, cluster: &ClusterDir, state: &RunState) -> Result<(), StoreError> {
    let plan = Plan::read(root)?;
    let is_open = |item: &&Item| state.cohort(item.cohort).is_some_and(|of| !of.status.is_over());
    for number in cluster.begun()? {
        let Some(part) = super::Chain::of(cluster, number)?.parts.pop() else { continue };
        let items = plan.shard(number).into_iter().flat_map(|shard| &shard.items);
        let items: Vec<Item> = items.filter(is_open).cloned().collect();
        link_states(&part.folder, root, &items)?;
    }
    Ok(())
}

/// An older checkpoint, which would pass for the best one.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// The file at `from`, where there is one and none at `to`.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() || !from.is_file() { Ok(()) } else { replace(from, to) }
}

/// Puts the file at `from` into the place of the one at `to`, whole or not at all.
fn replace(from: &Path, to: &Path) -> Result<(), StoreError> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let beside = to.with_file_name(format!(".superfuse-{}-{name}.tmp", std::process::id()));
    let _ = fs::remove_file(&beside);
    link(from, &beside).map_err(StoreError::io("copy", from))?;
    fs::rename(&beside, to).map_err(StoreError::io("replace", to))
}
