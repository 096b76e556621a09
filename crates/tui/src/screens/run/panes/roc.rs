//! ROC curves on the test split: a panel for each task, a mean curve for each fusion, and the areas.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, YAxis, band_name, chart, fitting, fusion_marker, fusion_name, fusions, listed,
    nothing_yet, reading, row_name, seeds_of, spaced, values_at,
};
use crate::screens::run::layout::ROC_READINGS;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::{Axis, number_label};
use crate::widgets::chart::{Marked, Trace};
use crate::widgets::dots::Stroke;
use crate::widgets::panel::panel;
use crate::widgets::table::first_in_sight;
use monitor::derived::Point;
use monitor::shown::Band;
use monitor::text::{count, share, share_spread};
use study::grid::{CohortId, Task};
use study::model::ModelId;
use study::roc::GRID;

/// Columns of a task from which all of them stand side by side.
const WIDE: u16 = 48;
/// Places of the grid between two readings.
const ROC_STEP: usize = (GRID - 1) / (ROC_READINGS - 1);
/// Rows of a chart beside which all baselines are listed, and the table's own title and heading.
const ROOM_FOR_CHART: u16 = 24;
/// Columns of an area with its deviation.
const CELL: u16 = 12;

/// Draws one panel or two, and where there is room the areas at every size.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let focused = charted(scene, scene.ui.task).map(|id| id.fusion);
    let table = listed(scene, focused, area.height.saturating_sub(ROOM_FOR_CHART)).len() as u16 + 2;
    let table = if area.height >= 16 + table { table } else { 0 };
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(table)]).areas(area);
    let all = &header.sweep.tasks;
    let is_wide = usize::from(top.width) >= usize::from(WIDE) * all.len().max(2);
    let tasks: Vec<Task> = if is_wide { all.clone() } else { vec![scene.ui.task] };
    let parts = Layout::horizontal(vec![Constraint::Fill(1); tasks.len()]).spacing(2).split(top);
    for (&task, &part) in tasks.iter().zip(parts.iter()) {
        draw_task(buffer, part, scene, task);
    }
    draw_areas(buffer, bottom, scene);
}

/// What curves and areas are a mean of, where the task has more than two classes.
fn macro_mean(scene: &Scene<'_>, task: Task) -> String {
    let facts = scene.model.run.header().and_then(|header| header.data.task(task));
    match facts.filter(|facts| facts.class_count() > 2) {
        Some(facts) => format!(", mean over {} classes, each against the rest", facts.classes_with_area()),
        None => String::new(),
    }
}

/// What the panel of `task` is about: the cursor's size, else the largest that was tested.
fn charted(scene: &Scene<'_>, task: Task) -> Option<CohortId> {
    match scene.ui.selection {
        Some(selected) => Some(CohortId { task, ..selected }),
        None => scene.model.largest_with_results(task),
    }
}

