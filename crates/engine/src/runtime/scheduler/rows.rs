//! Test rows that were lost: the configuration is trained again for them, and has to end as it did before.

use super::Scheduler;
use store::rows;
use study::event::SeedOutcome;
use study::feed::Level;
use study::grid::{CohortId, Seed};

impl Scheduler {
    /// Finds the configurations of a run that is resumed whose test rows cannot be read.
    pub(super) fn find_lost_rows(&mut self) {
        let Some(run_dir) = self.record.run_dir() else { return };
        let faults = rows::read_all(&run_dir, self.record.state()).faults;
        for fault in &faults {
            self.record.notice(Level::Warning, fault.error.to_string());
        }
        self.without_rows = faults.iter().filter_map(|fault| fault.cohort).collect();
        // These are the data's, and nothing has to be trained for them.
        let partitions = self.prepared.dataset.partitions();
        let places: Vec<&[u32]> = partitions.iter().map(|split| &*split.test_rows).collect();
        if let Err(error) = rows::keep_places(&run_dir, &places) {
            self.record.notice(Level::Warning, error.to_string());
        }
    }

    /// Says what became of a result, or of its test rows, with an attempt that has ended like this.
    pub(super) fn finished(&mut self, cohort: CohortId, ended: &[(Seed, SeedOutcome)]) {
        let state = self.record.state();
        let outlasted = state.cohort(cohort).is_some_and(|state| state.outlasted(ended));
        let is_whole = state.missing_seeds(cohort).is_empty();
        if outlasted {
            let text = format!("{cohort}: the new attempt did not complete, and the result before it stays");
            self.record.notice(Level::Warning, text);
        }
        if !self.for_rows.remove(&cohort) {
            // Its missing seeds came first.
            if self.without_rows.contains(&cohort) && is_whole && !self.queue.contains(&cohort) {
                self.queue.push_back(cohort);
            }
            return;
        }
        self.without_rows.remove(&cohort);
        if outlasted {
            let why = ended.iter().find_map(|(_, outcome)| match outcome {
                SeedOutcome::Failed { message } => Some(message.as_str()),
                _ => None,
            });
            let why = why.unwrap_or("the attempt was stopped or diverged");
            self.faults.push(format!("the test rows of {cohort} were not made again: {why}"));
        }
    }
}
