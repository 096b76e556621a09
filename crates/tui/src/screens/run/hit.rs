//! What the mouse points at: the same places that the panes draw, as actions of the table of keys.

use ratatui::layout::Rect;

use super::keymap::Action;
use super::layout::{FOOTER_ROWS, header_rows};
use super::movement::list;
use super::panes::{footer, header, jobs, opened};
use super::scene::Scene;
use super::ui_state::{Detail, Overlay, View};
use crate::keymap::Direction;
use crate::terminal::MousePress;
use crate::widgets;
use crate::widgets::table::first_in_sight;

/// The action for a press at a column and row of a screen of `area`; none where nothing is.
pub(crate) fn hit(scene: &Scene<'_>, area: Rect, press: MousePress, column: u16, row: u16) -> Option<Action> {
    match press {
        MousePress::WheelUp => return Some(Action::Move(Direction::Up)),
        MousePress::WheelDown => return Some(Action::Move(Direction::Down)),
        MousePress::Button => {}
    }
    let header_rows = header_rows(scene.model, area.width, area.height);
    if area.height < header_rows + FOOTER_ROWS {
        return None;
    }
    if row + 1 == area.height {
        return widgets::footer::hit(&footer::keys(scene, area.width), column);
    }
    if scene.ui.overlay != Overlay::None {
        return None;
    }
    if row + 1 == header_rows {
        return widgets::footer::at(header::views(scene, area.width), column).map(Action::Show);
    }
    if let (View::Trials, Detail::Seeds(cursor)) = (scene.ui.view, scene.ui.detail) {
        return opened::seed_at(scene.ui, scene.model, cursor, column, row).map(Action::Point);
    }
    row_at(scene, area, row, header_rows).map(Action::Point)
}

/// The place in the list that the view shows.
fn row_at(scene: &Scene<'_>, area: Rect, row: u16, header_rows: u16) -> Option<usize> {
    let first_row = match (scene.ui.view, scene.ui.detail) {
        // Below the title and the heading.
        (View::Trials | View::Jobs, _) => header_rows + 2,
        (View::Findings, Detail::Rows) => header_rows + 1,
        _ => return None,
    };
    let line = usize::from(row.checked_sub(first_row)?);
    let (count, cursor) = list(scene.ui, scene.model)?;
    let below = match scene.ui.view {
        View::Jobs => jobs::detail_rows(area.height.saturating_sub(header_rows + FOOTER_ROWS)),
        _ => 0,
    };
    let room = usize::from(area.height.saturating_sub(first_row + below + FOOTER_ROWS));
    let place = first_in_sight(count, room, cursor.unwrap_or(0)) + line;
    (line < room && place < count).then_some(place)
}
