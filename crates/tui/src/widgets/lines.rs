//! A box of lines over a screen, each with its name on the left, that scrolls: what a run is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::dialog::{centred, draw_more_below, framed};
use crate::theme::Theme;

/// Columns of the frame and of a space on either side.
pub const FRAME: u16 = 4;
/// How a box of lines looks.
#[derive(Clone, Copy, Debug)]
pub struct LinesBox<'a> {
    /// Above the lines.
    pub title: &'a str,
    /// Most columns of the box.
    pub width: u16,
    /// Columns of the names.
    pub names: usize,
    /// Their style.
    pub style: Style,
}

impl LinesBox<'_> {
    /// Draws `lines` from `first` on, over the middle of `area`.
    pub fn draw<N: AsRef<str>>(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        theme: Theme,
        lines: &[(N, String)],
        first: usize,
    ) {
        let place = centred(area, self.width, lines.len() as u16 + 2);
        Clear.render(place, buffer);
        let block = framed(theme, self.title);
        let inner = block.inner(place);
        block.render(place, buffer);
        let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        let height = usize::from(room.height);
        let first = first.min(lines.len().saturating_sub(height));
        for (line, (name, text)) in lines.iter().skip(first).take(height).enumerate() {
            let name = format!("{:<width$}", name.as_ref(), width = self.names);
            let spans = vec![Span::styled(name, self.style), Span::raw(text.as_str())];
            buffer.set_line(room.x, room.y + line as u16, &Line::from(spans), room.width);
        }
        draw_more_below(buffer, place, theme, lines.len().saturating_sub(first + height));
    }
}
