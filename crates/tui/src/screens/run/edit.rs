//! What keys do to the form.

use super::effect::Effect;
use super::form::{Form, Standing};
use super::keymap::Action;
use super::ui_state::{Overlay, UiState};
use crate::keymap::Direction;
use crate::widgets::line_editor::Edit;
use monitor::model::Model;
use monitor::text::counted;
use study::feed::Level;

/// Opens the form, with what was refused before.
pub(super) fn open(ui: &mut UiState, model: &Model) -> Option<Effect> {
    let header = model.run.header()?;
    let form = match ui.draft.take() {
        Some(refused) => Form::with_draft(&header.config, &refused),
        None => Form::of(&header.config),
    };
    ui.form = Some(form.with_rows(&header.data.rows));
    ui.overlay = Overlay::Form;
    look(ui)
}

/// Does what a key asks for while the form is open.
pub(super) fn perform(action: Action, ui: &mut UiState) -> Option<Effect> {
    let form = ui.form.as_mut()?;
    match action {
        Action::Accept => return accept(ui),
        Action::Move(Direction::Up) => form.step(-1),
        Action::Move(_) => form.step(1),
        Action::Choose(by) => form.choose(by),
        Action::Type(letter) => form.edit(Edit::Insert(letter)),
        Action::Line(edit) => form.edit(edit),
        _ => {}
    }
    // While a name is typed it is not looked for.
    if matches!(action, Action::Move(_) | Action::Choose(_)) { look(ui) } else { None }
}

/// Looks at the data set where the form has to know it.
fn look(ui: &mut UiState) -> Option<Effect> {
    ui.form.as_mut()?.look().map(Effect::Look)
}

/// Applies the changes, unless they have errors or their data set was not seen.
fn accept(ui: &mut UiState) -> Option<Effect> {
    let form = ui.form.as_ref()?;
    if !form.is_changed() {
        ui.overlay = Overlay::None;
        ui.say(Level::Info, "the study is unchanged");
        return None;
    }
    match form.standing() {
        Standing::Unseen => look(ui),
        Standing::Looking => {
            ui.say(Level::Info, "the data set is being looked at");
            None
        }
        Standing::Checked(checked) => match *checked {
            Ok(config) => {
                (ui.overlay, ui.form) = (Overlay::None, None);
                Some(Effect::Reconfigure(Box::new(config)))
            }
            Err(_) if form.complaint().is_some() => ui.form.as_mut()?.look_again().map(Effect::Look),
            Err(faults) => {
                ui.say(Level::Error, format!("Fix {} first", counted(faults.0.len(), "error")));
                ui.form.as_mut()?.show_first(&faults);
                None
            }
        },
    }
}
