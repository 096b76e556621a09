//! The figures: as SVG without any font of their own, and as PNG with one.

mod accuracy;
mod alignment;
mod complexity;
mod legend;
mod noise;
mod raster;
mod roc;
mod scale;
mod scatter;
mod sheet;
mod style;
mod tradeoff;

use super::contents::Contents;
use super::text::html;
use super::{ReportError, sentences};
use sheet::Weight;
use study::event::NoiseMean;
use study::look::{Look, look};
use study::model::ModelId;

/// A figure.
pub(super) struct Figure {
    /// Its file's name without an ending.
    pub(super) name: &'static str,
    pub(super) svg: String,
    /// By key, what it was made from.
    provenance: Vec<(&'static str, String)>,
}

impl Figure {
    /// The same as pixels.
    pub(super) fn png(&self) -> Result<Vec<u8>, ReportError> {
        raster::png(&self.svg, &self.provenance).map_err(|why| ReportError::Figure { name: self.name, why })
    }
}

/// Every figure that the run has something for.
pub(super) fn all(contents: &Contents) -> Result<Vec<Figure>, ReportError> {
    let mut drawn = vec![("accuracy", accuracy::draw(contents)?), ("roc", roc::draw(contents)?)];
    for (name, mean) in [("noise", NoiseMean::Empirical), ("noise-zero-mean", NoiseMean::Zero)] {
        drawn.extend(noise::draw(contents, name, mean)?.map(|svg| (name, svg)));
    }
    drawn.extend(alignment::draw(contents)?.map(|svg| ("alignment", svg)));
    drawn.extend(complexity::draw(contents)?.map(|svg| ("complexity", svg)));
    drawn.extend(tradeoff::draw(contents)?.map(|svg| ("tradeoff", svg)));
    let provenance = sentences::provenance_pairs(contents).to_vec();
    let about = sentences::provenance(contents).join(" ");
    let figure = |(name, svg): (&'static str, String)| Figure {
        name,
        svg: described(&svg, &about),
        provenance: provenance.clone(),
    };
    Ok(drawn.into_iter().map(figure).collect())
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
