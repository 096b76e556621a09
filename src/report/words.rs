//! The sentences that stand beside numbers: what they mean, what is missing, what computed them.
//! Plain text; each format escapes it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::cell::{count, percent};
use super::contents::Contents;
use super::text::clean;
use crate::study::event::SeedOutcome;
use crate::study::run_state::{CohortState, Phase};

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
        "A difference to concat is the mean over seeds of paired differences in test accuracy, in \
         percentage points, with its 95 % interval (paired t over seeds)."
            .to_owned(),
        "Retained skill is the area under (accuracy − majority share) over the levels of noise, as a share \
         of that without noise; the noise has the modality's own mean, or mean zero where said. It is \
         absent where the clean accuracy is within three standard errors of the majority share, or where \
         under half of the seeds have one."
            .to_owned(),
    ];
    if let Some(size) = contents.whole_split() {
        lines.push(format!(
            "At train size {} (the whole training split) all seeds share the same rows: the deviation there \
             is optimisation noise only.",
            count(size)
        ));
    }
    lines
}

/// What the run was made on, and when.
pub(super) fn provenance(contents: &Contents) -> Vec<String> {
    let (data, rows) = (&contents.header.data, &contents.header.data.rows);
    let mut lines = vec![
        format!(
            "Data: {}; text {} wide, image {} wide; {} training, {} validation and {} test rows; fingerprint {}.",
            clean(&data.name),
            data.text_width,
            data.image_width,
            count(rows.train),
            count(rows.validation),
            count(rows.test),
            short(&data.fingerprint)
        ),
        format!("Run: {}; {}.", began(contents), phase(contents)),
    ];
    for (index, made) in contents.state.provenances().enumerate() {
        let what = if index == 0 { "Computed by" } else { "Resumed by" };
        lines.push(format!(
            "{what} {}, LibTorch {}, on {}; configuration {}.",
            clean(&made.program),
            clean(&made.libtorch),
            clean(&made.device),
            short(&made.config_fingerprint)
        ));
    }
    lines
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

/// `majority class 50.1 %`
pub(super) fn majority(share: f64) -> String {
    format!("majority class {} %", percent(share))
}

/// When the run began.
pub(super) fn began(contents: &Contents) -> String {
    let began = contents.state.started_ms().and_then(|ms| Timestamp::from_millisecond(ms as i64).ok());
    began.map_or_else(|| "not begun".into(), |at| format!("begun {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")))
}

fn phase(contents: &Contents) -> &'static str {
    match contents.state.phase() {
        Phase::Planned => "planned",
        Phase::Running => "under way",
        Phase::Paused => "paused",
        Phase::Interrupted => "interrupted",
        Phase::Finished => "finished",
    }
}

/// `2 of 10 seeds diverged (from epoch 3)`, `10 of 10 seeds failed (message)`
fn shortfall(cohort: &CohortState) -> Option<String> {
    let mut kinds: BTreeMap<&str, (usize, Option<String>)> = BTreeMap::new();
    for outcome in cohort.trials.values().filter_map(|trial| trial.outcome.as_ref()) {
        let (kind, why) = match outcome {
            SeedOutcome::Completed => continue,
            SeedOutcome::Stopped => ("stopped", None),
            SeedOutcome::Diverged { epoch } => ("diverged", Some(format!("the first in epoch {}", epoch.0))),
            SeedOutcome::Failed { message } => ("failed", Some(clean(message))),
        };
        kinds.entry(kind).or_insert((0, why)).0 += 1;
    }
    let all = cohort.trials.len();
    let lines = kinds.into_iter().map(|(kind, (seeds, why))| {
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        format!("{seeds} of {all} seeds {kind}{why}")
    });
    Some(lines.collect::<Vec<_>>().join(", ")).filter(|text| !text.is_empty())
}

/// As much of a fingerprint as tells two apart.
fn short(fingerprint: &str) -> String {
    clean(fingerprint).chars().take(16).collect()
}
