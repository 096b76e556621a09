//! Whether an attempt ended as the journal has it, where that is asked for.

use super::assignment::Assignment;
use study::event::SeedEvaluation;

/// The end of the message of an attempt that did not end as the journal has it; looked for when the run is resumed.
pub(crate) const ADVICE: &str =
    "train it where the run was trained, or take the new numbers with `r` on the screen";

/// How the seeds ended unlike what the journal has, where they had to end alike.
pub(super) fn unlike(assignment: &Assignment, evaluations: &[SeedEvaluation]) -> Option<String> {
    let mut expected = assignment.expected.iter().flatten();
    let what = expected.find_map(|before| difference(before, evaluations));
    what.map(|what| format!("{what}; {ADVICE}"))
}

fn difference(before: &SeedEvaluation, evaluations: &[SeedEvaluation]) -> Option<String> {
    let Some(now) = evaluations.iter().find(|now| now.seed == before.seed) else {
        return Some(format!("seed {} completed in the journal and did not complete now", before.seed.0));
    };
    let numbers = |of: &SeedEvaluation| (of.best_epoch, of.val_accuracy, of.test_accuracy);
    (numbers(now) != numbers(before)).then(|| {
        format!(
            "seed {} ended with test accuracy {} at epoch {}, and the journal has {} at epoch {}",
            before.seed.0, now.test_accuracy, now.best_epoch.0, before.test_accuracy, before.best_epoch.0
        )
    })
}
