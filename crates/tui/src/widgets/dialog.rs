//! A question over the screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Paragraph, Widget, Wrap};

use crate::theme::{Glyphs, Theme};

/// Widest text of a dialog.
const WIDTH: u16 = 60;

/// Draws a box in the middle of `area` with a title, a text that wraps, and answers below.
pub fn draw_dialog(
    buffer: &mut Buffer,
    area: Rect,
    theme: Theme,
    title: &str,
    text: &str,
    answers: Line<'_>,
) {
    let width = (WIDTH + 4).min(area.width);
    let inner = width.saturating_sub(4).max(1);
    // Lines break at spaces: allow a quarter more lines than the letters need.
    let lines = (text.chars().count() as u16 * 5 / 4).div_ceil(inner).max(1);
    let place = centred(area, width, lines + 4);
    let block = framed(theme, title);
    Clear.render(place, buffer);
    let room = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: room.x + 1, width: room.width.saturating_sub(2), ..room };
    if room.height == 0 {
        return;
    }
    Paragraph::new(text).wrap(Wrap { trim: true }).render(Rect { height: room.height - 1, ..room }, buffer);
    answers.render(Rect { y: room.bottom() - 1, height: 1, ..room }, buffer);
}

/// A box with a title.
pub fn framed(theme: Theme, title: &str) -> Block<'_> {
    let block = Block::bordered().title(format!(" {title} ")).title_style(theme.strong()).style(Style::new());
    match theme.glyphs {
        Glyphs::Unicode => block.border_type(BorderType::Rounded),
        Glyphs::Ascii => block.border_set(ratatui::symbols::border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        }),
    }
}

/// Writes on the box's lower edge how many lines are below it.
pub fn draw_more_below(buffer: &mut Buffer, place: Rect, theme: Theme, below: usize) {
    if below > 0 && place.height > 1 {
        let (x, y, room) = (place.x + 2, place.bottom() - 1, place.width.saturating_sub(4));
        buffer.set_stringn(x, y, format!(" {below} more below "), usize::from(room), theme.dim());
    }
}

/// A rectangle of at most `width` × `height` in the middle.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}
