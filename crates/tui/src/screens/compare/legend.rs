//! Which runs are compared, a line each: where each stands, and in what its configuration differs.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::side::{Side, letter};
use monitor::differences::listed;
use monitor::model::Model;
use monitor::text::{counted, cut, plain};

/// Draws a title and the runs below it.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, side: &Side<'_>) {
    let theme = side.theme;
    let shown = usize::from(area.height).saturating_sub(1).min(side.runs.len());
    let mut title = vec![
        Span::styled("superfuse  ", theme.strong()),
        Span::raw(format!("comparing {}", counted(side.runs.len(), "run"))),
    ];
    if shown < side.runs.len() {
        title.push(Span::styled(format!(", of which the first {shown} are named here"), theme.dim()));
    }
    if let Some(loading) = side.loading() {
        title.push(Span::styled(format!("  {loading}"), theme.key()));
    }
    buffer.set_line(area.x, area.y, &Line::from(title), area.width);
    for (place, (name, model)) in side.runs.iter().enumerate().take(shown) {
        let data = model.run.header().map_or("", |header| header.data.name.as_str());
        let mut spans = vec![
            Span::styled(format!("{} ", letter(place)), side.style(place)),
            Span::raw(plain(name)),
            Span::styled(format!("  {}  {}", standing(model), plain(data)), theme.dim()),
        ];
        if place == side.reference() && side.runs.len() > 1 {
            spans.push(Span::styled("  reference", theme.strong()));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let differences = plain(&listed(side.differences, place));
        let room = usize::from(area.width).saturating_sub(used + 2);
        if !differences.is_empty() {
            spans.push(Span::raw(format!("  {}", cut(&differences, room))));
        }
        buffer.set_line(area.x, area.y + 1 + place as u16, &Line::from(spans), area.width);
    }
}

/// Where a run stands; while its journal is being read, that.
fn standing(model: &Model) -> String {
    if !model.is_prepared() {
        return "loading…".into();
    }
    let (done, all) = model.done();
    let phase = if model.is_loading() { "loading…".into() } else { model.run_standing().0 };
    format!("{phase}, {done} of {all}")
}
