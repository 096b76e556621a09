//! A configuration with the numbers that tables and lists are filtered by.

use std::borrow::Cow;

use super::filter::{Got, Key, Row};
use super::grid::CohortId;
use super::look::look;
use super::summary::SummaryRow;

/// One row of a run's summary, as a filter sees it. Accuracies are fractions.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Which configuration.
    pub id: CohortId,
    /// Where it stands.
    pub state: &'static str,
    /// Trials that completed.
    pub seeds: usize,
    /// Validation accuracy at the best epoch, mean over seeds.
    pub val: Option<f64>,
    /// Test accuracy at that epoch, likewise.
    pub acc: Option<f64>,
    /// Area under the ROC curve, likewise.
    pub auc: Option<f64>,
}

impl From<&SummaryRow> for Scored {
    fn from(row: &SummaryRow) -> Self {
        Self {
            id: CohortId { fusion: row.fusion, task: row.task, train_size: row.train_size },
            state: row.status,
            seeds: row.seeds,
            val: row.val_accuracy_mean,
            acc: row.test_accuracy_mean,
            auc: row.auc_mean,
        }
    }
}

/// Whether `word` begins the fusion, the task or the state, or is the size.
pub fn named(id: CohortId, state: &str, word: &str) -> bool {
    let fusion = id.fusion.to_string();
    let names = [fusion.as_str(), id.task.name(), state];
    names.iter().any(|name| name.starts_with(word)) || id.train_size.to_string() == word.replace(',', "")
}

/// What a configuration has of the keys that say which one it is.
pub fn setting(id: CohortId, key: Key) -> Got<'static> {
    match key {
        Key::Fusion => Got::Texts(vec![id.fusion.to_string().into(), look(id.fusion).short_name.into()]),
        Key::Task => Got::Texts(vec![id.task.name().into(), id.task.short_name().into()]),
        Key::Size => Got::Number(id.train_size as f64),
        _ => Got::Nothing,
    }
}

impl Row for &Scored {
    fn has_word(&self, word: &str) -> bool {
        named(self.id, self.state, word)
    }

    fn get(&self, key: Key) -> Got<'_> {
        match key {
            Key::State => Got::Texts(vec![Cow::Borrowed(self.state)]),
            Key::Seeds => Got::Number(self.seeds as f64),
            Key::Val => Got::number(self.val),
            Key::Acc => Got::number(self.acc),
            Key::Auc => Got::number(self.auc),
            _ => setting(self.id, key),
        }
    }
}
