//! Intervals over seeds, test rows and splits at once, where seeds are assigned to several splits and each is tested on
//! the test rows of its own.
//!
//! Splits are drawn from one pool, so that the test rows of two of them overlap, and their mean is less certain than
//! if each had brought rows of its own (the point of Nadeau and Bengio 2003). So a row is known by its place in
//! the source and resampled whole in every split that has it, and the variance of the mean over seeds is made of
//!
//! - what seeds differ in within their split, over the number of seeds;
//! - what rows differ in, split by split, or what splits differ in, whichever is more: a split's mean holds its
//!   rows' part already;
//! - what splits have in common because they share rows.
//!
//! Degrees of freedom are Satterthwaite's over these parts, as Hillis (2007) has them for one split. Where the data has
//! groups, a group is what a row is here.

use ndarray::{Array1, Array2, Axis, s};

use super::Interval;
use super::crossed::{
    DRAWS, Table, counts_of_groups, distinct, effective, gathered, laid_about, seeds_drawn, sizes_of,
};

/// The test rows of a run with several splits, as they are resampled. Shared by everything that is compared.
pub struct SplitRows {
    splits: Vec<OfSplit>,
    /// How often each resample takes each group: `[groups, draws]`.
    counts: Array2<f32>,
    /// Groups that count: all of them, or the effective number where they are the data's.
    groups: f64,
    /// What makes up for taking each row's distance from the mean of its own split.
    own_correction: f64,
}

/// One split's test rows.
struct OfSplit {
    /// Of each row.
    group: Vec<u32>,
    /// Rows of each group; 0 where the split has none of it.
    sizes: Vec<f32>,
    /// Rows of each resample.
    drawn: Vec<f32>,
}

/// How seeds differ within their splits, and splits from one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// Number of seeds.
    pub seeds: f64,
    /// Number of splits that have a seed.
    pub splits: f64,
    /// Sum of the squares of the splits' shares of the seeds; 1/splits where they are alike.
    pub squared_shares: f64,
    /// Variance of a seed about its split; 0 where no split has two seeds.
    pub of_seeds: f64,
    /// Variance of a split's mean beyond its seeds' part, and beyond what splits have in common. May be negative.
    pub of_splits: f64,
}

/// What test rows add to the variance of the mean over seeds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OfRows {
    /// As if no two splits shared a row; 0 where no split has two seeds, whose split then has all of it.
    pub own: f64,
    /// Because splits share rows.
    pub shared: f64,
    /// Of both.
    pub freedom: f64,
}

impl Between {
    /// Of each seed's number and the place of its split; `None` under two seeds.
    pub fn of(per_seed: &[f64], splits: &[usize]) -> Option<Self> {
        if per_seed.len() < 2 {
            return None;
        }
        let members = members(splits);
        let (seeds, count) = (per_seed.len() as f64, members.len() as f64);
        let mean =
            |places: &[usize]| places.iter().map(|&at| per_seed[at]).sum::<f64>() / places.len() as f64;
        let all = per_seed.iter().sum::<f64>() / seeds;
        let (mut within, mut between, mut squares) = (0.0, 0.0, 0.0);
        for (_, places) in &members {
            let (of_split, n) = (mean(places), places.len() as f64);
            within += places.iter().map(|&at| (per_seed[at] - of_split).powi(2)).sum::<f64>();
            between += n * (of_split - all).powi(2);
            squares += n * n;
        }
        let of_seeds = if seeds > count { within / (seeds - count) } else { 0.0 };
        // The unbalanced one-way analysis of variance: seeds per split as they count in the mean square.
        let per_split = (seeds - squares / seeds) / (count - 1.0);
        let of_splits = if count > 1.0 { (between / (count - 1.0) - of_seeds) / per_split } else { 0.0 };
        Some(Self { seeds, splits: count, squared_shares: squares / (seeds * seeds), of_seeds, of_splits })
    }

    /// Variance of the mean over seeds and its degrees of freedom.
    pub fn variance(&self, rows: &OfRows) -> (f64, f64) {
        let seeds = self.of_seeds / self.seeds;
        let in_common = if self.splits > 1.0 { rows.shared / (1.0 - self.squared_shares) } else { 0.0 };
        let of_splits = self.squared_shares * (self.of_splits + in_common);
        let parts = if self.splits > 1.0 && of_splits > rows.own {
            vec![(seeds + of_splits, self.splits - 1.0), (rows.shared, rows.freedom)]
        } else {
            vec![(seeds, self.seeds - self.splits), (rows.own + rows.shared, rows.freedom)]
        };
        let variance = parts.iter().map(|part| part.0).sum::<f64>();
        let satterthwaite: f64 =
            parts.iter().filter(|part| part.0 > 0.0).map(|(part, freedom)| part * part / freedom).sum();
        let freedom =
            if satterthwaite > 0.0 { variance * variance / satterthwaite } else { self.seeds - 1.0 };
        (variance, freedom)
    }

