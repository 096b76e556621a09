//! What waits for a worker, and in which order.

use std::collections::{BTreeSet, VecDeque};

use super::Scheduler;
use crate::runtime::progress::{cost, whole_seeds};
use crate::runtime::worker::assignment::{Best, Standing};
use study::grid::{CohortId, Seed};
use study::run_state::CohortState;
use study::shares::{self, Share};

/// A cohort, or some of its seeds, that waits for a worker, or that one trains.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) cohort: CohortId,
    pub(super) seeds: Vec<Seed>,
    /// The number of a new attempt; shares of one cohort have the same.
    pub(super) attempt: u32,
    /// The cohort's best trial, which its shares share.
    pub(super) best: Best,
}

impl Scheduler {
    /// Everything that is to be trained, in its order.
    pub(super) fn planned(&self) -> VecDeque<Waiting> {
        let open: Vec<Share> = self.to_train().into_iter().flat_map(|cohort| self.shares(cohort)).collect();
        let compute = self.compute();
        let of_worker = |cohort: CohortId, seeds: usize| {
            cost(&self.prepared.header, compute, cohort, whole_seeds(compute, seeds)).all()
        };
        let mut waiting: Vec<Waiting> = Vec::new();
        for Share { cohort, seeds, .. } in shares::plan(open, self.devices.independent(), of_worker) {
            // Shares of one cohort know each other's best trial.
            let best = waiting.iter().find(|other| other.cohort == cohort).map(|other| other.best.clone());
            let best = best.unwrap_or_else(|| self.best(cohort));
            waiting.push(Waiting { cohort, seeds, attempt: self.attempt(cohort), best });
        }
        waiting.into()
    }

    /// A cohort as a whole: its missing seeds, or what is trained again.
    pub(super) fn whole(&self, cohort: CohortId) -> Waiting {
        let seeds = self.seeds_to_train(cohort);
        Waiting { cohort, seeds, attempt: self.attempt(cohort), best: self.best(cohort) }
    }

    /// A cohort's missing seeds: those of each attempt that a process has left together, since they resume, and the others.
    fn shares(&self, cohort: CohortId) -> Vec<Share> {
        let mut seeds = self.seeds_to_train(cohort);
        let state = self.record.state().cohort(cohort);
        let is_again = self.record.state().missing_seeds(cohort).is_empty();
        let left = state.filter(|_| !is_again).map_or(&[][..], CohortState::open);
        let mut shares: Vec<Share> = Vec::new();
        for attempt in left {
            let (of_attempt, others): (Vec<_>, Vec<_>) =
                seeds.into_iter().partition(|seed| attempt.trains(*seed));
            let left = state.map_or(1.0, |state| self.left(state, &of_attempt));
            shares.push(Share { cohort, seeds: of_attempt, is_whole: false, left });
            seeds = others;
        }
        // What is trained again replaces a result as one attempt.
        shares.push(Share { cohort, seeds, is_whole: !is_again, left: 1.0 });
        shares.retain(|share| !share.seeds.is_empty());
        shares
    }

    /// The part of these seeds' epochs that the journal lacks.
    fn left(&self, state: &CohortState, seeds: &[Seed]) -> f64 {
        let done = |seed: &Seed| state.trials.get(seed).map_or(0, |trial| trial.metrics.len());
        let all = seeds.len() * self.prepared.header.config.train.epochs as usize;
        1.0 - seeds.iter().map(done).sum::<usize>() as f64 / all.max(1) as f64
    }

    /// The missing seeds of a cohort; of a shard, those of them that it trains.
    pub(super) fn missing(&self, cohort: CohortId) -> Vec<Seed> {
        // The state does not know yet how a grid has grown.
        let all = &self.prepared.header.sweep.seeds;
        let before = self.record.state().cohort(cohort);
        let mut missing = before.map_or_else(|| all.clone(), |before| before.missing(all));
        if let Some(shard) = &self.shard {
            let trains = |seed: &Seed| {
                shard.items.iter().any(|item| item.cohort == cohort && item.seeds.contains(seed))
            };
            missing.retain(trains);
        }
        missing
    }

    /// Whether every configuration has an outcome; of a shard, everything that it trains. `r` in a sweep that was stopped
    /// trains one configuration and leaves the rest open.
    pub(super) fn all_over(&self) -> bool {
        let state = self.record.state();
        match &self.shard {
            Some(shard) => shard.items.iter().all(|item| item.is_over(state)),
            None => state.cohorts().all(|(_, cohort)| cohort.status.is_over()),
        }
    }

    /// The missing seeds of a cohort; where none is missing, those that are trained again.
    fn seeds_to_train(&self, cohort: CohortId) -> Vec<Seed> {
        let state = self.record.state();
        let all = &self.prepared.header.sweep.seeds;
        let missing = self.missing(cohort);
        if !missing.is_empty() {
            return missing;
        }
        let result = state.cohort(cohort).filter(|before| before.has_result());
        match result {
            // Those without rows, such as stopped ones, stay as they are.
            Some(result) if self.without_rows.contains(&cohort) => {
                let tested: BTreeSet<Seed> = result.evaluations().map(|evaluation| evaluation.seed).collect();
                all.iter().copied().filter(|seed| tested.contains(seed)).collect()
            }
            _ => all.clone(),
        }
    }

    /// The best trial among those that keep their numbers.
    fn best(&self, cohort: CohortId) -> Best {
        let state = self.record.state().cohort(cohort);
        let seeds = &self.prepared.header.sweep.seeds;
        let missing = state.map_or_else(Vec::new, |state| state.missing(seeds));
        // A whole configuration that is trained again has no other trials.
        let Some(state) = state.filter(|_| !missing.is_empty()) else { return Best::default() };
        let others = state.evaluations().filter(|evaluation| !missing.contains(&evaluation.seed));
        let mut best: Option<Standing> = None;
        for evaluation in others {
            Standing::new(seeds, evaluation.seed, evaluation.val_accuracy).replaces(&mut best);
        }
        Best::new(best)
    }
}
