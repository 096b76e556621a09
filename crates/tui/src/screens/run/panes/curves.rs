//! One configuration's curves epoch by epoch, beside those of the other fusions at the same task and size.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, NARROWEST, YAxis, band_name, chart, fitting, fusion_marker, fusion_name, fusions,
    majority, nothing_yet, reading, seeds_of, spaced, standing_glyph,
};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::{Axis, number_label, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::panel::panel;
use monitor::derived::{CohortSeries, Point};
use monitor::shown::Band;
use monitor::text::{count, percent};
use study::event::SeedMetrics;
use study::grid::CohortId;
use study::model::ModelId;
use study::run_state::{CohortState, CohortStatus, Phase};

/// A number that is followed over epochs.
#[derive(Clone, Copy)]
struct Measure {
    title: &'static str,
    /// Where there is little room.
    short: &'static str,
    axis: YAxis,
    series: fn(&CohortSeries) -> &Vec<Point>,
    seed: fn(&SeedMetrics) -> f64,
    shown: fn(f64) -> String,
    is_accuracy: bool,
}

const ACCURACY: Measure = Measure {
    title: "Validation accuracy %",
    short: "Val. acc. %",
    axis: YAxis { label: percent_label, always: None, within: (0.0, 1.0) },
    series: |series| &series.val_accuracy,
    seed: |metrics| metrics.val_accuracy,
    shown: percent,
    is_accuracy: true,
};

const LOSS: Measure = Measure {
    title: "Validation loss",
    short: "Val. loss",
    axis: YAxis { label: number_label, always: None, within: (0.0, f64::MAX) },
    series: |series| &series.val_loss,
    seed: |metrics| metrics.val_loss,
    shown: |loss| format!("{loss:.3}"),
    is_accuracy: false,
};

/// Draws the selected configuration's curves.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(selected) = scene.ui.selected(scene.model) else {
        return nothing_yet(buffer, area, scene, "");
    };
    let room = panel(buffer, area, &title(scene, selected), scene.theme);
    let curves = |measure: Measure| curves(scene, selected, measure);
    if curves(ACCURACY).is_empty() {
        let text = match scene.model.status(selected) {
            CohortStatus::Running => "the first epoch is running",
            _ if scene.model.is_active() => "waiting for its turn",
            _ if scene.model.run.phase() == Phase::Planned => return super::plan::draw(buffer, room, scene),
            _ => "not trained yet",
        };
        return nothing_yet(buffer, room, scene, text);
    }
    let halves = Layout::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)]);
    if room.width < 2 * NARROWEST + 2 {
        return draw_measure(buffer, room, scene, selected, ACCURACY);
    }
    let [left, _, right] = halves.areas(room);
    draw_measure(buffer, left, scene, selected, ACCURACY);
    draw_measure(buffer, right, scene, selected, LOSS);
}

