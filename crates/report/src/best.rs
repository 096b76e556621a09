//! Which of the paper's fusions is best in a row of a table, where the paired test says so. Decides nothing by itself.

use super::contents::Contents;
use study::grid::Task;
use study::model::ModelId;

/// Level of the test (READING section 3's claims are judged at the same).
const LEVEL: f64 = 0.05;

/// The fusion of the paper that beats each other of the paper's in the sweep at that task and size, p under 5 % each: seed
/// by seed, adjusted over the task's sizes and pairs. None where the test cannot say so, as under six seeds. Other models
/// and other ways to train take no part: they are compared with none of them.
pub(super) fn best(contents: &Contents, task: Task, train_size: usize) -> Option<ModelId> {
    let fusions: Vec<ModelId> =
        ModelId::PAPER_FUSIONS.into_iter().filter(|fusion| contents.competing().contains(fusion)).collect();
    let beats = |fusion: ModelId, other: ModelId| {
        contents.findings().comparisons.iter().any(|comparison| {
            let signed = match (comparison.fusion, comparison.other) {
                pair if pair == (fusion, other) => comparison.effect.value,
                pair if pair == (other, fusion) => -comparison.effect.value,
                _ => return false,
            };
            let is_here = comparison.task == task && comparison.train_size == Some(train_size);
            is_here && signed > 0.0 && comparison.effect.p.is_some_and(|p| p < LEVEL)
        })
    };
    let others = |fusion| fusions.iter().copied().filter(move |&other| other != fusion);
    fusions
        .iter()
        .copied()
        .find(|&fusion| fusions.len() > 1 && others(fusion).all(|other| beats(fusion, other)))
}
