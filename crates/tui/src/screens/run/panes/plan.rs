//! The plan of a run that has not trained yet: the grid in numbers, and the keys for the next step.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::about::training;
use crate::screens::run::scene::Scene;
use study::estimate::{Estimate, trials};

/// Draws the plan in the middle of `area`; where rows are short, only its first lines.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let Some(header) = scene.model.run.header() else { return };
    let (key, dim) = (scene.theme.key(), scene.theme.dim());
    let time = scene.model.estimate.as_ref().map(Estimate::time);
    let lines = [
        Line::styled("Nothing trained yet: press s to start", scene.theme.strong()),
        Line::default(),
        Line::raw(trials(&header.sweep)),
        Line::raw(time.unwrap_or_default()),
        Line::styled(training(header), dim),
        Line::default(),
        Line::from(vec![
            Span::styled("E", key),
            Span::styled(" edits the study   ", dim),
            Span::styled("d", key),
            Span::styled(" checks the data   ", dim),
            Span::styled("i", key),
            Span::styled(" shows all   ", dim),
            Span::styled("?", key),
            Span::styled(" lists the keys", dim),
        ]),
    ];
    let shown = usize::from(area.height).min(lines.len());
    let top = area.y + (area.height - shown as u16) / 2;
    for (place, line) in lines.into_iter().take(shown).enumerate() {
        line.centered().render(Rect { y: top + place as u16, height: 1, ..area }, buffer);
    }
}
