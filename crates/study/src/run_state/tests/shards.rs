//! Shards of a run on a cluster: whatever machines write first, the run's state is the same.

use proptest::prelude::*;

use super::super::super::sample;
use super::*;

/// What chance decides, from a list of numbers.
struct Chance(Vec<usize>);

impl Chance {
    /// A number below `most`.
    fn below(&mut self, most: usize) -> usize {
        let number = self.0.first().copied().unwrap_or(0);
        let by = self.0.len().min(1);
        self.0.rotate_left(by);
        number % most.max(1)
    }
}

/// A shard's events: its items train one after the other, and some starts end in the middle of one.
fn shard(number: u32, items: &[(CohortId, Vec<Seed>)], chance: &mut Chance) -> Vec<EventKind> {
    let begins = |start| EventKind::ShardStarted {
        shard: number,
        start,
        host: format!("n{}", number % 3),
        job: format!("7_{number}"),
        after: None,
        provenance: provenance(if (number + start).is_multiple_of(4) { "AVX2" } else { "AVX-512" }),
    };
    let (mut kinds, mut start) = (vec![begins(1)], 1);
    for (cohort, seeds) in items {
        let (cohort, only) = (*cohort, seeds.clone());
        let trains = |attempt, epoch| {
            let metrics = seeds.iter().map(|&seed| SeedMetrics {
                seed,
                train_loss: 0.5,
                train_accuracy: 0.5,
                val_loss: 0.5,
                val_accuracy: 0.5 + f64::from(epoch) / 16.0,
            });
            EventKind::EpochFinished { cohort, attempt, epoch: Epoch(epoch), metrics: metrics.collect() }
        };
        let mut attempt = 1;
        kinds.push(EventKind::CohortStarted { cohort, attempt, only: only.clone() });
        kinds.push(trains(attempt, 1));
        // A node is lost: the next start resumes, or begins again where nothing was saved.
        match chance.below(4) {
            0 => {
                start += 1;
                let at = Position { epoch: Epoch(1), step: 0 };
                kinds.push(begins(start));
                kinds.push(EventKind::CohortResumed { cohort, attempt, only: only.clone(), at });
                kinds.push(trains(attempt, 1));
            }
            1 => {
                (start, attempt) = (start + 1, attempt + 1);
                kinds.push(begins(start));
                kinds.push(EventKind::CohortStarted { cohort, attempt, only: only.clone() });
                kinds.push(trains(attempt, 1));
            }
            // The shard ends here for the time being.
            2 if chance.below(4) == 0 => return kinds,
            _ => {}
        }
        kinds.push(trains(attempt, 2));
        let outcome = match chance.below(8) {
            0 => SeedOutcome::Diverged { epoch: Epoch(2) },
            1 => SeedOutcome::Failed { message: "out of memory".into() },
            _ => SeedOutcome::Completed,
        };
        if outcome == SeedOutcome::Completed {
            let evaluations = seeds.iter().map(|Seed(seed)| evaluation(*seed, 0.75)).collect();
            kinds.push(EventKind::CohortEvaluated { cohort, attempt, evaluations });
        }
        let seeds = seeds.iter().map(|seed| (*seed, outcome.clone())).collect();
        kinds.push(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 0.25 });
    }
    kinds
}

/// The run's configurations, some of them cut by seeds, dealt to so many shards.
fn dealt(shards: usize, chance: &mut Chance) -> Vec<Vec<(CohortId, Vec<Seed>)>> {
    let header = sample::header();
    let mut dealt = vec![Vec::new(); shards];
    for cohort in header.sweep.cohorts() {
        let cut = if chance.below(2) == 0 { 0 } else { chance.below(5) };
        let (first, second) = header.sweep.seeds.split_at(cut);
        for seeds in [first, second].into_iter().filter(|seeds| !seeds.is_empty()) {
            // A whole configuration names no seeds.
            let all = seeds.len() == header.sweep.seeds.len();
            let shard = chance.below(shards);
            dealt[shard].push((cohort, if all { header.sweep.seeds.clone() } else { seeds.to_vec() }));
        }
    }
    dealt
}

