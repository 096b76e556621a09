//! A column of a long form, and how it is made from rows.

use std::borrow::Cow;

use crate::contents::Contents;
use crate::sentences;
use study::grid::{CohortId, Seed};
use study::model::Rate;

/// The values of one column. An absent value is null.
pub(super) enum Column<'a> {
    /// Text of a few kinds, or a message.
    Text(Vec<Option<Cow<'a, str>>>),
    /// Counts and seeds.
    Counts(Vec<Option<u64>>),
    /// Finite numbers.
    Numbers(Vec<Option<f64>>),
}

impl Column<'_> {
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Counts(counts) => counts.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// A row that belongs to a trial.
pub(super) trait OfTrial {
    /// Its configuration.
    fn cohort(&self) -> CohortId;
    /// Its seed.
    fn seed(&self) -> Seed;
}

/// Named columns over rows that are all of one kind.
pub(super) struct Columns<'r, 'a, R> {
    rows: &'r [R],
    made: Vec<(String, Column<'a>)>,
}

impl<'r, 'a, R: OfTrial> Columns<'r, 'a, R> {
    /// Begins with what names a trial.
    pub(super) fn of(rows: &'r [R]) -> Self {
        let mut columns = Self { rows, made: Vec::new() };
        columns.text("fusion", |row| Some(row.cohort().fusion.plain().name().into()));
        columns.text("task", |row| Some(row.cohort().task.name().into()));
        columns.counts("train_size", |row| Some(row.cohort().train_size as u64));
        columns.counts("seed", |row| Some(row.seed().0));
        columns
    }

    pub(super) fn text(&mut self, name: &str, value: impl Fn(&R) -> Option<Cow<'a, str>>) {
        self.made.push((name.into(), Column::Text(self.rows.iter().map(value).collect())));
    }

    pub(super) fn counts(&mut self, name: &str, value: impl Fn(&R) -> Option<u64>) {
        self.made.push((name.into(), Column::Counts(self.rows.iter().map(value).collect())));
    }

    /// A number that is not finite becomes null.
    pub(super) fn numbers(&mut self, name: impl Into<String>, value: impl Fn(&R) -> Option<f64>) {
        let finite = |row| value(row).filter(|number| number.is_finite());
        self.made.push((name.into(), Column::Numbers(self.rows.iter().map(finite).collect())));
    }

    /// The run's fingerprints, as short as in tables, then how each model was trained; the learning rate only where some
    /// model has several.
    pub(super) fn fingerprints_and_training(&mut self, contents: &Contents<'a>) {
        let [config, data] = sentences::fingerprints(contents);
        self.text("config_fingerprint", |_| Some(config.clone().into()));
        self.text("data_fingerprint", |_| Some(data.clone().into()));
        self.text("robust", |row| Some(row.cohort().fusion.robust.name().into()));
        if !contents.header.sweep.rates.is_empty() {
            self.numbers("learning_rate", |row| row.cohort().fusion.rate().map(Rate::value));
        }
    }

    /// The columns, in the order in which they were added.
    pub(super) fn made(self) -> Vec<(String, Column<'a>)> {
        self.made
    }
}
