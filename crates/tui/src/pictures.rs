//! Plots as pictures over the cells of a frame: which are on the terminal, and what is to be sent.
//!
//! A draw leaves drawings in its frame (`widgets::plot`). Here, before the frame is written, they are taken out, and those
//! that are new become pictures. A picture is sent only when its drawing or its place has changed, and no sooner than the
//! link allows; until then the whole chart stays as it was, its axes too, so that what is on the screen always belongs
//! together.

use std::time::{Duration, Instant};

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Rect;

use crate::raster::raster;
use crate::terminal::{Colour, Protocol, blank, put, remove};
use crate::widgets::plot::{self, Plot};

/// The number of the first picture in Kitty's protocol; other programs of the same window count from 1.
const FIRST_NUMBER: u32 = 0x5f_0000;
/// Pixels of a cell where the terminal does not say it: it stretches a picture to the cells itself.
const USUAL_CELL: (u16, u16) = (10, 20);

/// Colours of a picture at most: more show no better lines, and take more bytes.
const COLOURS: usize = 24;
/// Of one in sixels, whose every colour takes a line of its own.
const SIXEL_COLOURS: usize = 14;

/// How pictures reach the terminal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    /// As what.
    pub(crate) protocol: Protocol,
    /// Pixels of a cell, if they are known.
    pub(crate) cell: Option<(u16, u16)>,
    /// Behind them.
    pub(crate) behind: Colour,
    /// Pixels of a picture at most, where the terminal stretches it.
    pub(crate) most: u32,
    /// Least time between two pictures that keys ask for.
    pub(crate) interval: Duration,
    /// Bytes a second of those that no key asks for.
    pub(crate) budget: f64,
}

/// Why a frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// A key, or a new size.
    ByUser,
    /// Something has changed.
    ByData,
}

/// A picture that is on the terminal.
#[derive(Clone, Debug)]
struct Shown {
    number: u32,
    plot: Plot,
    /// The chart's cells, row by row.
    cells: Vec<Cell>,
}

/// The pictures on the terminal.
#[derive(Debug, Default)]
pub(crate) struct Pictures {
    shown: Vec<Shown>,
    /// Of the frame before.
    area: Rect,
    /// The last ones that were sent: when, and how long after it the next may be that no key asks for.
    sent: Option<(Instant, Duration)>,
    /// Whether one has to wait, and why it is to be sent.
    waiting: Option<Asked>,
    /// Numbers that are still to be taken away.
    lost: Vec<u32>,
    /// How they were sent.
    way: Option<Way>,
}

impl Pictures {
    /// Puts the drawings of a frame over its cells; returns what is to be written behind it.
    pub(crate) fn place(&mut self, buffer: &mut Buffer, way: Way, asked: Asked, now: Instant) -> Vec<u8> {
        // Another size clears the terminal; other cells, such as of another font, want other pixels.
        if self.area != buffer.area || self.way != Some(way) {
            self.forget();
            (self.area, self.way) = (buffer.area, Some(way));
        }
        let asked = self.waiting.take().map_or(asked, |before| before.min(asked));
        let is_time = self.due(way, asked).is_none_or(|due| now >= due);
        let (mut shown, mut sent) = (Vec::new(), Vec::new());
        for plot in plot::take(buffer) {
            let known = self.shown.iter().position(|shown| shown.plot.chart == plot.chart);
            let known = known.map(|place| self.shown.swap_remove(place));
            match known {
                Some(known) if known.plot == plot => shown.push(known),
                Some(known) if !is_time => {
                    self.waiting = Some(asked);
                    restore(buffer, &known);
                    shown.push(known);
                    continue;
                }
                None if !is_time => {
                    self.waiting = Some(asked);
                    continue;
                }
                known => {
                    let number =
                        known.as_ref().map_or_else(|| self.free_number(&shown), |known| known.number);
                    let is_blank = known.is_some_and(|known| known.plot.place == plot.place);
                    sent.extend(sequence(&plot, way, (number, is_blank)));
                    shown.push(Shown { number, cells: cells(buffer, plot.chart), plot });
                }
            }
            // What a picture lies over is not the frame's: it is written once the picture has gone.
            if let Some(now_shown) = shown.last() {
                cover(buffer, now_shown.plot.place);
            }
        }
        let left = std::mem::replace(&mut self.shown, shown);
        self.lost.extend(left.iter().map(|shown| shown.number));
        if !sent.is_empty() {
            let rest = Duration::from_secs_f64(sent.len() as f64 / way.budget);
            self.sent = Some((now, rest.max(way.interval)));
        }
        // First away, so that a number that is used again is not taken from its new picture.
        let mut bytes = self.removed();
        bytes.extend(sent);
        bytes
    }

