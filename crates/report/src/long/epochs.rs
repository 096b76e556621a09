//! One row for each epoch of each trial: losses and accuracies.

use super::columns::{Column, Columns, OfTrial};
use crate::contents::Contents;
use study::event::SeedMetrics;
use study::grid::{CohortId, Seed};

struct Row<'a> {
    cohort: CohortId,
    /// Counted from 1.
    epoch: u64,
    metrics: &'a SeedMetrics,
}

impl OfTrial for Row<'_> {
    fn cohort(&self) -> CohortId {
        self.cohort
    }

    fn seed(&self) -> Seed {
        self.metrics.seed
    }
}

pub(super) fn columns<'a>(contents: &Contents<'a>) -> Vec<(String, Column<'a>)> {
    let rows: Vec<Row> = contents
        .state
        .cohorts()
        .flat_map(|(cohort, state)| state.trials.values().map(move |trial| (cohort, trial)))
        .flat_map(|(cohort, trial)| {
            trial.metrics.iter().zip(1..).map(move |(metrics, epoch)| Row { cohort, epoch, metrics })
        })
        .collect();
    let mut columns = Columns::of(&rows);
    columns.counts("epoch", |row| Some(row.epoch));
    columns.numbers("train_loss", |row| Some(row.metrics.train_loss));
    columns.numbers("train_accuracy", |row| Some(row.metrics.train_accuracy));
    columns.numbers("val_loss", |row| Some(row.metrics.val_loss));
    columns.numbers("val_accuracy", |row| Some(row.metrics.val_accuracy));
    columns.fingerprints_and_training(contents);
    columns.made()
}
