//! The form that changes the study before it starts, over the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Widget, Wrap};

use crate::screens::run::form::Form;
use crate::screens::run::scene::Scene;
use crate::widgets::dialog::{centred, framed};
use monitor::text::plain;
use study::feed::Level;

/// Columns of the box.
const WIDTH: u16 = 96;
/// Columns of a key.
const KEY: u16 = 15;
/// Rows for what is wrong.
const FAULT_ROWS: u16 = 4;

/// Draws the fields, and below them what is wrong or what is allowed.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(form) = &scene.ui.form else { return };
    let rows = form.fields().len() as u16;
    let place = centred(area, WIDTH, rows + FAULT_ROWS + 3);
    Clear.render(place, buffer);
    let block = framed(scene.theme, "Edit the study");
    let inner = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    for (line, field) in form.fields().iter().enumerate().take(usize::from(room.height)) {
        let y = room.y + line as u16;
        let is_focused = line == form.focus();
        let name = if is_focused { scene.theme.key() } else { Style::new() };
        buffer.set_stringn(room.x, y, field.key, usize::from(room.width), name);
        let value = Rect { x: room.x + KEY, y, width: room.width.saturating_sub(KEY), height: 1 };
        draw_value(buffer, value, scene, &field.value, is_focused, field.is_changed());
    }
    let below = Rect { y: room.y + rows + 1, height: room.height.saturating_sub(rows + 1), ..room };
    if below.height > 0 && room.height > rows {
        draw_verdict(buffer, below, scene, form);
    }
}

/// The end of what is typed, where it does not fit.
fn draw_value(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    value: &str,
    is_focused: bool,
    is_changed: bool,
) {
    let cursor = if is_focused { scene.theme.pick("▏", "_") } else { "" };
    let text = plain(value);
    let room = usize::from(area.width).saturating_sub(1);
    let skipped = text.chars().count().saturating_sub(room);
    let shown: String = text.chars().skip(skipped).collect();
    let style = if is_changed { scene.theme.strong() } else { Style::new() };
    let style = if is_focused { style.add_modifier(Modifier::UNDERLINED) } else { style };
    let line = Line::from(vec![Span::styled(shown, style), Span::styled(cursor, scene.theme.key())]);
    buffer.set_line(area.x, area.y, &line, area.width);
}

fn draw_verdict(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, form: &Form) {
    let field = &form.fields()[form.focus()];
    let lines: Vec<Line<'static>> = match form.checked() {
        Err(faults) => {
            let error_line = |error: &study::config::Fault| {
                let text = format!("{}: {}", error.key, error.message);
                Line::styled(plain(&text), scene.theme.level(Level::Error))
            };
            faults.0.iter().map(error_line).collect()
        }
        Ok(_) => vec![
            Line::styled(format!("{}: {}", field.key, field.does), scene.theme.dim()),
            Line::styled(
                if form.is_changed() {
                    "Enter applies the changes; training does not start yet."
                } else {
                    ""
                },
                scene.theme.dim(),
            ),
        ],
    };
    Paragraph::new(lines).wrap(Wrap { trim: true }).render(area, buffer);
}
