//! Accuracy, and skill retained under noise on both, against the alignment of the score with the dot product.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, YAxis, band_name, chart, fitting, fusion_marker, fusion_name, majority,
    nothing_yet, quantity_title, reading, seeds_of, spaced,
};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::{Axis, percent_label};
use crate::widgets::chart::{Guide, Marked};
use crate::widgets::panel::panel;
use monitor::derived::Point;
use monitor::text::{count, percent};
use study::alignment::aligned;
use study::grid::{CohortId, Task};
use study::model::ModelId;
use study::quantity::Quantity;

/// Columns from which both charts stand side by side.
const WIDE: u16 = 110;

/// Draws a chart for each number, side by side or one above the other.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let tasks = aligned(&header.sweep);
    if tasks.is_empty() {
        return nothing_yet(buffer, area, scene, "the sweep has fewer than two aligned tasks");
    }
    let [accuracy, retained] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(area)
    } else {
        Layout::vertical([Constraint::Fill(1); 2]).areas(area)
    };
    draw_chart(buffer, accuracy, scene, Quantity::Accuracy);
    draw_chart(buffer, retained, scene, Quantity::Retained(scene.ui.noise_mean));
}

/// The selected size and model; else the largest size with results.
fn charted(scene: &Scene<'_>) -> Option<CohortId> {
    let header = scene.model.run.header()?;
    let largest =
        || aligned(&header.sweep).first().and_then(|(_, task)| scene.model.largest_with_results(*task));
    scene.ui.selection.or_else(largest)
}

fn draw_chart(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, quantity: Quantity) {
    let Some(charted) = charted(scene) else { return };
    let (what, more) = quantity_title(quantity);
    // The second chart stands beside or below the first, and its title needs the room for the noise.
    let by = if quantity == Quantity::Accuracy { " by alignment" } else { "" };
    let title = Line::from(vec![
        Span::styled(format!("{what}{by}"), scene.theme.strong()),
        Span::styled(format!("  {} rows, {more}", count(charted.train_size)), scene.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let curves = curves(scene, charted, quantity);
    if curves.is_empty() {
        return nothing_yet(buffer, room, scene, "not tested yet");
    }
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(room);
    let seeds = curves
        .iter()
        .find(|curve| curve.emphasis == Emphasis::Focused)
        .and_then(|curve| seeds_of(&curve.points));
    let tasks = scene.model.run.header().map_or_else(Vec::new, |header| aligned(&header.sweep));
    let read = reading(scene, View::Alignment).and_then(|place| tasks.get(place.min(tasks.len() - 1)));
    // The value at the task that is read; not every model has been tested on it.
    let value = |curve: &Curve, mut name: Vec<Span<'static>>| {
        if let Some((a, _)) = read {
            let point = curve.points.iter().find(|(x, _)| x == a);
            let value = point.map(|(_, point)| percent(point.spread.mean));
            name.push(Span::raw(format!(" {}", value.unwrap_or_else(|| scene.theme.absent().to_owned()))));
        }
        name
    };
    let at = || read.map(|(a, _)| vec![Span::styled(format!("at a {a}"), scene.theme.key())]);
    let loud = || curves.iter().filter(|curve| curve.emphasis != Emphasis::Bare);
    let band = || [vec![band_name(scene, seeds)]];
    let names = || loud().map(|curve| value(curve, fusion_name(scene, curve.fusion, Some(charted.fusion))));
    let markers = || loud().map(|curve| value(curve, fusion_marker(scene, curve.fusion, None)));
    let lines = [
        spaced(at().into_iter().chain(names()).chain(band())),
        spaced(at().into_iter().chain(markers()).chain(band())),
        spaced(at().into_iter().chain(markers())),
    ];
    let legend = fitting(head.width, lines);
    buffer.set_line(head.x, head.y, &legend, head.width);
    let ticks = (0..=4).map(|quarter| f64::from(quarter) / 4.0).map(|a| (a, format!("a {a}"))).collect();
    let y = YAxis { label: percent_label, always: None, within: quantity.range() };
    let frame = Frame { cursor: read.map(|(a, _)| *a), ..Frame::from(plot.height) };
    let mut chart = chart(scene, Axis::fixed(-0.03, 1.03, ticks), y, frame, curves);
    let tasks = tasks.iter().map(|(_, task)| *task);
    chart.guide = (quantity == Quantity::Accuracy).then(|| common_majority(scene, tasks)).flatten();
    chart.draw(buffer, plot, scene.theme);
}

/// What the tasks' accuracies are compared with, where it is about the same for all.
fn common_majority(scene: &Scene<'_>, tasks: impl Iterator<Item = Task>) -> Option<Guide> {
    let guides: Option<Vec<Guide>> = tasks.map(|task| majority(scene, task, |share| share.test)).collect();
    let guides = guides?;
    let first = guides.first()?;
    guides.iter().all(|guide| (guide.value - first.value).abs() < 0.01).then(|| first.clone())
}

/// A curve for each fusion, behind them the baselines.
fn curves(scene: &Scene<'_>, charted: CohortId, quantity: Quantity) -> Vec<Curve> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let aligned = aligned(&header.sweep);
    let curve = |fusion: ModelId, quiet: Emphasis, marked: Marked| {
        let of_task = |&(a, task): &(f64, _)| {
            let series = scene.model.derived.series(CohortId { fusion, task, ..charted })?;
            Some((a, series.quantity(quantity)?))
        };
        let points: Vec<(f64, Point)> = aligned.iter().filter_map(of_task).collect();
        let emphasis = if fusion == charted.fusion { Emphasis::Focused } else { quiet };
        (!points.is_empty()).then_some(Curve { fusion, emphasis, points, seeds: Vec::new(), marked })
    };
    let baselines = scene.model.baselines();
    let quiet = baselines.iter().filter_map(|&fusion| curve(fusion, Emphasis::Bare, Marked::Last));
    let fusions = scene.model.fusions();
    quiet
        .chain(fusions.iter().filter_map(|&fusion| curve(fusion, Emphasis::Outlined, Marked::Every)))
        .collect()
}
