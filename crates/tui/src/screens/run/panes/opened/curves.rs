//! Each seed of an opened configuration epoch by epoch: the cursor's strong, outliers marked, with the mean.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::super::curves::epoch_axis;
use super::super::plotting::{Curve, Emphasis, ROOM_BESIDE_TITLE, YAxis, fitting, nothing_yet, spaced};
use super::Configuration;
use super::plot::{Beside, Plot};
use crate::screens::run::scene::Scene;
use crate::widgets::axis::{number_label, percent_label};
use crate::widgets::chart::Marked;
use crate::widgets::dots::Stroke;
use crate::widgets::panel::panel;
use monitor::derived::{CohortSeries, Point};
use monitor::text::percent;
use study::event::SeedMetrics;
use study::feed::Level;
use study::grid::Seed;
use study::run_state::{CohortState, CohortStatus};

/// A number that is followed over epochs.
pub(super) struct Measure {
    title: &'static str,
    axis: YAxis,
    mean: fn(&CohortSeries) -> &Vec<Point>,
    seed: fn(&SeedMetrics) -> f64,
    shown: fn(f64) -> String,
}

/// Validation accuracy.
pub(super) const ACCURACY: Measure = Measure {
    title: "Validation accuracy %",
    axis: YAxis { label: percent_label, always: None, within: (0.0, 1.0) },
    mean: |series| &series.val_accuracy,
    seed: |metrics| metrics.val_accuracy,
    shown: percent,
};

/// Validation loss.
pub(super) const LOSS: Measure = Measure {
    title: "Validation loss",
    axis: YAxis { label: number_label, always: None, within: (0.0, f64::MAX) },
    mean: |series| &series.val_loss,
    seed: |metrics| metrics.val_loss,
    shown: |loss| format!("{loss:.3}"),
};

/// One seed's line.
struct SeedLine {
    seed: Seed,
    points: Vec<(f64, f64)>,
    is_outlying: bool,
    best_epoch: Option<u32>,
}

/// Draws a line for each seed, and the mean.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    of: &Configuration<'_>,
    measure: &Measure,
) {
    let lines = lines(scene, of, measure);
    let title = |rest| {
        let title = Span::styled(measure.title, scene.theme.strong());
        Line::from(vec![title, Span::styled(rest, scene.theme.dim())])
    };
    let titles = [title("  each seed by epoch"), title("  by epoch")];
    let title = fitting(area.width.saturating_sub(ROOM_BESIDE_TITLE), titles);
    let room = panel(buffer, area, &title, scene.theme);
    let points = scene.model.derived.series(of.id).map(|series| (measure.mean)(series));
    let Some(mean) = points.filter(|points| !points.is_empty()) else {
        let text = match scene.model.status(of.id) {
            CohortStatus::Running => "the first epoch is running",
            _ => "not trained yet",
        };
        return nothing_yet(buffer, room, scene, text);
    };
    let [head, plot] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(room);
    buffer.set_line(head.x, head.y, &legend(scene, of, measure, (mean, &lines), head.width), head.width);
    let chosen = |line: &&SeedLine| Some(line.seed) == of.seed();
    let style = |line: &SeedLine| if line.is_outlying { outlier(scene) } else { chosen_style() };
    let outliers = lines.iter().filter(|line| line.is_outlying && !chosen(line)).map(|line| Beside {
        points: line.points.clone(),
        style: outlier(scene),
        stroke: Stroke::Dotted,
        marker: Some("!"),
    });
    let cursor = lines.iter().filter(chosen).map(|line| Beside {
        points: line.points.clone(),
        style: style(line),
        stroke: Stroke::Solid,
        marker: Some(cursor_marker(scene)),
    });
    let epochs = scene.model.run.header().map_or(1, |header| header.config.train.epochs);
    let at = |(place, point): (usize, &Point)| ((place + 1) as f64, *point);
    let curve = Curve {
        fusion: of.id.fusion,
        // The seeds are what the band would say.
        emphasis: Emphasis::Bare,
        points: mean.iter().enumerate().map(at).collect(),
        seeds: lines.iter().map(|line| line.points.clone()).collect(),
        marked: Marked::Last,
    };
    let best = lines.iter().find(chosen).and_then(|line| line.best_epoch);
    Plot {
        x: epoch_axis(epochs, plot.width),
        y: measure.axis,
        fixed: None,
        curve,
        mean: Stroke::Dashed,
        behind: Vec::new(),
        before: outliers.chain(cursor).collect(),
        at: best.map(f64::from),
    }
    .draw(buffer, plot, scene);
}

