//! What each model costs and what it gives: a number at one train size against parameters and against the fusion's own
//! computation, and a table of both.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{
    Curve, Emphasis, Frame, YAxis, band_name, chart, fitting, fusion_marker, fusion_name, fusions, majority,
    nothing_yet, quantity_title, reading, row_name, seeds_of, spaced,
};
use crate::screens::run::charts::{costed, in_the_way_of};
use crate::screens::run::layout::COMPLEXITY_BESIDE;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::View;
use crate::widgets::axis::{Axis, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, TableColumn, draw_table};
use monitor::shown::Band;
use monitor::text::{count, percent, percent_spread, short_count};
use study::complexity::{Complexity, axis, label};
use study::format::fixed;
use study::grid::CohortId;
use study::model::ModelId;
use study::quantity::{Quantity, noise_mean};

/// Rows of a chart below which the table has room.
const ROOM_FOR_CHART: u16 = 11;
/// Rows from which the legend names the baselines too.
const ROOM_FOR_LEGEND: u16 = 14;

const COLUMNS: [(&str, u16, Align); 8] = [
    ("fusion", 9, Align::Left),
    ("test %", 6, Align::Right),
    ("retained %", 10, Align::Right),
    ("area %", 6, Align::Right),
    ("parameters", 10, Align::Right),
    ("mult-adds", 9, Align::Right),
    ("width", 7, Align::Right),
    ("ms a step", 9, Align::Right),
];

/// Draws both charts side by side, or the one that was chosen, and below them the table where it has room.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(charted) = scene.ui.charted(scene.model) else { return };
    let room = area.height.saturating_sub(ROOM_FOR_CHART + 2);
    let fits = |models: &Vec<ModelId>| models.len() <= usize::from(room);
    let everything =
        scene.model.run.header().map_or_else(Vec::new, |header| header.sweep.trained().collect());
    let choices = [everything, fusions(scene, charted.fusion)];
    let listed = choices.into_iter().map(|models| in_the_way_of(charted.fusion, models)).find(fits);
    let table = listed.as_ref().map_or(0, |listed| listed.len() as u16 + 2);
    let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(table)]).areas(area);
    if area.width >= COMPLEXITY_BESIDE {
        let parts: [Rect; 2] = Layout::horizontal([Constraint::Fill(1); 2]).spacing(2).areas(top);
        for (part, complexity) in parts.into_iter().zip(Complexity::ALL) {
            draw_chart(buffer, part, scene, charted, complexity);
        }
    } else {
        draw_chart(buffer, top, scene, charted, scene.ui.complexity);
    }
    draw_numbers(buffer, bottom, scene, charted, &listed.unwrap_or_default());
}

fn draw_chart(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, charted: CohortId, complexity: Complexity) {
    let (what, more) = quantity_title(scene.ui.quantity);
    let against = format!("{what} against {}", complexity.name());
    let title = |more: &str| {
        let more = format!("  {} task, {} rows{more}", charted.task, count(charted.train_size));
        Line::from(vec![
            Span::styled(against.clone(), scene.theme.strong()),
            Span::styled(more, scene.theme.dim()),
        ])
    };
    let titles = [title(&format!(", {more}")), title("")];
    let title = fitting(area.width.saturating_sub(super::plotting::ROOM_BESIDE_TITLE), titles);
    let room = panel(buffer, area, &title, scene.theme);
    let curves = curves(scene, charted, complexity);
    if curves.is_empty() {
        return nothing_yet(buffer, room, scene, "not tested yet");
    }
    let baselines = scene.model.baselines();
    let (quiet, loud): (Vec<&Curve>, Vec<&Curve>) =
        curves.iter().partition(|curve| baselines.contains(&curve.fusion));
    let rows = if quiet.is_empty() || room.height < ROOM_FOR_LEGEND { 1 } else { 2 };
    let [head, plot] = Layout::vertical([Constraint::Length(rows), Constraint::Fill(1)]).areas(room);
    let seeds = curves.iter().find(|curve| curve.fusion == charted.fusion);
    let band = || [vec![band_name(scene, seeds.and_then(|curve| seeds_of(&curve.points)))]];
    let markers = || loud.iter().map(|curve| fusion_marker(scene, curve.fusion, None));
    let names = || loud.iter().map(|curve| fusion_name(scene, curve.fusion, Some(charted.fusion)));
    let line = match read(scene) {
        Some(fusion) => fitting(head.width, model_read(scene, CohortId { fusion, ..charted }, complexity)),
        None => fitting(
            head.width,
            [
                spaced(names().chain(band())),
                spaced(names()),
                spaced(markers().chain(band())),
                spaced(markers()),
            ],
        ),
    };
    buffer.set_line(head.x, head.y, &line, head.width);
    if rows > 1 {
        let names = quiet.iter().map(|curve| row_name(scene, curve.fusion, Some(charted.fusion)).spans);
        buffer.set_line(head.x, head.y + 1, &spaced(names), head.width);
    }
    let places = curves.iter().flat_map(|curve| &curve.points).map(|(x, _)| *x);
    let ((low, high), ticks) = axis(places);
    let ticks = ticks.into_iter().map(|power| (power, label(power))).collect();
    let y = YAxis { label: percent_label, always: None, within: scene.ui.quantity.range() };
    let of_read = |fusion| curves.iter().find(|curve| curve.fusion == fusion)?.points.first().copied();
    let read = read(scene).and_then(of_read);
    let frame = Frame {
        cursor: read.map(|(x, _)| x),
        about: read.map(|(_, point)| point.spread.mean),
        ..Frame::from(plot.height)
    };
    let mut chart = chart(scene, Axis::fixed(low, high, ticks), y, frame, curves);
    let is_accuracy = !matches!(scene.ui.quantity, Quantity::Retained(_));
    chart.guide = is_accuracy.then(|| majority(scene, charted.task, |share| share.test)).flatten();
    chart.draw(buffer, plot, scene.theme);
}

