//! Where the cursor goes: over the sweep's grid, down a table, through the log.

use super::keymap::helped;
use super::layout::{BOX_ROWS, FINDINGS_BESIDE, matrix_rows, place_of};
use super::panes::{self, about, finding, health, opened};
use super::ui_state::{Detail, Grain, Overlay, UiState, View};
use crate::keymap::Direction;
use crate::widgets::help::scroll_help;
use monitor::jobs;
use monitor::model::Model;
use monitor::results::id_of;
use monitor::trials;
use study::grid::CohortId;
use study::model::ModelId;

/// Moves the cursor of whatever has the keyboard.
pub(super) fn move_cursor(ui: &mut UiState, model: &Model, direction: Direction) {
    if let Overlay::Help(first) = ui.overlay {
        let screen = (ui.screen_columns, ui.body_rows(model));
        let first =
            scroll_help(&helped(ui.access, model.is_on_cluster()), screen, (first, &ui.search), direction);
        ui.overlay = Overlay::Help(first);
        return;
    }
    if let Overlay::About(first) = ui.overlay {
        let lines = about::lines(model, &ui.labels, ui.screen_columns).len();
        let last = lines.saturating_sub(page(ui, model));
        ui.overlay = Overlay::About(direction.along(first.min(last), last, page(ui, model)));
        return;
    }
    if let Overlay::Health(first) = ui.overlay {
        let lines = health::lines(ui, ui.screen_columns).len();
        let last = lines.saturating_sub(ui.body_rows(model).saturating_sub(1));
        ui.overlay = Overlay::Health(direction.along(first.min(last), last, page(ui, model)));
        return;
    }
    if let (View::Findings, Detail::Claim(first)) = (ui.view, ui.detail)
        && ui.screen_columns < FINDINGS_BESIDE
    {
        let claim = model.findings.as_ref().and_then(|all| Some((all, all.claims.get(ui.claim)?)));
        let lines = claim.map_or(0, |(all, claim)| finding::length(all, claim, ui.screen_columns));
        let last = lines.saturating_sub(ui.body_rows(model).saturating_sub(1));
        ui.detail = Detail::Claim(direction.along(first.min(last), last, page(ui, model)));
        return;
    }
    if let Some((count, place)) = list(ui, model) {
        let next = |place| direction.along(place, count.saturating_sub(1), page(ui, model));
        return point(ui, model, place.map_or(0, next));
    }
    if ui.view == View::Log {
        // Counted from the newest line, so up is further back.
        let last = model.log.lines().len().saturating_sub(ui.body_rows(model).saturating_sub(1));
        ui.log_back = last - direction.along(last - ui.log_back.min(last), last, page(ui, model));
        return;
    }
    move_on_grid(ui, model, direction);
}

/// Entries of the list that the view shows, and the cursor's place among them; none where it shows no list.
pub(super) fn list(ui: &UiState, model: &Model) -> Option<(usize, Option<usize>)> {
    let selected = ui.selected(model);
    Some(match (ui.view, ui.detail, ui.grain) {
        (View::Trials, Detail::Seeds(place), _) => {
            let seeds = selected.and_then(|id| model.run.cohort(id)).map_or(0, |state| state.trials.len());
            (seeds, Some(place))
        }
        (View::Trials, _, Grain::Configurations) => {
            let rows = ui.rows(model);
            let shown = selected.map(CohortId::row);
            (rows.len(), rows.iter().position(|row| Some(id_of(row)) == shown))
        }
        (View::Trials, _, Grain::Trials) => {
            let trials = ui.trials(model);
            (trials.len(), trials::place(&trials, selected, ui.seed))
        }
        (View::Findings, ..) => (model.claims(), Some(ui.claim)),
        (View::Jobs, ..) => {
            let rows = ui.jobs(model);
            (rows.len(), jobs::place(&rows, ui.shard))
        }
        _ => return None,
    })
}

/// Puts the cursor on a place of the list that the view shows.
pub(super) fn point(ui: &mut UiState, model: &Model, place: usize) {
    match (ui.view, ui.detail, ui.grain) {
        (View::Trials, Detail::Seeds(_), _) => ui.detail = Detail::Seeds(place),
        (View::Trials, _, Grain::Configurations) => {
            let row = ui.rows(model).get(place).map(|row| id_of(row));
            if let Some(cohort) = row {
                select(ui, cohort);
            }
        }
        (View::Trials, _, Grain::Trials) => {
            let trial = ui.trials(model).get(place).map(|trial| (trial.cohort, trial.seed));
            if let Some((cohort, seed)) = trial {
                select(ui, cohort);
                ui.seed = Some(seed);
            }
        }
        (View::Findings, ..) => ui.claim = place.min(model.claims().saturating_sub(1)),
        (View::Jobs, ..) => ui.shard = ui.jobs(model).get(place).map(|row| row.shard),
        _ => {}
    }
}