fn lines(scene: &Scene<'_>, of: &Configuration<'_>, measure: &Measure) -> Vec<SeedLine> {
    let outlying = scene.model.derived.series(of.id).and_then(|series| series.outlying);
    let shown = of.state.into_iter().flat_map(CohortState::shown);
    shown
        .map(|(&seed, trial)| {
            let values = trial.metrics.iter().map(measure.seed).enumerate();
            let best = trial.evaluation.as_ref().map(|evaluation| evaluation.best_epoch);
            SeedLine {
                seed,
                points: values.map(|(place, value)| ((place + 1) as f64, value)).collect(),
                is_outlying: outlying == Some(seed),
                best_epoch: best.or_else(|| trial.best().map(|(epoch, _)| epoch)).map(|epoch| epoch.0),
            }
        })
        .collect()
}

/// `● mean 71.2   ◉ seed 3 70.1, best epoch 12   ! seed 2 outlier`: values at the last epoch.
fn legend(
    scene: &Scene<'_>,
    of: &Configuration<'_>,
    measure: &Measure,
    (mean, lines): (&[Point], &[SeedLine]),
    width: u16,
) -> Line<'static> {
    let theme = scene.theme;
    let fusion = of.id.fusion;
    let last = mean.last().map_or_else(String::new, |point| (measure.shown)(point.spread.mean));
    let first = |named: &str| {
        vec![
            Span::styled(theme.marker(fusion), theme.marker_style(fusion)),
            Span::raw(format!(" {named}{last}")),
        ]
    };
    let value = |line: &SeedLine| line.points.last().map_or_else(String::new, |&(_, y)| (measure.shown)(y));
    let chosen = lines.iter().find(|line| Some(line.seed) == of.seed());
    let cursor = |with_best: bool| {
        chosen.map(|line| {
            let style = if line.is_outlying { outlier(scene) } else { chosen_style() };
            let best = line.best_epoch.filter(|_| with_best);
            let best = best
                .map_or_else(String::new, |epoch| format!("  {} best epoch {epoch}", theme.pick("┊", ":")));
            let apart = if line.is_outlying { ", an outlier" } else { "" };
            vec![
                Span::styled(cursor_marker(scene), style),
                Span::raw(format!(" seed {} {}{apart}", line.seed.0, value(line))),
                Span::styled(best, theme.dim()),
            ]
        })
    };
    let other = lines.iter().find(|line| line.is_outlying && Some(line.seed) != of.seed());
    let apart = |whole: bool| {
        other.map(|line| {
            let text = if whole { format!(" {} outlier", value(line)) } else { String::new() };
            vec![Span::styled("!", outlier(scene)), Span::raw(format!(" seed {}{text}", line.seed.0))]
        })
    };
    let line = |named, with_best, whole| {
        spaced([first(named)].into_iter().chain(cursor(with_best)).chain(apart(whole)))
    };
    let lines = [
        line("mean ", true, true),
        line("mean ", false, true),
        line("mean ", false, false),
        line("", false, false),
    ];
    fitting(width, lines)
}

/// At the end of the cursor's seed.
fn cursor_marker(scene: &Scene<'_>) -> &'static str {
    scene.theme.pick("◉", "@")
}

/// In no colour, whatever lies below it.
fn chosen_style() -> Style {
    Style::new().fg(Color::Reset).add_modifier(Modifier::BOLD)
}

fn outlier(scene: &Scene<'_>) -> Style {
    scene.theme.level(Level::Warning)
}
