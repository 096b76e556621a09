//! What training against noise costs and what it gives: robustness against accuracy without noise at the largest train
//! size, with an arrow from each model to the same one trained against noise.

use super::legend::Legend;
use super::medium::{Height, Medium, Panels};
use super::scale::Scale;
use super::scatter::{self, Place};
use super::sheet::{self, Area, Drawing, Sheet, Weight};
use super::style;
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use study::event::NoiseMean;
use study::grid::{CohortId, Task};
use study::look::{Dash, look};
use study::model::{ModelId, Robust};
use study::quantity::{Quantity, noise_mean};

/// Panels in a row.
const COLUMNS: usize = 2;

/// Absent where the models are trained in one way, or none was tested at the largest size.
pub(super) fn draw(contents: &Contents, medium: Medium) -> Result<Option<Vec<Drawing>>, ReportError> {
    let size = contents.largest();
    let panels: Vec<(Task, Vec<Place>)> =
        contents.tasks().iter().map(|&task| (task, places(contents, task, size))).collect();
    if scatter::ways(contents).len() < 2 || panels.iter().all(|(_, places)| places.is_empty()) {
        return Ok(None);
    }
    let title = format!(
        "{}: accuracy and robustness of training against noise, {} training rows",
        contents.header.data.name,
        count(size)
    );
    let layout =
        Panels::flow(panels.len(), COLUMNS, (480, 380)).on_paper(300, Height::Fixed(300)).lay_out(medium);
    let drawn = panels.iter().flat_map(|(_, places)| within(contents, places));
    let mut models: Vec<ModelId> = drawn.map(|place| place.model.plain()).collect();
    models.sort_unstable();
    models.dedup();
    let ways = scatter::ways(contents);
    let legend = Legend::new(&models, Weight::Marked, &[], "majority class", &layout);
    let legend = legend.with_ways(&ways);
    // Without plain training there is nothing that an arrow could begin at.
    let arrows = if ways.contains(&Robust::None) {
        let lines =
            [(Robust::Noise, "with noise (solid)"), (Robust::Drop, "with dropped modalities (dashed)")];
        let lines = lines.into_iter().filter(|(way, _)| ways.contains(way)).map(|(_, line)| line);
        format!("arrows: to training {}; ", lines.collect::<Vec<_>>().join(", "))
    } else {
        String::new()
    };
    let mean = match noise_mean(&contents.header.config.noise) {
        NoiseMean::Empirical => "",
        NoiseMean::Zero => "noise of mean zero; ",
    };
    let note = format!("{arrows}{mean}baselines within the axes");
    let sheet = Sheet { name: "tradeoff", title: &title, note: &note, legend_rows: legend.rows(), layout };
    let draw = |area: &Area, index: usize| {
        let (task, places) = &panels[index];
        of_task(contents, *task, places, medium, area)
    };
    sheet.draw(draw, |foot| legend.draw(foot)).map(Some)
}

/// Accuracy without noise to the right, with noise on both upwards.
fn places(contents: &Contents, task: Task, train_size: usize) -> Vec<Place> {
    let mean = noise_mean(&contents.header.config.noise);
    let of_model = |model: ModelId| {
        let id = CohortId { fusion: model, task, train_size };
        let (clean, _) = scatter::percent(contents, id, Quantity::Accuracy)?;
        let (noisy, _) = scatter::percent(contents, id, Quantity::Area(mean))?;
        Some(Place { model, at: (clean, noisy), interval: None })
    };
    scatter::models(contents).into_iter().filter_map(of_model).collect()
}

fn of_task(
    contents: &Contents,
    task: Task,
    places: &[Place],
    medium: Medium,
    area: &Area,
) -> Result<(), String> {
    if places.is_empty() {
        return sheet::nothing(area);
    }
    let [x, y] = scales(contents, places);
    let chance = contents.majority(task).map(|share| share * 100.0).filter(|&share| y.holds(share));
    let label = medium.label(format!("{task} task"), task.to_string());
    let mut chart = sheet::axes(area, medium, &label, x, y)?;
    if let Some(share) = chance {
        sheet::chance(&mut chart, (share, share))?;
    }
    let places = within(contents, places);
    let (plain, robust): (Vec<&Place>, Vec<&Place>) =
        places.into_iter().partition(|place| place.model.robust == Robust::None);
    for place in &robust {
        let dash = if place.model.robust == Robust::Drop { Dash::Short } else { Dash::Solid };
        if let Some(from) = plain.iter().find(|other| other.model == place.model.plain()) {
            sheet::arrow(&mut chart, look(place.model), (from.at, place.at), style::dash(dash))?;
        }
    }
    [robust, plain]
        .concat()
        .into_iter()
        .try_for_each(|place| sheet::point(&mut chart, look(place.model), place.at, None))
}

/// Axes that hold every fusion: one modality alone would press the others together.
fn scales(contents: &Contents, places: &[Place]) -> [Scale; 2] {
    let fusions = || places.iter().filter(|place| contents.fusions().contains(&place.model));
    let clean = fusions().map(|place| place.at.0);
    let noisy = fusions().map(|place| place.at.1);
    [
        Scale::percent(clean, "test accuracy without noise, %"),
        Scale::percent(noisy, "area under noise on both, %"),
    ]
}

/// The places between the ends of the axes.
fn within<'a>(contents: &Contents, places: &'a [Place]) -> Vec<&'a Place> {
    let [x, y] = scales(contents, places);
    places.iter().filter(|place| x.holds(place.at.0) && y.holds(place.at.1)).collect()
}
