//! A value that curves are compared with, such as the majority's share: where it is named on a chart.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::axis::Axis;
use super::dots::cell_of;
use crate::theme::Theme;

/// A value on the y axis that is no curve's.
#[derive(Clone, Debug, PartialEq)]
pub struct Guide {
    /// On the y axis.
    pub value: f64,
    /// The value for people, short.
    pub label: String,
    /// What it is, in a word.
    pub name: &'static str,
}

/// Where a value lies that the axis does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Above,
    Below,
}

/// Columns of a chart that has room for a word.
const ROOM_FOR_NAME: u16 = 24;

impl Guide {
    /// Behind which end of the axis it lies, if behind one.
    pub(super) fn edge(&self, axis: &Axis) -> Option<Edge> {
        match axis.holds(self.value) {
            true => None,
            false if self.value > axis.high => Some(Edge::Above),
            false => Some(Edge::Below),
        }
    }

    /// Marks where the value lies, if it lies outside, in the `gutter` columns left of the axis, and names it where the
    /// chart is blank.
    pub(super) fn draw(&self, buffer: &mut Buffer, plot: Rect, gutter: u16, axis: &Axis, theme: Theme) {
        let (row, mark) = match self.edge(axis) {
            Some(Edge::Above) => (plot.y, theme.pick("▴", "^")),
            Some(Edge::Below) => (plot.bottom() - 1, theme.pick("▾", "v")),
            None => {
                let (_, row) = cell_of(plot, (0.0, axis.share(self.value)));
                // Over its line, else below it.
                let rows = [(plot.y + row).wrapping_sub(1), plot.y + row + 1];
                let text = format!("{} {}", self.name, self.label);
                return write_if_blank(buffer, plot, &rows, &text, theme);
            }
        };
        // Below the axis the row of its own line has room; above it there may be a tick's label.
        let y = if row == plot.y { row } else { plot.bottom() };
        let from = (plot.x - 1).saturating_sub(gutter);
        let text = format!("{:>width$}{mark}", self.label, width = usize::from(gutter - 1));
        buffer.set_string(from, y, text, theme.dim());
        write_if_blank(buffer, plot, &[row], &format!("{} {mark}", self.name), theme);
    }
}

/// Writes `text` in the first of `rows` that has room for it, as far right as possible; where there is none, not at all:
/// curves go first.
fn write_if_blank(buffer: &mut Buffer, plot: Rect, rows: &[u16], text: &str, theme: Theme) {
    let width = text.chars().count() as u16;
    if plot.width < ROOM_FOR_NAME.max(width + 2) {
        return;
    }
    let is_blank = |x: u16, row: u16| {
        buffer.cell((x, row)).is_some_and(|cell| cell.symbol() == " " && cell.bg == Color::Reset)
    };
    let fits = |x: u16, row: u16| (x - 1..(x + width + 1).min(plot.right())).all(|x| is_blank(x, row));
    let rows = rows.iter().filter(|row| (plot.y..plot.bottom()).contains(row));
    let places = rows.flat_map(|&row| (plot.x + 1..=plot.right() - width).rev().map(move |x| (x, row)));
    if let Some((x, row)) = places.into_iter().find(|&(x, row)| fits(x, row)) {
        buffer.set_string(x, row, text, theme.dim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Background, Depth, Glyphs};
    use crate::widgets::axis::percent_label;
    use crate::widgets::chart::Chart;

    const THEME: Theme = Theme { depth: Depth::None, glyphs: Glyphs::Unicode, background: Background::Dark };

    fn rows(value: f64) -> Vec<String> {
        let area = Rect::new(0, 0, 40, 10);
        let mut buffer = Buffer::empty(area);
        let guide = Guide { value, label: percent_label(value, 2), name: "majority" };
        let y = Axis::between(0.6, 0.7, 2, percent_label);
        Chart { y, guide: Some(guide), ..Chart::default() }.draw(&mut buffer, area, THEME);
        let cells: Vec<&str> = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        cells.chunks(40).map(|row| row.concat().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_value_that_the_axis_holds_is_a_line_with_its_name() {
        let rows = rows(0.65);
        assert!(rows[2].ends_with("majority 65"), "{rows:?}");
        assert!(rows[3].chars().filter(|&c| is_dots(c)).count() > 5, "{rows:?}");
        assert!(!rows.concat().contains('▾'));
    }

    #[test]
    fn a_value_outside_is_a_mark_with_its_number_at_that_end() {
        let below = rows(0.5);
        assert!(below[8].starts_with("50▾└"), "{below:?}");
        assert!(below[7].ends_with("majority ▾"), "{below:?}");
        let above = rows(0.9);
        assert!(above[0].starts_with("90▴") && above[0].ends_with("majority ▴"), "{above:?}");
        // No dot lies along the edge, as if the value were there.
        assert!(!below.concat().chars().chain(above.concat().chars()).any(is_dots));
    }

    fn is_dots(symbol: char) -> bool {
        ('\u{2801}'..='\u{28ff}').contains(&symbol)
    }
}
