//! In which order workers train configurations, and which of these they split by seeds.
//!
//! Longest first: a long configuration that began last would train alone at the end. So would one that takes longer than
//! the others together, and several workers train a share of its seeds each.

use super::grid::{CohortId, Seed};

/// Of all work, what the smallest configurations may be worth that go first all the same: they fill the charts.
const SMALL: f64 = 0.03;
/// A split has to end by so much sooner: costs are estimates, and a share reads the data once more.
const WORTH_IT: f64 = 0.95;
/// The longest share that is tried, as a part of all work divided by the workers.
const PARTS: [f64; 5] = [1.0, 0.5, 0.34, 0.25, 0.125];

/// Seeds of a configuration that train together.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The configuration.
    pub cohort: CohortId,
    /// Its seeds.
    pub seeds: Vec<Seed>,
    /// Whether it may be split.
    pub is_whole: bool,
    /// The part of its training that is still to be done, 0 to 1.
    pub left: f64,
}

/// What `workers` workers train, in the order in which they take it. `open` is in the sweep's order, which one worker keeps;
/// `cost` says what so many seeds of a configuration cost one worker.
///
/// What may not be split keeps its seeds. A configuration is split where all would then be done sooner by the costs.
pub fn plan(open: Vec<Share>, workers: usize, cost: impl Fn(CohortId, usize) -> f64) -> Vec<Share> {
    if workers < 2 {
        return open;
    }
    let cost = |share: &Share| share.left * cost(share.cohort, share.seeds.len());
    let all: f64 = open.iter().map(cost).sum();
    let mut best = in_order(open.clone(), cost);
    let mut least = WORTH_IT * end(&best, workers, cost);
    for part in PARTS {
        let most = part * all / workers as f64;
        let split = in_order(open.iter().flat_map(|share| split(share, most, cost)).collect(), cost);
        let end = end(&split, workers, cost);
        if end < least {
            (best, least) = (split, WORTH_IT * end);
        }
    }
    best
}

/// Small ones as they are, then the longest first.
fn in_order(mut shares: Vec<Share>, cost: impl Fn(&Share) -> f64) -> Vec<Share> {
    let mut by_cost: Vec<(f64, usize)> = shares.iter().map(cost).zip(0..).collect();
    by_cost.sort_by(|a, b| a.0.total_cmp(&b.0));
    let most = SMALL * by_cost.iter().map(|(cost, _)| cost).sum::<f64>();
    let mut sum = 0.0;
    let small = by_cost.iter().take_while(|(cost, _)| {
        sum += cost;
        sum <= most
    });
    let mut places: Vec<usize> = small.map(|(_, place)| *place).collect();
    let mut longest_first = by_cost.split_off(places.len());
    longest_first.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    // Those that go first stay in their order.
    places.sort_unstable();
    places.extend(longest_first.into_iter().map(|(_, place)| place));
    let mut shares: Vec<Option<Share>> = shares.drain(..).map(Some).collect();
    places.into_iter().filter_map(|place| shares[place].take()).collect()
}

/// The share in as few parts of equal size as cost no more than `most` each, as far as it has seeds.
fn split(share: &Share, most: f64, cost: impl Fn(&Share) -> f64) -> Vec<Share> {
    let seeds = share.seeds.len();
    let parts_of = |parts: usize| {
        let of_part = |part: usize| Share {
            seeds: share.seeds[part * seeds / parts..(part + 1) * seeds / parts].to_vec(),
            ..share.clone()
        };
        (0..parts).map(of_part).collect::<Vec<Share>>()
    };
    let is_enough = |parts: &Vec<Share>| parts.iter().all(|part| cost(part) <= most);
    if !share.is_whole || seeds < 2 {
        return vec![share.clone()];
    }
    (1..=seeds).map(parts_of).find(is_enough).unwrap_or_else(|| parts_of(seeds))
}

