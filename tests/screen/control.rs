//! What keys do to a run: start, pause, stop, again, export; and that none of them ends the program.

use superfuse::tui::keymap::Key;
use superfuse::tui::screens::run::keymap::BINDINGS;

use crossterm::event::KeyCode;

use crate::arrays::Pairs;
use crate::cli::Place;
use crate::session::{ESC, LONG, Session, Setup, wait_until};

/// The bytes that a terminal sends for a key.
fn bytes(key: Key) -> String {
    match key {
        Key::Ctrl(letter) => char::from(letter as u8 & 0x1f).to_string(),
        Key::Plain(KeyCode::Char(letter)) => letter.to_string(),
        Key::Plain(KeyCode::Esc) => ESC.to_owned(),
        Key::Plain(KeyCode::Enter) => "\r".to_owned(),
        Key::Plain(KeyCode::Tab) => "\t".to_owned(),
        Key::Plain(KeyCode::BackTab) => "\x1b[Z".to_owned(),
        Key::Plain(KeyCode::Backspace) => "\x7f".to_owned(),
        Key::Plain(KeyCode::Up) => "\x1b[A".to_owned(),
        Key::Plain(KeyCode::Down) => "\x1b[B".to_owned(),
        Key::Plain(KeyCode::Right) => "\x1b[C".to_owned(),
        Key::Plain(KeyCode::Left) => "\x1b[D".to_owned(),
        Key::Plain(KeyCode::Home) => "\x1b[H".to_owned(),
        Key::Plain(KeyCode::End) => "\x1b[F".to_owned(),
        Key::Plain(KeyCode::PageUp) => "\x1b[5~".to_owned(),
        Key::Plain(KeyCode::PageDown) => "\x1b[6~".to_owned(),
        Key::Plain(KeyCode::Delete) => "\x1b[3~".to_owned(),
        Key::CtrlArrow(KeyCode::Right) => "\x1b[1;5C".to_owned(),
        Key::CtrlArrow(_) => "\x1b[1;5D".to_owned(),
        Key::Alt(letter) => format!("{ESC}{letter}"),
        Key::Plain(KeyCode::F(1)) => "\x1bOP".to_owned(),
        Key::Plain(other) => panic!("no bytes for {other:?}"),
    }
}

/// Every key of the table but those of `without`, each followed by Esc, in every view.
fn press_everything(session: &mut Session, without: &[Key]) {
    // A suspension takes a moment, in which keys are lost: it comes alone, at the end.
    let suspend = Key::Ctrl('z');
    let keys = BINDINGS.iter().flat_map(|binding| binding.keys).copied();
    let keys: Vec<Key> = keys.filter(|key| *key != suspend && !without.contains(key)).collect();
    for view in ["1", "2", "3", "4", "5", "6", "7"] {
        for &key in &keys {
            session.press(&format!("{view}{}{ESC}", bytes(key)));
        }
        session.press("?");
        session.see(&["start, or continue"]);
        session.press(ESC);
        session.see_no("start, or continue");
    }
    session.press("1");
    session.press(&bytes(suspend));
    session.until_taken(2);
    session.press("?");
    session.see(&["start, or continue"]);
    session.press(ESC);
    session.see_no("start, or continue");
}

fn long() -> Session {
    let mut session = Setup::new().sets(&LONG).start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["running, epoch "]);
    session
}

fn finished() -> Session {
    let mut session = Setup::new().start();
    session.see(&["idle"]);
    session.press("s");
    session.see(&["· finished ·", "12 of 12 configurations", "wrote report and figures"]);
    session
}

/// What follows `ESC [`, less the parameters and the `m` of a colour; an escape of another kind stays.
fn without_colour((place, part): (usize, &str)) -> String {
    let parameters = part.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';');
    match (place, parameters.strip_prefix('m')) {
        (0, _) => part.to_owned(),
        (_, Some(rest)) => rest.to_owned(),
        (_, None) => format!("\x1b[{part}"),
    }
}

#[test]
fn a_sweep_that_was_started_finishes_and_its_summary_is_printed_after_the_screen() {
    let mut session = finished();
    let text = session.text();
    // Below the title, which says what the glyphs mean.
    let matrix: String = text.lines().skip(4).take(7).collect();
    assert_eq!(matrix.matches('✓').count(), 12, "{text}");
    let run_dir = session.run_dir();
    session.press("q");
    let left = session.end();
    assert_eq!(left.status, 0, "{}", left.printed);
    let name = run_dir.file_name().unwrap().to_str().unwrap();
    for part in
        ["product", "synthetic", &format!("\nruns/{name}\n"), "  summary.md\n", "  figures/accuracy.svg\n"]
    {
        assert!(left.printed.contains(part), "no {part:?} in {}", left.printed);
    }
    // Colours, and nothing else that a terminal would obey.
    let uncoloured: String = left.printed.split("\x1b[").enumerate().map(without_colour).collect();
    assert!(!uncoloured.contains(|letter: char| letter.is_control() && letter != '\n'), "{uncoloured:?}");
}

#[test]
fn no_key_ends_a_running_sweep() {
    let mut session = long();
    // The answers to questions are not for everything that asks.
    press_everything(&mut session, &[]);
    session.press("p");
    session.see(&["· paused ·"]);
    session.press("s");
    session.see(&["· running ·"]);
    assert!(!session.is_over());
}

