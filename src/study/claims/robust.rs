//! What noise does to each configuration, seed by seed: every measure of robustness with its interval.

use super::findings::{Estimate, NoiseFinding};
use super::study::{Study, curve};
use crate::study::event::NoiseMean;
use crate::study::grid::{CohortId, Condition, Fusion, Seed};
use crate::study::inference::Interval;
use crate::study::robustness::{
    Robustness, effective_robustness, half_skill_level, multibench_effective, multibench_relative,
    robustness, worst_drop,
};
use crate::study::statistics::Spread;
use crate::study::summary::retained_mean;

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
    let majority = study.majority(id.task)?;
    let seeds = tested(study, id, condition, mean);
    let curves: Vec<&[f64]> = seeds.iter().map(|(_, curve)| *curve).collect();
    let robust: Vec<Robustness> =
        curves.iter().filter_map(|curve| robustness(levels, curve, majority, study.test_rows())).collect();
    let shares: Vec<Option<f64>> = robust.iter().map(|robust| robust.retained_skill).collect();
    let half: Vec<f64> =
        curves.iter().filter_map(|curve| half_skill_level(levels, curve, majority)).collect();
    let concat = CohortId { fusion: Fusion::Concat, ..id };
    let pairs: Vec<(&[f64], &[f64])> = if id == concat {
        Vec::new()
    } else {
        seeds
            .iter()
            .filter_map(|(seed, curve)| Some((*curve, of_seed(study, concat, *seed, condition, mean)?)))
            .collect()
    };
    let paired = |measure: &PairMeasure<'_>| {
        estimate(&pairs.iter().filter_map(|(curve, concat)| measure(curve, concat)).collect::<Vec<_>>())
    };
    let each = |measure: &dyn Fn(&[f64]) -> Option<f64>| {
        estimate(&curves.iter().filter_map(|curve| measure(curve)).collect::<Vec<_>>())
    };
    Some(NoiseFinding {
        cohort: id,
        condition,
        mean,
        seeds: curves.len(),
        area: estimate(&robust.iter().map(|robust| robust.area).collect::<Vec<_>>())?,
        // A mean over the lucky few would flatter the configuration.
        retained_skill: retained_mean(&shares)
            .and_then(|_| estimate(&shares.iter().copied().flatten().collect::<Vec<_>>())),
        effective_robustness: paired(&|curve, concat| effective_robustness(levels, curve, concat)),
        half_skill_level: estimate(&half),
        half_skill_seeds: half.len(),
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

fn estimate(values: &[f64]) -> Option<Estimate> {
    let spread = Spread::of(values)?;
    let over_seeds = spread.interval95().map(|(low, high)| Interval { low, high });
    Some(Estimate { value: spread.mean, over_seeds })
}
