//! What the cluster's queue says of the run's jobs, in one line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::screens::run::scene::Scene;
use monitor::text::plain;
use study::feed::Level;

/// Draws the line: what went wrong with the question first, then how many jobs do what.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if area.height > 0 {
        buffer.set_line(area.x, area.y, &line(scene), area.width);
    }
}

fn line(scene: &Scene<'_>) -> Line<'static> {
    let theme = scene.theme;
    let mut line = Line::from(Span::styled("jobs  ", theme.strong()));
    let Some(queue) = &scene.model.cluster.queue else {
        line.push_span(Span::styled("the queue is being asked…", theme.dim()));
        return line;
    };
    let dot = || Span::styled(theme.pick(" · ", " - "), theme.dim());
    if let Some(fault) = &queue.fault {
        line.push_span(Span::styled(plain(fault), theme.level(Level::Warning)));
        if scene.model.cluster.answer().is_none() {
            return line;
        }
        line.push_span(dot());
    }
    if let Some(age) = scene.model.cluster.age() {
        line.push_span(Span::styled(age, theme.level(Level::Warning)));
        line.push_span(dot());
    }
    for (place, part) in queue.parts().into_iter().enumerate() {
        if place > 0 {
            line.push_span(dot());
        }
        let style = if part.is_problem { theme.level(Level::Error) } else { ratatui::style::Style::new() };
        line.push_span(Span::styled(part.text, style));
    }
    line
}
