//! The figures, as SVG without any font of their own.

mod accuracy;
mod noise;
mod roc;
mod scale;
mod sheet;
mod style;

use super::ReportError;
use super::contents::Contents;
use crate::study::event::NoiseMean;

/// A figure and its file's name without an ending.
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) svg: String,
}

/// Every figure that the run has something for.
pub(super) fn all(contents: &Contents) -> Result<Vec<Figure>, ReportError> {
    let mut figures = vec![
        Figure { name: "accuracy", svg: accuracy::draw(contents)? },
        Figure { name: "roc", svg: roc::draw(contents)? },
    ];
    for (name, mean) in [("noise", NoiseMean::Empirical), ("noise-zero-mean", NoiseMean::Zero)] {
        if let Some(svg) = noise::draw(contents, name, mean)? {
            figures.push(Figure { name, svg });
        }
    }
    Ok(figures)
}
