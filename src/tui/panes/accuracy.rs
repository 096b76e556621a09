//! Accuracy against train size: the paper's first figure, and the numbers below it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, YAxis, band_name, chart, fusion_marker, fusion_name, nothing_yet, seeds_of, spaced,
};
use crate::study::event::SeedEvaluation;
use crate::study::grid::{CohortId, Fusion};
use crate::study::sampling::Sampling;
use crate::tui::draw::Scene;
use crate::tui::text::{count, percent, percent_spread};
use crate::tui::ui_state::{Band, SizeScale, Split, UiState};
use crate::tui::widgets::axis::{Axis, percent_label};
use crate::tui::widgets::chart::Marked;
use crate::tui::widgets::panel::panel;
use crate::tui::widgets::table::first_in_sight;

/// Columns from which both tasks stand side by side.
const WIDE: u16 = 160;
/// Columns of a number with its deviation.
const CELL: u16 = 12;

/// Draws the chart, and where there is room the table.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let table = header.sweep.fusions.len() as u16 + 2;
    let table = if area.height >= 14 + table { table } else { 0 };
    let tasks = &header.sweep.tasks;
    if area.width < WIDE || tasks.len() < 2 {
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
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let charted = scene.ui.charted(scene.model);
    let focused = curves.iter().find(|curve| curve.emphasis == Emphasis::Focused);
    let seeds = focused.and_then(|curve| seeds_of(&curve.points));
    let at = charted.map(|id| id.train_size);
    let mut parts: Vec<Vec<Span<'static>>> = Vec::new();
    if let Some(size) = at {
        parts.push(vec![Span::styled(format!("at {} rows", count(size)), scene.theme.dim())]);
    }
    // Baselines stand behind the fusions, by their letters.
    let (quiet, loud): (Vec<&Curve>, Vec<&Curve>) =
        curves.iter().partition(|curve| curve.emphasis == Emphasis::Bare);
    for curve in loud.into_iter().chain(quiet) {
        let mut spans = match curve.emphasis {
            Emphasis::Bare => fusion_marker(scene, curve.fusion, None),
            _ => fusion_name(scene, curve.fusion, charted.map(|id| id.fusion)),
        };
        let here = at.map(|size| position(scene, size));
        let point = curve.points.iter().find(|(x, _)| Some(*x) == here);
        let mean =
            point.map_or_else(|| scene.theme.absent().to_owned(), |(_, point)| percent(point.spread.mean));
        spans.push(Span::raw(format!(" {mean}")));
        parts.push(spans);
    }
    parts.push(vec![band_name(scene, seeds)]);
    buffer.set_line(head.x, head.y, &spaced(parts), head.width);
    let y = YAxis { label: percent_label, always: None, within: (0.0, 1.0) };
    let mut chart = chart(scene, size_axis(scene), y, plot.height, curves);
    chart.cursor = at.map(|size| position(scene, size));
    chart.draw(buffer, plot, scene.theme);
}

fn curves(scene: &Scene<'_>) -> Vec<Curve> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let focused = scene.ui.charted(scene.model).map(|id| id.fusion);
    let curve = |&fusion: &Fusion| {
        let of_size = |&train_size: &usize| {
            let id = CohortId { fusion, task: scene.ui.task, train_size };
            let series = scene.model.derived.series(id)?;
            let point = match scene.ui.split {
                Split::Validation => series.validation,
                Split::Test => series.test,
            };
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
    quiet.chain(header.sweep.fusions.iter().filter_map(curve)).collect()
}

/// Each seed's accuracy over the sizes.
fn seed_lines(scene: &Scene<'_>, fusion: Fusion) -> Vec<Vec<(f64, f64)>> {
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

/// At the whole training split all seeds of a split see the same rows: their deviation says less there.
fn whole_split(scene: &Scene<'_>) -> String {
    let header = scene.model.run.header();
    let whole = header.filter(|header| header.sweep.sizes.contains(&header.data.rows.train));
    whole.map_or_else(String::new, |header| {
        let of = Sampling::of(header).at_whole_split_in_short();
        format!("; {} is the whole split: its std is {of}", count(header.data.rows.train))
    })
}

/// Mean ± deviation of every fusion at every size, from the summary.
fn draw_numbers(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    if area.height < 3 {
        return;
    }
    let title = Line::from(vec![
        Span::styled("Mean ± std over seeds", scene.theme.strong()),
        Span::styled(format!("  {} task{}", scene.ui.task, whole_split(scene)), scene.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let charted = scene.ui.charted(scene.model);
    let sizes = &header.sweep.sizes;
    let fitting = usize::from(room.width.saturating_sub(CELL) / CELL).max(1);
    let column = charted.and_then(|id| sizes.iter().position(|&size| size == id.train_size)).unwrap_or(0);
    let first = first_in_sight(sizes.len(), fitting, column);
    for (place, &train_size) in sizes.iter().skip(first).take(fitting).enumerate() {
        let x = room.x + CELL * (place as u16 + 1);
        let right = usize::from(CELL - 1);
        buffer.set_stringn(x, room.y, format!("{:>right$}", count(train_size)), right, scene.theme.strong());
        for (line, &fusion) in header.sweep.fusions.iter().enumerate() {
            let id = CohortId { fusion, task: scene.ui.task, train_size };
            let row = scene.model.derived.row(id);
            let (mean, std) = row.map_or((None, None), |row| match scene.ui.split {
                Split::Validation => (row.val_accuracy_mean, row.val_accuracy_std),
                Split::Test => (row.test_accuracy_mean, row.test_accuracy_std),
            });
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
    for (line, &fusion) in header.sweep.fusions.iter().enumerate() {
        let y = room.y + 1 + line as u16;
        if y < room.bottom() {
            let name = Line::from(fusion_name(scene, fusion, charted.map(|id| id.fusion)));
            buffer.set_line(room.x, y, &name, CELL);
        }
    }
}
