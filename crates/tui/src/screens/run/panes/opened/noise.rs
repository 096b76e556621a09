//! An opened configuration under noise: a chart for each condition with room for it, mean and band over its seeds.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::plotting::{
    Curve, Emphasis, NARROWEST, ROOM_BESIDE_TITLE, YAxis, band_name, fitting, nothing_yet, seeds_of,
};
use super::Configuration;
use super::plot::Plot;
use crate::screens::run::scene::Scene;
use crate::widgets::axis::{Axis, number_label, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::dots::Stroke;
use crate::widgets::panel::panel;
use monitor::derived::Point;
use monitor::shown::Band;
use monitor::text::percent;
use study::event::NoiseMean;
use study::grid::Condition;
use study::run_state::CohortState;

/// Draws them side by side; where there is room for one, that of noise on both.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, of: &Configuration<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let all = &header.config.noise.conditions;
    let fitting_ones = usize::from((area.width + 1) / (NARROWEST + 1));
    let both = all.iter().copied().find(|&condition| condition == Condition::Both);
    let shown: Vec<Condition> = match both.or_else(|| all.first().copied()) {
        Some(one) if fitting_ones <= 1 => vec![one],
        _ => all.iter().copied().take(fitting_ones).collect(),
    };
    let mean = match scene.ui.noise_mean {
        NoiseMean::Empirical => "empirical mean",
        NoiseMean::Zero => "zero mean",
    };
    let known = shown.iter().find_map(|&condition| points(scene, of, condition));
    let seeds = known.map(|points| points.iter().map(|point| (0.0, *point)).collect::<Vec<_>>());
    let left_out = all.len() - shown.len();
    let title = |what: &'static str| {
        let mut spans = vec![Span::styled(what, scene.theme.strong())];
        spans.push(Span::styled(format!("  {mean}  "), scene.theme.dim()));
        spans.push(band_name(scene, seeds.as_deref().and_then(seeds_of)));
        if left_out > 0 {
            let text = format!("; {left_out} more where it is wider");
            spans.push(Span::styled(text, scene.theme.dim()));
        }
        Line::from(spans)
    };
    let titles = [title("Test accuracy % against noise level"), title("Test acc. % under noise")];
    let room =
        panel(buffer, area, &fitting(area.width.saturating_sub(ROOM_BESIDE_TITLE), titles), scene.theme);
    if known.is_none_or(<[Point]>::is_empty) {
        return nothing_yet(buffer, room, scene, "not tested yet");
    }
    let parts = Layout::horizontal(vec![Constraint::Fill(1); shown.len().max(1)]).spacing(1).split(room);
    for (&condition, &part) in shown.iter().zip(parts.iter()) {
        draw_condition(buffer, part, scene, of, condition);
    }
}

fn points<'a>(scene: &Scene<'a>, of: &Configuration<'_>, condition: Condition) -> Option<&'a [Point]> {
    let series = scene.model.derived.series(of.id)?;
    series.noise.get(&(condition, scene.ui.noise_mean)).map(Vec::as_slice)
}

fn draw_condition(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    of: &Configuration<'_>,
    condition: Condition,
) {
    let Some(header) = scene.model.run.header() else { return };
    let levels = &header.levels;
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    let points = points(scene, of, condition).unwrap_or_default();
    let ends = points.first().zip(points.last()).map_or_else(String::new, |(first, last)| {
        let arrow = scene.theme.pick("→", "->");
        format!("  {} {arrow} {}", percent(first.spread.mean), percent(last.spread.mean))
    });
    let retained = scene.model.derived.row(of.id);
    let retained = retained.and_then(|row| row.retained(condition, scene.ui.noise_mean));
    let retained =
        retained.map_or_else(String::new, |share| format!(", {} % of its skill kept", percent(share)));
    let line = |rest: String| {
        Line::from(vec![Span::styled(condition.name(), scene.theme.strong()), Span::raw(rest)])
    };
    let text = fitting(head.width, [line(format!("{ends}{retained}")), line(ends)]);
    buffer.set_line(head.x, head.y, &text, head.width);
    let seeds = match of.state {
        Some(state) if scene.ui.band == Band::EachSeed => {
            seed_lines(state, levels, (condition, scene.ui.noise_mean))
        }
        _ => Vec::new(),
    };
    let curve = Curve {
        fusion: of.id.fusion,
        emphasis: Emphasis::Focused,
        points: levels.iter().copied().zip(points.iter().copied()).collect(),
        seeds,
        marked: Marked::Last,
    };
    if curve.points.is_empty() {
        return nothing_yet(buffer, plot, scene, "not tested yet");
    }
    let last = levels.last().copied().unwrap_or(1.0);
    let ticks = Axis::around([0.0, last], usize::from(plot.width / 6).clamp(2, 5), number_label).ticks;
    let ticks = ticks.into_iter().filter(|(tick, _)| *tick <= last + 1e-9).collect();
    Plot {
        x: Axis::fixed(0.0, last, ticks),
        y: YAxis { label: percent_label, always: None, within: (0.0, 1.0) },
        fixed: range(scene, of),
        curve,
        mean: Stroke::Solid,
        behind: Vec::new(),
        before: Vec::new(),
        at: None,
    }
    .draw(buffer, plot, scene);
}

/// What the conditions' means and bands lie in, so that their charts have one y axis; absent where single seeds do.
fn range(scene: &Scene<'_>, of: &Configuration<'_>) -> Option<(f64, f64)> {
    let conditions = &scene.model.run.header()?.config.noise.conditions;
    if scene.ui.band == Band::EachSeed {
        return None;
    }
    let points = conditions.iter().flat_map(|&condition| points(scene, of, condition).unwrap_or_default());
    let values = points.flat_map(|point| {
        let (low, high) = point.band(scene.ui.band).unwrap_or((point.spread.mean, point.spread.mean));
        [low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)]
    });
    values.fold(None, |range: Option<(f64, f64)>, value| {
        let (low, high) = range.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

fn seed_lines(
    state: &CohortState,
    levels: &[f64],
    (condition, mean): (Condition, NoiseMean),
) -> Vec<Vec<(f64, f64)>> {
    let curves = state.evaluations().flat_map(|evaluation| &evaluation.noise);
    let of_condition = curves.filter(|curve| (curve.condition, curve.mean) == (condition, mean));
    of_condition.map(|curve| levels.iter().copied().zip(curve.accuracy.iter().copied()).collect()).collect()
}
