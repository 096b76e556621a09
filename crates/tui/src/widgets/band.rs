//! The area of a band, filled to half a cell.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::axis::Axis;
use super::dots::{LOWER, UPPER, cell_of};
use crate::theme::Fill;

/// An area between two curves.
#[derive(Clone, Debug)]
pub struct BandArea {
    /// x, low, high; x ascending.
    pub edges: Vec<(f64, f64, f64)>,
    /// How it is shown.
    pub look: BandLook,
}

/// How a band is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandLook {
    /// Filled.
    Shaded(Fill),
    /// Filled in every second cell: some seeds are missing.
    Hatched(Fill),
    /// Its two edges.
    Outlined(Style, char),
}

/// Fills the band where it is to be filled, of `plot` below the axes `x` and `y`.
pub(super) fn fill(buffer: &mut Buffer, plot: Rect, (x, y): (&Axis, &Axis), band: &BandArea) {
    let (fill, hatched) = match band.look {
        BandLook::Shaded(fill) => (fill, 1),
        BandLook::Hatched(fill) => (fill, 2),
        BandLook::Outlined(..) => return,
    };
    let half = (x.high - x.low) / f64::from(plot.width);
    for column in 0..plot.width {
        let centre = (f64::from(column) + 0.5) / f64::from(plot.width);
        let Some((low, high)) = edges_at(&band.edges, x.low + centre * (x.high - x.low), half) else {
            continue;
        };
        let (bottom, top) = (y.share(low), y.share(high));
        if bottom > 1.0 || top < 0.0 {
            continue;
        }
        let (_, middle) = cell_of(plot, (0.0, f64::midpoint(bottom, top).clamp(0.0, 1.0)));
        let is_inside = |row: u16, part: f64| {
            let height = 1.0 - (f64::from(row) + part) / f64::from(plot.height);
            (bottom..=top).contains(&height)
        };
        for row in 0..plot.height {
            let halves = match fill {
                // A band that is thinner than half a row still has the half of its middle.
                Fill::Shade(_) => match [is_inside(row, 0.25), is_inside(row, 0.75)] {
                    [false, false] => half_of(plot, row, f64::midpoint(bottom.max(0.0), top.min(1.0))),
                    halves => halves,
                },
                // A character is as high as its cell.
                Fill::Glyph(..) => [is_inside(row, 0.5) || row == middle; 2],
            };
            if halves == [false; 2] || (row + column) % hatched != 0 {
                continue;
            }
            if let Some(cell) = buffer.cell_mut((plot.x + column, plot.y + row)) {
                fill_cell(cell, fill, halves);
            }
        }
    }
}

/// Which half of `row` has the height `share`, upper and lower; neither where the row does not have it.
fn half_of(plot: Rect, row: u16, share: f64) -> [bool; 2] {
    let (_, at) = cell_of(plot, (0.0, share));
    let is_upper = (1.0 - share) * f64::from(plot.height) < f64::from(row) + 0.5;
    [at == row && is_upper, at == row && !is_upper]
}

fn fill_cell(cell: &mut Cell, fill: Fill, halves: [bool; 2]) {
    match (fill, halves) {
        (Fill::Shade(style), [upper, lower]) if upper != lower && cell.symbol() == " " => {
            let style = Style { fg: style.bg, bg: None, ..style };
            cell.set_symbol(if upper { UPPER } else { LOWER }).set_style(style);
        }
        (Fill::Shade(style), _) => {
            cell.set_style(style);
        }
        (Fill::Glyph(glyph, style), _) => {
            cell.set_symbol(glyph).set_style(style);
        }
    }
}

/// The band's ends at `x`, interpolated; at a band of one point, within `reach` of it.
fn edges_at(edges: &[(f64, f64, f64)], x: f64, reach: f64) -> Option<(f64, f64)> {
    let (first, last) = (edges.first()?, edges.last()?);
    if x < first.0 - reach || x > last.0 + reach {
        return None;
    }
    let x = x.clamp(first.0, last.0);
    let after = edges.partition_point(|edge| edge.0 < x);
    let to = edges[after.min(edges.len() - 1)];
    let from = edges[after.saturating_sub(1)];
    let span = to.0 - from.0;
    let share = if span > 0.0 { (x - from.0) / span } else { 1.0 };
    Some((from.1 + (to.1 - from.1) * share, from.2 + (to.2 - from.2) * share))
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    #[test]
    fn a_band_is_interpolated_and_ends_where_its_points_end() {
        let edges = [(0.0, 0.0, 1.0), (2.0, 2.0, 5.0)];
        assert_eq!(edges_at(&edges, 1.0, 0.1), Some((1.0, 3.0)));
        assert_eq!(edges_at(&edges, 2.05, 0.1), Some((2.0, 5.0)));
        assert_eq!(edges_at(&edges, 2.5, 0.1), None);
        assert_eq!(edges_at(&edges[..1], 0.0, 0.1), Some((0.0, 1.0)));
    }

    /// The rows of a column of four cells, from the top, with a band from `low` to `high`.
    fn column(low: f64, high: f64, fill: Fill) -> Vec<(String, Color)> {
        let plot = Rect::new(0, 0, 1, 4);
        let mut buffer = Buffer::empty(plot);
        let y = Axis { high: 4.0, ..Axis::default() };
        let band = BandArea { edges: vec![(0.0, low, high), (1.0, low, high)], look: BandLook::Shaded(fill) };
        super::fill(&mut buffer, plot, (&Axis::default(), &y), &band);
        buffer.content().iter().map(|cell| (cell.symbol().to_owned(), cell.bg)).collect()
    }

    #[test]
    fn edges_are_exact_to_half_a_cell_where_there_are_shades() {
        let shade = Fill::Shade(Style::new().bg(Color::Indexed(4)));
        let text = |low, high| column(low, high, shade);
        let blank = |symbol: &str| (symbol.to_owned(), Color::Reset);
        let whole = (" ".to_owned(), Color::Indexed(4));
        assert_eq!(text(0.5, 2.5), [blank(" "), blank(LOWER), whole.clone(), blank(UPPER)]);
        assert_eq!(text(1.0, 2.0), [blank(" "), blank(" "), whole.clone(), blank(" ")]);
        assert_eq!(
            text(2.1, 2.15),
            [blank(" "), blank(LOWER), blank(" "), blank(" ")],
            "thinner than a half"
        );
        assert_eq!(text(5.0, 6.0), vec![blank(" "); 4], "above the axis");
        assert_eq!(text(-3.0, -1.0), vec![blank(" "); 4], "below it");
        assert_eq!(text(3.0, 9.0), [whole, blank(" "), blank(" "), blank(" ")], "cut at the edge");
        let glyphs = column(0.4, 2.3, Fill::Glyph(":", Style::new()));
        assert_eq!(glyphs, [blank(" "), blank(" "), blank(":"), blank(":")], "a cell whose middle is inside");
    }
}
