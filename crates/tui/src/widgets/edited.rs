//! A line that is being edited, on the screen: of a long one the part with the cursor; and a line with a filter.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr;

use super::line_editor::LineEditor;
use crate::theme::Theme;
use monitor::text::plain;
use study::feed::Level;

/// Draws a filter behind `/`, and behind it what is wrong with it, which takes half of the room at most.
pub fn draw_filter(
    buffer: &mut Buffer,
    area: Rect,
    theme: Theme,
    filter: &LineEditor,
    wrong: Option<String>,
) {
    let wrong = wrong.map_or_else(String::new, |why| format!("  {}", plain(&why)));
    buffer.set_stringn(area.x, area.y, "/", usize::from(area.width), theme.key());
    let (room, needed) = (area.width.saturating_sub(1), wrong.width().min(usize::from(u16::MAX)) as u16);
    let line = Rect { x: area.x + 1, width: room - needed.min(room / 2), ..area }.intersection(area);
    let used = draw_edited(buffer, line, theme, filter, theme.key());
    let rest = room.saturating_sub(used);
    if rest > 0 {
        buffer.set_stringn(line.x + used, area.y, wrong, usize::from(rest), theme.level(Level::Warning));
    }
}

/// Draws the line in `area`, which is one row high; gives the columns that it takes, the cursor's included.
pub fn draw_edited(buffer: &mut Buffer, area: Rect, theme: Theme, line: &LineEditor, style: Style) -> u16 {
    let room = usize::from(area.width);
    let mark = theme.pick("…", "~").chars().next().unwrap_or(' ');
    let seen = line.in_sight(room, mark, plain);
    buffer.set_stringn(area.x, area.y, &seen.text, room, style);
    let cursor = Rect { x: area.x + seen.cursor as u16, width: seen.width as u16, ..area };
    let under = theme.cursor().remove_modifier(Modifier::UNDERLINED | Modifier::BOLD);
    buffer.set_style(cursor.intersection(area), under);
    seen.text.width().max(seen.cursor + seen.width) as u16
}
