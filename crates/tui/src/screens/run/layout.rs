//! Rows and columns that more than one file of the run screen counts with.

use monitor::model::Model;
use study::grid::{CohortId, Sweep, Task};
use study::model::ModelId;

/// The run, its progress, the views: the header without GPUs and queue.
const HEADER_ROWS: u16 = 3;
/// The status and the keys.
pub const FOOTER_ROWS: u16 = 2;

/// Columns from which GPUs have a line each.
const GPU_COLUMNS: u16 = 120;
/// Rows that these leave to everything else.
const ROWS_BESIDE_GPUS: u16 = 30;
/// Rows from which a cluster's queue has a line.
const ROWS_WITH_QUEUE: u16 = 12;
/// Columns from which the claim is shown beside the list of claims.
pub const FINDINGS_BESIDE: u16 = 140;
/// Columns from which both charts of complexity stand side by side.
pub const COMPLEXITY_BESIDE: u16 = 110;
/// Points of a ROC curve at which it can be read: false-positive rates 0, .05, …, 1.
pub const ROC_READINGS: usize = 21;
/// Rows that the help's box needs beside its lines, and a list's title or heading.
pub const BOX_ROWS: usize = 2;

/// Rows of the header on a screen of so many columns and rows.
pub fn header_rows(model: &Model, columns: u16, rows: u16) -> u16 {
    HEADER_ROWS + queue_rows(model, rows) + gpu_rows(model, columns, rows)
}

/// Rows between header and footer.
pub fn body_rows(model: &Model, columns: u16, rows: u16) -> u16 {
    rows.saturating_sub(header_rows(model, columns, rows) + FOOTER_ROWS)
}

/// Lines of the header for the queue of a cluster: one, where the run is on one.
pub fn queue_rows(model: &Model, rows: u16) -> u16 {
    u16::from(model.is_on_cluster() && rows >= ROWS_WITH_QUEUE)
}

/// Lines of the header for GPUs, one each as far as there is room.
pub fn gpu_rows(model: &Model, columns: u16, rows: u16) -> u16 {
    let room = if columns < GPU_COLUMNS { 0 } else { rows.saturating_sub(ROWS_BESIDE_GPUS) };
    room.min(model.gpus.now().len() as u16)
}

/// Rows of the overview's matrix, from the top: the baselines' too where the curves keep half of the screen.
pub(super) fn matrix_rows(sweep: &Sweep, body_rows: usize) -> Vec<(Task, ModelId)> {
    let of = |fusions: &[ModelId]| -> Vec<(Task, ModelId)> {
        let row = |&task: &Task| fusions.iter().map(move |&fusion| (task, fusion)).collect::<Vec<_>>();
        sweep.tasks.iter().flat_map(row).collect()
    };
    let all = of(&sweep.trained().collect::<Vec<_>>());
    if (all.len() + BOX_ROWS) * 2 <= body_rows + 1 { all } else { of(&sweep.trained_fusions()) }
}

/// The place of a configuration among such rows; of a row that is derived that of its first learning rate.
pub(super) fn place_of(rows: &[(Task, ModelId)], id: CohortId) -> Option<usize> {
    let exact = rows.iter().position(|&row| row == (id.task, id.fusion));
    let at_any_rate =
        |&(task, fusion): &(Task, ModelId)| (task, fusion.at_rate(None)) == (id.task, id.fusion);
    exact.or_else(|| rows.iter().position(at_any_rate))
}
