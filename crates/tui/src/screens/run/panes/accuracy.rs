//! Accuracy against train size: the paper's first figure, and the numbers below it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, ROOM_BESIDE_TITLE, YAxis, band_name, chart, fitting, fusion_marker, fusion_name,
    listed, majority, nothing_yet, row_name, seeds_of, spaced,
};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{SizeScale, UiState};
use crate::widgets::axis::{Axis, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::panel::panel;
use crate::widgets::table::first_in_sight;
use monitor::shown::{Band, Split};
use monitor::text::{count, percent, percent_spread};
use study::event::SeedEvaluation;
use study::grid::CohortId;
use study::model::ModelId;
use study::sampling::Sampling;

/// Columns of a task from which all of them stand side by side.
const WIDE: u16 = 80;
/// Rows from which a chart's legend may have two.
const ROOM_FOR_LEGEND: u16 = 14;
/// Rows of a chart beside which all baselines are listed, and the table's own title and heading.
const ROOM_FOR_CHART: u16 = 20;
/// Columns of a number with its deviation.
const CELL: u16 = 12;

/// Draws the chart, and where there is room the table.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let focused = scene.ui.charted(scene.model).map(|id| id.fusion);
    let table = listed(scene, focused, area.height.saturating_sub(ROOM_FOR_CHART)).len() as u16 + 2;
    let table = if area.height >= 14 + table { table } else { 0 };
    let tasks = &header.sweep.tasks;
    if usize::from(area.width) < usize::from(WIDE) * tasks.len() || tasks.len() < 2 {
        return draw_task(buffer, area, scene, table);
    }
    let parts = Layout::horizontal(vec![Constraint::Fill(1); tasks.len()]).spacing(2).split(area);
    for (&task, &part) in tasks.iter().zip(parts.iter()) {
        let selection = scene.ui.selection.map(|id| CohortId { task, ..id });
        let ui = UiState { task, selection, ..scene.ui.clone() };
        draw_task(buffer, part, &Scene { ui: &ui, ..*scene }, table);
    }
}

/// One task's chart, and below it `table` rows of its numbers.
fn draw_task(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, table: u16) {
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(table)]).areas(area);
    let room = panel(buffer, top, &title(scene), scene.theme);
    draw_chart(buffer, room, scene);
    draw_numbers(buffer, bottom, scene);
}

