//! The list of runs as a table: columns, and runs that are filtered and sorted. Knows no screen.

use std::cmp::Ordering;

use super::results::in_order;
use super::shown::SortOrder;
use study::filter::Filter;
use study::format::percent;
use study::listing::RunEntry;

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListColumn {
    /// Its label's name, or that of its configuration.
    Name,
    /// Where it stands.
    State,
    /// Configurations with an outcome.
    Done,
    /// The highest test accuracy, and which fusion's it is on which task: of two tasks it is often that of the easier one.
    Best,
    /// The data set.
    Data,
    /// What its user groups it by.
    Tags,
    /// When it began.
    Begun,
    /// Where it is.
    Directory,
}

impl ListColumn {
    /// Every column, from left to right.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::State,
        Self::Done,
        Self::Best,
        Self::Data,
        Self::Tags,
        Self::Begun,
        Self::Directory,
    ];

    /// Columns in the order in which a narrow screen gives them up, last first.
    pub const BY_PRIORITY: [Self; 8] = [
        Self::Name,
        Self::State,
        Self::Done,
        Self::Best,
        Self::Begun,
        Self::Tags,
        Self::Data,
        Self::Directory,
    ];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Name => "run",
            Self::State => "state",
            Self::Done => "done",
            Self::Best => "best test %",
            Self::Data => "data",
            Self::Tags => "tags",
            Self::Begun => "begun",
            Self::Directory => "directory",
        }
    }

    /// How `--sort` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Best => "best",
            _ => self.title(),
        }
    }

    /// Whether its cells lean to the right.
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::Done | Self::Begun)
    }

    /// A run's text at a time for ages; empty where there is nothing.
    pub fn text(self, entry: &RunEntry, now_ms: u64) -> String {
        match self {
            Self::Name => entry.shown_name().to_owned(),
            Self::State => entry.state.text(entry.shortfall),
            Self::Done => format!("{}/{}", entry.done, entry.all),
            Self::Best => entry.best.map_or_else(String::new, |best| {
                format!("{} {}, {}", percent(best.test_accuracy), best.fusion(), best.id.task)
            }),
            Self::Data => entry.data.clone(),
            Self::Tags => entry.labels.tag_list(),
            Self::Begun => entry.age(now_ms).unwrap_or_default(),
            Self::Directory => entry.directory(),
        }
    }

    /// The column to sort by after `sorted`; after the last one, none.
    pub fn after(sorted: Option<Self>) -> Option<Self> {
        match sorted {
            None => Some(Self::ALL[0]),
            Some(column) => Self::ALL.iter().copied().find(|&next| next > column),
        }
    }

    fn compare(self, a: &RunEntry, b: &RunEntry) -> Ordering {
        let share = |entry: &RunEntry| entry.done as f64 / entry.all.max(1) as f64;
        let best = |entry: &RunEntry| entry.best.map_or(f64::NEG_INFINITY, |best| best.test_accuracy);
        match self {
            Self::Done => share(a).total_cmp(&share(b)).then(a.done.cmp(&b.done)),
            Self::Best => best(a).total_cmp(&best(b)),
            // The times themselves: first the one that began first.
            Self::Begun => a.started_ms.cmp(&b.started_ms),
            Self::Name | Self::State | Self::Data | Self::Tags | Self::Directory => {
                let text = |entry: &RunEntry| self.text(entry, 0).to_lowercase();
                text(a).cmp(&text(b))
            }
        }
    }
}

/// The runs that pass the filter, in the order asked for; those that have nothing in the sorted column stand last.
pub fn arranged<'a>(
    entries: &'a [RunEntry],
    filter: &Filter,
    (sort, order): (Option<ListColumn>, SortOrder),
    now_ms: u64,
) -> Vec<&'a RunEntry> {
    let passing = entries.iter().filter(|entry| entry.passes(filter, now_ms));
    let Some(column) = sort else { return passing.collect() };
    in_order(passing, order, |entry| column.text(entry, now_ms).is_empty(), |a, b| column.compare(a, b))
}

#[cfg(test)]
mod tests {
    use SortOrder::{Ascending, Descending};
    use std::path::PathBuf;

    use study::filter::{Key, Typed};
    use study::grid::{CohortId, Task};
    use study::labels::Labels;
    use study::listing::BestScore;
    use study::model::ModelId;

    use super::*;

    fn entries() -> Vec<RunEntry> {
        let entry = |name: &str, best: Option<f64>, tag: &str, started_ms| RunEntry {
            labels: Labels::new("", "", vec![tag.parse().unwrap()]).unwrap(),
            best: best.map(|test_accuracy| BestScore {
                id: CohortId { fusion: ModelId::PRODUCT, task: Task::Real, train_size: 64 },
                test_accuracy,
            }),
            started_ms: Some(started_ms),
            ..RunEntry::unread(PathBuf::from(name))
        };
        vec![
            entry("b", Some(0.7), "x", 3_000),
            entry("A", None, "y", 2_000),
            entry("c", Some(0.8), "x", 1_000),
        ]
    }

    #[test]
    fn runs_are_filtered_and_sorted_by_any_column() {
        let entries = entries();
        let names = |filter: &str, sort, order| {
            let filter = Typed::read(filter, Key::RUNS).whole().unwrap();
            let shown = arranged(&entries, &filter, (sort, order), 5_000);
            shown.iter().map(|entry| entry.name.clone()).collect::<String>()
        };
        assert_eq!(names("", None, Descending), "bAc", "the order of the list");
        assert_eq!(names("", Some(ListColumn::Name), Ascending), "Abc");
        assert_eq!(names("", Some(ListColumn::Best), Ascending), "bcA", "what has no score stands last");
        assert_eq!(names("", Some(ListColumn::Best), Descending), "cbA");
        assert_eq!(names("", Some(ListColumn::Begun), Ascending), "cAb");
        assert_eq!(names("tag=x", Some(ListColumn::Begun), Descending), "bc");
        for column in ListColumn::ALL {
            assert_eq!(names("", Some(column), Ascending).len(), 3, "{column:?}");
        }
    }

    #[test]
    fn columns_have_a_name_each_and_follow_each_other() {
        let mut seen = Vec::new();
        let mut sorted = None;
        while let Some(column) = ListColumn::after(sorted) {
            sorted = Some(column);
            seen.push(column.name());
        }
        assert_eq!(seen, ["name", "state", "done", "best", "data", "tags", "begun", "directory"]);
        let best = ListColumn::Best.text(&entries()[0], 0);
        assert_eq!(best, "70.0 product, real");
    }
}