fn title(scene: &Scene<'_>, id: CohortId) -> Line<'static> {
    let state = scene.model.run.cohort(id);
    let status = scene.model.status(id);
    let label = match (scene.ui.selection, status) {
        (Some(_), _) => "selected",
        (None, CohortStatus::Running) => "following",
        (None, _) if state.is_some_and(|state| state.epochs() > 0) => "latest",
        (None, _) => "first",
    };
    let mut spans = vec![Span::styled(format!("{label}  "), scene.theme.dim())];
    spans.extend(fusion_name(scene, id.fusion, None));
    let strong = scene.theme.strong();
    spans.push(Span::styled(format!(" · {} · {} rows", id.task, count(id.train_size)), strong));
    spans.push(Span::styled(
        format!("  {} {}", standing_glyph(scene, id), scene.model.standing(id)),
        scene.theme.status(status),
    ));
    if let Some(state) = state.filter(|state| state.epochs() > 0) {
        let epochs = scene.model.run.header().map_or(0, |header| header.config.train.epochs);
        spans.push(Span::styled(format!(", epoch {}/{epochs}", state.epochs()), scene.theme.dim()));
    }
    Line::from(spans)
}

fn draw_measure(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, selected: CohortId, measure: Measure) {
    let [head, plot] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area);
    let curves = curves(scene, selected, measure);
    let focused = curves.iter().find(|curve| curve.emphasis == Emphasis::Focused);
    let seeds = focused.and_then(|curve| seeds_of(&curve.points));
    let last = focused.map_or(0, |curve| curve.points.len().saturating_sub(1));
    let read = reading(scene, View::Overview).map(|place| place.min(last));
    let head_line = |title: &'static str| {
        let at = read.map(|place| vec![Span::styled(format!("epoch {}", place + 1), scene.theme.key())]);
        let title = vec![Span::styled(title, scene.theme.strong())];
        spaced([title].into_iter().chain(at).chain([vec![band_name(scene, seeds)]]))
    };
    let first = fitting(head.width, [head_line(measure.title), head_line(measure.short)]);
    buffer.set_line(head.x, head.y, &first, head.width);
    let legend = |named: fn(&Scene<'_>, ModelId, Option<ModelId>) -> Vec<Span<'static>>, with_std: bool| {
        spaced(curves.iter().map(|curve| {
            let mut spans = named(scene, curve.fusion, Some(selected.fusion));
            let point = read.map_or_else(|| curve.points.last(), |place| curve.points.get(place));
            let value = point.map(|(_, point)| match point.spread.std.filter(|_| with_std) {
                Some(std) => format!("{} ±{}", (measure.shown)(point.spread.mean), (measure.shown)(std)),
                None => (measure.shown)(point.spread.mean),
            });
            spans.push(Span::raw(format!(" {}", value.unwrap_or_else(|| scene.theme.absent().to_owned()))));
            spans
        }))
    };
    let second = fitting(
        head.width,
        [
            legend(fusion_name, true),
            legend(fusion_marker, true),
            legend(fusion_name, false),
            legend(fusion_marker, false),
        ],
    );
    buffer.set_line(head.x, head.y + 1, &second, head.width);
    let epochs = scene.model.run.header().map_or(1, |header| header.config.train.epochs);
    let frame = Frame { cursor: read.map(|place| (place + 1) as f64), ..Frame::from(plot.height) };
    let mut chart = chart(scene, epoch_axis(epochs, plot.width), measure.axis, frame, curves);
    chart.guide =
        measure.is_accuracy.then(|| majority(scene, selected.task, |share| share.validation)).flatten();
    chart.draw(buffer, plot, scene.theme);
}

fn curves(scene: &Scene<'_>, selected: CohortId, measure: Measure) -> Vec<Curve> {
    let curve = |&fusion: &ModelId| {
        let id = CohortId { fusion, ..selected };
        let points = (measure.series)(scene.model.derived.series(id)?);
        let focused = fusion == selected.fusion;
        let seeds = match (scene.ui.band, scene.model.run.cohort(id)) {
            (Band::EachSeed, Some(state)) if focused => seed_lines(state, measure.seed),
            _ => Vec::new(),
        };
        let points: Vec<_> =
            points.iter().enumerate().map(|(place, point)| ((place + 1) as f64, *point)).collect();
        let emphasis = if focused { Emphasis::Focused } else { Emphasis::Outlined };
        (!points.is_empty()).then_some(Curve { fusion, emphasis, points, seeds, marked: Marked::Last })
    };
    fusions(scene, selected.fusion).iter().filter_map(curve).collect()
}

fn seed_lines(state: &CohortState, value: fn(&SeedMetrics) -> f64) -> Vec<Vec<(f64, f64)>> {
    let line = |metrics: &Vec<SeedMetrics>| {
        metrics.iter().enumerate().map(|(place, metrics)| ((place + 1) as f64, value(metrics))).collect()
    };
    state.shown().values().map(|trial| line(&trial.metrics)).collect()
}

fn whole(value: f64, _decimals: usize) -> String {
    format!("{value:.0}")
}

/// Epochs from 1, with round ones labelled.
pub(super) fn epoch_axis(epochs: u32, width: u16) -> Axis {
    let round = Axis::around([0.0, f64::from(epochs)], usize::from(width / 10).clamp(2, 8), whole);
    let inside = round.ticks.into_iter().filter(|(tick, _)| *tick >= 1.0 && *tick <= f64::from(epochs));
    let ticks = std::iter::once((1.0, "1".to_owned()))
        .chain(inside.filter(|(tick, _)| tick.fract() == 0.0 && *tick > 1.0));
    Axis::fixed(1.0, f64::from(epochs.max(2)), ticks.collect())
}
