//! What single test rows say, read back from the files beside the journal.

use super::{RunDir, StoreError, correctness};
use crate::study::rows::{RowOutcomes, RunRows, SeedRows};
use crate::study::run_state::RunState;

/// Of every configuration that has a file; a run that kept none has none.
pub fn read_all(run_dir: &RunDir, state: &RunState) -> Result<RunRows, StoreError> {
    let mut rows = RunRows::new();
    for &cohort in state.order() {
        let path = run_dir.correctness(cohort);
        if !path.is_file() {
            continue;
        }
        let seeds = correctness::read(&path)?
            .into_iter()
            .map(|(seed, correct)| (seed, SeedRows { correct, ..SeedRows::default() }))
            .collect();
        rows.insert(cohort, RowOutcomes { seeds });
    }
    Ok(rows)
}
