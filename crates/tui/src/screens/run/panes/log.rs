//! The log's lines, the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::plotting::nothing_yet;
use crate::screens::run::scene::Scene;
use crate::theme::Theme;
use crate::widgets::panel::panel;
use monitor::log::LogLine;
use monitor::text::{counted, plain, wrapped};
use study::feed::Level;

/// Columns below which lines are cut.
const NARROWEST: u16 = 30;

/// Draws as many lines as fit, `log_back` lines from the end.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let lines = scene.model.log.lines();
    let back = scene.ui.log_back.min(lines.len().saturating_sub(1));
    let mut title = vec![Span::styled("Log", scene.theme.strong())];
    if let Some(directory) = &scene.model.run_dir {
        title.push(Span::styled(format!("  {}", plain(&directory.to_string_lossy())), scene.theme.dim()));
    }
    if back > 0 {
        title.push(Span::styled(
            format!("  {} below; G to the newest", counted(back, "line")),
            scene.theme.key(),
        ));
    }
    let room = panel(buffer, area, &Line::from(title), scene.theme);
    if lines.is_empty() {
        return nothing_yet(buffer, room, scene, "nothing has happened yet");
    }
    let end = lines.len() - back;
    let height = usize::from(room.height);
    let rows: Vec<Line<'static>> = if end <= height {
        // From the oldest line on, which stays visible however the others wrap.
        lines.iter().flat_map(|line| rows(line, scene.theme, room.width)).take(height).collect()
    } else {
        let newest = lines.range(..end).rev().map(|line| rows(line, scene.theme, room.width));
        let mut newest: Vec<Line<'static>> =
            newest.flat_map(|rows| rows.into_iter().rev()).take(height).collect();
        newest.reverse();
        newest
    };
    for (place, row) in rows.iter().enumerate() {
        buffer.set_line(room.x, room.y + place as u16, row, room.width);
    }
}

/// A line on as many rows as it needs, the time beside the first.
fn rows(line: &LogLine, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let whole = shown(line, theme);
    if whole.width() <= usize::from(width) || width < NARROWEST {
        return vec![whole];
    }
    let text: String = whole.spans.iter().skip(1).map(|span| span.content.as_ref()).collect();
    let style = theme.level(line.level);
    let beside = |place: usize| if place == 0 { time(line) } else { " ".repeat(time(line).len()) };
    let parts = wrapped(&text, usize::from(width).saturating_sub(time(line).len()));
    let row =
        |(place, part)| Line::from(vec![Span::styled(beside(place), theme.dim()), Span::styled(part, style)]);
    parts.into_iter().enumerate().map(row).collect()
}

fn time(line: &LogLine) -> String {
    format!("{}  ", line.time())
}

/// Time, weight, text.
pub(super) fn shown(line: &LogLine, theme: Theme) -> Line<'static> {
    let level = match line.level {
        Level::Info => "",
        Level::Warning => "warning: ",
        Level::Error => "error: ",
    };
    let style = theme.level(line.level);
    Line::from(vec![
        Span::styled(time(line), theme.dim()),
        Span::styled(level, style),
        Span::styled(line.text.clone(), style),
    ])
}
