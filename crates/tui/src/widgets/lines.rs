//! A box of lines over a screen, each with its name on the left, that scrolls: the keys, what a run is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::dialog::{centred, draw_more_below, framed};
use crate::keymap::{Binding, Direction, help};
use crate::theme::{Glyphs, Theme};
use monitor::text::wrapped;

/// Columns of the frame and of a space on either side.
pub const FRAME: u16 = 4;
/// Columns of the keys, enough for their longest names: lines are as many with either set of glyphs. And between
/// them and what they do.
const KEYS: usize = 26;
const GAP: usize = 2;
/// Most columns of what they do.
const DOES: usize = 78;

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

/// Draws a screen's keys from line `first` on, over the middle of `area`.
pub fn draw_help<A, S>(buffer: &mut Buffer, area: Rect, theme: Theme, table: &[Binding<A, S>], first: usize) {
    let width = (KEYS + GAP + DOES) as u16 + FRAME;
    let lines_box = LinesBox { title: "Keys", width, names: KEYS + GAP, style: theme.key() };
    lines_box.draw(buffer, area, theme, &help_lines(table, theme.glyphs, area.width), first);
}

/// The help's first line on a screen of so many columns and rows, once it was scrolled from `first` on.
pub fn scroll_help<A, S>(
    table: &[Binding<A, S>],
    columns: u16,
    rows: usize,
    first: usize,
    direction: Direction,
) -> usize {
    let page = rows.saturating_sub(2).max(1);
    let last = help_lines(table, Glyphs::Unicode, columns).len().saturating_sub(page);
    direction.along(first.min(last), last, page)
}

/// Keys and what they do, as they stand below each other on a screen of `width`.
pub fn help_lines<A, S>(table: &[Binding<A, S>], glyphs: Glyphs, width: u16) -> Vec<(String, String)> {
    let room = usize::from(width.saturating_sub(FRAME)).saturating_sub(KEYS + GAP).clamp(1, DOES);
    let mut lines = Vec::new();
    for (keys, does) in help(table, glyphs) {
        let (keys, does) = (wrapped(&keys, KEYS), wrapped(does, room));
        for place in 0..keys.len().max(does.len()) {
            let of = |part: &[String]| part.get(place).cloned().unwrap_or_default();
            lines.push((of(&keys), of(&does)));
        }
    }
    lines
}
