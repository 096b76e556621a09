//! Intervals over seeds and test rows at once: both are samples, and every seed is tested on the same rows.
//!
//! Rows are resampled whole for all seeds, seeds whole for all rows (the crossed or pigeonhole bootstrap, Owen
//! 2007). Taken as it is, that bootstrap counts what seed and row share three times and takes 5 seeds for a
//! population. So its draws say how the interval lies about the mean, and the crossed analysis of variance
//! how wide it is: the variance without bias, and Student's t with the degrees of freedom of Hillis (2007),
//! who has readers and cases where there are seeds and rows here.
//!
//! Rows of one group of the data (a user, a picture) are no independent sample: there the groups are what is
//! resampled, whole. They are of any size, and the mean is still one over rows, so each counts by what it adds to that
//! mean, and their number is the effective one.

use ndarray::{Array1, Array2, Axis, s};

use super::resample::{Statistic, counts, draws_of};
use super::{Interval, quantile, t_quantile_975};
use crate::random::permutation;

/// Resamples. They say how the interval lies about the mean, not how wide it is, so a thousand are enough; the
/// matrix product with them is most of what findings cost.
pub const DRAWS: usize = 1_000;
/// Rows beyond this are gathered into groups at random, which are resampled whole: a mean over random
/// groups has the variance of the mean over rows, and the cost stays bounded.
const MOST_GROUPS: usize = 1_024;

/// The test rows of a run, as they are resampled. Shared by everything that is compared.
pub struct Rows {
    /// Of each row.
    group: Vec<u32>,
    /// Rows of each group.
    sizes: Vec<f32>,
    /// Whether groups are the data's, of any size; else random ones, which differ by a row at most.
    is_grouped: bool,
    /// `[groups, draws]`: weights that turn sums over groups into a mean over a resample's rows.
    weights: Array2<f32>,
}

/// One number for each seed and group of rows: `[seeds, groups]`, each the sum over the group's rows.
pub type Table = Array2<f32>;

/// Analysis of variance of a [`Table`]: mean squares of seeds, rows, and what they share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanSquares {
    /// Number of seeds.
    pub seeds: f64,
    /// Number of rows or groups; of groups of different sizes the [`effective`] number.
    pub rows: f64,
    /// Between seeds.
    pub of_seeds: f64,
    /// Between rows.
    pub of_rows: f64,
    /// Left over.
    pub of_both: f64,
}

impl Rows {
    /// `rows` test rows in one order for the whole run; `None` under two.
    pub fn new(rows: usize) -> Option<Self> {
        if rows < 2 {
            return None;
        }
        let (groups, group) = gathered(rows);
        let sizes = sizes_of(&group, groups);
        let weights = weights(&sizes);
        Some(Self { group, sizes, is_grouped: false, weights })
    }

    /// Test rows in one order for the whole run, of the group that `codes` has for each: groups are resampled whole.
    /// `None` under two groups.
    pub fn of_groups(codes: &[u32]) -> Option<Self> {
        let distinct = distinct(codes);
        if distinct.len() < 2 {
            return None;
        }
        let (groups, gathered) = gathered(distinct.len());
        let group = codes.iter().filter_map(|code| Some(gathered[distinct.binary_search(code).ok()?]));
        let group: Vec<u32> = group.collect();
        let sizes = sizes_of(&group, groups);
        let weights = weights(&sizes);
        Some(Self { group, sizes, is_grouped: true, weights })
    }

    /// Test rows.
    pub fn len(&self) -> usize {
        self.group.len()
    }

    /// Never: there are two rows at least.
    pub fn is_empty(&self) -> bool {
        self.group.is_empty()
    }

    /// Rows of each group.
    pub fn sizes(&self) -> &[f32] {
        &self.sizes
    }

    /// Sums over groups of one seed's values; `None` where there is not one for each row.
    pub fn sums(&self, values: impl ExactSizeIterator<Item = f32>) -> Option<Vec<f32>> {
        if values.len() != self.group.len() {
            return None;
        }
        let mut sums = vec![0.0; self.sizes.len()];
        for (&group, value) in self.group.iter().zip(values) {
            sums[group as usize] += value;
        }
        Some(sums)
    }

    /// The mean over each resample's rows, for each seed: `[seeds, draws]`, of the first `draws` of [`DRAWS`].
    pub fn resampled(&self, table: &Table, draws: usize) -> Array2<f32> {
        table.dot(&self.weights.slice(s![.., ..draws.min(DRAWS)]))
    }

