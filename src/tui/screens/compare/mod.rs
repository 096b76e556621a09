//! Several runs side by side: which they are, what is looked at of them, and what keys do to that.

use std::collections::BTreeSet;

use crossbeam_channel::{Receiver, never};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;

use super::compared::{Side, draw};
use super::differences::differing;
use super::model::Model;
use super::page::{self, Left, Page, Turn};
use super::source::Source;
use super::theme::Theme;
use super::ui_state::{Split, View};
use super::{Options, TuiError};
use crate::study::config::Config;
use crate::study::grid::{CohortId, Condition, Fusion, Task};

/// What a run is called on its line; no more are compared.
pub(super) const LETTERS: [&str; 12] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"];
/// Most runs that are compared at once.
pub const MOST_COMPARED: usize = LETTERS.len();

/// How a comparison was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareChoice {
    /// To leave.
    Quit,
    /// To go back.
    Back,
}

/// Takes the terminal and compares the runs, each with its name, until the comparison is left.
pub fn compare(runs: Vec<(String, Source)>, options: &Options) -> Result<Left<CompareChoice>, TuiError> {
    let runs = runs.into_iter().map(|(name, source)| Compared { name, source, model: Model::default() });
    let runs = runs.collect();
    page::show(Comparison { runs, known: 0, differences: Vec::new(), looked: Looked::default() }, options)
}

struct Comparison {
    runs: Vec<Compared>,
    /// Runs whose configuration was known when they were last compared, and in what each differs.
    known: usize,
    differences: Vec<String>,
    looked: Looked,
}

struct Compared {
    name: String,
    source: Source,
    model: Model,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) view: View,
    pub(super) task: Task,
    pub(super) fusion: Fusion,
    /// Of noise and ROC; absent: the largest with results.
    pub(super) size: Option<usize>,
    pub(super) split: Split,
    pub(super) condition: Condition,
    pub(super) row: usize,
}

impl Default for Looked {
    fn default() -> Self {
        Self {
            view: View::Accuracy,
            task: Task::Real,
            fusion: Fusion::Product,
            size: None,
            split: Split::Test,
            condition: Condition::Both,
            row: 0,
        }
    }
}

const VIEWS: [View; 4] = [View::Accuracy, View::Robustness, View::Roc, View::Trials];

pub(super) const KEYS: [(&str, &str); 8] = [
    ("2345", "views"),
    ("Tab", "fusion"),
    ("t", "task"),
    ("v", "val/test"),
    ("n", "noise"),
    ("←→", "size"),
    ("Esc", "back"),
    ("q", "quit"),
];

impl Page for Comparison {
    type Choice = CompareChoice;

    fn wake(&self) -> Receiver<()> {
        // News are taken each second.
        never()
    }

    fn take_news(&mut self) {
        for run in &mut self.runs {
            run.model.take(&run.source.feed);
        }
        let configs: Vec<Option<&Config>> =
            self.runs.iter().map(|run| run.model.run.header().map(|header| &header.config)).collect();
        let known = configs.iter().flatten().count();
        if known != self.known {
            (self.known, self.differences) = (known, differing(&configs));
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let runs: Vec<(&str, &Model)> = self.runs.iter().map(|run| (run.name.as_str(), &run.model)).collect();
        let area = frame.area();
        let side = Side { runs: &runs, differences: &self.differences, looked: self.looked, theme };
        draw(frame.buffer_mut(), area, &side);
    }

    fn press(&mut self, key: KeyEvent) -> Turn<CompareChoice> {
        let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_ctrl => return Turn::Leave(CompareChoice::Quit),
            KeyCode::Char('z') if is_ctrl => return Turn::Suspend,
            KeyCode::Char('q') => return Turn::Leave(CompareChoice::Quit),
            KeyCode::Esc => return Turn::Leave(CompareChoice::Back),
            _ => {}
        }
        let models: Vec<&Model> = self.runs.iter().map(|run| &run.model).collect();
        self.looked.press(key.code, &models);
        Turn::GoOn
    }
}

impl Looked {
    fn press(&mut self, key: KeyCode, models: &[&Model]) {
        let sizes = sizes(models);
        let here = self.size_of(models).and_then(|size| sizes.iter().position(|&other| other == size));
        match key {
            KeyCode::Char(key) if VIEWS.iter().any(|view| view.key() == key) => {
                self.view = VIEWS.into_iter().find(|view| view.key() == key).unwrap_or(self.view);
            }
            KeyCode::Tab => self.fusion = next(&fusions(models), self.fusion),
            KeyCode::BackTab => {
                let backwards: Vec<Fusion> = fusions(models).into_iter().rev().collect();
                self.fusion = next(&backwards, self.fusion);
            }
            KeyCode::Char('t') => self.task = next(&Task::ALL, self.task),
            KeyCode::Char('n') => self.condition = next(&Condition::ALL, self.condition),
            KeyCode::Char('v') => self.split = self.split.other(),
            KeyCode::Left | KeyCode::Char('h') => {
                self.size = here.map(|place| sizes[place.saturating_sub(1)]);
            }
            KeyCode::Right | KeyCode::Char('l') => {
                self.size = here.map(|place| sizes[(place + 1).min(sizes.len() - 1)]);
            }
            KeyCode::Down | KeyCode::Char('j') => self.row = (self.row + 1).min(last_row(models)),
            KeyCode::Up | KeyCode::Char('k') => self.row = self.row.saturating_sub(1),
            KeyCode::PageDown => self.row = (self.row + 10).min(last_row(models)),
            KeyCode::PageUp => self.row = self.row.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => self.row = 0,
            KeyCode::End | KeyCode::Char('G') => self.row = last_row(models),
            _ => {}
        }
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

fn next<T: Copy + PartialEq>(all: &[T], from: T) -> T {
    let place = all.iter().position(|&one| one == from).unwrap_or(0);
    all[(place + 1) % all.len()]
}

/// Fusions and baselines of all runs.
fn fusions(models: &[&Model]) -> Vec<Fusion> {
    let headers = models.iter().filter_map(|model| model.run.header());
    let trained: BTreeSet<Fusion> = headers.flat_map(|header| header.sweep.trained()).collect();
    if trained.is_empty() { Fusion::ALL.to_vec() } else { trained.into_iter().collect() }
}

/// Train sizes of all runs, ascending.
pub(super) fn sizes(models: &[&Model]) -> Vec<usize> {
    let headers = models.iter().filter_map(|model| model.run.header());
    let sizes: BTreeSet<usize> = headers.flat_map(|header| header.sweep.sizes.iter().copied()).collect();
    sizes.into_iter().collect()
}

fn last_row(models: &[&Model]) -> usize {
    models.iter().map(|model| model.derived.rows().len()).sum::<usize>().saturating_sub(1)
}
