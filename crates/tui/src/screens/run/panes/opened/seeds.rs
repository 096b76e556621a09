//! The seeds of an opened configuration: a row for each, and below them what its seeds say together.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::super::plotting::nothing_yet;
use super::super::trials::{ABBREVIATIONS, draw_trials};
use super::{Configuration, checkpoint};
use crate::screens::run::scene::Scene;
use crate::widgets::panel::panel;
use monitor::model::Model;
use monitor::text::{count, percent};
use study::event::GateWeights;
use study::format::fixed;
use study::grid::CohortId;
use study::summary::gate_over_seeds;

/// Rows of the part from which it has a rule of its own.
const RULED: u16 = 6;
/// Rows of the table from which there are notes below it.
const NOTED: u16 = 8;
/// Columns in which notes are laid out, whatever the screen has: how many there are does not depend on it.
const NOTE: usize = 78;

/// Draws the table; `is_everything`: the checkpoint is said elsewhere on the page.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    scene: &Scene<'_>,
    of: &Configuration<'_>,
    is_everything: bool,
) {
    let room = below_rule(area);
    if room.height < area.height {
        let title = Line::from(vec![
            Span::styled("Seeds", scene.theme.strong()),
            Span::styled(format!("  {ABBREVIATIONS}"), scene.theme.dim()),
        ]);
        panel(buffer, area, &title, scene.theme);
    }
    if of.trials.is_empty() {
        return nothing_yet(buffer, room, scene, "no seed has begun yet");
    }
    let [table, notes, place] = parts(scene.model, of, room, is_everything);
    for (note, row) in of.notes.iter().zip(notes.rows()) {
        buffer.set_stringn(row.x, row.y, note, usize::from(row.width), scene.theme.dim());
    }
    if place.height > 0 {
        let lines = checkpoint::lines(scene.model, of.id, of.seed(), usize::from(place.width));
        checkpoint::draw(buffer, place, scene.theme, &lines);
    }
    // A derived row's trials are of several configurations.
    let is_derived = scene.model.run.derived(of.id).is_some();
    draw_trials(buffer, table, scene, &of.trials, Some(of.cursor), is_derived);
}

/// Where the rows of the table are drawn, in the `area` of the part.
pub(super) fn rows(model: &Model, of: &Configuration<'_>, area: Rect, is_everything: bool) -> Rect {
    let [table, ..] = parts(model, of, below_rule(area), is_everything);
    Rect { y: table.y + 1, height: table.height.saturating_sub(1), ..table }
}

/// What the part's rule leaves: where there is room for a few rows alone, there is none.
fn below_rule(area: Rect) -> Rect {
    let rule = u16::from(area.height >= RULED);
    Rect { y: area.y + rule, height: area.height - rule, ..area }
}

/// The table with its heading, the notes, and where the checkpoint is.
fn parts(model: &Model, of: &Configuration<'_>, room: Rect, is_everything: bool) -> [Rect; 3] {
    let is_noted = room.height >= NOTED;
    let notes = if is_noted { of.notes.len() as u16 } else { 0 };
    let place = if is_noted && !is_everything {
        checkpoint::lines(model, of.id, of.seed(), usize::from(room.width)).len() as u16
    } else {
        0
    };
    Layout::vertical([Constraint::Fill(1), Constraint::Length(notes), Constraint::Length(place)]).areas(room)
}

/// What its seeds say together: with one modality missing, of its additive part, and of its gate.
pub(super) fn notes(model: &Model, id: CohortId) -> Vec<String> {
    let mut notes = modalities(model, id);
    let experts = id.fusion.experts();
    if let Some(cohort) = model.run.cohort(id).filter(|_| !experts.is_empty()) {
        notes.extend(gate(&gate_over_seeds(cohort), experts, NOTE));
    }
    notes
}

/// What the configuration makes of each modality, as far as it was tested.
fn modalities(model: &Model, id: CohortId) -> Vec<String> {
    let Some(row) = model.derived.row(id) else { return Vec::new() };
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
