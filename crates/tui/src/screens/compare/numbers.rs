//! Numbers of one fusion below its chart: every run's means by train size, and what they differ from the reference's by.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::look::{Shown, sizes};
use super::side::{Side, letter};
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, first_in_sight};
use monitor::paired::{Difference, Unpaired, difference, pairable};
use monitor::text::{count, percent_spread};
use study::format::signed_points;

/// Columns of a mean with its deviation, and of a difference with its interval.
const CELL: u16 = 12;
const WIDE: u16 = 25;
/// Columns of a run's name in the table.
const NAME: u16 = 20;

/// Rows of a chart that is worth its room.
const CHART: u16 = 10;

/// Rows that the tables get of an accuracy view of `area`: of one fusion as many as its chart leaves.
pub(super) fn height(side: &Side<'_>, area: Rect) -> u16 {
    let [means, differences] = heights(side);
    let room = area.height.saturating_sub(CHART);
    match side.looked.shown {
        Shown::One if room >= means + differences => means + differences,
        Shown::One if room >= means => means,
        Shown::One | Shown::All => 0,
    }
}

/// Whether one of them has more sizes than fit.
pub(super) fn has_more_sizes(side: &Side<'_>, area: Rect) -> bool {
    let [means, differences] = heights(side);
    let height = height(side, area);
    let cell = if differences > 0 && height >= means + differences { WIDE } else { CELL };
    height > 0 && sizes(&side.models()).len() > fitting(area.width, cell)
}

/// Rows that both tables take.
fn heights(side: &Side<'_>) -> [u16; 2] {
    let runs = side.runs.len() as u16;
    [runs + 2, if runs > 1 { runs + 1 } else { 0 }]
}

/// Draws as much of both as `area` has been given for.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let [means, differences] = heights(side);
    let differences = if area.height >= means + differences { differences } else { 0 };
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(differences)]).areas(area);
    draw_means(buffer, top, side);
    draw_differences(buffer, bottom, side);
}

/// Mean ± deviation of every run at every size, from the summaries.
fn draw_means(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    if area.height < 3 {
        return;
    }
    let looked = side.looked;
    let title = Line::from(vec![
        Span::styled(
            format!("{} accuracy %, mean ± std over seeds", looked.split.name()),
            side.theme.strong(),
        ),
        Span::styled(format!("  {} fusion, {} task", looked.fusion, looked.task), side.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let sizes = shown_sizes(side, room.width, CELL);
    let cells = |place: usize| {
        let (_, model) = side.runs[place];
        let numbers = sizes.iter().map(|&size| {
            let row = model.derived.row(side.cohort(looked.fusion, size));
            let (mean, std) = row.map_or((None, None), |row| looked.split.accuracy(row));
            (percent_spread(mean, std, side.theme.absent()), Style::new())
        });
        std::iter::once((side.name(place, NAME - GAP - 2), side.style(place))).chain(numbers).collect()
    };
    draw_table(buffer, room, side.theme, &columns(&sizes, CELL), (side.runs.len(), &cells), None);
}

/// What every other run has less the reference, seed by seed.
fn draw_differences(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    if area.height < 3 {
        return;
    }
    let looked = side.looked;
    let reference = side.reference();
    let title = Line::from(vec![
        Span::styled(format!("Less {}, in points", letter(reference)), side.theme.strong()),
        Span::styled("  paired by seed: mean, 95 % interval, seeds", side.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let sizes = shown_sizes(side, room.width, WIDE);
    let others: Vec<usize> = side.others().collect();
    let model = side.runs[reference].1;
    let cells = |row: usize| -> Vec<Cell> {
        let place = others[row];
        let name = (side.name(place, NAME - GAP - 2), side.style(place));
        let text = |&size: &usize| {
            let id = side.cohort(looked.fusion, size);
            match difference(model, side.runs[place].1, id, looked.split) {
                Ok(found) => (interval(&found), Style::new()),
                Err(why) => (narrow(side, why), side.theme.dim()),
            }
        };
        std::iter::once(name).chain(sizes.iter().map(text)).collect()
    };
    draw_table(buffer, room, side.theme, &columns(&sizes, WIDE), (others.len(), &cells), None);
    // What holds for every size is said once, in full.
    for (row, &place) in others.iter().enumerate() {
        let y = room.y + 1 + row as u16;
        let Err(why) = pairable(model, side.runs[place].1) else { continue };
        if y < room.bottom() {
            let rest = usize::from(room.width.saturating_sub(NAME));
            buffer.set_stringn(room.x + NAME, y, " ".repeat(rest), rest, Style::reset());
            buffer.set_stringn(room.x + NAME, y, why.text(), rest, side.theme.dim());
        }
    }
}

/// `+0.8 [−0.3 +1.9] 10`; of one seed without an interval.
pub(super) fn interval(found: &Difference) -> String {
    let mean = signed_points(found.mean);
    match found.interval {
        Some(ends) => {
            format!("{mean} [{} {}] {}", signed_points(ends.low), signed_points(ends.high), found.seeds)
        }
        None => format!("{mean} {}", found.seeds),
    }
}

fn narrow(side: &Side<'_>, why: Unpaired) -> String {
    match why {
        Unpaired::NotTested | Unpaired::Absent => side.theme.absent().to_owned(),
        _ => why.short().to_owned(),
    }
}

/// The sizes that fit, the chosen one among them.
fn shown_sizes(side: &Side<'_>, width: u16, cell: u16) -> Vec<usize> {
    let models = side.models();
    let sizes = sizes(&models);
    let fitting = fitting(width, cell);
    let chosen = side.looked.size_of(&models).and_then(|size| sizes.iter().position(|&one| one == size));
    let first = first_in_sight(sizes.len(), fitting, chosen.unwrap_or(0));
    sizes.into_iter().skip(first).take(fitting).collect()
}

/// Sizes that fit beside the runs' names.
fn fitting(width: u16, cell: u16) -> usize {
    usize::from((width + GAP).saturating_sub(NAME) / cell).max(1)
}

fn columns(sizes: &[usize], cell: u16) -> Vec<TableColumn> {
    let of_size = |&size: &usize| (count(size), cell - GAP, Align::Right);
    std::iter::once(("run".to_owned(), NAME - GAP, Align::Left))
        .chain(sizes.iter().map(of_size))
        .map(|(title, width, align)| TableColumn { title, width, align })
        .collect()
}