    /// When the next picture is to be sent, if one waits.
    pub(crate) fn next(&self, way: Way) -> Option<Instant> {
        self.waiting.and_then(|asked| self.due(way, asked))
    }

    /// Whether any is on the terminal.
    pub(crate) fn is_any(&self) -> bool {
        !self.shown.is_empty()
    }

    /// What takes all of them away, where they have numbers.
    pub(crate) fn farewell(&self) -> Vec<u8> {
        let Some(way) = self.way else { return Vec::new() };
        self.numbers().flat_map(|number| remove(way.protocol, number)).collect()
    }

    /// The terminal's cells were cleared.
    pub(crate) fn forget(&mut self) {
        self.lost.extend(self.shown.drain(..).map(|shown| shown.number));
    }

    /// All are taken away; returns what is to be written.
    pub(crate) fn clear(&mut self) -> Vec<u8> {
        self.forget();
        self.waiting = None;
        self.removed()
    }

    fn removed(&mut self) -> Vec<u8> {
        let Some(way) = self.way else { return Vec::new() };
        self.lost.drain(..).flat_map(|number| remove(way.protocol, number)).collect()
    }

    fn numbers(&self) -> impl Iterator<Item = u32> {
        self.shown.iter().map(|shown| shown.number).chain(self.lost.iter().copied())
    }

    fn due(&self, way: Way, asked: Asked) -> Option<Instant> {
        let (when, rest) = self.sent?;
        Some(when + if asked == Asked::ByUser { way.interval } else { rest })
    }

    /// One that no picture has, nor had before this frame.
    fn free_number(&self, shown: &[Shown]) -> u32 {
        let is_free = |number: &u32| {
            !self.numbers().any(|used| used == *number) && shown.iter().all(|shown| shown.number != *number)
        };
        (FIRST_NUMBER..=u32::MAX).find(is_free).unwrap_or(FIRST_NUMBER)
    }
}

/// What puts a plot over its cells; these are blank where a picture lay over the same ones.
fn sequence(plot: &Plot, way: Way, (number, is_blank): (u32, bool)) -> Vec<u8> {
    // Pictures in cells are transparent: the one before would show through.
    let blanks = (!is_blank || way.protocol != Protocol::Kitty).then(|| blank(plot.place));
    let colours = if way.protocol == Protocol::Sixel { SIXEL_COLOURS } else { COLOURS };
    let image = raster(&plot.svg, pixels(plot.place, way), colours);
    let picture = image.map(|image| put(way.protocol, &image, (plot.place, number), way.behind));
    let before = remove(way.protocol, number);
    [blanks.unwrap_or_default(), before, picture.unwrap_or_default()].concat()
}

/// Pixels of a picture over `place`: the terminal's own, or where it stretches the picture no more than are worth their
/// bytes.
fn pixels(place: Rect, way: Way) -> (u32, u32) {
    let cell = way.cell.unwrap_or(USUAL_CELL);
    let (width, height) =
        (u32::from(place.width) * u32::from(cell.0), u32::from(place.height) * u32::from(cell.1));
    if way.protocol == Protocol::Sixel || width * height <= way.most {
        return (width, height);
    }
    let share = (f64::from(way.most) / (f64::from(width) * f64::from(height))).sqrt();
    [width, height].map(|side| ((f64::from(side) * share) as u32).max(1)).into()
}

/// The cells of a chart, row by row.
fn cells(buffer: &Buffer, chart: Rect) -> Vec<Cell> {
    chart.positions().filter_map(|at| buffer.cell(at).cloned()).collect()
}

/// A chart as it was when its picture was sent.
fn restore(buffer: &mut Buffer, shown: &Shown) {
    for (at, before) in shown.plot.chart.positions().zip(&shown.cells) {
        if let Some(cell) = buffer.cell_mut(at) {
            cell.clone_from(before);
        }
    }
    cover(buffer, shown.plot.place);
}

fn cover(buffer: &mut Buffer, place: Rect) {
    for at in place.positions() {
        if let Some(cell) = buffer.cell_mut(at) {
            cell.set_diff_option(CellDiffOption::Skip);
        }
    }
}
