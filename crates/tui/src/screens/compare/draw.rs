//! A frame of runs side by side: a legend that names them, a chart with a line for each, and their numbers.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::keys::{BINDINGS, View};
use super::look::{LETTERS, Looked, rows, sizes};
use crate::chrome::Chrome;
use crate::theme::{Glyphs, Theme};
use crate::widgets::ascii::to_ascii;
use crate::widgets::axis::{Axis, number_label, percent_label};
use crate::widgets::chart::{Chart, Marked, Trace};
use crate::widgets::dots::Stroke;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, first_in_sight, fitting};
use monitor::model::Model;
use monitor::results::Column;
use monitor::shown::Split;
use monitor::text::{count, percent_spread, plain};
use study::event::NoiseMean;
use study::grid::CohortId;
use study::model::ModelId;
use study::roc::GRID;
use study::run_state::Phase;
use study::summary::SummaryRow;

/// Columns of a mean with its deviation.
const CELL: u16 = 12;
/// Columns of a run's name in the table.
const NAME: u16 = 20;

/// Everything that a frame shows.
pub(crate) struct Side<'a> {
    pub(crate) runs: &'a [(&'a str, &'a Model)],
    /// In what each run's configuration differs from the others'.
    pub(crate) differences: &'a [String],
    pub(crate) looked: Looked,
    pub(crate) chrome: &'a Chrome,
    pub(crate) theme: Theme,
}

/// Draws a frame.
pub(crate) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let [top, body, _] = parts(area, side.runs.len());
    draw_legend(buffer, top, side);
    match side.looked.view {
        View::Results => draw_results(buffer, body, side),
        View::Robustness | View::Roc => draw_chart(buffer, body, side),
        View::Accuracy => {
            let table = side.runs.len() as u16 + 2;
            let table = if body.height >= 10 + table { table } else { 0 };
            let [chart, numbers] =
                Layout::vertical([Constraint::Fill(1), Constraint::Length(table)]).areas(body);
            draw_chart(buffer, chart, side);
            draw_numbers(buffer, numbers, side);
        }
    }
    side.chrome.draw(buffer, area, side.theme, BINDINGS);
    if side.theme.glyphs == Glyphs::Ascii {
        to_ascii(buffer);
    }
}

/// Legend, body, last line.
fn parts(area: Rect, runs: usize) -> [Rect; 3] {
    let legend = (runs as u16).min(area.height / 4) + 1;
    Layout::vertical([Constraint::Length(legend), Constraint::Fill(1), Constraint::Length(1)]).areas(area)
}

/// The row of the results' table at a row of a screen of `area`.
pub(crate) fn row_at(area: Rect, looked: Looked, models: &[&Model], row: u16) -> Option<usize> {
    let [_, body, _] = parts(area, models.len());
    // Below the title and the heading.
    let line = usize::from(row.checked_sub(body.y + 2)?);
    let (count, room) = (rows(models), usize::from(body.height.saturating_sub(2)));
    let place = first_in_sight(count, room, looked.row) + line;
    (looked.view == View::Results && line < room && place < count).then_some(place)
}

impl Side<'_> {
    fn models(&self) -> Vec<&Model> {
        self.runs.iter().map(|&(_, model)| model).collect()
    }

    /// The colour of the run's line.
    fn style(&self, place: usize) -> Style {
        self.theme.fusion(ModelId::PAPER_FUSIONS[place % ModelId::PAPER_FUSIONS.len()])
    }

    fn cohort(&self, train_size: usize) -> CohortId {
        CohortId { fusion: self.looked.fusion, task: self.looked.task, train_size }
    }
}

/// Lines differ without colour too, and with it after every third run.
const fn stroke(place: usize) -> Stroke {
    match (place + place / 3) % 3 {
        0 => Stroke::Solid,
        1 => Stroke::Dashed,
        _ => Stroke::Dotted,
    }
}

