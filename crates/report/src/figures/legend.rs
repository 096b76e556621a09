//! The strip below the panels: samples of lines with their names, in as many rows as they need.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::font;
use super::medium::{Layout, Medium};
use super::sheet::{Area, LEGEND_ROW, Weight, said};
use super::style::{CHANCE, Outline, at, color, core, corners, dash, inside, letter, outline, px, text};
use study::look::{Dash, GREY, Look, Marker, look};
use study::model::{ModelId, Robust};

/// Length of a sample.
pub(super) const SAMPLE: i32 = 30;
/// From one entry's name to the next entry's sample.
const BETWEEN: i32 = 24;
/// Least distance to the edges of the figure.
const EDGE: i32 = 4;
/// Size of a name.
const NAME: u32 = 13;

/// Fusions as the panels draw them, baselines thin, and last the dotted line.
pub(super) struct Legend {
    entries: Vec<(&'static str, Sample)>,
    medium: Medium,
    width: i32,
}

/// What stands before a name.
#[derive(Clone, Copy)]
enum Sample {
    /// A line as the panels have it.
    Line(Look, Weight),
    /// A marker alone.
    Marker(Look),
    /// The dotted line.
    Dotted,
}

impl Legend {
    /// Of a figure that is laid out so.
    pub(super) fn new(
        fusions: &[ModelId],
        weight: Weight,
        baselines: &[ModelId],
        dotted: &'static str,
        layout: &Layout,
    ) -> Self {
        let fusions = fusions.iter().map(|&fusion| (look(fusion), weight));
        let baselines = baselines.iter().map(|&fusion| (look(fusion), Weight::Thin));
        let lines = fusions.chain(baselines).map(|(look, weight)| (look.name, Sample::Line(look, weight)));
        Self {
            entries: lines.chain([(dotted, Sample::Dotted)]).collect(),
            medium: layout.medium,
            width: layout.width() as i32,
        }
    }

    /// With what markers of these ways to train are like, before the dotted line.
    pub(super) fn with_ways(mut self, ways: &[Robust]) -> Self {
        let entry = |&training: &Robust| {
            let name = match training {
                Robust::None => "trained plainly",
                Robust::Noise => "with noise",
                Robust::Drop => "with dropped modalities",
            };
            let (hue, marker, dash) = (&GREY, Marker::Circle, Dash::Solid);
            (name, Sample::Marker(Look { hue, marker, dash, training, letter: "", short_name: name, name }))
        };
        let place = self.entries.len() - 1;
        self.entries.splice(place..place, ways.iter().map(entry));
        self
    }

    pub(super) fn rows(&self) -> u32 {
        self.laid_out().len() as u32
    }

    pub(super) fn draw(&self, foot: &Area) -> Result<(), String> {
        for (row, entries) in self.laid_out().iter().enumerate() {
            let y = row as i32 * LEGEND_ROW as i32 + 12;
            let all: i32 = entries.iter().map(|entry| self.length(*entry)).sum();
            // The last entry's distance to a next one is none of the row's.
            let mut x = (self.width - (all - BETWEEN)) / 2;
            for &entry in entries {
                self.entry(foot, entry, (x, y))?;
                x += self.length(entry);
            }
        }
        Ok(())
    }

    /// Places in `entries`, row by row.
    fn laid_out(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new()];
        let mut used = 0;
        for entry in 0..self.entries.len() {
            used += self.length(entry);
            if used - BETWEEN > self.width - 2 * EDGE {
                rows.push(Vec::new());
                used = self.length(entry);
            }
            if let Some(row) = rows.last_mut() {
                row.push(entry);
            }
        }
        rows
    }

    fn length(&self, entry: usize) -> i32 {
        SAMPLE + 8 + font::width(self.entries[entry].0, self.medium.letters(NAME)) as i32 + BETWEEN
    }

    fn entry(&self, foot: &Area, entry: usize, (x, y): (i32, i32)) -> Result<(), String> {
        let (name, of) = self.entries[entry];
        let middle = (x + SAMPLE / 2, y);
        match of {
            Sample::Line(look, weight) => {
                let style = color(look.hue.figure).stroke_width(weight.stroke());
                sample(foot, (x, y), style, dash(look.dash))?;
                match weight {
                    Weight::Marked => marker(foot, look, middle)?,
                    Weight::Plain | Weight::Thin => sign(foot, look, middle)?,
                }
            }
            Sample::Marker(look) => marker(foot, look, middle)?,
            Sample::Dotted => dotted(foot, (x, y))?,
        }
        let name = Text::new(name, at(x + SAMPLE + 8, y), text(NAME, HPos::Left));
        foot.draw(&name).map_err(said)
    }
}

/// The sample of the line for chance.
pub(super) fn dotted(foot: &Area, place: (i32, i32)) -> Result<(), String> {
    sample(foot, place, CHANCE.stroke_width(px(1)), Some((2, 4)))
}

fn sample(
    foot: &Area,
    (x, y): (i32, i32),
    style: ShapeStyle,
    dash: Option<(u32, u32)>,
) -> Result<(), String> {
    let ends = [at(x, y), at(x + SAMPLE, y)];
    match dash {
        None => foot.draw(&PathElement::new(ends, style)),
        Some((dash, gap)) => foot.draw(&DashedPathElement::new(ends, px(dash), px(gap), style)),
    }
    .map_err(said)
}

fn marker(foot: &Area, look: Look, (x, y): (i32, i32)) -> Result<(), String> {
    let (at, hue, inside) = (at(x, y), color(look.hue.figure), inside(look));
    match look.marker {
        Marker::Circle => foot.draw(&Circle::new(at, px(4), inside)),
        Marker::Triangle => foot.draw(&TriangleMarker::new(at, px(5), inside)),
        Marker::Letter => foot.draw(&Text::new(look.letter, at, letter(look.hue.figure))),
        other => foot.draw(&(EmptyElement::at(at) + Polygon::new(corners(other), inside))),
    }
    .map_err(said)?;
    let line = hue.stroke_width(px(1));
    match outline(look) {
        None => Ok(()),
        Some(Outline::Ring(radius)) => foot.draw(&Circle::new(at, radius, line)),
        Some(Outline::Corners(corners)) => {
            foot.draw(&(EmptyElement::at(at) + PathElement::new(corners, line)))
        }
    }
    .map_err(said)?;
    core(look).map_or(Ok(()), |radius| foot.draw(&Circle::new(at, radius, hue.filled()))).map_err(said)
}

/// The sign on a line without markers.
fn sign(foot: &Area, look: Look, (x, y): (i32, i32)) -> Result<(), String> {
    let (at, hue) = (at(x, y), color(look.hue.figure));
    match look.training {
        Robust::None => Ok(()),
        Robust::Noise => {
            foot.draw(&Circle::new(at, px(3), WHITE.filled())).map_err(said)?;
            foot.draw(&Circle::new(at, px(3), hue.stroke_width(px(1))))
        }
        Robust::Drop => foot.draw(&Circle::new(at, px(3), hue.filled())),
    }
    .map_err(said)
}
