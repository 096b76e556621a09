//! What a user sets for every screen: the background, asked of the terminal or chosen, and how they are told of a run.

use std::fs;

use vt100::{Cell, Color, Screen};

use crate::cli::Place;
use crate::session::{LONG, SETTINGS, Session, Setup, wait_until};

const QUESTION: &str = "\x1b]11;?";
/// The footer's keys on a dark and on a light background.
const KEYS: [Color; 2] = [Color::Rgb(240, 214, 84), Color::Rgb(138, 104, 0)];

fn has(screen: &Screen, colour: Color) -> bool {
    let (rows, columns) = screen.size();
    let cells = (0..rows).flat_map(|row| (0..columns).filter_map(move |column| screen.cell(row, column)));
    cells.map(Cell::fgcolor).any(|found| found == colour)
}

fn written(session: &Session) -> String {
    session.read(0, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// A place with a settings file.
fn with_settings(text: &str) -> Place {
    let place = Place::new();
    fs::create_dir_all(place.path(SETTINGS).join("superfuse-tui")).unwrap();
    place.write(&format!("{SETTINGS}/superfuse-tui/settings.toml"), text);
    place
}

#[test]
fn the_colours_are_those_for_the_background_that_the_terminal_says() {
    let mut session = Setup::new().start();
    session.until("dark, as nothing is known", |screen| has(screen, KEYS[0]));
    assert_eq!(written(&session).matches(QUESTION).count(), 1);
    session.press("\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\");
    session.until("light", |screen| has(screen, KEYS[1]) && !has(screen, KEYS[0]));
    // The answer has pressed no key.
    session.see(&["idle"]);
}

#[test]
fn a_theme_that_is_chosen_is_not_asked_for() {
    let flag = Setup::new().sets(&LONG);
    let flag = flag.with(&["--theme", "light"]).variable("SUPERFUSE_THEME", "dark").start();
    flag.until("light by flag", |screen| has(screen, KEYS[1]));
    let variable = Setup::new().variable("SUPERFUSE_THEME", "light");
    let variable = variable.start_in(with_settings("theme = \"dark\"\n"));
    variable.until("light by the environment", |screen| has(screen, KEYS[1]));
    let file = Setup::new().start_in(with_settings("theme = \"light\"\n"));
    file.until("light by the file", |screen| has(screen, KEYS[1]));
    for session in [flag, variable, file] {
        assert!(!written(&session).contains(QUESTION));
    }
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    for (text, why) in [
        ("theme = \"dim\"\n", "theme: `dim` is not one of auto, dark, light, none"),
        ("alerts = [\"horn\"]\n", "alerts: `horn` is not one of bell, osc9, osc777"),
        ("colour = 1\n", "unknown field `colour`"),
    ] {
        let left = Setup::new().start_in(with_settings(text)).end();
        assert_eq!(left.status, 2, "{left:?}");
        assert!(left.bytes.contains(why) && left.bytes.contains("settings.toml"), "{left:?}");
    }
}

#[test]
fn the_end_of_a_sweep_is_told_by_terminal_and_command() {
    let place = with_settings("alerts = [\"bell\", \"osc9\"]\nalert_command = [\"cp\", \"-t\", \"told\"]\n");
    // `cp -t told ended SENTENCE` copies the file `ended`, and fails on the sentence.
    place.write("ended", "");
    fs::create_dir(place.path("told")).unwrap();
    let mut session = Setup::new().start_in(place);
    session.see(&["idle"]);
    session.press("s");
    session.see(&["finished"]);
    let told = "\x07\x1b]9;superfuse: quick: the sweep ended: 12 of 12 configurations completed\x07";
    session.until_written(told);
    wait_until("the command", || session.place.path("told/ended").exists());
    session.press("q");
    session.wait();
    assert_eq!(written(&session).matches("]9;").count(), 1);
}
