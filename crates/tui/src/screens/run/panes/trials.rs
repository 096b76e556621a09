//! Single trials of every configuration in one table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::configurations::{filter, sort_mark};
use super::plotting::{RATE, nothing_yet};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::Grain;
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, fitting};
use monitor::text::count;
use monitor::trials::{Trial, TrialColumn, place};
use study::feed::Level;

/// Draws configurations, or every single trial.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    match scene.ui.grain {
        Grain::Configurations => super::configurations::draw(buffer, area, scene),
        Grain::Trials => draw_all(buffer, area, scene),
    }
}

/// Every trial that has begun and passes the filter.
fn draw_all(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    let trials = scene.ui.trials(scene.model);
    let begun: usize = scene.model.run.cohorts().map(|(_, state)| state.trials.len()).sum();
    let dim = scene.theme.dim();
    let shown = if trials.len() == begun { count(begun) } else { format!("{} of {begun}", trials.len()) };
    let mut title =
        vec![Span::styled("Trials", scene.theme.strong()), Span::styled(format!("  {shown}"), dim)];
    title.extend(filter(scene));
    title.push(Span::styled(format!("  {ABBREVIATIONS}"), dim));
    let room = panel(buffer, area, &Line::from(title), scene.theme);
    if trials.is_empty() {
        let text = if begun == 0 {
            "No trial has begun yet: press s to start"
        } else {
            "no trial passes the filter; Esc clears it"
        };
        return nothing_yet(buffer, room, scene, text);
    }
    let cursor = place(&trials, scene.ui.selected(scene.model), scene.ui.seed);
    draw_trials(buffer, room, scene, &trials, cursor, true);
}

/// What the columns' titles stand for.
pub(super) const ABBREVIATIONS: &str = "last: test after the last epoch; bal.: mean recall";

/// Draws a table of trials with the columns that fit; `cursor`: the row of the cursor.
pub(super) fn draw_trials(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    trials: &[Trial<'_>],
    cursor: Option<usize>,
    with_configuration: bool,
) {
    let wanted = TrialColumn::BY_PRIORITY
        .into_iter()
        .filter(|&column| with_configuration || column >= TrialColumn::Seed);
    let has_rates = trials.iter().any(|trial| trial.cohort.fusion.rate().is_some());
    let width = |column: TrialColumn| match column {
        TrialColumn::Fusion if has_rates => column.width() + RATE,
        _ => column.width(),
    };
    let shown = fitting(wanted, width, area.width);
    let used: u16 = shown.iter().map(|&column| width(column) + GAP).sum();
    let column = |column: &TrialColumn| TableColumn {
        title: format!("{}{}", column.title(), sort_mark(scene, scene.ui.trial_sort == Some(*column))),
        // The outcome stands last and takes what is left.
        width: if *column == TrialColumn::Outcome {
            column.width() + (area.width + GAP).saturating_sub(used)
        } else {
            width(*column)
        },
        align: if column.is_numeric() { Align::Right } else { Align::Left },
    };
    let columns: Vec<TableColumn> = shown.iter().map(column).collect();
    let cells = |place: usize| shown.iter().map(|&column| cell(scene, &trials[place], column)).collect();
    draw_table(buffer, area, scene.theme, &columns, (trials.len(), &cells), cursor);
}

fn cell(scene: &Scene<'_>, trial: &Trial<'_>, column: TrialColumn) -> Cell {
    let theme = scene.theme;
    let style = match column {
        TrialColumn::Fusion => theme.fusion(trial.cohort.fusion),
        TrialColumn::Outcome if !trial.is_outlying => theme.status(trial.status()),
        TrialColumn::Outcome | TrialColumn::Seed | TrialColumn::Test if trial.is_outlying => {
            theme.level(Level::Warning)
        }
        _ => Style::new(),
    };
    let mark = if column == TrialColumn::Seed && trial.is_outlying { "!" } else { "" };
    (format!("{mark}{}", column.text(trial, theme.absent())), style)
}
