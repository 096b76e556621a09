//! How a study is cut into shards, which jobs of a cluster train.
//!
//! Large configurations become ranges of seeds and small ones are packed, so that every job takes about as long. Packed ones
//! go first, since they are little work and fill the charts, and then the longest, so that none trains alone at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::grid::{CohortId, Seed};
use crate::run_state::RunState;
use crate::shares::Share;

/// A split has to end by so much sooner: costs are estimates.
const WORTH_IT: f64 = 0.95;
/// Shards for each job at a time that are tried, the default first.
const EACH: [usize; 5] = [4, 3, 2, 1, 8];

/// What one job trains.
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    /// Configurations, in the order in which they train.
    pub items: Vec<Item>,
    /// What it costs, with what it does before it trains; in a submission's plan the seconds that it takes by the estimate.
    pub cost: f64,
}

/// A configuration, or some of its seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The configuration.
    pub cohort: CohortId,
    /// The seeds that the shard trains.
    pub seeds: Vec<Seed>,
}

impl Shard {
    /// Whether each of its trials has an outcome.
    pub fn is_over(&self, state: &RunState) -> bool {
        self.items.iter().all(|item| item.is_over(state))
    }
}

impl Item {
    /// What of it has no outcome; absent where each of its trials has one.
    pub fn open(&self, state: &RunState) -> Option<Self> {
        let trials = state.cohort(self.cohort).map(|of| &of.trials);
        let is_open = |seed: &&Seed| trials.and_then(|trials| trials.get(*seed)?.outcome.as_ref()).is_none();
        let seeds: Vec<Seed> = self.seeds.iter().filter(is_open).copied().collect();
        (!seeds.is_empty()).then_some(Self { cohort: self.cohort, seeds })
    }

    /// Whether each of its trials has an outcome.
    pub fn is_over(&self, state: &RunState) -> bool {
        self.open(state).is_none()
    }
}

/// The shards of what is open, about `wanted` of them. `cost` says what so many seeds of a configuration cost, and `fixed` what
/// every shard costs before it trains, such as reading the data. What may not be split keeps its seeds.
pub fn shards(
    open: Vec<Share>,
    wanted: usize,
    fixed: f64,
    cost: impl Fn(CohortId, usize) -> f64,
) -> Vec<Shard> {
    ordered(packed(open, wanted, cost), fixed)
}

/// As many shards as were asked for: of those that are about as many the costliest are cut in two where they are too few, and the
/// cheapest are packed together where they are too many. Fewer where there is not so much to be cut.
pub fn exactly(
    open: Vec<Share>,
    wanted: usize,
    fixed: f64,
    cost: impl Fn(CohortId, usize) -> f64,
) -> Vec<Shard> {
    let mut whole = packed(open, wanted, &cost);
    let mut made = Vec::new();
    while whole.len() + made.len() < wanted {
        let costliest = (0..whole.len()).max_by(|a, b| work(&whole[*a]).total_cmp(&work(&whole[*b])));
        let Some(costliest) = costliest else { break };
        match in_two(whole.swap_remove(costliest), &cost) {
            (some, Some(others)) => whole.extend([some, others]),
            (all, None) => made.push(all),
        }
    }
    made.extend(whole);
    made.sort_by(|a, b| work(b).total_cmp(&work(a)));
    while made.len() > wanted.max(1) {
        // Between those that cost more and less, so that the cheapest stay behind.
        let (Some(cheapest), Some(mut next)) = (made.pop(), made.pop()) else { break };
        next.extend(cheapest);
        let place = made.partition_point(|other| work(other) > work(&next));
        made.insert(place, next);
    }
    ordered(made, fixed)
}

/// Two halves of what one shard trains, where it can be cut.
fn in_two(mut parts: Vec<Part>, cost: &impl Fn(CohortId, usize) -> f64) -> (Vec<Part>, Option<Vec<Part>>) {
    if parts.len() > 1 {
        let others = parts.split_off(parts.len() / 2);
        return (parts, Some(others));
    }
    let [(whole, place, share)] = parts.as_mut_slice() else { return (parts, None) };
    let of_size = |share: &Share, size: usize| share.left * cost(share.cohort, size);
    let cut = share.seeds.len() / 2;
    if !share.is_whole || cut == 0 || of_size(share, 1) > WORTH_IT * *whole {
        return (parts, None);
    }
    let others = Share { seeds: share.seeds.split_off(cut), ..share.clone() };
    *whole = of_size(share, cut);
    let others = (of_size(&others, others.seeds.len()), *place, others);
    (parts, Some(vec![others]))
}

