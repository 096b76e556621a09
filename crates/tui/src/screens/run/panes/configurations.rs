//! The table of configurations: the summary's rows, sorted and filtered.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::nothing_yet;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Grain, Overlay, UiState, View};
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, TableColumn, draw_table, fitting};
use monitor::results::{Column, id_of};
use monitor::shown::SortOrder;
use monitor::text::plain;
use study::feed::Level;
use study::filter::{Key, Typed};
use study::run_state::CohortStatus;

/// Draws the rows.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let all = scene.model.derived.rows();
    let rows = scene.ui.rows(scene.model);
    let columns = fitting(Column::BY_PRIORITY, Column::width, area.width);
    let room = panel(buffer, area, &title(scene, rows.len(), all.len(), &columns), scene.theme);
    if rows.is_empty() {
        return nothing_yet(buffer, room, scene, "no row passes the filter; Esc clears it");
    }
    let headings: Vec<TableColumn> = columns.iter().map(|&column| heading(scene, column)).collect();
    let selected = scene.ui.selected(scene.model);
    let cursor = rows.iter().position(|row| Some(id_of(row)) == selected);
    let cells = |place: usize| {
        let row = rows[place];
        let status = scene.model.status(id_of(row));
        let cell = |&column: &Column| {
            let style = match column {
                Column::Fusion => scene.theme.fusion(row.fusion),
                Column::Status => scene.theme.status(status),
                _ if status == CohortStatus::Pending => scene.theme.dim(),
                _ => Style::new(),
            };
            let series = scene.model.derived.series(id_of(row));
            let has_outlier = series.is_some_and(|series| series.outlying.is_some());
            let mark = if column == Column::Seeds && has_outlier { "!" } else { "" };
            let style = if mark.is_empty() { style } else { scene.theme.level(Level::Warning) };
            (format!("{}{mark}", column.text(row, scene.theme.absent())), style)
        };
        columns.iter().map(cell).collect()
    };
    draw_table(buffer, room, scene.theme, &headings, (rows.len(), &cells), cursor);
}

fn title(scene: &Scene<'_>, shown: usize, all: usize, columns: &[Column]) -> Line<'static> {
    let mut spans = vec![Span::styled("Configurations", scene.theme.strong())];
    let dim = scene.theme.dim();
    let count = if shown == all { format!("  {all}") } else { format!("  {shown} of {all}") };
    spans.push(Span::styled(count, dim));
    spans.extend(filter(scene));
    let retained =
        if columns.contains(&Column::RetainedText) { "; text, image, both: retained skill %" } else { "" };
    spans.push(Span::styled(format!("  mean ± std over seeds{retained}; !: outlier seed"), dim));
    Line::from(spans)
}

/// The filter, where there is one.
pub(super) fn filter(scene: &Scene<'_>) -> Option<Span<'static>> {
    let is_filtered = !scene.ui.filter.is_empty() || scene.ui.overlay == Overlay::Filter;
    // While it is typed, the line in which it is says what is wrong.
    let wrong = wrong_with_filter(scene.ui).filter(|_| scene.ui.overlay != Overlay::Filter);
    is_filtered.then(|| match wrong {
        Some(why) => Span::styled(format!("  filter: {}", plain(&why)), scene.theme.level(Level::Warning)),
        None => Span::styled(format!("  filter: {}", plain(scene.ui.filter.text())), scene.theme.key()),
    })
}

/// What is wrong with the filter, and what of it applies.
pub(super) fn wrong_with_filter(ui: &UiState) -> Option<String> {
    let keys = match ui.grain {
        _ if ui.view == View::Jobs => Key::JOBS,
        Grain::Configurations => Key::CONFIGURATIONS,
        Grain::Trials => Key::TRIALS,
    };
    Typed::read(ui.filter.text(), keys).complaint()
}

/// The mark of a sorted column.
pub(super) fn sort_mark(scene: &Scene<'_>, is_sorted: bool) -> &'static str {
    match (is_sorted, scene.ui.order) {
        (false, _) => "",
        (true, SortOrder::Ascending) => scene.theme.pick("▲", "^"),
        (true, SortOrder::Descending) => scene.theme.pick("▼", "v"),
    }
}

fn heading(scene: &Scene<'_>, column: Column) -> TableColumn {
    let mark = sort_mark(scene, scene.ui.sort == Some(column));
    let align = if column.is_numeric() { Align::Right } else { Align::Left };
    TableColumn { title: format!("{}{mark}", column.title()), width: column.width(), align }
}
