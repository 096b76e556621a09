//! What single test rows say, beside the journal: written cohort by cohort, read as a whole.
//!
//! Two files for each cohort, [`super::correctness`] and [`super::under_noise`]. Which of their seeds count is
//! the journal's to say: a seed that is trained again is in neither until its new rows are written. Rows of a new
//! attempt at a configuration that has a result are written beside the result's, see [`of_attempt`].

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::run_dir::of_attempt;
use super::{RunDir, StoreError, correctness, test_rows, under_noise};
use study::event::SeedEvaluation;
use study::format::counted;
use study::grid::{CohortId, Seed};
use study::rows::{RowOutcomes, RunRows, SeedRows};
use study::run_state::{CohortState, RunState};

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
    // Written beside, where the result may outlast the attempt.
    let again = state.cohort(cohort).filter(|of| of.trains_again()).map(|of| of.attempt);
    let place_of =
        |path: &Path| again.map_or_else(|| path.to_path_buf(), |attempt| of_attempt(path, attempt));
    let correct = directory.correctness(cohort);
    let new = per_seed.iter().map(|(seed, rows)| (*seed, rows.correct.clone()));
    let before = read(&correct, correctness::read).unwrap_or_default();
    let mut all: Vec<_> = before.into_iter().filter(|(seed, _)| is_kept(*seed)).chain(new).collect();
    all.sort_by_key(|(seed, _)| place(*seed));
    correctness::write(&place_of(&correct), test_rows, &all)?;

    let noise = directory.under_noise(cohort);
    let before = read(&noise, under_noise::read).unwrap_or_default();
    let mut all: Vec<_> = before
        .iter()
        .filter(|(seed, _)| is_kept(*seed))
        .chain(per_seed)
        .map(|(seed, of)| (*seed, of))
        .collect();
    all.sort_by_key(|(seed, _)| place(*seed));
    under_noise::write(&place_of(&noise), test_rows, &all)
}

/// Writes which rows of the source each of several splits tests on, where that is not there, or is damaged.
pub fn keep_places(directory: &RunDir, splits: &[&[u32]]) -> Result<(), StoreError> {
    let path = directory.test_rows();
    let is_kept = || test_rows::read(&path).is_ok_and(|kept| kept == splits);
    if splits.len() < 2 || is_kept() { Ok(()) } else { test_rows::write(&path, splits) }
}

/// Writes which group of the data each test row of each split is in, where that is not there, or is damaged. Nothing is
/// written where the data has no groups.
pub fn keep_groups(directory: &RunDir, splits: &[&[u32]]) -> Result<(), StoreError> {
    let path = directory.test_groups();
    let is_kept = || test_rows::read(&path).is_ok_and(|kept| kept == splits);
    let has_none = splits.iter().all(|groups| groups.is_empty());
    if has_none || is_kept() { Ok(()) } else { test_rows::write(&path, splits) }
}

/// What is kept of a run's test rows.
#[derive(Debug, Default)]
pub struct KeptRows {
    /// Of the configurations whose files can be used.
    pub rows: RunRows,
    /// The files that cannot.
    pub faults: Vec<RowsFault>,
}

/// A file of test rows that cannot be used.
#[derive(Debug)]
pub struct RowsFault {
    /// Whose rows they are; absent for the places and groups that the rows of all have.
    pub cohort: Option<CohortId>,
    /// What is wrong.
    pub error: StoreError,
    /// Whether a resumed run makes it again: not where the file may be whole and only the system refuses to read it,
    /// and not where no seed has completed, since training would replace what the journal has of the others.
    pub is_made_again: bool,
}

impl fmt::Display for RowsFault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.cohort, &self.error) {
            (Some(cohort), _) if self.is_made_again => {
                write!(to, "{}; `superfuse-tui resume` trains {cohort} again for it", self.error)
            }
            (Some(cohort), StoreError::Malformed { .. }) => write!(
                to,
                "{}; no seed of {cohort} has completed, so it is trained again only with `r`",
                self.error
            ),
            (Some(_), _) => write!(to, "{}", self.error),
            (None, _) => write!(to, "{}; `superfuse-tui resume` writes it again", self.error),
        }
    }
}

/// The rows of every seed that `state` has tested, as far as the run kept them.
pub fn read_all(directory: &RunDir, state: &RunState) -> KeptRows {
    let mut kept = KeptRows::default();
    let [places, groups] = [Of::Places, Of::Groups].map(|what| {
        read_of_splits(directory, state, what).unwrap_or_else(|error| {
            kept.faults.push(RowsFault { cohort: None, error, is_made_again: true });
            Arc::default()
        })
    });
    // Without the places, rows of several splits cannot be told apart, and without groups they would pass for independent.
    let is_placed = kept.faults.is_empty();
    for (cohort, of) in state.cohorts().filter(|(_, of)| of.evaluations().next().is_some()) {
        match read_cohort(directory, state, cohort, of) {
            Ok(seeds) if seeds.is_empty() || !is_placed => {}
            Ok(seeds) => {
                let outcomes =
                    RowOutcomes { seeds, places: Arc::clone(&places), groups: Arc::clone(&groups) };
                kept.rows.insert(cohort, outcomes);
            }
            Err(error) => {
                let is_made_again = of.has_result() && matches!(error, StoreError::Malformed { .. });
                kept.faults.push(RowsFault { cohort: Some(cohort), error, is_made_again });
            }
        }
    }
    kept
}