    /// 95 % interval of the mean over seeds and rows; `None` under two seeds.
    pub fn interval(&self, table: &Table) -> Option<Interval> {
        let squares = self.squares(table)?;
        laid_about(self.mean(table), squares.variance(), squares.degrees_of_freedom(), || self.draws(table))
    }

    /// The analysis of variance; `None` under two seeds.
    pub fn squares(&self, table: &Table) -> Option<MeanSquares> {
        if self.is_grouped {
            MeanSquares::of_uneven(table, &self.sizes)
        } else {
            MeanSquares::of(table, &self.sizes)
        }
    }

    /// The mean over seeds and rows.
    pub fn mean(&self, table: &Table) -> f64 {
        let sum: f64 = table.iter().map(|&value| f64::from(value)).sum();
        sum / (table.nrows() * self.len()) as f64
    }

    /// The bootstrap as Owen has it: seeds and rows drawn anew, each whole.
    pub(super) fn draws(&self, table: &Table) -> Vec<f64> {
        seeds_drawn(&self.resampled(table, DRAWS))
    }
}

/// The codes that occur, ascending and each once.
pub fn distinct(codes: &[u32]) -> Vec<u32> {
    let mut distinct = codes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// Rows of each of so many groups.
pub(super) fn sizes_of(group: &[u32], groups: usize) -> Vec<f32> {
    let mut sizes = vec![0.0; groups];
    for &group in group {
        sizes[group as usize] += 1.0;
    }
    sizes
}

/// As how many groups of one size these count: `(Σn)² / Σn²`, their number where they are of one size. With it the
/// variance of a mean over independent rows is without bias, and that over rows which are alike in a group nearly so;
/// and a few large groups do not pass for many (Carter, Schnepel and Steigerwald 2017).
pub fn effective(sizes: &[f32]) -> f64 {
    let (all, squares) = sizes.iter().fold((0.0, 0.0), |(all, squares), &size| {
        let size = f64::from(size);
        (all + size, squares + size * size)
    });
    if squares > 0.0 { all * all / squares } else { 0.0 }
}

/// Random groups of so many rows, [`MOST_GROUPS`] at most: how many, and the group of each row.
pub(super) fn gathered(rows: usize) -> (usize, Vec<u32>) {
    let groups = rows / rows.div_ceil(MOST_GROUPS);
    let mut group: Vec<u32> = (0..rows).map(|row| (row % groups) as u32).collect();
    if groups < rows {
        let order = permutation(rows, &mut draws_of(Statistic::Groups, rows));
        for (place, &row) in order.iter().enumerate() {
            group[row as usize] = (place % groups) as u32;
        }
    }
    (groups, group)
}

/// Seeds drawn anew, each whole, over `[seeds, draws]` means of resampled rows: one mean for each draw.
pub(super) fn seeds_drawn(resampled: &Array2<f32>) -> Vec<f64> {
    let (seeds, draws) = resampled.dim();
    let mut rng = draws_of(Statistic::CrossedSeeds, seeds);
    let mean = |draw: usize| {
        let counts = counts(seeds, &mut rng);
        let column = resampled.column(draw);
        let sum: f64 = counts.iter().zip(column).map(|(&n, &mean)| f64::from(n) * f64::from(mean)).sum();
        sum / seeds as f64
    };
    (0..draws).map(mean).collect()
}

/// As wide as its variance and Student's t say, and about the mean as the resamples lie.
pub(super) fn laid_about(
    mean: f64,
    variance: f64,
    freedom: f64,
    draws: impl FnOnce() -> Vec<f64>,
) -> Option<Interval> {
    if variance <= 0.0 {
        return Some(Interval { low: mean, high: mean });
    }
    let mut draws = draws();
    draws.sort_by(f64::total_cmp);
    let centre = draws.iter().sum::<f64>() / draws.len() as f64;
    let (low, high) = (quantile(&draws, 0.025)?, quantile(&draws, 0.975)?);
    let half = t_quantile_975(freedom)? * variance.sqrt();
    let stretch = if high > low { 2.0 * half / (high - low) } else { 0.0 };
    Some(Interval { low: mean + stretch * (low - centre), high: mean + stretch * (high - centre) })
}

/// Draw b takes group g `n` times: its weight is `n / Σ n·size`.
fn weights(sizes: &[f32]) -> Array2<f32> {
    let mut weights = counts_of_groups(sizes.len()).reversed_axes();
    for mut draw in weights.axis_iter_mut(Axis(0)) {
        let rows: f32 = draw.iter().zip(sizes).map(|(n, size)| n * size).sum();
        draw /= rows;
    }
    weights.reversed_axes()
}

/// How often each draw takes each group: `[groups, draws]`.
pub(super) fn counts_of_groups(groups: usize) -> Array2<f32> {
    let mut rng = draws_of(Statistic::CrossedRows, groups);
    let mut drawn = Array2::zeros((DRAWS, groups));
    for mut draw in drawn.axis_iter_mut(Axis(0)) {
        draw.assign(&Array1::from_iter(counts(groups, &mut rng).into_iter().map(|n| n as f32)));
    }
    drawn.reversed_axes()
}

impl MeanSquares {
    /// Of the groups' means; `None` under two seeds or groups.
    pub fn of(table: &Table, sizes: &[f32]) -> Option<Self> {
        let (seeds, rows) = table.dim();
        if seeds < 2 || rows < 2 {
            return None;
        }
        let sizes = Array1::from_iter(sizes.iter().map(|&size| f64::from(size)));
        let values = table.mapv(f64::from) / &sizes;
        let of_seed = values.mean_axis(Axis(1))?;
        let of_row = values.mean_axis(Axis(0))?;
        let mean = of_seed.mean()?;
        let squares = |values: &Array1<f64>| values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let between_seeds = rows as f64 * squares(&of_seed);
        let between_rows = seeds as f64 * squares(&of_row);
        let in_all: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let (seeds, rows) = (seeds as f64, rows as f64);
        Some(Self {
            seeds,
            rows,
            of_seeds: between_seeds / (seeds - 1.0),
            of_rows: between_rows / (rows - 1.0),
            of_both: (in_all - between_seeds - between_rows).max(0.0) / ((seeds - 1.0) * (rows - 1.0)),
        })
    }

    /// Of groups of any sizes, by what each adds to the mean over rows; [`Self::of`] where they are of one size. `None`
    /// under two seeds or groups.
    pub fn of_uneven(table: &Table, sizes: &[f32]) -> Option<Self> {
        let (seeds, rows) = (table.nrows() as f64, effective(sizes));
        if seeds < 2.0 || rows <= 1.0 {
            return None;
        }
        let sizes = Array1::from_iter(sizes.iter().map(|&size| f64::from(size)));
        let all = sizes.sum();
        let mut added = table.mapv(f64::from);
        let of_seed = added.sum_axis(Axis(1)) / all;
        let mean = of_seed.mean()?;
        for (mut added, &of_seed) in added.axis_iter_mut(Axis(0)).zip(&of_seed) {
            added -= &(&sizes * of_seed);
        }
        added /= all;
        let of_group = added.mean_axis(Axis(0))?;
        added -= &of_group;
        let squares = |values: &Array1<f64>| values.iter().map(|value| value * value).sum::<f64>();
        let of_both: f64 = added.iter().map(|value| value * value).sum();
        let correction = rows * rows / (rows - 1.0);
        Some(Self {
            seeds,
            rows,
            of_seeds: rows * squares(&(of_seed - mean)) / (seeds - 1.0),
            of_rows: seeds * correction * squares(&of_group),
            of_both: correction * of_both / (seeds - 1.0),
        })
    }

    /// Variance of the mean with seeds and rows both drawn at random.
    pub fn variance(&self) -> f64 {
        (self.of_seeds + self.beyond()) / (self.seeds * self.rows)
    }

    /// Satterthwaite's, in Hillis's form.
    pub fn degrees_of_freedom(&self) -> f64 {
        let parts = self.of_seeds.powi(2) / (self.seeds - 1.0) + self.beyond().powi(2) / (self.rows - 1.0);
        if parts > 0.0 { (self.of_seeds + self.beyond()).powi(2) / parts } else { self.seeds - 1.0 }
    }

    /// What is to be expected with other numbers of seeds on these rows.
    #[must_use]
    pub fn with_seeds(&self, seeds: f64) -> Self {
        Self { seeds, of_rows: self.of_both + self.beyond() * seeds / self.seeds, ..*self }
    }

    /// What rows differ in beyond chance.
    fn beyond(&self) -> f64 {
        (self.of_rows - self.of_both).max(0.0)
    }
}