/// The model whose numbers are read.
fn read(scene: &Scene<'_>) -> Option<ModelId> {
    let place = reading(scene, View::Complexity)?;
    let costed = costed(scene.ui, scene.model);
    costed.get(place.min(costed.len().saturating_sub(1))).copied()
}

/// What a model gives, and what it costs on the chart's axis, in a line; where there is no room without a part of it.
fn model_read(scene: &Scene<'_>, id: CohortId, complexity: Complexity) -> [Line<'static>; 3] {
    let absent = || scene.theme.absent().to_owned();
    let point = scene.model.derived.series(id).and_then(|series| series.quantity(scene.ui.quantity));
    let given = point.map_or_else(absent, |point| {
        percent_spread(Some(point.spread.mean), point.spread.std, scene.theme.absent())
    });
    let cost = scene.model.derived.row(id).and_then(|row| match complexity {
        Complexity::Parameters => row.parameters,
        Complexity::Computation => row.multiply_adds,
    });
    let cost = vec![Span::raw(format!("{} {}", cost.map_or_else(absent, count), complexity.name()))];
    let (name, marker) = (fusion_name(scene, id.fusion, None), fusion_marker(scene, id.fusion, None));
    let given = vec![Span::styled(given, scene.theme.key())];
    [spaced([name.clone(), given.clone(), cost]), spaced([name, given.clone()]), spaced([marker, given])]
}

/// A point for each model with its band as a bar, the baselines first, so that they lie behind.
fn curves(scene: &Scene<'_>, charted: CohortId, complexity: Complexity) -> Vec<Curve> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let (least, most) = scene.ui.quantity.range();
    let curve = |&fusion: &ModelId| {
        let id = CohortId { fusion, ..charted };
        let x = complexity.place(scene.model.derived.row(id)?)?;
        let point = scene.model.derived.series(id)?.quantity(scene.ui.quantity)?;
        let is_focused = fusion == charted.fusion;
        // Of a band over each seed, all of them.
        let band = if scene.ui.band == Band::EachSeed { Band::Range } else { scene.ui.band };
        let bar = |(low, high): (f64, f64)| vec![(x, low.clamp(least, most)), (x, high.clamp(least, most))];
        Some(Curve {
            fusion,
            emphasis: if is_focused { Emphasis::Focused } else { Emphasis::Bare },
            points: vec![(x, point)],
            seeds: point.band(band).map(bar).into_iter().collect(),
            marked: Marked::Every,
        })
    };
    let models = [&scene.model.baselines(), &header.sweep.fusions[..]].concat();
    in_the_way_of(charted.fusion, models).iter().filter_map(curve).collect()
}

/// What `listed` cost and give, from the summary.
fn draw_numbers(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, charted: CohortId, listed: &[ModelId]) {
    let Some(header) = scene.model.run.header() else { return };
    if area.height < 3 {
        return;
    }
    let mean = noise_mean(&header.config.noise);
    let (_, noise) = quantity_title(Quantity::Area(mean));
    let more =
        format!("  {} task, {} rows; retained, area: {noise}", charted.task, count(charted.train_size));
    let title = Line::from(vec![
        Span::styled("What it gives and what it costs", scene.theme.strong()),
        Span::styled(more, scene.theme.dim()),
    ]);
    let room = panel(buffer, area, &title, scene.theme);
    let cells = |place: usize| -> Vec<Cell> {
        let id = CohortId { fusion: listed[place], ..charted };
        let (row, series) = (scene.model.derived.row(id), scene.model.derived.series(id));
        let absent = || scene.theme.absent().to_owned();
        let share = |value: Option<f64>| (value.map_or_else(absent, percent), Style::new());
        let gives = |quantity| {
            share(series.and_then(|series| series.quantity(quantity)).map(|point| point.spread.mean))
        };
        let costs = |value: Option<usize>| (value.map_or_else(absent, short_count), Style::new());
        let step = row.and_then(|row| row.seconds_per_step);
        let name: String = row_name(scene, id.fusion, None).spans.iter().map(|span| &*span.content).collect();
        vec![
            (name, scene.theme.fusion(id.fusion)),
            gives(Quantity::Accuracy),
            gives(Quantity::Retained(mean)),
            gives(Quantity::Area(mean)),
            costs(row.and_then(|row| row.parameters)),
            costs(row.and_then(|row| row.multiply_adds)),
            costs(row.and_then(|row| row.fused_width)),
            (step.map_or_else(absent, |seconds| fixed(seconds * 1e3, 3)), Style::new()),
        ]
    };
    let columns = COLUMNS.map(|(title, width, align)| TableColumn { title: title.to_owned(), width, align });
    let cursor = listed.iter().position(|&fusion| fusion == charted.fusion);
    draw_table(buffer, room, scene.theme, &columns, (listed.len(), &cells), cursor);
}
