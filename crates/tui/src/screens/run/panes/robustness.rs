//! Accuracy under noise: a sparkline for each fusion and condition beside what is retained, and charts.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, ROOM_BESIDE_TITLE, YAxis, band_name, chart, fitting, fusion_marker, fusions,
    majority, nothing_yet, reading, row_name, seeds_of, shown_values, spaced, values_at,
};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::{Axis, number_label, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::panel::panel;
use crate::widgets::sparkline::sparkline;
use monitor::derived::Point;
use monitor::shown::Band;
use monitor::text::{count, percent};
use study::event::NoiseMean;
use study::grid::{CohortId, Condition};
use study::model::ModelId;

/// Rows of a chart that is worth its room.
const CHART: u16 = 8;
/// Columns of the table: fusion, condition, four numbers.
const FUSION: u16 = 11;
const CONDITION: u16 = 7;
const NUMBER: u16 = 12;

/// Test accuracy.
const AXIS: YAxis = YAxis { label: percent_label, always: None, within: (0.0, 1.0) };

/// Draws the table of sparklines, and below it a chart for each condition.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let Some(charted) = scene.ui.charted(scene.model) else { return };
    let conditions = &header.config.noise.conditions;
    let listed = fusions(scene, charted.fusion).len();
    let rows = (listed * conditions.len()) as u16 + 2;
    let charts = if area.height >= rows + CHART { Constraint::Fill(1) } else { Constraint::Length(0) };
    let [top, bottom] = Layout::vertical([Constraint::Max(rows), charts]).areas(area);
    let room = panel(buffer, top, &title(scene, charted, top.width), scene.theme);
    draw_table(buffer, room, scene, charted);
    if bottom.height >= CHART {
        draw_charts(buffer, bottom, scene, charted);
    }
}

fn title(scene: &Scene<'_>, charted: CohortId, width: u16) -> Line<'static> {
    let what = format!("{} task, {} rows, every seed's best epoch", charted.task, count(charted.train_size));
    let plain = Line::from(vec![
        Span::styled("Test accuracy under noise", scene.theme.strong()),
        Span::styled(format!("  {what}"), scene.theme.dim()),
    ]);
    let Some((low, high)) = range(scene, charted) else { return plain };
    let mut whole = plain.clone();
    let ends = format!(", lines from {} to {} %", percent(low), percent(high));
    whole.push_span(Span::styled(ends, scene.theme.dim()));
    fitting(width.saturating_sub(ROOM_BESIDE_TITLE), [whole, plain])
}

fn draw_table(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, charted: CohortId) {
    let Some(header) = scene.model.run.header() else { return };
    let spark = area
        .width
        .saturating_sub(FUSION + CONDITION + 4 * NUMBER + 2)
        .clamp(6, header.levels.len().clamp(12, 40) as u16);
    // Equal values lie in the middle.
    let (low, high) = match range(scene, charted).unwrap_or_default() {
        (low, high) if high - low < 1e-9 => (low - 0.01, high + 0.01),
        ends => ends,
    };
    let strong = scene.theme.strong();
    let last = header.levels.last().copied().unwrap_or(0.0);
    let ends = format!("{} 0{}{last:.2}", scene.theme.pick("α", "a"), scene.theme.pick("–", "-"));
    let columns = [(0, "fusion".to_owned()), (FUSION, "noise".to_owned()), (FUSION + CONDITION, ends)];
    for (x, text) in columns {
        buffer.set_stringn(area.x + x, area.y, text, usize::from(area.width.saturating_sub(x)), strong);
    }
    let numbers = area.x + FUSION + CONDITION + spark + 2;
    for (place, text) in ["clean %", "at end %", "retained %", "zero-mean %"].iter().enumerate() {
        right(buffer, area, numbers + place as u16 * NUMBER, area.y, text, strong);
    }
    let mut y = area.y + 1;
    for fusion in fusions(scene, charted.fusion) {
        for (place, &condition) in header.config.noise.conditions.iter().enumerate() {
            if y >= area.bottom() {
                return;
            }
            if place == 0 {
                buffer.set_line(area.x, y, &row_name(scene, fusion, Some(charted.fusion)), FUSION);
            }
            buffer.set_string(area.x + FUSION, y, condition.name(), Style::new());
            let id = CohortId { fusion, ..charted };
            let points = points(scene, id, condition).unwrap_or_default();
            let means: Vec<f64> = points.iter().map(|point| point.spread.mean).collect();
            let text = sparkline(&means, low, high, usize::from(spark), scene.theme.glyphs);
            let text = if text.is_empty() { scene.theme.absent().to_owned() } else { text };
            buffer.set_string(area.x + FUSION + CONDITION, y, text, scene.theme.fusion(fusion));
            let or_absent =
                |value: Option<f64>| value.map_or_else(|| scene.theme.absent().to_owned(), percent);
            let row = scene.model.derived.row(id);
            let shown = [
                means.first().copied(),
                means.last().copied(),
                row.and_then(|row| row.retained(condition, NoiseMean::Empirical)),
                row.and_then(|row| row.retained(condition, NoiseMean::Zero)),
            ];
            for (place, value) in shown.into_iter().enumerate() {
                right(buffer, area, numbers + place as u16 * NUMBER, y, &or_absent(value), Style::new());
            }
            y += 1;
        }
    }
}

fn right(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) {
    let room = area.right().saturating_sub(x).min(NUMBER);
    buffer.set_stringn(
        x,
        y,
        format!("{text:>width$}", width = usize::from(NUMBER)),
        usize::from(room),
        style,
    );
}

fn points<'a>(scene: &Scene<'a>, id: CohortId, condition: Condition) -> Option<&'a [Point]> {
    let series = scene.model.derived.series(id)?;
    series.noise.get(&(condition, scene.ui.noise_mean)).map(Vec::as_slice)
}

