//! Classes of a task: their rows in each split, and which were taken for which.

use super::cell::{count, percent};
use super::contents::Contents;
use super::grid::{Entry, Grid};
use study::confusion::Confusion;
use study::event::TaskFacts;
use study::grid::{CohortId, Task};
use study::model::ModelId;
use study::summary::confusion_of;

/// Classes at most of which the whole matrix is shown.
const MOST_IN_MATRIX: usize = 20;
/// Confusions that are named where it is not.
const MOST_NAMED: usize = 20;
/// Confusions that are named on a terminal.
const MOST_ON_TERMINAL: usize = 3;

/// What one fusion takes for what, summed over the seeds.
pub(super) struct Matrix<'a> {
    facts: &'a TaskFacts,
    fusion: ModelId,
    train_size: usize,
    seeds: usize,
    confusion: Confusion,
}

/// A row for each class; absent for two that are called 0 and 1.
pub(super) fn rows(contents: &Contents, task: Task) -> Option<Grid> {
    let facts = contents.header.data.task(task).filter(|facts| !facts.classes.is_empty())?;
    let rows = contents.header.data.rows;
    let of_class = facts.class_shares.iter().enumerate().map(|(class, share)| {
        let cell = |share: f64, rows: usize| {
            format!("{} ({} %)", count((share * rows as f64).round() as usize), percent(share))
        };
        [
            facts.class_name(class),
            cell(share.train, rows.train),
            cell(share.validation, rows.validation),
            cell(share.test, rows.test),
        ]
    });
    Some(Grid::new(["class", "training rows", "validation rows", "test rows"], of_class))
}

/// Over that table.
pub(super) fn over_rows(contents: &Contents, task: Task) -> String {
    let splits = if contents.header.data.has_several_splits() { ", mean over splits" } else { "" };
    format!("{} classes{splits}:", contents.header.data.task(task).map_or(2, TaskFacts::class_count))
}

/// One for each fusion of the sweep at the largest size; none for two classes.
pub(super) fn matrices<'a>(contents: &'a Contents, task: Task) -> Vec<Matrix<'a>> {
    let Some(facts) = contents.header.data.task(task).filter(|facts| facts.class_count() > 2) else {
        return Vec::new();
    };
    let train_size = contents.largest();
    let matrix = |&fusion: &ModelId| {
        let cohort = contents.state.cohort(CohortId { fusion, task, train_size })?;
        let (confusion, seeds) = (confusion_of(cohort), cohort.evaluations().count());
        (!confusion.is_empty()).then_some(Matrix { facts, fusion, train_size, seeds, confusion })
    };
    contents.fusions().iter().filter_map(matrix).collect()
}

impl Matrix<'_> {
    /// Over the table.
    pub(super) fn title(&self) -> String {
        let what = if self.is_whole() {
            "true classes by row, predicted classes by column".to_owned()
        } else {
            format!("the largest confusions of {} classes", self.facts.class_count())
        };
        let seeds = if self.seeds == 1 { "seed" } else { "seeds" };
        format!(
            "{} at train size {}: {what}; test rows, summed over {} {seeds}.",
            self.fusion,
            count(self.train_size),
            self.seeds
        )
    }

    /// The matrix, or of more classes its largest cells beside the diagonal.
    pub(super) fn grid(&self) -> Grid {
        if !self.is_whole() {
            let cell = |(truth, predicted, rows, share): (String, String, u64, f64)| {
                [truth, predicted, count(rows as usize), format!("{} %", percent(share))]
            };
            let names = ["class", "taken for", "test rows", "of the class"];
            return Grid::new(names, self.largest(MOST_NAMED).into_iter().map(cell));
        }
        let classes = self.facts.class_count();
        let names: Vec<String> = (0..classes).map(|class| self.facts.class_name(class)).collect();
        let row = |truth: usize| {
            let cell = |predicted| Entry::from(count(self.confusion.cell(truth, predicted) as usize));
            [Entry::from(names[truth].as_str())].into_iter().chain((0..classes).map(cell)).collect()
        };
        Grid {
            names: ["class".to_owned()].into_iter().chain(names.iter().cloned()).collect(),
            rows: (0..classes).map(row).collect(),
        }
    }

    /// `concat takes a for b 12.0 %, …`
    pub(super) fn in_short(&self) -> String {
        let named: Vec<String> = self
            .largest(MOST_ON_TERMINAL)
            .into_iter()
            .map(|(truth, predicted, _, share)| format!("{truth} for {predicted} {} %", percent(share)))
            .collect();
        if named.is_empty() {
            return format!("{} takes no class for another", self.fusion);
        }
        format!("{} takes {}", self.fusion, named.join(", "))
    }

    fn is_whole(&self) -> bool {
        self.facts.class_count() <= MOST_IN_MATRIX
    }

    /// The largest confusions: true class, predicted class, rows, and their share of the true class's rows.
    fn largest(&self, most: usize) -> Vec<(String, String, u64, f64)> {
        let of_classes = self.confusion.of_classes(self.facts.class_count());
        let named = |(truth, predicted, rows): (u16, u16, u32)| {
            let of_class = of_classes.get(usize::from(truth)).copied().unwrap_or_default().max(1);
            let name = |class: u16| self.facts.class_name(usize::from(class));
            (name(truth), name(predicted), u64::from(rows), f64::from(rows) / of_class as f64)
        };
        self.confusion.mistakes().into_iter().take(most).map(named).collect()
    }
}
