//! The search in the help: what is typed, kept and cleared.

use super::keymap::Action;
use super::ui_state::{Overlay, UiState};
use crate::widgets::help::Search;

/// Does `action` where it is about the search; whether it was.
pub(super) fn perform(action: Action, ui: &mut UiState) -> bool {
    if action == Action::Help {
        ui.search = Search::default();
        return false;
    }
    if !matches!(ui.overlay, Overlay::Help(_)) {
        return false;
    }
    match action {
        Action::Search => ui.search.is_typed = true,
        Action::Accept => ui.search.is_typed = false,
        Action::Type(letter) => ui.search.text.push(letter),
        Action::Erase => drop(ui.search.text.pop()),
        // The first Esc clears the search, the next one closes the help.
        Action::Back if ui.search != Search::default() => ui.search = Search::default(),
        _ => return false,
    }
    // What is found begins at the top.
    ui.overlay = Overlay::Help(0);
    true
}
