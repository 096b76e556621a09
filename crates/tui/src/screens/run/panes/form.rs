//! The form that changes the study before it starts, over the middle of the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph, Widget, Wrap};
use unicode_width::UnicodeWidthStr;

use crate::screens::run::form::{Field, Form, Meaning, Standing};
use crate::screens::run::scene::Scene;
use crate::widgets::dialog::{centred, framed};
use crate::widgets::table::first_in_sight;
use monitor::text::{counted, cut, plain, wrapped};
use study::config::Fault;
use study::feed::Level;

/// Columns of the box.
const WIDTH: u16 = 104;
/// Columns of the mark of an error, and of a key.
const MARK: u16 = 2;
const KEY: u16 = 21;
/// Fewest columns of a value that is edited, beside what it comes to.
const VALUE: usize = 16;
/// Most rows for what is known, below the fields.
const KNOWN_ROWS: u16 = 7;
/// Rows more for why a study was refused.
const REFUSED_ROWS: u16 = 6;
/// And the fewest, where the fields leave no room.
const FEWEST_KNOWN_ROWS: u16 = 3;
/// Most lines of an error of the field that is typed into; of others one is shown.
const FAULT_LINES: usize = 3;

/// A row of the form.
enum Row<'a> {
    /// The field of that place.
    Field(usize, &'a Field),
    /// What is wrong with the field above.
    Fault(String),
}

/// Draws the fields, each error below its field, and below all what is known.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(form) = &scene.ui.form else { return };
    let faults = form.faults();
    let width = WIDTH.min(area.width).saturating_sub(4);
    let rows = rows(form, &faults, usize::from(width.saturating_sub(MARK + KEY)));
    let known_rows = KNOWN_ROWS + if form.refused().is_some() { REFUSED_ROWS } else { 0 };
    let place = centred(area, WIDTH, rows.len() as u16 + known_rows + 3);
    Clear.render(place, buffer);
    let block = framed(scene.theme, "Edit the study");
    let inner = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let most = room.height.saturating_sub(FEWEST_KNOWN_ROWS).max(1).min(room.height);
    let shown = (rows.len() as u16).min(most);
    let focused = rows.iter().position(|row| matches!(row, Row::Field(place, _) if *place == form.focus()));
    let first = first_in_sight(rows.len(), usize::from(shown), focused.unwrap_or(0));
    let meaning = form.meaning();
    for (line, row) in rows.iter().skip(first).take(usize::from(shown)).enumerate() {
        let at = Rect { y: room.y + line as u16, height: 1, ..room };
        match row {
            Row::Field(place, field) => {
                let is_focused = *place == form.focus();
                let is_faulty = faults.iter().any(|fault| fault.key == field.key);
                draw_field(buffer, at, scene, (field, is_focused, is_faulty), meaning.as_ref());
            }
            Row::Fault(text) => {
                let style = scene.theme.level(Level::Error);
                let x = at.x + (MARK + KEY).min(at.width);
                buffer.set_stringn(x, at.y, text, usize::from(at.right() - x), style);
            }
        }
    }
    // A line between, where there is room for it.
    let gap = u16::from(room.height > shown + FEWEST_KNOWN_ROWS);
    let below = Rect { y: room.y + shown + gap, height: room.height.saturating_sub(shown + gap), ..room };
    Paragraph::new(known(scene, form, &faults, meaning.as_ref()))
        .wrap(Wrap { trim: true })
        .render(below, buffer);
}

fn rows<'a>(form: &'a Form, faults: &[Fault], room: usize) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (place, field) in form.fields().iter().enumerate() {
        rows.push(Row::Field(place, field));
        let most = if place == form.focus() { FAULT_LINES } else { 1 };
        for fault in faults.iter().filter(|fault| fault.key == field.key) {
            let mut lines = wrapped(&plain(&fault.message), room.max(1));
            if lines.len() > most {
                let rest = lines.split_off(most - 1).join(" ");
                lines.push(cut(&rest, room));
            }
            rows.extend(lines.into_iter().map(Row::Fault));
        }
    }
    rows
}

