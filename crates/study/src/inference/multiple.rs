//! Several tests at once, and the test of "no difference that counts".

use super::t_cdf;

/// Holm's step-down adjustment (1979) over the tests that have a p; the others stay without.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p.iter().enumerate().filter_map(|(place, p)| p.map(|p| (place, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut largest = 0.0_f64;
    for (rank, &(place, p)) in order.iter().enumerate() {
        largest = largest.max(p * (order.len() - rank) as f64).min(1.0);
        adjusted[place] = Some(largest);
    }
    adjusted
}

/// Two one-sided t tests (Schuirmann 1987): the larger p of "at most −margin" and "at least margin".
pub fn tost(estimate: f64, standard_error: f64, degrees_of_freedom: f64, margin: f64) -> f64 {
    if standard_error <= 0.0 {
        return if estimate.abs() < margin { 0.0 } else { 1.0 };
    }
    let above = 1.0 - t_cdf((estimate + margin) / standard_error, degrees_of_freedom);
    let below = t_cdf((estimate - margin) / standard_error, degrees_of_freedom);
    above.max(below)
}
