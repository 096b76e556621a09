//! Test rows that were lost: the configuration is trained again for them, and has to end as it did before.

use std::collections::BTreeSet;

use super::Scheduler;
use crate::runtime::worker::expected::ADVICE;
use store::rows::{self, RowsFault};
use study::event::{Event, EventKind, Provenance, SeedOutcome};
use study::feed::Level;
use study::grid::{CohortId, Seed};

/// Files that are named one by one.
const MOST_NAMED: usize = 5;

impl Scheduler {
    /// Finds the configurations of a run that is resumed whose test rows cannot be read. Those of `in_vain` are not
    /// trained again for them.
    pub(super) fn find_lost_rows(&mut self, in_vain: &BTreeSet<CohortId>) {
        let Some(run_dir) = self.record.run_dir().filter(|_| self.shard.is_none()) else { return };
        let faults = rows::read_all(&run_dir, self.record.state()).faults;
        let is_in_vain = |fault: &RowsFault| fault.cohort.is_some_and(|cohort| in_vain.contains(&cohort));
        let (lost, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(is_in_vain);
        for fault in faults.iter().take(MOST_NAMED) {
            self.record.notice(Level::Warning, fault.to_string());
        }
        if let Some(more) = faults.len().checked_sub(MOST_NAMED).filter(|&more| more > 0) {
            self.record.notice(Level::Warning, format!("{more} more files of test rows cannot be read"));
        }
        if let Some(cohort) = lost.first().and_then(|fault| fault.cohort) {
            let more = match lost.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let text = format!(
                "the test rows of {cohort}{more} are not made again: the last attempt here did not end as the journal \
                 has it; {ADVICE}"
            );
            self.record.notice(Level::Warning, text);
        }
        // Where the files of a new result are not in place, its rows are not lost.
        let can_be_lost = self.record.unsettled().is_none();
        let made_again = faults.iter().filter(|fault| fault.is_made_again && can_be_lost);
        self.without_rows = made_again.filter_map(|fault| fault.cohort).collect();
        // The places and groups of test rows come from the data, so nothing has to be trained for them.
        let partitions = self.prepared.dataset.partitions();
        let places: Vec<&[u32]> = partitions.iter().map(|split| &*split.test_rows).collect();
        let groups: Vec<&[u32]> = partitions.iter().map(|split| &*split.test_groups).collect();
        for kept in [rows::keep_places(&run_dir, &places), rows::keep_groups(&run_dir, &groups)] {
            if let Err(error) = kept {
                self.record.notice(Level::Warning, error.to_string());
            }
        }
    }

    /// Reports what became of a result, or of its test rows, after an attempt that has ended like this.
    pub(super) fn finished(&mut self, cohort: CohortId, ended: &[(Seed, SeedOutcome)]) {
        let state = self.record.state();
        let outlasted = state.cohort(cohort).is_some_and(|state| state.outlasted(ended));
        let is_whole = state.missing_seeds(cohort).is_empty();
        if outlasted {
            let text = format!("{cohort}: the new attempt did not complete, and the result before it stays");
            self.record.notice(Level::Warning, text);
        }
        if !self.for_rows.remove(&cohort) {
            // Missing seeds were trained first.
            if self.without_rows.contains(&cohort) && is_whole && !self.waits(cohort) {
                self.queue.push_back(self.whole(cohort));
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

/// The configurations whose last attempt, by the same program, LibTorch and device as `now`, did not end as the journal
/// has it: another one would not either.
pub(super) fn trained_in_vain(events: &[Event], now: &Provenance) -> BTreeSet<CohortId> {
    let by_the_same = |by: &Provenance| {
        (&by.program, &by.libtorch, &by.device) == (&now.program, &now.libtorch, &now.device)
    };
    let is_unlike = |(_, outcome): &(Seed, SeedOutcome)| matches!(outcome, SeedOutcome::Failed { message } if message.ends_with(ADVICE));
    let (mut is_same, mut in_vain) = (false, BTreeSet::new());
    for event in events {
        match &event.kind {
            EventKind::RunStarted { header, .. } => is_same = by_the_same(&header.provenance),
            EventKind::RunResumed { provenance, .. } => is_same = by_the_same(provenance),
            EventKind::CohortFinished { cohort, seeds, .. } if is_same && seeds.iter().any(is_unlike) => {
                in_vain.insert(*cohort);
            }
            EventKind::CohortFinished { cohort, .. } => {
                in_vain.remove(cohort);
            }
            _ => {}
        }
    }
    in_vain
}
