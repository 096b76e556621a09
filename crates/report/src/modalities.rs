//! What a model makes of each modality: its accuracy with one of them missing, and that of its additive projection.

use super::cell::{count, percent};
use super::contents::Contents;
use super::grid::{Entry, Grid};
use super::tables::ABSENT;
use study::config::Fill;
use study::grid::Task;
use study::summary::SummaryRow;

/// A row for each model at the largest size, the baselines last; absent where none was tested so.
pub(super) fn grid(contents: &Contents, task: Task) -> Option<Grid> {
    let rows = rows(contents, task);
    let is_tested = |row: &&SummaryRow| row.missing_text.or(row.emap_mean).is_some();
    rows.iter().copied().find(is_tested)?;
    let names = ["fusion", "test", "text missing", "image missing", "EMAP", "model on EMAP's rows"];
    let cells = |row: &SummaryRow| {
        let share = |value: Option<f64>| value.map_or_else(|| ABSENT.into(), percent);
        [
            row.fusion.name().to_owned(),
            share(row.test_accuracy_mean),
            share(row.missing_text),
            share(row.missing_image),
            share(row.emap_mean),
            share(row.emap_accuracy),
        ]
    };
    Some(Grid {
        names: names.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(|row| cells(row).map(Entry::from).to_vec()).collect(),
    })
}

/// Over that table.
pub(super) fn over(contents: &Contents) -> String {
    format!(
        "At train size {}, accuracy in percent with one modality missing and of the additive projection (EMAP):",
        count(contents.largest())
    )
}

/// What the table's numbers mean; absent where there is none.
pub(super) fn definition(contents: &Contents) -> Option<String> {
    let tested = contents.tasks().iter().find(|&&task| grid(contents, task).is_some())?;
    let fill = match contents.header.config.missing.fill {
        Fill::Mean => "its mean over the training split",
        Fill::Zero => "zeros",
    };
    let rows = rows(contents, *tested).iter().find_map(|row| row.emap_rows);
    let emap = rows.map_or_else(String::new, |rows| {
        format!(
            " EMAP is the accuracy of the sum of a function of the text and one of the image that is nearest to the model's \
             logits on all pairs of a text and an image of {} test rows. What the model has above it on the same rows \
             needs an interaction of the two.",
            count(rows)
        )
    });
    Some(format!("Where a modality is missing, {fill} stands in its place in every test row.{emap}"))
}

fn rows<'c>(contents: &'c Contents, task: Task) -> Vec<&'c SummaryRow> {
    let fusions = contents.fusions().iter().copied().chain(contents.baselines());
    fusions.filter_map(|fusion| contents.row(task, fusion, contents.largest())).collect()
}
