//! The ROC curve of an opened configuration: mean and band over its seeds.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::plotting::{
    Curve, Emphasis, ROOM_BESIDE_TITLE, YAxis, band_name, fitting, nothing_yet, seeds_of,
};
use super::Configuration;
use super::plot::{Beside, Plot};
use crate::screens::run::scene::Scene;
use crate::widgets::axis::{Axis, number_label};
use crate::widgets::chart::Marked;
use crate::widgets::dots::Stroke;
use crate::widgets::panel::panel;
use monitor::shown::Band;
use monitor::text::share;
use study::roc::GRID;

/// Draws it with a coin's.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, of: &Configuration<'_>) {
    let series = scene.model.derived.series(of.id).filter(|series| !series.roc.is_empty());
    let points: Vec<_> = series.map_or(&[][..], |series| &series.roc).iter().copied().enumerate().collect();
    let points: Vec<_> = points.into_iter().map(|(place, point)| (rate(place), point)).collect();
    let with = |text: &'static str| {
        let mut spans =
            vec![Span::styled("ROC", scene.theme.strong()), Span::styled(text, scene.theme.dim())];
        spans.push(band_name(scene, seeds_of(&points)));
        Line::from(spans)
    };
    let title = fitting(
        area.width.saturating_sub(ROOM_BESIDE_TITLE),
        [with("  test split, true against false positives  "), with("  ")],
    );
    let room = panel(buffer, area, &title, scene.theme);
    let Some(series) = series else {
        return nothing_yet(buffer, room, scene, "not tested yet");
    };
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(room);
    let auc = series.auc.as_ref().map(|auc| {
        let mean = share(auc.spread.mean);
        let ends = auc.interval.map(|(low, high)| (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)));
        let interval = ends.map(|(low, high)| format!("[{} {}]", share(low), share(high)));
        (mean, interval.unwrap_or_default())
    });
    let (mean, interval) = auc.unwrap_or_else(|| (scene.theme.absent().to_owned(), String::new()));
    let line = |rest: String| Line::from(vec![Span::styled("area ", scene.theme.strong()), Span::raw(rest)]);
    let text = fitting(
        head.width,
        [line(format!("{mean}, 95 % interval {interval}")), line(format!("{mean} {interval}")), line(mean)],
    );
    buffer.set_line(head.x, head.y, &text, head.width);
    let seeds = match of.state {
        Some(state) if scene.ui.band == Band::EachSeed => {
            let line =
                |curve: &Vec<f64>| curve.iter().enumerate().map(|(place, &y)| (rate(place), y)).collect();
            state.evaluations().map(|evaluation| line(&evaluation.true_positive_rate)).collect()
        }
        _ => Vec::new(),
    };
    let chance = Beside {
        points: (0..=20).map(|place| (f64::from(place) / 20.0, f64::from(place) / 20.0)).collect(),
        style: scene.theme.dim(),
        stroke: Stroke::Sparse,
        marker: None,
    };
    let ticks = Axis::around([0.0, 1.0], usize::from(plot.width / 10).clamp(2, 5), number_label).ticks;
    Plot {
        x: Axis::fixed(0.0, 1.0, ticks),
        y: YAxis { label: number_label, always: Some(0.0), within: (0.0, 1.0) },
        fixed: Some((0.0, 1.0)),
        curve: Curve {
            fusion: of.id.fusion,
            emphasis: Emphasis::Focused,
            points,
            seeds,
            marked: Marked::Nowhere,
        },
        mean: Stroke::Solid,
        behind: vec![chance],
        before: Vec::new(),
        at: None,
    }
    .draw(buffer, plot, scene);
}

/// The false-positive rate at a place of the grid.
fn rate(place: usize) -> f64 {
    place as f64 / (GRID - 1) as f64
}
