//! Shards by hand and as properties.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::grid::Task;
use crate::model::ModelId;

/// A configuration of each size, which is what it costs for each seed.
fn open(sizes: &[usize], seeds: u64) -> Vec<Share> {
    let share = |&train_size: &usize| Share {
        cohort: CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size },
        seeds: (0..seeds).map(Seed).collect(),
        is_whole: true,
        left: 1.0,
    };
    sizes.iter().map(share).collect()
}

fn cost(cohort: CohortId, seeds: usize) -> f64 {
    (cohort.train_size * seeds) as f64
}

fn shown(shards: &[Shard]) -> Vec<Vec<(usize, usize)>> {
    let items = |shard: &Shard| {
        shard.items.iter().map(|item| (item.cohort.train_size, item.seeds.len())).collect::<Vec<_>>()
    };
    shards.iter().map(items).collect()
}

#[test]
fn large_ones_become_ranges_of_seeds_and_small_ones_are_packed_and_go_first() {
    let plan = shards(open(&[1, 2, 100, 3], 10), 5, 5.0, cost);
    assert_eq!(
        shown(&plan),
        [
            vec![(1, 10), (2, 10), (3, 10)],
            vec![(100, 2)],
            vec![(100, 2)],
            vec![(100, 2)],
            vec![(100, 2)],
            vec![(100, 2)]
        ]
    );
    let costs: Vec<f64> = plan.iter().map(|shard| shard.cost).collect();
    assert_eq!(costs, [65.0, 205.0, 205.0, 205.0, 205.0, 205.0], "with what each does before it trains");
    let seeds: Vec<u64> =
        plan[1..].iter().flat_map(|shard| &shard.items[0].seeds).map(|seed| seed.0).collect();
    assert_eq!(seeds, (0..10).collect::<Vec<_>>(), "ranges, in order");
}

#[test]
fn the_longest_begins_first_of_those_that_are_alone() {
    assert_eq!(shown(&shards(open(&[60, 100, 80], 1), 3, 0.0, cost)), [[(100, 1)], [(80, 1)], [(60, 1)]]);
}

#[test]
fn as_many_shards_as_were_asked_for_are_made_by_packing_the_cheapest() {
    // Cut into parts of at most 20 these are six; the two cheapest train together.
    let study = open(&[12, 14, 30], 2);
    assert_eq!(shards(study.clone(), 5, 0.0, cost).len(), 6);
    assert_eq!(
        shown(&exactly(study, 5, 0.0, cost)),
        [vec![(12, 1), (12, 1)], vec![(30, 1)], vec![(30, 1)], vec![(14, 1)], vec![(14, 1)]]
    );
    assert_eq!(exactly(open(&[100], 3), 8, 0.0, cost).len(), 3, "a seed is not split");
    assert!(exactly(Vec::new(), 8, 0.0, cost).is_empty());
}

#[test]
fn what_costs_as_much_in_parts_stays_whole() {
    let started = |cohort: CohortId, seeds: usize| 1e6 + cost(cohort, seeds);
    assert_eq!(shown(&shards(open(&[100], 20), 8, 0.0, started)), [[(100, 20)]]);
    assert!(shards(Vec::new(), 8, 0.0, cost).is_empty());
}

#[test]
fn jobs_at_a_time_end_as_a_list_is_worked_off() {
    let shard = |cost: f64| Shard { items: Vec::new(), cost };
    assert_eq!(end(&[shard(3.0), shard(2.0), shard(2.0), shard(1.0)], 2), 4.0);
    assert_eq!(end(&[shard(3.0)], 100), 3.0);
    assert_eq!(end(&[], 4), 0.0);
}

#[test]
fn reading_that_takes_long_makes_fewer_shards() {
    let study = open(&[100, 200, 400, 800], 20);
    let many = best(&study, 8, 1.0, cost);
    let few = best(&study, 8, 3_000.0, cost);
    assert!(many.len() > 24 && few.len() < 16, "{} and {}", many.len(), few.len());
    let ideal = 20.0 * 1_500.0 / 8.0;
    assert!(end(&many, 8) < 1.1 * ideal, "{}", end(&many, 8));
}

#[test]
fn sixty_four_jobs_train_a_study_nearly_as_many_times_faster() {
    let sizes: Vec<usize> = (5..19).map(|power| 1 << power).collect();
    let tasks = [Task::Real, Task::Synthetic].map(|task| {
        open(&sizes, 20)
            .into_iter()
            .map(move |share| Share { cohort: CohortId { task, ..share.cohort }, ..share })
    });
    let study: Vec<Share> = tasks.into_iter().flatten().collect();
    let all: f64 = study.iter().map(|share| cost(share.cohort, share.seeds.len())).sum();
    for jobs in [8, 16, 64] {
        let faster = all / end(&best(&study, jobs, 0.0, cost), jobs);
        assert!(faster > 0.88 * jobs as f64, "{jobs}: {faster}");
    }
}

