//! Sign-flip tests with one sign for each seed across everything that is tested together.
//!
//! Under the null a seed's differences could as well have the other sign, all at once: cells share seeds,
//! nested subsets and test rows, so their signs are flipped together and no independence is asked for.

use rand::Rng;

use super::resample::{Statistic, draws_of};

/// Seeds under which no test is made: p cannot be below 2/2ⁿ.
pub const LEAST_SEEDS: usize = 6;
/// Seeds up to which every pattern of signs is tried.
const EXACT_SEEDS: usize = 14;
/// Random patterns beyond that; the observed one counts as one more.
const DRAWS: usize = 10_000;

/// Two-sided p of each hypothesis, adjusted by step-down max-T (Westfall and Young 1993, algorithm 4.1) over
/// all of them; `None` under [`LEAST_SEEDS`] seeds or where the hypotheses differ in their seeds.
///
/// `differences[hypothesis][seed]` has mean 0 under the null. The statistic is `|Σd| / √Σd²`, which orders
/// patterns as |t| does.
pub fn max_t(differences: &[Vec<f64>]) -> Option<Vec<f64>> {
    let seeds = differences.first()?.len();
    if seeds < LEAST_SEEDS || differences.iter().any(|values| values.len() != seeds) {
        return None;
    }
    let scaled: Vec<Vec<f64>> = differences.iter().map(|values| unit(values)).collect();
    let patterns = patterns(seeds);
    let observed: Vec<f64> = scaled.iter().map(|values| statistic(values, &patterns[0])).collect();
    let mut order: Vec<usize> = (0..scaled.len()).collect();
    order.sort_by(|&a, &b| observed[b].total_cmp(&observed[a]));
    let mut reached = vec![0_usize; scaled.len()];
    for signs in &patterns {
        // From the smallest statistic up, the largest among those that are not yet rejected.
        let mut largest = 0.0_f64;
        for &hypothesis in order.iter().rev() {
            largest = largest.max(statistic(&scaled[hypothesis], signs));
            // A sum in another order may differ in the last bits.
            reached[hypothesis] += usize::from(largest >= observed[hypothesis] - 1e-9);
        }
    }
    let mut adjusted = vec![0.0; scaled.len()];
    let mut least = 0.0_f64;
    for &hypothesis in &order {
        least = least.max(reached[hypothesis] as f64 / patterns.len() as f64);
        adjusted[hypothesis] = least;
    }
    Some(adjusted)
}

/// Two-sided p of one hypothesis.
pub fn sign_flip(differences: &[f64]) -> Option<f64> {
    max_t(&[differences.to_vec()])?.first().copied()
}

/// Length 1, so that the sum under signs is the statistic; zeros where all are.
fn unit(values: &[f64]) -> Vec<f64> {
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    values.iter().map(|value| if length > 0.0 { value / length } else { 0.0 }).collect()
}

/// Bit s of `signs`, in words of 64, turns seed s.
fn statistic(values: &[f64], signs: &[u64]) -> f64 {
    let turned = |place: usize| signs[place / 64] >> (place % 64) & 1 == 1;
    let signed = values.iter().enumerate().map(|(place, value)| if turned(place) { -value } else { *value });
    signed.sum::<f64>().abs()
}

/// The observed pattern first. A pattern and its opposite have one statistic, so half of them are enough.
fn patterns(seeds: usize) -> Vec<Vec<u64>> {
    if seeds <= EXACT_SEEDS {
        return (0..1_u64 << (seeds - 1)).map(|signs| vec![signs]).collect();
    }
    let words = seeds.div_ceil(64);
    let mut rng = draws_of(Statistic::SignFlip, seeds);
    let drawn = (0..DRAWS).map(|_| (0..words).map(|_| rng.next_u64()).collect());
    [vec![0; words]].into_iter().chain(drawn).collect()
}
