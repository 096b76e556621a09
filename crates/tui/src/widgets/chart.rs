//! A chart of means and bands: the focused band shaded behind its line, the others outlined.
//!
//! Lines are dots, bands are the cells' backgrounds: a cell holds one of each, so one band is shaded. What lies outside of
//! the axes is cut off at their edge.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

pub use super::band::{BandArea, BandLook};
pub use super::guide::Guide;

use super::axis::Axis;
use super::band;
use super::dots::{Dots, Pen, Stroke, cell_of, keep_background};
use super::plot::Drawing;
use crate::theme::Theme;

/// Everything on one pair of axes. Later lines and bands lie over earlier ones.
#[derive(Clone, Debug, Default)]
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
    /// A value to compare with: a faint line, or a mark at the edge behind which it lies.
    pub guide: Option<Guide>,
    /// Whether the plot is left to a picture; the axes are characters all the same.
    pub is_picture: bool,
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
        let outside = self.guide.as_ref().filter(|guide| guide.edge(&self.y).is_some());
        let labels = self.y.ticks.iter().map(|(_, label)| label).chain(outside.map(|guide| &guide.label));
        let gutter = labels.map(|label| label.chars().count()).max().unwrap_or(0) as u16 + 1;
        if area.width <= gutter + 2 || area.height < 3 {
            return;
        }
        let plot = Rect::new(area.x + gutter, area.y, area.width - gutter, area.height - 2);
        self.draw_y_axis(buffer, plot, gutter, theme);
        let plot = Rect::new(plot.x + 1, plot.y, plot.width - 1, plot.height);
        self.draw_x_axis(buffer, plot, theme);
        if self.is_picture {
            return self.leave_picture(buffer, (area, plot, gutter), theme);
        }
        self.draw_cursor(buffer, plot, theme);
        for band in &self.bands {
            band::fill(buffer, plot, (&self.x, &self.y), band);
        }
        let mut dots = Dots::new(plot, theme.glyphs);
        if let Some(guide) = &self.guide {
            let pen = Pen { stroke: Stroke::Sparse, style: theme.dim(), letter: '-', yields: true };
            dots.path([self.x.low, self.x.high].map(|x| self.shares((x, guide.value))), pen);
        }
        for band in &self.bands {
            if let BandLook::Outlined(style, letter) = band.look {
                let pen = Pen { stroke: Stroke::Sparse, style, letter, yields: true };
                for edge in [|e: &(f64, f64, f64)| (e.0, e.1), |e: &(f64, f64, f64)| (e.0, e.2)] {
                    dots.path(band.edges.iter().map(edge).map(|point| self.shares(point)), pen);
                }
            }
        }
        for line in &self.lines {
            let letter = line.marker.chars().next().unwrap_or('*');
            let pen = Pen { stroke: line.stroke, style: line.style, letter, yields: false };
            dots.path(line.points.iter().map(|&point| self.shares(point)), pen);
        }
        dots.draw(buffer);
        for line in &self.lines {
            self.draw_markers(buffer, plot, line);
        }
        if let Some(guide) = &self.guide {
            guide.draw(buffer, plot, gutter, &self.y, theme);
        }
    }

    /// The same of `plot` as a drawing, in the same order.
    fn leave_picture(&self, buffer: &mut Buffer, (area, plot, gutter): (Rect, Rect, u16), theme: Theme) {
        let mut drawing = Drawing::new(plot, theme);
        let across = |y: f64| [self.x.low, self.x.high].map(|x| self.shares((x, y)));
        if let Some(x) = self.cursor {
            let upright = [self.y.low, self.y.high].map(|y| self.shares((x, y)));
            drawing.line(upright, Stroke::ShortDashes, theme.dim());
        }
        for band in &self.bands {
            let share = |&(x, low, high): &_| (self.x.share(x), self.y.share(low), self.y.share(high));
            drawing.band(&band.edges.iter().map(share).collect::<Vec<_>>(), band.look);
        }
        if let Some(guide) = &self.guide {
            drawing.line(across(guide.value), Stroke::Sparse, theme.dim());
            if guide.edge(&self.y).is_none() {
                let text = format!("{} {}", guide.name, guide.label);
                drawing.word(self.y.share(guide.value), &text, theme.dim());
            }
            // A mark beside the axis stays a character.
            guide.draw(buffer, plot, gutter, &self.y, theme);
        }
        for line in &self.lines {
            drawing.line(line.points.iter().map(|&point| self.shares(point)), line.stroke, line.style);
        }
        for line in &self.lines {
            for point in self.marked(line) {
                drawing.marker(self.shares(point), line.marker, line.marker_style);
            }
        }
        drawing.leave(buffer, area);
    }

    /// The points of a line that carry its marker and lie inside of the axes.
    fn marked(&self, line: &Trace) -> impl Iterator<Item = (f64, f64)> {
        let first = match line.marked {
            Marked::Every => 0,
            Marked::Last => line.points.len().saturating_sub(1),
            Marked::Nowhere => line.points.len(),
        };
        let shown = |point: &(f64, f64)| self.x.holds(point.0) && self.y.holds(point.1);
        line.points.get(first..).unwrap_or_default().iter().copied().filter(shown)
    }

    /// Shares of width and height.
    fn shares(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.x.share(x), self.y.share(y))
    }

    fn cell(&self, plot: Rect, point: (f64, f64)) -> (u16, u16) {
        let (x, y) = self.shares(point);
        let (column, row) = cell_of(plot, (x.clamp(0.0, 1.0), y.clamp(0.0, 1.0)));
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

    fn draw_markers(&self, buffer: &mut Buffer, plot: Rect, line: &Trace) {
        for point in self.marked(line) {
            let at = self.cell(plot, point);
            if let Some(cell) = buffer.cell_mut(at) {
                keep_background(cell);
                // An outline's faintness is not the marker's.
                cell.modifier = Modifier::empty();
                cell.set_symbol(line.marker).set_style(line.marker_style);
            }
        }
    }
}
