//! Tables of every configuration: the runs' results, and their differences from the reference's, paired by seed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::side::{Side, letter};
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, fitting};
use monitor::paired::difference;
use monitor::results::{Column, id_of};
use monitor::text::percent;
use study::format::signed_points;
use study::look::look;
use study::summary::SummaryRow;

/// The runs' summaries in one table.
pub(super) fn draw_results(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let rows = side.rows();
    let title = Line::from(vec![
        Span::styled("Results", side.theme.strong()),
        Span::styled("  mean ± std over seeds", side.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let shown = fitting(Column::BY_PRIORITY, Column::width, room.width.saturating_sub(3 + GAP));
    let columns: Vec<TableColumn> =
        std::iter::once(TableColumn { title: "run".into(), width: 3, align: Align::Left })
            .chain(shown.iter().map(|column| TableColumn {
                title: column.title().into(),
                width: column.width(),
                align: if column.is_numeric() { Align::Right } else { Align::Left },
            }))
            .collect();
    let cells = |at: usize| -> Vec<Cell> {
        let (place, row) = rows[at];
        let run = (letter(place).to_owned(), side.style(place));
        let rest = shown.iter().map(|column| (column.text(row, side.theme.absent()), Style::new()));
        std::iter::once(run).chain(rest).collect()
    };
    draw_table(buffer, room, side.theme, &columns, (rows.len(), &cells), cursor(side, rows.len()));
}

/// Every configuration of the runs that are not the reference.
pub(super) fn draw_paired(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let reference = side.reference();
    let title = Line::from(vec![
        Span::styled(
            format!("{} accuracy less {}'s", side.looked.split.name(), letter(reference)),
            side.theme.strong(),
        ),
        Span::styled("  in points, paired by seed", side.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let rows: Vec<(usize, &SummaryRow)> =
        side.rows().into_iter().filter(|(place, _)| *place != reference).collect();
    if rows.is_empty() {
        let text = side.loading().unwrap_or_else(|| "two runs are needed for a difference".into());
        buffer.set_stringn(room.x, room.y, text, usize::from(room.width), side.theme.dim());
        return;
    }
    let own = |column: Column| (column.title().to_owned(), column.width(), Align::Left);
    let columns = [
        ("run".to_owned(), 3, Align::Left),
        own(Column::Fusion),
        own(Column::Task),
        (Column::TrainSize.title().into(), 7, Align::Right),
        ("seeds".into(), 5, Align::Right),
        ("its %".into(), 5, Align::Right),
        (format!("{}'s %", letter(reference)), 5, Align::Right),
        ("diff.".into(), 5, Align::Right),
        // Reasons are longer than intervals.
        ("95 % interval".into(), room.width.saturating_sub(63).max(15), Align::Left),
    ];
    let columns: Vec<TableColumn> =
        columns.map(|(title, width, align)| TableColumn { title, width, align }).into();
    let model = side.runs[reference].1;
    let cells = |at: usize| -> Vec<Cell> {
        let (place, row) = rows[at];
        let plain = |text: String| (text, Style::new());
        let mut cells = vec![
            (letter(place).to_owned(), side.style(place)),
            plain(look(row.fusion).short_name.into()),
            plain(row.task.short_name()),
            plain(Column::TrainSize.text(row, "")),
        ];
        match difference(model, side.runs[place].1, id_of(row), side.looked.split) {
            Ok(found) => {
                cells.push(plain(found.seeds.to_string()));
                cells.extend([found.own, found.reference].map(|value| plain(percent(value))));
                cells.push(plain(signed_points(found.mean)));
                let ends = found.interval.map_or_else(
                    || ("one seed has none".to_owned(), side.theme.dim()),
                    |ends| {
                        let text = format!("[{} {}]", signed_points(ends.low), signed_points(ends.high));
                        // An interval without 0 is what one looks for.
                        let style = if ends.holds(0.0) { Style::new() } else { side.theme.strong() };
                        (text, style)
                    },
                );
                cells.push(ends);
            }
            Err(why) => {
                let absent = || (side.theme.absent().to_owned(), side.theme.dim());
                cells.extend((0..4).map(|_| absent()));
                let text = if room.width >= 140 { why.text() } else { why.short() };
                cells.push((text.to_owned(), side.theme.dim()));
            }
        }
        cells
    };
    draw_table(buffer, room, side.theme, &columns, (rows.len(), &cells), cursor(side, rows.len()));
}

fn cursor(side: &Side<'_>, rows: usize) -> Option<usize> {
    (rows > 0).then(|| side.looked.row.min(rows.saturating_sub(1)))
}
