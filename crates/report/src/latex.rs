//! `summary.tex`: one booktabs table for each task, to be `\input` into a paper.

use std::fmt::Write;

use super::best::best;
use super::cell::{count, share};
use super::contents::Contents;
use super::float::{ABSENT, Float, Span, in_cell, table, thousands};
use super::sentences;
use super::text::latex;
use study::claims::{Bound, Finding};
use study::event::NoiseMean;
use study::format::probability;
use study::grid::{Condition, Task};
use study::model::ModelId;

pub(super) fn render(contents: &Contents) -> String {
    let mut lines = head(contents, r"Needs \usepackage{booktabs} and UTF-8.");
    for &task in contents.tasks() {
        let (fusions, baselines) = (contents.fusions(), contents.baselines());
        accuracy(contents, task, fusions, "accuracy", &mut lines);
        if !baselines.is_empty() {
            accuracy(contents, task, &baselines, "baselines", &mut lines);
        }
        at_largest(contents, task, &mut lines);
    }
    findings(contents, Span::Column, &mut lines);
    lines.join("\n") + "\n"
}

/// Comments over a file of tables or figures: what it needs, and what made it.
pub(super) fn head(contents: &Contents, needs: &str) -> Vec<String> {
    let made = format!("% Made by superfuse-tui. {needs}");
    // A comment has no commands: its few signs beyond ASCII are written around.
    let provenance =
        sentences::provenance(contents).into_iter().map(|line| format!("% {}", line.replace(" · ", ", ")));
    [made].into_iter().chain(provenance).collect()
}

fn accuracy(contents: &Contents, task: Task, fusions: &[ModelId], label: &str, lines: &mut Vec<String>) {
    let majority =
        contents.majority(task).map(|share| format!("; {}", sentences::majority(contents, task, share)));
    let mut caption = format!(
        "{}, {task} task{}: test accuracy in percent at the best epoch, mean ± sample standard deviation \
         (n − 1) over {} seeds{}.",
        contents.header.data.name,
        if label == "baselines" { ", baselines" } else { "" },
        contents.seeds(),
        majority.unwrap_or_default(),
    );
    if let Some(size) = contents.whole_split() {
        let _ = write!(
            caption,
            " At {} rows the deviation is {}.",
            count(size),
            contents.sampling().at_whole_split_in_short()
        );
    }
    caption.extend(sentences::projection(contents).map(|sentence| format!(" {sentence}")));
    let mut is_bold = false;
    let body: Vec<Vec<String>> = contents
        .sizes()
        .iter()
        .map(|&size| {
            let best = best(contents, task, size).filter(|best| fusions.contains(best));
            is_bold |= best.is_some();
            let cells = fusions.iter().map(|&fusion| {
                let cell = contents.cell(task, fusion, size);
                cell.map_or_else(|| ABSENT.into(), |cell| in_cell(&cell, best == Some(fusion)))
            });
            [thousands(size)].into_iter().chain(cells).collect()
        })
        .collect();
    if is_bold {
        caption += " Bold: better than each other of the paper's fusions, paired test over seeds, p < 0.05, adjusted \
                    over sizes and pairs.";
    }
    let mut caption = latex(&caption);
    if contents.has_partial_values(task, fusions) {
        caption += " $^{*}$From fewer seeds.";
    }
    let names = fusions.iter().map(|fusion| latex(fusion.name()));
    let head: Vec<String> = ["Rows".to_owned()].into_iter().chain(names).collect();
    let columns = "r".repeat(head.len());
    let label = format!("tab:{task}-{label}");
    // Names such as `logistic-product` are longer than any number.
    let size = if fusions.len() > 4 { r"\small\setlength{\tabcolsep}{3pt}" } else { "" };
    table(
        &Float { caption, label: &label, columns: &columns, size, span: Span::Column },
        &head,
        &body,
        lines,
    );
}

fn at_largest(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let size = contents.largest();
    let caption = format!(
        "{}, {task} task at {} rows: area under the ROC curve and retained skill under noise with the \
         modality's own mean, means over seeds.{}",
        contents.header.data.name,
        count(size),
        sentences::projection(contents).map(|sentence| format!(" {sentence}")).unwrap_or_default()
    );
    let head = ["Model", "AUC", "Text", "Image", "Both"].map(str::to_owned);
    let fusions = contents.fusions().iter().copied().chain(contents.baselines());
    let rows = fusions.filter_map(|fusion| contents.row(task, fusion, size));
    let body = rows.map(|row| {
        let retained = Condition::PAPER.map(|condition| row.retained(condition, NoiseMean::Empirical));
        let cells = [row.auc_mean].into_iter().chain(retained).map(|value| latex(&share(value, ABSENT)));
        [latex(row.fusion.name())].into_iter().chain(cells).collect()
    });
    let body: Vec<Vec<String>> = body.collect();
    let (caption, label) = (latex(&caption), format!("tab:{task}-robustness"));
    table(
        &Float { caption, label: &label, columns: "lrrrr", size: "", span: Span::Column },
        &head,
        &body,
        lines,
    );
}

/// The claims with their deciding effects, in two tables, since one would be higher than a page; the other
/// effects are in `summary.json`.
pub(super) fn findings(contents: &Contents, span: Span, lines: &mut Vec<String>) {
    let mut label = "tab:findings";
    for claims in contents.findings().claims.chunks(6) {
        let caption = format!(
            "{}: the paper's claims, and the effects that decide them. {}",
            contents.header.data.name,
            super::verdicts::legend_of_deciding(contents)
        );
        let head = ["Effect", "Claimed", "Value", "Over seeds", "And rows", r"$p$ (Holm)"].map(str::to_owned);
        let body: Vec<Vec<String>> = claims.iter().flat_map(of_claim).collect();
        let columns = r"p{0.27\linewidth}rrrrr";
        let caption = latex(&caption);
        table(
            &Float { caption, label, columns, size: r"\scriptsize\setlength{\tabcolsep}{3pt}", span },
            &head,
            &body,
            lines,
        );
        label = "tab:findings-continued";
    }
}

/// A line for the claim, and one for each effect that decides it.
fn of_claim(finding: &Finding) -> Vec<Vec<String>> {
    let claim = format!(
        r"\multicolumn{{6}}{{p{{0.9\linewidth}}}}{{\textbf{{{}}} {}: \emph{{{}}}}}",
        finding.id.name(),
        latex(finding.statement),
        latex(&finding.short_sentence())
    );
    let deciding = finding.effects.iter().filter(|effect| effect.bound != Bound::None);
    let effects = deciding.map(|effect| {
        let ends =
            |ends: Option<_>| ends.map_or_else(|| ABSENT.into(), |ends| latex(&effect.unit.interval(ends)));
        vec![
            format!(r"\raggedright\hangindent=2em\quad {}", latex(&effect.name)),
            effect.bound.condition(effect.unit).map_or_else(|| ABSENT.into(), |bound| latex(&bound)),
            latex(&effect.unit.quantity(effect.value)),
            ends(effect.over_seeds),
            ends(effect.over_seeds_and_rows),
            effect.p_holm.map_or_else(|| ABSENT.into(), |p| latex(&probability(p))),
        ]
    });
    [vec![claim]].into_iter().chain(effects).collect()
}