#[test]
fn no_key_but_those_that_leave_ends_a_finished_one() {
    let mut session = finished();
    press_everything(
        &mut session,
        &[Key::Plain(KeyCode::Char('q')), Key::Ctrl('c'), Key::Plain(KeyCode::Char('r'))],
    );
    session.see(&["· finished ·", "12 of 12 configurations"]);
    session.press("q");
    assert_eq!(session.end().status, 0);
}

#[test]
fn a_pause_trains_nothing_and_start_continues() {
    let mut session = long();
    wait_until("some epochs", || session.count("epoch_finished") > 2);
    session.press("p");
    session.see(&["· paused ·"]);
    // An export is answered by the thread that writes the journal: what was running is recorded by then.
    session.press("e");
    session.see(&["wrote report and figures"]);
    let before = session.count("epoch_finished");
    session.press("p");
    session.see(&["paused already; `s` continues"]);
    session.press("e");
    session.see(&["wrote report and figures"]);
    assert_eq!(session.count("epoch_finished"), before);
    session.press("s");
    session.see(&["· running ·"]);
    wait_until("more epochs", || session.count("epoch_finished") > before + 2);
}

#[test]
fn x_asks_and_stops_the_selected_configuration_alone() {
    let mut session = long();
    wait_until("an epoch", || session.count("epoch_finished") > 0);
    session.see(&["concat · real · 32 rows"]);
    session.press("x");
    session.see(&["Stop concat-real-32?", "concat-real-32 loses "]);
    session.press("n");
    session.see_no("Stop concat-real-32?");
    assert_eq!(session.count("cohort_finished"), 0);
    session.press("x");
    session.see(&["Stop concat-real-32?"]);
    session.press("y");
    session.see(&["◼", "1 of 24 configurations", "product · real · 32 rows"]);
    assert_eq!(session.count("run_interrupted"), 0);
}

#[test]
fn capital_x_asks_and_stops_the_sweep_which_can_continue() {
    let mut session = long();
    session.press("X");
    session.see(&["Stop the sweep?", "`s` continues from there"]);
    session.press(ESC);
    session.see_no("Stop the sweep?");
    assert_eq!(session.count("run_interrupted"), 0);
    session.press("X\r");
    session.see(&["· interrupted ·", "0 of 24 configurations"]);
    wait_until("the end in the journal", || session.count("run_interrupted") == 1);
    session.press("s");
    session.see(&["· running ·"]);
    wait_until("the sweep in the journal", || session.count("run_resumed") == 1);
}

#[test]
fn a_configuration_runs_again() {
    let mut session = finished();
    session.press("g");
    session.see(&["selected"]);
    session.press("r");
    session.see(&["Run tensor-synthetic-32 again?", "Its result stays until the new attempt is complete"]);
    session.press("\r");
    wait_until("the second attempt", || {
        session.events().iter().any(|event| event["event"] == "cohort_finished" && event["attempt"] == 2)
    });
    session.press("7");
    session.see(&["began again, attempt 2", "every configuration has an outcome"]);
    assert_eq!(session.count("cohort_finished"), 13);
}

#[test]
fn an_export_before_the_start_says_that_there_is_nothing_and_afterwards_writes_files() {
    let mut session = Setup::new().sets(&LONG).start();
    session.see(&["idle"]);
    session.press("e");
    session.see(&["nothing to export before the start"]);
    session.press("s");
    session.see(&["running, epoch "]);
    assert!(!session.run_dir().join("summary.csv").exists());
    session.press("e");
    session.see(&["wrote report and figures"]);
    assert!(session.run_dir().join("summary.csv").is_file());
}

#[test]
fn a_configuration_is_opened_and_left_to_where_it_was_opened_from() {
    let mut session = finished();
    session.press("\r");
    session.see(&["Seeds  ", "checkpoint  ", "the best in validation"]);
    session.press(ESC);
    session.see(&["Sweep  mean validation accuracy"]);
    session.press("5/product real 64\r");
    session.see(&["product real 64"]);
    session.press("\r");
    session.see(&["Seeds  ", "product · real task · 64 rows"]);
}

#[test]
fn a_worker_that_fails_leaves_the_screen_alone_and_the_sweep_continues() {
    // See `tests/run`: 215 GB of weights, refused wherever this runs.
    let place = Place::new();
    place.write("set.npz", Pairs::new(60, 16_384, 16_384).npz());
    let sets = [
        "data.source=set.npz",
        "sweep.fusions=[\"tensor\", \"concat\"]",
        "sweep.tasks=[\"real\"]",
        "sweep.sizes=[16]",
        "sweep.seeds=1",
        "model.hidden=200",
        "checkpoints.keep=none",
    ];
    let limited = "ulimit -v 100000000; exec \"$0\" \"$@\"";
    let mut session = Setup::new().sets(&sets).through(limited).start_in(place);
    session.see(&["idle"]);
    session.press("s");
    session.see(&["· finished ·", "✗", "✓", "2 of 2 configurations"]);
    let text = session.text();
    assert!(text.starts_with("superfuse  quick"), "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    session.press("7");
    session.see(&["tensor-real-16: ", " failed: "]);
    session.press("q");
    assert_eq!(session.end().status, 1);
}