    /// What is to be expected with another number of seeds, assigned to `splits` splits in all. Where each has a split
    /// of its own, its part and its split's cannot be separated: only further splits can be estimated, and
    /// without them nothing is known.
    pub fn with_seeds(&self, rows: &OfRows, seeds: f64, splits: usize) -> Option<(Self, OfRows)> {
        if !self.is_apart() {
            return Some((Self { seeds, ..*self }, *rows));
        }
        let count = seeds.min(splits as f64).max(self.splits);
        if count < seeds {
            return None;
        }
        let squared_shares = 1.0 / count;
        let in_common = if self.splits > 1.0 { rows.shared / (1.0 - self.squared_shares) } else { 0.0 };
        let shared = in_common * (1.0 - squared_shares);
        Some((Self { seeds: count, splits: count, squared_shares, ..*self }, OfRows { shared, ..*rows }))
    }

    /// Whether each seed has a split of its own.
    pub fn is_apart(&self) -> bool {
        self.splits > 1.0 && self.seeds <= self.splits
    }
}

impl OfRows {
    /// Of a variance that rows add in all, where two splits have the share `overlap` of their test rows in common.
    pub fn parted(variance: f64, between: &Between, overlap: f64, freedom: f64) -> Self {
        let (own, shared) = (between.squared_shares, (1.0 - between.squared_shares) * overlap);
        let part = |weight: f64| if own + shared > 0.0 { variance * weight / (own + shared) } else { 0.0 };
        Self { own: part(own), shared: part(shared), freedom }
    }
}

impl SplitRows {
    /// Of each split its test rows' places in the source, as many in each; `None` under two rows.
    pub fn new(places: &[Vec<u32>]) -> Option<Self> {
        let (splits, counts) = resampled_whole(places)?;
        let groups = counts.nrows() as f64;
        Some(Self { splits, counts, groups, own_correction: groups / (groups - 1.0) })
    }

    /// Of each split the group of every test row, as many in each: groups are resampled whole, in all splits together.
    /// `None` where a split has fewer than two.
    pub fn of_groups(codes: &[Vec<u32>]) -> Option<Self> {
        let (splits, counts) = resampled_whole(codes)?;
        // A split has a group whole or not at all, but for rows that were left out so that splits are of one size.
        let largest = |at: usize| splits.iter().map(|split| split.sizes[at]).fold(0.0, f32::max);
        let groups = effective(&(0..counts.nrows()).map(largest).collect::<Vec<_>>());
        let of_splits: Vec<f64> = splits.iter().map(|split| effective(&split.sizes)).collect();
        if of_splits.iter().any(|&groups| groups <= 1.0) {
            return None;
        }
        let corrections = of_splits.iter().map(|groups| groups / (groups - 1.0)).sum::<f64>();
        let own_correction = corrections / splits.len() as f64;
        Some(Self { splits, counts, groups, own_correction })
    }

    /// Test rows of each split.
    pub fn len(&self) -> usize {
        self.splits[0].group.len()
    }

    /// Never: there are two rows at least.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows of each group in a split.
    pub fn sizes(&self, split: usize) -> &[f32] {
        &self.splits[split].sizes
    }

    /// Sums over groups of the values of one seed of `split`; `None` where there is not one for each row.
    pub fn sums(&self, split: usize, values: impl ExactSizeIterator<Item = f32>) -> Option<Vec<f32>> {
        let OfSplit { group, sizes, .. } = self.splits.get(split)?;
        if values.len() != group.len() {
            return None;
        }
        let mut sums = vec![0.0; sizes.len()];
        for (&group, value) in group.iter().zip(values) {
            sums[group as usize] += value;
        }
        Some(sums)
    }