/// When the last worker is done, each taking the next share once it is free.
fn end(shares: &[Share], workers: usize, cost: impl Fn(&Share) -> f64) -> f64 {
    let mut free = vec![0.0; workers];
    for share in shares {
        if let Some(first) = free.iter_mut().min_by(|a: &&mut f64, b: &&mut f64| a.total_cmp(b)) {
            *first += cost(share);
        }
    }
    free.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::grid::Task;
    use super::super::model::ModelId;
    use super::*;

    /// Configurations of these sizes, which are what they cost for each seed.
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

    fn planned(open: Vec<Share>, workers: usize) -> Vec<(usize, usize)> {
        let plan = plan(open, workers, cost);
        plan.iter().map(|share| (share.cohort.train_size, share.seeds.len())).collect()
    }

    #[test]
    fn one_worker_keeps_the_order_and_several_take_the_longest_first() {
        assert_eq!(planned(open(&[100, 300, 200], 1), 1), [(100, 1), (300, 1), (200, 1)]);
        assert_eq!(planned(open(&[100, 300, 200], 1), 2), [(300, 1), (200, 1), (100, 1)]);
        // The smallest fill the charts meanwhile.
        let small = planned(open(&[2, 1, 100, 300, 200], 1), 2);
        assert_eq!(small, [(2, 1), (1, 1), (300, 1), (200, 1), (100, 1)]);
    }

    #[test]
    fn a_configuration_is_split_only_where_all_ends_sooner() {
        // Two workers with two equal configurations have nothing to gain.
        assert_eq!(planned(open(&[100, 100], 20), 2), [(100, 20), (100, 20)]);
        // One alone, and one that takes longer than all others together.
        assert_eq!(planned(open(&[100], 20), 2), [(100, 10), (100, 10)]);
        let plan = plan(open(&[1000, 100, 100], 20), 2, cost);
        let seeds = |size: usize| {
            let of_size = plan.iter().filter(|share| share.cohort.train_size == size);
            of_size.flat_map(|share| share.seeds.clone()).map(|seed| seed.0).collect::<Vec<_>>()
        };
        assert_eq!(seeds(1000), (0..20).collect::<Vec<_>>(), "every seed once");
        assert_eq!(seeds(100).len(), 40);
        let ends = end(&plan, 2, |share| cost(share.cohort, share.seeds.len()));
        assert!(ends <= 1.05 * 12_000.0, "{ends}");
        // Where a part costs nearly as much as the whole, it stays whole.
        let started = |cohort: CohortId, seeds: usize| 1e6 + cost(cohort, seeds);
        assert_eq!(super::plan(open(&[100], 20), 2, started).len(), 1);
    }

    #[test]
    fn equals_are_not_all_small() {
        let sizes: Vec<usize> = std::iter::repeat_n(1, 40).chain([25]).collect();
        let plan = planned(open(&sizes, 1), 2);
        assert_eq!(plan.iter().position(|(size, _)| *size == 25), Some(1), "{plan:?}");
    }

    #[test]
    fn what_is_nearly_done_leaves_its_worker_for_others() {
        let mut shares = open(&[100, 100], 20);
        shares[0].left = 0.05;
        let plan = plan(shares, 2, cost);
        assert!(plan.len() > 2, "{plan:?}");
        assert_eq!(plan.iter().map(|share| share.seeds.len()).sum::<usize>(), 40);
    }

    #[test]
    fn what_may_not_be_split_stays_whole_and_nothing_is_lost() {
        let mut fixed = open(&[100], 20);
        fixed[0].is_whole = false;
        assert_eq!(planned(fixed, 8), [(100, 20)]);
        assert_eq!(planned(open(&[100], 1), 8), [(100, 1)]);
        assert!(planned(Vec::new(), 8).is_empty());
        for workers in [2, 3, 8, 64] {
            let plan = planned(open(&[7, 5000, 90, 90, 3, 1200], 20), workers);
            assert_eq!(plan.iter().map(|(_, seeds)| seeds).sum::<usize>(), 6 * 20, "{workers}");
        }
    }
}
