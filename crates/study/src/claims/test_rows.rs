//! The test rows of a run as findings resample them: the same for every seed, or each split its own; one by one, or in
//! the groups of the data.

use ndarray::Array2;

use crate::event::RunHeader;
use crate::inference::Interval;
use crate::inference::crossed::{Rows, Table};
use crate::inference::splits::SplitRows;
use crate::rows::RunRows;

/// Where every seed is tested.
pub(super) enum TestRows {
    /// On the same rows.
    Same(Rows),
    /// On those of its split.
    BySplit(SplitRows),
}

impl TestRows {
    /// `None` where no configuration has a record of its rows, or the data has groups and no record says which.
    pub(super) fn of(header: &RunHeader, outcomes: &RunRows) -> Option<Self> {
        let data = &header.data;
        let first = outcomes.values().find(|outcomes| !outcomes.seeds.is_empty())?;
        match (header.config.data.group.is_empty(), data.has_several_splits()) {
            (true, false) => Rows::new(data.rows.test).map(Self::Same),
            (true, true) => SplitRows::new(&first.places).map(Self::BySplit),
            (false, false) => first.groups.first().and_then(|groups| Rows::of_groups(groups)).map(Self::Same),
            (false, true) => SplitRows::of_groups(&first.groups).map(Self::BySplit),
        }
    }

    /// Test rows of one seed.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Same(rows) => rows.len(),
            Self::BySplit(rows) => rows.len(),
        }
    }

    /// Rows of each group, as a seed of `split` is tested on them.
    pub(super) fn sizes(&self, split: usize) -> &[f32] {
        match self {
            Self::Same(rows) => rows.sizes(),
            Self::BySplit(rows) => rows.sizes(split),
        }
    }

    /// Sums over groups of the values of one seed of `split`.
    pub(super) fn sums(&self, split: usize, values: impl ExactSizeIterator<Item = f32>) -> Option<Vec<f32>> {
        match self {
            Self::Same(rows) => rows.sums(values),
            Self::BySplit(rows) => rows.sums(split, values),
        }
    }

    /// The mean over each resample's rows: `[seeds, draws]`. `splits` holds the place of each seed's split.
    pub(super) fn resampled(&self, table: &Table, splits: &[usize], draws: usize) -> Array2<f32> {
        match self {
            Self::Same(rows) => rows.resampled(table, draws),
            Self::BySplit(rows) => rows.resampled(table, splits, draws),
        }
    }

    /// 95 % interval of the mean over seeds and rows, and over splits where there are several.
    pub(super) fn interval(&self, table: &Table, splits: &[usize]) -> Option<Interval> {
        match self {
            Self::Same(rows) => rows.interval(table),
            Self::BySplit(rows) => rows.interval(table, splits),
        }
    }

    /// Variance of that mean and its degrees of freedom with `seeds` seeds on `count` splits in all.
    pub(super) fn variance(
        &self,
        table: &Table,
        splits: &[usize],
        (seeds, count): (f64, usize),
    ) -> Option<(f64, f64)> {
        match self {
            Self::Same(rows) => {
                let squares = rows.squares(table)?.with_seeds(seeds);
                Some((squares.variance(), squares.degrees_of_freedom()))
            }
            Self::BySplit(rows) => {
                let (between, of_rows) = rows.analysis(table, splits)?;
                let (between, of_rows) = between.with_seeds(&of_rows, seeds, count)?;
                Some(between.variance(&of_rows))
            }
        }
    }
}