fn draw_legend(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let theme = side.theme;
    let title = vec![
        Span::styled("superfuse  ", theme.strong()),
        Span::raw(format!("comparing {} runs", side.runs.len())),
    ];
    buffer.set_line(area.x, area.y, &Line::from(title), area.width);
    for (place, (name, model)) in
        side.runs.iter().enumerate().take(usize::from(area.height).saturating_sub(1))
    {
        let (done, all) = model.done();
        let phase = if model.run.phase() == Phase::Planned {
            "not read yet".to_owned()
        } else {
            model.run_standing().0
        };
        let data = model.run.header().map_or("", |header| header.data.name.as_str());
        let line = Line::from(vec![
            Span::styled(format!("{} ", LETTERS[place % LETTERS.len()]), side.style(place)),
            Span::raw(plain(name)),
            Span::styled(format!("  {phase}, {done} of {all}  {}", plain(data)), theme.dim()),
            Span::raw(format!("  {}", plain(side.differences.get(place).map_or("", String::as_str)))),
        ]);
        buffer.set_line(area.x, area.y + 1 + place as u16, &line, area.width);
    }
}

fn draw_chart(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let looked = side.looked;
    let train_size = looked.size_of(&side.models());
    let (what, of) = match looked.view {
        View::Robustness => ("Test accuracy % against noise", format!(" on {}", looked.condition)),
        View::Roc => ("ROC", String::new()),
        View::Accuracy | View::Results => match looked.split {
            Split::Validation => ("Validation accuracy % against train rows", String::new()),
            Split::Test => ("Test accuracy % against train rows", String::new()),
        },
    };
    let rows = match (looked.view, train_size) {
        (View::Robustness | View::Roc, Some(train_size)) => format!(", {} rows", count(train_size)),
        _ => String::new(),
    };
    let title = Line::from(vec![
        Span::styled(format!("{what}{of}"), side.theme.strong()),
        Span::styled(
            format!("  {} fusion, {} task{rows}, means", looked.fusion, looked.task),
            side.theme.dim(),
        ),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let traces: Vec<Trace> =
        (0..side.runs.len()).filter_map(|place| trace(side, place, train_size)).collect();
    if traces.is_empty() {
        let text = "no run has tested this configuration yet; Tab and t choose another";
        buffer.set_stringn(room.x, room.y, text, usize::from(room.width), side.theme.dim());
        return;
    }
    let ys = traces.iter().flat_map(|trace| trace.points.iter().map(|&(_, y)| y));
    let y_ticks = usize::from(room.height / 4).clamp(2, 8);
    let (x, y) = match looked.view {
        View::Roc => {
            let ticks =
                Axis::around([0.0, 1.0], usize::from(room.width / 12).clamp(2, 5), number_label).ticks;
            (Axis::fixed(0.0, 1.0, ticks), Axis::around([0.0, 1.0], y_ticks, number_label))
        }
        View::Robustness => {
            let xs = traces.iter().flat_map(|trace| trace.points.iter().map(|&(x, _)| x));
            (
                Axis::around(xs, usize::from(room.width / 12).clamp(2, 10), number_label),
                Axis::around(ys, y_ticks, percent_label),
            )
        }
        _ => (size_axis(&sizes(&side.models())), Axis::around(ys, y_ticks, percent_label)),
    };
    Chart { x, y, lines: traces, ..Chart::default() }.draw(buffer, room, side.theme);
}

/// The run's line; absent where it has no point.
fn trace(side: &Side<'_>, place: usize, train_size: Option<usize>) -> Option<Trace> {
    let (_, model) = side.runs.get(place)?;
    let header = model.run.header()?;
    let series = |train_size: usize| model.derived.series(side.cohort(train_size));
    let points: Vec<(f64, f64)> = match side.looked.view {
        View::Robustness => {
            let noise = (side.looked.condition, NoiseMean::Empirical);
            let curve = series(train_size?)?.noise.get(&noise)?;
            header.levels.iter().zip(curve).map(|(&level, point)| (level, point.spread.mean)).collect()
        }
        View::Roc => {
            let rate = |place: usize| place as f64 / (GRID - 1) as f64;
            let roc = &series(train_size?)?.roc;
            roc.iter().enumerate().map(|(place, point)| (rate(place), point.spread.mean)).collect()
        }
        _ => {
            let point = |&train_size: &usize| {
                let point = series(train_size)?.accuracy(side.looked.split)?;
                Some(((train_size.max(1) as f64).log2(), point.spread.mean))
            };
            header.sweep.sizes.iter().filter_map(point).collect()
        }
    };
    let marked = if side.looked.view == View::Accuracy { Marked::Every } else { Marked::Last };
    (!points.is_empty()).then(|| Trace {
        points,
        style: side.style(place),
        stroke: stroke(place),
        marker: LETTERS[place % LETTERS.len()],
        marker_style: side.style(place),
        marked,
    })
}

/// Doublings are equally far apart.
fn size_axis(sizes: &[usize]) -> Axis {
    let ticks: Vec<(f64, String)> =
        sizes.iter().map(|&size| ((size.max(1) as f64).log2(), count(size))).collect();
    let (low, high) = (ticks.first().map_or(0.0, |tick| tick.0), ticks.last().map_or(1.0, |tick| tick.0));
    let room = (high - low) * 0.03;
    Axis::fixed(low - room, high + room, ticks)
}

/// Mean ± deviation of every run at every size, from the summaries.
fn draw_numbers(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    if area.height < 3 {
        return;
    }
    let looked = side.looked;
    let title = Line::from(vec![
        Span::styled("Mean ± std over seeds", side.theme.strong()),
        Span::styled(format!("  {} fusion, {} task", looked.fusion, looked.task), side.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, side.theme);
    let models = side.models();
    let sizes = sizes(&models);
    let fitting = usize::from(room.width.saturating_sub(NAME) / CELL).max(1);
    let chosen = looked.size_of(&models).and_then(|size| sizes.iter().position(|&one| one == size));
    let first = first_in_sight(sizes.len(), fitting, chosen.unwrap_or(0));
    let columns: Vec<TableColumn> = std::iter::once(("run".to_owned(), NAME - GAP, Align::Left))
        .chain(sizes.iter().skip(first).take(fitting).map(|&size| (count(size), CELL - GAP, Align::Right)))
        .map(|(title, width, align)| TableColumn { title, width, align })
        .collect();
    let cells = |place: usize| {
        let (name, model) = side.runs[place];
        let name = (format!("{} {}", LETTERS[place % LETTERS.len()], plain(name)), side.style(place));
        let numbers = sizes.iter().skip(first).take(fitting).map(|&size| {
            let row = model.derived.row(side.cohort(size));
            let (mean, std) = row.map_or((None, None), |row| looked.split.accuracy(row));
            (percent_spread(mean, std, side.theme.absent()), Style::new())
        });
        std::iter::once(name).chain(numbers).collect()
    };
    draw_table(buffer, room, side.theme, &columns, (side.runs.len(), &cells), None);
}

/// The runs' summaries in one table: by configuration, and of one by run.
fn draw_results(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let mut rows: Vec<(usize, &SummaryRow)> = side
        .runs
        .iter()
        .enumerate()
        .flat_map(|(place, (_, model))| model.derived.rows().iter().map(move |row| (place, row)))
        .collect();
    rows.sort_by_key(|&(place, row)| (row.task, row.fusion, row.train_size, place));
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
        let run = (LETTERS[place % LETTERS.len()].to_owned(), side.style(place));
        let rest = shown.iter().map(|column| (column.text(row, side.theme.absent()), Style::new()));
        std::iter::once(run).chain(rest).collect()
    };
    let cursor = (!rows.is_empty()).then(|| side.looked.row.min(rows.len().saturating_sub(1)));
    draw_table(buffer, room, side.theme, &columns, (rows.len(), &cells), cursor);
}
