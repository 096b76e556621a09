//! Findings about how the embeddings lie: widths, norms, directions, and the two modalities to each other.

use study::config::{Config, Scale};

use super::super::{Health, ModalityHealth};
use super::{Finding, Level};

/// Deviation of the norms over their mean, from which on rows are of very unlike length.
const VARIED_NORMS: f64 = 0.5;
/// Largest over median deviation of the columns, from which on few columns dominate.
const DOMINANT_COLUMN: f64 = 10.0;
/// Mean norms of the two modalities, from which on one drowns the other.
const UNLIKE_NORMS: f64 = 3.0;
/// Norm of the mean over the mean norm, from which on rows lie in a narrow cone.
const NARROW_CONE: f64 = 0.8;
/// Effective rank over width, below which most columns repeat others.
const LOW_RANK: f64 = 0.1;
/// Widths below it need no reduction.
const NARROW: usize = 32;
/// What is named at most of what needs one width.
const MOST_NAMES: usize = 3;
/// AUC of matched against shuffled pairs, below which they are hardly told apart.
const HARDLY_TOLD: f64 = 0.6;

pub(super) fn of(health: &Health, config: &Config) -> Vec<Finding> {
    let modalities = [("text", &health.text), ("image", &health.image)];
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(widths(health, config));
    findings.extend(unlike_norms(health, config));
    for (name, modality) in modalities {
        findings.extend(columns(name, modality, config));
        findings.extend(constant(name, modality));
    }
    findings.extend(rank(health, config));
    findings.extend(told_apart(health));
    findings
}

fn widths(health: &Health, config: &Config) -> Option<Finding> {
    let (text, image) = (health.text.width, health.image.width);
    let tasks = config.sweep.tasks.iter().filter(|task| task.needs_equal_widths()).map(ToString::to_string);
    let models = config.fusions().into_iter().chain(config.baselines());
    let models = models.filter(|model| model.needs_equal_widths()).map(|model| model.to_string());
    let crossed = config.noise.conditions.iter().filter(|condition| condition.own_noise().is_none());
    let crossed = crossed.map(|condition| format!("noise condition {}", condition.name()));
    let needed: Vec<String> = models.chain(tasks).chain(crossed).take(MOST_NAMES).collect();
    let what = format!("text is {text} and image {image} wide");
    let finding = || {
        let common = format!("set data.width = {} to project both to a common width", text.min(image));
        if needed.is_empty() {
            let fix = format!(
                "nothing in this sweep needs one width; for products and the synthetic task {common}"
            );
            Finding::new(Level::Note, what, fix)
        } else {
            Finding::new(Level::Problem, format!("{what}, but {} need one width", needed.join(", ")), common)
        }
    };
    (text != image && config.data.width == 0).then(finding)
}

fn unlike_norms(health: &Health, config: &Config) -> Option<Finding> {
    let (text, image) = (health.text.mean_norm?, health.image.mean_norm?);
    let ratio = text.max(image) / text.min(image);
    (ratio > UNLIKE_NORMS && config.data.scale == Scale::None).then(|| {
        let what = format!(
            "rows of text are {text:.3} long in the mean, of image {image:.3}: the longer drowns the other"
        );
        Finding::new(Level::Warning, what, "set data.scale = \"rms\"")
    })
}

fn columns(name: &str, modality: &ModalityHealth, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if config.data.scale == Scale::Standard {
        return findings;
    }
    let mut note = |what: String, fix: &str| findings.push(Finding::new(Level::Note, what, fix));
    if let Some(ratio) = modality.deviation_ratio.filter(|ratio| *ratio > DOMINANT_COLUMN) {
        let what = format!("a column of {name} varies {ratio:.0} times as much as the median column");
        note(what, "set data.scale = \"standard\" (it changes tasks that are made of dot products)");
    }
    if let Some(variation) = modality.norm_variation.filter(|variation| *variation > VARIED_NORMS) {
        let what = format!("the norms of {name} vary by {:.0} % of their mean", variation * 100.0);
        note(what, "set data.scale = \"standard\", or divide rows by their norm before the study");
    }
    if let Some(offset) = modality.mean_offset.filter(|offset| *offset > NARROW_CONE) {
        let what = format!(
            "{name} lies in a narrow cone: the norm of its mean is {:.0} % of the mean norm",
            offset * 100.0
        );
        note(
            what,
            "set data.scale = \"standard\" to take the mean away, and leave synthetic.label = \"median\"",
        );
    }
    findings
}

fn constant(name: &str, modality: &ModalityHealth) -> Option<Finding> {
    let constant = modality.constant_columns;
    let what = || format!("{constant} of {} columns of {name} have one value in every row", modality.width);
    (constant > 0)
        .then(|| Finding::new(Level::Note, what(), "they say nothing; leave them out when you export"))
}

/// Only where a common width would keep the variance.
fn rank(health: &Health, config: &Config) -> Option<Finding> {
    let is_low = |modality: &ModalityHealth| {
        let limit = LOW_RANK * modality.width as f64;
        modality.width >= NARROW && modality.effective_rank.is_some_and(|rank| rank < limit)
    };
    let (text, image) = (&health.text, &health.image);
    let width = text.directions_90?.max(image.directions_90?);
    let is_useful = width < text.width.min(image.width) / 2 && width < health.labels.rows.train;
    if config.data.width > 0 || !is_useful || !(is_low(text) || is_low(image)) {
        return None;
    }
    let what = format!(
        "the effective rank is {:.0} of {} columns in text and {:.0} of {} in image",
        text.effective_rank?, text.width, image.effective_rank?, image.width
    );
    let fix = format!("set data.width = {width} to train faster: it keeps 90 % of both modalities' variance");
    Some(Finding::new(Level::Note, what, fix))
}

fn told_apart(health: &Health) -> Option<Finding> {
    let auc = health.between.as_ref()?.auc.filter(|auc| *auc < HARDLY_TOLD)?;
    let what =
        format!("the cosine hardly tells matched pairs from shuffled ones (AUC {auc:.3}, 0.5 is chance)");
    let fix = "if one model made both embeddings, check the order of the rows (data.key); else nothing";
    Some(Finding::new(Level::Note, what, fix))
}
