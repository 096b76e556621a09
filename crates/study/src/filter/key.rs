//! What a filter can ask for, and how the values of each are written.

use std::fmt;

use super::day::Day;

/// What a row can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// How the modalities are joined.
    Fusion,
    /// What is predicted.
    Task,
    /// Where a run, a configuration, a trial or a job stands.
    State,
    /// Rows that each trial saw.
    Size,
    /// Trials of a configuration that completed.
    Seeds,
    /// A trial's seed.
    Seed,
    /// Validation accuracy at the best epoch.
    Val,
    /// Test accuracy at that epoch.
    Acc,
    /// Area under the ROC curve.
    Auc,
    /// A run's name.
    Name,
    /// Its data set.
    Data,
    /// One of its tags.
    Tag,
    /// Its note.
    Note,
    /// The day on which it began.
    Date,
}

/// How a key's values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole.
    Word,
    /// By what they contain.
    Text,
    /// As numbers.
    Count,
    /// As fractions.
    Share,
    /// As days.
    Date,
}

/// What a key is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// In lower case.
    Text(String),
    Number(f64),
    Day(Day),
}

impl Key {
    /// Every key.
    pub const ALL: [Self; 14] = [
        Self::Fusion,
        Self::Task,
        Self::State,
        Self::Size,
        Self::Seeds,
        Self::Seed,
        Self::Val,
        Self::Acc,
        Self::Auc,
        Self::Name,
        Self::Data,
        Self::Tag,
        Self::Note,
        Self::Date,
    ];

    /// Those of a table of configurations.
    pub const CONFIGURATIONS: &'static [Self] =
        &[Self::Fusion, Self::Task, Self::State, Self::Size, Self::Seeds, Self::Val, Self::Acc, Self::Auc];

    /// Those of a table of trials.
    pub const TRIALS: &'static [Self] =
        &[Self::Fusion, Self::Task, Self::State, Self::Size, Self::Seed, Self::Val, Self::Acc, Self::Auc];

    /// Those of a table of jobs: their own, and those of what they train.
    pub const JOBS: &'static [Self] = &[Self::State, Self::Fusion, Self::Task, Self::Size];

    /// Those of a list of runs: its own, and those of its configurations.
    pub const RUNS: &'static [Self] = &[
        Self::Name,
        Self::Data,
        Self::Tag,
        Self::Note,
        Self::Date,
        Self::State,
        Self::Fusion,
        Self::Task,
        Self::Size,
        Self::Seeds,
        Self::Val,
        Self::Acc,
        Self::Auc,
    ];

    /// The name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fusion => "fusion",
            Self::Task => "task",
            Self::State => "state",
            Self::Size => "size",
            Self::Seeds => "seeds",
            Self::Seed => "seed",
            Self::Val => "val",
            Self::Acc => "acc",
            Self::Auc => "auc",
            Self::Name => "name",
            Self::Data => "data",
            Self::Tag => "tag",
            Self::Note => "note",
            Self::Date => "date",
        }
    }

    /// Whether a run is asked for it through its configurations, one of which has to match all such terms.
    pub const fn is_of_configurations(self) -> bool {
        match self {
            Self::Fusion
            | Self::Task
            | Self::Size
            | Self::Seeds
            | Self::Seed
            | Self::Val
            | Self::Acc
            | Self::Auc => true,
            Self::State | Self::Name | Self::Data | Self::Tag | Self::Note | Self::Date => false,
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Fusion | Self::Task | Self::State | Self::Tag => Kind::Word,
            Self::Name | Self::Data | Self::Note => Kind::Text,
            Self::Size | Self::Seeds | Self::Seed => Kind::Count,
            Self::Val | Self::Acc | Self::Auc => Kind::Share,
            Self::Date => Kind::Date,
        }
    }
}

impl Kind {
    /// Whether its values have an order.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Count | Self::Share | Self::Date)
    }

    /// The value that `text` stands for, or what it should be.
    pub(super) fn read(self, text: &str) -> Result<Value, &'static str> {
        match self {
            Self::Word | Self::Text => Ok(Value::Text(text.to_lowercase())),
            Self::Count => {
                number(&text.replace(',', "")).map(Value::Number).ok_or("a number is wanted, such as 512")
            }
            Self::Share => share(text)
                .map(Value::Number)
                .ok_or("a fraction or a percentage is wanted, such as .8 or 80%"),
            Self::Date => {
                Day::read(text).map(Value::Day).ok_or("a day of UTC is wanted, such as 2026-11-01 or today")
            }
        }
    }
}

/// A number that is not negative.
fn number(text: &str) -> Option<f64> {
    // `inf`, `nan` and `1e3` are numbers elsewhere.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain)
}

/// `.8` or `80%`.
fn share(text: &str) -> Option<f64> {
    let fraction = match text.strip_suffix('%') {
        Some(percent) => number(percent)? / 100.0,
        None => number(text)?,
    };
    (fraction <= 1.0).then_some(fraction)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Day(day) => write!(f, "{day}"),
        }
    }
}

/// `text` as one value: in quotes where it holds a space.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text.to_owned() }
}
