//! Test rows of a run on a cluster, where its shards keep them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ClusterDir;
use super::merged::{self, Merged};
use crate::rows::{self, KeptRows, RowsFault};
use crate::{RunDir, StoreError, correctness, test_rows, under_noise};
use study::grid::{CohortId, Seed};
use study::rows::{RowOutcomes, SeedRows};
use study::run_state::RunState;

/// The rows of every seed that `state` has tested, from the run and, where it is on a cluster, from its shards.
pub fn read_all(directory: &RunDir, state: &RunState) -> KeptRows {
    if ClusterDir::of(directory.root()).exists() {
        of_shards(directory.root(), state)
    } else {
        rows::read_all(directory, state)
    }
}

fn of_shards(root: &Path, state: &RunState) -> KeptRows {
    let mut kept = KeptRows::default();
    let merged = match merged::read(root) {
        Ok(merged) => merged,
        Err(error) => {
            kept.faults.push(RowsFault { cohort: None, error, is_made_again: false });
            return kept;
        }
    };
    let own = RunDir::at(root);
    let mut folders = by_folder(&merged);
    for (cohort, of) in state.cohorts() {
        let is_own = |seed: &Seed| !merged.kept_in.contains_key(&(cohort, *seed));
        let seeds: BTreeSet<Seed> = of.evaluations().map(|of| of.seed).filter(is_own).collect();
        if !seeds.is_empty() {
            folders.insert((cohort, root), seeds);
        }
    }
    // Equal wherever they were written.
    let starts: BTreeSet<&PathBuf> = merged.kept_in.values().collect();
    let everywhere = || [&own].into_iter().cloned().chain(starts.iter().map(|start| RunDir::at(start)));
    let of_splits = |path: fn(&RunDir) -> PathBuf| -> Arc<[Vec<u32>]> {
        everywhere().find_map(|dir| test_rows::read(&path(&dir)).ok()).unwrap_or_default().into()
    };
    let (places, groups) = (of_splits(RunDir::test_rows), of_splits(RunDir::test_groups));
    let mut of_cohorts: BTreeMap<CohortId, BTreeMap<Seed, SeedRows>> = BTreeMap::new();
    for ((cohort, folder), seeds) in folders {
        match of_folder(folder, cohort, &seeds) {
            Ok(of_seeds) => of_cohorts.entry(cohort).or_default().extend(of_seeds),
            Err(error) => kept.faults.push(RowsFault { cohort: Some(cohort), error, is_made_again: false }),
        }
    }
    kept.rows = of_cohorts
        .into_iter()
        .map(|(cohort, seeds)| {
            (cohort, RowOutcomes { seeds, places: Arc::clone(&places), groups: Arc::clone(&groups) })
        })
        .collect();
    kept
}

/// Which seeds of a configuration each start has tested.
pub(super) fn by_folder(merged: &Merged) -> BTreeMap<(CohortId, &Path), BTreeSet<Seed>> {
    let mut by_folder: BTreeMap<(CohortId, &Path), BTreeSet<Seed>> = BTreeMap::new();
    for ((cohort, seed), folder) in &merged.kept_in {
        by_folder.entry((*cohort, folder)).or_default().insert(*seed);
    }
    by_folder
}

/// The rows of these seeds, as a run or a start in `folder` keeps them.
pub(super) fn of_folder(
    folder: &Path,
    cohort: CohortId,
    seeds: &BTreeSet<Seed>,
) -> Result<Vec<(Seed, SeedRows)>, StoreError> {
    let dir = RunDir::at(folder);
    let path = dir.correctness(cohort);
    let correct = correctness::read(&path)?;
    if let Some(Seed(seed)) = seeds.iter().find(|seed| !correct.iter().any(|(of, _)| of == *seed)) {
        return Err(StoreError::Malformed { path, why: format!("it lacks seed {seed}") });
    }
    let noise = under_noise::read(&dir.under_noise(cohort))?;
    let mut noise: BTreeMap<Seed, SeedRows> = noise.into_iter().collect();
    let wanted = correct.into_iter().filter(|(seed, _)| seeds.contains(seed));
    Ok(wanted
        .map(|(seed, correct)| {
            let noised = noise.remove(&seed).unwrap_or_default();
            (seed, SeedRows { correct, ..noised })
        })
        .collect())
}
