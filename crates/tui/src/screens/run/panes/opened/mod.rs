//! An opened configuration on the whole screen: its seeds, curves, robustness, ROC, confusion, and its checkpoint's place.

mod checkpoint;
mod confusion;
mod curves;
mod head;
mod noise;
mod pages;
mod plot;
mod roc;
mod seeds;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::screens::run::layout::{body_rows, header_rows};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::UiState;
use crate::widgets::table::first_in_sight;
use monitor::model::Model;
use monitor::trials::Trial;
use pages::{Needs, Page, Part};
use study::grid::{CohortId, Seed};
use study::run_state::CohortState;

/// The configuration that is opened, with the cursor on one of its seeds.
struct Configuration<'a> {
    id: CohortId,
    state: Option<&'a CohortState>,
    trials: Vec<Trial<'a>>,
    cursor: usize,
    notes: Vec<String>,
}

impl<'a> Configuration<'a> {
    fn of(ui: &UiState, model: &'a Model, cursor: usize) -> Option<Self> {
        let id = ui.selected(model)?;
        let trials = ui.trials_of(model, id);
        let cursor = cursor.min(trials.len().saturating_sub(1));
        Some(Self { id, state: model.run.cohort(id), notes: seeds::notes(model, id), trials, cursor })
    }

    /// The seed under the cursor.
    fn seed(&self) -> Option<Seed> {
        self.trials.get(self.cursor).map(|trial| trial.seed)
    }

    /// Its pages in `area`, and the rows that its head takes of that.
    fn pages(&self, model: &Model, area: Rect) -> (u16, Vec<Page>) {
        let checkpoint = checkpoint::lines(model, self.id, self.seed(), usize::from(area.width));
        let needs = Needs {
            seeds: self.trials.len().max(1) + self.notes.len(),
            classes: confusion::classes(model, self.id),
        };
        pages::pages(needs, area, checkpoint.len() as u16)
    }
}

/// Draws the page that is open.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, cursor: usize) {
    let Some(of) = Configuration::of(scene.ui, scene.model, cursor) else { return };
    let (rows, pages) = of.pages(scene.model, area);
    let place = scene.ui.page % pages.len().max(1);
    head::draw(buffer, Rect { height: rows.min(area.height), ..area }, scene, &of, (&pages, place));
    let Some(page) = pages.get(place) else { return };
    for &(part, room) in &page.parts {
        match part {
            Part::Seeds => seeds::draw(buffer, room, scene, &of, page.is_everything),
            Part::Accuracy => curves::draw(buffer, room, scene, &of, &curves::ACCURACY),
            Part::Loss => curves::draw(buffer, room, scene, &of, &curves::LOSS),
            Part::Noise => noise::draw(buffer, room, scene, &of),
            Part::Roc => roc::draw(buffer, room, scene, &of),
            Part::Confusion => confusion::draw(buffer, room, scene, of.id),
        }
    }
}

/// How many pages it has on this screen.
pub fn page_count(ui: &UiState, model: &Model, cursor: usize) -> usize {
    Configuration::of(ui, model, cursor).map_or(1, |of| of.pages(model, body(ui, model)).1.len())
}

/// The place of the seed that is drawn at a row and column of the screen.
pub fn seed_at(ui: &UiState, model: &Model, cursor: usize, column: u16, row: u16) -> Option<usize> {
    let of = Configuration::of(ui, model, cursor)?;
    let (_, pages) = of.pages(model, body(ui, model));
    let page = pages.get(ui.page % pages.len().max(1))?;
    let (_, room) = page.parts.iter().find(|(part, _)| *part == Part::Seeds)?;
    let table = seeds::rows(model, &of, *room, page.is_everything);
    let line = usize::from(row.checked_sub(table.y)?);
    let place = first_in_sight(of.trials.len(), usize::from(table.height), of.cursor) + line;
    let is_inside = (table.x..table.right()).contains(&column) && line < usize::from(table.height);
    (is_inside && place < of.trials.len()).then_some(place)
}

/// Where the screen's view is drawn.
fn body(ui: &UiState, model: &Model) -> Rect {
    let (columns, rows) = (ui.screen_columns, ui.screen_rows);
    Rect::new(0, header_rows(model, columns, rows), columns, body_rows(model, columns, rows))
}
