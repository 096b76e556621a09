//! Aggregates over configurations with the definitions of rliable (Agarwal et al. 2021).
//!
//! Seeds are drawn anew within each configuration by itself (stratified bootstrap): the interval is over
//! seeds, and takes configurations as given.

use super::resample::{Statistic, draws_of, index};
use super::{Interval, quantile};

/// Resamples.
const DRAWS: usize = 1_000;

/// Mean of the middle half of all scores, a quarter of them (rounded down) cut off at each end;
/// `None` for no score.
pub fn interquartile_mean(scores: &[Vec<f64>]) -> Option<f64> {
    let mut all = scores.concat();
    all.sort_by(f64::total_cmp);
    let cut = all.len() / 4;
    let middle = &all[cut..all.len() - cut];
    (!middle.is_empty()).then(|| middle.iter().sum::<f64>() / middle.len() as f64)
}

/// Its 95 % interval; `scores[configuration][seed]`. `None` where no configuration has two seeds.
pub fn interquartile_mean_interval(scores: &[Vec<f64>]) -> Option<Interval> {
    if scores.iter().all(|scores| scores.len() < 2) {
        return None;
    }
    let mut rng = draws_of(Statistic::InterquartileMean, scores.len());
    percentiles((0..DRAWS).filter_map(|_| {
        let drawn: Vec<Vec<f64>> = scores
            .iter()
            .map(|scores| scores.iter().map(|_| scores[index(scores.len(), &mut rng)]).collect())
            .collect();
        interquartile_mean(&drawn)
    }))
}

/// Probability that a random seed of the first beats a random seed of the second, ties half: the
/// Mann–Whitney statistic as a share of pairs, averaged over configurations. `None` where none has both.
pub fn improvement(pairs: &[(Vec<f64>, Vec<f64>)]) -> Option<f64> {
    let shares: Vec<f64> =
        wins(pairs).iter().map(|wins| mean(wins.iter().map(|row| mean(row.iter().copied())))).collect();
    (!shares.is_empty()).then(|| mean(shares.iter().copied()))
}

/// Its 95 % interval.
pub fn improvement_interval(pairs: &[(Vec<f64>, Vec<f64>)]) -> Option<Interval> {
    let wins = wins(pairs);
    if wins.iter().all(|wins| wins.len() < 2) {
        return None;
    }
    let mut rng = draws_of(Statistic::Improvement, wins.len());
    percentiles((0..DRAWS).map(|_| {
        mean(wins.iter().map(|wins| {
            let (first, second) = (wins.len(), wins[0].len());
            let columns: Vec<usize> = (0..second).map(|_| index(second, &mut rng)).collect();
            mean((0..first).map(|_| {
                let row = &wins[index(first, &mut rng)];
                mean(columns.iter().map(|&column| row[column]))
            }))
        }))
    }))
}

/// Of each configuration with seeds of both: 1 where the first's seed wins, ½ for a tie.
fn wins(pairs: &[(Vec<f64>, Vec<f64>)]) -> Vec<Vec<Vec<f64>>> {
    let win = |a: f64, b: f64| f64::midpoint(f64::from(u8::from(a > b)), f64::from(u8::from(a >= b)));
    let table = |(first, second): &(Vec<f64>, Vec<f64>)| {
        first.iter().map(|&a| second.iter().map(|&b| win(a, b)).collect()).collect()
    };
    pairs.iter().filter(|(first, second)| !first.is_empty() && !second.is_empty()).map(table).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

fn percentiles(draws: impl Iterator<Item = f64>) -> Option<Interval> {
    let mut draws: Vec<f64> = draws.collect();
    draws.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&draws, 0.025)?, high: quantile(&draws, 0.975)? })
}