/// A mark where it is wrong, its key, what is typed, and what that comes to.
fn draw_field(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    (field, is_focused, is_faulty): (&Field, bool, bool),
    meaning: Option<&Meaning>,
) {
    let theme = scene.theme;
    if is_faulty {
        buffer.set_stringn(
            area.x,
            area.y,
            theme.pick("✗", "!"),
            usize::from(area.width),
            theme.level(Level::Error),
        );
    }
    let key = Rect { x: area.x + MARK, width: area.width.saturating_sub(MARK), ..area };
    let name = if is_focused { theme.key() } else { Style::new() };
    buffer.set_stringn(key.x, key.y, field.key, usize::from(key.width), name);
    let value = Rect { x: key.x + KEY, width: key.width.saturating_sub(KEY), ..key };
    if value.width == 0 {
        return;
    }
    // One column for the cursor behind the end.
    let mut room = usize::from(value.width);
    let words = meaning.map_or("", |meaning| meaning.of(field.key));
    let words = cut(&plain(words), room.saturating_sub(VALUE));
    let fits = plain(field.value()).width() + words.width() + 3 <= room;
    if !words.is_empty() && fits {
        room -= words.width() + 2;
        buffer.set_stringn(value.right() - words.width() as u16, value.y, &words, words.width(), theme.dim());
    }
    let style = if field.is_changed() { theme.strong() } else { Style::new() };
    if !is_focused {
        buffer.set_stringn(value.x, value.y, cut(&plain(field.value()), room), room, style);
        return;
    }
    let mark = theme.pick("…", "~").chars().next().unwrap_or('~');
    let seen = field.line().in_sight(room, mark, plain);
    buffer.set_stringn(value.x, value.y, &seen.text, room, style.add_modifier(Modifier::UNDERLINED));
    let cursor = Rect { x: value.x + seen.cursor as u16, width: seen.width as u16, ..value };
    let style = theme.cursor().remove_modifier(Modifier::UNDERLINED | Modifier::BOLD);
    buffer.set_style(cursor.intersection(value), style);
}

/// How many errors there are, or what the study comes to; then what the field holds, and what the data set suggests.
fn known(scene: &Scene<'_>, form: &Form, faults: &[Fault], meaning: Option<&Meaning>) -> Vec<Line<'static>> {
    let (theme, dim) = (scene.theme, scene.theme.dim());
    let error = theme.level(Level::Error);
    let field = &form.fields()[form.focus()];
    let mut lines = Vec::new();
    lines.extend(form.refused().map(|why| Line::styled(plain(why), error)));
    match form.standing() {
        Standing::Unseen => lines.push(Line::styled("Enter looks at this data set.", theme.key())),
        Standing::Looking => lines.push(Line::styled("looking at this data set…", theme.key())),
        Standing::Checked(_) => {}
    }
    if !faults.is_empty() {
        let which = if faults.len() == 1 { "it" } else { "the first" };
        let text = format!("{}: Enter goes to {which}", counted(faults.len(), "error"));
        lines.push(Line::styled(text, error));
    } else if let Some(trials) = meaning.and_then(|meaning| meaning.trials.clone()) {
        lines.push(Line::styled(trials, theme.strong()));
    }
    let has_field = |fault: &&Fault| form.fields().iter().any(|field| field.key == fault.key);
    for fault in faults.iter().filter(|fault| !has_field(fault)) {
        lines.push(Line::styled(plain(&format!("{}: {}", fault.key, fault.message)), error));
    }
    lines.push(Line::styled(plain(&holds(form, field)), dim));
    if form.is_changed() && faults.is_empty() && matches!(form.standing(), Standing::Checked(_)) {
        let text = "Enter applies the changes to this start alone: the configuration file stays. Training does not start yet.";
        lines.push(Line::styled(text, dim));
    }
    let also = form.also();
    if !also.is_empty() {
        lines.push(Line::styled(plain(&format!("also: {}", also.join("; "))), dim));
    }
    if let Some(why) = form.complaint().filter(|_| faults.is_empty()) {
        lines.push(Line::styled(plain(why), theme.level(Level::Warning)));
    }
    let notes = form.notes().iter();
    lines.extend(notes.map(|note| Line::styled(plain(note), theme.level(Level::Warning))));
    lines
}

/// What may be typed into the field, and what its choice is.
fn holds(form: &Form, field: &Field) -> String {
    let choices = form.choices();
    if choices.len() < 2 {
        return format!("{}: {}", field.key, field.does);
    }
    let chosen = choices.iter().position(|choice| choice.value == field.value());
    let is_open = form.question().is_some_and(|question| question.is_open);
    let doubt = if is_open { "a guess, please check: " } else { "" };
    let what = chosen.map_or(field.does, |place| &choices[place].what);
    let next = match chosen {
        Some(place) => format!("choice {} of {}; Ctrl-N: the next", place + 1, choices.len()),
        None => format!("Ctrl-N: one of {}", counted(choices.len(), "common value")),
    };
    format!("{}: {doubt}{what} ({next})", field.key)
}
