//! What a fusion costs and what it gives: accuracy and robustness at the largest train size, against parameters and
//! against the fusion's own computation.

use super::legend::Legend;
use super::looks;
use super::scale::Scale;
use super::sheet::{self, Area, Sheet, Weight};
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use study::grid::{Condition, Task};
use study::look::Look;
use study::statistics::Spread;
use study::summary::SummaryRow;

/// What a panel shows upwards.
#[derive(Clone, Copy)]
enum Gain {
    Accuracy,
    /// Mean accuracy over the levels of noise on both modalities.
    UnderNoise,
}

/// What a panel shows to the right.
#[derive(Clone, Copy)]
enum Cost {
    Parameters,
    /// Multiply-adds of the fusion for a row.
    Computation,
}

/// Absent where one fusion alone is in the study, or none was tested at the largest size.
pub(super) fn draw(contents: &Contents) -> Result<Option<String>, ReportError> {
    let (tasks, Some(&size)) = (contents.tasks(), contents.sizes().last()) else { return Ok(None) };
    let has_any = |&task: &Task| {
        contents
            .competing()
            .iter()
            .any(|&model| contents.row(task, model, size).is_some_and(|row| row.test_accuracy_mean.is_some()))
    };
    if contents.competing().len() < 2 || !tasks.iter().any(has_any) {
        return Ok(None);
    }
    let title =
        format!("{}: what fusions cost and give at {} training rows", contents.header.data.name, count(size));
    let panel = (480, 300);
    let width = 2 * panel.0;
    let models = [contents.competing(), &contents.baselines()].concat();
    let legend = Legend::new(&models, Weight::Marked, &[], "majority class", width);
    let sheet = Sheet {
        name: "complexity",
        title: &title,
        note: "bar: 1 sd over seeds; noise with the modality's mean on both modalities",
        panels: (2 * tasks.len(), 2),
        panel,
        legend_rows: legend.rows(),
    };
    let draw = |area: &Area, row: usize, column: usize| {
        let gain = [Gain::Accuracy, Gain::UnderNoise][row % 2];
        let cost = [Cost::Parameters, Cost::Computation][column];
        of_task(contents, tasks[row / 2], (size, gain, cost), area)
    };
    sheet.draw(draw, |foot| legend.draw(foot)).map(Some)
}

type Point = (Look, (f64, f64), Option<(f64, f64)>);

fn of_task(
    contents: &Contents,
    task: Task,
    (size, gain, cost): (usize, Gain, Cost),
    area: &Area,
) -> Result<(), String> {
    let of_model = |(model, look, _)| -> Option<Point> {
        let row = contents.row(task, model, size)?;
        let (mean, std) = gain.of(row)?;
        let height = mean * 100.0;
        let interval = std.map(|std| ((height - std * 100.0).max(0.0), (height + std * 100.0).min(100.0)));
        Some((look, (cost.of(row)?, height), interval))
    };
    let points: Vec<Point> = looks(contents, Weight::Marked).into_iter().filter_map(of_model).collect();
    if points.is_empty() {
        return sheet::nothing(area);
    }
    let majority = contents.majority(task).map(|share| share * 100.0);
    let ends = |(_, at, interval): &Point| interval.map_or([at.1, at.1], |(low, high)| [low, high]);
    let y = Scale::percent(points.iter().flat_map(ends).chain(majority), gain.name());
    let x = log_scale(points.iter().map(|(_, at, _)| at.0), cost.name());
    let mut chart = sheet::axes(area, &format!("{task} task"), x, y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    points.into_iter().try_for_each(|(look, at, interval)| sheet::point(&mut chart, look, at, interval))
}

impl Gain {
    /// Mean over seeds, and the standard deviation where there is one.
    fn of(self, row: &SummaryRow) -> Option<(f64, Option<f64>)> {
        match self {
            Self::Accuracy => Some((row.test_accuracy_mean?, row.test_accuracy_std)),
            Self::UnderNoise => Some((row.area(Condition::Both)?, None)),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "test accuracy, %",
            Self::UnderNoise => "accuracy under noise, %",
        }
    }
}

impl Cost {
    /// As a power of ten; none of something is a tenth. Absent for a row of several models.
    fn of(self, row: &SummaryRow) -> Option<f64> {
        let value = match self {
            Self::Parameters => row.parameters,
            Self::Computation => row.multiply_adds,
        };
        value.map(|value| if value == 0 { -1.0 } else { (value as f64).log10() })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Parameters => "parameters (log scale)",
            Self::Computation => "multiply-adds of the fusion for a row (log scale)",
        }
    }
}

/// Powers of ten; 0 stands at −1.
fn log_scale(values: impl Iterator<Item = f64>, name: &'static str) -> Scale {
    let values: Vec<f64> = values.collect();
    let (low, high) = Spread::of(&values).map_or((0.0, 1.0), |spread| (spread.min, spread.max));
    let ends = (low - 0.3, high + 0.3);
    // A whole power on either side at least, so that the axis has labels.
    let ends = if ends.0.ceil() < ends.1.floor() { ends } else { (low.floor() - 0.1, high.ceil() + 0.1) };
    let ticks = (ends.0.ceil() as i32..=ends.1.floor() as i32).map(f64::from).collect();
    let label = |power: f64| match power.round() as i32 {
        ..0 => "0".to_owned(),
        power @ 0..=3 => count(10_usize.pow(power.unsigned_abs())),
        power => format!("1e{power}"),
    };
    Scale { ends, ticks, label, name }
}
