//! The jobs of a run on a cluster: a row for each shard, and what to do about the one under the cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::configurations::{filter, sort_mark};
use super::plotting::nothing_yet;
use crate::screens::run::scene::Scene;
use crate::theme::Theme;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, fitting};
use monitor::jobs::{self, JobColumn, JobRow, place};
use monitor::text::{count, cut, wrapped};
use study::cluster::queue::JobState;
use study::feed::Level;
use study::run_state::CohortStatus;

/// Lines below the table: what the cursor's shard trains, and what to do about it.
const DETAIL_ROWS: u16 = 3;
/// Rows of the view from which they are shown.
const ROOMY: u16 = 10;

/// Draws the table and, where there is room, the cursor's shard in full.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let rows = scene.ui.jobs(scene.model);
    let all = jobs::count(scene.model);
    let dim = scene.theme.dim();
    let shown =
        if rows.len() == all { count(all) } else { format!("{} of {}", count(rows.len()), count(all)) };
    let mut title = vec![Span::styled("Jobs", scene.theme.strong()), Span::styled(format!("  {shown}"), dim)];
    title.extend(filter(scene));
    let order = if scene.ui.job_sort.is_none() { "  what has to be done first" } else { "" };
    title.push(Span::styled(order, dim));
    let room = panel(buffer, area, &Line::from(title), scene.theme);
    if rows.is_empty() {
        let text = if !scene.model.is_on_cluster() {
            "the run is on no cluster: its jobs are over and their results are collected"
        } else if all == 0 {
            "the queue is being asked…"
        } else {
            "no job passes the filter; Esc clears it"
        };
        return nothing_yet(buffer, room, scene, text);
    }
    let below = detail_rows(area.height);
    let table = Rect { height: room.height.saturating_sub(below), ..room };
    let cursor = place(&rows, scene.ui.shard);
    draw_rows(buffer, table, scene, &rows, cursor);
    if let Some(row) = cursor.and_then(|place| rows.get(place)).filter(|_| below > 0) {
        draw_detail(buffer, Rect { y: table.bottom(), height: below, ..room }, scene, row);
    }
}

/// Lines below the table in a view of so many rows.
pub const fn detail_rows(view_rows: u16) -> u16 {
    if view_rows < ROOMY { 0 } else { DETAIL_ROWS }
}

fn draw_rows(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, rows: &[JobRow<'_>], cursor: Option<usize>) {
    let shown = fitting(JobColumn::BY_PRIORITY, JobColumn::width, area.width);
    let used: u16 = shown.iter().map(|column| column.width() + GAP).sum();
    let column = |column: &JobColumn| TableColumn {
        title: format!("{}{}", column.title(), sort_mark(scene, scene.ui.job_sort == Some(*column))),
        // Configurations stand last and take what is left.
        width: if *column == JobColumn::Configurations {
            column.width() + (area.width + GAP).saturating_sub(used)
        } else {
            column.width()
        },
        align: if column.is_numeric() { Align::Right } else { Align::Left },
    };
    let columns: Vec<TableColumn> = shown.iter().map(column).collect();
    let cells = |place: usize| {
        let row = &rows[place];
        let cell = |(column, room): (&JobColumn, &TableColumn)| cell(scene, row, *column, room.width);
        shown.iter().zip(&columns).map(cell).collect()
    };
    draw_table(buffer, area, scene.theme, &columns, (rows.len(), &cells), cursor);
}

fn cell(scene: &Scene<'_>, row: &JobRow<'_>, column: JobColumn, width: u16) -> Cell {
    let theme = scene.theme;
    let style = match (column, row.state()) {
        (JobColumn::State, Some(state)) => look(theme, state),
        (_, Some(JobState::Done) | None) => theme.dim(),
        _ => Style::new(),
    };
    (cut(&column.text(row, theme.absent()), width.into()), style)
}

fn look(theme: Theme, state: JobState) -> Style {
    match state {
        state if state.is_problem() => theme.level(Level::Error),
        JobState::Held | JobState::Cancelled => theme.level(Level::Warning),
        JobState::Running | JobState::Ending => theme.status(CohortStatus::Running),
        JobState::Done => theme.dim(),
        _ => theme.status(CohortStatus::Pending),
    }
}

fn draw_detail(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, row: &JobRow<'_>) {
    let theme = scene.theme;
    let width = usize::from(area.width);
    let trains = cut(&format!("shard {}: {}", row.shard, row.all_trains()), width);
    buffer.set_line(area.x, area.y, &Line::styled(trains, theme.strong()), area.width);
    let style = match row.state() {
        Some(state) if state.is_problem() => theme.level(Level::Error),
        Some(JobState::Held | JobState::Cancelled) => theme.level(Level::Warning),
        _ => theme.dim(),
    };
    let lines = wrapped(&row.advice().unwrap_or_default(), width);
    for (y, text) in (area.y + 1..area.bottom()).zip(lines) {
        buffer.set_line(area.x, y, &Line::styled(text, style), area.width);
    }
}
