//! Fusions side by side: differences seed by seed with both intervals, and the middle half's mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{fusion_name, nothing_yet};
use crate::screens::run::scene::Scene;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, TableColumn, draw_table};
use monitor::text::{count, counted, share, short_probability};
use study::claims::{Comparison, Findings, TestGroups, Unit};
use study::sampling::Sampling;

const COLUMNS: [(&str, u16, Align); 7] = [
    ("task", 9, Align::Left),
    ("difference", 26, Align::Left),
    ("rows", 7, Align::Right),
    ("points", 6, Align::Right),
    ("95 %", 16, Align::Right),
    ("p", 5, Align::Right),
    ("P", 5, Align::Right),
];

/// Draws as many comparisons as fit, those over all sizes first.
pub(super) fn draw_comparisons(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, findings: &Findings) {
    if area.height < 4 {
        return;
    }
    let sampling = scene.model.run.header().map_or(Sampling::OneSplit, Sampling::of);
    let over_seeds = sampling.over_seeds();
    let rows = findings.test_groups.as_ref().map_or_else(|| "rows".to_owned(), TestGroups::counted);
    let title = Line::from(vec![
        Span::styled("Fusions side by side", scene.theme.strong()),
        Span::styled(
            format!("  test accuracy over seeds and {rows}; dim: {over_seeds}; P: a seed beats the other's"),
            scene.theme.dim(),
        ),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    if findings.comparisons.is_empty() {
        return nothing_yet(buffer, room, scene, "no two fusions have been tested yet");
    }
    let mut rows: Vec<&Comparison> = findings.comparisons.iter().collect();
    // Baselines come last.
    let baselines = scene.model.baselines();
    let is_quiet = |row: &Comparison| baselines.contains(&row.other) || baselines.contains(&row.fusion);
    rows.sort_by_key(|row| (row.train_size.is_some(), is_quiet(row), row.task, row.train_size, row.fusion));
    let column =
        |&(title, width, align): &(&str, u16, Align)| TableColumn { title: title.into(), width, align };
    let columns: Vec<TableColumn> = COLUMNS.iter().map(column).collect();
    let cells = |place: usize| cells(scene, rows[place]);
    draw_table(buffer, room, scene.theme, &columns, (rows.len(), &cells), None);
}

fn cells(scene: &Scene<'_>, row: &Comparison) -> Vec<Cell> {
    let absent = || scene.theme.absent().to_owned();
    let effect = &row.effect;
    let interval = effect.over_seeds_and_rows.or(effect.over_seeds);
    let is_clear = interval.is_some_and(|interval| interval.low > 0.0 || interval.high < 0.0);
    let style = match (effect.over_seeds_and_rows, is_clear) {
        (None, _) => scene.theme.dim(),
        (Some(_), true) => scene.theme.strong(),
        (Some(_), false) => Style::new(),
    };
    let difference = format!("{} {} {}", row.fusion, scene.theme.pick("−", "-"), row.other);
    vec![
        (row.task.to_string(), Style::new()),
        (difference, scene.theme.fusion(row.fusion)),
        (row.train_size.map_or_else(|| "all".into(), count), Style::new()),
        (effect.unit.number(effect.value), style),
        (interval.map_or_else(absent, |interval| effect.unit.interval(interval)), style),
        (effect.p.map_or_else(absent, short_probability), Style::new()),
        (row.probability_of_improvement.map_or_else(absent, share), Style::new()),
    ]
}

/// Rows for the means.
pub(super) fn room_for_means(findings: &Findings) -> Constraint {
    let rows = findings.interquartile_means.len() as u16;
    Constraint::Length(if rows == 0 { 0 } else { rows + 1 })
}

/// Draws the interquartile mean of each fusion and task.
pub(super) fn draw_means(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, findings: &Findings) {
    if area.height < 2 {
        return;
    }
    let title = Line::from(vec![
        Span::styled("Interquartile mean", scene.theme.strong()),
        Span::styled("  test accuracy % over sizes and seeds, 95 % by bootstrap", scene.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    for (line, mean) in findings.interquartile_means.iter().enumerate().take(usize::from(room.height)) {
        let interval = mean.interval.map_or_else(String::new, |interval| Unit::Accuracy.interval(interval));
        let mut spans = vec![Span::raw(format!("{:<10}", mean.task.name()))];
        spans.extend(fusion_name(scene, mean.fusion, None));
        let padding = " ".repeat(17_usize.saturating_sub(mean.fusion.name().len()));
        let value = Unit::Accuracy.number(mean.value);
        spans.push(Span::raw(format!("{padding}{value:>6} {interval:>14}")));
        spans.push(Span::styled(
            format!("  {}, {}", counted(mean.sizes, "size"), counted(mean.trials, "trial")),
            scene.theme.dim(),
        ));
        buffer.set_line(room.x, room.y + line as u16, &Line::from(spans), room.width);
    }
}
