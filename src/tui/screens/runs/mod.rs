//! The list of runs: one is opened, several are marked and compared.

pub mod draw;
pub mod keys;
mod list;

use std::ops::ControlFlow;
use std::path::PathBuf;

use crossbeam_channel::Receiver;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::compare::MOST_COMPARED;
use crate::monitor::model::Change;
use crate::study::feed::Level;
use crate::study::listing::{RunEntry, Standing};
use crate::tui::chrome::{Chrome, Layer};
use crate::tui::keymap::{Binding, Direction};
use crate::tui::screen::{Left, Outcome, Screen};
use crate::tui::terminal::MousePress;
use crate::tui::theme::Theme;
use crate::tui::{Options, TuiError, runtime};
use draw::{Shown, draw_list, place_at};
use keys::{Action, BINDINGS};
pub use list::RunList;

/// Runs that a page key moves over.
const PAGE: usize = 10;

/// The runs as they are known, sent anew whenever they change, with the time of that.
pub type RunNews = Receiver<(u64, Vec<RunEntry>)>;

/// What was chosen of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunChoice {
    /// To leave.
    Quit,
    /// To open this run.
    Open(PathBuf),
    /// To compare these.
    Compare(Vec<PathBuf>),
}

/// Takes the terminal and shows the runs until one is chosen.
pub fn choose_run(list: &mut RunList, news: RunNews, options: &Options) -> Result<Left<RunChoice>, TuiError> {
    let screen = RunsScreen { news, now_ms: 0, entries: None, list, chrome: Chrome::default() };
    runtime::show(screen, options)
}

struct RunsScreen<'a> {
    news: RunNews,
    now_ms: u64,
    /// Absent before the first look.
    entries: Option<Vec<RunEntry>>,
    list: &'a mut RunList,
    chrome: Chrome,
}

impl Screen for RunsScreen<'_> {
    type Action = Action;
    type Scope = Layer;
    type Choice = RunChoice;

    const TABLE: &'static [Binding<Action, Layer>] = BINDINGS;

    fn context(&self) -> Layer {
        self.chrome.layer()
    }

    fn update(&mut self, action: Action) -> Outcome<RunChoice> {
        self.chrome.clear();
        match action {
            Action::Open => return self.open(),
            Action::Mark => self.mark(),
            Action::Compare => return self.compare(),
            Action::Unmark => self.list.marked.clear(),
            Action::Move(direction) => self.move_cursor(direction),
            Action::Point(place) => self.list.point(self.entries.as_deref().unwrap_or_default(), place),
            Action::Help => self.chrome.toggle_help(),
            Action::ToggleMouse => return Outcome::ToggleMouse,
            Action::Quit => return Outcome::Leave(RunChoice::Quit),
            Action::Suspend => return Outcome::Suspend,
        }
        Outcome::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        let shown = Shown {
            now_ms: self.now_ms,
            entries: self.entries.as_deref(),
            list: self.list,
            chrome: &self.chrome,
        };
        draw_list(frame.buffer_mut(), area, theme, &shown);
    }

    fn hit(&self, area: Rect, theme: Theme, (press, column, row): (MousePress, u16, u16)) -> Option<Action> {
        match press {
            MousePress::WheelUp => return Some(Action::Move(Direction::Up)),
            MousePress::WheelDown => return Some(Action::Move(Direction::Down)),
            MousePress::Button => {}
        }
        if row + 1 == area.height {
            return self.chrome.hit(theme, BINDINGS, area.width, column);
        }
        let entries = self.entries.as_deref().filter(|_| self.context() == Layer::Screen)?;
        place_at(area, self.list, entries, row).map(Action::Point)
    }

    fn say(&mut self, level: Level, text: &str) {
        self.chrome.say(level, text);
    }

    fn take_news(&mut self) -> ControlFlow<RunChoice, Change> {
        if let Some((now_ms, entries)) = self.news.try_iter().last() {
            (self.now_ms, self.entries) = (now_ms, Some(entries));
            return ControlFlow::Continue(Change::Some);
        }
        ControlFlow::Continue(Change::None)
    }

    fn resize(&mut self, area: Rect) {
        self.chrome.resize(area);
    }
}

impl RunsScreen<'_> {
    fn under_cursor(&self) -> Option<&RunEntry> {
        let entries = self.entries.as_deref().unwrap_or_default();
        entries.get(self.list.place(entries))
    }

    fn open(&mut self) -> Outcome<RunChoice> {
        let Some(entry) = self.under_cursor() else { return Outcome::Stay };
        match fault(entry) {
            Some(fault) => self.chrome.say(Level::Error, fault),
            None => return Outcome::Leave(RunChoice::Open(entry.path.clone())),
        }
        Outcome::Stay
    }

    fn mark(&mut self) {
        let Some(entry) = self.under_cursor() else { return };
        if let Some(fault) = fault(entry) {
            return self.chrome.say(Level::Error, fault);
        }
        let path = entry.path.clone();
        if !self.list.marked.remove(&path) {
            self.list.marked.insert(path);
        }
        self.move_cursor(Direction::Down);
    }

    fn compare(&mut self) -> Outcome<RunChoice> {
        let marked = self.list.marked_of(self.entries.as_deref().unwrap_or_default());
        if (2..=MOST_COMPARED).contains(&marked.len()) {
            return Outcome::Leave(RunChoice::Compare(marked));
        }
        let text = format!("mark 2 to {MOST_COMPARED} runs with Space to compare them");
        self.chrome.say(Level::Error, text);
        Outcome::Stay
    }

    fn move_cursor(&mut self, direction: Direction) {
        if self.chrome.scroll(BINDINGS, direction) {
            return;
        }
        let entries = self.entries.as_deref().unwrap_or_default();
        let last = entries.len().saturating_sub(1);
        self.list.point(entries, direction.along(self.list.place(entries), last, PAGE));
    }
}

/// Why a run cannot be opened, where it cannot.
fn fault(entry: &RunEntry) -> Option<String> {
    entry.fault.clone().filter(|_| entry.state == Standing::Unreadable)
}
