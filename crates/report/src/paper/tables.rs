//! `tables.tex`: the accuracies, what is retained under noise, and the findings, for a text of one column or two.

use std::ops::Range;

use super::super::best::best;
use super::super::cell::{Cell, share};
use super::super::contents::Contents;
use super::super::float::{ABSENT, Float, Span, in_cell, table, thousands};
use super::super::split::Split;
use super::super::text::latex;
use super::super::{latex as summary, sentences};
use super::captions;
use study::event::NoiseMean;
use study::grid::{Condition, Task};
use study::model::ModelId;
use study::summary::SummaryRow;

/// Points of a page's width in `\small` that are not margins, of a letter of a name, of an accuracy, and of a share.
const PAGE: usize = 480;
const LETTER: usize = 5;
const ACCURACY: usize = 50;
const SHARE: usize = 32;
/// The same of a column.
const COLUMN: usize = 232;
/// Lines of a table that fit on a page beside its caption.
const LINES: usize = 40;
const SMALL: &str = r"\smallskip\small\setlength{\tabcolsep}{3pt}";

pub(super) fn render(contents: &Contents, split: Split) -> String {
    let mut lines = summary::head(contents, r"Needs \usepackage{booktabs} and UTF-8.");
    accuracies(contents, split, &mut lines);
    robustness(contents, &mut lines);
    summary::findings(contents, Span::Page, &mut lines);
    lines.join("\n") + "\n"
}

/// A line for each model, a column for each size; the sizes in several tables where they are too many for a page.
fn accuracies(contents: &Contents, split: Split, lines: &mut Vec<String>) {
    let fit = (PAGE.saturating_sub(names(contents)) / ACCURACY).max(1);
    let pieces = even(contents.sizes().len(), fit).into_iter();
    let pieces =
        pieces.flat_map(|sizes| blocks(contents).into_iter().map(move |block| (sizes.clone(), block)));
    for (index, (sizes, block)) in pieces.enumerate() {
        let sizes = &contents.sizes()[sizes];
        let (mut is_bold, mut is_partial) = (false, false);
        let mut cell = |task, model, size| {
            let Some(row) = contents.row(task, model, size) else { return ABSENT.into() };
            // The paired test is of accuracy on test rows.
            let is_best = split == Split::Test && best(contents, task, size) == Some(model);
            let cell = Cell::of_split(row, contents.seeds(), split);
            is_bold |= is_best;
            is_partial |= cell.value.is_some() && !cell.whole;
            in_cell(&cell, is_best)
        };
        let of_model = |task, model: ModelId| -> Vec<String> {
            let cells = sizes.iter().map(|&size| cell(task, model, size));
            [latex(model.name())].into_iter().chain(cells).collect()
        };
        let body = body(contents, &block, 1 + sizes.len(), split, of_model);
        let mut caption = captions::over_accuracies(contents, split);
        if is_bold {
            caption = format!("{caption} {}", captions::BOLD);
        }
        let mut caption = latex(&caption);
        if is_partial {
            caption += " $^{*}$From fewer seeds.";
        }
        let width = names(contents) + sizes.len() * ACCURACY;
        let head: Vec<String> =
            ["Model".to_owned()].into_iter().chain(sizes.iter().map(|&size| thousands(size))).collect();
        put((caption, "accuracy", index), width, &head, &body, lines);
    }
}

fn robustness(contents: &Contents, lines: &mut Vec<String>) {
    let conditions = Condition::tabled(&contents.header.config.noise.conditions);
    let caption = latex(&captions::over_robustness(contents, &conditions));
    let head: Vec<String> = ["Model".to_owned(), "AUC".to_owned()]
        .into_iter()
        .chain(conditions.iter().map(|condition| latex(&sentences::capitalised(condition.name()))))
        .collect();
    let in_row = |row: &SummaryRow| {
        let retained = conditions.iter().map(|&condition| row.retained(condition, NoiseMean::Empirical));
        let cells: Vec<String> =
            [row.auc_mean].into_iter().chain(retained).map(|value| latex(&share(value, ABSENT))).collect();
        cells
    };
    for (index, block) in blocks(contents).into_iter().enumerate() {
        let of_model = |task, model: ModelId| -> Vec<String> {
            let cells = contents
                .row(task, model, contents.largest())
                .map_or_else(|| vec![ABSENT.to_owned(); 1 + conditions.len()], in_row);
            [latex(model.name())].into_iter().chain(cells).collect()
        };
        let body = body(contents, &block, head.len(), Split::Test, of_model);
        let width = names(contents) + (head.len() - 1) * SHARE;
        put((caption.clone(), "robustness", index), width, &head, &body, lines);
    }
}

/// A table in a column where it fits, else across the page. Of several with one label the first has it as it is.
fn put(
    (caption, label, index): (String, &str, usize),
    width: usize,
    head: &[String],
    body: &[Vec<String>],
    lines: &mut Vec<String>,
) {
    let label = if index == 0 { format!("tab:{label}") } else { format!("tab:{label}-{}", index + 1) };
    let columns = format!("l{}", "r".repeat(head.len() - 1));
    let span = if width <= COLUMN { Span::Column } else { Span::Page };
    table(&Float { caption, label: &label, columns: &columns, size: SMALL, span }, head, body, lines);
}

/// A line over each task's models, which says what its majority class is.
fn body(
    contents: &Contents,
    block: &[(Task, Vec<ModelId>)],
    columns: usize,
    split: Split,
    mut of_model: impl FnMut(Task, ModelId) -> Vec<String>,
) -> Vec<Vec<String>> {
    let mut body: Vec<Vec<String>> = Vec::new();
    for (task, models) in block {
        let majority = contents.majority_of(*task, split);
        let majority = majority.map(|share| format!(" ({})", sentences::majority(contents, *task, share)));
        let name = latex(&format!("{task}{}", majority.unwrap_or_default()));
        let rule = if body.is_empty() { "" } else { r"\addlinespace " };
        body.push(vec![format!(r"{rule}\multicolumn{{{columns}}}{{l}}{{\emph{{{name}}}}}")]);
        body.extend(models.iter().map(|&model| of_model(*task, model)));
    }
    body
}

/// The tasks' models in as many tables as it takes to fit each on a page.
fn blocks(contents: &Contents) -> Vec<Vec<(Task, Vec<ModelId>)>> {
    let models = [contents.fusions(), &contents.baselines()].concat();
    let mut blocks: Vec<Vec<(Task, Vec<ModelId>)>> = Vec::new();
    let mut used = LINES;
    for &task in contents.tasks() {
        for part in even(models.len(), LINES - 1) {
            let part = models[part].to_vec();
            if used + 1 + part.len() > LINES {
                blocks.push(Vec::new());
                used = 0;
            }
            used += 1 + part.len();
            if let Some(block) = blocks.last_mut() {
                block.push((task, part));
            }
        }
    }
    blocks
}

/// `count` things in as few parts of at most `most` as there can be, about equally many in each.
fn even(count: usize, most: usize) -> Vec<Range<usize>> {
    let parts = count.div_ceil(most).max(1);
    (0..parts).map(|part| count * part / parts..count * (part + 1) / parts).collect()
}

/// Points of the column of names.
fn names(contents: &Contents) -> usize {
    let models = contents.fusions().iter().copied().chain(contents.baselines());
    models.map(|model| model.name().chars().count()).max().unwrap_or(0) * LETTER
}
