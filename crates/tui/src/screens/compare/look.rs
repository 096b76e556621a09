//! The view state of the comparison, and how keys change it.

use std::collections::BTreeSet;

use super::keys::{Action, View};
use crate::keymap::Direction;
use monitor::model::Model;
use monitor::shown::{Band, Split};
use study::grid::{CohortId, Condition, Task};
use study::model::ModelId;

/// What a run is called on its line; no more are compared.
pub(super) const LETTERS: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];
/// Rows that a page key moves over.
const PAGE: usize = 10;

/// The view state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) view: View,
    pub(crate) task: Task,
    pub(crate) fusion: ModelId,
    /// Of noise and ROC; absent: the largest with results.
    pub(crate) size: Option<usize>,
    pub(crate) split: Split,
    pub(crate) condition: Condition,
    pub(crate) row: usize,
    /// One fusion or every one.
    pub(crate) shown: Shown,
    pub(crate) bands: Bands,
    /// The place of the run that the others are compared with.
    pub(crate) reference: usize,
    /// The first run whose configuration is shown.
    pub(crate) column: usize,
}

/// Which fusions the charts show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The one under the cursor.
    #[default]
    One,
    /// Every one, each in a small chart.
    All,
}

/// What is around the runs' means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bands {
    /// A band.
    Of(Band),
    /// Nothing.
    Off,
}

impl Bands {
    const fn next(self) -> Self {
        match self {
            Self::Of(Band::Std) => Self::Of(Band::Interval),
            Self::Of(Band::Interval) => Self::Of(Band::Range),
            Self::Of(Band::Range | Band::EachSeed) => Self::Off,
            Self::Off => Self::Of(Band::Std),
        }
    }
}

impl Default for Looked {
    fn default() -> Self {
        Self {
            view: View::Accuracy,
            task: Task::Real,
            fusion: ModelId::PRODUCT,
            size: None,
            split: Split::Test,
            condition: Condition::Both,
            row: 0,
            shown: Shown::default(),
            bands: Bands::Of(Band::default()),
            reference: 0,
            column: 0,
        }
    }
}

impl Looked {
    /// Does what changes only the view state; the view's table has so many `rows`, and its columns are scrolled at most
    /// `beyond` to the right.
    pub(crate) fn update(&mut self, action: Action, models: &[&Model], (rows, beyond): (usize, usize)) {
        let runs = models.len().max(1);
        match action {
            Action::Show(view) if view == self.view => {}
            Action::Show(view) => (self.view, self.row, self.column) = (view, 0, 0),
            Action::ToggleAll => {
                self.shown = match self.shown {
                    Shown::One => Shown::All,
                    Shown::All => Shown::One,
                }
            }
            Action::CycleBand => self.bands = self.bands.next(),
            Action::NextReference => self.reference = (self.reference + 1) % runs,
            Action::Move(Direction::Left) if self.view == View::Configurations => {
                self.column = self.column.min(beyond).saturating_sub(1);
            }
            Action::Move(Direction::Right) if self.view == View::Configurations => {
                self.column = (self.column + 1).min(beyond);
            }
            Action::StepFusion(by) => self.fusion = step(&fusions(models), self.fusion, by),
            Action::ToggleTask => self.task = step(&tasks(models), self.task, 1),
            Action::NextCondition => self.condition = step(&Condition::ALL, self.condition, 1),
            Action::ToggleSplit => self.split = self.split.other(),
            Action::Move(Direction::Left) => self.step_size(models, -1),
            Action::Move(Direction::Right) => self.step_size(models, 1),
            Action::Move(direction) => {
                let last = rows.saturating_sub(1);
                self.row = direction.along(self.row.min(last), last, PAGE);
            }
            Action::Point(row) => self.row = row,
            Action::Back
            | Action::Help
            | Action::Search(_)
            | Action::ToggleMouse
            | Action::Quit
            | Action::Suspend => {}
        }
    }

    fn step_size(&mut self, models: &[&Model], by: isize) {
        let sizes = sizes(models);
        let here = self.size_of(models).and_then(|size| sizes.iter().position(|&other| other == size));
        self.size = here.map(|place| sizes[place.saturating_add_signed(by).min(sizes.len() - 1)]);
    }

    /// The size of noise and ROC.
    pub(super) fn size_of(&self, models: &[&Model]) -> Option<usize> {
        let has_results = |&size: &usize| {
            let id = CohortId { fusion: self.fusion, task: self.task, train_size: size };
            models.iter().any(|model| model.derived.series(id).is_some_and(|series| series.test.is_some()))
        };
        let sizes = sizes(models);
        self.size.or_else(|| sizes.iter().copied().rev().find(has_results)).or_else(|| sizes.last().copied())
    }
}

/// The value so many places on in `all`, around the end.
fn step<T: Copy + PartialEq>(all: &[T], from: T, by: isize) -> T {
    let place = all.iter().position(|&one| one == from).unwrap_or(0);
    all[(place as isize + by).rem_euclid(all.len() as isize) as usize]
}

/// Tasks of all runs.
pub(super) fn tasks(models: &[&Model]) -> Vec<Task> {
    let headers = models.iter().filter_map(|model| model.run.header());
    let tasks: BTreeSet<Task> = headers.flat_map(|header| header.sweep.tasks.iter().copied()).collect();
    if tasks.is_empty() { Task::PAPER.to_vec() } else { tasks.into_iter().collect() }
}

/// Fusions and baselines of all runs.
pub(super) fn fusions(models: &[&Model]) -> Vec<ModelId> {
    let headers = models.iter().filter_map(|model| model.run.header());
    let trained: BTreeSet<ModelId> = headers.flat_map(|header| header.sweep.rows()).collect();
    if trained.is_empty() { ModelId::PAPER_FUSIONS.to_vec() } else { trained.into_iter().collect() }
}

/// Train sizes of all runs, ascending.
pub(super) fn sizes(models: &[&Model]) -> Vec<usize> {
    let headers = models.iter().filter_map(|model| model.run.header());
    let sizes: BTreeSet<usize> = headers.flat_map(|header| header.sweep.sizes.iter().copied()).collect();
    sizes.into_iter().collect()
}
