//! The results table as values: columns of the summary, sorted and filtered rows, and text for the
//! clipboard. Knows no screen.

use std::cmp::Ordering;

use super::shown::SortOrder;
use study::event::NoiseMean;
use study::filter::{Key, Typed};
use study::format::signed_points;
use study::grid::{CohortId, Condition, Task};
use study::look::look;
use study::model::ModelId;
use study::scored::Scored;
use study::summary::SummaryRow;

use super::text::{count, duration, percent, percent_spread, share_spread};

/// A column of the summary that the screen shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// How the modalities are joined.
    Fusion,
    /// What is predicted.
    Task,
    /// Rows that each trial saw.
    TrainSize,
    /// Trials that completed.
    Seeds,
    /// Validation accuracy at the best epoch.
    Validation,
    /// Test accuracy at that epoch.
    Test,
    /// Area under the ROC curve.
    Auc,
    /// Test accuracy less concat's.
    Difference,
    /// Retained skill under noise on text.
    RetainedText,
    /// … on images.
    RetainedImage,
    /// … on both.
    RetainedBoth,
    /// Median best epoch.
    BestEpoch,
    /// Parameters of the head.
    Parameters,
    /// Worker time.
    Seconds,
    /// Where it stands.
    Status,
}

impl Column {
    /// Every column, from left to right.
    pub const ALL: [Self; 15] = [
        Self::Fusion,
        Self::Task,
        Self::TrainSize,
        Self::Seeds,
        Self::Validation,
        Self::Test,
        Self::Auc,
        Self::Difference,
        Self::RetainedText,
        Self::RetainedImage,
        Self::RetainedBoth,
        Self::BestEpoch,
        Self::Parameters,
        Self::Seconds,
        Self::Status,
    ];

    /// Columns in the order in which a narrow screen gives them up, last first.
    pub const BY_PRIORITY: [Self; 15] = [
        Self::Fusion,
        Self::Task,
        Self::TrainSize,
        Self::Validation,
        Self::Test,
        Self::Status,
        Self::Auc,
        Self::Seeds,
        Self::Difference,
        Self::RetainedText,
        Self::RetainedImage,
        Self::RetainedBoth,
        Self::BestEpoch,
        Self::Seconds,
        Self::Parameters,
    ];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fusion => "fusion",
            Self::Task => "task",
            Self::TrainSize => "size",
            Self::Seeds => "seeds",
            Self::Validation => "val. acc. %",
            Self::Test => "test acc. %",
            Self::Auc => "AUC",
            Self::Difference => "vs concat",
            Self::RetainedText => "text",
            Self::RetainedImage => "image",
            Self::RetainedBoth => "both",
            Self::BestEpoch => "best ep.",
            Self::Parameters => "parameters",
            Self::Seconds => "time",
            Self::Status => "status",
        }
    }

    /// Columns of text that it needs, the gap left out.
    pub const fn width(self) -> u16 {
        match self {
            Self::TrainSize | Self::Fusion => 7,
            Self::Seeds | Self::RetainedText | Self::RetainedImage | Self::RetainedBoth => 5,
            Self::Validation | Self::Test => 11,
            Self::Auc | Self::Parameters => 10,
            Self::Difference | Self::Status | Self::Task => 9,
            Self::BestEpoch | Self::Seconds => 8,
        }
    }

    /// Whether it holds numbers, which are aligned on the right.
    pub const fn is_numeric(self) -> bool {
        !matches!(self, Self::Fusion | Self::Task | Self::Status)
    }

    /// A row's text.
    pub fn text(self, row: &SummaryRow, absent: &str) -> String {
        let or_absent = |text: Option<String>| text.unwrap_or_else(|| absent.to_owned());
        match self {
            Self::Fusion => look(row.fusion).short_name.into(),
            Self::Task => row.task.short_name(),
            Self::TrainSize => count(row.train_size),
            Self::Seeds => row.seeds.to_string(),
            Self::Validation => percent_spread(row.val_accuracy_mean, row.val_accuracy_std, absent),
            Self::Test => percent_spread(row.test_accuracy_mean, row.test_accuracy_std, absent),
            Self::Auc => share_spread(row.auc_mean, row.auc_std, absent),
            Self::Difference => or_absent(row.difference_to_concat.map(signed_points)),
            Self::RetainedText => or_absent(row.retained(Condition::Text, NoiseMean::Empirical).map(percent)),
            Self::RetainedImage => {
                or_absent(row.retained(Condition::Image, NoiseMean::Empirical).map(percent))
            }
            Self::RetainedBoth => or_absent(row.retained(Condition::Both, NoiseMean::Empirical).map(percent)),
            Self::BestEpoch => or_absent(row.best_epoch_median.map(|epoch| format!("{epoch}"))),
            Self::Parameters => or_absent(row.parameters.map(count)),
            Self::Seconds => or_absent((row.seconds > 0.0).then(|| duration(row.seconds))),
            Self::Status => row.status.into(),
        }
    }

    fn compare(self, a: &SummaryRow, b: &SummaryRow) -> Ordering {
        let numbers = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        match self {
            Self::Fusion => a.fusion.cmp(&b.fusion),
            Self::Task => a.task.cmp(&b.task),
            Self::TrainSize => a.train_size.cmp(&b.train_size),
            Self::Seeds => a.seeds.cmp(&b.seeds),
            Self::Validation => numbers(a.val_accuracy_mean, b.val_accuracy_mean),
            Self::Test => numbers(a.test_accuracy_mean, b.test_accuracy_mean),
            Self::Auc => numbers(a.auc_mean, b.auc_mean),
            Self::Difference => numbers(a.difference_to_concat, b.difference_to_concat),
            Self::RetainedText => numbers(
                a.retained(Condition::Text, NoiseMean::Empirical),
                b.retained(Condition::Text, NoiseMean::Empirical),
            ),
            Self::RetainedImage => numbers(
                a.retained(Condition::Image, NoiseMean::Empirical),
                b.retained(Condition::Image, NoiseMean::Empirical),
            ),
            Self::RetainedBoth => numbers(
                a.retained(Condition::Both, NoiseMean::Empirical),
                b.retained(Condition::Both, NoiseMean::Empirical),
            ),
            Self::BestEpoch => numbers(a.best_epoch_median, b.best_epoch_median),
            Self::Parameters => a.parameters.cmp(&b.parameters),
            Self::Seconds => a.seconds.total_cmp(&b.seconds),
            Self::Status => a.status.cmp(b.status),
        }
    }

    /// The column to sort by after `sorted`; after the last one, none.
    pub fn after(sorted: Option<Self>) -> Option<Self> {
        match sorted {
            None => Some(Self::ALL[0]),
            Some(column) => Self::ALL.iter().copied().find(|&next| next > column),
        }
    }
}

