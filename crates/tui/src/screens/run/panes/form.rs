//! The form that changes the study before it starts, over the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Widget, Wrap};

use crate::screens::run::form::{Field, Form, Standing};
use crate::screens::run::scene::Scene;
use crate::widgets::dialog::{centred, framed};
use crate::widgets::table::first_in_sight;
use monitor::text::plain;
use study::feed::Level;

/// Columns of the box.
const WIDTH: u16 = 96;
/// Columns of a key.
const KEY: u16 = 15;
/// Most rows for what is wrong, or what is known.
const VERDICT_ROWS: u16 = 8;
/// And the fewest, where the fields leave no room.
const FEWEST_VERDICT_ROWS: u16 = 2;

/// Draws the fields, and below them what is wrong or what is allowed.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(form) = &scene.ui.form else { return };
    let count = form.fields().len() as u16;
    let place = centred(area, WIDTH, count + VERDICT_ROWS + 2);
    Clear.render(place, buffer);
    let block = framed(scene.theme, "Edit the study");
    let inner = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let rows = count.min(room.height.saturating_sub(FEWEST_VERDICT_ROWS)).max(1).min(room.height);
    let first = first_in_sight(usize::from(count), usize::from(rows), form.focus());
    for (line, field) in form.fields().iter().enumerate().skip(first).take(usize::from(rows)) {
        let y = room.y + (line - first) as u16;
        let is_focused = line == form.focus();
        let name = if is_focused { scene.theme.key() } else { Style::new() };
        buffer.set_stringn(room.x, y, field.key, usize::from(room.width), name);
        let value = Rect { x: room.x + KEY, y, width: room.width.saturating_sub(KEY), height: 1 };
        draw_value(buffer, value, scene, &field.value, is_focused, field.is_changed());
    }
    // A line between, where there is room for it.
    let gap = u16::from(room.height > rows + FEWEST_VERDICT_ROWS);
    let below = Rect { y: room.y + rows + gap, height: room.height.saturating_sub(rows + gap), ..room };
    Paragraph::new(verdict(scene, form)).wrap(Wrap { trim: true }).render(below, buffer);
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

/// What is wrong; else what the field holds, and what the data set suggests.
fn verdict(scene: &Scene<'_>, form: &Form) -> Vec<Line<'static>> {
    let (theme, dim) = (scene.theme, scene.theme.dim());
    let field = &form.fields()[form.focus()];
    let mut lines = Vec::new();
    match form.standing() {
        Standing::Unseen => lines.push(Line::styled("Enter looks at this data set.", theme.key())),
        Standing::Looking => lines.push(Line::styled("looking at this data set…", theme.key())),
        Standing::Checked(checked) => match *checked {
            Ok(_) => {}
            Err(faults) => {
                let error_line = |error: &study::config::Fault| {
                    let text = format!("{}: {}", error.key, error.message);
                    Line::styled(plain(&text), theme.level(Level::Error))
                };
                return faults.0.iter().map(error_line).collect();
            }
        },
    }
    lines.push(Line::styled(plain(&holds(scene, form, field)), dim));
    if form.is_changed() && lines.len() == 1 {
        lines.push(Line::styled("Enter applies the changes; training does not start yet.", dim));
    }
    let also = form.also();
    if !also.is_empty() {
        lines.push(Line::styled(plain(&format!("also: {}", also.join("; "))), dim));
    }
    if let Some(why) = form.complaint() {
        lines.push(Line::styled(plain(why), theme.level(Level::Warning)));
    }
    let notes = form.notes().iter();
    lines.extend(notes.map(|note| Line::styled(plain(note), theme.level(Level::Warning))));
    lines
}

/// What may be typed into the field, or what its choice is.
fn holds(scene: &Scene<'_>, form: &Form, field: &Field) -> String {
    let question = form.question().filter(|question| question.choices.len() > 1);
    let Some(question) = question else { return format!("{}: {}", field.key, field.does) };
    let arrows = scene.theme.pick("← →", "Left, Right");
    let choices = &question.choices;
    let chosen = choices.iter().position(|choice| choice.value == field.value);
    let what = chosen.map_or(field.does, |place| &choices[place].what);
    let number = chosen.map_or_else(String::new, |place| format!(" {} of {}", place + 1, choices.len()));
    let doubt = if question.is_open { "a guess, please check: " } else { "" };
    format!("{}: {doubt}{what};{number} {arrows} choose", field.key)
}
