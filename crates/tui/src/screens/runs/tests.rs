//! The list of runs: keys, mouse, filter, labels.

use std::time::Duration;

use crossbeam_channel::bounded;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;

use super::*;
use crate::theme::{Background, Depth, Glyphs};
use study::access::Reason;

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

fn type_in(screen: &mut RunsScreen<'_>, text: &str) {
    text.chars().for_each(|letter| drop(press(screen, KeyCode::Char(letter))));
}

#[test]
fn the_filter_hides_runs_while_it_is_typed_and_esc_clears_it() {
    let mut list = RunList::default();
    let mut screen = screen(&mut list);
    type_in(&mut screen, " /name=s");
    let names =
        |screen: &RunsScreen<'_>| screen.shown().iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
    assert_eq!((screen.context(), names(&screen)), (Layer::Filter, vec!["first".into(), "second".into()]));
    type_in(&mut screen, "e");
    assert_eq!(names(&screen), ["second"]);
    press(&mut screen, KeyCode::Enter);
    assert_eq!((screen.context(), screen.under_cursor().unwrap().name.as_str()), (Layer::Screen, "second"));
    type_in(&mut screen, ",.");
    assert_eq!((screen.list.sort, screen.list.order), (Some(ListColumn::Name), SortOrder::Descending));
    press(&mut screen, KeyCode::Esc);
    assert_eq!(names(&screen), ["third", "second", "first"], "by name, the other way round");
    assert_eq!(screen.list.marked.len(), 1, "the filter goes first");
    press(&mut screen, KeyCode::Esc);
    assert_eq!(screen.list.marked.len(), 0);
    type_in(&mut screen, "/q");
    press(&mut screen, KeyCode::Esc);
    assert_eq!((screen.context(), screen.list.filter.as_str()), (Layer::Screen, ""));
}

#[test]
fn labels_are_saved_in_the_runs_directory_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (sender, updates) = bounded(1);
    sender
        .send((0, vec![RunEntry { state: Standing::Finished, ..RunEntry::unread(folder.path().into()) }]))
        .unwrap();
    let mut list = RunList::default();
    let mut screen = RunsScreen::new(&mut list, updates, labels::start().unwrap(), Access::Full);
    let _ = screen.refresh();
    type_in(&mut screen, "nfirst, try");
    press(&mut screen, KeyCode::Tab);
    type_in(&mut screen, "ablation night");
    assert_eq!(screen.context(), Layer::Labels);
    press(&mut screen, KeyCode::Enter);
    assert_eq!(screen.context(), Layer::Screen);
    screen.labels.wake.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!(screen.refresh(), ControlFlow::Continue(Change::Some));
    let shown = screen.under_cursor().unwrap().labels.clone();
    assert_eq!((shown.note(), shown.tag_list().as_str()), ("first, try", "ablation, night"));
    assert_eq!(store::labels::read(folder.path()).unwrap(), shown);
    type_in(&mut screen, "nx");
    press(&mut screen, KeyCode::Esc);
    assert_eq!((screen.context(), screen.is_saving), (Layer::Screen, false));
}

#[test]
fn what_may_not_or_cannot_be_labelled_says_why() {
    let other = Access::ReadOnly(Reason::Owner(7));
    let damaged = Some("labels.toml cannot be used".to_owned());
    for (access, of_run, labels_fault, said) in [
        (Access::ReadOnly(Reason::Asked), Access::Full, None, "read-only: `superfuse-tui watch`"),
        (Access::Full, other, None, "read-only: this run belongs to another user (uid 7)"),
        (Access::Full, Access::Full, damaged, "labels.toml cannot be used"),
    ] {
        let (sender, updates) = bounded(1);
        sender.send((0, vec![RunEntry { access: of_run, labels_fault, ..entry("first") }])).unwrap();
        let mut list = RunList::default();
        let mut screen = RunsScreen::new(&mut list, updates, labels::start().unwrap(), access);
        let _ = screen.refresh();
        screen.resize(AREA);
        assert_eq!(last_line(&screen).contains("label"), !access.is_read_only());
        type_in(&mut screen, "n");
        assert!(last_line(&screen).starts_with(said), "{}", last_line(&screen));
        assert!(screen.form.is_none());
    }
}
