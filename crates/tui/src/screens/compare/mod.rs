//! Several runs side by side.

mod chart;
pub mod configurations;
pub mod draw;
pub mod keys;
mod legend;
pub mod look;
mod numbers;
mod possible;
mod sections;
pub mod side;
mod tables;

use std::ops::ControlFlow;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::chrome::{Chrome, Layer, SearchKey};
use crate::keymap::{Binding, Direction};
use crate::screen::{Left, Outcome, Screen};
use crate::source::Source;
use crate::terminal::MousePress;
use crate::theme::Theme;
use crate::{Options, TuiError, runtime};
use configurations::beyond;
use draw::{draw, row_at};
use keys::{Action, BINDINGS};
use look::{LETTERS, Looked};
use monitor::differences::{Differing, differing};
use monitor::model::{Change, Model};
use possible::label;
use side::{Side, row_count};
use study::event::RunHeader;
use study::feed::Level;

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
    let screen = CompareScreen {
        runs: runs.collect(),
        known: 0,
        differences: Vec::new(),
        looked: Looked::default(),
        chrome: Chrome::default(),
    };
    runtime::show(screen, options)
}

struct CompareScreen {
    runs: Vec<Compared>,
    /// Runs whose configuration was known when they were last compared, and in what each differs.
    known: usize,
    differences: Vec<Differing>,
    looked: Looked,
    chrome: Chrome,
}

struct Compared {
    name: String,
    source: Source,
    model: Model,
}

impl Screen for CompareScreen {
    type Action = Action;
    type Scope = Layer;
    type Choice = CompareChoice;

    const TABLE: &'static [Binding<Action, Layer>] = BINDINGS;

    fn context(&self) -> Layer {
        self.chrome.layer()
    }

    fn shows_keys(&self) -> bool {
        self.context() == Layer::Screen
    }

    fn pasted(&self, letter: char) -> Option<Action> {
        (self.context() == Layer::Search).then_some(Action::Search(SearchKey::Type(letter)))
    }

    fn update(&mut self, action: Action) -> Outcome<CompareChoice> {
        self.chrome.clear();
        match action {
            Action::Quit => return Outcome::Leave(CompareChoice::Quit),
            Action::Back => return Outcome::Leave(CompareChoice::Back),
            Action::Suspend => return Outcome::Suspend,
            Action::ToggleMouse => return Outcome::ToggleMouse,
            Action::Help => self.chrome.toggle_help(),
            Action::Search(key) => self.chrome.search(key),
            Action::Move(direction) if self.chrome.scroll(BINDINGS, direction) => {}
            _ => {
                let models: Vec<&Model> = self.runs.iter().map(|run| &run.model).collect();
                let rows = row_count(self.looked, &models, self.differences.len());
                let beyond = beyond(&self.differences, models.len(), self.chrome.area().width);
                self.looked.update(action, &models, (rows, beyond));
            }
        }
        Outcome::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let (area, runs) = (frame.area(), self.named());
        draw(frame.buffer_mut(), area, &self.side(&runs, theme));
    }

    fn hit(&self, area: Rect, theme: Theme, (press, column, row): (MousePress, u16, u16)) -> Option<Action> {
        match press {
            MousePress::WheelUp => return Some(Action::Move(Direction::Up)),
            MousePress::WheelDown => return Some(Action::Move(Direction::Down)),
            MousePress::Button => {}
        }
        let runs = self.named();
        let side = self.side(&runs, theme);
        if row + 1 == area.height {
            let label = |binding: &'static Binding<Action, Layer>| label(binding, &side, area);
            return self.chrome.hit(theme, (BINDINGS, &label), area.width, column);
        }
        let place = row_at(area, &side, row).filter(|_| self.context() == Layer::Screen);
        place.map(Action::Point)
    }

    fn say(&mut self, level: Level, text: &str) {
        self.chrome.say(level, text);
    }

    fn refresh(&mut self) -> ControlFlow<CompareChoice, Change> {
        let mut change = Change::None;
        for run in &mut self.runs {
            if run.model.take(&run.source.feed) == Change::Some {
                change = Change::Some;
            }
        }
        let headers: Vec<Option<&RunHeader>> = self.runs.iter().map(|run| run.model.run.header()).collect();
        let known = headers.iter().flatten().count();
        if known != self.known {
            (self.known, self.differences) = (known, differing(&headers));
        }
        ControlFlow::Continue(change)
    }

    fn resize(&mut self, area: Rect) {
        self.chrome.resize(area);
    }
}

impl CompareScreen {
    fn named(&self) -> Vec<(&str, &Model)> {
        self.runs.iter().map(|run| (run.name.as_str(), &run.model)).collect()
    }

    fn side<'a>(&'a self, runs: &'a [(&'a str, &'a Model)], theme: Theme) -> Side<'a> {
        let (differences, chrome) = (self.differences.as_slice(), &self.chrome);
        Side { runs, differences, looked: self.looked, chrome, theme }
    }
}

#[cfg(test)]
mod tests;