/// The rows of the seeds that were tested.
fn read_cohort(
    directory: &RunDir,
    state: &RunState,
    cohort: CohortId,
    of: &CohortState,
) -> Result<BTreeMap<Seed, SeedRows>, StoreError> {
    let header = state.header();
    let test_rows = header.map_or(0, |header| header.data.rows.test);
    let path = directory.correctness(cohort);
    let unusable = |path: &Path, why: String| StoreError::Malformed { path: path.into(), why };
    let is_complete = keeps_all_rows(state);
    check_present(&path, state)?;
    let correct = read(&path, correctness::read)?;
    if let Some((_, rows)) = correct.iter().find(|(_, rows)| rows.len() != test_rows) {
        let why = format!("it has {} test rows, and the run has {test_rows}", rows.len());
        return Err(unusable(&path, why));
    }
    for evaluation in of.evaluations() {
        let Seed(seed) = evaluation.seed;
        let Some((_, rows)) = correct.iter().find(|(seed, _)| *seed == evaluation.seed) else {
            if is_complete {
                return Err(unusable(&path, format!("it lacks seed {seed}")));
            }
            continue;
        };
        let right = rows.iter().filter(|&&right| right).count();
        if (evaluation.test_accuracy * test_rows as f64 - right as f64).abs() > 0.5 {
            let accuracy = evaluation.test_accuracy;
            let why = format!(
                "{right} of {test_rows} rows of seed {seed} are right, and the journal has test accuracy {accuracy}"
            );
            return Err(unusable(&path, why));
        }
    }
    let path = directory.under_noise(cohort);
    check_present(&path, state)?;
    let noised = read(&path, under_noise::read)?;
    let mut noised: BTreeMap<Seed, SeedRows> = noised.into_iter().collect();
    let lacks = |of: &&SeedEvaluation| !of.noise.is_empty() && !noised.contains_key(&of.seed);
    if is_complete && let Some(Seed(seed)) = of.evaluations().find(lacks).map(|of| of.seed) {
        return Err(unusable(&path, format!("it lacks seed {seed}")));
    }
    let tested = correct.into_iter().filter(|(seed, _)| is_tested(of, *seed));
    Ok(tested
        .map(|(seed, correct)| {
            let noised = noised.remove(&seed).unwrap_or_default();
            (seed, SeedRows { correct, ..noised })
        })
        .collect())
}

/// What all configurations' test rows have in common.
#[derive(Clone, Copy)]
enum Of {
    /// Their places in the source: of several splits, since the rows of one are the same for every seed.
    Places,
    /// Their groups, where the data has any.
    Groups,
}

/// Of each split a number for every test row; empty where the run has none.
fn read_of_splits(directory: &RunDir, state: &RunState, what: Of) -> Result<Arc<[Vec<u32>]>, StoreError> {
    let Some(header) = state.header() else { return Ok(Arc::default()) };
    let data = &header.data;
    let (path, is_written) = match what {
        Of::Places => (directory.test_rows(), data.has_several_splits()),
        Of::Groups => (directory.test_groups(), !header.config.data.group.is_empty()),
    };
    if !is_written {
        return Ok(Arc::default());
    }
    // They are written before the first rows.
    if state.cohorts().any(|(_, of)| of.evaluations().next().is_some()) {
        check_present(&path, state)?;
    }
    let numbers = read(&path, test_rows::read)?;
    let (splits, rows) = (data.splits.len().max(1), data.rows.test);
    if numbers.is_empty() || (numbers.len() == splits && numbers.iter().all(|of| of.len() == rows)) {
        return Ok(numbers.into());
    }
    let splits = counted(splits, "split");
    let why = format!("it is not of the {splits} and {rows} test rows that the run has");
    Err(StoreError::Malformed { path, why })
}

/// What is in the file, or nothing where there is none: older runs have no rows under noise.
fn read<T>(path: &Path, read: impl Fn(&Path) -> Result<Vec<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    if exists(path)? { read(path) } else { Ok(Vec::new()) }
}

/// An error where the file is missing and the run has written it.
fn check_present(path: &Path, state: &RunState) -> Result<(), StoreError> {
    if !keeps_all_rows(state) || exists(path)? {
        return Ok(());
    }
    Err(StoreError::Malformed { path: path.into(), why: "the file is missing".into() })
}

/// Unlike [`Path::exists`] it takes no file for missing that the system only refuses to look at.
fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(StoreError::io("look for", path))
}

/// Whether the run keeps the rows of every configuration: earlier versions kept none, or not all of them.
fn keeps_all_rows(state: &RunState) -> bool {
    state.header().is_some_and(|header| header.fingerprint.is_some())
}

fn is_tested(cohort: &CohortState, seed: Seed) -> bool {
    cohort.trials.get(&seed).is_some_and(|trial| trial.evaluation.is_some())
}

#[cfg(test)]
mod tests;
