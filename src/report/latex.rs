//! `summary.tex`: one booktabs table for each task, to be `\input` into a paper.

use std::fmt::Write;

use super::cell::{Cell, count, mean_std, share};
use super::contents::Contents;
use super::text::latex;
use super::words;
use crate::study::grid::Task;

/// Where there is no number.
const ABSENT: &str = "--";

pub(super) fn render(contents: &Contents) -> String {
    let mut lines = vec![
        r"% Made by superfuse-tui. Needs \usepackage{booktabs}, UTF-8 and \usepackage[T1]{fontenc}."
            .to_owned(),
    ];
    lines.extend(words::provenance(contents).iter().map(|line| format!("% {line}")));
    for &task in contents.tasks() {
        lines.push(String::new());
        accuracy(contents, task, &mut lines);
        lines.push(String::new());
        at_largest(contents, task, &mut lines);
    }
    lines.join("\n") + "\n"
}

fn accuracy(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let majority = contents.majority(task).map(|share| format!("; {}", words::majority(share)));
    let mut caption = format!(
        "{}, {task} task: test accuracy in percent at the best epoch, mean ± sample standard deviation \
         (n − 1) over {} seeds{}.",
        contents.header.data.name,
        contents.seeds(),
        majority.unwrap_or_default(),
    );
    if let Some(size) = contents.whole_split() {
        let _ = write!(caption, " At {} rows the deviation is optimisation noise only.", count(size));
    }
    let mut caption = latex(&caption);
    if contents.has_partial_values(task) {
        caption += " $^{*}$From fewer seeds.";
    }
    let names = contents.fusions().iter().map(|fusion| fusion.name().to_owned());
    let body = contents.sizes().iter().map(|&size| {
        let cells = contents.fusions().iter().map(|&fusion| {
            let cell = contents.cell(task, fusion, size);
            cell.map_or_else(|| ABSENT.into(), |cell| in_cell(&cell))
        });
        [thousands(size)].into_iter().chain(cells).collect()
    });
    let head: Vec<String> = ["Rows".to_owned()].into_iter().chain(names).collect();
    let body: Vec<Vec<String>> = body.collect();
    table(&caption, &format!("tab:{task}-accuracy"), &head, &body, lines);
}

fn at_largest(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let size = contents.largest();
    let caption = format!(
        "{}, {task} task at {} rows: area under the ROC curve and retained skill under noise with the \
         modality's own mean, means over seeds.",
        contents.header.data.name,
        count(size)
    );
    let head = ["Fusion", "AUC", "Text", "Image", "Both"].map(str::to_owned);
    let rows = contents.fusions().iter().filter_map(|&fusion| contents.row(task, fusion, size));
    let body = rows.map(|row| {
        let shares = [row.auc_mean, row.retained_text, row.retained_image, row.retained_both];
        let cells = shares.map(|value| share(value, ABSENT));
        [row.fusion.name().to_owned()].into_iter().chain(cells).collect()
    });
    let body: Vec<Vec<String>> = body.collect();
    table(&latex(&caption), &format!("tab:{task}-robustness"), &head, &body, lines);
}

fn table(caption: &str, label: &str, head: &[String], body: &[Vec<String>], lines: &mut Vec<String>) {
    let columns = "r".repeat(head.len());
    lines.extend([r"\begin{table}".to_owned(), r"  \centering".to_owned()]);
    lines.extend([format!(r"  \caption{{{caption}}}"), format!(r"  \label{{{label}}}")]);
    lines.extend([format!(r"  \begin{{tabular}}{{{columns}}}"), r"    \toprule".to_owned()]);
    lines.push(row(head));
    lines.push(r"    \midrule".to_owned());
    lines.extend(body.iter().map(|cells| row(cells)));
    lines.extend([r"    \bottomrule", r"  \end{tabular}", r"\end{table}"].map(str::to_owned));
}

fn row(cells: &[String]) -> String {
    format!(r"    {} \\", cells.join(" & "))
}

fn in_cell(cell: &Cell) -> String {
    let Some((mean, std)) = cell.value else { return format!(r"\emph{{{}}}", cell.status) };
    let mark = if cell.whole { "" } else { "^{*}" };
    format!("${}{mark}$", mean_std(mean, std, r" \pm "))
}

/// `4{,}200`: a comma that is no punctuation.
fn thousands(number: usize) -> String {
    count(number).replace(',', "{,}")
}
