//! A titled part of the screen: a rule with its title, and the room below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::theme::Theme;

/// Draws the rule and gives back the room below it.
pub fn panel(buffer: &mut Buffer, area: Rect, title: &Line<'_>, theme: Theme) -> Rect {
    if area.height == 0 || area.width < 4 {
        return Rect { height: 0, ..area };
    }
    let rule = theme.pick("─", "-").repeat(usize::from(area.width));
    buffer.set_string(area.x, area.y, rule, theme.dim());
    let width = (title.width() as u16 + 2).min(area.width.saturating_sub(2));
    buffer.set_string(area.x + 2, area.y, " ".repeat(usize::from(width)), ratatui::style::Style::reset());
    let room = width.saturating_sub(2);
    buffer.set_line(area.x + 3, area.y, title, room);
    if title.width() > usize::from(room) && room > 0 {
        buffer.set_string(area.x + 2 + room, area.y, "…", theme.dim());
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}
