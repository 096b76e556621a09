//! The sweep at a glance: fusion × task down, train size across, each cell's state and mean validation
//! accuracy.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{RATE, ROOM_BESIDE_TITLE, fitting, standing_glyph};
use crate::screens::run::layout::{matrix_rows, place_of};
use crate::screens::run::scene::Scene;
use crate::widgets::panel::panel;
use crate::widgets::table::first_in_sight;
use monitor::text::{percent, percent_spread, short_count};
use monitor::trials::configured;
use study::grid::{CohortId, Sweep, Task};
use study::model::ModelId;
use study::run_state::CohortStatus;

/// Columns of a row's name: task, marker, fusion.
const NAME: u16 = 21;
/// … of its marker and fusion alone.
const FUSION: u16 = 11;
/// … where the task is a letter.
const SHORT_NAME: u16 = 13;
/// A cell with a mean; one with its deviation too.
const NARROW_CELL: u16 = 7;
const WIDE_CELL: u16 = 12;

/// Rows that the whole matrix needs.
pub fn height(sweep: &Sweep, scene: &Scene<'_>) -> u16 {
    let rows = matrix_rows(sweep, scene.ui.body_rows(scene.model));
    2 + rows.len() as u16 + u16::from(are_gathered(sweep, &rows))
}

/// Whether the baselines have one line together, for want of room.
fn are_gathered(sweep: &Sweep, rows: &[(Task, ModelId)]) -> bool {
    !sweep.baselines.is_empty() && rows.len() == sweep.tasks.len() * sweep.trained_fusions().len()
}

/// Draws as many sizes as fit, the cursor's among them.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let sweep = &header.sweep;
    let (name, fusion_width) = {
        let rate = if sweep.rates.is_empty() { 0 } else { RATE };
        (if area.width < 60 { SHORT_NAME } else { NAME } + rate, FUSION + rate)
    };
    let room = area.width.saturating_sub(name);
    let wide = room >= WIDE_CELL * sweep.sizes.len() as u16;
    let cell = if wide { WIDE_CELL } else { NARROW_CELL };
    let selected = scene.ui.selected(scene.model);
    let column =
        selected.and_then(|id| sweep.sizes.iter().position(|&size| size == id.train_size)).unwrap_or(0);
    let fitting = usize::from(room / cell).max(1);
    let first = first_in_sight(sweep.sizes.len(), fitting, column);
    let sizes = &sweep.sizes[first..sweep.sizes.len().min(first + fitting)];
    let inner = panel(buffer, area, &title(scene, area.width, sizes.len(), sweep.sizes.len()), scene.theme);
    if inner.height == 0 {
        return;
    }
    let rows_label = scene.theme.pick("train rows →", "train rows:");
    buffer.set_stringn(inner.x, inner.y, rows_label, usize::from(name.saturating_sub(1)), scene.theme.dim());
    for (place, &size) in sizes.iter().enumerate() {
        let x = inner.x + name + place as u16 * cell;
        let text =
            format!("{:>width$}", short_count(size), width = usize::from(if wide { 6 } else { cell - 1 }));
        buffer.set_stringn(x, inner.y, text, usize::from(cell), scene.theme.strong());
    }
    let rows = matrix_rows(sweep, scene.ui.body_rows(scene.model));
    let gathered = are_gathered(sweep, &rows);
    let row_room = usize::from(inner.height.saturating_sub(1 + u16::from(gathered)));
    if gathered && inner.height > 1 {
        draw_baselines(buffer, Rect { y: inner.bottom() - 1, height: 1, ..inner }, scene, name);
    }
    let row = selected.and_then(|id| place_of(&rows, id)).unwrap_or(0);
    let top = first_in_sight(rows.len(), row_room, row);
    for (line, &(task, fusion)) in rows.iter().skip(top).take(row_room).enumerate() {
        let y = inner.y + 1 + line as u16;
        let begins = line == 0 || rows[top + line - 1].0 != task;
        if begins && area.width >= 60 {
            buffer.set_string(inner.x, y, task.short_name(), scene.theme.strong());
        } else if area.width < 60 {
            buffer.set_string(inner.x, y, scene.theme.task_letter(task), scene.theme.strong());
        }
        let label = Line::from(vec![
            Span::styled(scene.theme.marker(fusion), scene.theme.marker_style(fusion)),
            Span::raw(" "),
            Span::styled(configured(fusion), scene.theme.fusion(fusion)),
        ]);
        buffer.set_line(inner.x + name - fusion_width, y, &label, fusion_width);
        for (place, &train_size) in sizes.iter().enumerate() {
            let id = CohortId { fusion, task, train_size };
            let at = Rect::new(inner.x + name + place as u16 * cell, y, cell - 1, 1).intersection(area);
            draw_cell(buffer, at, scene, id);
            if selected == Some(id) {
                // One colour for the whole cell.
                buffer.set_style(at, scene.theme.status(scene.model.status(id)));
                buffer.set_style(at, scene.theme.cursor());
            }
        }
    }
}

