//! What keys do to the labels while these are edited.

use super::effect::Effect;
use super::keymap::Action;
use super::ui_state::{Overlay, UiState};
use crate::keymap::Direction;
use crate::widgets::line_editor::Edit;

/// Opens the box of labels.
pub(super) fn open(ui: &mut UiState) {
    ui.labels.open();
    ui.overlay = Overlay::Labels;
}

/// Does what a key asks for while the box is open.
pub(super) fn perform(action: Action, ui: &mut UiState) -> Option<Effect> {
    let form = ui.labels.form.as_mut()?;
    match action {
        Action::Accept => {
            let change = ui.labels.close()?;
            ui.overlay = Overlay::None;
            return (!change.is_empty()).then_some(Effect::Label(change));
        }
        Action::Move(Direction::Up) => form.step(-1),
        Action::Move(_) => form.step(1),
        Action::Type(letter) => form.edit(Edit::Insert(letter)),
        Action::Line(edit) => form.edit(edit),
        _ => {}
    }
    None
}