    /// The mean over each resample's rows, for each seed: `[seeds, draws]`, of the first `draws` of [`DRAWS`].
    /// `of` holds the place of each seed's split.
    pub fn resampled(&self, table: &Table, of: &[usize], draws: usize) -> Array2<f32> {
        let draws = draws.min(DRAWS);
        let mut means = table.dot(&self.counts.slice(s![.., ..draws]));
        for (mut means, &split) in means.axis_iter_mut(Axis(0)).zip(of) {
            // A resample without a row of the split says nothing of it.
            let taken = &self.splits[split].drawn;
            means.iter_mut().zip(taken).for_each(|(mean, &rows)| *mean /= rows.max(1.0));
        }
        means
    }

    /// 95 % interval of the mean over seeds, rows and splits; `None` under two seeds.
    pub fn interval(&self, table: &Table, of: &[usize]) -> Option<Interval> {
        let (between, rows) = self.analysis(table, of)?;
        let (variance, freedom) = between.variance(&rows);
        let mean =
            table.iter().map(|&value| f64::from(value)).sum::<f64>() / (table.nrows() * self.len()) as f64;
        let draws = || seeds_drawn(&self.resampled(table, of, DRAWS));
        laid_about(mean, variance, freedom, draws)
    }

    /// The parts of the variance; `None` under two seeds.
    pub fn analysis(&self, table: &Table, of: &[usize]) -> Option<(Between, OfRows)> {
        let rows = self.len() as f64;
        let table = table.mapv(f64::from);
        let per_seed: Vec<f64> = table.rows().into_iter().map(|row| row.sum() / rows).collect();
        let between = Between::of(&per_seed, of)?;
        let groups = self.groups;
        // Of each group what it adds to the mean, over all splits and within each.
        let mut in_all = Array1::<f64>::zeros(table.ncols());
        let (mut apart, mut own) = (0.0, Vec::new());
        for (split, places) in members(of) {
            let sizes = Array1::from_iter(self.splits[split].sizes.iter().map(|&size| f64::from(size)));
            let seeds = places.len() as f64;
            let mean = places.iter().map(|&at| per_seed[at]).sum::<f64>() / seeds;
            let sums =
                places.iter().fold(Array1::zeros(table.ncols()), |sums, &at| sums + table.row(at)) / seeds;
            let influence = (sums - &sizes * mean) / rows;
            let of_split = influence.iter().map(|value| value * value).sum::<f64>();
            let share = seeds / between.seeds;
            in_all += &(&influence * share);
            apart += share * share * of_split;
            if seeds > 1.0 {
                let rest = |&at: &usize| {
                    let own = (&table.row(at) - &(&sizes * per_seed[at])) / rows - &influence;
                    own.iter().map(|value| value * value).sum::<f64>()
                };
                let of_both = places.iter().map(rest).sum::<f64>() / (seeds - 1.0);
                own.push(of_split - of_both / seeds);
            }
        }
        let correction = groups / (groups - 1.0);
        let shared = in_all.iter().map(|value| value * value).sum::<f64>() - apart;
        let own = if own.is_empty() { 0.0 } else { own.iter().sum::<f64>() / own.len() as f64 };
        let rows = OfRows {
            own: between.squared_shares * own.max(0.0) * self.own_correction,
            shared: if between.splits > 1.0 { shared.max(0.0) * correction } else { 0.0 },
            freedom: groups - 1.0,
        };
        Some((between, rows))
    }
}

/// What rows are resampled with: of each split a number for every test row, equal ones whole and in all splits together.
fn resampled_whole(units: &[Vec<u32>]) -> Option<(Vec<OfSplit>, Array2<f32>)> {
    let rows = units.first()?.len();
    if rows < 2 || units.iter().any(|of_split| of_split.len() != rows) {
        return None;
    }
    let every = distinct(&units.concat());
    let (groups, of_unit) = gathered(every.len());
    let counts = counts_of_groups(groups);
    let of_split = |units: &Vec<u32>| {
        let group = |unit: &u32| Some(of_unit[every.binary_search(unit).ok()?]);
        let group: Vec<u32> = units.iter().filter_map(group).collect();
        let sizes = sizes_of(&group, groups);
        let drawn = Array1::from_iter(sizes.iter().copied()).dot(&counts).to_vec();
        OfSplit { group, sizes, drawn }
    };
    Some((units.iter().map(of_split).collect(), counts))
}

/// The places of each split's seeds, by split.
fn members(splits: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<usize> = splits.to_vec();
    order.sort_unstable();
    order.dedup();
    let of = |split| (split, (0..splits.len()).filter(|&place| splits[place] == split).collect());
    order.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests;