fn title(scene: &Scene<'_>) -> Line<'static> {
    Line::from(vec![
        Span::styled(
            format!("{} accuracy % against train rows", scene.ui.split.name()),
            scene.theme.strong(),
        ),
        Span::styled(
            format!("  {} task, best epoch, {}", scene.ui.task, scene.ui.scale.name()),
            scene.theme.dim(),
        ),
    ])
}

fn draw_chart(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let curves = curves(scene);
    if curves.is_empty() {
        return nothing_yet(buffer, area, scene, "no configuration of this task is finished yet");
    }
    // Baselines stand behind the fusions, and where there is room below them in the legend.
    let (quiet, loud): (Vec<&Curve>, Vec<&Curve>) =
        curves.iter().partition(|curve| curve.emphasis == Emphasis::Bare);
    let legend = if quiet.is_empty() || area.height < ROOM_FOR_LEGEND { 1 } else { 2 };
    let [head, plot] = Layout::vertical([Constraint::Length(legend), Constraint::Fill(1)]).areas(area);
    let at = scene.ui.charted(scene.model).map(|id| id.train_size);
    draw_legend(buffer, head, scene, &loud);
    if legend > 1 {
        let below = Rect { y: head.y + 1, ..head };
        let values = |named: Named| spaced(quiet.iter().map(|curve| value(scene, curve, named)));
        let line = fitting(below.width, [values(short_named), values(fusion_marker)]);
        buffer.set_line(below.x, below.y, &line, below.width);
    }
    let y = YAxis { label: percent_label, always: None, within: (0.0, 1.0) };
    let frame = Frame { cursor: at.map(|size| position(scene, size)), ..Frame::from(plot.height) };
    let mut chart = chart(scene, size_axis(scene), y, frame, curves);
    chart.guide = majority(
        scene,
        scene.ui.task,
        match scene.ui.split {
            Split::Validation => |share| share.validation,
            Split::Test => |share| share.test,
        },
    );
    chart.draw(buffer, plot, scene.theme);
}

/// How a fusion is named in a legend.
type Named = fn(&Scene<'_>, ModelId, Option<ModelId>) -> Vec<Span<'static>>;

/// The fusions with what they have at the cursor's size, and the band; of these, what fits.
fn draw_legend(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, curves: &[&Curve]) {
    let at = scene.ui.charted(scene.model).map(|id| id.train_size);
    let seeds = curves
        .iter()
        .find(|curve| curve.emphasis == Emphasis::Focused)
        .and_then(|curve| seeds_of(&curve.points));
    let place = at.map(|size| vec![Span::styled(format!("at {} rows", count(size)), scene.theme.dim())]);
    let values = |named: Named| curves.iter().map(move |curve| value(scene, curve, named));
    let band = || [vec![band_name(scene, seeds)]];
    let whole = spaced(place.into_iter().chain(values(fusion_name)).chain(band()));
    let short = spaced(values(fusion_name).chain(band()));
    let shortest = spaced(values(fusion_marker).chain(band()));
    buffer.set_line(area.x, area.y, &fitting(area.width, [whole, short, shortest]), area.width);
}

/// A curve's name and what it has at the cursor's size.
fn value(scene: &Scene<'_>, curve: &Curve, named: Named) -> Vec<Span<'static>> {
    let charted = scene.ui.charted(scene.model);
    let here = charted.map(|id| position(scene, id.train_size));
    let mut spans = named(scene, curve.fusion, charted.map(|id| id.fusion));
    let point = curve.points.iter().find(|(x, _)| Some(*x) == here);
    let mean = point.map_or_else(|| scene.theme.absent().to_owned(), |(_, point)| percent(point.spread.mean));
    spans.push(Span::raw(format!(" {mean}")));
    spans
}

/// A fusion's marker and short name.
fn short_named(scene: &Scene<'_>, fusion: ModelId, focused: Option<ModelId>) -> Vec<Span<'static>> {
    row_name(scene, fusion, focused).spans
}

fn curves(scene: &Scene<'_>) -> Vec<Curve> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let focused = scene.ui.charted(scene.model).map(|id| id.fusion);
    let curve = |&fusion: &ModelId| {
        let of_size = |&train_size: &usize| {
            let id = CohortId { fusion, task: scene.ui.task, train_size };
            let series = scene.model.derived.series(id)?;
            let point = series.accuracy(scene.ui.split);
            Some((position(scene, train_size), point?))
        };
        let points: Vec<_> = header.sweep.sizes.iter().filter_map(of_size).collect();
        let is_focused = focused == Some(fusion);
        let emphasis = if is_focused { Emphasis::Focused } else { Emphasis::Outlined };
        let seeds = if is_focused && scene.ui.band == Band::EachSeed {
            seed_lines(scene, fusion)
        } else {
            Vec::new()
        };
        (!points.is_empty()).then_some(Curve { fusion, emphasis, points, seeds, marked: Marked::Every })
    };
    let baselines = scene.model.baselines();
    let quiet = baselines.iter().filter_map(|fusion| {
        let curve = curve(fusion)?;
        let emphasis = if focused == Some(*fusion) { curve.emphasis } else { Emphasis::Bare };
        Some(Curve { emphasis, marked: Marked::Last, ..curve })
    });
    quiet.chain(scene.model.fusions().iter().filter_map(curve)).collect()
}

/// Each seed's accuracy over the sizes.
fn seed_lines(scene: &Scene<'_>, fusion: ModelId) -> Vec<Vec<(f64, f64)>> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let value = |evaluation: &SeedEvaluation| match scene.ui.split {
        Split::Validation => evaluation.val_accuracy,
        Split::Test => evaluation.test_accuracy,
    };
    let of_seed = |seed| {
        let of_size = |&train_size: &usize| {
            let state = scene.model.run.cohort(CohortId { fusion, task: scene.ui.task, train_size })?;
            let evaluation = state.trials.get(seed)?.evaluation.as_ref()?;
            Some((position(scene, train_size), value(evaluation)))
        };
        header.sweep.sizes.iter().filter_map(of_size).collect()
    };
    header.sweep.seeds.iter().map(of_seed).collect()
}

/// A size's place on the axis.
fn position(scene: &Scene<'_>, size: usize) -> f64 {
    match scene.ui.scale {
        SizeScale::Log => (size.max(1) as f64).log2(),
        SizeScale::Linear => size as f64,
    }
}

/// Every size of the sweep is a tick.
fn size_axis(scene: &Scene<'_>) -> Axis {
    let sizes = scene.model.run.header().map_or(&[][..], |header| &header.sweep.sizes);
    let ticks: Vec<(f64, String)> = sizes.iter().map(|&size| (position(scene, size), count(size))).collect();
    let low = ticks.first().map_or(0.0, |tick| tick.0);
    let high = ticks.last().map_or(1.0, |tick| tick.0);
    // A little room at both ends, so that markers do not sit on the frame.
    let room = (high - low) * 0.03;
    Axis::fixed(low - room, high + room, ticks)
}

/// At the whole training split all seeds of a split see the same rows: their deviation is smaller there.
fn whole_split(scene: &Scene<'_>) -> String {
    let header = scene.model.run.header();
    let whole = header.filter(|header| header.sweep.sizes.contains(&header.data.rows.train));
    whole.map_or_else(String::new, |header| {
        let of = Sampling::of(header).at_whole_split_in_short();
        format!("; at {} (the whole split) std is {of}", count(header.data.rows.train))
    })
}

/// Mean ± deviation of every fusion at every size, from the summary.
fn draw_numbers(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    if area.height < 3 {
        return;
    }
    let title = |more: &str| {
        Line::from(vec![
            Span::styled("Mean ± std over seeds", scene.theme.strong()),
            Span::styled(format!("  {} task{more}", scene.ui.task), scene.theme.dim()),
        ])
    };
    let title =
        fitting(area.width.saturating_sub(ROOM_BESIDE_TITLE), [title(&whole_split(scene)), title("")]);
    let room = panel(buffer, area, &title, scene.theme);
    let charted = scene.ui.charted(scene.model);
    let focused = charted.map(|id| id.fusion);
    // As many as the room was made for.
    let listed = listed(scene, focused, room.height.saturating_sub(1));
    let sizes = &header.sweep.sizes;
    let fitting = usize::from(room.width.saturating_sub(CELL) / CELL).max(1);
    let column = charted.and_then(|id| sizes.iter().position(|&size| size == id.train_size)).unwrap_or(0);
    let first = first_in_sight(sizes.len(), fitting, column);
    for (place, &train_size) in sizes.iter().skip(first).take(fitting).enumerate() {
        let x = room.x + CELL * (place as u16 + 1);
        let right = usize::from(CELL - 1);
        buffer.set_stringn(x, room.y, format!("{:>right$}", count(train_size)), right, scene.theme.strong());
        for (line, &fusion) in listed.iter().enumerate() {
            let id = CohortId { fusion, task: scene.ui.task, train_size };
            let row = scene.model.derived.row(id);
            let (mean, std) = row.map_or((None, None), |row| scene.ui.split.accuracy(row));
            let text = percent_spread(mean, std, scene.theme.absent());
            let style = if charted == Some(id) {
                Style::new().add_modifier(Modifier::REVERSED)
            } else {
                Style::new()
            };
            let y = room.y + 1 + line as u16;
            if y < room.bottom() {
                buffer.set_stringn(x, y, format!("{text:>right$}"), right, style);
            }
        }
    }
    for (line, &fusion) in listed.iter().enumerate() {
        let y = room.y + 1 + line as u16;
        if y < room.bottom() {
            buffer.set_line(room.x, y, &row_name(scene, fusion, focused), CELL);
        }
    }
}
