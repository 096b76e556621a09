//! Fusions side by side: every pair at every size, and interquartile means over sizes.

use std::collections::BTreeSet;

use super::findings::{Comparison, InterquartileMean};
use super::measure::{Spec, common_seeds};
use super::study::{Quantity, Study, cell};
use crate::grid::{CohortId, Task};
use crate::inference::aggregate::{
    improvement, improvement_interval, interquartile_mean, interquartile_mean_interval,
};
use crate::inference::sign_flip::max_t;
use crate::model::ModelId;

/// The paper's pairs, the one that is expected to do better first.
const PAIRS: [(ModelId, ModelId); 3] = [
    (ModelId::PRODUCT, ModelId::CONCAT),
    (ModelId::TENSOR, ModelId::CONCAT),
    (ModelId::PRODUCT, ModelId::TENSOR),
];

/// Every pair of a task at every size, then over all sizes; the paper's pairs first, then each fusion beside
/// its baselines. p is adjusted within each of these two families.
pub(super) fn comparisons(study: &Study<'_>) -> Vec<Comparison> {
    let trained: BTreeSet<ModelId> = study.state.rows().map(|(id, _)| id.fusion).collect();
    let beside_baselines: Vec<(ModelId, ModelId)> = trained
        .iter()
        .flat_map(|&other| ModelId::PAPER_FUSIONS.map(|fusion| (fusion, other)))
        .filter(|&(fusion, other)| other.is_baseline_of(fusion))
        .collect();
    let tasks = study.header.sweep.tasks.iter();
    tasks
        .flat_map(|&task| [family(study, task, &PAIRS), family(study, task, &beside_baselines)])
        .flatten()
        .collect()
}

fn family(study: &Study<'_>, task: Task, pairs: &[(ModelId, ModelId)]) -> Vec<Comparison> {
    let mut made: Vec<(Spec, Comparison)> = Vec::new();
    for &pair in pairs {
        let sizes = study.sizes().iter().copied();
        let every: Vec<Option<usize>> = sizes.map(Some).chain([None]).collect();
        made.extend(every.into_iter().filter_map(|size| comparison(study, task, pair, size)));
    }
    let seeds = common_seeds(study, made.iter().flat_map(|(spec, _)| spec.terms()));
    let alone = |spec: &Spec| spec.by_cell(study, &seeds).pop().filter(|_| spec.cells.len() == 1);
    let single: Vec<Option<Vec<f64>>> = made.iter().map(|(spec, _)| alone(spec)).collect();
    let mut p = max_t(&single.iter().flatten().cloned().collect::<Vec<_>>()).map(Vec::into_iter);
    for ((_, comparison), _) in made.iter_mut().zip(&single).filter(|(_, single)| single.is_some()) {
        comparison.effect.p = p.as_mut().and_then(Iterator::next);
    }
    made.into_iter().map(|(_, comparison)| comparison).collect()
}

fn comparison(
    study: &Study<'_>,
    task: Task,
    (fusion, other): (ModelId, ModelId),
    train_size: Option<usize>,
) -> Option<(Spec, Comparison)> {
    let sizes = train_size.as_ref().map_or(study.sizes(), std::slice::from_ref);
    let places = sizes.iter().map(|&size| (task, size));
    let mut spec = Spec::difference((fusion, other), places, Quantity::Accuracy);
    spec.keep_ready(study);
    let seeds = common_seeds(study, spec.terms());
    let effect = spec.measure(study, &seeds)?.effect(study);
    let of = |id: CohortId| study.values(id, Quantity::Accuracy);
    let pairs: Vec<(Vec<f64>, Vec<f64>)> =
        spec.cells.iter().map(|cell| (of(cell.terms[0].cohort), of(cell.terms[1].cohort))).collect();
    let comparison = Comparison {
        task,
        train_size,
        fusion,
        other,
        effect,
        probability_of_improvement: improvement(&pairs),
        probability_interval: improvement_interval(&pairs),
    };
    Some((spec, comparison))
}

/// Of each fusion and task, over the sizes that have seeds.
pub(super) fn interquartile_means(study: &Study<'_>) -> Vec<InterquartileMean> {
    let groups: BTreeSet<(Task, ModelId)> = study.state.rows().map(|(id, _)| (id.task, id.fusion)).collect();
    let of = |(task, fusion)| {
        let sizes = study.sizes().iter();
        let scores: Vec<Vec<f64>> = sizes
            .map(|&size| study.values(cell(fusion, task, size), Quantity::Accuracy))
            .filter(|scores| !scores.is_empty())
            .collect();
        Some(InterquartileMean {
            fusion,
            task,
            value: interquartile_mean(&scores)?,
            interval: interquartile_mean_interval(&scores),
            sizes: scores.len(),
            trials: scores.iter().map(Vec::len).sum(),
        })
    };
    groups.into_iter().filter_map(of).collect()
}
