//! Intervals over seeds for one split: paired t, and `BCa` bootstrap.
//!
//! Neither knows of the test rows: they cover what other seeds on the same rows would give. With several splits, what
//! other seeds on the same splits would.

use statrs::distribution::ContinuousCDF;

use super::resample::{Statistic, draws_of, index};
use super::splits::Between;
use super::{Interval, normal, quantile, t_quantile_975};
use crate::statistics::Spread;

/// Seeds from which `BCa` is offered: simulated, it covers .84, .89 and .93 at 5, 10 and 20.
pub const BCA_SEEDS: usize = 20;
/// Resamples of a `BCa` interval.
const DRAWS: usize = 4_000;

/// Student's t on the differences of pairs; `None` under two.
pub fn paired_t(differences: &[f64]) -> Option<Interval> {
    let (low, high) = Spread::of(differences)?.interval95()?;
    Some(Interval { low, high })
}

/// The same with the place of each seed's split: Student's t on what seeds differ in within their splits. Where each
/// seed has a split of its own there is no such thing, and splits are counted with their seeds.
pub fn paired_t_within(differences: &[f64], splits: &[usize]) -> Option<Interval> {
    let between = Between::of(differences, splits)?;
    if between.splits <= 1.0 || between.is_apart() {
        return paired_t(differences);
    }
    let mean = differences.iter().sum::<f64>() / between.seeds;
    let half = t_quantile_975(between.seeds - between.splits)? * (between.of_seeds / between.seeds).sqrt();
    Some(Interval::around(mean, half))
}

/// `BCa` bootstrap of the mean (Efron 1987); `None` under [`BCA_SEEDS`] values, or where all are equal.
pub fn bca(values: &[f64]) -> Option<Interval> {
    if values.len() < BCA_SEEDS {
        return None;
    }
    let n = values.len();
    let mut rng = draws_of(Statistic::Bca, n);
    let mut means: Vec<f64> =
        (0..DRAWS).map(|_| (0..n).map(|_| values[index(n, &mut rng)]).sum::<f64>() / n as f64).collect();
    means.sort_by(f64::total_cmp);
    bca_of(&means, values)
}

/// `BCa`'s ends from the sorted bootstrap means of `values`, its acceleration from the jackknife.
pub(super) fn bca_of(sorted: &[f64], values: &[f64]) -> Option<Interval> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let below = sorted.partition_point(|&value| value < mean);
    let up_to = sorted.partition_point(|&value| value <= mean);
    let normal = normal();
    let bias = normal.inverse_cdf((below + up_to) as f64 / (2 * sorted.len()) as f64);
    // The mean without value i is mean − (value − mean)/(n − 1), so their centred cubes and squares follow.
    let (squares, cubes) = values.iter().fold((0.0, 0.0), |(squares, cubes), value| {
        let influence = (value - mean) / (n - 1.0);
        (squares + influence * influence, cubes + influence.powi(3))
    });
    let acceleration = cubes / (6.0 * f64::powf(squares, 1.5));
    let end = |share: f64| {
        let z = bias + normal.inverse_cdf(share);
        quantile(sorted, normal.cdf(bias + z / (1.0 - acceleration * z)))
    };
    let interval = Interval { low: end(0.025)?, high: end(0.975)? };
    (bias + acceleration).is_finite().then_some(interval)
}
