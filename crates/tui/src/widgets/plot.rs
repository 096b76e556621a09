//! A chart's plot for a terminal that shows pictures: an SVG drawing of lines, bands and markers in the theme's colours.
//!
//! A draw returns nothing, so the drawing is left in the frame, in the cells that it is to cover: the first one holds it
//! as text, the others a sign. Before the frame is written, `pictures` takes it out again. What is drawn over these cells
//! afterwards, such as a box, so covers the plot too.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::band::BandLook;
use super::dots::{Stroke, inside};
use super::marks::{mark, text};
use super::rgb::rgb;
use crate::theme::{Background, Fill, Theme};

/// A cell's width and height in the drawing's units. Cells of terminals have nearly this shape.
pub(crate) const CELL: (f64, f64) = (10.0, 20.0);
/// The side of the square that a Braille dot stands for: a share lies in the middle of its dot, as on the axes.
const DOT: f64 = 5.0;
/// A cell that is covered. No text on the screen has it.
const SIGN: &str = "\u{1a}";
/// Shares beyond this many plots are not told apart: no band leaves a zoomed axis so far.
const FAR: f64 = 100.0;

/// A drawing being made.
pub(super) struct Drawing {
    plot: Rect,
    theme: Theme,
    svg: String,
    patterns: usize,
}

/// A drawing that was left in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plot {
    /// The cells that it covers.
    pub(crate) place: Rect,
    /// Those of the whole chart, its axes too.
    pub(crate) chart: Rect,
    /// The drawing, of [`CELL`] units for each cell.
    pub(crate) svg: String,
}

impl Drawing {
    /// Of these cells.
    pub(super) fn new(plot: Rect, theme: Theme) -> Self {
        let (width, height) = (f64::from(plot.width) * CELL.0, f64::from(plot.height) * CELL.1);
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>");
        Self { plot, theme, svg, patterns: 0 }
    }