/// Gives the sweep's next fusion or baseline the focus.
pub(super) fn step_fusion(ui: &mut UiState, model: &Model, by: isize) {
    let (Some(header), Some(from)) = (model.run.header(), focus(ui, model)) else { return };
    let fusions: Vec<ModelId> = match ui.view {
        View::Overview => header.sweep.trained().collect(),
        _ => header.sweep.rows(),
    };
    let rows: Vec<_> = fusions.iter().map(|&fusion| (from.task, fusion)).collect();
    let place = place_of(&rows, from).unwrap_or(0);
    let next = (place as isize + by).rem_euclid(fusions.len().max(1) as isize) as usize;
    select(ui, CohortId { fusion: fusions[next], ..from });
}

/// Turns an opened configuration's pages.
pub(super) fn step_page(ui: &mut UiState, model: &Model, by: isize) {
    if let Detail::Seeds(cursor) = ui.detail {
        let pages = opened::page_count(ui, model, cursor).max(1);
        ui.page = ((ui.page % pages) as isize + by).rem_euclid(pages as isize) as usize;
    }
}

/// The cursor's configuration where it has one, else the one that the view is about.
fn focus(ui: &UiState, model: &Model) -> Option<CohortId> {
    match ui.view {
        View::Overview | View::Trials | View::Findings | View::Log | View::Jobs => ui.selected(model),
        View::Accuracy | View::Robustness | View::Roc | View::Alignment | View::Complexity => {
            ui.charted(model)
        }
    }
}

fn select(ui: &mut UiState, cohort: CohortId) {
    ui.task = cohort.task;
    ui.selection = Some(cohort);
}

/// Takes the cursor to the first row that the filter left, unless its own is among them.
pub(super) fn move_into_sight(ui: &mut UiState, model: &Model) {
    if ui.view == View::Jobs {
        let is_there = ui.jobs(model).iter().any(|row| Some(row.shard) == ui.shard);
        ui.shard = ui.shard.filter(|_| is_there);
        return;
    }
    let selected = ui.selected(model);
    let ids: Vec<CohortId> = match ui.grain {
        Grain::Configurations => ui.rows(model).into_iter().map(id_of).collect(),
        Grain::Trials => ui.trials(model).iter().map(|trial| trial.cohort).collect(),
    };
    if let (Some(&first), false) = (ids.first(), ids.iter().any(|&id| Some(id) == selected)) {
        select(ui, first);
    }
}

fn move_on_grid(ui: &mut UiState, model: &Model, direction: Direction) {
    let (Some(header), Some(from)) = (model.run.header(), focus(ui, model)) else { return };
    let sweep = &header.sweep;
    let rows = match ui.view {
        View::Overview => matrix_rows(sweep, ui.body_rows(model)),
        _ => sweep.rows().into_iter().map(|fusion| (from.task, fusion)).collect(),
    };
    let row = place_of(&rows, from).unwrap_or(0);
    let column = sweep.sizes.iter().position(|&size| size == from.train_size).unwrap_or(0);
    let (last_row, last_column) = (rows.len().saturating_sub(1), sweep.sizes.len().saturating_sub(1));
    let (row, column) = match direction {
        Direction::Up => (row.saturating_sub(1), column),
        Direction::Down => ((row + 1).min(last_row), column),
        Direction::PageUp => (0, column),
        Direction::PageDown => (last_row, column),
        Direction::Left => (row, column.saturating_sub(1)),
        Direction::Right => (row, (column + 1).min(last_column)),
        Direction::First => (row, 0),
        Direction::Last => (row, last_column),
    };
    let (Some(&(task, fusion)), Some(&train_size)) = (rows.get(row), sweep.sizes.get(column)) else { return };
    select(ui, CohortId { fusion, task, train_size });
}

/// Lines that a page key moves.
fn page(ui: &UiState, model: &Model) -> usize {
    let rows = ui.body_rows(model);
    let below = if ui.view == View::Jobs { panes::jobs::detail_rows(rows as u16) } else { 0 };
    rows.saturating_sub(BOX_ROWS + usize::from(below)).max(1)
}
