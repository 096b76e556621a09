//! The plan of a run that has not trained yet: what it will do, how long and how much memory that takes, where the results
//! go, and the keys for the next step.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::about::training;
use crate::screens::run::scene::Scene;
use monitor::text::{cut, plain};
use study::estimate::trials;

/// Draws the plan in the middle of `area`; where rows are short, its most important lines.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let mut lines = lines(scene, usize::from(area.width));
    let rows = usize::from(area.height);
    // Empty lines go first, then what is least needed to begin.
    for least in (0..=LEAST).rev() {
        while lines.len() > rows {
            let Some(place) = lines.iter().rposition(|(rank, _)| *rank == least) else { break };
            lines.remove(place);
        }
    }
    let top = area.y + (area.height - (lines.len() as u16).min(area.height)) / 2;
    for (place, (_, line)) in lines.into_iter().take(rows).enumerate() {
        line.centered().render(Rect { y: top + place as u16, height: 1, ..area }, buffer);
    }
}

/// The rank of empty lines: of a higher rank is what can be left out sooner.
const LEAST: u8 = 4;

/// Lines with their ranks.
fn lines(scene: &Scene<'_>, width: usize) -> Vec<(u8, Line<'static>)> {
    let Some(header) = scene.model.run.header() else { return Vec::new() };
    let (key, dim) = (scene.theme.key(), scene.theme.dim());
    let estimate = scene.model.estimate;
    let (time, basis) = match estimate {
        Some(estimate) => (estimate.time(), estimate.basis.text()),
        None => ("measuring how long it takes…".to_owned(), ""),
    };
    // On one line where there is room.
    let beside = format!("{time} ({basis})");
    let time = match basis {
        "" => vec![(0, Line::raw(time))],
        _ if beside.chars().count() <= width => {
            vec![(0, Line::from(vec![Span::raw(time), Span::styled(format!(" ({basis})"), dim)]))]
        }
        basis => vec![(0, Line::raw(time)), (3, Line::styled(basis, dim))],
    };
    let memory = estimate.and_then(|estimate| estimate.memory);
    let memory = memory.map(|memory| (1, Line::raw(format!("memory: {}", memory.text()))));
    let place = match &scene.model.destination {
        Some(place) => format!("{}/", place.display()),
        None => format!("runs/{}-<UTC time>/", header.config.run.name),
    };
    let place = cut(&plain(&format!("results go to {place}")), width);
    let empty = || (LEAST, Line::default());
    let mut lines = vec![
        (0, Line::styled("Nothing trained yet: press s to start", scene.theme.strong())),
        empty(),
        (0, Line::raw(cut(&trials(&header.sweep), width))),
    ];
    lines.extend(time);
    lines.extend(memory);
    lines.push((2, Line::styled(training(header), dim)));
    lines.push((1, Line::styled(place, dim)));
    lines.push(empty());
    let keys = [
        ("s", "starts"),
        ("E", "edits the study"),
        ("d", "checks the data"),
        ("i", "shows all"),
        ("?", "all keys"),
        ("q", "leaves"),
    ];
    lines.push((0, keys_line(&keys, (key, dim), width)));
    lines
}

/// Keys and what they do, as many as fit.
fn keys_line(
    keys: &[(&'static str, &'static str)],
    (key, dim): (Style, Style),
    width: usize,
) -> Line<'static> {
    let mut spans = Vec::new();
    let mut room = width;
    for (place, &(name, does)) in keys.iter().enumerate() {
        let gap = if place == 0 { "" } else { "   " };
        let Some(left) = room.checked_sub(gap.len() + name.len() + 1 + does.len()) else { break };
        room = left;
        spans.extend([Span::raw(gap), Span::styled(name, key), Span::styled(format!(" {does}"), dim)]);
    }
    Line::from(spans)
}
