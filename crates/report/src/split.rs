//! Which split's accuracy a paper shows.

use study::summary::SummaryRow;

/// Which split's accuracy figures and tables for a paper show. Everything else is measured on test rows alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// Validation at the best epoch, which it chose: the number of the paper's Figure 1.
    Validation,
    /// Test at the same epoch.
    #[default]
    Test,
}

impl Split {
    /// The name in sentences and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// The name on an axis in percent.
    pub(super) const fn axis(self) -> &'static str {
        match self {
            Self::Validation => "validation accuracy, %",
            Self::Test => "test accuracy, %",
        }
    }

    /// Mean over seeds at the best epoch and its deviation, as fractions; absent where no seed has one.
    pub(super) fn accuracy(self, row: &SummaryRow) -> Option<(f64, Option<f64>)> {
        match self {
            Self::Validation => row.val_accuracy_mean.map(|mean| (mean, row.val_accuracy_std)),
            Self::Test => row.test_accuracy_mean.map(|mean| (mean, row.test_accuracy_std)),
        }
    }
}
