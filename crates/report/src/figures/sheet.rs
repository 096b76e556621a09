//! A sheet of panels with a strip for a legend below, on a screen with a title above, and the lines inside a panel.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use super::font;
use super::medium::{ENLARGED, Layout, Medium};
use super::scale::Scale;
use super::style::{
    CHANCE, FINE, INK, Outline, RULE, at, color, core, corners, dash, inside, letter, outline, px, text,
};
use crate::ReportError;
use crate::text::shortened;
use study::look::{Look, Marker};
use study::model::Robust;
use study::text::one_line;

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Scale, Scale>>;

/// Title and note above the panels of a screen.
const HEAD: u32 = 52;
/// Below the legend.
const FOOT: u32 = 12;
/// Size of a panel's label.
const LABEL: u32 = 14;
pub(super) const LEGEND_ROW: u32 = 22;
/// Points of a line from which on not each of them has a sign.
const MANY: usize = 10;

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

/// A figure, or a sheet of it.
pub(super) struct Drawing {
    pub(super) svg: String,
    /// In the unit of its medium: pixels of a screen, points of paper.
    pub(super) height: f64,
}

/// What a figure is before anything is drawn.
pub(super) struct Sheet<'t> {
    pub(super) name: &'static str,
    /// On a screen.
    pub(super) title: &'t str,
    /// Below the title, smaller.
    pub(super) note: &'t str,
    pub(super) layout: Layout,
    /// Lines of the legend.
    pub(super) legend_rows: u32,
}

impl Sheet<'_> {
    /// `panel` fills the one of that index, `legend` the strip below. Several drawings where one would be higher than a
    /// page of a paper.
    pub(super) fn draw(
        &self,
        panel: impl Fn(&Area, usize) -> Result<(), String>,
        legend: impl Fn(&Area) -> Result<(), String>,
    ) -> Result<Vec<Drawing>, ReportError> {
        let around = self.head() + self.foot();
        let drawn = self.layout.sheets(around).into_iter().map(|rows| {
            let mut picture = String::new();
            let size = self.fill(&mut picture, rows, &panel, &legend)?;
            let medium = self.layout.medium;
            Ok(Drawing { svg: sized(&picture, medium, size), height: medium.length(size.1) })
        });
        drawn.collect::<Result<_, _>>().map_err(|why| ReportError::Figure { name: self.name, why })
    }

    fn head(&self) -> u32 {
        if self.layout.medium.is_paper() { 0 } else { HEAD }
    }

    fn foot(&self) -> u32 {
        FOOT + LEGEND_ROW * self.legend_rows.max(1)
    }

    /// Returns the drawing's width and height, in pixels.
    fn fill(
        &self,
        picture: &mut String,
        rows: Range<usize>,
        panel: &impl Fn(&Area, usize) -> Result<(), String>,
        legend: &impl Fn(&Area) -> Result<(), String>,
    ) -> Result<(u32, u32), String> {
        let (width, height) = (self.layout.width(), self.layout.panel.1 * rows.len().max(1) as u32);
        let size = (width, self.head() + height + self.foot());
        let sheet = SVGBackend::with_string(picture, (px(size.0), px(size.1))).into_drawing_area();
        sheet.fill(&WHITE).map_err(said)?;
        let (head, rest) = sheet.split_vertically(px(self.head()));
        let (body, foot) = rest.split_vertically(px(height));
        if !self.layout.medium.is_paper() {
            self.titles(&head, width)?;
        }
        let columns = self.layout.columns;
        for (place, area) in body.split_evenly((rows.len(), columns)).iter().enumerate() {
            if let Some(index) = self.layout.panel_in(rows.start + place / columns, place % columns) {
                panel(area, index)?;
            }
        }
        legend(&foot)?;
        sheet.present().map_err(said)?;
        Ok(size)
    }

    fn titles(&self, head: &Area, width: u32) -> Result<(), String> {
        // A sans-serif letter is about half as wide as it is high, the widest ones 0.58.
        for (line, size, y) in [(self.title, 16, 18), (self.note, 12, 38)] {
            let line = shortened(&one_line(line), (width * 100 / (size * 58)) as usize);
            head.draw(&Text::new(line, at(width as i32 / 2, y), text(size, HPos::Center))).map_err(said)?;
        }
        Ok(())
    }
}

