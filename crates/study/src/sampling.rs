//! What a run's trials are a sample of, and the names of its intervals and deviations.

use std::collections::BTreeSet;

use super::event::RunHeader;

/// How the sweep's seeds are assigned to splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// All of them are trained and tested on the same rows.
    OneSplit,
    /// They share so many splits; some splits have several seeds.
    WithinSplits(usize),
    /// Each has a split of its own.
    OwnSplits(usize),
}

impl Sampling {
    /// As the run is declared.
    pub fn of(header: &RunHeader) -> Self {
        Self::of_splits(header.sweep.seeds.iter().map(|&seed| header.data.split_of(seed)))
    }

    /// From the index of each seed's split.
    fn of_splits(splits: impl ExactSizeIterator<Item = usize>) -> Self {
        let seeds = splits.len();
        match splits.collect::<BTreeSet<_>>().len() {
            0 | 1 => Self::OneSplit,
            splits if splits == seeds => Self::OwnSplits(splits),
            splits => Self::WithinSplits(splits),
        }
    }

    /// What an interval over seeds takes as given.
    pub fn over_seeds(self) -> String {
        match self {
            Self::OneSplit => "over seeds, this split".into(),
            Self::WithinSplits(splits) => format!("over seeds within {splits} splits"),
            Self::OwnSplits(_) => "over seeds, each with its own split".into(),
        }
    }

    /// What the wider interval is over.
    pub const fn over_rows(self) -> &'static str {
        match self {
            Self::OneSplit => "over seeds and test rows",
            Self::WithinSplits(_) | Self::OwnSplits(_) => "over seeds, test rows and splits",
        }
    }

    /// How that is made.
    pub const fn method(self) -> &'static str {
        match self {
            Self::OneSplit => "crossed bootstrap",
            Self::WithinSplits(_) | Self::OwnSplits(_) => "rows resampled in all splits together",
        }
    }

    /// What seeds differ in at the whole training split.
    pub fn at_whole_split(self) -> String {
        match self {
            Self::OneSplit => {
                "all seeds share the same rows: the deviation there is optimisation noise only".into()
            }
            Self::WithinSplits(splits) | Self::OwnSplits(splits) => format!(
                "a seed's training rows are its split's: the deviation there is of {splits} splits, which have most \
                 rows in common, and of optimisation"
            ),
        }
    }

    /// The same, shorter.
    pub fn at_whole_split_in_short(self) -> String {
        match self {
            Self::OneSplit => "optimisation noise only".into(),
            Self::WithinSplits(splits) | Self::OwnSplits(splits) => {
                format!("of optimisation and {splits} splits")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_from_the_splits_that_seeds_are_assigned_to() {
        for (splits, expected, name) in [
            (vec![0, 0, 0], Sampling::OneSplit, "over seeds, this split"),
            (vec![2, 2], Sampling::OneSplit, "over seeds, this split"),
            (vec![0, 1, 2, 0], Sampling::WithinSplits(3), "over seeds within 3 splits"),
            (vec![1, 0], Sampling::OwnSplits(2), "over seeds, each with its own split"),
        ] {
            let sampling = Sampling::of_splits(splits.into_iter());
            assert_eq!((sampling, sampling.over_seeds().as_str()), (expected, name));
            let is_one = sampling == Sampling::OneSplit;
            assert_eq!(sampling.at_whole_split().contains("optimisation noise only"), is_one);
            assert_eq!(sampling.over_rows().contains("splits"), !is_one);
        }
    }
}