/// One range for all sparklines, so that they compare: it fits what they show, as the charts' axes do.
fn range(scene: &Scene<'_>, charted: CohortId) -> Option<(f64, f64)> {
    let header = scene.model.run.header()?;
    let means = fusions(scene, charted.fusion).into_iter().flat_map(|fusion| {
        let of = move |&condition: &Condition| points(scene, CohortId { fusion, ..charted }, condition);
        header.config.noise.conditions.iter().filter_map(of).flatten()
    });
    let means = means.map(|point| point.spread.mean);
    means.fold(None, |range: Option<(f64, f64)>, mean| {
        let (low, high) = range.unwrap_or((mean, mean));
        Some((low.min(mean), high.max(mean)))
    })
}

fn draw_charts(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, charted: CohortId) {
    let Some(header) = scene.model.run.header() else { return };
    let mean = match scene.ui.noise_mean {
        NoiseMean::Empirical => "empirical mean",
        NoiseMean::Zero => "zero mean",
    };
    let n = header.config.noise.conditions.iter().find_map(|&condition| {
        points(scene, charted, condition).and_then(|points| points.first()).map(|point| point.spread.n)
    });
    let title = Line::from(vec![
        Span::styled("Test accuracy % against noise level", scene.theme.strong()),
        Span::styled(format!("  {mean}  "), scene.theme.dim()),
        band_name(scene, n.map(|n| (n, n))),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let conditions = &header.config.noise.conditions;
    let beside = usize::from(room.width / super::plotting::NARROWEST).clamp(1, conditions.len().max(1));
    let parts = Layout::horizontal(vec![Constraint::Fill(1); beside]).spacing(1).split(room);
    let curves: Vec<(Condition, Vec<Curve>)> = conditions
        .iter()
        .take(beside)
        .map(|&condition| (condition, curves(scene, charted, condition)))
        .collect();
    // One axis for all, so that they compare.
    let shown = curves.iter().filter_map(|(_, curves)| shown_values(scene, AXIS, curves));
    let shared = shown.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    for ((condition, curves), &part) in curves.into_iter().zip(parts.iter()) {
        draw_chart(buffer, part, scene, (charted, condition), (curves, shared));
    }
}

/// A curve for each fusion.
fn curves(scene: &Scene<'_>, charted: CohortId, condition: Condition) -> Vec<Curve> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let curve = |&fusion: &ModelId| {
        let id = CohortId { fusion, ..charted };
        let points: Vec<_> =
            header.levels.iter().copied().zip(points(scene, id, condition)?.iter().copied()).collect();
        let focused = fusion == charted.fusion;
        let emphasis = if focused { Emphasis::Focused } else { Emphasis::Outlined };
        let seeds = if focused && scene.ui.band == Band::EachSeed {
            seed_lines(scene, id, condition)
        } else {
            Vec::new()
        };
        (!points.is_empty()).then_some(Curve { fusion, emphasis, points, seeds, marked: Marked::Last })
    };
    fusions(scene, charted.fusion).iter().filter_map(curve).collect()
}

fn draw_chart(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    (charted, condition): (CohortId, Condition),
    (curves, shared): (Vec<Curve>, Option<(f64, f64)>),
) {
    let Some(header) = scene.model.run.header() else { return };
    let levels = &header.levels;
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let read = reading(scene, View::Robustness).filter(|&place| place < levels.len());
    let (what, values) = match read {
        None => {
            let marker = |curve: &Curve| fusion_marker(scene, curve.fusion, None);
            (format!("{condition} noise"), curves.iter().map(marker).collect())
        }
        Some(place) => {
            let level = format!("{condition} {}{:.2}", scene.theme.pick("α ", "a "), levels[place]);
            (level, values_at(scene, &curves, place, percent))
        }
    };
    let title = vec![Span::styled(what, scene.theme.strong())];
    buffer.set_line(head.x, head.y, &spaced([title].into_iter().chain(values)), head.width);
    if curves.iter().all(|curve| seeds_of(&curve.points).is_none()) {
        return nothing_yet(buffer, plot, scene, "not tested yet");
    }
    let last = levels.last().copied().unwrap_or(1.0);
    let ticks = Axis::around([0.0, last], usize::from(plot.width / 6).clamp(2, 5), number_label).ticks;
    let ticks = ticks.into_iter().filter(|(tick, _)| *tick <= last + 1e-9).collect();
    let frame = Frame { shared, ..Frame::from(plot.height) };
    // The axis stays that of all charts where values are read.
    let mut chart = chart(scene, Axis::fixed(0.0, last, ticks), AXIS, frame, curves);
    chart.cursor = read.map(|place| levels[place]);
    chart.guide = majority(scene, charted.task, |share| share.test);
    chart.draw(buffer, plot, scene.theme);
}

fn seed_lines(scene: &Scene<'_>, id: CohortId, condition: Condition) -> Vec<Vec<(f64, f64)>> {
    let (Some(header), Some(state)) = (scene.model.run.header(), scene.model.run.cohort(id)) else {
        return Vec::new();
    };
    let mean = scene.ui.noise_mean;
    let curves = state.evaluations().flat_map(|evaluation| &evaluation.noise);
    curves
        .filter(|curve| curve.condition == condition && curve.mean == mean)
        .map(|curve| header.levels.iter().copied().zip(curve.accuracy.iter().copied()).collect())
        .collect()
}
