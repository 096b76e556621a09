//! What of a run is still to be trained, as shares of seeds that belong together.

use crate::grid::{CohortId, Seed};
use crate::run_state::{CohortState, RunState};
use crate::shares::Share;

/// The open trials of a run that nobody trains, in the order of the study. Seeds of an attempt that was left stay together: they
/// resume from its training state.
pub fn shares(state: &RunState) -> Vec<Share> {
    let Some(header) = state.header() else { return Vec::new() };
    let epochs = header.config.train.epochs.max(1) as usize;
    let of_cohort = |&cohort: &CohortId| {
        let mut seeds = state.missing_seeds(cohort);
        let of = state.cohort(cohort);
        let mut shares: Vec<Share> = Vec::new();
        for attempt in of.map_or(&[][..], CohortState::open) {
            let (of_attempt, others): (Vec<Seed>, Vec<Seed>) =
                seeds.into_iter().partition(|seed| attempt.trains(*seed));
            let done = of.map_or(0, |of| epochs_done(of, &of_attempt));
            let all = of_attempt.len() * epochs;
            let left = 1.0 - done.min(all) as f64 / all.max(1) as f64;
            shares.push(Share { cohort, seeds: of_attempt, is_whole: false, left });
            seeds = others;
        }
        shares.push(Share { cohort, seeds, is_whole: true, left: 1.0 });
        shares.retain(|share| !share.seeds.is_empty());
        shares
    };
    state.order().iter().flat_map(of_cohort).collect()
}

fn epochs_done(of: &CohortState, seeds: &[Seed]) -> usize {
    seeds.iter().map(|seed| of.trials.get(seed).map_or(0, |trial| trial.metrics.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use crate::sample;

    #[test]
    fn a_new_run_is_open_as_a_whole_and_a_finished_one_where_a_trial_failed() {
        let planned = shares(&sample::planned());
        assert_eq!(planned.len(), sample::planned().order().len());
        assert!(planned.iter().all(|share| share.is_whole && share.left == 1.0 && share.seeds.len() == 5));
        let state = sample::state();
        let open: usize = shares(&state).iter().map(|share| share.seeds.len()).sum();
        let missing: usize = state.order().iter().map(|cohort| state.missing_seeds(*cohort).len()).sum();
        assert!(open == missing && open > 0 && open < 10, "{open} and {missing}");
    }

    #[test]
    fn what_was_left_stays_together_with_what_it_has_still_to_do() {
        let mut events = sample::events(sample::header());
        let cohort = sample::header().sweep.cohorts()[0];
        // Its second epoch of three, and nothing after it.
        let second = events
            .iter()
            .position(|event| matches!(&event.kind, EventKind::EpochFinished { epoch, .. } if epoch.0 == 2))
            .unwrap();
        events.truncate(second + 1);
        let open = shares(&RunState::replay(&events).left());
        assert_eq!((open[0].cohort, open[0].is_whole, open[0].seeds.len()), (cohort, false, 5));
        assert!((open[0].left - 1.0 / 3.0).abs() < 1e-9, "{}", open[0].left);
        assert!(open[1..].iter().all(|share| share.is_whole));
    }
}
