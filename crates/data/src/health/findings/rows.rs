//! Findings about rows: no numbers, missing halves, copies.

use study::config::{Config, Missing};

use super::super::super::repeats::SEEN;
use super::super::{Health, ModalityHealth};
use super::{Finding, Level};

/// Above this share of rows, copies within a modality are told of.
const MANY_COPIES: f64 = 0.01;

pub(super) fn of(health: &Health, config: &Config) -> Vec<Finding> {
    let modalities = [("text", &health.text), ("image", &health.image)];
    let mut findings = Vec::new();
    if health.text.rows != health.image.rows {
        let what = format!("text has {} rows and image {}", health.text.rows, health.image.rows);
        findings.push(Finding::new(Level::Problem, what, "give both the same rows in the same order"));
    }
    findings.extend(modalities.iter().filter_map(|(name, modality)| broken(name, modality)));
    findings.extend(modalities.iter().filter_map(|(name, modality)| missing(name, modality, config)));
    findings.extend(across_parts(health, config));
    findings.extend(modalities.iter().filter_map(|(name, modality)| copies(name, modality)));
    findings
}

fn broken(name: &str, modality: &ModalityHealth) -> Option<Finding> {
    let first = modality.first_broken_row?;
    let what = format!(
        "{} rows of {name} hold {} NaN and {} infinite values; the first is row {first} (counted from 0)",
        modality.broken_rows, modality.nan_values, modality.infinite_values
    );
    Some(Finding::new(Level::Problem, what, "compute these rows anew, or take them out everywhere"))
}

fn missing(name: &str, modality: &ModalityHealth, config: &Config) -> Option<Finding> {
    let first = modality.first_missing_row?;
    let what = format!(
        "the {name} of {} of {} rows is missing ({} rows of zeros, {} of NaN); the first is row {first} (counted from 0)",
        modality.missing_rows(),
        modality.rows,
        modality.zero_rows,
        modality.all_nan_rows
    );
    let fix = "set data.missing = \"drop\" to leave them out, or \"mean\" to put the training rows' mean in their place";
    let is_settled = config.data.missing != Missing::Refuse;
    let (level, fix) =
        if is_settled { (Level::Note, "data.missing settles it") } else { (Level::Problem, fix) };
    Some(Finding::new(level, what, fix))
}

fn copies(name: &str, modality: &ModalityHealth) -> Option<Finding> {
    let share = modality.duplicate_rows as f64 / modality.usable_rows.max(1) as f64;
    let what = || {
        format!(
            "{} rows of {name} ({:.1} %) are copies of earlier ones",
            modality.duplicate_rows,
            share * 100.0
        )
    };
    let fix =
        "remove them if they are the same example; if not, set data.group = COLUMN to keep them in one part";
    (share > MANY_COPIES).then(|| Finding::new(Level::Note, what(), fix))
}

fn across_parts(health: &Health, config: &Config) -> Vec<Finding> {
    let copies = &health.copies;
    let mut findings = Vec::new();
    if let Some(groups) = copies.groups_across_parts.filter(|groups| *groups > 0) {
        let what = format!("{groups} groups have rows in more than one part of the split");
        let fix =
            "set data.split = \"random\", which keeps a group in one part, or correct the split's column";
        findings.push(Finding::new(Level::Problem, what, fix));
    }
    let (text, image, both) = (copies.text_across_parts, copies.image_across_parts, copies.both_across_parts);
    if text + image > 0 {
        let what = format!(
            "of {} validation and test rows, {text} have the text, {image} the image and {both} both of a row in another part: \
             {SEEN}",
            copies.held_out_rows
        );
        let fix = if config.data.group.is_empty() {
            "remove the copies, or set data.group = COLUMN, a column with one value for rows that belong together"
        } else {
            "remove the copies, or give rows that belong together one value of data.group"
        };
        findings.push(Finding::new(Level::Warning, what, fix));
    }
    if let Some(near) = copies.near.filter(|near| near.text + near.image > 0) {
        let what = format!(
            "of {} test rows, {} have nearly the text and {} nearly the image of one of {} training rows (within 1 % of \
             the usual distance)",
            near.test_rows, near.text, near.image, near.train_rows
        );
        let fix = "look at some of them; set data.group = COLUMN if they are the same text or picture";
        findings.push(Finding::new(Level::Warning, what, fix));
    }
    if copies.other_label > 0 {
        let what = format!("{} rows have text and image of a row with another label", copies.other_label);
        let fix = "no model can have both right: correct the labels, or remove these rows";
        findings.push(Finding::new(Level::Warning, what, fix));
    }
    findings
}