/// The state after these shards' events, in an order that chance decides.
fn interleaved(shards: &[Vec<EventKind>], chance: &mut Chance) -> RunState {
    let header = Box::new(sample::header());
    let start = EventKind::RunStarted { format: FORMAT, header };
    let mut state = RunState::replay(&[Event { seq: 0, at_ms: 0, kind: start }]);
    let mut left: Vec<(usize, &[EventKind])> = shards.iter().map(Vec::as_slice).enumerate().collect();
    let mut seq = 0;
    while !left.is_empty() {
        let place = chance.below(left.len());
        let (shard, events) = left[place];
        let Some((kind, rest)) = events.split_first() else {
            left.swap_remove(place);
            continue;
        };
        left[place].1 = rest;
        seq += 1;
        let at_ms = 1_000 * (shards[shard].len() - rest.len()) as u64 + shard as u64;
        state.apply(&Event { seq, at_ms, kind: kind.clone() });
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_interleaving_of_shards_gives_the_same_state(
        numbers in prop::collection::vec(any::<usize>(), 61),
        orders in prop::collection::vec(prop::collection::vec(any::<usize>(), 97), 3),
        count in 1..9_usize,
    ) {
        let mut chance = Chance(numbers);
        let items = dealt(count, &mut chance);
        let shards: Vec<Vec<EventKind>> =
            items.iter().zip(0..).map(|(items, number)| shard(number, items, &mut chance)).collect();
        let states = orders.into_iter().map(|order| format!("{:?}", interleaved(&shards, &mut Chance(order))));
        let mut states: Vec<String> = states.collect();
        states.dedup();
        prop_assert_eq!(states.len(), 1);
    }
}

#[test]
fn a_configuration_is_complete_only_once_the_shards_of_all_its_seeds_are() {
    let header = sample::header();
    let cohort = header.sweep.cohorts()[0];
    let (first, second) = header.sweep.seeds.split_at(2);
    let mut never = Chance(vec![3]);
    let halves = [first, second].map(|seeds| shard(0, &[(cohort, seeds.to_vec())], &mut never));
    let status = |shards: &[Vec<EventKind>]| {
        interleaved(shards, &mut Chance(vec![0])).cohort(cohort).map(|of| of.status)
    };
    assert_eq!(status(&halves[..1]), Some(CohortStatus::Pending));
    assert_eq!(status(&halves), Some(CohortStatus::Completed));
}

#[test]
fn attempts_that_still_train_are_the_same_whichever_began_first() {
    let header = sample::header();
    let cohort = header.sweep.cohorts()[0];
    let begins = |seed| vec![EventKind::CohortStarted { cohort, attempt: 1, only: vec![Seed(seed)] }];
    let open = |order| {
        let state = interleaved(&[begins(0), begins(1)], &mut Chance(vec![order]));
        format!("{:?}", state.cohort(cohort).unwrap().open())
    };
    assert_eq!(open(0), open(1));
}

#[test]
fn what_computed_a_run_is_what_computed_its_shards() {
    let header = sample::header();
    let cohort = header.sweep.cohorts()[0];
    let mut again = Chance(vec![3, 0]);
    let shards: Vec<Vec<EventKind>> =
        (0..4).map(|number| shard(number, &[(cohort, vec![Seed(u64::from(number))])], &mut again)).collect();
    let state = interleaved(&shards, &mut Chance(vec![0]));
    let devices: Vec<&str> = state.provenances().map(|made| made.device.as_str()).collect();
    // The header's is of no submission here.
    assert_eq!(devices.len(), 3, "{devices:?}");
    assert!(devices.contains(&"AVX2") && devices.contains(&"AVX-512"));
    assert_eq!(state.shards().len(), 4);
}
