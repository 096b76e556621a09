//! What noise does to each configuration, seed by seed: every measure of robustness with its interval.

use super::findings::{Estimate, NoiseFinding};
use super::study::{Study, curve};
use crate::event::NoiseMean;
use crate::grid::{CohortId, Condition, Seed};
use crate::inference::seeds::paired_t_within;
use crate::model::ModelId;
use crate::robustness::{
    Robustness, effective_robustness, half_skill_level, multibench_effective, multibench_relative,
    robustness, worst_drop,
};
use crate::statistics::Spread;
use crate::summary::retained_mean;

/// A seed's curve beside concat's.
type PairMeasure<'a> = dyn Fn(&[f64], &[f64]) -> Option<f64> + 'a;

/// By configuration in training order, condition and mean, of what was tested.
pub(super) fn noise_findings(study: &Study<'_>) -> Vec<NoiseFinding> {
    let conditions = &study.header.config.noise.conditions;
    let means = study.means();
    let kinds = || conditions.iter().flat_map(|&condition| means.iter().map(move |&mean| (condition, mean)));
    let every = study.state.order().iter().flat_map(|&id| kinds().map(move |kind| (id, kind)));
    every.filter_map(|(id, (condition, mean))| finding(study, id, condition, mean)).collect()
}

fn finding(study: &Study<'_>, id: CohortId, condition: Condition, mean: NoiseMean) -> Option<NoiseFinding> {
    let levels = &study.header.levels;
    let majority = |seed| Some(study.header.data.task_of(id.task, seed)?.majority_share.test);
    let seeds = tested(study, id, condition, mean);
    let robust: Vec<(Seed, Robustness)> = seeds
        .iter()
        .filter_map(|&(seed, curve)| {
            Some((seed, robustness(levels, curve, majority(seed)?, study.test_rows())?))
        })
        .collect();
    let shares: Vec<Option<f64>> = robust.iter().map(|(_, robust)| robust.retained_skill).collect();
    let retained: Vec<(Seed, f64)> =
        robust.iter().filter_map(|(seed, robust)| Some((*seed, robust.retained_skill?))).collect();
    let half: Vec<(Seed, f64)> = seeds
        .iter()
        .filter_map(|&(seed, curve)| Some((seed, half_skill_level(levels, curve, majority(seed)?)?)))
        .collect();
    let concat = CohortId { fusion: ModelId::CONCAT.trained_with(id.fusion.robust), ..id };
    let paired = |measure: &PairMeasure<'_>| {
        let of = |&(seed, curve): &(Seed, &[f64])| {
            Some((seed, measure(curve, of_seed(study, concat, seed, condition, mean)?)?))
        };
        estimate(study, &seeds.iter().filter(|_| id != concat).filter_map(of).collect::<Vec<_>>())
    };
    let each = |measure: &dyn Fn(&[f64]) -> Option<f64>| {
        let of = |&(seed, curve): &(Seed, &[f64])| Some((seed, measure(curve)?));
        estimate(study, &seeds.iter().filter_map(of).collect::<Vec<_>>())
    };
    let half_skill_seeds = half.len();
    Some(NoiseFinding {
        cohort: id,
        condition,
        mean,
        seeds: seeds.len(),
        area: estimate(study, &robust.iter().map(|(seed, robust)| (*seed, robust.area)).collect::<Vec<_>>())?,
        // A mean over the lucky few would flatter the configuration.
        retained_skill: retained_mean(&shares).and_then(|_| estimate(study, &retained)),
        effective_robustness: paired(&|curve, concat| effective_robustness(levels, curve, concat)),
        half_skill_level: estimate(study, &half),
        half_skill_seeds,
        worst_drop: each(&worst_drop)?,
        multibench_relative: each(&|curve| multibench_relative(levels, curve))?,
        multibench_effective: paired(&multibench_effective),
    })
}

fn tested<'a>(
    study: &'a Study<'_>,
    id: CohortId,
    condition: Condition,
    mean: NoiseMean,
) -> Vec<(Seed, &'a [f64])> {
    let Some(state) = study.state.cohort(id) else { return Vec::new() };
    let of = |&seed: &Seed| Some((seed, of_seed(study, id, seed, condition, mean)?));
    state.trials.keys().filter_map(of).collect()
}

fn of_seed<'a>(
    study: &'a Study<'_>,
    id: CohortId,
    seed: Seed,
    condition: Condition,
    mean: NoiseMean,
) -> Option<&'a [f64]> {
    let evaluation = study.state.cohort(id)?.trials.get(&seed)?.evaluation.as_ref()?;
    let accuracy = curve(evaluation, condition, mean)?;
    (accuracy.len() == study.header.levels.len()).then_some(accuracy)
}

fn estimate(study: &Study<'_>, values: &[(Seed, f64)]) -> Option<Estimate> {
    let (seeds, values): (Vec<Seed>, Vec<f64>) = values.iter().copied().unzip();
    let over_seeds = paired_t_within(&values, &study.splits_of(&seeds));
    Some(Estimate { value: Spread::of(&values)?.mean, over_seeds })
}
