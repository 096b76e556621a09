//! Charts with a line for each run: of one fusion, or of every fusion as small ones on the same axes.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::keys::View;
use super::look::{Bands, Shown, fusions, sizes};
use super::side::{Side, hue, letter, stroke};
use crate::widgets::axis::{Axis, number_label, percent_label};
use crate::widgets::chart::{BandArea, BandLook, Chart, Marked, Trace};
use crate::widgets::panel::panel;
use crate::widgets::table::first_in_sight;
use monitor::derived::Point;
use monitor::shown::Split;
use monitor::text::count;
use study::event::NoiseMean;
use study::look::look;
use study::model::ModelId;
use study::roc::GRID;

/// Columns and rows of a small chart, its name included.
const SMALL: (u16, u16) = (30, 8);

/// A run's line: its place, and x with the number over seeds.
type RunLine = (usize, Vec<(f64, Point)>);

/// Draws the chart of the fusion under the cursor, or all fusions'.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let long = title(side, Wording::Long);
    let fits = long.width() + 6 <= usize::from(area.width);
    let title = if fits { long } else { title(side, Wording::Short) };
    let room = panel(buffer, area, &title, side.theme);
    match side.looked.shown {
        Shown::One => {
            let lines = lines(side, side.looked.fusion);
            draw_chart(buffer, room, side, &lines, &lines);
        }
        Shown::All => draw_all(buffer, room, side),
    }
}

/// How much a title says; whose band is shaded, colours say too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wording {
    Long,
    Short,
}

fn title(side: &Side<'_>, wording: Wording) -> Line<'static> {
    let looked = side.looked;
    let what = match looked.view {
        View::Robustness => format!("Test accuracy % against noise on {}", looked.condition),
        View::Roc => "ROC".to_owned(),
        _ => match looked.split {
            Split::Validation => "Validation accuracy % against train rows".to_owned(),
            Split::Test => "Test accuracy % against train rows".to_owned(),
        },
    };
    let rows = match (looked.view, looked.size_of(&side.models())) {
        (View::Robustness | View::Roc, Some(train_size)) => format!(", {} rows", count(train_size)),
        _ => String::new(),
    };
    let word = |word: &'static str| if wording == Wording::Long { word } else { "" };
    let fusion = match looked.shown {
        Shown::One => format!("{}{}", looked.fusion, word(" fusion")),
        Shown::All => "every fusion".to_owned(),
    };
    let band = match looked.bands {
        Bands::Of(band) if wording == Wording::Long && side.runs.len() > 1 => {
            format!(", band: {}, {}'s shaded", band.name(), letter(side.reference()))
        }
        Bands::Of(band) => format!(", {}{}", word("band: "), band.name()),
        Bands::Off => ", means".to_owned(),
    };
    Line::from(vec![
        Span::styled(what, side.theme.strong()),
        Span::styled(format!("  {fusion}, {}{}{rows}{band}", looked.task, word(" task")), side.theme.dim()),
    ])
}

/// A chart for each fusion, as many as fit around the one under the cursor.
fn draw_all(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let all = fusions(&side.models());
    let columns = usize::from(area.width / SMALL.0).clamp(1, all.len().max(1));
    let columns = balanced(all.len(), columns, usize::from(area.height / SMALL.1));
    let rows = all.len().div_ceil(columns);
    let fitting = usize::from(area.height / SMALL.1).clamp(1, rows.max(1));
    let focus = all.iter().position(|&fusion| fusion == side.looked.fusion).unwrap_or(0);
    let first = first_in_sight(rows, fitting, focus / columns) * columns;
    let of_all: Vec<(ModelId, Vec<RunLine>)> =
        all.iter().map(|&fusion| (fusion, lines(side, fusion))).collect();
    let every: Vec<RunLine> = of_all.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let bands = Layout::vertical(vec![Constraint::Fill(1); fitting]).split(area);
    for (row, &band) in bands.iter().enumerate() {
        let cells = Layout::horizontal(vec![Constraint::Fill(1); columns]).spacing(2).split(band);
        for (column, &cell) in cells.iter().enumerate() {
            let Some((fusion, lines)) = of_all.get(first + row * columns + column) else { break };
            let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(cell);
            let style = if *fusion == side.looked.fusion { side.theme.cursor() } else { side.theme.strong() };
            buffer.set_stringn(head.x, head.y, look(*fusion).short_name, usize::from(head.width), style);
            draw_chart(buffer, plot, side, lines, &every);
        }
    }
    let shown = all.len().saturating_sub(first).min(fitting * columns);
    let hidden = all.len() - shown;
    if hidden > 0 && area.width > 20 {
        let text = format!(" {hidden} more: Tab ");
        let x = area.right().saturating_sub(text.len() as u16);
        buffer.set_string(x, area.y, text, side.theme.dim());
    }
}

/// The fewest columns that take no more rows than `columns` do, or than there is room for.
fn balanced(count: usize, columns: usize, fitting: usize) -> usize {
    let rows = count.div_ceil(columns.max(1)).max(1);
    let rows = if rows <= fitting { rows } else { return columns };
    count.div_ceil(rows).clamp(1, columns.max(1))
}

/// One chart of `lines`, with the values of `all` in the range of its y axis.
fn draw_chart(buffer: &mut Buffer, room: Rect, side: &Side<'_>, lines: &[RunLine], all: &[RunLine]) {
    if lines.is_empty() {
        let text = match (side.loading(), side.looked.shown) {
            (Some(loading), _) => loading,
            (None, Shown::One) => "no run has tested this configuration; Tab and t choose another".into(),
            (None, Shown::All) => "not tested".into(),
        };
        buffer.set_stringn(room.x, room.y, text, usize::from(room.width), side.theme.dim());
        return;
    }
    let values = all.iter().flat_map(|(_, points)| points).flat_map(|(_, point)| {
        let (low, high) = edges(side, point).unwrap_or((point.spread.mean, point.spread.mean));
        [low, high]
    });
    let y_ticks = usize::from(room.height / 4).clamp(2, 8);
    let (x, y) = match side.looked.view {
        View::Roc => {
            let ticks =
                Axis::around([0.0, 1.0], usize::from(room.width / 12).clamp(2, 5), number_label).ticks;
            (Axis::fixed(0.0, 1.0, ticks), Axis::around([0.0, 1.0], y_ticks, number_label))
        }
        View::Robustness => {
            let xs = all.iter().flat_map(|(_, points)| points.iter().map(|&(x, _)| x));
            (
                Axis::around(xs, usize::from(room.width / 12).clamp(2, 10), number_label),
                Axis::around(values, y_ticks, percent_label),
            )
        }
        _ => (size_axis(&sizes(&side.models())), Axis::around(values, y_ticks, percent_label)),
    };
    // The reference's band is shaded: it lies under the others'.
    let shaded = lines.iter().filter(|(place, _)| *place == side.reference());
    let outlined = lines.iter().filter(|(place, _)| *place != side.reference());
    let bands = shaded.chain(outlined).filter_map(|line| band(side, line)).collect();
    let lines = lines.iter().map(|line| trace(side, line)).collect();
    Chart { x, y, bands, lines, ..Chart::default() }.draw(buffer, room, side.theme);
}

/// A band's ends: no accuracy and no rate leaves 0 to 1.
fn edges(side: &Side<'_>, point: &Point) -> Option<(f64, f64)> {
    let Bands::Of(band) = side.looked.bands else { return None };
    point.band(band).map(|(low, high)| (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)))
}

