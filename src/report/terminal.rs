//! The summary that is printed when the program ends: plain text, within 80 columns.

use super::cell::{Cell, count, duration, mean_std, share};
use super::contents::Contents;
use super::text::{clean, shortened, wrapped};
use super::words;
use crate::study::grid::{Fusion, Task};
use crate::study::run_state::RunState;

/// Columns that the table has with deviations; without them it fits 40.
const COMFORTABLE: usize = 60;

/// The compact summary for a terminal `width` columns wide; empty before the run is known.
pub fn terminal_summary(state: &RunState, width: usize) -> String {
    let Ok(contents) = Contents::of(state) else { return String::new() };
    let mut lines = Vec::new();
    for &task in contents.tasks() {
        accuracy(&contents, task, width, &mut lines);
        at_largest(&contents, task, &mut lines);
        lines.push(String::new());
    }
    let notes = contents
        .header
        .data
        .warnings
        .iter()
        .map(|warning| format!("warning: {}", clean(warning)))
        .chain(words::shortfalls(&contents));
    for note in notes {
        lines.extend(wrapped(&note, width.max(20), "  "));
    }
    let seconds: f64 = contents.rows.iter().map(|row| row.seconds).sum();
    lines.push(format!("worker time {}; {}", duration(seconds), words::began(&contents)));
    let lines: Vec<String> = lines.iter().map(|line| shortened(line.trim_end(), width.max(20))).collect();
    lines.join("\n") + "\n"
}

/// Rows are sizes, columns fusions.
fn accuracy(contents: &Contents, task: Task, width: usize, lines: &mut Vec<String>) {
    let deviations = width >= COMFORTABLE;
    let column = if deviations { 15 } else { 10 };
    let majority = contents.majority(task).map(|share| format!(", {}", words::majority(share)));
    lines.push(format!("{task} task: test accuracy in %{}", majority.unwrap_or_default()));
    let n = contents.seeds();
    let spread = if deviations && n > 1 { "mean ± standard deviation" } else { "mean" };
    lines.push(format!("  {spread} over {n} {} at the best epoch", if n == 1 { "seed" } else { "seeds" }));
    let names = contents.fusions().iter().map(|fusion| format!("{:>column$}", format!("{fusion} ")));
    lines.push(format!("{:>9}{}", "train", names.collect::<String>()));
    for &size in contents.sizes() {
        let cells = contents.fusions().iter().map(|&fusion| {
            let cell = contents.cell(task, fusion, size);
            format!("{:>column$}", cell.map_or_else(String::new, |cell| in_cell(&cell, deviations)))
        });
        lines.push(format!("{:>9}{}", count(size), cells.collect::<String>()));
    }
    if contents.has_partial_values(task) {
        lines.push(format!("  * from fewer than {n} seeds"));
    }
}

/// AUC and retained skill of each fusion at the largest size, where something was tested there.
fn at_largest(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let size = contents.largest();
    let tested = |fusion: &&Fusion| {
        contents.row(task, **fusion, size).is_some_and(|row| row.test_accuracy_mean.is_some())
    };
    if !contents.fusions().iter().any(|fusion| tested(&fusion)) {
        return;
    }
    let balanced = contents.is_unbalanced(task);
    let more = if balanced { "  balanced" } else { "" };
    lines.push(String::new());
    lines.push(format!(
        "{:>9}      AUC   retained: text   image    both{more}",
        format!("at {}", count(size))
    ));
    for &fusion in contents.fusions().iter().filter(tested) {
        let Some(row) = contents.row(task, fusion, size) else { continue };
        let [auc, text, image, both] =
            [row.auc_mean, row.retained_text, row.retained_image, row.retained_both].map(|v| share(v, "–"));
        let more = match row.test_balanced_mean.filter(|_| balanced) {
            Some(mean) => format!("{:>10}", mean_std(mean, None, "")),
            None => String::new(),
        };
        lines.push(format!("{:>9}{auc:>9}{text:>17}{image:>8}{both:>8}{more}", fusion.name()));
    }
}

fn in_cell(cell: &Cell, deviations: bool) -> String {
    let Some((mean, std)) = cell.value else { return format!("{} ", cell.status) };
    let mark = if cell.whole { " " } else { "*" };
    mean_std(mean, std.filter(|_| deviations), " ± ") + mark
}
