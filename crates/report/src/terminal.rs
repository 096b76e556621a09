//! The summary that is printed when the program ends: within 80 columns, coloured in a terminal.

use super::best::best;
use super::cell::{Cell, count, duration, mean_std, share};
use super::classes;
use super::contents::Contents;
use super::paint::{Line, Paint, Role};
use super::sentences;
use super::text::wrapped;
use study::claims::Verdict;
use study::event::NoiseMean;
use study::grid::{Condition, Task};
use study::model::ModelId;
use study::rows::RunRows;
use study::run_state::{CohortStatus, RunState};
use study::text::one_line;

/// Columns that the table has with deviations; without them it fits 40.
const COMFORTABLE: usize = 60;
/// Columns of the train sizes.
const SIZES: usize = 9;

/// The compact summary for a terminal `width` columns wide; empty before the run is known.
pub fn terminal_summary(state: &RunState, rows: &RunRows, width: usize, paint: Paint) -> String {
    let Ok(contents) = Contents::of(state, rows) else { return String::new() };
    let width = width.max(20);
    let mut lines = Vec::new();
    for &task in contents.tasks() {
        accuracy(&contents, task, width, &mut lines);
        let (fusions, baselines) = (contents.fusions(), contents.baselines());
        let tables = beside(fusions, width).into_iter().chain(beside(&baselines, width));
        for (place, models) in tables.enumerate() {
            if place > 0 {
                lines.push(Line::default());
            }
            table(&contents, task, models, width, &mut lines);
        }
        at_largest(&contents, task, &mut lines);
        for matrix in classes::matrices(&contents, task) {
            let wrapped = wrapped(&matrix.in_short(), width, "  ");
            lines.extend(wrapped.into_iter().map(Line::text));
        }
        lines.push(Line::default());
    }
    findings(&contents, width, &mut lines);
    let warnings = contents.header.data.warnings.iter();
    let notes = warnings
        .map(|warning| format!("warning: {}", one_line(warning)))
        .chain(sentences::mix(&contents).map(|mix| format!("warning: {mix}")))
        .map(|warning| (Role::Warning, warning))
        .chain(sentences::shortfalls(&contents).into_iter().map(|line| (Role::Bad, line)));
    for (role, note) in notes {
        lines.extend(wrapped(&note, width, "  ").into_iter().map(|line| Line::of(role, line)));
    }
    let seconds: f64 = contents.state.cohorts().map(|(_, cohort)| cohort.seconds).sum();
    let time = format!(
        "worker time {} (training of all workers together, without pauses); {}",
        duration(seconds),
        sentences::began(&contents)
    );
    lines.extend(wrapped(&time, width, "  ").into_iter().map(Line::text));
    let lines: Vec<String> = lines.iter().map(|line| line.rendered(paint, width)).collect();
    lines.join("\n") + "\n"
}

fn accuracy(contents: &Contents, task: Task, width: usize, lines: &mut Vec<Line>) {
    let majority =
        contents.majority(task).map(|share| format!(", {}", sentences::majority(contents, task, share)));
    let mut title = Line::of(Role::Heading, format!("{task} task"));
    title.push(Role::Text, format!(": test accuracy in %{}", majority.unwrap_or_default()));
    lines.push(title);
    let n = contents.seeds();
    let spread = if width >= COMFORTABLE && n > 1 { "mean ± standard deviation" } else { "mean" };
    let seeds = if n == 1 { "seed" } else { "seeds" };
    lines.push(Line::text(format!("  {spread} over {n} {seeds} at the best epoch")));
}

/// Columns of a table of models.
fn column(models: &[ModelId], width: usize) -> usize {
    let names = models.iter().map(|model| model.name().chars().count() + 2).max().unwrap_or(0);
    if width >= COMFORTABLE { 15 } else { 10 }.max(names)
}

/// As many models as fit beside each other.
fn beside(models: &[ModelId], width: usize) -> Vec<&[ModelId]> {
    models.chunks(((width - SIZES) / column(models, width)).max(1)).collect()
}

