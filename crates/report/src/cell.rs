//! One cell of a table: a mean over seeds in percent, or why there is none. Knows no markup.

use super::split::Split;
use study::format;
use study::run_state::CohortStatus;
use study::summary::SummaryRow;

pub(super) use study::format::{count, duration, mean_std, percent, signed_points as points};

/// Accuracy at the best epoch of one configuration, on test rows unless said otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    /// Mean and sample standard deviation, as fractions; absent where no seed was tested.
    pub(super) value: Option<(f64, Option<f64>)>,
    /// Seeds that completed.
    pub(super) seeds: usize,
    /// Where the configuration stands.
    pub(super) status: &'static str,
    /// Every seed completed, so that nothing has to be said.
    pub(super) whole: bool,
}

impl Cell {
    /// Of a row whose configuration has `seeds` seeds.
    pub(super) fn of(row: &SummaryRow, seeds: usize) -> Self {
        Self::of_split(row, seeds, Split::Test)
    }

    /// The same of either split that a paper may show.
    pub(super) fn of_split(row: &SummaryRow, seeds: usize, split: Split) -> Self {
        Self {
            value: split.accuracy(row),
            seeds: row.seeds,
            status: row.status,
            whole: row.seeds == seeds && row.status == CohortStatus::Completed.name(),
        }
    }
}

/// `0.871`, or `absent`.
pub(super) fn share(value: Option<f64>, absent: &str) -> String {
    value.map_or_else(|| absent.into(), format::share)
}
