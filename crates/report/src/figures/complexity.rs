//! What a fusion costs and what it gives: accuracy and robustness at the largest train size, against parameters and
//! against the fusion's own computation.

use super::legend::Legend;
use super::medium::{Height, Medium, Panels};
use super::scale::Scale;
use super::scatter::{self, Place};
use super::sheet::{self, Area, Drawing, Sheet, Weight};
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use study::complexity::{self, Complexity};
use study::event::NoiseMean;
use study::grid::{CohortId, Task};
use study::model::ModelId;
use study::quantity::{Quantity, noise_mean};

/// Absent where one fusion alone is in the study, or none was tested at the largest size.
pub(super) fn draw(contents: &Contents, medium: Medium) -> Result<Option<Vec<Drawing>>, ReportError> {
    let (tasks, Some(&size)) = (contents.tasks(), contents.sizes().last()) else { return Ok(None) };
    // Of models that are trained in several ways the first: the others have the same parameters.
    let ways = scatter::ways(contents);
    let in_first_way = |model: &ModelId| ways.first() == Some(&model.robust);
    let fusions: Vec<ModelId> = contents.competing().iter().copied().filter(in_first_way).collect();
    let baselines: Vec<ModelId> = contents.baselines().into_iter().filter(in_first_way).collect();
    let has_any = |&task: &Task| {
        let is_tested =
            |&model| contents.row(task, model, size).is_some_and(|row| row.test_accuracy_mean.is_some());
        fusions.iter().any(is_tested)
    };
    if fusions.len() < 2 || !tasks.iter().any(has_any) {
        return Ok(None);
    }
    let title =
        format!("{}: what fusions cost and give at {} training rows", contents.header.data.name, count(size));
    let mean = noise_mean(&contents.header.config.noise);
    let layout =
        Panels::grid(2 * tasks.len(), 2, (480, 300)).on_paper(380, Height::Fixed(200)).lay_out(medium);
    let shown = [&fusions[..], &baselines].concat();
    let legend = Legend::new(&shown, Weight::Marked, &[], "majority class", &layout);
    let sheet = Sheet {
        name: "complexity",
        title: &title,
        note: match mean {
            NoiseMean::Empirical => "bar: 1 sd over seeds; noise with the modality's mean on both modalities",
            NoiseMean::Zero => "bar: 1 sd over seeds; noise with mean zero on both modalities",
        },
        legend_rows: legend.rows(),
        layout,
    };
    let models = [&baselines[..], &fusions].concat();
    let draw = |area: &Area, index: usize| {
        let (row, column) = (index / 2, index % 2);
        let gain = [Quantity::Accuracy, Quantity::Area(mean)][row % 2];
        let what = (gain, Complexity::ALL[column]);
        of_task(contents, &models, (tasks[row / 2], size), what, medium, area)
    };
    sheet.draw(draw, |foot| legend.draw(foot)).map(Some)
}

fn of_task(
    contents: &Contents,
    models: &[ModelId],
    (task, size): (Task, usize),
    (gain, cost): (Quantity, Complexity),
    medium: Medium,
    area: &Area,
) -> Result<(), String> {
    let of_model = |&model: &ModelId| {
        let x = cost.place(contents.row(task, model, size)?)?;
        let id = CohortId { fusion: model, task, train_size: size };
        let (height, interval) = scatter::percent(contents, id, gain)?;
        Some(Place { model, at: (x, height), interval })
    };
    let places: Vec<Place> = models.iter().filter_map(of_model).collect();
    if places.is_empty() {
        return sheet::nothing(area);
    }
    let majority = contents.majority(task).map(|share| share * 100.0);
    let y = Scale::percent(scatter::heights(&places).chain(majority), gain.axis());
    let (ends, ticks) = complexity::axis(places.iter().map(|place| place.at.0));
    let name = match cost {
        Complexity::Parameters => "parameters (log scale)",
        Complexity::Computation if medium.is_paper() => "multiply-adds for a row (log scale)",
        Complexity::Computation => "multiply-adds of the fusion for a row (log scale)",
    };
    let x = Scale { ends, ticks, label: complexity::label, name };
    let label = medium.label(format!("{task} task"), task.to_string());
    let mut chart = sheet::axes(area, medium, &label, x, y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    scatter::draw(&mut chart, &places)
}
