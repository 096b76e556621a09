//! A sheet of panels with a title above and a legend below, and the lines inside a panel.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::scale::Scale;
use super::style::{CHANCE, INK, Look, Marker, RULE, diamond, look, text};
use crate::report::ReportError;
use crate::report::text::{shortened, svg};
use crate::study::grid::Fusion;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;

const HEAD: u32 = 40;
const FOOT: u32 = 34;

/// A curve with its band.
pub(super) struct Curve {
    pub(super) points: Vec<(f64, f64)>,
    /// Lower and upper end at each point; empty: none.
    pub(super) band: Vec<(f64, f64)>,
}

/// Whether a curve's points are shown: not where they lie close together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    Marked,
    Plain,
}

/// Draws a figure of `rows` × `columns` panels: `panel` fills the one in its row and column, `legend`
/// the strip below.
pub(super) fn draw(
    name: &'static str,
    title: &str,
    (rows, columns): (usize, usize),
    (width, height): (u32, u32),
    panel: impl Fn(&Area, usize, usize) -> Result<(), String>,
    legend: impl Fn(&Area) -> Result<(), String>,
) -> Result<String, ReportError> {
    let mut picture = String::new();
    let failed = |why| ReportError::Figure { name, why };
    let (width, height) = (width * columns.max(1) as u32, height * rows.max(1) as u32);
    {
        let sheet = SVGBackend::with_string(&mut picture, (width, HEAD + height + FOOT)).into_drawing_area();
        sheet.fill(&WHITE).map_err(|error| failed(said(error)))?;
        let (head, rest) = sheet.split_vertically(HEAD);
        let (body, foot) = rest.split_vertically(height);
        // A sans-serif letter of 16 pixels is about 8 wide.
        let title = shortened(&svg(title), width as usize / 8);
        let place = (width as i32 / 2, HEAD as i32 / 2 + 2);
        head.draw(&Text::new(title, place, text(16, HPos::Center))).map_err(|error| failed(said(error)))?;
        for (index, area) in body.split_evenly((rows, columns)).iter().enumerate() {
            panel(area, index / columns, index % columns).map_err(failed)?;
        }
        legend(&foot).map_err(failed)?;
        sheet.present().map_err(|error| failed(said(error)))?;
    }
    Ok(picture)
}

/// A panel's axes.
pub(super) fn axes<'a, 'b>(
    area: &'a Area<'b>,
    title: &str,
    x: Scale,
    y: Scale,
) -> Result<Chart<'a, 'b>, String> {
    let names = (x.name, y.name);
    let mut chart = ChartBuilder::on(area)
        .caption(svg(title), text(14, HPos::Left))
        .margin_left(6)
        .margin_right(22)
        .margin_top(4)
        .margin_bottom(4)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .build_cartesian_2d(x, y)
        .map_err(said)?;
    chart
        .configure_mesh()
        .bold_line_style(RULE)
        .light_line_style(TRANSPARENT)
        .axis_style(INK)
        .label_style(("sans-serif", 12).into_font().color(&INK))
        .axis_desc_style(("sans-serif", 13).into_font().color(&INK))
        .x_desc(names.0)
        .y_desc(names.1)
        .draw()
        .map_err(said)?;
    Ok(chart)
}

/// The curve of a fusion: its band first, then its line, then its markers.
pub(super) fn curve(chart: &mut Chart, fusion: Fusion, curve: &Curve, points: Points) -> Result<(), String> {
    let look = look(fusion);
    if !curve.band.is_empty() {
        let upper = curve.points.iter().zip(&curve.band).map(|(point, band)| (point.0, band.1));
        let lower = curve.points.iter().zip(&curve.band).rev().map(|(point, band)| (point.0, band.0));
        let outline: Vec<_> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(outline, look.color.mix(0.14))]).map_err(said)?;
    }
    let line = curve.points.iter().copied();
    let style = look.color.stroke_width(2);
    match look.dash {
        None => chart.draw_series(LineSeries::new(line, style)).map_err(said)?,
        Some((dash, gap)) => {
            chart.draw_series(DashedLineSeries::new(line, dash, gap, style)).map_err(said)?
        }
    };
    match points {
        Points::Marked => markers(chart, look, &curve.points),
        Points::Plain => Ok(()),
    }
}

