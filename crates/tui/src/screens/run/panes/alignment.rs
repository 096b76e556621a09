//! Accuracy, and skill retained under noise on both, against the alignment of the score with the dot product.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, YAxis, band_name, chart, fitting, fusion_marker, fusion_name, nothing_yet,
    quantity_title, seeds_of, spaced,
};
use crate::screens::run::scene::Scene;
use crate::widgets::axis::{Axis, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::panel::panel;
use monitor::derived::Point;
use monitor::text::count;
use study::alignment::aligned;
use study::grid::CohortId;
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
    let loud = || curves.iter().filter(|curve| curve.emphasis != Emphasis::Bare);
    let band = || [vec![band_name(scene, seeds)]];
    let names = loud().map(|curve| fusion_name(scene, curve.fusion, Some(charted.fusion)));
    let markers = loud().map(|curve| fusion_marker(scene, curve.fusion, None));
    let legend = fitting(head.width, [spaced(names.chain(band())), spaced(markers.chain(band()))]);
    buffer.set_line(head.x, head.y, &legend, head.width);
    let always = (quantity == Quantity::Accuracy).then_some(0.5);
    let ticks = (0..=4).map(|quarter| f64::from(quarter) / 4.0).map(|a| (a, format!("a {a}"))).collect();
    let y = YAxis { label: percent_label, always, within: quantity.range() };
    chart(scene, Axis::fixed(-0.03, 1.03, ticks), y, plot.height, curves).draw(buffer, plot, scene.theme);
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
