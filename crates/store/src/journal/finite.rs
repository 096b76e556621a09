//! Numbers that JSON has no word for: `serde_json` would write `null`, and the line could not be read.

use study::event::{EventKind, SeedEvaluation, SeedMetrics};

/// The first number of the event that is not finite, by name.
pub(super) fn first_not_finite(kind: &EventKind) -> Option<&'static str> {
    match kind {
        EventKind::RunStarted { header, .. } => {
            let of_splits = header.data.splits.iter().flat_map(|split| &split.tasks);
            let tasks = header.data.tasks.iter().chain(of_splits);
            let shares = tasks.flat_map(|task| std::iter::once(task).chain(&task.draws)).flat_map(|task| {
                let (positive, majority) = (task.positive_share, task.majority_share);
                let of_classes =
                    task.class_shares.iter().flat_map(|share| [share.train, share.validation, share.test]);
                [positive.train, positive.validation, positive.test, majority.train]
                    .into_iter()
                    .chain([majority.validation, majority.test])
                    .chain([task.threshold.unwrap_or(0.0), task.additive.unwrap_or(0.0)])
                    .chain(of_classes)
            });
            named("level of noise", header.levels.iter().copied())
                .or_else(|| named("share of a class, or threshold", shares))
        }
        EventKind::EpochFinished { metrics, .. } => metrics.iter().find_map(in_metrics),
        EventKind::CohortEvaluated { evaluations, .. } => evaluations.iter().find_map(in_evaluation),
        EventKind::CohortFinished { seconds, .. } => named("time", [*seconds]),
        EventKind::RunPaused
        | EventKind::RunContinued
        | EventKind::RunInterrupted
        | EventKind::RunResumed { .. }
        | EventKind::RunFinished
        | EventKind::ShardStarted { .. }
        | EventKind::CohortStarted { .. }
        | EventKind::CohortResumed { .. } => None,
    }
}

fn in_metrics(metrics: &SeedMetrics) -> Option<&'static str> {
    named("loss", [metrics.train_loss, metrics.val_loss])
        .or_else(|| named("accuracy", [metrics.train_accuracy, metrics.val_accuracy]))
}

fn in_evaluation(evaluation: &SeedEvaluation) -> Option<&'static str> {
    let accuracies = [
        evaluation.val_accuracy,
        evaluation.test_accuracy,
        evaluation.test_balanced_accuracy,
        evaluation.test_last_accuracy,
    ];
    named("accuracy", accuracies)
        .or_else(|| named("area under the ROC curve", evaluation.auc))
        .or_else(|| named("true-positive rate", evaluation.true_positive_rate.iter().copied()))
        .or_else(|| {
            let noisy = evaluation.noise.iter().flat_map(|curve| curve.accuracy.iter().copied());
            named("accuracy under noise", noisy)
        })
        .or_else(|| {
            let missing = evaluation.missing.iter().flat_map(|missing| [missing.text, missing.image]);
            named("accuracy with a modality missing", missing)
        })
        .or_else(|| {
            let emap = evaluation.emap.iter().flat_map(|emap| [emap.accuracy, emap.additive_accuracy]);
            named("accuracy of an additive projection", emap)
        })
        .or_else(|| {
            let weights = evaluation.gate.iter().flat_map(|gate| gate.weights.iter().copied());
            named("weight of a gate", weights)
        })
}

fn named(name: &'static str, values: impl IntoIterator<Item = f64>) -> Option<&'static str> {
    values.into_iter().any(|value| !value.is_finite()).then_some(name)
}
