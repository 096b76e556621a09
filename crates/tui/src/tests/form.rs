//! The form over the screen: its pictures, and what keys do to it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::pictures::{THEME, check, screen};
use crate::screens::run::effect::Effect;
use crate::screens::run::form::{Form, Refused};
use crate::screens::run::keymap::{Action, action, context};
use crate::screens::run::ui_state::{Overlay, UiState};
use crate::screens::run::update::update;
use monitor::fixture::{Stage, model};
use monitor::model::Model;

/// Presses keys, as letters or by name, and gives what they lead to.
fn press(ui: &mut UiState, model: &Model, keys: &[KeyEvent]) -> Vec<Effect> {
    let effect = |&key: &KeyEvent| {
        let wanted = action(context(ui), key)?;
        update(wanted, ui, model)
    };
    keys.iter().filter_map(effect).collect()
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn ctrl(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

fn alt(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::ALT)
}

fn letters(text: &str) -> Vec<KeyEvent> {
    text.chars().map(|letter| plain(KeyCode::Char(letter))).collect()
}

fn opened(planned: &Model) -> UiState {
    let mut ui = UiState::default();
    press(&mut ui, planned, &letters("E"));
    assert_eq!(ui.overlay, Overlay::Form);
    ui
}

fn focused(ui: &UiState) -> (&str, &str) {
    let form = ui.form.as_ref().unwrap();
    let field = &form.fields()[form.focus()];
    (field.key, field.value())
}

/// Types `text` into the field of that key, in place of what is there.
fn fill(ui: &mut UiState, model: &Model, key: &str, text: &str) {
    while focused(ui).0 != key {
        press(ui, model, &[plain(KeyCode::Tab)]);
    }
    press(ui, model, &[ctrl('u')]);
    press(ui, model, &letters(text));
}

#[test]
fn the_form_marks_what_cannot_run_and_says_what_the_rest_comes_to() {
    let planned = model(Stage::Planned);
    let right = opened(&planned);
    for size in [(120, 40), (80, 24), (40, 10)] {
        check("form", &planned, &right, THEME, size);
    }
    let mut wrong = opened(&planned);
    fill(&mut wrong, &planned, "train.epochs", "12x");
    fill(&mut wrong, &planned, "sweep.fusions", r#"["concat", "tensr"]"#);
    press(&mut wrong, &planned, &[plain(KeyCode::Left), plain(KeyCode::Left), plain(KeyCode::Left)]);
    for size in [(120, 40), (80, 24), (40, 10)] {
        check("form_faults", &planned, &wrong, THEME, size);
    }
}

#[test]
fn every_field_is_reached_on_a_small_screen_and_its_cursor_is_in_sight() {
    let planned = model(Stage::Planned);
    let mut ui = opened(&planned);
    let fields = ui.form.as_ref().unwrap().fields().len();
    let mut seen = Vec::new();
    for _ in 0..fields {
        let key = focused(&ui).0.to_owned();
        let picture = format!("{}", screen(&planned, &ui, THEME, (80, 24)));
        assert!(picture.contains(&key), "{key} is not in sight:\n{picture}");
        seen.push(key);
        // Every field has an error, so that there are twice as many rows.
        press(&mut ui, &planned, &[ctrl('u'), plain(KeyCode::Char('[')), plain(KeyCode::Tab)]);
    }
    let expected = [
        "run.name",
        "data.source",
        "data.width",
        "run.device",
        "sweep.fusions",
        "sweep.tasks",
        "sweep.baselines",
        "sweep.sizes",
        "sweep.seeds",
        "train.learning_rate",
        "train.epochs",
        "train.batch_size",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn keys_edit_the_line_and_the_paste_goes_to_the_cursor() {
    let planned = model(Stage::Planned);
    let mut ui = opened(&planned);
    assert_eq!(focused(&ui), ("run.name", "quick"));
    press(&mut ui, &planned, &[ctrl('a')]);
    // Pasted text comes letter by letter.
    for letter in "my-".chars() {
        update(Action::Type(letter), &mut ui, &planned);
    }
    assert_eq!(focused(&ui).1, "my-quick");
    press(&mut ui, &planned, &[alt('f'), plain(KeyCode::Backspace), ctrl('e')]);
    press(&mut ui, &planned, &letters("-2"));
    assert_eq!(focused(&ui).1, "my-quic-2");
    let back = KeyEvent::new(KeyCode::Left, KeyModifiers::CONTROL);
    press(&mut ui, &planned, &[back, ctrl('k'), plain(KeyCode::Home), plain(KeyCode::Delete)]);
    assert_eq!(focused(&ui).1, "y-quic-");
    press(&mut ui, &planned, &[plain(KeyCode::End), ctrl('w'), alt('b'), plain(KeyCode::Char('q'))]);
    assert_eq!(focused(&ui).1, "qy-");
    // An Esc sequence of Alt types nothing, and neither does a key without a meaning here.
    press(&mut ui, &planned, &[alt('x'), ctrl('x')]);
    assert_eq!(focused(&ui).1, "qy-");
}

#[test]
fn a_choice_is_taken_with_keys_of_its_own() {
    let planned = model(Stage::Planned);
    let mut ui = opened(&planned);
    press(&mut ui, &planned, &[ctrl('n')]);
    assert_eq!(focused(&ui).1, "quick", "a name has no choices");
    fill(&mut ui, &planned, "run.device", "cp");
    press(&mut ui, &planned, &[ctrl('n')]);
    assert_eq!(focused(&ui).1, "auto");
    press(&mut ui, &planned, &[ctrl('n')]);
    assert_eq!(focused(&ui).1, "cpu");
    press(&mut ui, &planned, &[ctrl('p'), ctrl('p')]);
    assert_eq!(focused(&ui).1, "cuda");
}

#[test]
fn a_study_is_edited_before_its_start_and_only_then() {
    let planned = model(Stage::Planned);
    let said = |ui: &UiState| ui.status.as_ref().map(|status| status.text.clone()).unwrap_or_default();
    let mut ui = opened(&planned);
    fill(&mut ui, &planned, "train.epochs", "");
    fill(&mut ui, &planned, "sweep.tasks", "[]");
    fill(&mut ui, &planned, "train.batch_size", "64");
    assert_eq!(press(&mut ui, &planned, &[plain(KeyCode::Enter)]), []);
    assert_eq!((said(&ui).as_str(), ui.overlay), ("Fix 2 errors first", Overlay::Form));
    assert_eq!(focused(&ui).0, "sweep.tasks", "the first of them");
    fill(&mut ui, &planned, "sweep.tasks", r#"["synthetic"]"#);
    fill(&mut ui, &planned, "train.epochs", "7");
    let effects = press(&mut ui, &planned, &[plain(KeyCode::Enter)]);
    let [Effect::Reconfigure(config)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((config.train.epochs, config.train.batch_size, ui.overlay), (7, 64, Overlay::None));
    assert_eq!(config.sweep.tasks, [study::grid::Task::Synthetic]);
    for stage in [Stage::Running, Stage::Finished] {
        assert_eq!(press(&mut ui, &model(stage), &letters("E")), []);
        assert!(said(&ui).starts_with("the run has begun"), "{}", said(&ui));
    }
}

#[test]
fn a_long_value_scrolls_with_its_cursor() {
    let planned = model(Stage::Planned);
    let config = &planned.run.header().unwrap().config;
    let mut ui = UiState { form: Some(Form::of(config)), overlay: Overlay::Form, ..UiState::default() };
    let path = format!("/first/{}/last.npz", "日本".repeat(60));
    fill(&mut ui, &planned, "data.source", &path);
    let picture = |ui: &UiState| format!("{}", screen(&planned, ui, THEME, (80, 24)));
    assert!(picture(&ui).contains("/last.npz") && !picture(&ui).contains("/first"), "{}", picture(&ui));
    press(&mut ui, &planned, &[plain(KeyCode::Home)]);
    assert!(picture(&ui).contains("/first") && !picture(&ui).contains("/last.npz"), "{}", picture(&ui));
}

#[test]
fn a_refused_study_is_there_again_with_the_reason_in_full() {
    let planned = model(Stage::Planned);
    let mut study = planned.run.header().unwrap().config.clone();
    study.train.epochs = 7;
    let why = "the study is unchanged: array `text_emb` of mine.npz has 3 values that are NaN or infinite, in 3 of its rows, the \
               first in row 17 (counted from 0); take these rows out of every array and table";
    let mut ui =
        UiState { draft: Some(Refused { study: Box::new(study), why: why.into() }), ..UiState::default() };
    press(&mut ui, &planned, &letters("E"));
    for (size, parts) in [((120, 40), 3), ((80, 24), 3)] {
        let picture = format!("{}", screen(&planned, &ui, THEME, size));
        let said = ["array `text_emb`", "row 17", "take these rows out"];
        let found = said.iter().filter(|part| picture.contains(**part)).count();
        assert_eq!(found, parts, "{picture}");
        assert!(picture.contains("the configuration file stays") || size.1 == 24, "{picture}");
    }
    let form = ui.form.as_ref().unwrap();
    assert!(form.is_changed() && form.fields().iter().any(|field| field.value() == "7"));
    // What is changed was not refused.
    press(&mut ui, &planned, &letters("x"));
    assert_eq!(ui.form.as_ref().unwrap().refused(), None);
}
