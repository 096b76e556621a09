//! Accuracy against train size: one panel for each task, a curve for each fusion, a band of one
//! standard deviation over seeds.

use super::legend::Legend;
use super::looks;
use super::scale::Scale;
use super::sheet::{self, Area, Curve, Sheet, Weight};
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use crate::sentences;
use study::grid::Task;
use study::model::ModelId;
use study::sampling::Sampling;
use study::statistics::Spread;

/// Panels side by side at most.
const MOST_COLUMNS: usize = 3;
/// Labels that fit below a panel.
const MOST_LABELS: usize = 8;

pub(super) fn draw(contents: &Contents) -> Result<String, ReportError> {
    let tasks = contents.tasks();
    let title = format!("{}: test accuracy against train size", contents.header.data.name);
    let whole = contents.whole_split().is_some();
    let note = match contents.sampling() {
        _ if !whole => "band: 1 sd over seeds",
        Sampling::OneSplit => {
            "band: 1 sd over seeds; at the last size all share the same rows, and it is of optimisation alone"
        }
        Sampling::WithinSplits(_) | Sampling::OwnSplits(_) => {
            "band: 1 sd over seeds and their splits, which at the last size decide which rows they share"
        }
    };
    let panel_width = 480;
    let columns = tasks.len().clamp(1, MOST_COLUMNS);
    let width = panel_width * columns as u32;
    let legend =
        Legend::new(contents.fusions(), Weight::Marked, &contents.baselines(), "majority class", width);
    let sheet = Sheet {
        name: "accuracy",
        title: &title,
        note,
        panels: (tasks.len().div_ceil(columns), columns),
        panel: (panel_width, 380),
        legend_rows: legend.rows(),
    };
    let of_place = |area: &Area<'_>, row: usize, column: usize| {
        tasks.get(row * columns + column).map_or(Ok(()), |&task| panel(contents, task, area))
    };
    sheet.draw(of_place, |foot| legend.draw(foot))
}

fn panel(contents: &Contents, task: Task, area: &Area) -> Result<(), String> {
    // The baselines first, so that they lie behind.
    let curves: Vec<_> = looks(contents, Weight::Marked)
        .into_iter()
        .map(|(fusion, look, weight)| (look, weight, curve(contents, task, fusion)))
        .collect();
    if curves.iter().all(|(.., curve)| curve.points.is_empty()) {
        return sheet::nothing(area);
    }
    let majority = contents.majority(task).map(|share| share * 100.0);
    let heights = curves.iter().flat_map(|(_, weight, curve)| curve.heights(*weight));
    let y = Scale::percent(heights.chain(majority), "test accuracy, %");
    let title = match majority {
        Some(share) => format!("{task} task ({})", sentences::majority(contents, task, share / 100.0)),
        None => format!("{task} task"),
    };
    let mut chart = sheet::axes(area, &title, sizes_scale(contents.sizes()), y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    curves.iter().try_for_each(|(look, weight, curve)| sheet::curve(&mut chart, *look, curve, *weight))
}

fn curve(contents: &Contents, task: Task, fusion: ModelId) -> Curve {
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for &size in contents.sizes() {
        let Some(row) = contents.row(task, fusion, size) else { continue };
        let Some(mean) = row.test_accuracy_mean else { continue };
        let std = row.test_accuracy_std.unwrap_or(0.0);
        points.push(((size as f64).log2(), mean * 100.0));
        band.push((((mean - std) * 100.0).max(0.0), ((mean + std) * 100.0).min(100.0)));
    }
    Curve { points, band }
}

/// A logarithmic axis with a label at the sizes themselves, at every second or third where they are many.
fn sizes_scale(sizes: &[usize]) -> Scale {
    let logs: Vec<f64> = sizes.iter().map(|&size| (size as f64).log2()).collect();
    let spread = Spread::of(&logs);
    let ends = spread.map_or((0.0, 1.0), |spread| (spread.min - 0.3, spread.max + 0.3));
    let every = logs.len().div_ceil(MOST_LABELS).max(1);
    let mut ticks: Vec<f64> = logs.iter().rev().step_by(every).copied().collect();
    ticks.reverse();
    Scale {
        ends,
        ticks,
        label: |log| short(log.exp2().round() as usize),
        name: "train size (rows, log scale)",
    }
}

/// `4,200`, and `262k` from a hundred thousand on.
fn short(size: usize) -> String {
    if size < 100_000 { count(size) } else { format!("{}k", (size + 500) / 1_000) }
}
