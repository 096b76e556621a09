//! The list of runs: keys, mouse, filter, labels.

use std::time::Duration;

use crossbeam_channel::bounded;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Cell;
use ratatui::style::Modifier;

use super::*;
use crate::theme::{Background, Depth, Glyphs};
use study::access::Reason;
use study::listing::Standing;

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

fn drawn(screen: &RunsScreen<'_>) -> Vec<Vec<Cell>> {
    let mut terminal = Terminal::new(TestBackend::new(AREA.width, AREA.height)).unwrap();
    terminal.draw(|frame| screen.draw(frame, THEME)).unwrap();
    terminal.backend().buffer().content().chunks(AREA.width.into()).map(<[Cell]>::to_vec).collect()
}

fn text(row: &[Cell]) -> String {
    row.iter().map(Cell::symbol).collect()
}

fn last_line(screen: &RunsScreen<'_>) -> String {
    text(drawn(screen).last().unwrap())
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
    assert_eq!(
        (screen.context(), last_line(&screen).trim_end()),
        (Layer::Help, "Esc close  / search  ↓ scroll")
    );
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
    assert_eq!((screen.context(), screen.list.filter.text()), (Layer::Screen, ""));
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
        assert!(!last_line(&screen).contains("label"), "{}", last_line(&screen));
        type_in(&mut screen, "n");
        assert!(last_line(&screen).starts_with(said), "{}", last_line(&screen));
        assert!(screen.form.is_none());
    }
}

#[test]
fn the_footer_shows_the_keys_that_do_something() {
    let footer = |screen: &RunsScreen<'_>| last_line(screen).trim_end().to_owned();
    let mut list = RunList::default();
    let (_sender, updates) = bounded(1);
    let empty = RunsScreen::new(&mut list, updates, labels::start().unwrap(), Access::Full);
    assert_eq!(footer(&empty), "? help  q quit");
    drop(empty);
    let mut screen = screen(&mut list);
    assert_eq!(footer(&screen), "Enter open  Space mark  / filter  n label  , sort  ? help  q quit");
    type_in(&mut screen, ",");
    assert_eq!(
        footer(&screen),
        "Enter open  Space mark  / filter  n label  , sort  . reverse  ? help  q quit"
    );
    type_in(&mut screen, "  ");
    assert!(footer(&screen).contains("  c compare  "), "{}", footer(&screen));
    type_in(&mut screen, "/nothing like it");
    assert_eq!(footer(&screen), "Enter keep  Esc clear  Ctrl-U erase", "of the filter");
    press(&mut screen, KeyCode::Enter);
    assert_eq!(footer(&screen), "c compare  / filter  Esc clear  ? help  q quit");
    press(&mut screen, KeyCode::Esc);
    let damaged = RunEntry { fault: Some("no journal".into()), ..RunEntry::unread("damaged".into()) };
    screen.entries = Some(vec![damaged]);
    assert_eq!(error_of(&screen.entries.as_ref().unwrap()[0]), Some("no journal".into()));
    assert_eq!(footer(&screen), "/ filter  n label  Esc clear  ? help  q quit");
}

#[test]
fn the_filter_is_edited_inside_and_shows_its_cursor() {
    let mut list = RunList::default();
    let mut screen = screen(&mut list);
    let ctrl = |screen: &mut RunsScreen<'_>, letter| {
        let action = screen.action(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)).unwrap();
        drop(screen.update(action));
    };
    // The line above the keys, and what of it is reversed.
    let line = |screen: &RunsScreen<'_>| {
        let row = drawn(screen)[22].clone();
        let cursor: Vec<usize> =
            (0..row.len()).filter(|&at| row[at].modifier.contains(Modifier::REVERSED)).collect();
        (text(&row).trim_end().to_owned(), cursor)
    };
    type_in(&mut screen, "/name=frst");
    assert_eq!(line(&screen), ("/name=frst".into(), vec![10]), "behind the last letter");
    for _ in 0..3 {
        press(&mut screen, KeyCode::Left);
    }
    type_in(&mut screen, "i");
    assert_eq!(line(&screen), ("/name=first".into(), vec![8]));
    assert_eq!(screen.shown().len(), 1);
    ctrl(&mut screen, 'w');
    press(&mut screen, KeyCode::Delete);
    assert_eq!(line(&screen).0, "/name=st");
    ctrl(&mut screen, 'k');
    press(&mut screen, KeyCode::Home);
    press(&mut screen, KeyCode::Delete);
    let (text, cursor) = line(&screen);
    assert!(text.starts_with("/ame=  unknown key \"ame\""), "what is wrong stands behind it: {text}");
    assert_eq!(cursor, [1]);
    press(&mut screen, KeyCode::End);
    ctrl(&mut screen, 'u');
    assert_eq!(line(&screen), ("/".into(), vec![1]));
    // It is taken up again at its end; a long one shows the part with the cursor.
    type_in(&mut screen, &"long ".repeat(30));
    press(&mut screen, KeyCode::Home);
    assert!(line(&screen).0.starts_with("/long "), "{}", line(&screen).0);
    press(&mut screen, KeyCode::Enter);
    type_in(&mut screen, "/x");
    assert!(screen.list.filter.text().ends_with("long x"));
    assert!(line(&screen).0.starts_with("/…") && line(&screen).0.ends_with("long x"), "{}", line(&screen).0);
}

#[test]
fn the_help_is_searched() {
    let mut list = RunList::default();
    let mut screen = screen(&mut list);
    let shown =
        |screen: &RunsScreen<'_>| drawn(screen).iter().map(|row| text(row) + "\n").collect::<String>();
    type_in(&mut screen, "?/SORT order");
    assert_eq!(screen.context(), Layer::Search);
    let seen = shown(&screen);
    assert!(seen.contains("Keys with: SORT order") && seen.contains("reverse the sort order"), "{seen}");
    assert!(!seen.contains("these keys") && !seen.contains("mark the run"), "{seen}");
    // Letters that are keys elsewhere are typed.
    type_in(&mut screen, "q");
    assert!(shown(&screen).contains("no key does this"));
    press(&mut screen, KeyCode::Backspace);
    press(&mut screen, KeyCode::Enter);
    assert_eq!(screen.context(), Layer::Help);
    press(&mut screen, KeyCode::Esc);
    let seen = shown(&screen);
    assert!(
        screen.context() == Layer::Help && seen.contains("mark the run"),
        "the search goes first: {seen}"
    );
    press(&mut screen, KeyCode::Esc);
    assert_eq!((screen.context(), screen.list.filter.text()), (Layer::Screen, ""));
    // A search is not left for the next time.
    type_in(&mut screen, "?/sort");
    press(&mut screen, KeyCode::Enter);
    type_in(&mut screen, "??");
    assert!(shown(&screen).contains("mark the run"));
}
