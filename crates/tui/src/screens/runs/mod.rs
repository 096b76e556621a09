//! The list of runs: one is opened, several are marked and compared.

pub mod draw;
pub mod keys;
mod list;
mod sections;

use std::ops::ControlFlow;
use std::path::PathBuf;

use crossbeam_channel::Receiver;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::compare::MOST_COMPARED;
use crate::chrome::{Chrome, Layer};
use crate::keymap::{Binding, Direction};
use crate::screen::{Left, Outcome, Screen};
use crate::terminal::MousePress;
use crate::theme::Theme;
use crate::{Options, TuiError, runtime};
use draw::{Shown, draw_list, place_at};
use keys::{Action, BINDINGS};
pub use list::RunList;
use monitor::model::Change;
use study::feed::Level;
use study::listing::{RunEntry, Standing};

/// Runs that a page key moves over.
const PAGE: usize = 10;

/// The known runs with the current time, sent whenever they change.
pub type RunUpdates = Receiver<(u64, Vec<RunEntry>)>;

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
pub fn choose_run(
    list: &mut RunList,
    updates: RunUpdates,
    options: &Options,
) -> Result<Left<RunChoice>, TuiError> {
    let screen = RunsScreen { updates, now_ms: 0, entries: None, list, chrome: Chrome::default() };
    runtime::show(screen, options)
}

struct RunsScreen<'a> {
    updates: RunUpdates,
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

    fn shows_keys(&self) -> bool {
        self.context() == Layer::Screen
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

    fn refresh(&mut self) -> ControlFlow<RunChoice, Change> {
        if let Some((now_ms, entries)) = self.updates.try_iter().last() {
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
        match error_of(entry) {
            Some(error) => self.chrome.say(Level::Error, error),
            None => return Outcome::Leave(RunChoice::Open(entry.path.clone())),
        }
        Outcome::Stay
    }

    fn mark(&mut self) {
        let Some(entry) = self.under_cursor() else { return };
        if let Some(error) = error_of(entry) {
            return self.chrome.say(Level::Error, error);
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
fn error_of(entry: &RunEntry) -> Option<String> {
    entry.fault.clone().filter(|_| entry.state == Standing::Unreadable)
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::buffer::Cell;

    use super::*;
    use crate::theme::{Background, Depth, Glyphs};
    use study::listing::Shortfall;

    const THEME: Theme = Theme { depth: Depth::None, glyphs: Glyphs::Unicode, background: Background::Dark };
    const AREA: Rect = Rect::new(0, 0, 80, 24);

    fn entry(name: &str) -> RunEntry {
        RunEntry {
            name: name.into(),
            state: Standing::Finished,
            shortfall: Shortfall::default(),
            done: 1,
            all: 1,
            started_ms: None,
            last_ms: None,
            data: String::new(),
            path: name.into(),
            fault: None,
        }
    }

    fn screen(list: &mut RunList) -> RunsScreen<'_> {
        let (sender, updates) = bounded(1);
        sender.send((0, vec![entry("first"), entry("second"), entry("third")])).unwrap();
        let mut screen = RunsScreen { updates, now_ms: 0, entries: None, list, chrome: Chrome::default() };
        assert_eq!(screen.refresh(), ControlFlow::Continue(Change::Some));
        screen.resize(AREA);
        screen
    }

    fn last_line(screen: &RunsScreen<'_>) -> String {
        let mut terminal = Terminal::new(TestBackend::new(AREA.width, AREA.height)).unwrap();
        terminal.draw(|frame| screen.draw(frame, THEME)).unwrap();
        let cells = terminal.backend().buffer().content();
        cells[cells.len() - usize::from(AREA.width)..].iter().map(Cell::symbol).collect()
    }

    fn press(screen: &mut RunsScreen<'_>, code: KeyCode) -> Outcome<RunChoice> {
        let action = screen.action(KeyEvent::new(code, KeyModifiers::NONE));
        action.map_or(Outcome::Stay, |action| screen.update(action))
    }

    #[test]
    fn keys_open_mark_and_compare() {
        let mut list = RunList::default();
        let mut screen = screen(&mut list);
        assert_eq!(press(&mut screen, KeyCode::Char('c')), Outcome::Stay);
        assert!(last_line(&screen).starts_with("mark 2 to 12 runs with Space"));
        press(&mut screen, KeyCode::Char(' '));
        press(&mut screen, KeyCode::Char(' '));
        let both = vec!["first".into(), "second".into()];
        assert_eq!(press(&mut screen, KeyCode::Char('c')), Outcome::Leave(RunChoice::Compare(both)));
        let third = Outcome::Leave(RunChoice::Open("third".into()));
        assert_eq!(press(&mut screen, KeyCode::Enter), third, "each mark moved the cursor on");
    }

    #[test]
    fn the_mouse_points_and_presses_the_footers_keys() {
        let mut list = RunList::default();
        let mut screen = screen(&mut list);
        let footer = last_line(&screen);
        let column = |label: &str| footer.find(label).unwrap() as u16;
        let button = |screen: &RunsScreen<'_>, x, y| screen.hit(AREA, THEME, (MousePress::Button, x, y));
        assert_eq!(button(&screen, column("open"), 23), Some(Action::Open));
        assert_eq!(button(&screen, column("help"), 23), Some(Action::Help));
        assert_eq!(button(&screen, 5, 4), Some(Action::Point(2)), "below the title and the heading");
        assert_eq!((button(&screen, 5, 1), button(&screen, 5, 5)), (None, None));
        screen.update(Action::Point(2));
        assert_eq!(screen.under_cursor().unwrap().name, "third");
        let wheel = screen.hit(AREA, THEME, (MousePress::WheelUp, 0, 0));
        assert_eq!(wheel, Some(Action::Move(Direction::Up)));
    }

    #[test]
    fn the_help_takes_the_keys_until_it_is_closed() {
        let mut list = RunList::default();
        let mut screen = screen(&mut list);
        press(&mut screen, KeyCode::Char('?'));
        assert_eq!((screen.context(), last_line(&screen).trim_end()), (Layer::Help, "Esc close  ↓ scroll"));
        assert_eq!(press(&mut screen, KeyCode::Enter), Outcome::Stay, "nothing is opened below it");
        assert_eq!(screen.context(), Layer::Screen);
        press(&mut screen, KeyCode::F(1));
        assert_eq!(press(&mut screen, KeyCode::Char('q')), Outcome::Stay);
        assert_eq!(press(&mut screen, KeyCode::Char('q')), Outcome::Leave(RunChoice::Quit));
        let suspend = screen.action(KeyEvent::new(KeyCode::Char('z'), KeyModifiers::CONTROL)).unwrap();
        assert_eq!(screen.update(suspend), Outcome::Suspend);
    }
}