fn band(side: &Side<'_>, (place, points): &RunLine) -> Option<BandArea> {
    let at = |(x, point): &(f64, Point)| edges(side, point).map(|(low, high)| (*x, low, high));
    let edges: Vec<_> = points.iter().filter_map(at).collect();
    let look = if *place == side.reference() {
        BandLook::Shaded(side.theme.band(hue(*place)))
    } else {
        BandLook::Outlined(side.style(*place).add_modifier(Modifier::DIM), '.')
    };
    (!edges.is_empty()).then_some(BandArea { edges, look })
}

fn trace(side: &Side<'_>, (place, points): &RunLine) -> Trace {
    Trace {
        points: points.iter().map(|(x, point)| (*x, point.spread.mean)).collect(),
        style: side.style(*place),
        stroke: stroke(*place),
        marker: letter(*place),
        marker_style: side.style(*place),
        marked: if side.looked.view == View::Accuracy { Marked::Every } else { Marked::Last },
    }
}

/// The runs' lines; a run without a point has none.
fn lines(side: &Side<'_>, fusion: ModelId) -> Vec<RunLine> {
    let train_size = side.looked.size_of(&side.models());
    let of_run = |place| Some((place, points(side, place, fusion, train_size)?));
    (0..side.runs.len()).filter_map(of_run).collect()
}

fn points(
    side: &Side<'_>,
    place: usize,
    fusion: ModelId,
    train_size: Option<usize>,
) -> Option<Vec<(f64, Point)>> {
    let (_, model) = side.runs.get(place)?;
    let header = model.run.header()?;
    let series = |train_size: usize| model.derived.series(side.cohort(fusion, train_size));
    let points: Vec<(f64, Point)> = match side.looked.view {
        View::Robustness => {
            let noise = (side.looked.condition, NoiseMean::Empirical);
            let curve = series(train_size?)?.noise.get(&noise)?;
            header.levels.iter().copied().zip(curve.iter().copied()).collect()
        }
        View::Roc => {
            let rate = |place: usize| place as f64 / (GRID - 1) as f64;
            let roc = &series(train_size?)?.roc;
            roc.iter().enumerate().map(|(place, point)| (rate(place), *point)).collect()
        }
        _ => {
            let point = |&train_size: &usize| {
                let point = series(train_size)?.accuracy(side.looked.split)?;
                Some(((train_size.max(1) as f64).log2(), point))
            };
            header.sweep.sizes.iter().filter_map(point).collect()
        }
    };
    (!points.is_empty()).then_some(points)
}

/// Doublings are equally far apart.
fn size_axis(sizes: &[usize]) -> Axis {
    let ticks: Vec<(f64, String)> =
        sizes.iter().map(|&size| ((size.max(1) as f64).log2(), count(size))).collect();
    let (low, high) = (ticks.first().map_or(0.0, |tick| tick.0), ticks.last().map_or(1.0, |tick| tick.0));
    let room = (high - low) * 0.03;
    Axis::fixed(low - room, high + room, ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_charts_fill_their_rows_evenly() {
        assert_eq!(balanced(4, 3, 5), 2, "two rows of two rather than three and one");
        assert_eq!(balanced(3, 6, 5), 3);
        assert_eq!(balanced(9, 2, 2), 2, "where they do not fit, as many as fit");
        assert_eq!(balanced(0, 1, 1), 1);
    }
}
