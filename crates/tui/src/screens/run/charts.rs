//! What keys do to the charts of a view: read values along them, zoom their y axes.

use super::layout::{COMPLEXITY_BESIDE, ROC_READINGS};
use super::movement::move_cursor;
use super::ui_state::{UiState, View};
use super::zoom::Zoom;
use crate::keymap::Direction;
use monitor::model::Model;
use study::alignment::aligned;
use study::complexity::Complexity;
use study::feed::Level;
use study::grid::{CohortId, Task};
use study::model::ModelId;

/// Points at which the view's curves can be read.
pub(super) fn readable(ui: &UiState, model: &Model) -> usize {
    let series = |cohort: Option<CohortId>| cohort.and_then(|cohort| model.derived.series(cohort));
    let Some(header) = model.run.header() else { return 0 };
    match ui.view {
        View::Overview => series(ui.selected(model)).map_or(0, |series| series.val_accuracy.len()),
        View::Accuracy if has_results(model, ui.task) => header.sweep.sizes.len(),
        View::Robustness if series(ui.charted(model)).is_some_and(|series| !series.noise.is_empty()) => {
            header.levels.len()
        }
        View::Roc if series(ui.charted(model)).is_some_and(|series| !series.roc.is_empty()) => ROC_READINGS,
        View::Alignment => {
            let tasks = aligned(&header.sweep);
            if tasks.iter().any(|(_, task)| has_results(model, *task)) { tasks.len() } else { 0 }
        }
        View::Complexity => costed(ui, model).len(),
        _ => 0,
    }
}

/// Whether a configuration of the task has been tested.
fn has_results(model: &Model, task: Task) -> bool {
    model.run.rows().any(|(id, state)| id.task == task && state.evaluations().next().is_some())
}

/// The models of the view of complexity that have a place in it, from the cheapest on.
pub(super) fn costed(ui: &UiState, model: &Model) -> Vec<ModelId> {
    let (Some(header), Some(charted)) = (model.run.header(), ui.charted(model)) else { return Vec::new() };
    let complexity =
        if ui.screen_columns >= COMPLEXITY_BESIDE { Complexity::Parameters } else { ui.complexity };
    let cost = |fusion: ModelId| {
        let id = CohortId { fusion, ..charted };
        let has_number = model.derived.series(id)?.quantity(ui.quantity).is_some();
        complexity.place(model.derived.row(id)?).filter(|_| has_number)
    };
    let models = [&model.baselines(), &header.sweep.fusions[..]].concat();
    let models = in_the_way_of(charted.fusion, models);
    let mut costed: Vec<_> = models.into_iter().filter_map(|fusion| Some((cost(fusion)?, fusion))).collect();
    costed.sort_by(|one, other| one.0.total_cmp(&other.0));
    costed.into_iter().map(|(_, fusion)| fusion).collect()
}

/// Those that are trained in the same way as `focused`: the others cost the same, and stand above or below it.
pub(super) fn in_the_way_of(focused: ModelId, mut models: Vec<ModelId>) -> Vec<ModelId> {
    models.retain(|model| model.robust == focused.robust);
    models
}

/// Reads values so many points on.
pub(super) fn read_on(ui: &mut UiState, model: &Model, by: isize) {
    if ui.view == View::Accuracy {
        // It is read at the cursor's size already.
        return move_cursor(ui, model, if by > 0 { Direction::Right } else { Direction::Left });
    }
    let Some(last) = readable(ui, model).checked_sub(1) else { return };
    ui.reading = Some(match ui.reading {
        Some(place) => place.min(last).saturating_add_signed(by).min(last),
        None if by > 0 => 0,
        None => last,
    });
}

/// Zooms the view's y axes so many steps further in.
pub(super) fn zoom(ui: &mut UiState, by: i8) {
    let Some(zoom) = zoom_of(ui).step(by) else { return };
    if zoom.fits() {
        ui.zoom.remove(&ui.view);
    } else {
        ui.zoom.insert(ui.view, zoom);
    }
    ui.say(Level::Info, zoom.sentence());
}

/// Fits the view's y axes to the data.
pub(super) fn fit(ui: &mut UiState) {
    ui.zoom.remove(&ui.view);
    ui.say(Level::Info, Zoom::default().sentence());
}

/// Why the view's y axes cannot be zoomed so many steps further in.
pub(super) fn zoomable(ui: &UiState, model: &Model, by: i8) -> Result<(), String> {
    let zoom = zoom_of(ui);
    // A ROC curve goes from 0 to 1.
    let shows_all = zoom.fits() && ui.view == View::Roc;
    let why = match zoom.step(by) {
        _ if readable(ui, model) == 0 => "no curve to zoom yet",
        Some(_) if by > 0 || !shows_all => return Ok(()),
        None if by > 0 => "the y axes are magnified as far as they go; `0` fits them to the data",
        _ => "the y axes show all that the number can be",
    };
    Err(why.to_owned())
}

fn zoom_of(ui: &UiState) -> Zoom {
    ui.zoom.get(&ui.view).copied().unwrap_or_default()
}
