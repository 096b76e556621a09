//! Accuracy, and skill retained under noise on both modalities, against how much of the score's interaction is that of
//! the plain dot product: a curve for each fusion at the largest size, with a 95 % interval over seeds.

use super::legend::Legend;
use super::looks;
use super::medium::{Height, Medium, Panels};
use super::scale::Scale;
use super::sheet::{self, Area, Curve, Drawing, Sheet, Weight};
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use study::alignment::{aligned, largest_size, over_seeds, quantities};
use study::event::NoiseMean;
use study::grid::Task;
use study::model::ModelId;
use study::quantity::Quantity;

/// The figure; `None` where the sweep has fewer than two aligned tasks.
pub(super) fn draw(contents: &Contents, medium: Medium) -> Result<Option<Vec<Drawing>>, ReportError> {
    if aligned(&contents.header.sweep).is_empty() {
        return Ok(None);
    }
    let size = largest_size(contents.state).unwrap_or_else(|| contents.largest());
    let quantities = quantities(contents.state);
    let title = format!(
        "{}: by alignment of the score with the dot product, {} rows",
        contents.header.data.name,
        count(size)
    );
    let layout =
        Panels::grid(1, quantities.len(), (480, 380)).on_paper(380, Height::Fixed(260)).lay_out(medium);
    let legend =
        Legend::new(contents.fusions(), Weight::Marked, &contents.baselines(), "majority class", &layout);
    let sheet = Sheet {
        name: "alignment",
        title: &title,
        note: "band: 95 % interval over seeds",
        legend_rows: legend.rows(),
        layout,
    };
    let of_panel = |area: &Area, index: usize| panel(contents, size, quantities[index], medium, area);
    sheet.draw(of_panel, |foot| legend.draw(foot)).map(Some)
}

fn panel(
    contents: &Contents,
    size: usize,
    quantity: Quantity,
    medium: Medium,
    area: &Area,
) -> Result<(), String> {
    // The baselines first, so that they lie behind.
    let curves: Vec<_> = looks(contents, Weight::Marked)
        .into_iter()
        .map(|(model, look, weight)| (look, weight, curve(contents, model, size, quantity)))
        .collect();
    if curves.iter().all(|(.., curve)| curve.points.is_empty()) {
        return sheet::nothing(area);
    }
    let heights = curves.iter().flat_map(|(_, weight, curve)| curve.heights(*weight));
    let majority = (quantity == Quantity::Accuracy).then(|| majority(contents)).flatten();
    let title = match quantity {
        Quantity::Accuracy => "test accuracy",
        Quantity::Retained(NoiseMean::Empirical) | Quantity::Area(NoiseMean::Empirical) => {
            "noise on both, with the modality's own mean"
        }
        Quantity::Retained(NoiseMean::Zero) | Quantity::Area(NoiseMean::Zero) => {
            "noise on both, with mean zero"
        }
    };
    let y = match quantity {
        Quantity::Accuracy | Quantity::Area(_) => Scale::percent(heights.chain(majority), quantity.axis()),
        Quantity::Retained(_) => Scale::percent_beyond(heights, quantity.axis()),
    };
    let ticks = (0..=5).map(|fifth| f64::from(fifth) / 5.0).collect();
    let x = Scale {
        ends: (-0.03, 1.03),
        ticks,
        label: |a| format!("{a:.1}"),
        name: "alignment a: 0 rotated, 1 plain dot product",
    };
    let mut chart = sheet::axes(area, medium, title, x, y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    curves.iter().try_for_each(|(look, weight, curve)| sheet::curve(&mut chart, *look, curve, *weight))
}

/// Mean share of the larger class over the aligned tasks, in percent.
fn majority(contents: &Contents) -> Option<f64> {
    let of = |(_, task): (f64, Task)| contents.majority(task);
    let shares: Vec<f64> = aligned(&contents.header.sweep).into_iter().filter_map(of).collect();
    (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64 * 100.0)
}

fn curve(contents: &Contents, model: ModelId, size: usize, quantity: Quantity) -> Curve {
    let mut curve = Curve { points: Vec::new(), band: Vec::new() };
    for (a, spread) in over_seeds(contents.state, model, size, quantity) {
        let (low, high) = spread.interval95().unwrap_or((spread.mean, spread.mean));
        let most = if let Quantity::Retained(_) = quantity { f64::INFINITY } else { 1.0 };
        curve.points.push((a, spread.mean * 100.0));
        curve.band.push((low * 100.0, high.min(most) * 100.0));
    }
    curve
}
