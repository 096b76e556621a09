//! The log's lines, the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::plotting::nothing_yet;
use crate::study::feed::Level;
use crate::tui::draw::Scene;
use crate::tui::log::LogLine;
use crate::tui::text::{counted, plain, time_of_day};
use crate::tui::theme::Theme;
use crate::tui::widgets::panel::panel;

/// Draws as many lines as fit, `log_back` lines from the end.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let lines = scene.model.log.lines();
    let back = scene.ui.log_back.min(lines.len().saturating_sub(1));
    let mut title = vec![Span::styled("Log", scene.theme.strong()), Span::styled("  UTC", scene.theme.dim())];
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
    let first = end.saturating_sub(usize::from(room.height));
    for (place, line) in lines.range(first..end).enumerate() {
        buffer.set_line(room.x, room.y + place as u16, &shown(line, scene.theme), room.width);
    }
}

/// Time, weight, text.
pub(super) fn shown(line: &LogLine, theme: Theme) -> Line<'static> {
    let word = match line.level {
        Level::Info => "",
        Level::Warning => "warning: ",
        Level::Error => "error: ",
    };
    let style = theme.level(line.level);
    Line::from(vec![
        Span::styled(format!("{}  ", time_of_day(line.at_ms)), theme.dim()),
        Span::styled(word, style),
        Span::styled(line.text.clone(), style),
    ])
}
