//! What can be chosen of a number over seeds: its split, the band around its mean, the order of rows.

use study::summary::SummaryRow;

/// What a band around a mean shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Band {
    /// Mean ± sample standard deviation.
    #[default]
    Std,
    /// 95 % confidence interval of the mean.
    Interval,
    /// Smallest to largest seed.
    Range,
    /// No band: a line for each seed.
    EachSeed,
}

/// Which split's accuracy is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Validation, at the best epoch: the paper's number.
    #[default]
    Validation,
    /// Test, at the same epoch.
    Test,
}

/// Direction of a sorted column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortOrder {
    /// Small first.
    #[default]
    Ascending,
    /// Large first.
    Descending,
}

impl Band {
    /// The next kind.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Std => Self::Interval,
            Self::Interval => Self::Range,
            Self::Range => Self::EachSeed,
            Self::EachSeed => Self::Std,
        }
    }

    /// The name in legends.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Std => "±1 std",
            Self::Interval => "95 % interval",
            Self::Range => "min–max",
            Self::EachSeed => "each seed",
        }
    }
}

impl Split {
    /// A row's mean accuracy on it, with its deviation.
    pub const fn accuracy(self, row: &SummaryRow) -> (Option<f64>, Option<f64>) {
        match self {
            Self::Validation => (row.val_accuracy_mean, row.val_accuracy_std),
            Self::Test => (row.test_accuracy_mean, row.test_accuracy_std),
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Validation => Self::Test,
            Self::Test => Self::Validation,
        }
    }

    /// The name in titles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validation => "Validation",
            Self::Test => "Test",
        }
    }
}

impl SortOrder {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}
