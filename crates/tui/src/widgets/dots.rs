//! A grid of dots inside terminal cells: 2 × 4 Braille dots a cell, or one character in ASCII.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::theme::Glyphs;

/// How a line is drawn, so that lines differ without colour. Of Braille two dots are a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Every dot, and the one beside it: single dots read as a dotted line in most fonts.
    Thick,
    /// Every dot.
    Solid,
    /// Ten of fourteen: five columns, and a gap of two.
    LongDashes,
    /// Six of ten: three columns, and a gap of two.
    Dashed,
    /// Two of four: every second column.
    ShortDashes,
    /// Two of six: a column, and a gap of two.
    Dotted,
    /// One of eight: outlines of bands, chance.
    Sparse,
}

/// Dots that were set, and the pen of each cell.
#[derive(Debug)]
pub(super) struct Dots {
    area: Rect,
    glyphs: Glyphs,
    cells: Vec<Option<(u8, Pen)>>,
}

/// A line's looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    pub(super) stroke: Stroke,
    pub(super) style: Style,
    pub(super) letter: char,
    /// Whether it gives way to the edge of a filled band, which its dots would break.
    pub(super) yields: bool,
}

impl Dots {
    pub(super) fn new(area: Rect, glyphs: Glyphs) -> Self {
        Self { area, glyphs, cells: vec![None; usize::from(area.width) * usize::from(area.height)] }
    }

    /// Dots across and down.
    pub(super) fn size(&self) -> (f64, f64) {
        let (across, down) = self.per_cell();
        (f64::from(self.area.width * across), f64::from(self.area.height * down))
    }

    const fn per_cell(&self) -> (u16, u16) {
        match self.glyphs {
            Glyphs::Unicode => (2, 4),
            Glyphs::Ascii => (1, 1),
        }
    }

    /// Draws through `points`, shares of the width from the left and of the height from the bottom. What lies outside of
    /// 0 to 1 is cut off.
    pub(super) fn path(&mut self, points: impl IntoIterator<Item = (f64, f64)>, pen: Pen) {
        let (width, height) = self.size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        let to_dot = |(x, y): (f64, f64)| (x * (width - 1.0), (1.0 - y) * (height - 1.0));
        let mut step = 0;
        let mut last: Option<(f64, f64)> = None;
        for point in points {
            let from = last.replace(point).unwrap_or(point);
            let Some((from, to)) = inside(from, point) else { continue };
            let (from, to) = (to_dot(from), to_dot(to));
            // Rounded up: steps of more than a dot would leave gaps.
            let length = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil();
            for part in 0..=(length as u32) {
                let share = if length > 0.0 { f64::from(part) / length } else { 1.0 };
                let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
                if pen.stroke.draws(step) {
                    self.set(at.0, at.1, pen);
                }
                if pen.stroke == Stroke::Thick && self.glyphs == Glyphs::Unicode {
                    let is_steep = (to.1 - from.1).abs() > (to.0 - from.0).abs();
                    let (right, down) = if is_steep { (1.0, 0.0) } else { (0.0, 1.0) };
                    self.set(at.0 + right, at.1 + down, pen);
                }
                step += u32::from(part > 0);
            }
        }
    }

    /// A later line takes the cell from an earlier one: dots of both in the colour of one would read as neither.
    fn set(&mut self, x: f64, y: f64, pen: Pen) {
        let (across, down) = self.per_cell();
        let (x, y) = (x.round(), y.round());
        if x < 0.0 || y < 0.0 {
            return;
        }
        let (x, y) = (x as u16, y as u16);
        let (column, row) = (x / across, y / down);
        if column >= self.area.width || row >= self.area.height {
            return;
        }
        let bit = BRAILLE[usize::from(y % down)][usize::from(x % across)];
        let cell = &mut self.cells[usize::from(row) * usize::from(self.area.width) + usize::from(column)];
        let bits = cell.filter(|(_, known)| *known == pen).map_or(0, |(bits, _)| bits);
        *cell = Some((bits | bit, pen));
    }

