//! The keys, from the table that dispatches them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use crate::tui::draw::Scene;
use crate::tui::keymap::help;
use crate::tui::widgets::dialog::{centred, framed};

/// Columns of the box.
const WIDTH: u16 = 92;

/// Draws the keys from line `first` on, over the middle of `area`.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, first: usize) {
    let lines = help(scene.theme.glyphs);
    let place = centred(area, WIDTH, lines.len() as u16 + 2);
    Clear.render(place, buffer);
    let block = framed(scene.theme, "Keys");
    let room = block.inner(place);
    block.render(place, buffer);
    let first = first.min(lines.len().saturating_sub(usize::from(room.height)));
    let column = lines.iter().map(|(keys, _)| keys.width()).max().unwrap_or(0);
    for (line, (keys, does)) in lines.iter().skip(first).take(usize::from(room.height)).enumerate() {
        let padding = " ".repeat(column - keys.width() + 2);
        let text = Line::from(vec![
            Span::styled(format!(" {keys}"), scene.theme.key()),
            Span::raw(padding),
            Span::raw(*does),
        ]);
        buffer.set_line(room.x, room.y + line as u16, &text, room.width);
    }
    let below = lines.len().saturating_sub(first + usize::from(room.height));
    if below > 0 && place.height > 1 {
        let more = format!(" {below} more below ");
        buffer.set_stringn(
            place.x + 2,
            place.bottom() - 1,
            more,
            usize::from(place.width.saturating_sub(4)),
            scene.theme.dim(),
        );
    }
}
