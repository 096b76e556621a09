//! `summary.md`: the summary to be read.

use super::contents::Contents;
use super::grid::{Entry, Grid};
use super::text::markdown;
use super::{cell, choices, classes, gate, modalities, sentences, tables, verdicts};
use study::grid::Task;

pub(super) fn render(contents: &Contents) -> String {
    let mut lines = vec![format!("# {}", markdown(&contents.header.config.run.name)), String::new()];
    for warning in &contents.header.data.warnings {
        lines.extend([format!("> **Warning:** {}", markdown(warning)), String::new()]);
    }
    let tasks = tables::tasks(contents);
    if !tasks.rows.is_empty() {
        lines.extend(["## Tasks".to_owned(), String::new()]);
        table(&tasks, &mut lines);
    }
    for &task in contents.tasks() {
        lines.extend([format!("## {} task", sentences::capitalised(task.name())), String::new()]);
        of_task(contents, task, &mut lines);
    }
    if !contents.best.is_empty() {
        lines.extend(["## Best single checkpoints".to_owned(), String::new()]);
        said(sentences::BEST_CHECKPOINTS, &mut lines);
        table(&tables::best_checkpoints(contents), &mut lines);
    }
    findings(contents, &mut lines);
    chosen(contents, &mut lines);
    section("Not completed", &sentences::shortfalls(contents), &mut lines);
    section("What the numbers mean", &sentences::definitions(contents), &mut lines);
    section("Provenance", &sentences::provenance(contents), &mut lines);
    lines.pop();
    lines.join("\n") + "\n"
}

fn of_task(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    if let Some(grid) = classes::rows(contents, task) {
        said(&classes::over_rows(contents, task), lines);
        table(&grid, lines);
    }
    said(&sentences::over_table(contents, task), lines);
    table(&tables::accuracy(contents, task, contents.fusions()), lines);
    let baselines = contents.baselines();
    if !baselines.is_empty() {
        said("Baselines, likewise:", lines);
        table(&tables::accuracy(contents, task, &baselines), lines);
    }
    said(&format!("At train size {}:", cell::count(contents.largest())), lines);
    table(&tables::at_largest(contents, task), lines);
    if let Some(grid) = modalities::grid(contents, task) {
        said(&modalities::over(contents), lines);
        table(&grid, lines);
    }
    if let Some(grid) = gate::grid(contents, task) {
        said(&gate::over(contents), lines);
        table(&grid, lines);
    }
    for matrix in classes::matrices(contents, task) {
        said(&matrix.title(), lines);
        table(&matrix.grid(), lines);
    }
}

fn findings(contents: &Contents, lines: &mut Vec<String>) {
    if contents.findings().claims.is_empty() {
        return;
    }
    lines.extend(["## Findings".to_owned(), String::new()]);
    table(&verdicts::claims(contents), lines);
    said(&verdicts::legend(contents), lines);
    table(&verdicts::effects(contents), lines);
    for (title, grid) in [
        ("Are these enough seeds?", verdicts::seeds(contents)),
        (sentences::INTERQUARTILE, verdicts::interquartile_means(contents)),
    ] {
        if !grid.rows.is_empty() {
            said(title, lines);
            table(&grid, lines);
        }
    }
    section("How the claims are judged", &verdicts::tests(contents), lines);
}

fn chosen(contents: &Contents, lines: &mut Vec<String>) {
    for (place, (over, grid)) in choices::tables(contents).iter().enumerate() {
        if place == 0 {
            lines.extend(["## Chosen by validation".to_owned(), String::new()]);
        }
        said(over, lines);
        table(grid, lines);
    }
}

fn said(text: &str, lines: &mut Vec<String>) {
    lines.extend([markdown(text), String::new()]);
}

fn section(title: &str, items: &[String], lines: &mut Vec<String>) {
    if items.is_empty() {
        return;
    }
    lines.extend([format!("## {title}"), String::new()]);
    lines.extend(items.iter().map(|item| format!("- {}", markdown(item))));
    lines.push(String::new());
}

fn table(grid: &Grid, lines: &mut Vec<String>) {
    let rule = grid.names.iter().map(|_| "---:".to_owned());
    lines.extend([row(grid.names.iter().map(|name| markdown(name))), row(rule)]);
    lines.extend(grid.rows.iter().map(|entries| row(entries.iter().map(in_cell))));
    lines.push(String::new());
}

fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn in_cell(entry: &Entry) -> String {
    let text = markdown(&entry.text);
    if entry.is_best { format!("**{text}**") } else { text }
}