/// Rows are sizes, columns fusions.
fn table(contents: &Contents, task: Task, fusions: &[ModelId], width: usize, lines: &mut Vec<Line>) {
    let deviations = width >= COMFORTABLE;
    let column = column(fusions, width);
    let mut head = Line::text(format!("{:>SIZES$}", "train"));
    for &fusion in fusions {
        head.push(name_role(contents, fusion), format!("{:>column$}", format!("{fusion} ")));
    }
    lines.push(head);
    for &size in contents.sizes() {
        let mut line = Line::text(format!("{:>SIZES$}", count(size)));
        let best = best(contents, task, size);
        for &fusion in fusions {
            let cell = contents.cell(task, fusion, size);
            let role = cell.as_ref().map_or(Role::Text, |cell| role(cell, best == Some(fusion)));
            let text = cell.map_or_else(String::new, |cell| in_cell(&cell, deviations));
            line.push(role, format!("{text:>column$}"));
        }
        lines.push(line);
    }
    if contents.has_partial_values(task, fusions) {
        lines.push(Line::text(format!("  * from fewer than {} seeds", contents.seeds())));
    }
}

/// AUC and retained skill of each fusion at the largest size, where something was tested there.
fn at_largest(contents: &Contents, task: Task, lines: &mut Vec<Line>) {
    let size = contents.largest();
    let fusions: Vec<ModelId> = contents.fusions().iter().copied().chain(contents.baselines()).collect();
    let tested =
        |fusion: ModelId| contents.row(task, fusion, size).filter(|row| row.test_accuracy_mean.is_some());
    if !fusions.iter().any(|&fusion| tested(fusion).is_some()) {
        return;
    }
    let balanced = contents.is_unbalanced(task);
    let more = if balanced { "  balanced" } else { "" };
    let width = fusions.iter().map(|fusion| fusion.name().len()).max().unwrap_or(0).max(9);
    lines.push(Line::default());
    lines.push(Line::text(format!(
        "{:>width$}      AUC   retained: text   image    both{more}",
        format!("at {}", count(size))
    )));
    for row in fusions.into_iter().filter_map(tested) {
        let auc = share(row.auc_mean, "–");
        let [text, image, both] =
            Condition::PAPER.map(|condition| share(row.retained(condition, NoiseMean::Empirical), "–"));
        let more = match row.test_balanced_mean.filter(|_| balanced) {
            Some(mean) => format!("{:>10}", mean_std(mean, None, "")),
            None => String::new(),
        };
        let mut line = Line::of(name_role(contents, row.fusion), format!("{:>width$}", row.fusion.name()));
        line.push(Role::Text, format!("{auc:>9}{text:>17}{image:>8}{both:>8}{more}"));
        lines.push(line);
    }
}

/// Columns of a claim's name, beside its statement and verdict.
const CLAIM: usize = 7;

/// For each claim the paper's statement and this run's verdict, as many lines as they need.
fn findings(contents: &Contents, width: usize, lines: &mut Vec<Line>) {
    let claims = &contents.findings().claims;
    if claims.is_empty() {
        return;
    }
    lines.push(Line::of(Role::Heading, "the paper's claims"));
    for finding in claims {
        let role = match finding.verdict {
            Verdict::Supported => Role::Good,
            Verdict::Contradicted => Role::Bad,
            Verdict::Undecided | Verdict::DependsOnMeanShift => Role::Warning,
        };
        let room = width.saturating_sub(CLAIM);
        let statement = wrapped(finding.statement, room, "").into_iter().map(|text| (Role::Text, text));
        let verdict = wrapped(&finding.short_sentence(), room, "").into_iter().map(|text| (role, text));
        for (place, (role, text)) in statement.chain(verdict).enumerate() {
            let name = if place == 0 { format!("{:>5}  ", finding.id.name()) } else { " ".repeat(CLAIM) };
            let mut line = Line::text(name);
            line.push(role, text);
            lines.push(line);
        }
    }
    lines.push(Line::default());
}

fn name_role(contents: &Contents, fusion: ModelId) -> Role {
    if contents.fusions().contains(&fusion) { Role::Of(fusion) } else { Role::Faint }
}

fn role(cell: &Cell, is_best: bool) -> Role {
    match cell.status {
        _ if is_best => Role::Best,
        status if status == CohortStatus::Failed.name() || status == CohortStatus::Diverged.name() => {
            Role::Bad
        }
        status if status == CohortStatus::Stopped.name() => Role::Warning,
        _ => Role::Text,
    }
}

fn in_cell(cell: &Cell, deviations: bool) -> String {
    let Some((mean, std)) = cell.value else { return format!("{} ", cell.status) };
    let mark = if cell.whole { " " } else { "*" };
    mean_std(mean, std.filter(|_| deviations), " ± ") + mark
}