fn draw_task(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, task: Task) {
    let Some(id) = charted(scene, task) else { return };
    let strong = scene.theme.strong();
    let title = Line::from(vec![
        Span::styled(format!("ROC, {task} task"), strong),
        Span::styled(
            format!("  test split, {} rows{}", count(id.train_size), macro_mean(scene, task)),
            scene.theme.dim(),
        ),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let curves = curves(scene, id);
    if curves.is_empty() {
        return nothing_yet(buffer, room, scene, "not tested yet");
    }
    let [head, plot] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(room);
    let areas = |named: Named, text: fn(&Point) -> String| {
        let area = |curve: &Curve| {
            let mut spans = named(scene, curve.fusion, Some(id.fusion));
            let series = scene.model.derived.series(CohortId { fusion: curve.fusion, ..id });
            let auc = series.and_then(|series| series.auc.as_ref()).map(text);
            spans.push(Span::raw(format!(" {}  ", auc.unwrap_or_else(|| scene.theme.absent().to_owned()))));
            spans
        };
        Line::from(curves.iter().flat_map(area).collect::<Vec<_>>())
    };
    let first = fitting(
        head.width + 2,
        [
            areas(fusion_name, area_with_interval),
            areas(fusion_marker, area_with_interval),
            areas(fusion_name, |point| share(point.spread.mean)),
        ],
    );
    buffer.set_line(head.x, head.y, &first, head.width);
    let focused = curves.iter().find(|curve| curve.emphasis == Emphasis::Focused);
    let band = band_name(scene, focused.and_then(|curve| seeds_of(&curve.points)));
    let read = reading(scene, View::Roc).map(|place| place.min(ROC_READINGS - 1) * ROC_STEP);
    let second = match read {
        None => {
            spaced([vec![Span::styled("true against false positive rate", scene.theme.dim())], vec![band]])
        }
        Some(place) => {
            let at = format!("true positive rate where the false one is {}", share(rate(place)));
            let short = format!("at {}", share(rate(place)));
            let line = |text: String| {
                let values = values_at(scene, &curves, place, share);
                spaced([vec![Span::styled(text, scene.theme.key())]].into_iter().chain(values))
            };
            fitting(head.width, [line(at), line(short)])
        }
    };
    buffer.set_line(head.x, head.y + 1, &second, head.width);
    let ticks = Axis::around([0.0, 1.0], usize::from(plot.width / 10).clamp(2, 5), number_label).ticks;
    let y = YAxis { label: number_label, always: None, within: (0.0, 1.0) };
    let frame = Frame { shared: Some((0.0, 1.0)), cursor: read.map(rate), ..Frame::from(plot.height) };
    let mut chart = chart(scene, Axis::fixed(0.0, 1.0, ticks), y, frame, curves);
    chart.lines.insert(0, chance(scene));
    chart.draw(buffer, plot, scene.theme);
}

/// How a fusion is named in a legend.
type Named = fn(&Scene<'_>, ModelId, Option<ModelId>) -> Vec<Span<'static>>;

/// `.873 [.861 .885]`: the area under the curve and its 95 % interval over seeds.
fn area_with_interval(auc: &Point) -> String {
    let mean = share(auc.spread.mean);
    match auc.interval {
        Some((low, high)) => {
            format!("{mean} [{} {}]", share(low.clamp(0.0, 1.0)), share(high.clamp(0.0, 1.0)))
        }
        None => mean,
    }
}

/// The false-positive rate at a place of the grid.
fn rate(place: usize) -> f64 {
    place as f64 / (GRID - 1) as f64
}

/// A coin's curve.
fn chance(scene: &Scene<'_>) -> Trace {
    let points = (0..=20).map(|place| (f64::from(place) / 20.0, f64::from(place) / 20.0)).collect();
    let style = scene.theme.dim();
    let stroke = Stroke::Sparse;
    Trace { points, style, stroke, marker: ".", marker_style: style, marked: Marked::Nowhere }
}

fn curves(scene: &Scene<'_>, id: CohortId) -> Vec<Curve> {
    let curve = |&fusion: &ModelId| {
        let cohort = CohortId { fusion, ..id };
        let roc = &scene.model.derived.series(cohort)?.roc;
        let points: Vec<_> = roc.iter().enumerate().map(|(place, point)| (rate(place), *point)).collect();
        let focused = fusion == id.fusion;
        let seeds = match (scene.ui.band, scene.model.run.cohort(cohort)) {
            (Band::EachSeed, Some(state)) if focused => state
                .evaluations()
                .map(|seed| seed.true_positive_rate.iter().enumerate().map(|(k, &y)| (rate(k), y)).collect())
                .collect(),
            _ => Vec::new(),
        };
        // Outlines of three curves in one corner hide them.
        let emphasis = if focused { Emphasis::Focused } else { Emphasis::Bare };
        (!points.is_empty()).then_some(Curve { fusion, emphasis, points, seeds, marked: Marked::Nowhere })
    };
    fusions(scene, id.fusion).iter().filter_map(curve).collect()
}

/// Areas of the chosen task at every size, from the summary.
fn draw_areas(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    if area.height < 3 {
        return;
    }
    let title = Line::from(vec![
        Span::styled("Area under the curve, mean ± std", scene.theme.strong()),
        Span::styled(format!("  {} task, by train rows", scene.ui.task), scene.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let charted = charted(scene, scene.ui.task);
    let sizes = &header.sweep.sizes;
    let fitting = usize::from(room.width.saturating_sub(CELL) / CELL).max(1);
    let column = charted.and_then(|id| sizes.iter().position(|&size| size == id.train_size)).unwrap_or(0);
    let first = first_in_sight(sizes.len(), fitting, column);
    let right = usize::from(CELL - 1);
    let focused = charted.map(|id| id.fusion);
    for (line, &fusion) in listed(scene, focused, room.height.saturating_sub(1)).iter().enumerate() {
        let y = room.y + 1 + line as u16;
        if y >= room.bottom() {
            return;
        }
        buffer.set_line(room.x, y, &row_name(scene, fusion, focused), CELL);
        for (place, &train_size) in sizes.iter().skip(first).take(fitting).enumerate() {
            let x = room.x + CELL * (place as u16 + 1);
            let id = CohortId { fusion, task: scene.ui.task, train_size };
            let row = scene.model.derived.row(id);
            let text = share_spread(
                row.and_then(|row| row.auc_mean),
                row.and_then(|row| row.auc_std),
                scene.theme.absent(),
            );
            let style = if charted == Some(id) { scene.theme.cursor() } else { Style::new() };
            buffer.set_stringn(x, y, format!("{text:>right$}"), right, style);
            buffer.set_stringn(
                x,
                room.y,
                format!("{:>right$}", count(train_size)),
                right,
                scene.theme.strong(),
            );
        }
    }
}
