//! A chart of means and bands: the focused band shaded behind its line, the others outlined.
//!
//! Lines are dots, bands are the cells' backgrounds: a cell holds one of each, so one band is shaded.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::axis::Axis;
use super::dots::{Dots, Pen, Stroke, cell_of};
use crate::theme::{Fill, Theme};

/// Everything on one pair of axes. Later lines and bands lie over earlier ones.
#[derive(Clone, Debug)]
pub struct Chart {
    /// To the right.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Bands, below every line.
    pub bands: Vec<BandArea>,
    /// Lines.
    pub lines: Vec<Trace>,
    /// A vertical line to read values at.
    pub cursor: Option<f64>,
}

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

/// A curve.
#[derive(Clone, Debug)]
pub struct Trace {
    /// x, y; x ascending.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub style: Style,
    /// How it is drawn.
    pub stroke: Stroke,
    /// What stands at its points; a single character.
    pub marker: &'static str,
    /// How that is drawn.
    pub marker_style: Style,
    /// At which points.
    pub marked: Marked,
}

/// Which points of a curve carry its marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// Every one: there are few.
    Every,
    /// The last one: there are many.
    Last,
    /// None.
    Nowhere,
}

impl Chart {
    /// Draws the chart into `area`; too small an area shows what fits.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, theme: Theme) {
        let gutter =
            self.y.ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0) as u16 + 1;
        if area.width <= gutter + 2 || area.height < 3 {
            return;
        }
        let plot = Rect::new(area.x + gutter, area.y, area.width - gutter, area.height - 2);
        self.draw_y_axis(buffer, plot, gutter, theme);
        let plot = Rect::new(plot.x + 1, plot.y, plot.width - 1, plot.height);
        self.draw_x_axis(buffer, plot, theme);
        self.draw_cursor(buffer, plot, theme);
        for band in &self.bands {
            self.draw_band(buffer, plot, band);
        }
        let mut dots = Dots::new(plot, theme.glyphs);
        for band in &self.bands {
            if let BandLook::Outlined(style, letter) = band.look {
                let pen = Pen { stroke: Stroke::Sparse, style, letter };
                for edge in [|e: &(f64, f64, f64)| (e.0, e.1), |e: &(f64, f64, f64)| (e.0, e.2)] {
                    dots.path(band.edges.iter().map(edge).map(|point| self.shares(point)), pen);
                }
            }
        }
        for line in &self.lines {
            let letter = line.marker.chars().next().unwrap_or('*');
            let pen = Pen { stroke: line.stroke, style: line.style, letter };
            dots.path(line.points.iter().map(|&point| self.shares(point)), pen);
        }
        dots.draw(buffer);
        for line in &self.lines {
            self.draw_markers(buffer, plot, line);
        }
    }

    /// Shares of width and height, clipped to the axes.
    fn shares(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.share(x).clamp(0.0, 1.0), self.y.share(y).clamp(0.0, 1.0))
    }

    fn cell(&self, plot: Rect, point: (f64, f64)) -> (u16, u16) {
        let (column, row) = cell_of(plot, self.shares(point));
        (plot.x + column, plot.y + row)
    }

    fn draw_y_axis(&self, buffer: &mut Buffer, plot: Rect, gutter: u16, theme: Theme) {
        let dim = theme.dim();
        for y in plot.y..plot.bottom() {
            buffer.set_string(plot.x, y, theme.pick("│", "|"), dim);
        }
        // Labels never touch each other.
        let mut free_above = plot.bottom() + 1;
        for (value, label) in &self.y.ticks {
            let (_, y) = self.cell(plot, (self.x.low, *value));
            if y + 1 < free_above {
                let x = plot.x - gutter + (gutter - 1).saturating_sub(label.chars().count() as u16);
                buffer.set_string(x, y, label, dim);
                buffer.set_string(plot.x, y, theme.pick("┤", "+"), dim);
                free_above = y;
            }
        }
    }

    fn draw_x_axis(&self, buffer: &mut Buffer, plot: Rect, theme: Theme) {
        let dim = theme.dim();
        let y = plot.bottom();
        buffer.set_string(plot.x - 1, y, theme.pick("└", "+"), dim);
        for x in plot.x..plot.right() {
            buffer.set_string(x, y, theme.pick("─", "-"), dim);
        }
        // The last label first: where all do not fit, the ends stay.
        let cursor = self.cursor;
        let mut taken: Vec<(u16, u16)> = Vec::new();
        let order = (0..self.x.ticks.len()).rev().take(1).chain(0..self.x.ticks.len().saturating_sub(1));
        for place in order {
            let (value, label) = &self.x.ticks[place];
            let (x, _) = self.cell(plot, (*value, self.y.low));
            buffer.set_string(x, y, theme.pick("┴", "+"), dim);
            let width = label.chars().count() as u16;
            let start = x
                .saturating_sub(width / 2)
                .clamp(plot.x - 1, (plot.right() - width.min(plot.width)).max(plot.x - 1));
            if taken.iter().all(|&(from, to)| start + width < from || start > to) {
                let here = cursor.is_some_and(|cursor| (cursor - value).abs() < 1e-9);
                buffer.set_string(start, y + 1, label, if here { theme.cursor() } else { dim });
                taken.push((start, start + width));
            }
        }
    }

    fn draw_cursor(&self, buffer: &mut Buffer, plot: Rect, theme: Theme) {
        let Some(value) = self.cursor else { return };
        let (x, _) = self.cell(plot, (value, self.y.low));
        for y in plot.y..plot.bottom() {
            buffer.set_string(x, y, theme.pick("┊", ":"), theme.dim());
        }
    }

    fn draw_band(&self, buffer: &mut Buffer, plot: Rect, band: &BandArea) {
        let (fill, hatched) = match band.look {
            BandLook::Shaded(fill) => (fill, 1),
            BandLook::Hatched(fill) => (fill, 2),
            BandLook::Outlined(..) => return,
        };
        for column in 0..plot.width {
            let centre = (f64::from(column) + 0.5) / f64::from(plot.width);
            let x = self.x.low + centre * (self.x.high - self.x.low);
            let half = (self.x.high - self.x.low) / f64::from(plot.width);
            let Some((low, high)) = edges_at(&band.edges, x, half) else { continue };
            let (bottom, top) = (self.y.share(low), self.y.share(high));
            // A band that is thinner than a row still has the row of its middle.
            let (_, middle) = cell_of(plot, (centre, f64::midpoint(bottom, top).clamp(0.0, 1.0)));
            for row in 0..plot.height {
                let height = 1.0 - (f64::from(row) + 0.5) / f64::from(plot.height);
                let inside = (bottom..=top).contains(&height) || row == middle;
                if !inside || (row + column) % hatched != 0 {
                    continue;
                }
                if let Some(cell) = buffer.cell_mut((plot.x + column, plot.y + row)) {
                    match fill {
                        Fill::Shade(style) => cell.set_style(style),
                        Fill::Glyph(glyph, style) => cell.set_symbol(glyph).set_style(style),
                    };
                }
            }
        }
    }

    fn draw_markers(&self, buffer: &mut Buffer, plot: Rect, line: &Trace) {
        let first = match line.marked {
            Marked::Every => 0,
            Marked::Last => line.points.len().saturating_sub(1),
            Marked::Nowhere => return,
        };
        for &point in line.points.get(first..).unwrap_or_default() {
            let at = self.cell(plot, point);
            if let Some(cell) = buffer.cell_mut(at) {
                // An outline's faintness is not the marker's.
                cell.modifier = Modifier::empty();
                cell.set_symbol(line.marker).set_style(line.marker_style);
            }
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
    use super::*;

    #[test]
    fn a_band_is_interpolated_and_ends_where_its_points_end() {
        let edges = [(0.0, 0.0, 1.0), (2.0, 2.0, 5.0)];
        assert_eq!(edges_at(&edges, 1.0, 0.1), Some((1.0, 3.0)));
        assert_eq!(edges_at(&edges, 2.05, 0.1), Some((2.0, 5.0)));
        assert_eq!(edges_at(&edges, 2.5, 0.1), None);
        assert_eq!(edges_at(&edges[..1], 0.0, 0.1), Some((0.0, 1.0)));
    }
}