    /// Puts the dots on top of what the cells hold; their backgrounds stay.
    pub(super) fn draw(&self, buffer: &mut Buffer) {
        for (place, cell) in self.cells.iter().enumerate() {
            let Some((bits, Pen { style, letter, yields, .. })) = *cell else { continue };
            let x = self.area.x + (place % usize::from(self.area.width)) as u16;
            let y = self.area.y + (place / usize::from(self.area.width)) as u16;
            let symbol = match self.glyphs {
                Glyphs::Unicode => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
                Glyphs::Ascii => letter,
            };
            if let Some(cell) = buffer.cell_mut((x, y)) {
                if yields && is_half(cell) {
                    continue;
                }
                keep_background(cell);
                cell.set_char(symbol).set_style(style);
            }
        }
    }
}

/// Half a cell's shade is its block's colour: it becomes the background of what is drawn over the block.
pub(super) fn keep_background(cell: &mut Cell) {
    if is_half(cell) {
        cell.bg = cell.fg;
    }
}

fn is_half(cell: &Cell) -> bool {
    matches!(cell.symbol(), UPPER | LOWER)
}

/// The upper half of a cell.
pub(super) const UPPER: &str = "▀";
/// The lower half of a cell.
pub(super) const LOWER: &str = "▄";

/// The part of a straight line that lies inside of 0 to 1 in both directions, if there is one (Liang and Barsky 1984).
pub(super) fn inside(from: (f64, f64), to: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
    // What rounding has put over an edge is on it.
    const REACH: f64 = 1e-9;
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut begin, mut end) = (0.0_f64, 1.0_f64);
    for (speed, room) in
        [(-dx, from.0 + REACH), (dx, 1.0 + REACH - from.0), (-dy, from.1 + REACH), (dy, 1.0 + REACH - from.1)]
    {
        // Not a number is nowhere.
        if speed.is_nan() || room.is_nan() || (speed == 0.0 && room < 0.0) {
            return None;
        }
        if speed < 0.0 {
            begin = begin.max(room / speed);
        } else if speed > 0.0 {
            end = end.min(room / speed);
        }
    }
    let at = |share: f64| ((from.0 + dx * share).clamp(0.0, 1.0), (from.1 + dy * share).clamp(0.0, 1.0));
    (begin <= end).then(|| (at(begin), at(end)))
}

/// The cell of a share of the width from the left and of the height from the bottom: the one whose
/// Braille dots a line there would set.
pub(super) fn cell_of(area: Rect, (x, y): (f64, f64)) -> (u16, u16) {
    let place = |share: f64, cells: u16, dots: u16| {
        let last = f64::from((cells * dots).saturating_sub(1));
        (share * last).round() as u16 / dots
    };
    (place(x, area.width, 2), place(1.0 - y, area.height, 4))
}

impl Stroke {
    const fn draws(self, step: u32) -> bool {
        match self {
            Self::Thick | Self::Solid => true,
            Self::LongDashes => step % 14 < 10,
            Self::Dashed => step % 10 < 6,
            Self::ShortDashes => step % 4 < 2,
            Self::Dotted => step % 6 < 2,
            Self::Sparse => step.is_multiple_of(8),
        }
    }
}

