//! What single test rows say, beside the journal: written cohort by cohort, read as a whole.
//!
//! Two files for each cohort, [`super::correctness`] and [`super::under_noise`]. Which of their seeds count is
//! the journal's to say: a seed that is trained again is in neither until its new rows are written.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{RunDir, StoreError, correctness, test_rows, under_noise};
use crate::study::grid::{CohortId, Seed};
use crate::study::rows::{RowOutcomes, RunRows, SeedRows};
use crate::study::run_state::{CohortState, RunState};

/// Writes the seeds' rows behind those of the seeds that `state` has tested before.
pub fn keep(
    directory: &RunDir,
    state: &RunState,
    cohort: CohortId,
    test_rows: usize,
    per_seed: &[(Seed, SeedRows)],
) -> Result<(), StoreError> {
    let is_new = |seed: Seed| per_seed.iter().any(|(new, _)| *new == seed);
    let is_kept = |seed: Seed| !is_new(seed) && state.cohort(cohort).is_some_and(|of| is_tested(of, seed));
    // In the sweep's order, whichever were trained together.
    let seeds = state.header().map_or(&[][..], |header| &header.sweep.seeds);
    let place = |seed: Seed| seeds.iter().position(|other| *other == seed);
    let correct = directory.correctness(cohort);
    let new = per_seed.iter().map(|(seed, rows)| (*seed, rows.correct.clone()));
    let before = read(&correct, correctness::read).unwrap_or_default();
    let mut all: Vec<_> = before.into_iter().filter(|(seed, _)| is_kept(*seed)).chain(new).collect();
    all.sort_by_key(|(seed, _)| place(*seed));
    correctness::write(&correct, test_rows, &all)?;

    let noise = directory.under_noise(cohort);
    let before = read(&noise, under_noise::read).unwrap_or_default();
    let mut all: Vec<_> = before
        .iter()
        .filter(|(seed, _)| is_kept(*seed))
        .chain(per_seed)
        .map(|(seed, of)| (*seed, of))
        .collect();
    all.sort_by_key(|(seed, _)| place(*seed));
    under_noise::write(&noise, test_rows, &all)
}

/// Writes which rows of the source each of several splits tests on, where that was not done before.
pub fn keep_places(directory: &RunDir, splits: &[&[u32]]) -> Result<(), StoreError> {
    let path = directory.test_rows();
    if splits.len() < 2 || path.exists() { Ok(()) } else { test_rows::write(&path, splits) }
}

/// The rows of every seed that `state` has tested, as far as the run kept them.
pub fn read_all(directory: &RunDir, state: &RunState) -> Result<RunRows, StoreError> {
    let test_rows = state.header().map_or(0, |header| header.data.rows.test);
    let places = read_places(directory, state)?;
    let mut run = RunRows::new();
    for (cohort, of) in state.cohorts().filter(|(_, of)| of.evaluations().next().is_some()) {
        let path = directory.correctness(cohort);
        let correct = read(&path, correctness::read)?;
        if let Some((_, rows)) = correct.iter().find(|(_, rows)| rows.len() != test_rows) {
            let why = format!("it has {} test rows, and the run has {test_rows}", rows.len());
            return Err(StoreError::Malformed { path, why });
        }
        let noised = read(&directory.under_noise(cohort), under_noise::read)?;
        let mut noised: BTreeMap<Seed, SeedRows> = noised.into_iter().collect();
        let seeds = correct.into_iter().filter(|(seed, _)| is_tested(of, *seed)).map(|(seed, correct)| {
            let noised = noised.remove(&seed).unwrap_or_default();
            (seed, SeedRows { correct, ..noised })
        });
        let outcomes = RowOutcomes { seeds: seeds.collect(), places: Arc::clone(&places) };
        if !outcomes.seeds.is_empty() {
            run.insert(cohort, outcomes);
        }
    }
    Ok(run)
}

/// Of each split its test rows' places in the source; empty for one split, whose rows are the same for every seed.
fn read_places(directory: &RunDir, state: &RunState) -> Result<Arc<[Vec<u32>]>, StoreError> {
    let Some(data) = state.header().map(|header| &header.data).filter(|data| data.has_several_splits())
    else {
        return Ok(Arc::default());
    };
    let path = directory.test_rows();
    let places = read(&path, test_rows::read)?;
    let is_whole = places.len() == data.splits.len() && places.iter().all(|of| of.len() == data.rows.test);
    if places.is_empty() || is_whole {
        return Ok(places.into());
    }
    let (splits, rows) = (data.splits.len(), data.rows.test);
    let why = format!("it is not of the {splits} splits and {rows} test rows that the run has");
    Err(StoreError::Malformed { path, why })
}

/// What is in the file, or nothing where there is none: older runs have no rows under noise.
fn read<T>(path: &Path, read: impl Fn(&Path) -> Result<Vec<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    if path.exists() { read(path) } else { Ok(Vec::new()) }
}

fn is_tested(cohort: &CohortState, seed: Seed) -> bool {
    cohort.trials.get(&seed).is_some_and(|trial| trial.evaluation.is_some())
}

#[cfg(test)]
mod tests;