fn title(scene: &Scene<'_>, width: u16, shown: usize, all: usize) -> Line<'static> {
    let mut spans = vec![
        Span::styled("Sweep", scene.theme.strong()),
        Span::styled("  mean validation accuracy %, best epoch", scene.theme.dim()),
    ];
    if shown < all {
        spans.push(Span::styled(format!("  {shown} of {all} sizes"), scene.theme.dim()));
    }
    let plain = Line::from(spans.clone());
    spans.push(Span::raw(" "));
    spans.extend(glyphs(scene));
    fitting(width.saturating_sub(ROOM_BESIDE_TITLE), [Line::from(spans), plain])
}

/// What the cells' glyphs mean, of those that are there.
fn glyphs(scene: &Scene<'_>) -> Vec<Span<'static>> {
    let (model, theme) = (scene.model, scene.theme);
    let mut seen: Vec<(CohortStatus, &str, &str)> = Vec::new();
    for &id in model.run.order() {
        let one = (model.status(id), standing_glyph(scene, id), model.standing(id));
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.sort_unstable();
    let legend = |(status, glyph, name): (CohortStatus, &str, &str)| {
        [
            Span::styled(format!(" {glyph}"), theme.status(status)),
            Span::styled(format!(" {name}"), theme.dim()),
        ]
    };
    seen.into_iter().flat_map(legend).collect()
}

/// How far the baselines are, in a line that has the cursor where it is on one of them.
fn draw_baselines(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, name: u16) {
    let (model, theme) = (scene.model, scene.theme);
    let baselines = || model.run.order().iter().filter(|id| id.fusion.is_baseline());
    let done = baselines().filter(|&&id| model.status(id).is_over()).count();
    let running = baselines().find(|&&id| model.status(id) == CohortStatus::Running);
    buffer.set_stringn(area.x, area.y, "baselines", usize::from(name), theme.dim());
    let mut spans = vec![Span::styled(format!("{done} of {} done", baselines().count()), theme.dim())];
    let selected = scene.ui.selected(model).filter(|id| id.fusion.is_baseline());
    if let Some(&id) = running {
        let style = theme.status(CohortStatus::Running);
        spans.push(Span::styled(format!("  {} {id}", theme.status_glyph(CohortStatus::Running)), style));
    }
    if let Some(id) = selected.filter(|id| Some(id) != running) {
        spans.push(Span::styled(
            format!("  {} {id}", standing_glyph(scene, id)),
            theme.status(model.status(id)),
        ));
    }
    let line = Line::from(spans);
    let width = (line.width() as u16).min(area.width.saturating_sub(name));
    buffer.set_line(area.x + name, area.y, &line, width);
    if selected.is_some() {
        buffer.set_style(Rect { x: area.x + name, width, ..area }, theme.cursor_row());
    }
}

fn draw_cell(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, id: CohortId) {
    let (model, theme) = (scene.model, scene.theme);
    let status = model.status(id);
    let validation = || model.derived.series(id).and_then(|series| series.validation);
    let mean = match status {
        CohortStatus::Pending | CohortStatus::Running => {
            model.derived.series(id).and_then(|series| series.best_so_far)
        }
        _ => validation().map(|point| point.spread.mean),
    };
    let has_room = status.is_over() && area.width + 1 >= WIDE_CELL;
    let std = validation().filter(|_| has_room).and_then(|point| point.spread.std);
    let value = match (status, mean, std) {
        (CohortStatus::Pending, None, _) => String::new(),
        (_, Some(mean), Some(_)) => percent_spread(Some(mean), std, theme.absent()),
        (_, mean, _) => mean.map_or_else(|| theme.absent().to_owned(), percent),
    };
    // A perfect score and a deviation of two digits are one wider than their cell.
    let value = if value.starts_with("100.0") { value.replacen("100.0", "100", 1) } else { value };
    let value = match value.split_once(" ±") {
        Some((mean, std)) if std.len() > 3 => format!("{mean} ±{}", std.split('.').next().unwrap_or(std)),
        _ => value,
    };
    let style = theme.status(status);
    buffer.set_stringn(area.x, area.y, standing_glyph(scene, id), usize::from(area.width), style);
    let text = if status.is_over() { Style::new() } else { style };
    let room = usize::from(area.width.saturating_sub(2));
    buffer.set_stringn(area.x + 2, area.y, value, room, text);
}
