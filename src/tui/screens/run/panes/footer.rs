//! The bottom two lines: the answer to the last key or the newest line of the log, and the keys that do
//! something now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::log::shown;
use crate::study::feed::Level;
use crate::study::run_state::Phase;
use crate::tui::draw::Scene;
use crate::tui::keymap::{Action, Binding, bindings, context, names};
use crate::tui::possible::possible;
use crate::tui::text::plain;
use crate::tui::ui_state::{Leaving, Overlay, Status, View};

/// Draws status above keys; of one line, the status.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if area.height > 0 {
        buffer.set_line(area.x, area.y, &status(scene), area.width);
    }
    if area.height > 1 {
        draw_keys(buffer, Rect { y: area.y + 1, height: 1, ..area }, scene);
    }
}

/// What is worth a line now.
pub fn status(scene: &Scene<'_>) -> Line<'static> {
    let (ui, theme) = (scene.ui, scene.theme);
    if ui.overlay == Overlay::Filter {
        let typed = format!("/{}{}", plain(&ui.filter), theme.pick("▏", "_"));
        return Line::styled(typed, theme.key());
    }
    let fresh =
        |status: &&Status| status.level > Level::Info || scene.model.log.total() == ui.lines_at_status;
    if let Some(status) = ui.status.as_ref().filter(fresh) {
        return Line::styled(plain(&status.text), theme.level(status.level));
    }
    if ui.leaving != Leaving::No {
        return Line::styled("stopping at the next step; Ctrl-C leaves at once", theme.level(Level::Warning));
    }
    if ui.view == View::Log {
        return Line::default();
    }
    scene.model.log.last(Level::Info).map_or_else(Line::default, |line| shown(line, theme))
}

fn draw_keys(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let span = |(key, does, _)| [Span::styled(key, scene.theme.key()), Span::styled(does, scene.theme.dim())];
    let spans: Vec<Span<'static>> = labels(scene, area.width).into_iter().flat_map(span).collect();
    buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
}

/// The keys from the left, each with the columns that it takes.
pub fn keys(scene: &Scene<'_>, width: u16) -> Vec<(u16, Action)> {
    let labels = labels(scene, width).into_iter();
    labels.map(|(key, does, action)| ((key.width() + does.width()) as u16, action)).collect()
}

/// Keys that do something: help and quit always, of the others as many as fit before them.
fn labels(scene: &Scene<'_>, width: u16) -> Vec<(String, String, Action)> {
    let useful = |binding: &&Binding| {
        !binding.label.is_empty() && possible(binding.action, scene.ui, scene.model).is_ok()
    };
    let (always, others): (Vec<_>, Vec<_>) = bindings(context(scene.ui))
        .filter(useful)
        .partition(|binding| matches!(binding.action, Action::Help | Action::Quit));
    let label = |binding: &Binding| {
        let key = names(&binding.keys[..1], scene.theme.glyphs);
        let does = if binding.action == Action::Start && scene.model.run.phase() != Phase::Planned {
            "go on"
        } else {
            binding.label
        };
        (key, format!(" {does}  "), binding.action)
    };
    let needs = |(key, does, _): &(String, String, Action)| key.width() + does.width();
    let always: Vec<_> = always.into_iter().map(label).collect();
    let mut room = usize::from(width).saturating_sub(always.iter().map(needs).sum());
    let fits = |label: &(String, String, Action)| {
        let fits = needs(label) <= room;
        room = room.saturating_sub(if fits { needs(label) } else { room });
        fits
    };
    others.into_iter().map(label).take_while(fits).chain(always).collect()
}
