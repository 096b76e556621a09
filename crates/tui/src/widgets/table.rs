//! A table of cells: columns that fit, a heading, a cursor's row kept in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::UnicodeWidthStr;

use crate::theme::Theme;

/// A column's place and kind.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// The heading.
    pub title: String,
    /// Its room, the gap left out.
    pub width: u16,
    /// Which side its cells lean on.
    pub align: Align,
}

/// Which side a cell leans on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A cell's text and look.
pub type Cell = (String, Style);

/// Columns between columns.
pub const GAP: u16 = 2;

/// Draws heading and rows from the one that keeps `cursor` in sight; `rows` makes the row asked for.
pub fn draw_table(
    buffer: &mut Buffer,
    area: Rect,
    theme: Theme,
    columns: &[TableColumn],
    rows: (usize, &dyn Fn(usize) -> Vec<Cell>),
    cursor: Option<usize>,
) {
    if area.height < 2 {
        return;
    }
    let heading = columns.iter().map(|column| (column.title.clone(), theme.strong()));
    draw_row(buffer, Rect { height: 1, ..area }, columns, heading);
    let room = usize::from(area.height - 1);
    let (count, row) = rows;
    let first = first_in_sight(count, room, cursor.unwrap_or(0));
    for (line, place) in (first..count).take(room).enumerate() {
        let at = Rect { y: area.y + 1 + line as u16, height: 1, ..area };
        draw_row(buffer, at, columns, row(place));
        if cursor == Some(place) {
            buffer.set_style(at, theme.cursor_row());
        }
    }
}

fn draw_row(buffer: &mut Buffer, area: Rect, columns: &[TableColumn], cells: impl IntoIterator<Item = Cell>) {
    let mut x = area.x;
    for (column, (text, style)) in columns.iter().zip(cells) {
        let room = area.right().saturating_sub(x).min(column.width);
        if room == 0 {
            return;
        }
        let lean = match column.align {
            Align::Left => 0,
            Align::Right => room.saturating_sub(text.width() as u16),
        };
        buffer.set_stringn(x + lean, area.y, text, usize::from(room - lean), style);
        x += column.width + GAP;
    }
}

/// The columns that fit into `width`, the first ones first, from left to right.
pub fn fitting<C: Copy + Ord>(
    by_priority: impl IntoIterator<Item = C>,
    width_of: impl Fn(C) -> u16,
    width: u16,
) -> Vec<C> {
    let mut left = width + GAP;
    let fits = |&column: &C| left.checked_sub(width_of(column) + GAP).inspect(|&rest| left = rest).is_some();
    let mut columns: Vec<C> = by_priority.into_iter().take_while(fits).collect();
    columns.sort_unstable();
    columns
}

/// The first line shown of `count`, so that the cursor's is shown, in the middle where it can be.
pub fn first_in_sight(count: usize, room: usize, cursor: usize) -> usize {
    cursor.saturating_sub(room / 2).min(count.saturating_sub(room))
}
