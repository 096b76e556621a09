//! One configuration's single seeds.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::plotting::{fusion_name, nothing_yet};
use crate::study::event::SeedOutcome;
use crate::study::grid::Seed;
use crate::study::run_state::TrialState;
use crate::tui::draw::Scene;
use crate::tui::text::{count, percent, plain, share};
use crate::tui::theme::Theme;
use crate::tui::widgets::panel::panel;
use crate::tui::widgets::table::{Align, Cell, TableColumn, draw_table};

const COLUMNS: [(&str, u16); 9] = [
    ("seed", 6),
    ("epochs", 6),
    ("best ep.", 8),
    ("val. %", 6),
    ("test %", 6),
    ("last %", 6),
    ("bal. %", 6),
    ("AUC", 5),
    ("outcome", 40),
];

/// Draws a row for each seed.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, cursor: usize) {
    let Some(id) = scene.ui.selected(scene.model) else { return };
    let mut spans = vec![Span::styled("Seeds of ", scene.theme.dim())];
    spans.extend(fusion_name(scene, id.fusion, None));
    let rest = format!(" {} task, {} rows", id.task, count(id.train_size));
    spans.push(Span::styled(rest, scene.theme.strong()));
    spans.push(Span::styled(
        "   Esc goes back; last: test after the last epoch; bal.: mean recall",
        scene.theme.dim(),
    ));
    let room = panel(buffer, area, &Line::from(spans), scene.theme);
    let trials: Vec<(&Seed, &TrialState)> =
        scene.model.run.cohort(id).map(|state| state.trials.iter().collect()).unwrap_or_default();
    if trials.is_empty() {
        return nothing_yet(buffer, room, scene, "no seed has begun yet");
    }
    let column = |&(title, width): &(&str, u16)| TableColumn {
        title: title.into(),
        width,
        align: if title == "outcome" { Align::Left } else { Align::Right },
    };
    let columns: Vec<TableColumn> = COLUMNS.iter().map(column).collect();
    let cells = |place: usize| row(scene.theme, *trials[place].0, trials[place].1);
    draw_table(
        buffer,
        room,
        scene.theme,
        &columns,
        (trials.len(), &cells),
        Some(cursor.min(trials.len() - 1)),
    );
}

fn row(theme: Theme, Seed(seed): Seed, trial: &TrialState) -> Vec<Cell> {
    let absent = || theme.absent().to_owned();
    let evaluation = trial.evaluation.as_ref();
    let of = |value: Option<f64>| value.map_or_else(absent, percent);
    // Before the test, the best validation accuracy so far.
    let best = evaluation.map(|tested| (tested.best_epoch, tested.val_accuracy)).or_else(|| trial.best());
    let (outcome, style) = outcome(theme, trial.outcome.as_ref());
    let plain_cells = [
        seed.to_string(),
        trial.metrics.len().to_string(),
        best.map_or_else(absent, |(epoch, _)| epoch.0.to_string()),
        of(best.map(|(_, accuracy)| accuracy)),
        of(evaluation.map(|tested| tested.test_accuracy)),
        of(evaluation.map(|tested| tested.test_last_accuracy)),
        of(evaluation.map(|tested| tested.test_balanced_accuracy)),
        evaluation.and_then(|tested| tested.auc).map_or_else(absent, share),
    ];
    plain_cells.into_iter().map(|text| (text, Style::new())).chain([(outcome, style)]).collect()
}

fn outcome(theme: Theme, outcome: Option<&SeedOutcome>) -> (String, Style) {
    use crate::study::run_state::CohortStatus as Status;
    let (text, status) = match outcome {
        None => ("training".to_owned(), Status::Running),
        Some(SeedOutcome::Completed) => ("completed".to_owned(), Status::Completed),
        Some(SeedOutcome::Stopped) => ("stopped".to_owned(), Status::Stopped),
        Some(SeedOutcome::Diverged { epoch }) => (format!("diverged in epoch {}", epoch.0), Status::Diverged),
        Some(SeedOutcome::Failed { message }) => (format!("failed: {}", plain(message)), Status::Failed),
    };
    (text, theme.status(status))
}