/// The configuration of a row.
pub fn id_of(row: &SummaryRow) -> CohortId {
    CohortId { fusion: row.fusion, task: row.task, train_size: row.train_size }
}

/// The rows that pass the filter, in the order asked for. Terms of the filter with an error do not apply.
pub fn visible<'a>(
    rows: &'a [SummaryRow],
    filter: &str,
    sort: Option<Column>,
    order: SortOrder,
) -> Vec<&'a SummaryRow> {
    let filter = Typed::read(filter, Key::CONFIGURATIONS).filter;
    // Configurations have no day on which they began.
    let visible = rows.iter().filter(|row| filter.passes(&&Scored::from(*row), 0));
    let Some(column) = sort else { return visible.collect() };
    in_order(visible, order, |row| column.text(row, "").is_empty(), |a, b| column.compare(a, b))
}

/// Rows in order, those that have no value last whichever way the others go.
pub(super) fn in_order<T>(
    rows: impl Iterator<Item = T>,
    order: SortOrder,
    is_absent: impl Fn(&T) -> bool,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let (absent, mut present): (Vec<T>, Vec<T>) = rows.partition(is_absent);
    present.sort_by(|a, b| match order {
        SortOrder::Ascending => compare(a, b),
        SortOrder::Descending => compare(b, a),
    });
    present.extend(absent);
    present
}

/// The summary's own order of configurations.
pub(super) const SETTING_ORDER: fn(&CohortId) -> (Task, ModelId, usize) =
    |id| (id.task, id.fusion, id.train_size);

/// The visible rows as tab-separated text, for a spreadsheet.
pub fn as_tsv(rows: &[&SummaryRow]) -> String {
    let cells = |texts: Vec<String>| texts.join("\t");
    let mut text = cells(Column::ALL.iter().map(|column| column.title().to_owned()).collect());
    for row in rows {
        text.push('\n');
        // A spreadsheet reads a number by its ASCII minus.
        let value = |column: &Column| column.text(row, "").replace('−', "-");
        text.push_str(&cells(Column::ALL.iter().map(value).collect()));
    }
    text
}
