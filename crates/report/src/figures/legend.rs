//! The strip below the panels: samples of lines with their names, in as many rows as they need.

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::sheet::{Area, LEGEND_ROW, Weight, said};
use super::style::{CHANCE, at, color, corners, dash, letter, px, text};
use study::look::{Look, Marker, look};
use study::model::ModelId;

/// Length of a sample.
const SAMPLE: i32 = 30;
/// From one entry's name to the next entry's sample.
const BETWEEN: i32 = 24;

/// Fusions as the panels draw them, baselines thin, and last the dotted line.
pub(super) struct Legend {
    lines: Vec<(Look, Weight)>,
    dotted: &'static str,
    width: i32,
}

impl Legend {
    /// Of a figure `width` pixels wide.
    pub(super) fn new(
        fusions: &[ModelId],
        weight: Weight,
        baselines: &[ModelId],
        dotted: &'static str,
        width: u32,
    ) -> Self {
        let fusions = fusions.iter().map(|&fusion| (look(fusion), weight));
        let baselines = baselines.iter().map(|&fusion| (look(fusion), Weight::Thin));
        Self { lines: fusions.chain(baselines).collect(), dotted, width: width as i32 }
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

    /// Places in `lines`, row by row; the dotted line is the place behind the last.
    fn laid_out(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new()];
        let mut used = 0;
        for entry in 0..=self.lines.len() {
            used += self.length(entry);
            if used > self.width {
                rows.push(Vec::new());
                used = self.length(entry);
            }
            if let Some(row) = rows.last_mut() {
                row.push(entry);
            }
        }
        rows
    }

    fn name(&self, entry: usize) -> &'static str {
        self.lines.get(entry).map_or(self.dotted, |(look, _)| look.name)
    }

    /// A sans-serif letter of 13 pixels is about 6 wide.
    fn length(&self, entry: usize) -> i32 {
        SAMPLE + 8 + self.name(entry).chars().count() as i32 * 6 + BETWEEN
    }

    fn entry(&self, foot: &Area, entry: usize, (x, y): (i32, i32)) -> Result<(), String> {
        match self.lines.get(entry) {
            Some(&(look, weight)) => {
                let style = color(look.hue.figure).stroke_width(weight.stroke());
                sample(foot, (x, y), style, dash(look.dash))?;
                if weight == Weight::Marked {
                    marker(foot, look, (x + SAMPLE / 2, y))?;
                }
            }
            None => dotted(foot, (x, y))?,
        }
        let name = Text::new(self.name(entry), at(x + SAMPLE + 8, y), text(13, HPos::Left));
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
    let (at, fill) = (at(x, y), color(look.hue.figure).filled());
    match look.marker {
        Marker::Circle => foot.draw(&Circle::new(at, px(4), fill)),
        Marker::Triangle => foot.draw(&TriangleMarker::new(at, px(5), fill)),
        Marker::Letter => foot.draw(&Text::new(look.letter, at, letter(look.hue.figure))),
        other => foot.draw(&(EmptyElement::at(at) + Polygon::new(corners(other), fill))),
    }
    .map_err(said)
}