/// What a share costs, its place in the study, and what it is.
type Part = (f64, usize, Share);

fn work(parts: &[Part]) -> f64 {
    parts.iter().map(|part| part.0).sum()
}

/// What is open, cut and packed so that nothing that can be cut costs more than this part of all.
fn packed(open: Vec<Share>, wanted: usize, cost: impl Fn(CohortId, usize) -> f64) -> Vec<Vec<Part>> {
    let cost = |share: &Share| share.left * cost(share.cohort, share.seeds.len());
    let all: f64 = open.iter().map(cost).sum();
    let most = all / wanted.max(1) as f64;
    let mut parts: Vec<Part> = Vec::new();
    for (place, share) in open.into_iter().enumerate() {
        for part in split(share, most, cost) {
            parts.push((cost(&part), place, part));
        }
    }
    // The smallest first: they are packed together.
    parts.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut packed: Vec<Vec<Part>> = Vec::new();
    let mut sum = f64::INFINITY;
    for part in parts {
        sum += part.0;
        if let Some(last) = packed.last_mut().filter(|_| sum <= most) {
            last.push(part);
        } else {
            sum = part.0;
            packed.push(vec![part]);
        }
    }
    packed
}

/// Shards of what was packed: those of several parts first, and then the longest.
fn ordered(packed: Vec<Vec<Part>>, fixed: f64) -> Vec<Shard> {
    let (mut several, mut single): (Vec<_>, Vec<_>) = packed.into_iter().partition(|parts| parts.len() > 1);
    single.sort_by(|a, b| work(b).total_cmp(&work(a)).then(a[0].1.cmp(&b[0].1)));
    // Within a job in the study's order, as one process has it.
    for parts in &mut several {
        parts.sort_by_key(|part| part.1);
    }
    let shard = |parts: Vec<Part>| Shard {
        cost: fixed + work(&parts),
        items: parts.into_iter().map(|(_, _, Share { cohort, seeds, .. })| Item { cohort, seeds }).collect(),
    };
    several.into_iter().chain(single).map(shard).collect()
}

/// The shards with which all is done soonest on so many jobs at a time: several for each, so that none is waited for long, and
/// fewer where what every shard does before it trains takes long.
pub fn best(
    open: &[Share],
    concurrent: usize,
    fixed: f64,
    cost: impl Fn(CohortId, usize) -> f64,
) -> Vec<Shard> {
    let mut best = Vec::new();
    let mut least = f64::INFINITY;
    for each in EACH {
        let tried = shards(open.to_vec(), each * concurrent, fixed, &cost);
        let end = end(&tried, concurrent);
        if end < least {
            (best, least) = (tried, WORTH_IT * end);
        }
    }
    best
}

/// When the last job is done, so many at a time, each begun when another ends.
pub fn end(shards: &[Shard], concurrent: usize) -> f64 {
    // Nothing is negative, and so the bits of costs are in their order.
    let mut free: BinaryHeap<Reverse<u64>> =
        std::iter::repeat_n(Reverse(0), concurrent.clamp(1, shards.len().max(1))).collect();
    let mut last = 0.0_f64;
    for shard in shards {
        let Reverse(first) = free.pop().unwrap_or_default();
        let end = f64::from_bits(first) + shard.cost.max(0.0);
        last = last.max(end);
        free.push(Reverse(end.to_bits()));
    }
    last
}

/// The share in as few parts of nearly equal size as cost no more than `most` each, as far as it has seeds and parts are
/// cheaper than the whole.
fn split(share: Share, most: f64, cost: impl Fn(&Share) -> f64) -> Vec<Share> {
    let seeds = share.seeds.len();
    let whole = cost(&share);
    if !share.is_whole || seeds < 2 || whole <= most {
        return vec![share];
    }
    let of_size = |size: usize| cost(&Share { seeds: share.seeds[..size].to_vec(), ..share.clone() });
    if of_size(1) > WORTH_IT * whole {
        return vec![share];
    }
    // Costs rise with the seeds.
    let (mut fits, mut above) = (1, seeds);
    while above - fits > 1 {
        let size = usize::midpoint(fits, above);
        if of_size(size) <= most { fits = size } else { above = size }
    }
    let parts = seeds.div_ceil(fits);
    let of_part = |part: usize| Share {
        seeds: share.seeds[part * seeds / parts..(part + 1) * seeds / parts].to_vec(),
        ..share.clone()
    };
    (0..parts).map(of_part).collect()
}

#[cfg(test)]
mod tests;