    /// Where a share of the width from the left and of the height from the bottom lies.
    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let (width, height) = (f64::from(self.plot.width) * CELL.0, f64::from(self.plot.height) * CELL.1);
        (x * (width - DOT) + DOT / 2.0, (1.0 - y) * (height - DOT) + DOT / 2.0)
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // A string takes everything that is written to it.
        let _ = self.svg.write_fmt(text);
    }

    /// A band between two curves: x, low, high in shares.
    pub(super) fn band(&mut self, edges: &[(f64, f64, f64)], look: BandLook) {
        let is_known = |edge: &&(f64, f64, f64)| [edge.0, edge.1, edge.2].iter().all(|part| part.is_finite());
        let place = |x: f64, y: f64| self.at((x, y.clamp(-FAR, FAR)));
        let lows: Vec<_> = edges.iter().filter(is_known).map(|edge| place(edge.0, edge.1)).collect();
        let highs: Vec<_> = edges.iter().filter(is_known).map(|edge| place(edge.0, edge.2)).collect();
        let mut outline = String::new();
        if let ([(x, low)], [(_, high)]) = (&lows[..], &highs[..]) {
            // Of a single point a bar.
            let (left, right) = (x - DOT, x + DOT);
            let _ = write!(outline, "M{left:.1},{low:.1} H{right:.1} V{high:.1} H{left:.1}Z");
        } else {
            push_path(&mut outline, &thinned(&lows));
            let mut back = thinned(&highs);
            back.reverse();
            let joined = outline.len();
            push_path(&mut outline, &back);
            if outline.len() > joined {
                outline.replace_range(joined..=joined, "L");
                outline.push('Z');
            }
        }
        if outline.is_empty() {
            return;
        }
        match look {
            BandLook::Shaded(fill) => {
                let (colour, share) = self.fill(fill);
                self.write(format_args!("<path d='{outline}' fill='{colour}' fill-opacity='{share}'/>"));
            }
            BandLook::Hatched(fill) => {
                let ((colour, share), id) = (self.fill(fill), self.patterns);
                self.patterns += 1;
                self.write(format_args!(
                    "<pattern id='h{id}' width='8' height='8' patternUnits='userSpaceOnUse'>\
                     <rect width='4' height='8' fill='{colour}' fill-opacity='{share}'/></pattern>\
                     <path d='{outline}' fill='url(#h{id})'/>"
                ));
            }
            BandLook::Outlined(style, _) => {
                let colour = self.colour(style.fg);
                self.write(format_args!(
                    "<path d='{outline}' fill='{colour}' fill-opacity='.12' stroke='{colour}' \
                     stroke-opacity='.4'/>"
                ));
            }
        }
    }

    /// A line through `points`, in shares; what leaves the plot is cut off.
    pub(super) fn line(
        &mut self,
        points: impl IntoIterator<Item = (f64, f64)>,
        stroke: Stroke,
        style: Style,
    ) {
        let (mut path, mut run, mut before) = (String::new(), Vec::new(), None);
        for point in points {
            let from = before.replace(point).unwrap_or(point);
            let Some((from, to)) = inside(from, point) else { continue };
            let (from, to) = (self.at(from), self.at(to));
            // Where a line was cut, it begins anew; what was only rounded joins.
            let joins = |last: &(f64, f64)| (last.0 - from.0).hypot(last.1 - from.1) < 0.05;
            if !run.last().is_some_and(joins) {
                push_path(&mut path, &thinned(&run));
                run = vec![from];
            }
            if from != to {
                run.push(to);
            }
        }
        push_path(&mut path, &thinned(&run));
        if path.is_empty() {
            return;
        }
        let (width, dashes) = match stroke {
            Stroke::Thick => (3.2, ""),
            Stroke::Solid => (2.0, ""),
            Stroke::LongDashes => (1.8, "16 6"),
            Stroke::Dashed => (1.8, "9 6"),
            Stroke::ShortDashes => (1.8, "5 5"),
            Stroke::Dotted => (1.8, "2 5"),
            Stroke::Sparse => (1.4, "2 7"),
        };
        let faint = style.add_modifier.contains(Modifier::DIM);
        let (colour, share) = (self.colour(style.fg), if faint { "0.5" } else { "1" });
        self.write(format_args!(
            "<path d='{path}' fill='none' stroke='{colour}' stroke-opacity='{share}' stroke-width='{width}' \
             stroke-linejoin='round' stroke-linecap='round'"
        ));
        if !dashes.is_empty() {
            self.write(format_args!(" stroke-dasharray='{dashes}'"));
        }
        self.svg.push_str("/>");
    }

    /// A marker at a point, in shares.
    pub(super) fn marker(&mut self, point: (f64, f64), symbol: &str, style: Style) {
        let (at, colour) = (self.at(point), self.colour(style.fg));
        mark(&mut self.svg, symbol, at, &colour);
    }

    /// A word above a height, at the right.
    pub(super) fn word(&mut self, height: f64, word: &str, style: Style) {
        let (right, y) = self.at((1.0, height));
        let above = if y > CELL.1 { y - DOT } else { y + CELL.1 - DOT };
        let word = text(word, (right - CELL.0, above), ("end", 13.0), &self.colour(style.fg));
        self.svg.push_str(&word);
    }

    /// Leaves the drawing in the frame, as the plot of a chart of these cells.
    pub(super) fn leave(mut self, buffer: &mut Buffer, chart: Rect) {
        self.svg.push_str("</svg>");
        for at in self.plot.positions() {
            if let Some(cell) = buffer.cell_mut(at) {
                cell.reset();
                cell.set_symbol(SIGN);
            }
        }
        if let Some(cell) = buffer.cell_mut(self.plot.as_position()) {
            let of = |rect: Rect| format!("{} {} {} {}", rect.x, rect.y, rect.width, rect.height);
            cell.set_symbol(&format!("{SIGN}{} {};{}", of(self.plot), of(chart), self.svg));
        }
    }

    /// A band's colour and how much it covers: that of a shade is made for text on it, and lets the others through.
    fn fill(&self, fill: Fill) -> (String, &'static str) {
        match fill {
            Fill::Shade(style) => (self.colour(style.bg), "0.85"),
            Fill::Glyph(_, style) => (self.colour(style.fg), "0.25"),
        }
    }

    /// In CSS; without one that of text on the background.
    fn colour(&self, colour: Option<Color>) -> String {
        let (r, g, b) = match (colour.and_then(rgb), self.theme.background) {
            (Some(rgb), _) => rgb,
            (None, Background::Dark) => (216, 216, 216),
            (None, Background::Light) => (40, 40, 40),
        };
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// The drawings that were left in a frame and are covered by nothing. Their cells are blank afterwards.
pub(crate) fn take(buffer: &mut Buffer) -> Vec<Plot> {
    let is_first = |cell: &&Cell| cell.symbol().starts_with(SIGN) && cell.symbol() != SIGN;
    let found: Vec<Plot> =
        buffer.content.iter().filter(is_first).filter_map(|cell| parsed(cell.symbol())).collect();
    let is_whole = |plot: &Plot| {
        let covered = |at: &_| buffer.cell(*at).is_none_or(|cell: &Cell| !cell.symbol().starts_with(SIGN));
        !plot.place.positions().any(|at| covered(&at))
    };
    let whole = found.into_iter().filter(is_whole).collect();
    for cell in buffer.content.iter_mut().filter(|cell| cell.symbol().starts_with(SIGN)) {
        cell.reset();
    }
    whole
}

fn parsed(symbol: &str) -> Option<Plot> {
    let (places, svg) = symbol.strip_prefix(SIGN)?.split_once(';')?;
    let numbers: Vec<u16> = places.split(' ').map(|number| number.parse().ok()).collect::<Option<_>>()?;
    let [x, y, width, height, left, top, columns, rows] = numbers[..] else { return None };
    let (place, chart) = (Rect::new(x, y, width, height), Rect::new(left, top, columns, rows));
    Some(Plot { place, chart, svg: svg.to_owned() })
}

/// Appends a path through `points`; of a single one a dot, which is a line's round ends.
fn push_path(path: &mut String, points: &[(f64, f64)]) {
    if let [(x, y)] = points {
        let _ = write!(path, "M{x:.1},{y:.1}h.1");
        return;
    }
    for (place, (x, y)) in points.iter().enumerate() {
        let _ = write!(path, "{}{x:.1},{y:.1}", if place == 0 { 'M' } else { 'L' });
    }
}

/// Of the points in one unit's width the first, the lowest, the highest and the last: no other changes the picture.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for group in points.chunk_by(|one, other| one.0.floor() == other.0.floor()) {
        let places = || group.iter().enumerate();
        let low = places().min_by(|one, other| one.1.1.total_cmp(&other.1.1)).map_or(0, |(place, _)| place);
        let high = places().max_by(|one, other| one.1.1.total_cmp(&other.1.1)).map_or(0, |(place, _)| place);
        let mut chosen = [0, low, high, group.len() - 1];
        chosen.sort_unstable();
        let mut last = None;
        kept.extend(
            chosen.iter().filter(|&&place| last.replace(place) != Some(place)).map(|&place| group[place]),
        );
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::{Depth, Glyphs};

    const THEME: Theme = Theme { depth: Depth::True, glyphs: Glyphs::Unicode, background: Background::Dark };
    const PLOT: Rect = Rect { x: 4, y: 1, width: 20, height: 6 };
    const AREA: Rect = Rect { x: 0, y: 0, width: 30, height: 10 };

    fn left(draw: impl FnOnce(&mut Drawing)) -> Buffer {
        let mut drawing = Drawing::new(PLOT, THEME);
        draw(&mut drawing);
        let mut buffer = Buffer::empty(AREA);
        drawing.leave(&mut buffer, AREA);
        buffer
    }

    #[test]
    fn a_drawing_is_taken_out_of_the_frame_and_its_cells_are_blank() {
        let style = Style::new().fg(Color::Rgb(1, 2, 3));
        let mut buffer = left(|drawing| drawing.line([(0.0, 0.0), (1.0, 1.0)], Stroke::Solid, style));
        let taken = take(&mut buffer);
        assert_eq!((taken.len(), taken[0].place, taken[0].chart), (1, PLOT, AREA));
        // From the middle of the first dot to that of the last: as on the axes.
        assert!(taken[0].svg.contains("M2.5,117.5L197.5,2.5") && taken[0].svg.contains("#010203"));
        assert_eq!(buffer, Buffer::empty(AREA));
        assert_eq!(take(&mut buffer), []);
    }

    #[test]
    fn what_lies_over_a_plot_hides_it() {
        // The first cell, and one that is not.
        for at in [(4, 1), (23, 6), (10, 3)] {
            let mut buffer = left(|_| ());
            buffer[at].set_symbol("x");
            assert_eq!(take(&mut buffer), []);
            assert!(buffer.content.iter().all(|cell| !cell.symbol().starts_with(SIGN)));
        }
        let mut buffer = left(|_| ());
        buffer[(24, 6)].set_symbol("x");
        assert_eq!(take(&mut buffer).len(), 1, "beside it");
    }

    #[test]
    fn a_line_is_cut_at_the_edges_and_broken_where_there_is_no_number() {
        let path = |points: &[(f64, f64)]| {
            let mut buffer =
                left(|drawing| drawing.line(points.iter().copied(), Stroke::Solid, Style::new()));
            let svg = take(&mut buffer).remove(0).svg;
            svg.split("<path d='").nth(1).map(|rest| rest.split('\'').next().unwrap().to_owned())
        };
        let line = |points| path(points).unwrap_or_default();
        assert_eq!(line(&[(0.0, 0.0), (0.5, 2.0), (1.0, 0.0)]), "M2.5,117.5L51.3,2.5M148.7,2.5L197.5,117.5");
        let broken = [(0.0, 0.0), (0.2, 0.0), (0.4, f64::NAN), (0.6, 0.0), (0.8, 0.0)];
        assert_eq!(line(&broken).matches('M').count(), 2, "{}", line(&broken));
        assert_eq!(path(&[(0.0, 2.0), (1.0, 2.0)]), None);
    }

    #[test]
    fn as_many_points_as_a_picture_can_show_are_kept() {
        let wave = |place: u32| (f64::from(place) / 1e4, f64::from(place % 7));
        let points: Vec<_> = (0..100_000).map(wave).collect();
        let kept = thinned(&points);
        assert!(kept.len() <= 4 * 10, "{}", kept.len());
        assert!(kept.contains(&points[0]) && kept.contains(&points[99_999]));
        assert!(kept.iter().any(|point| point.1 == 6.0) && kept.iter().any(|point| point.1 == 0.0));
    }
}
