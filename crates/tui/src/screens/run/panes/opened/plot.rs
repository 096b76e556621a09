//! The one place where charts of an opened configuration are made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::plotting::{Curve, YAxis, chart};
use crate::screens::run::scene::Scene;
use crate::widgets::axis::Axis;
use crate::widgets::chart::{Marked, Trace};
use crate::widgets::dots::Stroke;

/// A line beside a curve's mean.
pub(super) struct Beside {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) style: Style,
    pub(super) stroke: Stroke,
    /// At its end; absent: none.
    pub(super) marker: Option<&'static str>,
}

/// A chart of one configuration.
pub(super) struct Plot {
    pub(super) x: Axis,
    pub(super) y: YAxis,
    /// What the y axis holds, whatever the values are.
    pub(super) fixed: Option<(f64, f64)>,
    pub(super) curve: Curve,
    /// How its mean is drawn: there is one model here, so that its own stroke says nothing.
    pub(super) mean: Stroke,
    /// Below the curve.
    pub(super) behind: Vec<Beside>,
    /// Above it.
    pub(super) before: Vec<Beside>,
    /// A vertical line.
    pub(super) at: Option<f64>,
}

impl Plot {
    pub(super) fn draw(self, buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
        let label = self.y.label;
        let mut chart = chart(scene, self.x, self.y, area.height, vec![self.curve]);
        if let Some((low, high)) = self.fixed {
            chart.y = Axis::around([low, high], usize::from(area.height / 4).clamp(2, 5), label);
        }
        // It lies above its seeds' lines.
        if let Some(mean) = chart.lines.last_mut() {
            mean.stroke = self.mean;
        }
        chart.lines.splice(0..0, self.behind.into_iter().map(trace));
        chart.lines.extend(self.before.into_iter().map(trace));
        chart.cursor = self.at;
        chart.draw(buffer, area, scene.theme);
    }
}

fn trace(line: Beside) -> Trace {
    Trace {
        points: line.points,
        style: line.style,
        stroke: line.stroke,
        marker: line.marker.unwrap_or("."),
        marker_style: line.style,
        marked: if line.marker.is_some() { Marked::Last } else { Marked::Nowhere },
    }
}
