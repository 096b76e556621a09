//! The summary's tables, for Markdown and HTML: accuracy by size, the largest size in full, the best
//! checkpoints.

use super::best::best;
use super::cell::{Cell, count, duration, mean_std, percent, points, share};
use super::contents::Contents;
use super::grid::{Entry, Grid};
use study::event::{NoiseMean, TaskFacts};
use study::format::fixed;
use study::grid::{Condition, Task};
use study::model::ModelId;
use study::summary::SummaryRow;

/// Where there is no number.
pub(super) const ABSENT: &str = "–";

/// Test accuracy of `fusions`: a row for each size, a column for each fusion.
pub(super) fn accuracy(contents: &Contents, task: Task, fusions: &[ModelId]) -> Grid {
    let names = ["train size".to_owned()].into_iter().chain(fusions.iter().map(ModelId::to_string));
    let row = |&size: &usize| {
        let best = best(contents, task, size);
        let cells = fusions.iter().map(|&fusion| {
            let text = contents.cell(task, fusion, size).map_or_else(|| ABSENT.into(), |cell| in_cell(&cell));
            Entry { text, is_best: best == Some(fusion) }
        });
        [Entry::from(count(size))].into_iter().chain(cells).collect()
    };
    Grid { names: names.collect(), rows: contents.sizes().iter().map(row).collect() }
}

/// Everything about the largest size: a row for each fusion, the baselines last.
pub(super) fn at_largest(contents: &Contents, task: Task) -> Grid {
    let balanced = contents.is_unbalanced(task);
    let mut names = ["fusion", "parameters", "validation", "test"].map(str::to_owned).to_vec();
    names.extend(balanced.then(|| "balanced".to_owned()));
    let many = contents.many_classes(task).is_some();
    names.extend(many.then(|| "macro F1".to_owned()));
    names.push("AUC".into());
    names.extend(under_noise("retained ", contents));
    names.extend(under_noise("zero mean: ", contents));
    names.extend(["to concat", "best epoch", "worker time"].map(str::to_owned));
    let rows = contents.fusions().iter().copied().chain(contents.baselines());
    let rows = rows.filter_map(|fusion| contents.row(task, fusion, contents.largest()));
    let rows = rows.map(|row| detail(row, balanced, many).into_iter().map(Entry::from).collect());
    Grid { names, rows: rows.collect() }
}

/// The labels of each task; without rows where nothing is known of a score.
pub(super) fn tasks(contents: &Contents) -> Grid {
    let data = &contents.header.data;
    let of_task = |facts: &TaskFacts| {
        [
            facts.task.to_string(),
            percent(facts.majority_share.test),
            facts.additive.map_or_else(|| ABSENT.into(), |additive| fixed(additive, 2)),
            data.draws_of(facts.task).to_string(),
        ]
    };
    let known = data.tasks.iter().filter(|_| contents.has_scores());
    Grid::new(["task", "majority class", "additive R²", "draws of labels"], known.map(of_task))
}

/// The one trial of each fusion and task with the highest validation accuracy.
pub(super) fn best_checkpoints(contents: &Contents) -> Grid {
    let mut names =
        ["task", "fusion", "train size", "seed", "validation", "test"].map(str::to_owned).to_vec();
    let has_rates = !contents.header.sweep.rates.is_empty();
    if has_rates {
        names.insert(2, "learning rate".to_owned());
    }
    names.extend(under_noise("retained ", contents));
    let row = |best: &study::summary::BestCheckpoint| {
        let retained = conditions(contents)
            .into_iter()
            .map(|on| share(best.retained.get(&on).copied().flatten(), ABSENT));
        let cohort = best.cohort;
        let rate = || {
            let rate = contents.header.config.learning_rate(cohort.fusion);
            rate.map_or_else(|| ABSENT.into(), |rate| rate.to_string())
        };
        let place = [cohort.task.to_string(), cohort.fusion.name().to_owned()];
        let cells = [
            count(cohort.train_size),
            best.seed.0.to_string(),
            percent(best.val_accuracy),
            percent(best.test_accuracy),
        ];
        let place = place.into_iter().chain(has_rates.then(rate));
        place.chain(cells).chain(retained).map(Entry::from).collect()
    };
    Grid { names, rows: contents.best.iter().map(row).collect() }
}

fn conditions(contents: &Contents) -> Vec<Condition> {
    Condition::tabled(&contents.header.config.noise.conditions)
}

/// A name for each condition, `what` before the first.
fn under_noise(what: &str, contents: &Contents) -> Vec<String> {
    let mut names: Vec<String> = conditions(contents).iter().map(Condition::to_string).collect();
    names[0].insert_str(0, what);
    names
}

fn detail(summary: &SummaryRow, balanced: bool, many: bool) -> Vec<String> {
    let spread =
        |mean: Option<f64>, std| mean.map_or_else(|| ABSENT.into(), |mean| mean_std(mean, std, " ± "));
    let mut cells =
        vec![summary.fusion.name().into(), summary.parameters.map_or_else(|| ABSENT.into(), count)];
    cells.push(spread(summary.val_accuracy_mean, summary.val_accuracy_std));
    cells.push(spread(summary.test_accuracy_mean, summary.test_accuracy_std));
    cells.extend(balanced.then(|| spread(summary.test_balanced_mean, summary.test_balanced_std)));
    cells.extend(many.then(|| share(summary.macro_f1_mean, ABSENT)));
    let means = [NoiseMean::Empirical, NoiseMean::Zero].into_iter();
    let retained = means
        .flat_map(|mean| summary.conditions.iter().map(move |&condition| summary.retained(condition, mean)));
    cells.extend([summary.auc_mean].into_iter().chain(retained).map(|value| share(value, ABSENT)));
    cells.push(match (summary.difference_to_concat, summary.difference_low, summary.difference_high) {
        (Some(mean), Some(low), Some(high)) => {
            format!("{} [{}, {}]", points(mean), points(low), points(high))
        }
        (Some(mean), ..) => points(mean),
        (None, ..) => ABSENT.into(),
    });
    cells.push(summary.best_epoch_median.map_or_else(|| ABSENT.into(), |epoch| epoch.to_string()));
    cells.push(duration(summary.seconds));
    cells
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