fn markers(chart: &mut Chart, look: Look, points: &[(f64, f64)]) -> Result<(), String> {
    let (points, fill) = (points.iter().copied(), look.color.filled());
    match look.marker {
        Marker::Circle => chart.draw_series(points.map(|at| Circle::new(at, 4, fill))),
        Marker::Triangle => chart.draw_series(points.map(|at| TriangleMarker::new(at, 5, fill))),
        Marker::Diamond => {
            let diamond = |at| EmptyElement::at(at) + Polygon::new(diamond(), fill);
            chart.draw_series(points.map(diamond))
        }
    }
    .map(|_| ())
    .map_err(said)
}

/// A thin dotted line from one end to the other, for chance or the majority share.
pub(super) fn chance(chart: &mut Chart, heights: (f64, f64)) -> Result<(), String> {
    let (from, to) = (chart.x_range().start, chart.x_range().end);
    let line = DashedLineSeries::new([(from, heights.0), (to, heights.1)], 2, 4, CHANCE.stroke_width(1));
    chart.draw_series(line).map(|_| ()).map_err(said)
}

/// Words in the middle of a panel that has nothing to show.
pub(super) fn nothing(area: &Area) -> Result<(), String> {
    let (width, height) = area.dim_in_pixel();
    let place = (width as i32 / 2, height as i32 / 2);
    area.draw(&Text::new("no tested configuration yet", place, text(14, HPos::Center))).map_err(said)
}

/// A legend of fusions, as [`curve`] draws them, and, last, of the dotted line.
pub(super) fn legend(foot: &Area, fusions: &[Fusion], points: Points, dotted: &str) -> Result<(), String> {
    const ENTRY: i32 = 110;
    let width = foot.dim_in_pixel().0 as i32;
    let mut x = (width - ENTRY * (fusions.len() as i32 + 1)) / 2;
    for &fusion in fusions {
        let Look { color, dash, marker } = look(fusion);
        swatch(foot, x, color.stroke_width(2), dash)?;
        let (at, fill) = ((x + 15, 12), color.filled());
        if points == Points::Marked {
            match marker {
                Marker::Circle => foot.draw(&Circle::new(at, 4, fill)),
                Marker::Triangle => foot.draw(&TriangleMarker::new(at, 5, fill)),
                Marker::Diamond => foot.draw(&(EmptyElement::at(at) + Polygon::new(diamond(), fill))),
            }
            .map_err(said)?;
        }
        foot.draw(&Text::new(fusion.name(), (x + 38, 12), text(13, HPos::Left))).map_err(said)?;
        x += ENTRY;
    }
    dotted_swatch(foot, x)?;
    foot.draw(&Text::new(dotted.to_owned(), (x + 38, 12), text(13, HPos::Left))).map_err(said)
}

/// The sample of the line for chance that stands in a legend.
pub(super) fn dotted_swatch(foot: &Area, x: i32) -> Result<(), String> {
    swatch(foot, x, CHANCE.stroke_width(1), Some((2, 4)))
}

fn swatch(foot: &Area, x: i32, style: ShapeStyle, dash: Option<(u32, u32)>) -> Result<(), String> {
    let ends = [(x, 12), (x + 30, 12)];
    match dash {
        None => foot.draw(&PathElement::new(ends, style)),
        Some((dash, gap)) => foot.draw(&DashedPathElement::new(ends, dash, gap, style)),
    }
    .map_err(said)
}

/// plotters' errors are generic over the backend; their words are all that is kept.
pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
