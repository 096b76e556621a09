//! Robustness of one trial under one condition: areas over the accuracy-against-noise curve.

use serde::Serialize;

/// Measures of an accuracy curve over noise levels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// `∫a dα / (α_max − α_min)`: mean accuracy over the levels.
    pub area: f64,
    /// `∫(a − c) dα / ((a(0) − c)·(α_max − α_min))`; absent where the clean accuracy is not clearly above
    /// the majority share `c`.
    pub retained_skill: Option<f64>,
}

/// Robustness of `accuracy` at `levels` (ascending, 0 first), for a test split of `test_rows` rows whose
/// majority class has share `majority`. READING section 1.
///
/// `None` where there are fewer than two levels, so that there is no area.
pub fn robustness(levels: &[f64], accuracy: &[f64], majority: f64, test_rows: usize) -> Option<Robustness> {
    let span = levels.last()? - levels.first()?;
    if span <= 0.0 || levels.len() != accuracy.len() {
        return None;
    }
    let area = trapezoid(levels, accuracy) / span;
    let skill = accuracy[0] - majority;
    // Three standard errors of the majority's accuracy: below that, a share of the skill is a share of chance.
    let noise_floor = 3.0 * (majority * (1.0 - majority) / test_rows as f64).sqrt();
    let retained_skill = (skill >= noise_floor && skill > 0.0).then(|| (area - majority) / skill);
    Some(Robustness { area, retained_skill })
}

/// What is kept beyond what `concat`, the same seed's, keeps: the area between the curve and concat's moved to
/// the same accuracy without noise (after Taori et al. 2020), as a share of the levels' span. Above 0 where
/// less is lost.
pub fn effective_robustness(levels: &[f64], accuracy: &[f64], concat: &[f64]) -> Option<f64> {
    let span = levels.last()? - levels.first()?;
    let fits = levels.len() == accuracy.len() && levels.len() == concat.len();
    (span > 0.0 && fits).then(|| trapezoid(levels, &above(accuracy, concat)) / span)
}

/// The lowest level, interpolated, at which half of the skill above `majority` is gone; `None` where it never
/// is, or where there is no skill.
pub fn half_skill_level(levels: &[f64], accuracy: &[f64], majority: f64) -> Option<f64> {
    let first = *accuracy.first()?;
    let half = f64::midpoint(first, majority);
    let after = accuracy.iter().position(|&accuracy| accuracy <= half).filter(|_| first > majority)?;
    let (low, high) = (*accuracy.get(after.checked_sub(1)?)?, accuracy[after]);
    let (from, to) = (*levels.get(after - 1)?, *levels.get(after)?);
    Some(from + (to - from) * (low - half) / (low - high))
}

/// The largest fall below the accuracy without noise, at any level; 0 where there is none.
pub fn worst_drop(accuracy: &[f64]) -> Option<f64> {
    let first = accuracy.first()?;
    accuracy.iter().map(|accuracy| first - accuracy).reduce(f64::max)
}

/// `MultiBench`'s relative robustness (Liang et al. 2021): the area under accuracy over noise, not divided by the
/// span, and before their scaling between the methods compared.
pub fn multibench_relative(levels: &[f64], accuracy: &[f64]) -> Option<f64> {
    (levels.len() == accuracy.len() && levels.len() > 1).then(|| trapezoid(levels, accuracy))
}

/// `MultiBench`'s effective robustness: the sum over levels of what lies above late fusion's curve moved to the
/// same accuracy without noise, with concat in the place of late fusion; before their scaling.
pub fn multibench_effective(accuracy: &[f64], concat: &[f64]) -> Option<f64> {
    (accuracy.len() == concat.len() && !concat.is_empty()).then(|| above(accuracy, concat).iter().sum())
}

/// The curve less concat's, concat's moved to the same start.
fn above(accuracy: &[f64], concat: &[f64]) -> Vec<f64> {
    let moved = accuracy.first().zip(concat.first()).map_or(0.0, |(accuracy, concat)| accuracy - concat);
    accuracy.iter().zip(concat).map(|(accuracy, concat)| accuracy - concat - moved).collect()
}

