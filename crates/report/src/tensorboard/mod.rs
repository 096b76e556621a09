//! Event files for `TensorBoard`: a folder for each trial, its losses and accuracies by epoch.
//!
//! The journal's fold keeps no time of single epochs, so every event bears the time at which the run
//! began: look at them by step, which is the epoch.

mod message;
mod record;

use super::contents::Contents;
use super::sentences;
use message::{Event, Value};
use store::format::v1;
use study::run_state::TrialState;

/// One trial's file.
pub(super) struct EventFile {
    /// Below the folder that `TensorBoard` is given: `concat-real-32/seed0/events.out.tfevents.…`.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// The file of each trial that has finished an epoch.
pub(super) fn files<'c>(contents: &'c Contents<'_>) -> impl Iterator<Item = EventFile> + 'c {
    let began_ms = contents.state.started_ms().unwrap_or(0);
    let about = sentences::provenance(contents).join("\n\n");
    contents.state.cohorts().flat_map(move |(cohort, state)| {
        let about = about.clone();
        let begun = state.trials.iter().filter(|(_, trial)| !trial.metrics.is_empty());
        begun.map(move |(seed, trial)| EventFile {
            // TensorBoard takes any file with `tfevents` in its name, and orders a folder's by theirs.
            path: format!(
                "{}/seed{}/events.out.tfevents.{}.superfuse",
                v1::CohortId::from(cohort),
                seed.0,
                began_ms / 1_000
            ),
            bytes: events(trial, began_ms as f64 / 1_000.0, &about),
        })
    })
}

/// The version, what the run was made on, each epoch, and the test at the best epoch.
fn events(trial: &TrialState, wall_time: f64, about: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |step: u64, what| record::append(&mut bytes, &Event { wall_time, step, what }.encoded());
    put(0, message::What::FileVersion("brain.Event:2"));
    put(0, message::What::Summary(vec![Value::Text("provenance", about)]));
    for (metrics, epoch) in trial.metrics.iter().zip(1..) {
        put(
            epoch,
            message::What::Summary(vec![
                Value::Scalar("loss/train", metrics.train_loss),
                Value::Scalar("loss/validation", metrics.val_loss),
                Value::Scalar("accuracy/train", metrics.train_accuracy),
                Value::Scalar("accuracy/validation", metrics.val_accuracy),
            ]),
        );
    }
    if let Some(evaluation) = &trial.evaluation {
        let auc = evaluation.auc.map(|auc| Value::Scalar("test/auc", auc));
        let accuracy = Value::Scalar("test/accuracy", evaluation.test_accuracy);
        let values = [accuracy].into_iter().chain(auc).collect();
        put(u64::from(evaluation.best_epoch.0), message::What::Summary(values));
    }
    bytes
}

#[cfg(test)]
mod tests;