#[test]
fn a_shard_is_over_with_its_last_trial() {
    let state = crate::sample::state();
    let cohort = state.order()[0];
    let all: Vec<Seed> = (0..5).map(Seed).collect();
    let shard = |seeds: Vec<Seed>| Shard { items: vec![Item { cohort, seeds }], cost: 1.0 };
    assert!(shard(all.clone()).is_over(&state));
    assert!(!shard(all).is_over(&crate::sample::planned()));
    assert!(!shard(vec![Seed(99)]).is_over(&state));
}

prop_compose! {
    fn any_open()(of in proptest::collection::vec((1..2_000_usize, 1..30_u64, any::<bool>(), 0.05..1.0), 0..60))
        -> Vec<Share> {
        // Sizes differ, as in a grid.
        of.into_iter().enumerate().map(|(place, (size, seeds, is_whole, left))| Share {
            is_whole,
            left,
            ..open(&[size * 100 + place], seeds).remove(0)
        }).collect()
    }
}

proptest! {
    #[test]
    fn every_seed_is_in_one_shard_once(study in any_open(), wanted in 1..300_usize, fixed in 0.0..1e6) {
        let plan = shards(study.clone(), wanted, fixed, cost);
        let mut seen = BTreeSet::new();
        for item in plan.iter().flat_map(|shard| &shard.items) {
            prop_assert!(!item.seeds.is_empty());
            for seed in &item.seeds {
                prop_assert!(seen.insert((item.cohort, *seed)));
            }
        }
        let asked: BTreeSet<(CohortId, Seed)> =
            study.iter().flat_map(|share| share.seeds.iter().map(|seed| (share.cohort, *seed))).collect();
        prop_assert_eq!(seen, asked);
        prop_assert!(plan.iter().all(|shard| !shard.items.is_empty()));
    }

    #[test]
    fn what_may_not_be_split_is_not_and_nothing_divisible_is_above_the_target(
        study in any_open(), wanted in 1..300_usize, fixed in 0.0..1e6,
    ) {
        let plan = shards(study.clone(), wanted, fixed, cost);
        let all: f64 = study.iter().map(|share| share.left * cost(share.cohort, share.seeds.len())).sum();
        let target = all / wanted as f64 * (1.0 + 1e-9);
        for share in study.iter().filter(|share| !share.is_whole) {
            let item = plan.iter().flat_map(|shard| &shard.items).find(|item| item.cohort == share.cohort);
            prop_assert_eq!(&item.unwrap().seeds, &share.seeds);
        }
        for shard in &plan {
            let [item] = shard.items.as_slice() else {
                prop_assert!(shard.cost - fixed <= target + 1e-6);
                continue;
            };
            let share = study.iter().find(|share| share.cohort == item.cohort).unwrap();
            prop_assert!(shard.cost - fixed <= target + 1e-6 || item.seeds.len() == 1 || !share.is_whole);
        }
        // About as many as wanted: each two neighbours of what is packed are above the target together.
        let seeds = |share: &Share| if share.is_whole { share.seeds.len() } else { 1 };
        prop_assert!(plan.len() <= 2 * wanted + 2 * study.len() && plan.len() <= study.iter().map(seeds).sum());
    }

    #[test]
    fn as_many_as_were_asked_for(study in any_open(), wanted in 1..300_usize) {
        let plan = exactly(study.clone(), wanted, 0.0, cost);
        let seeds = |share: &Share| if share.is_whole { share.seeds.len() } else { 1 };
        let most: usize = study.iter().map(seeds).sum();
        prop_assert_eq!(plan.len(), wanted.min(most));
        let trained: usize = plan.iter().flat_map(|shard| &shard.items).map(|item| item.seeds.len()).sum();
        prop_assert_eq!(trained, study.iter().map(|share| share.seeds.len()).sum::<usize>());
    }

    #[test]
    fn packed_ones_are_first_and_then_the_longest(study in any_open(), wanted in 1..300_usize) {
        let plan = shards(study, wanted, 0.0, cost);
        let packed = plan.iter().take_while(|shard| shard.items.len() > 1).count();
        let alone = &plan[packed..];
        prop_assert!(alone.iter().all(|shard| shard.items.len() == 1));
        prop_assert!(alone.is_sorted_by(|a, b| a.cost >= b.cost));
    }
}
