//! `summary.md`: the summary to be read.

use super::cell::{Cell, count, duration, mean_std, percent, points, share};
use super::contents::Contents;
use super::text::markdown;
use super::words;
use crate::study::grid::{Condition, Task};
use crate::study::summary::SummaryRow;

/// Where there is no number.
const ABSENT: &str = "–";

pub(super) fn render(contents: &Contents) -> String {
    let mut lines = vec![format!("# {}", markdown(&contents.header.config.run.name)), String::new()];
    for warning in &contents.header.data.warnings {
        lines.extend([format!("> **Warning:** {}", markdown(warning)), String::new()]);
    }
    for &task in contents.tasks() {
        lines.extend([format!("## {} task", capitalised(task.name())), String::new()]);
        accuracy(contents, task, &mut lines);
        at_largest(contents, task, &mut lines);
    }
    best(contents, &mut lines);
    section("Not completed", &words::shortfalls(contents), &mut lines);
    section("What the numbers mean", &words::definitions(contents), &mut lines);
    section("Provenance", &words::provenance(contents), &mut lines);
    lines.pop();
    lines.join("\n") + "\n"
}

fn accuracy(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let majority = contents.majority(task).map(|share| format!("; {}", words::majority(share)));
    lines.push(format!(
        "Test accuracy in percent, mean ± standard deviation, n = {}{}.",
        contents.seeds(),
        majority.unwrap_or_default()
    ));
    lines.push(String::new());
    let names = contents.fusions().iter().map(|fusion| fusion.name().to_owned());
    table(&["train size".to_owned()].into_iter().chain(names).collect::<Vec<_>>(), lines);
    for &size in contents.sizes() {
        let cells = contents.fusions().iter().map(|&fusion| {
            let cell = contents.cell(task, fusion, size);
            cell.map_or_else(|| ABSENT.into(), |cell| in_cell(&cell))
        });
        lines.push(row(&[count(size)].into_iter().chain(cells).collect::<Vec<_>>()));
    }
    lines.push(String::new());
}

fn at_largest(contents: &Contents, task: Task, lines: &mut Vec<String>) {
    let size = contents.largest();
    let balanced = contents.is_unbalanced(task);
    lines.extend([format!("At train size {}:", count(size)), String::new()]);
    let mut names = vec!["fusion", "parameters", "validation", "test"];
    names.extend(balanced.then_some("balanced"));
    names.extend(["AUC", "retained text", "image", "both", "zero mean: text", "image", "both"]);
    names.extend(["to concat", "best epoch", "worker time"]);
    table(&names.into_iter().map(str::to_owned).collect::<Vec<_>>(), lines);
    for &fusion in contents.fusions() {
        if let Some(summary) = contents.row(task, fusion, size) {
            lines.push(row(&detail(summary, balanced)));
        }
    }
    lines.push(String::new());
}

fn detail(summary: &SummaryRow, balanced: bool) -> Vec<String> {
    let spread =
        |mean: Option<f64>, std| mean.map_or_else(|| ABSENT.into(), |mean| mean_std(mean, std, " ± "));
    let mut cells = vec![summary.fusion.name().into(), count(summary.parameters)];
    cells.push(spread(summary.val_accuracy_mean, summary.val_accuracy_std));
    cells.push(spread(summary.test_accuracy_mean, summary.test_accuracy_std));
    cells.extend(balanced.then(|| spread(summary.test_balanced_mean, summary.test_balanced_std)));
    let shares = [
        summary.auc_mean,
        summary.retained_text,
        summary.retained_image,
        summary.retained_both,
        summary.retained_zero_mean_text,
        summary.retained_zero_mean_image,
        summary.retained_zero_mean_both,
    ];
    cells.extend(shares.map(|value| share(value, ABSENT)));
    cells.push(match (summary.difference_to_concat, summary.difference_low, summary.difference_high) {
        (Some(mean), Some(low), Some(high)) => {
            format!("{} \\[{}, {}\\]", points(mean), points(low), points(high))
        }
        (Some(mean), ..) => points(mean),
        (None, ..) => ABSENT.into(),
    });
    cells.push(summary.best_epoch_median.map_or_else(|| ABSENT.into(), |epoch| epoch.to_string()));
    cells.push(duration(summary.seconds));
    cells
}

fn best(contents: &Contents, lines: &mut Vec<String>) {
    if contents.best.is_empty() {
        return;
    }
    lines.extend(["## Best single checkpoints".to_owned(), String::new()]);
    lines.extend([
        "The one trial of each fusion and task with the highest validation accuracy.".to_owned(),
        String::new(),
    ]);
    let names = ["task", "fusion", "train size", "seed", "validation", "test"];
    let conditions = ["retained text", "image", "both"];
    table(&names.iter().chain(&conditions).map(|name| (*name).to_owned()).collect::<Vec<_>>(), lines);
    for best in &contents.best {
        let retained = Condition::ALL.map(|on| share(best.retained.get(&on).copied().flatten(), ABSENT));
        let cells = [
            best.cohort.task.name().to_owned(),
            best.cohort.fusion.name().to_owned(),
            count(best.cohort.train_size),
            best.seed.0.to_string(),
            percent(best.val_accuracy),
            percent(best.test_accuracy),
        ];
        lines.push(row(&cells.into_iter().chain(retained).collect::<Vec<_>>()));
    }
    lines.push(String::new());
}

fn section(title: &str, items: &[String], lines: &mut Vec<String>) {
    if items.is_empty() {
        return;
    }
    lines.extend([format!("## {title}"), String::new()]);
    lines.extend(items.iter().map(|item| format!("- {}", markdown(item))));
    lines.push(String::new());
}

fn table(names: &[String], lines: &mut Vec<String>) {
    let rule: Vec<String> = names.iter().map(|_| "---:".to_owned()).collect();
    lines.extend([row(names), row(&rule)]);
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn in_cell(cell: &Cell) -> String {
    match cell.value {
        None => cell.status.into(),
        Some((mean, std)) if cell.whole => mean_std(mean, std, " ± "),
        Some((mean, std)) => {
            format!("{} (n = {}, {})", mean_std(mean, std, " ± "), cell.seeds, cell.status)
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