/// A panel's axes, with its label above them.
pub(super) fn axes<'a, 'b>(
    area: &'a Area<'b>,
    medium: Medium,
    label: &str,
    x: Scale,
    y: Scale,
) -> Result<Chart<'a, 'b>, String> {
    let (names, margins) = ((x.name, y.name), medium.margins());
    // Over the axis, and clear of it: plotters' own caption is centred on the area and touches the panel.
    let left = margins.left + margins.labels;
    let mut label = one_line(label);
    if medium.is_paper() {
        let room = area.dim_in_pixel().0 / FINE - left;
        while font::width(&label, medium.letters(LABEL)) > room {
            label = shortened(&label, label.chars().count() - 1);
        }
    }
    let middle = margins.top as i32 / 2;
    area.draw(&Text::new(label, at(left as i32, middle), text(LABEL, HPos::Left))).map_err(said)?;
    let mut chart = ChartBuilder::on(area)
        .margin_left(px(margins.left))
        .margin_right(px(margins.right))
        .margin_top(px(margins.top))
        .margin_bottom(px(margins.bottom))
        .x_label_area_size(px(margins.names))
        .y_label_area_size(px(margins.labels))
        .build_cartesian_2d(x, y)
        .map_err(said)?;
    chart
        .configure_mesh()
        .bold_line_style(RULE.stroke_width(px(1)))
        .light_line_style(TRANSPARENT)
        .axis_style(INK.stroke_width(px(1)))
        .set_all_tick_mark_size(px(4))
        .label_style(("sans-serif", px(12)).into_font().color(&INK))
        .axis_desc_style(("sans-serif", px(13)).into_font().color(&INK))
        .x_desc(names.0)
        .y_desc(names.1)
        .draw()
        .map_err(said)?;
    Ok(chart)
}

/// A curve: its band first, then its line, then its markers or signs.
pub(super) fn curve(chart: &mut Chart, look: Look, curve: &Curve, weight: Weight) -> Result<(), String> {
    if weight != Weight::Thin && !curve.band.is_empty() {
        let upper = curve.points.iter().zip(&curve.band).map(|(point, band)| (point.0, band.1));
        let lower = curve.points.iter().zip(&curve.band).rev().map(|(point, band)| (point.0, band.0));
        let outline: Vec<_> = upper.chain(lower).collect();
        chart.draw_series([Polygon::new(outline, color(look.hue.figure).mix(0.14))]).map_err(said)?;
    }
    let line = curve.points.iter().copied();
    let style = color(look.hue.figure).stroke_width(weight.stroke());
    match dash(look.dash) {
        None => chart.draw_series(LineSeries::new(line, style)).map_err(said)?,
        Some((dash, gap)) => {
            chart.draw_series(DashedLineSeries::new(line, px(dash), px(gap), style)).map_err(said)?
        }
    };
    match weight {
        Weight::Marked => markers(chart, look, &curve.points),
        Weight::Plain | Weight::Thin => signs(chart, look, &curve.points),
    }
}

/// A single value with its interval, the marker in front.
pub(super) fn point(
    chart: &mut Chart,
    look: Look,
    at: (f64, f64),
    interval: Option<(f64, f64)>,
) -> Result<(), String> {
    if let Some((low, high)) = interval {
        let style = color(look.hue.figure).stroke_width(px(1));
        chart.draw_series(LineSeries::new([(at.0, low), (at.0, high)], style)).map_err(said)?;
    }
    markers(chart, look, &[at])
}

/// A thin line from one place to another with a head before its end; without one where they are close together.
pub(super) fn arrow(
    chart: &mut Chart,
    look: Look,
    (from, to): ((f64, f64), (f64, f64)),
    dash: Option<(u32, u32)>,
) -> Result<(), String> {
    let style = color(look.hue.figure).stroke_width(px(1));
    match dash {
        None => chart.draw_series(LineSeries::new([from, to], style)).map_err(said)?,
        Some((dash, gap)) => {
            chart.draw_series(DashedLineSeries::new([from, to], px(dash), px(gap), style)).map_err(said)?
        }
    };
    let (start, end) = (chart.backend_coord(&from), chart.backend_coord(&to));
    let (across, down) = (f64::from(end.0 - start.0), f64::from(end.1 - start.1));
    let length = across.hypot(down);
    // The marker at the end takes 6 pixels, the head 7.
    if length < f64::from(px(16)) {
        return Ok(());
    }
    let (across, down) = (across / length * f64::from(FINE), down / length * f64::from(FINE));
    let corner = |back: f64, aside: f64| {
        let corner = (-across * back - down * aside, -down * back + across * aside);
        (corner.0.round() as i32, corner.1.round() as i32)
    };
    let head = vec![corner(6.0, 0.0), corner(13.0, 4.0), corner(13.0, -4.0)];
    let head = EmptyElement::at(to) + Polygon::new(head, color(look.hue.figure).filled());
    chart.draw_series([head]).map(|_| ()).map_err(said)
}

