//! The list of runs: keys, mouse, filter, labels.

use crossbeam_channel::bounded;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;

use super::*;
use crate::theme::{Background, Depth, Glyphs};

const THEME: Theme = Theme { depth: Depth::None, glyphs: Glyphs::Unicode, background: Background::Dark };
const AREA: Rect = Rect::new(0, 0, 80, 24);

fn entry(name: &str) -> RunEntry {
    RunEntry { state: Standing::Finished, ..RunEntry::unread(name.into()) }
}

fn screen(list: &mut RunList) -> RunsScreen<'_> {
    let (sender, updates) = bounded(1);
    sender.send((0, vec![entry("first"), entry("second"), entry("third")])).unwrap();
    let mut screen = RunsScreen::new(list, updates, labels::start().unwrap(), Access::Full);
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