/// `∫y dx` by trapezoids.
fn trapezoid(x: &[f64], y: &[f64]) -> f64 {
    x.windows(2).zip(y.windows(2)).map(|(x, y)| (x[1] - x[0]) * f64::midpoint(y[0], y[1])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_curve_retains_everything_and_a_line_to_chance_half() {
        let levels = [0.0, 0.5, 1.0];
        let flat = robustness(&levels, &[0.9, 0.9, 0.9], 0.5, 1_000).unwrap();
        assert!((flat.area - 0.9).abs() < 1e-12);
        assert!((flat.retained_skill.unwrap() - 1.0).abs() < 1e-12);
        let line = robustness(&levels, &[0.9, 0.7, 0.5], 0.5, 1_000).unwrap();
        assert!((line.retained_skill.unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn uneven_levels_are_weighted_by_their_distance() {
        let robust = robustness(&[0.0, 0.2, 0.95], &[0.8, 0.6, 0.6], 0.5, 10_000).unwrap();
        // (.2·.7 + .75·.6) / .95
        assert!((robust.area - 0.59 / 0.95).abs() < 1e-12);
    }

    #[test]
    fn no_share_is_given_of_a_skill_that_is_not_there() {
        // 3·√(.25/900) = .05
        let levels = [0.0, 1.0];
        assert_eq!(robustness(&levels, &[0.549, 0.5], 0.5, 900).unwrap().retained_skill, None);
        assert!(robustness(&levels, &[0.551, 0.5], 0.5, 900).unwrap().retained_skill.is_some());
        assert_eq!(robustness(&[0.0], &[0.9], 0.5, 900), None);
    }

    const LEVELS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
    const CURVE: [f64; 5] = [0.9, 0.85, 0.7, 0.6, 0.55];
    const CONCAT: [f64; 5] = [0.8, 0.78, 0.74, 0.66, 0.6];

    // numpy's trapezoid, sum and interp: scripts/statistics_constants.py.
    #[test]
    fn every_measure_agrees_with_numpy() {
        let close = |value: Option<f64>, expected: f64| {
            assert!((value.unwrap() - expected).abs() < 1e-12, "{value:?}, not {expected}");
        };
        close(multibench_relative(&LEVELS, &CURVE), 0.718_75);
        close(effective_robustness(&LEVELS, &CURVE, &CONCAT), -0.101_25);
        // Half the levels' span doubles a share of it, and leaves the sum over levels.
        let halved = LEVELS.map(|level| level / 2.0);
        close(effective_robustness(&halved, &CURVE, &CONCAT), -0.101_25);
        close(multibench_relative(&halved, &CURVE), 0.718_75 / 2.0);
        close(multibench_effective(&CURVE, &CONCAT), -0.48);
        close(half_skill_level(&LEVELS, &CURVE, 0.52), 0.483_333_333_333_333_34);
        close(worst_drop(&CURVE), 0.35);
    }

    #[test]
    fn what_never_happens_is_absent_and_nothing_to_lose_is_no_drop() {
        assert_eq!(half_skill_level(&LEVELS, &[0.9, 0.9, 0.8, 0.8, 0.8], 0.5), None);
        assert_eq!(half_skill_level(&LEVELS, &[0.5, 0.4, 0.3, 0.3, 0.3], 0.5), None);
        assert_eq!(worst_drop(&[0.5, 0.6, 0.7]), Some(0.0));
        assert_eq!(worst_drop(&[]), None);
        assert_eq!(effective_robustness(&LEVELS, &CURVE, &CURVE), Some(0.0));
        assert_eq!(effective_robustness(&LEVELS, &CURVE[..3], &CONCAT), None);
        assert_eq!((multibench_effective(&[], &[]), multibench_relative(&[0.0], &[0.5])), (None, None));
    }
}
