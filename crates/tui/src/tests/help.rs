//! The help: its headings and its search.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::pictures::{THEME, check, screen};
use crate::screens::run::keymap::{Action, BINDINGS, Context, action, context};
use crate::screens::run::ui_state::{Overlay, UiState};
use crate::screens::run::update::update;
use crate::theme::Glyphs;
use crate::widgets::help::{HelpLine, Search, help_lines};
use monitor::fixture::{Stage, model};
use monitor::model::Model;

fn press(ui: &mut UiState, model: &Model, codes: &[KeyCode]) {
    for &code in codes {
        if let Some(action) = action(context(ui), KeyEvent::new(code, KeyModifiers::NONE)) {
            update(action, ui, model);
        }
    }
}

fn typed(ui: &mut UiState, model: &Model, text: &str) {
    press(ui, model, &text.chars().map(KeyCode::Char).collect::<Vec<_>>());
}

#[test]
fn every_key_of_the_help_stands_below_a_heading_and_none_is_lost() {
    let lines = help_lines(BINDINGS, Glyphs::Unicode, 120, &Search::default());
    let headings: Vec<&str> = lines
        .iter()
        .filter_map(|line| match line {
            HelpLine::Heading(heading) => Some(*heading),
            HelpLine::Keys(..) => None,
        })
        .collect();
    let all = ["Sweep", "Views", "Charts", "Tables", "Moving", "Forms and questions", "Program"];
    assert_eq!(headings, all);
    assert!(matches!(lines[0], HelpLine::Heading(_)));
    let below = |key: &str| {
        let at = lines.iter().position(|line| matches!(line, HelpLine::Keys(keys, _) if keys == key))?;
        lines[..at].iter().rev().find_map(|line| match line {
            HelpLine::Heading(heading) => Some(*heading),
            HelpLine::Keys(..) => None,
        })
    };
    for (key, heading) in [("s", "Sweep"), ("+ = -", "Charts"), (",", "Tables"), ("q Ctrl-C", "Program")] {
        assert_eq!(below(key), Some(heading), "{key}");
    }
}

#[test]
fn the_help_is_searched_and_esc_clears_the_search_before_it_closes_the_help() {
    let running = model(Stage::Running);
    let mut ui = UiState::default();
    typed(&mut ui, &running, "?/AXES zoom");
    assert_eq!((context(&ui), ui.search.text.as_str()), (Context::Search, "AXES zoom"));
    let text = screen(&running, &ui, THEME, (120, 40)).to_string();
    assert!(text.contains("Keys with: AXES zoom▏") && text.contains("zoom the y axes"), "{text}");
    assert!(!text.contains("stop the sweep (asks)") && !text.contains("│ Sweep"), "{text}");
    check("help_search", &running, &ui, THEME, (80, 24));
    typed(&mut ui, &running, "q");
    assert!(screen(&running, &ui, THEME, (80, 24)).to_string().contains("no key does this"));
    press(&mut ui, &running, &[KeyCode::Backspace, KeyCode::Enter]);
    assert_eq!((context(&ui), ui.search.text.as_str()), (Context::Help, "AXES zoom"));
    press(&mut ui, &running, &[KeyCode::Esc]);
    assert_eq!((ui.overlay, &ui.search), (Overlay::Help(0), &Search::default()));
    press(&mut ui, &running, &[KeyCode::Esc]);
    assert_eq!(ui.overlay, Overlay::None);
    // A search is not left for the next time.
    typed(&mut ui, &running, "?/log");
    press(&mut ui, &running, &[KeyCode::Enter]);
    typed(&mut ui, &running, "q??");
    assert_eq!((ui.overlay, ui.search.text.as_str()), (Overlay::Help(0), ""));
    let mut about = UiState { overlay: Overlay::About(0), ..UiState::default() };
    update(Action::Search, &mut about, &running);
    assert_eq!(about.status.unwrap().text, "only the keys can be searched");
}
