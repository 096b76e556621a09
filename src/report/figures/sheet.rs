//! A sheet of panels with a title above and a strip for a legend below, and the lines inside a panel.

use plotters::coord::Shift;
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
/// Below the legend.
const FOOT: u32 = 12;
pub(super) const LEGEND_ROW: u32 = 22;

/// A curve with its band.
pub(super) struct Curve {
    pub(super) points: Vec<(f64, f64)>,
    /// Lower and upper end at each point; empty: none.
    pub(super) band: Vec<(f64, f64)>,
}

impl Curve {
    /// What has to be between the ends of the axis.
    pub(super) fn heights(&self, weight: Weight) -> Vec<f64> {
        match weight {
            Weight::Marked | Weight::Plain => self.band.iter().flat_map(|band| [band.0, band.1]).collect(),
            Weight::Thin => self.points.iter().map(|point| point.1).collect(),
        }
    }
}

/// How a curve is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// With its band, its points marked.
    Marked,
    /// With its band, its points too close together for markers.
    Plain,
    /// Thin, without band or markers: what the others are read against.
    Thin,
}

/// What a figure is before anything is drawn.
pub(super) struct Sheet<'t> {
    pub(super) name: &'static str,
    pub(super) title: &'t str,
    /// Rows and columns of panels.
    pub(super) panels: (usize, usize),
    /// Width and height of a panel, in pixels.
    pub(super) panel: (u32, u32),
    /// Lines of the legend.
    pub(super) legend_rows: u32,
}

impl Sheet<'_> {
    /// `panel` fills the one in its row and column, `legend` the strip below.
    pub(super) fn draw(
        &self,
        panel: impl Fn(&Area, usize, usize) -> Result<(), String>,
        legend: impl Fn(&Area) -> Result<(), String>,
    ) -> Result<String, ReportError> {
        let mut picture = String::new();
        self.fill(&mut picture, panel, legend).map_err(|why| ReportError::Figure { name: self.name, why })?;
        Ok(picture)
    }

    fn fill(
        &self,
        picture: &mut String,
        panel: impl Fn(&Area, usize, usize) -> Result<(), String>,
        legend: impl Fn(&Area) -> Result<(), String>,
    ) -> Result<(), String> {
        let (rows, columns) = self.panels;
        let (width, height) = (self.panel.0 * columns.max(1) as u32, self.panel.1 * rows.max(1) as u32);
        let foot = FOOT + LEGEND_ROW * self.legend_rows.max(1);
        let sheet = SVGBackend::with_string(picture, (width, HEAD + height + foot)).into_drawing_area();
        sheet.fill(&WHITE).map_err(said)?;
        let (head, rest) = sheet.split_vertically(HEAD);
        let (body, foot) = rest.split_vertically(height);
        // The widest sans-serif letters of 16 pixels are about 9 wide on the average.
        let title = shortened(&svg(self.title), width as usize / 9);
        let place = (width as i32 / 2, HEAD as i32 / 2 + 2);
        head.draw(&Text::new(title, place, text(16, HPos::Center))).map_err(said)?;
        for (index, area) in body.split_evenly((rows, columns)).iter().enumerate() {
            panel(area, index / columns, index % columns)?;
        }
        legend(&foot)?;
        sheet.present().map_err(said)
    }
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
pub(super) fn curve(chart: &mut Chart, fusion: Fusion, curve: &Curve, weight: Weight) -> Result<(), String> {
    let look = look(fusion);
    if weight != Weight::Thin && !curve.band.is_empty() {
        let upper = curve.points.iter().zip(&curve.band).map(|(point, band)| (point.0, band.1));
        let lower = curve.points.iter().zip(&curve.band).rev().map(|(point, band)| (point.0, band.0));
        let outline: Vec<_> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(outline, look.color.mix(0.14))]).map_err(said)?;
    }
    let line = curve.points.iter().copied();
    let style = look.color.stroke_width(weight.stroke());
    match look.dash {
        None => chart.draw_series(LineSeries::new(line, style)).map_err(said)?,
        Some((dash, gap)) => {
            chart.draw_series(DashedLineSeries::new(line, dash, gap, style)).map_err(said)?
        }
    };
    match weight {
        Weight::Marked => markers(chart, look, &curve.points),
        Weight::Plain | Weight::Thin => Ok(()),
    }
}

impl Weight {
    pub(super) const fn stroke(self) -> u32 {
        match self {
            Self::Marked | Self::Plain => 2,
            Self::Thin => 1,
        }
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

/// plotters' errors are generic over the backend; their words are all that is kept.
pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
