//! The sentences beside the numbers: what they mean, what is missing, what computed them.
//! Plain text; each format escapes it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cell::{count, percent};
use super::contents::Contents;
use super::{gate, modalities};
use study::cluster::mix;
use study::estimate::product;
use study::event::{Provenance, SeedOutcome, SplitFacts};
use study::format::counted;
use study::grid::Task;
use study::listing::{Shortfall, Standing};
use study::run_state::CohortState;
use study::text::one_line;

/// Over the table of best checkpoints.
pub(super) const BEST_CHECKPOINTS: &str =
    "The one trial of each fusion and task with the highest validation accuracy.";

/// Over the table of interquartile means.
pub(super) const INTERQUARTILE: &str = "Interquartile mean of test accuracy over sizes and seeds, in percent, \
    with its 95 % interval (bootstrap, seeds resampled within each size):";

/// Over the table of a task's accuracies.
pub(super) fn over_table(contents: &Contents, task: Task) -> String {
    let majority = contents.majority(task).map(|share| format!("; {}", majority(contents, task, share)));
    let n = contents.seeds();
    format!("Test accuracy in percent, mean ± standard deviation, n = {n}{}.", majority.unwrap_or_default())
}

/// What the tasks' table says beside shares.
const ADDITIVE: &str = "Additive R² is how much of a score's variance on training rows a sum of a linear function of the \
    text and one of the image explains (least squares, adjusted for the columns). A score with a value near 1 needs no \
    interaction of the two. Where labels have several draws, seed s has draw s mod their number, and values are means.";

/// What the row `searched` is.
const SEARCHED: &str = "searched has for each seed the trial of the fusion with the highest validation accuracy among the \
    sweep's, without baselines; of equals the one with fewer parameters. It lacks a seed where one of them has no result.";

/// What the row of a model with several learning rates is.
const RATES: &str = "A model that was trained at several learning rates has for each seed the trial at the rate with the \
    highest validation accuracy, of equals the first of the list; a rate at which the trial diverged is left out. Its \
    worker time is that of all rates.";

/// What the numbers mean.
pub(super) fn definitions(contents: &Contents) -> Vec<String> {
    let mut lines = vec![
        "Test accuracy is taken at each seed's best epoch: the earliest one with the highest validation \
         accuracy. Validation accuracy at that epoch is the paper's number, and is biased upwards."
            .to_owned(),
        format!(
            "± is the sample standard deviation (n − 1) over the seeds that completed, n = {} unless said \
             otherwise; it is no interval.",
            contents.seeds()
        ),
        format!(
            "A difference to concat is the mean over seeds of paired differences in test accuracy, in \
         percentage points, with its 95 % interval ({}, paired t).",
            contents.sampling().over_seeds()
        ),
        "Retained skill is the area under (accuracy − majority share) over the levels of noise, as a share \
         of that without noise; the noise has the modality's own mean, or mean zero where said. It is \
         absent where the clean accuracy is within three standard errors of the majority share, or where \
         under half of the seeds have one."
            .to_owned(),
        "Worker time is the time that training took, of all workers together; pauses, and time in which the program did not run, \
         are no part of it."
            .to_owned(),
        "Bold is the best of the paper's fusions in its row, as trained on rows as they are: better than each \
         other of them by the paired test over seeds, p under 0.05, adjusted over the task's sizes and pairs. No \
         number is bold where that cannot be said; other models take no part."
            .to_owned(),
    ];
    if contents.has_scores() {
        lines.push(ADDITIVE.to_owned());
    }
    if contents.header.sweep.searched {
        lines.push(SEARCHED.to_owned());
    }
    if !contents.header.sweep.rates.is_empty() {
        lines.push(RATES.to_owned());
    }
    for facts in contents.tasks().iter().filter_map(|&task| contents.many_classes(task)) {
        lines.push(format!(
            "The {} task has {} classes: balanced accuracy is their mean recall, macro F1 their mean F1, and AUC and ROC curve \
             the mean over one class against the rest, for the {} classes that some of the test rows have and some have not.",
            facts.task,
            facts.class_count(),
            facts.classes_with_area()
        ));
    }
    lines.extend(modalities::definition(contents));
    lines.extend(gate::definition(contents));
    if let Some(size) = contents.whole_split() {
        lines.push(format!(
            "At train size {} (the whole training split) {}.",
            count(size),
            contents.sampling().at_whole_split()
        ));
    }
    lines
}

/// `3 fusions × 2 tasks × 8 sizes × 10 seeds, 30 epochs`
pub(super) fn grid(contents: &Contents) -> String {
    let epochs = contents.header.config.train.epochs as usize;
    format!("{}, {}", product(&contents.header.sweep), counted(epochs, "epoch"))
}

/// What the run was made on, and when.
pub(super) fn provenance(contents: &Contents) -> Vec<String> {
    let (data, rows) = (&contents.header.data, &contents.header.data.rows);
    let mut lines = vec![
        format!(
            "Data: {}; text {} wide, image {} wide; {} training, {} validation and {} test rows{}; fingerprint {}.",
            one_line(&data.name),
            data.text_width,
            data.image_width,
            count(rows.train),
            count(rows.validation),
            count(rows.test),
            splits(&data.splits),
            short(&data.fingerprint)
        ),
        format!("Run: {}; {}.", began(contents), phase(contents)),
    ];
    if let Some(sentence) = projection(contents) {
        lines.insert(1, format!("Projection: {sentence}"));
    }
    for (index, made) in contents.state.provenances().enumerate() {
        let what = if index == 0 { "Computed by" } else { "Resumed by" };
        lines.push(format!(
            "{what} {}, LibTorch {}, on {}; configuration {}.",
            one_line(&made.program),
            one_line(&made.libtorch),
            one_line(device(made)),
            short(&made.config_fingerprint)
        ));
    }
    lines.extend(mix(contents).map(|mix| format!("{}.", capitalised(&mix))));
    lines
}