/// Braille's bits by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(paths: &[(&[(f64, f64)], Stroke)]) -> Vec<String> {
        let area = Rect::new(0, 0, 8, 4);
        let mut dots = Dots::new(area, Glyphs::Ascii);
        for (place, (points, stroke)) in paths.iter().enumerate() {
            let letter = char::from(b'a' + place as u8);
            dots.path(
                points.iter().copied(),
                Pen { stroke: *stroke, style: Style::new(), letter, yields: false },
            );
        }
        let mut buffer = Buffer::empty(area);
        dots.draw(&mut buffer);
        let cells: Vec<&str> = buffer.content().iter().map(Cell::symbol).collect();
        cells.chunks(8).map(<[&str]>::concat).collect()
    }

    #[test]
    fn a_line_that_leaves_the_axes_ends_at_their_edge_and_comes_back_elsewhere() {
        let zigzag = [(0.0, 0.5), (0.5, 3.0), (1.0, 0.0)];
        let rows = drawn(&[(&zigzag, Stroke::Solid)]);
        // Nothing lies along the upper edge, as it would if values were moved onto it.
        assert_eq!(rows[0], " a    a ");
        assert_eq!(drawn(&[(&[(0.0, 1.5), (1.0, 2.0)], Stroke::Solid)]).concat().trim(), "");
        assert_eq!(drawn(&[(&[(0.0, 1.0), (1.0, 1.0)], Stroke::Solid)])[0], "aaaaaaaa");
        assert_eq!(drawn(&[(&[(0.0, f64::NAN), (1.0, 0.5)], Stroke::Solid)]).concat().trim(), "");
    }

    #[test]
    fn each_cell_shows_one_line_the_later_one() {
        let area = Rect::new(0, 0, 1, 1);
        let mut dots = Dots::new(area, Glyphs::Unicode);
        let pen = |stroke| Pen { stroke, style: Style::new(), letter: 'x', yields: false };
        dots.path([(0.0, 1.0)], pen(Stroke::Dotted));
        dots.path([(0.0, 0.0), (1.0, 0.0)], pen(Stroke::Solid));
        let mut buffer = Buffer::empty(area);
        dots.draw(&mut buffer);
        assert_eq!(buffer.content()[0].symbol(), "⣀", "the other line's dot is not the line's");
    }

    #[test]
    fn a_thick_line_has_the_dots_beside_it_too_and_is_one_letter_high_in_ascii() {
        let line = |glyphs, points: [(f64, f64); 2]| {
            let area = Rect::new(0, 0, 2, 2);
            let mut dots = Dots::new(area, glyphs);
            let pen = Pen { stroke: Stroke::Thick, style: Style::new(), letter: 'x', yields: false };
            dots.path(points, pen);
            let mut buffer = Buffer::empty(area);
            dots.draw(&mut buffer);
            buffer.content().iter().map(Cell::symbol).collect::<String>()
        };
        assert_eq!(line(Glyphs::Unicode, [(0.0, 1.0), (1.0, 1.0)]), "⠛⠛  ");
        assert_eq!(line(Glyphs::Unicode, [(0.0, 0.0), (0.0, 1.0)]), "⣿ ⣿ ");
        assert_eq!(line(Glyphs::Ascii, [(0.0, 1.0), (1.0, 1.0)]), "xx  ");
    }

    #[test]
    fn no_column_is_left_out_between_points_that_lie_between_dots() {
        for points in 2..40 {
            let share = |place: u32| f64::from(place) / f64::from(points);
            let line: Vec<(f64, f64)> = (0..=points).map(|place| (share(place), 0.0)).collect();
            let area = Rect::new(0, 0, 61, 1);
            let mut dots = Dots::new(area, Glyphs::Ascii);
            let pen = Pen { stroke: Stroke::Solid, style: Style::new(), letter: 'x', yields: false };
            dots.path(line, pen);
            assert!(dots.cells.iter().all(Option::is_some), "{points} points");
        }
    }

    #[test]
    fn what_yields_leaves_a_bands_edge_whole() {
        let area = Rect::new(0, 0, 2, 1);
        let drawn = |yields| {
            let mut buffer = Buffer::empty(area);
            buffer[(0, 0)].set_symbol(UPPER);
            let mut dots = Dots::new(area, Glyphs::Unicode);
            let pen = Pen { stroke: Stroke::Solid, style: Style::new(), letter: 'x', yields };
            dots.path([(0.0, 0.0), (1.0, 0.0)], pen);
            dots.draw(&mut buffer);
            buffer.content().iter().map(Cell::symbol).collect::<String>()
        };
        assert_eq!((drawn(true), drawn(false)), ("▀⣀".to_owned(), "⣀⣀".to_owned()));
    }

    #[test]
    fn strokes_differ_in_how_dense_they_are() {
        const STROKES: [Stroke; 6] = [
            Stroke::Solid,
            Stroke::LongDashes,
            Stroke::Dashed,
            Stroke::ShortDashes,
            Stroke::Dotted,
            Stroke::Sparse,
        ];
        let density = |stroke: Stroke| (0..840).filter(|&step| stroke.draws(step)).count();
        let densities = STROKES.map(density);
        assert!(densities.windows(2).all(|pair| pair[0] * 7 > pair[1] * 8), "{densities:?}");
    }
}
