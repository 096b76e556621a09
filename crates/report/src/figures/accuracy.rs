//! Accuracy against train size: one panel for each task, a curve for each fusion, a band of one
//! standard deviation over seeds.

use super::font;
use super::legend::Legend;
use super::looks;
use super::medium::{Height, Medium, Panels};
use super::scale::Scale;
use super::sheet::{self, Area, Curve, Drawing, Sheet, Weight};
use super::style::FINE;
use crate::ReportError;
use crate::cell::count;
use crate::contents::Contents;
use crate::sentences;
use crate::split::Split;
use study::grid::Task;
use study::model::ModelId;
use study::sampling::Sampling;
use study::statistics::Spread;

/// Panels side by side at most.
const MOST_COLUMNS: usize = 3;
/// Size of the labels below a panel.
const TICK: u32 = 12;

pub(super) fn draw(contents: &Contents, medium: Medium, split: Split) -> Result<Vec<Drawing>, ReportError> {
    let tasks = contents.tasks();
    let title = format!("{}: {} accuracy against train size", contents.header.data.name, split.name());
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
    let layout =
        Panels::flow(tasks.len(), MOST_COLUMNS, (480, 380)).on_paper(250, Height::Fixed(260)).lay_out(medium);
    let legend =
        Legend::new(contents.fusions(), Weight::Marked, &contents.baselines(), "majority class", &layout);
    let sheet = Sheet { name: "accuracy", title: &title, note, legend_rows: legend.rows(), layout };
    let of_task = |area: &Area, index: usize| panel(contents, tasks[index], (medium, split), area);
    sheet.draw(of_task, |foot| legend.draw(foot))
}

fn panel(
    contents: &Contents,
    task: Task,
    (medium, split): (Medium, Split),
    area: &Area,
) -> Result<(), String> {
    // The baselines first, so that they lie behind.
    let curves: Vec<_> = looks(contents, Weight::Marked)
        .into_iter()
        .map(|(fusion, look, weight)| (look, weight, curve(contents, task, fusion, split)))
        .collect();
    if curves.iter().all(|(.., curve)| curve.points.is_empty()) {
        return sheet::nothing(area);
    }
    let majority = contents.majority_of(task, split).map(|share| share * 100.0);
    let heights = curves.iter().flat_map(|(_, weight, curve)| curve.heights(*weight));
    let y = Scale::percent(heights.chain(majority), split.axis());
    let title = match majority {
        Some(share) => format!("{task} task ({})", sentences::majority(contents, task, share / 100.0)),
        None => format!("{task} task"),
    };
    let label = medium.label(title, task.to_string());
    let room = f64::from(medium.margins().across(area.dim_in_pixel().0 / FINE));
    let mut chart = sheet::axes(area, medium, &label, sizes_scale(contents.sizes(), medium, room), y)?;
    if let Some(share) = majority {
        sheet::chance(&mut chart, (share, share))?;
    }
    curves.iter().try_for_each(|(look, weight, curve)| sheet::curve(&mut chart, *look, curve, *weight))
}

fn curve(contents: &Contents, task: Task, fusion: ModelId, split: Split) -> Curve {
    let (mut points, mut band) = (Vec::new(), Vec::new());
    for &size in contents.sizes() {
        let Some(row) = contents.row(task, fusion, size) else { continue };
        let Some((mean, std)) = split.accuracy(row) else { continue };
        let std = std.unwrap_or(0.0);
        points.push(((size as f64).log2(), mean * 100.0));
        band.push((((mean - std) * 100.0).max(0.0), ((mean + std) * 100.0).min(100.0)));
    }
    Curve { points, band }
}

/// A logarithmic axis `room` pixels long, with a label at each of the sizes that has room for one, the largest first.
fn sizes_scale(sizes: &[usize], medium: Medium, room: f64) -> Scale {
    let logs: Vec<f64> = sizes.iter().map(|&size| (size as f64).log2()).collect();
    let spread = Spread::of(&logs);
    let ends = spread.map_or((0.0, 1.0), |spread| (spread.min - 0.3, spread.max + 0.3));
    let label = |log: f64| short(log.exp2().round() as usize);
    // Half the width of a label with what is between two, as a part of the axis.
    let half = |log: f64| {
        (f64::from(font::width(&label(log), medium.letters(TICK))) / 2.0 + 4.0) / room * (ends.1 - ends.0)
    };
    let mut largest_first = logs;
    largest_first.sort_by(|a, b| b.total_cmp(a));
    let mut ticks: Vec<f64> = Vec::new();
    for log in largest_first {
        if ticks.last().is_none_or(|&above| log + half(log) <= above - half(above)) {
            ticks.push(log);
        }
    }
    ticks.reverse();
    Scale { ends, ticks, label, name: "train size (rows, log scale)" }
}

/// `4,200`, and `262k` from a hundred thousand on.
fn short(size: usize) -> String {
    if size < 100_000 { count(size) } else { format!("{}k", (size + 500) / 1_000) }
}
