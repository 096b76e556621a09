//! What a worker is assigned: which seeds of a cohort, whether they resume, and whether there is a result already.

use crossbeam_channel::TrySendError;

use super::Scheduler;
use super::queue::Waiting;
use crate::error::EngineError;
use crate::runtime::worker::assignment::{Assignment, Beside, Interrupted};
use crate::training::control::Order;
use study::grid::Seed;
use study::run_state::CohortState;

impl Scheduler {
    pub(super) fn assign(&mut self, worker: usize, waiting: Waiting) -> Result<(), EngineError> {
        let Some(run) = self.record.identity()? else { return Ok(()) };
        let Waiting { cohort, seeds, attempt, best } = waiting.clone();
        let state = self.record.state();
        let before = state.cohort(cohort);
        // A configuration without a missing seed is run again.
        let is_again = state.missing_seeds(cohort).is_empty();
        let result = before.filter(|before| is_again && before.has_result());
        let is_for_rows = result.is_some() && self.without_rows.contains(&cohort);
        let assignment = Assignment {
            cohort,
            only: self.only(&seeds),
            interrupted: before.filter(|_| !is_again).and_then(|before| interrupted(before, &seeds)),
            seeds,
            attempt,
            best,
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
            Ok(()) => worker.busy = Some(waiting),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(EngineError::Thread("worker"));
            }
        }
        Ok(())
    }
}

/// The attempt at `seeds` that was running when its process ended or its device was lost, and what the journal has of it.
fn interrupted(before: &CohortState, seeds: &[Seed]) -> Option<Interrupted> {
    let of_seeds = |seed: &Seed| before.open().iter().position(|attempt| attempt.trains(*seed));
    let first = seeds.first().and_then(of_seeds)?;
    if seeds.iter().any(|seed| of_seeds(seed) != Some(first)) {
        return None;
    }
    let epochs = |seed| before.trials.get(seed).map_or(0, |trial| trial.metrics.len());
    let recorded = seeds.iter().map(|seed| (*seed, epochs(seed))).collect();
    Some(Interrupted { attempt: before.open()[first].number, recorded })
}
