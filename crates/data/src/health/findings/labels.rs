//! Findings about labels: balance, few rows, leaks, and what a linear model already does.

use study::config::{Config, SizeRule, Sizes};
use study::grid::Task;

use super::super::{BestColumn, Health, Verdict};
use super::{Finding, Level};

/// Accuracy of a single column, above which it holds the label.
const LEAK: f64 = 0.99;
/// It also makes at most this share of the majority class's mistakes.
const LEAK_MISTAKES: f64 = 0.1;
/// Rows of the rarest class that the smallest train size should have.
const FEW_ROWS: f64 = 2.0;
/// Rows of it that the size in the advice has.
const ENOUGH_ROWS: f64 = 4.0;
/// Standard error of an accuracy, above which it is told of.
const LARGE_ERROR: f64 = 0.02;
/// A share of test rows that still leaves enough for training.
const MOST_TEST: f64 = 0.4;
/// Accuracy above which fusions can hardly differ.
const CEILING: f64 = 0.99;

pub(super) fn of(health: &Health, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if config.sweep.tasks.contains(&Task::Real) {
        if health.labels.classes.is_empty() {
            findings.push(Finding::new(
                Level::Problem,
                "there is no usable label",
                "set data.label = COLUMN",
            ));
        } else {
            findings.extend(imbalance(health, config));
            findings.extend(absent(health));
            findings.extend(few_rows(health, config));
            findings.extend(leaks(health));
            findings.extend(linear(health));
        }
    }
    if config.sweep.tasks.contains(&Task::Synthetic) {
        findings.extend(synthetic(health, config));
    }
    findings.extend(few_test_rows(health, config));
    findings
}

fn imbalance(health: &Health, config: &Config) -> Option<Finding> {
    let share = health.labels.majority_share.train;
    let name = &health.labels.largest()?.name;
    let what = format!("class `{name}` has {:.1} % of the training rows", share * 100.0);
    let read = "read balanced accuracy beside accuracy";
    match Verdict::of(share) {
        _ if health.labels.rows.train == 0 => None,
        Verdict::Fine => None,
        _ if share >= 1.0 => {
            let fix = "change data.label or data.positive: with one class there is nothing to learn";
            Some(Finding::new(Level::Problem, what, fix))
        }
        Verdict::Refused if !config.synthetic.allow_imbalance => {
            let fix = format!("set synthetic.allow_imbalance = true and {read}, or change data.positive");
            Some(Finding::new(Level::Problem, what, fix))
        }
        Verdict::Warned | Verdict::Refused => Some(Finding::new(Level::Warning, what, read)),
    }
}

/// Classes that a part does not have.
fn absent(health: &Health) -> Vec<Finding> {
    let lists = |in_train: bool| -> Vec<String> {
        let is_absent = |rows: &super::super::Parts<usize>| {
            if in_train {
                rows.train == 0 && rows.validation + rows.test > 0
            } else {
                rows.train > 0 && rows.test == 0
            }
        };
        let absent = health.labels.classes.iter().filter(|class| is_absent(&class.rows));
        absent.map(|class| format!("`{}`", class.name)).collect()
    };
    let fix =
        "leave these classes out (data.positive and data.negative), or draw another split (data.split_seed)";
    [("training", lists(true)), ("test", lists(false))]
        .into_iter()
        .filter(|(_, classes)| !classes.is_empty())
        .map(|(part, classes)| {
            let listed = super::super::super::error::listed(&classes);
            Finding::new(Level::Warning, format!("the {part} part has no row of class {listed}"), fix)
        })
        .collect()
}

fn few_rows(health: &Health, config: &Config) -> Option<Finding> {
    let train = health.labels.rows.train;
    let sizes = config.sweep.sizes.resolve(config.sweep.smallest, train).ok()?;
    let (smallest, rarest) = (*sizes.first()?, health.labels.rarest()?);
    let share = rarest.rows.train as f64 / train as f64;
    let expected = smallest as f64 * share;
    if expected >= FEW_ROWS {
        return None;
    }
    let what = format!(
        "at train size {smallest}, class `{}` has {expected:.1} rows in the mean ({} of {train} in all)",
        rarest.name, rarest.rows.train
    );
    let enough = ((ENOUGH_ROWS / share).ceil() as usize).next_power_of_two();
    let fix = match config.sweep.sizes {
        _ if enough > train => "join rare classes with data.positive, or leave them out".to_owned(),
        Sizes::Rule(SizeRule::Doubling) => format!("set sweep.smallest = {enough}"),
        Sizes::List(_) => format!("begin sweep.sizes with {enough}"),
    };
    Some(Finding::new(Level::Warning, what, fix))
}

