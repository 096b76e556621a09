//! The run screen's views: their order, keys and names.

use monitor::model::Model;
use study::alignment::aligned;

/// One full screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// The sweep as a matrix, and one configuration's curves.
    Overview,
    /// Accuracy against train size.
    Accuracy,
    /// Accuracy under noise.
    Robustness,
    /// ROC curves.
    Roc,
    /// The table of configurations, down to single seeds.
    Trials,
    /// The findings so far on the paper's claims.
    Findings,
    /// What happened, as lines.
    Log,
    /// Accuracy against the alignment of the score; of a sweep with several aligned tasks.
    Alignment,
    /// What each model costs and what it gives.
    Complexity,
    /// The jobs that train it; of a run on a cluster.
    Jobs,
}

impl View {
    /// The views of every run, in the order of `[` and `]`.
    pub const ALL: [Self; 8] = [
        Self::Overview,
        Self::Accuracy,
        Self::Robustness,
        Self::Roc,
        Self::Trials,
        Self::Findings,
        Self::Log,
        Self::Complexity,
    ];

    /// The key that shows it.
    pub const fn key(self) -> char {
        match self {
            Self::Overview => '1',
            Self::Accuracy => '2',
            Self::Robustness => '3',
            Self::Roc => '4',
            Self::Trials => '5',
            Self::Findings => '6',
            Self::Log => '7',
            Self::Alignment => '8',
            Self::Complexity => '9',
            Self::Jobs => 'J',
        }
    }

    /// The name in the header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Accuracy => "Accuracy",
            Self::Robustness => "Robustness",
            Self::Roc => "ROC",
            Self::Trials => "Trials",
            Self::Findings => "Findings",
            Self::Log => "Log",
            Self::Alignment => "Alignment",
            Self::Complexity => "Complexity",
            Self::Jobs => "Jobs",
        }
    }

    /// The views of this run, in the order of `[` and `]`.
    pub fn of(model: &Model) -> Vec<Self> {
        let has_aligned = model.run.header().is_some_and(|header| !aligned(&header.sweep).is_empty());
        let mut views: Vec<Self> = Self::ALL.into_iter().collect();
        views.extend(has_aligned.then_some(Self::Alignment));
        views.extend(model.is_on_cluster().then_some(Self::Jobs));
        views.sort_unstable();
        views
    }

    /// The view so many places on, around the end.
    #[must_use]
    pub fn step(self, model: &Model, by: isize) -> Self {
        let views = Self::of(model);
        let place = views.iter().position(|&view| view == self).unwrap_or(0);
        views[(place as isize + by).rem_euclid(views.len() as isize) as usize]
    }
}
