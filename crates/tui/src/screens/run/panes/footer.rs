//! The bottom two lines: the answer to the last key or the newest line of the log, and the keys that do
//! something now.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::configurations::wrong_with_filter;
use super::log::shown;
use crate::keymap::{Binding, bindings};
use crate::screen::Status;
use crate::screens::run::keymap::{Action, BINDINGS, Scope, context};
use crate::screens::run::on_cluster;
use crate::screens::run::possible::possible;
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Leaving, Overlay, View};
use crate::widgets::edited::draw_filter;
use crate::widgets::footer::{self, Label};
use monitor::text::plain;
use study::feed::Level;
use study::run_state::Phase;

/// Draws status above keys; of one line, the status.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    if area.height > 0 {
        draw_status(buffer, Rect { height: 1, ..area }, scene);
    }
    if area.height > 1 {
        let line = Rect { y: area.y + 1, height: 1, ..area };
        footer::draw(buffer, line, scene.theme, keys(scene, area.width));
    }
}

/// Draws what is worth a line now: the filter while it is typed.
pub fn draw_status(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let ui = scene.ui;
    if ui.overlay == Overlay::Filter {
        return draw_filter(buffer, area, scene.theme, &ui.filter, wrong_with_filter(ui));
    }
    buffer.set_line(area.x, area.y, &status(scene), area.width);
}

fn status(scene: &Scene<'_>) -> Line<'static> {
    let (ui, theme) = (scene.ui, scene.theme);
    let fresh =
        |status: &&Status| status.level > Level::Info || scene.model.log.total() == ui.lines_at_status;
    if let Some(status) = ui.status.as_ref().filter(fresh) {
        return Line::styled(plain(&status.text), theme.level(status.level));
    }
    if ui.leaving != Leaving::No {
        return Line::styled(
            "stopping at the next step; Ctrl-C quits immediately",
            theme.level(Level::Warning),
        );
    }
    if ui.view == View::Log {
        return Line::default();
    }
    scene.model.log.last(Level::Info).map_or_else(Line::default, |line| shown(line, theme))
}

/// Keys that do something: help and quit always, of the others as many as fit before them.
pub fn keys(scene: &Scene<'_>, width: u16) -> Vec<Label<Action>> {
    let text = |binding: &'static Binding<Action, Scope>| {
        let continues = binding.action == Action::Start && scene.model.run.phase() != Phase::Planned;
        match on_cluster::said(binding.action).filter(|_| scene.model.is_on_cluster()) {
            Some((label, _)) if !binding.label.is_empty() => (binding, label),
            _ => (binding, if continues { "continue" } else { binding.label }),
        }
    };
    let useful = bindings(BINDINGS, context(scene.ui))
        .filter(|binding| possible(binding.action, scene.ui, scene.model).is_ok())
        .filter(|binding| on_cluster::is_useful(binding.action, scene.model));
    footer::labels(useful.map(text), scene.theme.glyphs, width)
}
