//! A grid of dots inside terminal cells: 2 × 4 Braille dots a cell, or one character in ASCII.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::theme::Glyphs;

/// How a line is drawn, so that lines differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Every dot.
    Solid,
    /// Four of six.
    Dashed,
    /// Two of five.
    Dotted,
    /// One of six: outlines of bands.
    Sparse,
}

/// Dots that were set, and the style and letter of each cell's last one.
#[derive(Debug)]
pub(super) struct Dots {
    area: Rect,
    glyphs: Glyphs,
    cells: Vec<Option<(u8, Style, char)>>,
}

/// A line's looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub(super) stroke: Stroke,
    pub(super) style: Style,
    pub(super) letter: char,
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

    /// Draws through `points`, shares of the width from the left and of the height from the bottom.
    pub(super) fn path(&mut self, points: impl IntoIterator<Item = (f64, f64)>, pen: Pen) {
        let (width, height) = self.size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        let to_dot = |(x, y): (f64, f64)| (x * (width - 1.0), (1.0 - y) * (height - 1.0));
        let mut step = 0;
        let mut last: Option<(f64, f64)> = None;
        for point in points {
            let to = to_dot(point);
            let from = last.unwrap_or(to);
            // Steeper than the axis' range is never drawn: charts clip their values to it.
            let length = (to.0 - from.0).abs().max((to.1 - from.1).abs()).round().min(width + height);
            for part in 0..=(length as u32) {
                let share = if length > 0.0 { f64::from(part) / length } else { 1.0 };
                if pen.stroke.draws(step) {
                    self.set(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share, pen);
                }
                step += u32::from(part > 0);
            }
            last = Some(to);
        }
    }

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
        let bits = cell.map_or(0, |(bits, ..)| bits);
        *cell = Some((bits | bit, pen.style, pen.letter));
    }

    /// Puts the dots on top of what the cells hold; their backgrounds stay.
    pub(super) fn draw(&self, buffer: &mut Buffer) {
        for (place, cell) in self.cells.iter().enumerate() {
            let Some((bits, style, letter)) = *cell else { continue };
            let x = self.area.x + (place % usize::from(self.area.width)) as u16;
            let y = self.area.y + (place / usize::from(self.area.width)) as u16;
            let symbol = match self.glyphs {
                Glyphs::Unicode => char::from_u32(0x2800 + u32::from(bits)).unwrap_or(' '),
                Glyphs::Ascii => letter,
            };
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(symbol).set_style(style);
            }
        }
    }
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
            Self::Solid => true,
            Self::Dashed => step % 6 < 4,
            Self::Dotted => step % 5 < 2,
            Self::Sparse => step.is_multiple_of(6),
        }
    }
}

/// Braille's bits by row and column.
const BRAILLE: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