/// Which shards were computed by what, where that differs.
pub(super) fn mix(contents: &Contents) -> Option<String> {
    mix::told(contents.state).map(one_line)
}

/// What was done to the embeddings before the model received them, in the words of every report.
pub(super) fn projection(contents: &Contents) -> Option<String> {
    contents.header.data.projection(&contents.header.config.data)
}

/// ` in each of 2 splits (seeds 0, 1)`; nothing of one.
fn splits(splits: &[SplitFacts]) -> String {
    if splits.len() < 2 {
        return String::new();
    }
    let seeds: Vec<String> = splits.iter().map(|split| split.seed.0.to_string()).collect();
    format!(" in each of {} splits (seeds {})", splits.len(), seeds.join(", "))
}

/// What the run was made on, by key, in full: program, LibTorch and device, then the two fingerprints.
pub(super) fn provenance_pairs(contents: &Contents) -> [(&'static str, String); 5] {
    [
        ("program", made_by(contents, |made| made.program.clone())),
        ("libtorch", made_by(contents, |made| made.libtorch.clone())),
        ("device", made_by(contents, device)),
        ("config_fingerprint", made_by(contents, |made| made.config_fingerprint.clone())),
        ("data_fingerprint", one_line(&contents.header.data.fingerprint)),
    ]
}

/// The device, with model, UUID and driver of GPUs.
fn device(made: &Provenance) -> String {
    if made.gpus.is_empty() {
        made.device.clone()
    } else {
        format!("{} ({})", made.device, made.gpus.join(", "))
    }
}

/// One part of the provenance; of a run that other processes resumed, each value that it has had.
fn made_by(contents: &Contents, part: impl Fn(&Provenance) -> String) -> String {
    let mut values: Vec<String> = Vec::new();
    for value in contents.state.provenances().map(|made| one_line(part(made))) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.join("; ")
}

/// Of the configuration, as it is now, and of the data.
pub(super) fn fingerprints(contents: &Contents) -> [String; 2] {
    let configuration = contents.state.provenances().last().map(|made| short(&made.config_fingerprint));
    [configuration.unwrap_or_default(), short(&contents.header.data.fingerprint)]
}

/// One line for each configuration in which some seed did not complete, and for what is still open.
pub(super) fn shortfalls(contents: &Contents) -> Vec<String> {
    let mut lines: Vec<String> = contents
        .state
        .cohorts()
        .filter_map(|(id, cohort)| Some(format!("{id}: {}", shortfall(cohort)?)))
        .collect();
    let open = contents.state.cohorts().filter(|(_, cohort)| !cohort.status.is_over()).count();
    if open > 0 {
        let all = contents.state.order().len();
        lines.push(format!("{open} of {all} configurations have no outcome yet"));
    }
    lines
}

/// `majority class 50.1 %`, `10 classes, majority class 20.3 %`
pub(super) fn majority(contents: &Contents, task: Task, share: f64) -> String {
    let classes = contents.many_classes(task).map(|facts| format!("{} classes, ", facts.class_count()));
    format!("{}majority class {} %", classes.unwrap_or_default(), percent(share))
}

/// When the run began.
pub(super) fn began(contents: &Contents) -> String {
    let began = contents.state.started_ms().and_then(|ms| Timestamp::from_millisecond(ms as i64).ok());
    began.map_or_else(|| "not begun".into(), |at| format!("begun {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")))
}

/// The run's state, in the same text as everywhere else. Where nobody works on the run, its state has it already.
fn phase(contents: &Contents) -> String {
    Standing::of(contents.state, true).text(Shortfall::of(contents.state))
}

/// `2 of 10 seeds diverged (from epoch 3)`, `10 of 10 seeds failed (message)`
fn shortfall(cohort: &CohortState) -> Option<String> {
    let mut kinds: BTreeMap<&str, (usize, Option<String>)> = BTreeMap::new();
    for outcome in cohort.trials.values().filter_map(|trial| trial.outcome.as_ref()) {
        let (kind, why) = match outcome {
            SeedOutcome::Completed => continue,
            SeedOutcome::Stopped => ("stopped", None),
            SeedOutcome::Diverged { epoch } => ("diverged", Some(format!("the first in epoch {}", epoch.0))),
            SeedOutcome::Failed { message } => ("failed", Some(one_line(message))),
        };
        kinds.entry(kind).or_insert((0, why)).0 += 1;
    }
    let all = cohort.trials.len();
    let lost = cohort.lost();
    if lost > 0 {
        let why = "their numbers in the journal are lost; `superfuse-tui resume` trains them again";
        kinds.insert("completed", (lost, Some(why.to_owned())));
    }
    let lines = kinds.into_iter().map(|(kind, (seeds, why))| {
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{seeds} of {all} seeds {kind}{why}")
    });
    Some(lines.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

/// With a capital.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Enough of a fingerprint to distinguish two.
fn short(fingerprint: &str) -> String {
    one_line(fingerprint).chars().take(16).collect()
}
