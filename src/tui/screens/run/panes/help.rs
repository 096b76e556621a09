//! The keys, from the table that dispatches them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use crate::tui::draw::Scene;
use crate::tui::keymap::help;
use crate::tui::text::wrapped;
use crate::tui::theme::Glyphs;
use crate::tui::widgets::dialog::{centred, draw_more_below, framed};

/// Columns of the keys, enough for their longest names: lines are as many with either set of glyphs. And between
/// them and what they do.
const KEYS: usize = 26;
const GAP: usize = 2;
/// Most columns of what they do.
const DOES: usize = 78;
/// Columns of the frame and of a space on either side.
const FRAME: usize = 4;

/// Draws the keys from line `first` on, over the middle of `area`.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, first: usize) {
    let lines = lines(scene.theme.glyphs, area.width);
    let place = centred(area, (KEYS + GAP + DOES + FRAME) as u16, lines.len() as u16 + 2);
    Clear.render(place, buffer);
    let block = framed(scene.theme, "Keys");
    let inner = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let height = usize::from(room.height);
    let first = first.min(lines.len().saturating_sub(height));
    for (line, (keys, does)) in lines.iter().skip(first).take(height).enumerate() {
        let text = Line::from(vec![
            Span::styled(format!("{keys:<width$}", width = KEYS + GAP), scene.theme.key()),
            Span::raw(does.as_str()),
        ]);
        buffer.set_line(room.x, room.y + line as u16, &text, room.width);
    }
    draw_more_below(buffer, place, scene.theme, lines.len().saturating_sub(first + height));
}

/// Keys and what they do, as they stand below each other on a screen of `width`.
pub(in crate::tui) fn lines(glyphs: Glyphs, width: u16) -> Vec<(String, String)> {
    let room = usize::from(width).saturating_sub(FRAME + KEYS + GAP).clamp(1, DOES);
    let mut lines = Vec::new();
    for (keys, does) in help(glyphs) {
        let (keys, does) = (wrapped(&keys, KEYS), wrapped(does, room));
        for place in 0..keys.len().max(does.len()) {
            let of = |part: &[String]| part.get(place).cloned().unwrap_or_default();
            lines.push((of(&keys), of(&does)));
        }
    }
    lines
}
