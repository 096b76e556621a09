//! The health report of the data, over the whole body.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::plotting::nothing_yet;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Health, UiState};
use crate::theme::Theme;
use crate::widgets::panel::panel;
use monitor::text::{plain, wrapped};
use study::feed::Level;

/// Columns of a line's name.
const NAME: usize = 12;
/// Columns before a finding's text.
const FINDING: usize = 11;

/// Draws the report from line `first` on.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, first: usize) {
    Clear.render(area, buffer);
    let theme = scene.theme;
    let lines = lines(scene.ui, area.width);
    let height = usize::from(area.height.saturating_sub(1));
    let first = first.min(lines.len().saturating_sub(height));
    let mut title = vec![Span::styled("Data", theme.strong())];
    let below = lines.len().saturating_sub(first + height);
    if below > 0 {
        title.push(Span::styled(format!("  {below} more below"), theme.dim()));
    }
    let room = panel(buffer, area, &Line::from(title), theme);
    if lines.is_empty() {
        return nothing_yet(buffer, room, scene, "reading the data once more, for their health report…");
    }
    for (row, text) in lines.iter().skip(first).take(height).enumerate() {
        let line = styled(text, theme);
        buffer.set_line(room.x, room.y + row as u16, &line, room.width);
    }
}

/// The report's lines on a screen of `width`, findings first.
pub(crate) fn lines(ui: &UiState, width: u16) -> Vec<String> {
    let Health::Known(report) = &ui.health else { return Vec::new() };
    let findings = report.iter().position(|line| line.starts_with("FINDINGS")).unwrap_or(report.len());
    let (rest, findings) = report.split_at(findings);
    let end = findings.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let findings = &findings[..end];
    let between = (!findings.is_empty()).then(String::new);
    let all = findings.iter().chain(&between).chain(rest);
    all.flat_map(|line| fitted(line, usize::from(width))).collect()
}

/// A line on as many rows as it needs, its name beside the first.
fn fitted(line: &str, width: usize) -> Vec<String> {
    let line = plain(line);
    let indent = line.chars().take_while(|letter| *letter == ' ').count();
    let text = line.trim_start();
    let head = match text.split(' ').next() {
        Some("note" | "warning" | "problem" | ">") if indent > 0 => FINDING,
        _ if indent == 0 => NAME,
        _ => indent,
    };
    let at = line.char_indices().nth(head).map_or(line.len(), |(at, _)| at);
    let (name, text) = line.split_at(at);
    // What has columns of its own, as tables do, is cut.
    if line.chars().count() <= width || width <= 2 * NAME || text.trim_start().contains("  ") {
        return vec![line];
    }
    let parts = wrapped(text, width - head).into_iter().enumerate();
    parts.map(|(row, part)| format!("{:head$}{part}", if row == 0 { name } else { "" })).collect()
}

/// Headings and what is found, as such.
fn styled(text: &str, theme: Theme) -> Line<'_> {
    let style = match text.split_whitespace().next() {
        Some("problem" | "refused") => theme.level(Level::Error),
        Some("warning") => theme.level(Level::Warning),
        _ if text.starts_with(|letter: char| letter.is_ascii_uppercase()) => theme.strong(),
        _ => Style::new(),
    };
    Line::styled(text, style)
}
