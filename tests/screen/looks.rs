//! What the screen looks like: at the start, in every view, in any size, with any set of colours and letters.

use std::collections::BTreeSet;

use vt100::{Cell, Color, Screen};

use crate::session::{ESC, LONG, Session, Setup};

const VIEWS: [(&str, &str, &str); 7] = [
    ("2", "2 Accuracy", "best epoch, log axis"),
    ("3", "3 Robustness", "retained"),
    ("4", "4 ROC", "ROC, synthetic task"),
    ("5", "5 Trials", "mean ± std over seeds"),
    ("6", "6 Findings", "paper's claims"),
    ("7", "7 Log", "began"),
    ("1", "1 Overview", "train rows"),
];

fn cells(screen: &Screen) -> impl Iterator<Item = &Cell> {
    let (rows, columns) = screen.size();
    (0..rows).flat_map(move |row| (0..columns).filter_map(move |column| screen.cell(row, column)))
}

fn colours(screen: &Screen) -> BTreeSet<String> {
    let both = cells(screen).flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]);
    both.filter(|&color| color != Color::Default).map(|color| format!("{color:?}")).collect()
}

/// Whether `name` stands in the third line in reverse.
fn is_current(screen: &Screen, name: &str) -> bool {
    let (_, columns) = screen.size();
    let line = screen.contents_between(2, 0, 2, columns);
    let Some(place) = line.find(name) else { return false };
    let column = line[..place].chars().count() as u16;
    screen.cell(2, column).is_some_and(Cell::inverse)
}

/// Starts the long sweep and waits until it trains.
fn running(setup: Setup) -> Session {
    let mut session = setup.sets(&LONG).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session
}

#[test]
fn the_first_screen_is_idle_and_says_how_to_start() {
    let session = Setup::new().start();
    session.see(&["idle", "0 of 12 configurations", "Nothing trained yet: press s to start", "q quit"]);
    session.see(&[
        "24 trials (3 fusions × 2 tasks × 2 sizes × 2 seeds)",
        "under a minute, of which tensor about ",
    ]);
    session.until("the footer", |screen| screen.contents().trim_end().ends_with("q quit"));
    let screen = session.screen();
    assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
    assert!(is_current(&screen, "1 Overview"));
    assert!(screen.contents().lines().last().unwrap().starts_with("s start"), "{}", screen.contents());
    assert!(!session.place.path("runs").exists(), "nothing is made before the start");
}

#[test]
fn views_change_by_number_and_by_brackets() {
    let mut session = running(Setup::new());
    for (key, name, content) in VIEWS {
        session.press(key);
        session.until(name, |screen| is_current(screen, name) && screen.contents().contains(content));
    }
    session.press("]");
    session.until("the next view", |screen| is_current(screen, "2 Accuracy"));
    session.press("[[");
    session.until("the view before", |screen| is_current(screen, "9 Complexity"));
}

#[test]
fn help_lists_the_keys_and_scrolls() {
    let mut session = Setup::new().size(80, 24).start();
    session.see(&["idle"]);
    session.press("?");
    session.see(&["Keys", "start, or continue", "more below"]);
    session.press("G");
    session.see(&["suspend: training stops too"]);
    session.see_no("more below");
    session.press("k");
    session.see(&["1 more below"]);
    session.press(ESC);
    session.see_no("suspend: training stops too");
    session.press("\x1bOP");
    session.see(&["start, or continue"]);
}

#[test]
fn a_resize_storm_leaves_a_screen_that_is_right() {
    let mut session = running(Setup::new());
    for step in 0..60_u16 {
        session.resize(1 + step * 199 / 59, 1 + step * 49 / 59);
        if step % 7 == 0 {
            session.press("]");
        }
    }
    session.press("1");
    for (columns, rows) in [(200, 50), (80, 24), (120, 40)] {
        session.resize(columns, rows);
        session.until("the whole screen", |screen| {
            let contents = screen.contents();
            let lines: Vec<&str> = contents.lines().collect();
            is_current(screen, "1 Overview")
                && lines.len() == usize::from(rows)
                && lines[0].starts_with("superfuse  quick · running")
                && lines.last().is_some_and(|line| line.starts_with("p pause"))
                && lines
                    .iter()
                    .any(|line| line.ends_with("──") && line.chars().count() == columns.min(120) as usize)
                && ["real", "synthetic", "product"].iter().all(|name| contents.contains(name))
        });
    }
}

#[test]
fn a_small_screen_says_what_it_can_and_grows() {
    for (columns, rows) in [(40, 10), (39, 9), (1, 1)] {
        let mut session = Setup::new().size(columns, rows).sets(&LONG).start();
        session.until("anything", |screen| screen.alternate_screen() && !screen.contents().trim().is_empty());
        if columns > 1 {
            session.see(&["idle"]);
        }
        // A size that no letter fits into shows no answer: the start is seen in the larger one.
        session.resize(120, 40);
        session.see(&["idle", "s start"]);
        session.press("s");
        session.see(&["running, epoch "]);
        session.resize(columns, rows);
        session.until("the small screen", |screen| {
            screen.contents().lines().count() <= usize::from(rows.max(2))
        });
        session.resize(80, 24);
        session.see(&["running, epoch ", "p pause"]);
    }
}

#[test]
fn without_colours_nothing_is_coloured_and_the_view_is_still_marked() {
    let session = running(Setup::new().variable("NO_COLOR", "1"));
    let screen = session.screen();
    assert_eq!(colours(&screen), BTreeSet::new());
    assert!(is_current(&screen, "1 Overview"));
    assert!(cells(&screen).any(Cell::bold), "titles are bold");
}

#[test]
fn a_terminal_of_sixteen_colours_gets_no_others() {
    let session = running(Setup::new().variable("TERM", "xterm").variable("COLORTERM", ""));
    let seen = colours(&session.screen());
    assert!(!seen.is_empty());
    let plain = (0..16).map(|index| format!("{:?}", Color::Idx(index))).collect();
    assert!(seen.is_subset(&plain), "{seen:?}");
}

#[test]
fn over_ssh_colours_are_indexed() {
    let ssh = Setup::new().variable("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").variable("COLORTERM", "");
    let seen = colours(&running(ssh).screen());
    assert!(!seen.is_empty() && seen.iter().all(|color| color.starts_with("Idx(")), "{seen:?}");
}

#[test]
fn without_utf_8_every_letter_is_ascii() {
    let mut session = running(Setup::new().variable("LC_ALL", "C"));
    for key in ["?", ESC, "X", ESC, "2", "3", "4", "5", "v", "6", "7", "1"] {
        session.press(key);
    }
    session.until("the overview", |screen| is_current(screen, "1 Overview"));
    session.see(&["p product"]);
    session.press("qy");
    let left = session.end();
    let screens = left.bytes.rsplit_once(crate::session::LEAVE_ALTERNATE_SCREEN).unwrap().0;
    assert!(screens.is_ascii(), "{:?}", screens.chars().find(|letter| !letter.is_ascii()));
}
