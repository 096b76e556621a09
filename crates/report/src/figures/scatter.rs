//! A marker for each model in a panel: one number over seeds against another one.

use super::sheet::{self, Chart};
use crate::contents::Contents;
use study::grid::CohortId;
use study::look::look;
use study::model::{ModelId, Robust};
use study::quantity::Quantity;

/// A model's place in a panel.
pub(super) struct Place {
    pub(super) model: ModelId,
    pub(super) at: (f64, f64),
    /// Lower and upper end upwards.
    pub(super) interval: Option<(f64, f64)>,
}

/// Mean over seeds in percent, and one standard deviation to either side where there is one.
pub(super) fn percent(
    contents: &Contents,
    cohort: CohortId,
    quantity: Quantity,
) -> Option<(f64, Option<(f64, f64)>)> {
    let state = contents.state.cohort(cohort)?;
    let spread = quantity.over_seeds(contents.header, cohort.task, state)?;
    let (least, most) = quantity.range();
    let interval = |std: f64| ((spread.mean - std).max(least) * 100.0, (spread.mean + std).min(most) * 100.0);
    Some((spread.mean * 100.0, spread.std.map(interval)))
}

/// Every model of the run, the baselines first, so that they lie behind.
pub(super) fn models(contents: &Contents) -> Vec<ModelId> {
    [&contents.baselines(), contents.fusions()].concat()
}

/// The ways in which the run's models are trained, in order.
pub(super) fn ways(contents: &Contents) -> Vec<Robust> {
    let is_used = |way: &Robust| models(contents).iter().any(|model| model.robust == *way);
    Robust::ALL.into_iter().filter(is_used).collect()
}

/// Heights that have to be between the ends of the axis.
pub(super) fn heights(places: &[Place]) -> impl Iterator<Item = f64> {
    places.iter().flat_map(|place| {
        let (low, high) = place.interval.unwrap_or((place.at.1, place.at.1));
        [low, place.at.1, high]
    })
}

/// Draws the markers with their intervals.
pub(super) fn draw(chart: &mut Chart, places: &[Place]) -> Result<(), String> {
    places.iter().try_for_each(|place| sheet::point(chart, look(place.model), place.at, place.interval))
}
