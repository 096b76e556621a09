//! Single trials: of every configuration in one table, or of the selected one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::configurations::{filter, sort_mark};
use super::confusion::Matrix;
use super::plotting::{RATE, fusion_name, nothing_yet};
use crate::screens::run::scene::Scene;
use crate::screens::run::ui_state::{Detail, Grain};
use crate::widgets::panel::panel;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, fitting};
use monitor::text::{count, percent};
use monitor::trials::{Trial, TrialColumn, place};
use study::event::GateWeights;
use study::feed::Level;
use study::format::fixed;
use study::grid::CohortId;
use study::summary::gate_over_seeds;

/// Draws configurations, every single trial, or the selected configuration's.
pub fn draw(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>) {
    match (scene.ui.detail, scene.ui.grain) {
        (Detail::Seeds(cursor), _) => draw_seeds(buffer, area, scene, cursor),
        (_, Grain::Configurations) => super::configurations::draw(buffer, area, scene),
        (_, Grain::Trials) => draw_all(buffer, area, scene),
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

/// Rows of the seeds' table from which there are notes below it.
const NOTED: u16 = 8;

const ABBREVIATIONS: &str = "last: test after the last epoch; bal.: mean recall";

fn draw_seeds(buffer: &mut Buffer, area: Rect, scene: &Scene<'_>, cursor: usize) {
    let Some(id) = scene.ui.selected(scene.model) else { return };
    let mut area = area;
    if let Some(matrix) = Matrix::of(scene, id) {
        let (seeds, beside) = matrix.room(area);
        area = seeds;
        if let Some(room) = beside {
            matrix.draw(buffer, room, scene.theme);
        }
    }
    let mut spans = vec![Span::styled("Seeds of ", scene.theme.dim())];
    spans.extend(fusion_name(scene, id.fusion, None));
    let rest = format!(" {} task, {} rows", id.task, count(id.train_size));
    spans.push(Span::styled(rest, scene.theme.strong()));
    spans.push(Span::styled(format!("   Esc goes back; {ABBREVIATIONS}"), scene.theme.dim()));
    let room = panel(buffer, area, &Line::from(spans), scene.theme);
    let trials = scene.ui.trials_of(scene.model, id);
    if trials.is_empty() {
        return nothing_yet(buffer, room, scene, "no seed has begun yet");
    }
    let is_derived = scene.model.run.derived(id).is_some();
    let mut notes = modalities(scene, id);
    let experts = id.fusion.experts();
    if let Some(cohort) = scene.model.run.cohort(id).filter(|_| !experts.is_empty()) {
        notes.extend(gate(&gate_over_seeds(cohort), experts, usize::from(room.width)));
    }
    let rows = if room.height < NOTED { 0 } else { notes.len() as u16 };
    let [room, below] = Layout::vertical([Constraint::Fill(1), Constraint::Length(rows)]).areas(room);
    for (note, row) in notes.iter().zip(below.rows()) {
        buffer.set_stringn(row.x, row.y, note, usize::from(row.width), scene.theme.dim());
    }
    draw_trials(buffer, room, scene, &trials, Some(cursor.min(trials.len() - 1)), is_derived);
}

/// What the configuration makes of each modality, as far as it was tested.
fn modalities(scene: &Scene<'_>, id: CohortId) -> Vec<String> {
    let Some(row) = scene.model.derived.row(id) else { return Vec::new() };
    let missing = row.missing_text.zip(row.missing_image).map(|(text, image)| {
        format!(
            "Test accuracy: {} % with text missing, {} % with image missing",
            percent(text),
            percent(image)
        )
    });
    let emap = row.emap_mean.zip(row.emap_accuracy).zip(row.emap_rows).map(|((additive, own), rows)| {
        let (additive, own, rows) = (percent(additive), percent(own), count(rows));
        format!("Additive projection (EMAP): {additive} %, the model {own} % on the same {rows} test rows")
    });
    missing.into_iter().chain(emap).collect()
}

/// What the gate gives each expert: a line without noise, and one with noise, of which every condition is there that fits.
fn gate(weights: &[GateWeights], experts: &[&str], width: usize) -> Vec<String> {
    let whole = |weight: &f64| fixed(weight * 100.0, 0);
    let mut lines = Vec::new();
    if let Some(clean) = weights.iter().find(|of| of.condition.is_none()) {
        let part = |(expert, weight): (&&str, &f64)| format!("{expert} {} %", whole(weight));
        let parts: Vec<String> = experts.iter().zip(&clean.weights).map(part).collect();
        lines.push(format!("Gate: {}", parts.join(", ")));
    }
    let mut noisy = String::new();
    for of in weights {
        let Some(condition) = of.condition else { continue };
        let shares: Vec<String> = of.weights.iter().map(whole).collect();
        let words = condition.words();
        let words = if noisy.is_empty() { words } else { words.trim_start_matches("noise ") };
        let part = format!("{words} {} %", shares.join("/"));
        let longer = if noisy.is_empty() { format!("With {part}") } else { format!("{noisy}, {part}") };
        if longer.chars().count() > width {
            break;
        }
        noisy = longer;
    }
    lines.extend(Some(noisy).filter(|line| !line.is_empty()));
    lines
}

fn draw_trials(
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

#[cfg(test)]
mod tests {
    use super::*;
    use study::grid::Condition;

    #[test]
    fn a_gates_weights_fit_eighty_columns_and_are_cut_between_conditions() {
        let weights = |condition, weights: [f64; 4]| GateWeights { condition, weights: weights.to_vec() };
        let gate = |width| {
            let all = [
                weights(None, [0.0, 0.004, 0.752, 0.244]),
                weights(Some(Condition::Text), [0.0, 0.0, 0.76, 0.24]),
                weights(Some(Condition::Image), [0.0, 0.0, 0.76, 0.24]),
                weights(Some(Condition::Both), [0.0, 0.0, 0.78, 0.22]),
            ];
            super::gate(&all, &["text", "image", "concat", "product"], width)
        };
        let noisy = "With noise on text 0/0/76/24 %, on images 0/0/76/24 %, on both 0/0/78/22 %";
        assert_eq!(gate(78), ["Gate: text 0 %, image 0 %, concat 75 %, product 24 %", noisy]);
        assert_eq!(gate(60)[1], "With noise on text 0/0/76/24 %, on images 0/0/76/24 %");
        assert_eq!(gate(20).len(), 1);
        assert!(super::gate(&[], &[], 78).is_empty());
    }
}
