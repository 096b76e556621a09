//! The head of an opened configuration: what it is and where it stands; below that the pages, or the checkpoint's place.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::super::plotting::{ROOM_BESIDE_TITLE, fitting, fusion_name, standing_glyph};
use super::pages::Page;
use super::{Configuration, checkpoint};
use crate::screens::run::scene::Scene;
use crate::widgets::panel::panel;
use monitor::text::{count, counted};
use study::run_state::CohortState;

/// Draws the head; `pages` and which of them is open.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    of: &Configuration<'_>,
    (pages, open): (&[Page], usize),
) {
    let room =
        panel(buffer, area, &title(scene, of, area.width.saturating_sub(ROOM_BESIDE_TITLE)), scene.theme);
    if pages.len() > 1 {
        let mut spans = vec![Span::raw(" ")];
        for (place, page) in pages.iter().enumerate() {
            let style = if place == open { scene.theme.cursor() } else { scene.theme.dim() };
            spans.extend([Span::styled(format!(" {} ", page.name), style), Span::raw(" ")]);
        }
        spans.push(Span::styled("Tab turns the page", scene.theme.dim()));
        buffer.set_line(room.x, room.y, &Line::from(spans), room.width);
    } else {
        let lines = checkpoint::lines(scene.model, of.id, of.seed(), usize::from(area.width));
        checkpoint::draw(buffer, room, scene.theme, &lines);
    }
}

/// `● concat · real · 64 rows  ✓ completed, epoch 12/12, 5 of 5 seeds done`.
fn title(scene: &Scene<'_>, of: &Configuration<'_>, width: u16) -> Line<'static> {
    let id = of.id;
    let dot = scene.theme.pick(" · ", " | ");
    let glyph = standing_glyph(scene, id);
    let named = |what: String, status: String| {
        let mut spans = fusion_name(scene, id.fusion, None);
        spans.push(Span::styled(what, scene.theme.strong()));
        spans.push(Span::styled(status, scene.theme.status(scene.model.status(id))));
        spans
    };
    let epochs = scene.model.run.header().map_or(0, |header| header.config.train.epochs);
    let trained = of.state.map_or(0, CohortState::epochs);
    let done =
        of.state.map_or(0, |state| state.trials.values().filter(|trial| trial.outcome.is_some()).count());
    let all = scene.seeds();
    let again = of.state.is_some_and(CohortState::trains_again);
    let line = |rest: String| {
        let what = format!("{dot}{} task{dot}{} rows", id.task, count(id.train_size));
        let mut spans = named(what, format!("  {glyph} {}", scene.model.standing(id)));
        spans.push(Span::styled(rest, scene.theme.dim()));
        Line::from(spans)
    };
    let what = format!("{dot}{}{dot}{}", id.task, count(id.train_size));
    let shortest = Line::from(named(what, format!("  {glyph} {done}/{all}")));
    let long = format!(", epoch {trained}/{epochs}, {done} of {} done", counted(all, "seed"));
    let short = format!(", epoch {trained}/{epochs}, {done}/{all} seeds");
    let note = if again { "; the curves are a new attempt's, the results the earlier one's" } else { "" };
    fitting(width, [line(format!("{long}{note}")), line(long), line(short), shortest])
}