impl Weight {
    pub(super) const fn stroke(self) -> u32 {
        match self {
            Self::Marked | Self::Plain => px(2),
            Self::Thin => px(1),
        }
    }
}

/// Full markers; of a model that is trained against noise hollow ones, with a core where it drops modalities.
fn markers(chart: &mut Chart, look: Look, points: &[(f64, f64)]) -> Result<(), String> {
    let (points, hue, inside) = (|| points.iter().copied(), color(look.hue.figure), inside(look));
    match look.marker {
        Marker::Circle => chart.draw_series(points().map(|at| Circle::new(at, px(4), inside))),
        Marker::Triangle => chart.draw_series(points().map(|at| TriangleMarker::new(at, px(5), inside))),
        Marker::Letter => {
            let style = letter(look.hue.figure);
            chart.draw_series(points().map(|at| Text::new(look.letter, at, style.clone())))
        }
        other => {
            let polygon = |at| EmptyElement::at(at) + Polygon::new(corners(other), inside);
            chart.draw_series(points().map(polygon))
        }
    }
    .map(|_| ())
    .map_err(said)?;
    let line = hue.stroke_width(px(1));
    match outline(look) {
        None => {}
        Some(Outline::Ring(radius)) => {
            let ring = |at| Circle::new(at, radius, line);
            chart.draw_series(points().map(ring)).map_err(said)?;
        }
        Some(Outline::Corners(corners)) => {
            let path = |at| EmptyElement::at(at) + PathElement::new(corners.clone(), line);
            chart.draw_series(points().map(path)).map_err(said)?;
        }
    }
    if let Some(radius) = core(look) {
        let dot = |at| Circle::new(at, radius, hue.filled());
        chart.draw_series(points().map(dot)).map_err(said)?;
    }
    Ok(())
}

/// Small signs on a line without markers, which say how its model is trained: rings with noise, dots with dropped
/// modalities.
fn signs(chart: &mut Chart, look: Look, points: &[(f64, f64)]) -> Result<(), String> {
    let every = if points.len() > MANY { 4 } else { 1 };
    let (points, hue) = (|| points.iter().copied().step_by(every), color(look.hue.figure));
    let dots = |style: ShapeStyle| points().map(move |at| Circle::new(at, px(3), style));
    match look.training {
        Robust::None => {}
        Robust::Noise => {
            chart.draw_series(dots(WHITE.filled())).map_err(said)?;
            chart.draw_series(dots(hue.stroke_width(px(1)))).map_err(said)?;
        }
        Robust::Drop => {
            chart.draw_series(dots(hue.filled())).map_err(said)?;
        }
    }
    Ok(())
}

/// A thin dotted line from one end to the other, for chance or the majority share.
pub(super) fn chance(chart: &mut Chart, heights: (f64, f64)) -> Result<(), String> {
    let (from, to) = (chart.x_range().start, chart.x_range().end);
    let line =
        DashedLineSeries::new([(from, heights.0), (to, heights.1)], px(2), px(4), CHANCE.stroke_width(px(1)));
    chart.draw_series(line).map(|_| ()).map_err(said)
}

/// Text in the middle of a panel that has nothing to show.
pub(super) fn nothing(area: &Area) -> Result<(), String> {
    let (width, height) = area.dim_in_pixel();
    let place = (width as i32 / 2, height as i32 / 2);
    area.draw(&Text::new("no tested configuration", place, text(14, HPos::Center))).map_err(said)
}

/// The drawing with the size that it has on its medium; what is inside stays in units, by the view box.
fn sized(svg: &str, medium: Medium, (width, height): (u32, u32)) -> String {
    let Some(end) = svg.find("viewBox") else { return svg.into() };
    let ([width, height], unit) = ([width, height].map(|pixels| medium.length(pixels)), medium.unit());
    let inside = if medium.is_paper() { enlarged(&svg[end..]) } else { svg[end..].into() };
    format!("<svg width=\"{width}{unit}\" height=\"{height}{unit}\" {inside}")
}

/// The drawing with larger text, each held where it was.
fn enlarged(svg: &str) -> String {
    const SIZE: &str = "font-size=\"";
    let mut parts = svg.split(SIZE);
    let mut larger = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (size, rest) = part.split_once('"').unwrap_or((part, ""));
        let size = size.parse::<f64>().map_or_else(|_| size.into(), |size| format!("{:.1}", size * ENLARGED));
        larger.extend([SIZE, &size, "\"", rest]);
    }
    larger
}

/// plotters' errors are generic over the backend; only their messages are kept.
pub(super) fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
