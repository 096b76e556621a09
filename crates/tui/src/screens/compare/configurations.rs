//! In what the runs' configurations differ: a table of keys and runs, and the key under the cursor in full.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::side::{Side, letter};
use crate::widgets::broken::broken;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table};
use monitor::differences::Differing;
use monitor::text::{cut, plain};

/// Most columns of a key.
const KEY: u16 = 34;
/// Fewest columns of a run's value, the gap left out.
const VALUE: u16 = 10;

/// The table, and below it the key under the cursor.
pub(super) fn parts(side: &Side<'_>, area: Rect) -> [Rect; 2] {
    let lines = under_cursor(side).map_or(0, |one| full(side, one, area.width).len() as u16 + 1);
    let lines = if area.height < 8 { 0 } else { lines.min(area.height / 2) };
    Layout::vertical([Constraint::Fill(1), Constraint::Length(lines)]).areas(area)
}

/// How many runs beyond those that fit on a screen of `width` there are: so often is the table scrolled sideways.
pub(crate) fn beyond(differences: &[Differing], runs: usize, width: u16) -> usize {
    runs.saturating_sub(fitting(differences, runs, width).1)
}

/// The key's columns, how many runs' columns fit beside it, and the columns of each.
fn fitting(differences: &[Differing], runs: usize, width: u16) -> (u16, usize, u16) {
    let keys = differences.iter().map(|one| one.key.chars().count() as u16).max().unwrap_or(3);
    let key = keys.clamp(3, KEY).min(width / 2);
    let room = width.saturating_sub(key);
    let fit = usize::from(room / (VALUE + GAP)).clamp(1, runs.max(1));
    (key, fit, (room / fit as u16).saturating_sub(GAP).max(1))
}

/// Draws both.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let [top, bottom] = parts(side, area);
    let theme = side.theme;
    let (key, runs, value) = fitting(side.differences, side.runs.len(), area.width);
    let beyond = beyond(side.differences, side.runs.len(), area.width);
    let first = side.looked.column.min(beyond);
    let scroll = if beyond > 0 {
        let arrows = theme.pick("← →", "Left Right");
        format!("; {arrows} shows {beyond} more")
    } else {
        String::new()
    };
    let title = Line::from(vec![
        Span::styled("Configurations", theme.strong()),
        Span::styled(
            format!("  keys in which the runs differ: {}{scroll}", side.differences.len()),
            theme.dim(),
        ),
    ]);
    let room = panel(buffer, top, &title, theme);
    if side.differences.is_empty() {
        let text = match side.loading() {
            Some(loading) => loading,
            None if side.runs.len() < 2 => "two runs are needed for a difference".into(),
            None => "every key has one value in all runs".into(),
        };
        buffer.set_stringn(room.x, room.y, text, usize::from(room.width), theme.dim());
        return;
    }
    let places = first..(first + runs).min(side.runs.len());
    let mut columns = vec![TableColumn { title: "key".into(), width: key, align: Align::Left }];
    columns.extend(places.clone().map(|place| TableColumn {
        title: side.name(place, value.saturating_sub(2)),
        width: value,
        align: Align::Left,
    }));
    let cells = |at: usize| -> Vec<Cell> {
        let one = &side.differences[at];
        let key = (cut(&plain(&one.key), usize::from(key)), Style::new());
        let of_run =
            |place: usize| (cut(&text(side, one, place), usize::from(value)), style(side, one, place));
        std::iter::once(key).chain(places.clone().map(of_run)).collect()
    };
    let row = side.looked.row.min(side.differences.len() - 1);
    draw_table(buffer, room, theme, &columns, (side.differences.len(), &cells), Some(row));
    if let Some(one) = under_cursor(side) {
        draw_whole(buffer, bottom, side, one);
    }
}

fn draw_whole(buffer: &mut Buffer, area: Rect, side: &Side<'_>, one: &Differing) {
    let title = Line::styled(plain(&one.key), side.theme.strong());
    let room = panel(buffer, area, &title, side.theme);
    let lines = full(side, one, area.width);
    let is_cut = lines.len() > usize::from(room.height);
    for (line, ((place, text), row)) in lines.iter().zip(room.rows()).enumerate() {
        let name = place.map_or("", letter);
        buffer.set_stringn(row.x, row.y, name, 2, place.map_or_else(Style::new, |place| side.style(place)));
        let text = if is_cut && line + 1 == usize::from(room.height) { "…" } else { text.as_str() };
        buffer.set_stringn(row.x + 2, row.y, text, usize::from(row.width.saturating_sub(2)), Style::new());
    }
}

/// Every run's value in as many lines as it needs, the run's place at its first.
fn full(side: &Side<'_>, one: &Differing, width: u16) -> Vec<(Option<usize>, String)> {
    let of_run = |place: usize| {
        let lines = broken(&text(side, one, place), usize::from(width.saturating_sub(2)).max(1));
        lines.into_iter().enumerate().map(move |(line, text)| ((line == 0).then_some(place), text))
    };
    (0..side.runs.len()).flat_map(of_run).collect()
}

fn under_cursor<'a>(side: &Side<'a>) -> Option<&'a Differing> {
    side.differences.get(side.looked.row.min(side.differences.len().saturating_sub(1)))
}

/// A run's value of a key, safe to show; where it has none, why.
fn text(side: &Side<'_>, one: &Differing, place: usize) -> String {
    let is_known = side.runs.get(place).is_some_and(|(_, model)| model.is_prepared());
    match one.values.get(place).and_then(Option::as_ref) {
        Some(value) => plain(value),
        None if is_known => "not set".into(),
        None => "loading…".into(),
    }
}

/// What is not the reference's value stands out.
fn style(side: &Side<'_>, one: &Differing, place: usize) -> Style {
    let of = |place: usize| one.values.get(place);
    match of(place) {
        Some(None) => side.theme.dim(),
        value if value == of(side.reference()) => Style::new(),
        _ => side.theme.strong(),
    }
}
