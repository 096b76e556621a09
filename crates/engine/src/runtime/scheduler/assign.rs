//! What a worker is assigned: which seeds of a cohort, whether they resume, and whether there is a result already.

use crossbeam_channel::TrySendError;

use super::Scheduler;
use crate::error::EngineError;
use crate::runtime::worker::assignment::{Assignment, Beside, Interrupted};
use crate::training::control::Order;
use study::grid::{CohortId, Seed};
use study::run_state::{CohortState, CohortStatus};

impl Scheduler {
    pub(super) fn assign(&mut self, worker: usize, cohort: CohortId) -> Result<(), EngineError> {
        let Some(run) = self.record.identity()? else { return Ok(()) };
        let state = self.record.state();
        let (attempt, before) = (self.attempt(cohort), state.cohort(cohort));
        let missing = state.missing_seeds(cohort);
        // A configuration without a missing seed is run again.
        let is_again = missing.is_empty();
        let result = before.filter(|before| is_again && before.has_result());
        let is_for_rows = result.is_some() && self.without_rows.contains(&cohort);
        let all = || self.prepared.header.sweep.seeds.iter().copied();
        let seeds: Vec<Seed> = match result {
            // Those without rows, such as stopped ones, stay as they are.
            Some(result) if is_for_rows => all().filter(|seed| is_tested(result, *seed)).collect(),
            _ if is_again => all().collect(),
            _ => missing,
        };
        let interrupted = before.filter(|_| !is_again).and_then(|before| interrupted(before, &seeds));
        let best_before = before.filter(|_| !is_again).and_then(|before| best_of_others(before, &seeds));
        let assignment = Assignment {
            cohort,
            only: self.only(&seeds),
            seeds,
            attempt,
            interrupted,
            best_before,
            beside: if result.is_some() { Beside::Result } else { Beside::Nothing },
            expected: result.filter(|_| is_for_rows).map(|result| result.evaluations().cloned().collect()),
            run,
        };
        if is_for_rows {
            self.for_rows.insert(cohort);
        }
        let worker = &mut self.workers[worker];
        worker.control.give(Order::Continue);
        match worker.assignments.try_send(assignment) {
            Ok(()) => worker.busy = Some(cohort),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(EngineError::Thread("worker"));
            }
        }
        Ok(())
    }
}

fn is_tested(result: &CohortState, seed: Seed) -> bool {
    result.evaluations().any(|evaluation| evaluation.seed == seed)
}

/// The attempt that was running when its process ended, and what the journal has of `seeds`.
fn interrupted(before: &CohortState, seeds: &[Seed]) -> Option<Interrupted> {
    if before.attempt == 0 || before.status != CohortStatus::Pending {
        return None;
    }
    let epochs = |seed| before.trials.get(seed).map_or(0, |trial| trial.metrics.len());
    let recorded = seeds.iter().map(|seed| (*seed, epochs(seed))).collect();
    Some(Interrupted { attempt: before.attempt, recorded })
}

/// The highest validation accuracy among the seeds that are not to be trained.
fn best_of_others(before: &CohortState, seeds: &[Seed]) -> Option<f64> {
    let others = before.evaluations().filter(|evaluation| !seeds.contains(&evaluation.seed));
    others.map(|evaluation| evaluation.val_accuracy).max_by(f64::total_cmp)
}