fn leaks(health: &Health) -> Vec<Finding> {
    let mistakes = 1.0 - health.labels.majority_share.train;
    let is_leak = |best: &BestColumn| best.accuracy > LEAK && 1.0 - best.accuracy <= LEAK_MISTAKES * mistakes;
    [("text", health.best_text_column), ("image", health.best_image_column)]
        .into_iter()
        .filter_map(|(name, best)| Some((name, best.filter(is_leak)?)))
        .map(|(name, BestColumn { column, accuracy, .. })| {
            let what = format!(
                "column {column} of {name} (counted from 0) alone tells the class of {:.1} % of rows: it may hold the label",
                accuracy * 100.0
            );
            Finding::new(Level::Problem, what, "find out what it is; leave it out if it was made from the label")
        })
        .collect()
}

/// What logistic regression says of the task.
fn linear(health: &Health) -> Option<Finding> {
    let baselines = &health.baselines;
    let accuracy = |input| baselines.of_input(input).map(|baseline| baseline.accuracy);
    let (text, image, both) = (accuracy("text")?, accuracy("image")?, accuracy("both")?);
    let (single, name) = if text >= image { (text, "text") } else { (image, "image") };
    let error = standard_error(both.max(single), baselines.test_rows);
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let best = both.max(single);
    if best <= baselines.majority_accuracy + 2.0 * error {
        let what = format!(
            "logistic regression has {} %, the largest class {} %: no linear model sees the label",
            percent(best),
            percent(baselines.majority_accuracy)
        );
        let fix =
            "check that table and arrays have one order (data.key), and that data.label is the right column";
        return Some(Finding::new(Level::Warning, what, fix));
    }
    if single >= CEILING {
        let what = format!("logistic regression on {name} alone has {} %", percent(single));
        let fix =
            "no fusion can gain on it; choose a harder label (data.label), or read the small train sizes";
        return Some(Finding::new(Level::Note, what, fix));
    }
    (both <= single + error).then(|| {
        let what = format!(
            "with both modalities logistic regression has {} %, with {name} alone {} % (standard error {})",
            percent(both),
            percent(single),
            percent(error)
        );
        let fix = "expect small differences of fusions; \"synthetic\" in sweep.tasks has an interaction by construction";
        Finding::new(Level::Note, what, fix)
    })
}

fn synthetic(health: &Health, config: &Config) -> Option<Finding> {
    let configured = health.synthetic.iter().find(|balance| balance.is_configured)?;
    let (label, share) = (configured.label?, configured.majority_share.train);
    let what = format!(
        "with synthetic.label = \"{label}\", {:.1} % of the training rows are in one class of the synthetic task",
        share * 100.0
    );
    let fix = if label == "median" {
        "too many rows have the same dot product: leave \"synthetic\" out of sweep.tasks"
    } else {
        "set synthetic.label = \"median\""
    };
    let is_allowed = config.synthetic.allow_imbalance && share < 1.0;
    match configured.verdict {
        Verdict::Fine => None,
        Verdict::Refused if !is_allowed => Some(Finding::new(Level::Problem, what, fix)),
        Verdict::Warned | Verdict::Refused => Some(Finding::new(Level::Warning, what, fix)),
    }
}

fn few_test_rows(health: &Health, config: &Config) -> Option<Finding> {
    let rows = health.labels.rows;
    let (all, test) = (rows.train + rows.validation + rows.test, rows.test);
    let accuracy = health.baselines.of_input("both").map_or(0.5, |baseline| baseline.accuracy);
    let error = standard_error(accuracy, test);
    if test == 0 || error <= LARGE_ERROR {
        return None;
    }
    let what = format!(
        "with {test} test rows, an accuracy of {:.0} % has a standard error of {:.1} points",
        accuracy * 100.0,
        error * 100.0
    );
    let share = accuracy * (1.0 - accuracy) / LARGE_ERROR.powi(2) / all as f64;
    let share = (share * 20.0).ceil() / 20.0;
    let several = "set data.split_seeds = 5 to test on several splits";
    let fix = if config.data.split != "random" {
        format!("take more test rows, or set data.split = \"random\" and {several}")
    } else if share <= MOST_TEST {
        format!("set data.test = {share:.2}, or {several}")
    } else {
        several.to_owned()
    };
    Some(Finding::new(Level::Warning, what, fix))
}

/// Of an accuracy on so many rows.
fn standard_error(accuracy: f64, rows: usize) -> f64 {
    (accuracy * (1.0 - accuracy) / rows.max(1) as f64).sqrt()
}
