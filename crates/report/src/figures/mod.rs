//! The figures: as SVG without any font of their own, and as PNG and PDF with one.

mod accuracy;
mod alignment;
mod complexity;
mod font;
mod legend;
mod medium;
mod noise;
mod pdf;
mod raster;
mod roc;
mod scale;
mod scatter;
mod sheet;
mod style;
mod tradeoff;

use super::contents::Contents;
use super::split::Split;
use super::text::html;
use super::{ReportError, sentences};
pub(super) use medium::Medium;
use sheet::{Drawing, Weight};
use study::event::NoiseMean;
use study::look::{Look, look};
use study::model::ModelId;

/// A figure.
pub(super) struct Figure {
    /// What it shows, in a word.
    pub(super) name: &'static str,
    /// Which of how many sheets: more than one where one would be higher than a page of a paper.
    pub(super) sheet: (usize, usize),
    /// In pixels on a screen, in points on paper.
    pub(super) height: f64,
    pub(super) svg: String,
    medium: Medium,
    /// By key, what it was made from.
    provenance: Vec<(&'static str, String)>,
}

impl Figure {
    /// Its file's name without an ending: with its width on paper, and with the sheet where there are several.
    pub(super) fn file(&self) -> String {
        let width = self.medium.inches().map(|inches| format!("-{inches}")).unwrap_or_default();
        let sheet = if self.sheet.1 > 1 { format!("-{}", self.sheet.0) } else { String::new() };
        format!("{}{width}{sheet}", self.name)
    }

    /// The same as pixels.
    pub(super) fn png(&self) -> Result<Vec<u8>, ReportError> {
        self.made(raster::png(&self.svg, &self.provenance))
    }

    /// The same as a page of its size, with the font that its text is in.
    pub(super) fn pdf(&self) -> Result<Vec<u8>, ReportError> {
        self.made(pdf::pdf(&self.svg, &self.provenance))
    }

    fn made<T>(&self, made: Result<T, String>) -> Result<T, ReportError> {
        made.map_err(|why| ReportError::Figure { name: self.name, why })
    }
}

/// Every figure that the run has something for, on `medium`; accuracy against train size is that of `split`.
pub(super) fn all(contents: &Contents, medium: Medium, split: Split) -> Result<Vec<Figure>, ReportError> {
    let mut drawn =
        vec![("accuracy", accuracy::draw(contents, medium, split)?), ("roc", roc::draw(contents, medium)?)];
    for (name, mean) in [("noise", NoiseMean::Empirical), ("noise-zero-mean", NoiseMean::Zero)] {
        drawn.extend(noise::draw(contents, name, mean, medium)?.map(|svg| (name, svg)));
    }
    drawn.extend(alignment::draw(contents, medium)?.map(|svg| ("alignment", svg)));
    drawn.extend(complexity::draw(contents, medium)?.map(|svg| ("complexity", svg)));
    drawn.extend(tradeoff::draw(contents, medium)?.map(|svg| ("tradeoff", svg)));
    let provenance = sentences::provenance_pairs(contents).to_vec();
    let about = sentences::provenance(contents).join(" ");
    let figures = |(name, sheets): (&'static str, Vec<Drawing>)| {
        let of = sheets.len();
        let figure = |(sheet, drawing): (usize, Drawing)| Figure {
            name,
            medium,
            sheet: (sheet + 1, of),
            height: drawing.height,
            svg: described(&drawing.svg, &about),
            provenance: provenance.clone(),
        };
        sheets.into_iter().enumerate().map(figure).collect::<Vec<_>>()
    };
    Ok(drawn.into_iter().flat_map(figures).collect())
}

/// With `about` as metadata behind the opening tag, which no viewer draws.
fn described(svg: &str, about: &str) -> String {
    let Some(end) = svg.find('>') else { return svg.into() };
    let (open, rest) = svg.split_at(end + 1);
    format!("{open}\n<metadata>{}</metadata>{rest}", html(about))
}

/// Everything that has a curve, and how it is drawn: the baselines first, so that they lie behind.
fn looks(contents: &Contents, weight: Weight) -> Vec<(ModelId, Look, Weight)> {
    let baselines = contents.baselines().into_iter().map(|fusion| (fusion, look(fusion), Weight::Thin));
    let fusions = contents.fusions().iter().map(|&fusion| (fusion, look(fusion), weight));
    baselines.chain(fusions).collect()
}
