//! A frame of runs side by side: a legend that names them, and a chart, a table or their configurations.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::keys::{BINDINGS, View};
use super::possible::label;
use super::side::{Side, parts};
use super::{chart, configurations, legend, numbers, tables};
use crate::theme::Glyphs;
use crate::widgets::ascii::to_ascii;
use crate::widgets::table::first_in_sight;

/// Draws a frame.
pub(crate) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let [top, body, _] = parts(area, side.runs.len());
    legend::draw(buffer, top, side);
    match side.looked.view {
        View::Results => tables::draw_results(buffer, body, side),
        View::Paired => tables::draw_paired(buffer, body, side),
        View::Configurations => configurations::draw(buffer, body, side),
        View::Robustness | View::Roc => chart::draw(buffer, body, side),
        View::Accuracy => draw_accuracy(buffer, body, side),
    }
    side.chrome.draw(buffer, area, side.theme, BINDINGS, &|binding| label(binding, side, area));
    if side.theme.glyphs == Glyphs::Ascii {
        to_ascii(buffer);
    }
}

/// The chart, and of one fusion its numbers as far as there is room.
fn draw_accuracy(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let table = Constraint::Length(numbers::height(side, area));
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), table]).areas(area);
    chart::draw(buffer, top, side);
    numbers::draw(buffer, bottom, side);
}

/// The row of the view's table at a row of a screen of `area`.
pub(crate) fn row_at(area: Rect, side: &Side<'_>, row: u16) -> Option<usize> {
    let [_, body, _] = parts(area, side.runs.len());
    let table = match side.looked.view {
        View::Results | View::Paired => body,
        View::Configurations => configurations::parts(side, body)[0],
        View::Accuracy | View::Robustness | View::Roc => return None,
    };
    // Below the title and the heading.
    let line = usize::from(row.checked_sub(table.y + 2)?);
    let (count, room) = (side.row_count(), usize::from(table.height.saturating_sub(2)));
    let place = first_in_sight(count, room, side.looked.row.min(count.saturating_sub(1))) + line;
    (line < room && place < count).then_some(place)
}
