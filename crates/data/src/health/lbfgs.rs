//! L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 7.5): the minimum of a smooth convex function.

use std::collections::VecDeque;

/// Steps that the curvature is estimated from.
const MEMORY: usize = 10;
/// A step has to lower the value by this share of what the slope promises.
const SUFFICIENT: f64 = 1e-4;
/// How often a step is halved.
const HALVINGS: usize = 30;

/// Where the search ended.
pub(super) struct Minimum {
    pub(super) at: Vec<f64>,
    /// Whether the gradient there is within the tolerance.
    pub(super) has_converged: bool,
}

/// A step that was made, and how it changed the gradient.
struct Step {
    by: Vec<f64>,
    change: Vec<f64>,
    /// 1 over their product.
    inverse: f64,
}

/// Searches from `start` until no entry of the gradient is beyond `tolerance`, in `most` steps at most; `value_and_gradient`
/// is the function.
pub(super) fn minimise(
    start: Vec<f64>,
    tolerance: f64,
    most: usize,
    value_and_gradient: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Minimum {
    let mut at = start;
    let (mut value, mut gradient) = value_and_gradient(&at);
    let mut steps = VecDeque::with_capacity(MEMORY);
    let is_flat = |gradient: &[f64]| gradient.iter().all(|entry| entry.abs() <= tolerance);
    for _ in 0..most {
        if is_flat(&gradient) {
            break;
        }
        let direction = direction(&gradient, &steps);
        let slope = dot(&direction, &gradient);
        let mut length =
            if steps.is_empty() { (1.0 / dot(&gradient, &gradient).sqrt()).min(1.0) } else { 1.0 };
        let found = (0..HALVINGS).find_map(|_| {
            let next: Vec<f64> = at.iter().zip(&direction).map(|(at, by)| at + length * by).collect();
            let (lower, there) = value_and_gradient(&next);
            let is_lower = lower <= value + SUFFICIENT * length * slope;
            length *= 0.5;
            is_lower.then_some((next, lower, there))
        });
        // What is left is below the rounding of the value.
        let Some((next, lower, there)) = found else { break };
        let by: Vec<f64> = next.iter().zip(&at).map(|(next, at)| next - at).collect();
        let change: Vec<f64> = there.iter().zip(&gradient).map(|(there, here)| there - here).collect();
        let product = dot(&by, &change);
        if product > 0.0 {
            if steps.len() == MEMORY {
                steps.pop_front();
            }
            steps.push_back(Step { by, change, inverse: 1.0 / product });
        }
        (at, value, gradient) = (next, lower, there);
    }
    let has_converged = is_flat(&gradient);
    Minimum { at, has_converged }
}

/// The gradient, turned downhill and stretched by the estimated curvature.
fn direction(gradient: &[f64], steps: &VecDeque<Step>) -> Vec<f64> {
    let mut direction = gradient.to_vec();
    let mut shares = Vec::with_capacity(steps.len());
    for step in steps.iter().rev() {
        let share = step.inverse * dot(&step.by, &direction);
        add(&mut direction, -share, &step.change);
        shares.push(share);
    }
    if let Some(last) = steps.back() {
        let scale = 1.0 / (last.inverse * dot(&last.change, &last.change));
        for entry in &mut direction {
            *entry *= scale;
        }
    }
    for (step, share) in steps.iter().zip(shares.into_iter().rev()) {
        let back = step.inverse * dot(&step.change, &direction);
        add(&mut direction, share - back, &step.by);
    }
    direction.into_iter().map(|entry| -entry).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn add(to: &mut [f64], times: f64, what: &[f64]) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_a_stretched_bowl_is_found() {
        // Σ k (x_k − k)² + exp(x_0), with 0 = 2·0.5·(x_0 + 1) + exp(x_0) at x_0 = −1.278 465.
        let of = |x: &[f64]| {
            let weight = |k: usize| if k == 0 { 0.5 } else { k as f64 * 10.0 };
            let off = |k: usize| if k == 0 { x[0] + 1.0 } else { x[k] - k as f64 };
            let value = (0..x.len()).map(|k| weight(k) * off(k).powi(2)).sum::<f64>() + x[0].exp();
            let mut gradient: Vec<f64> = (0..x.len()).map(|k| 2.0 * weight(k) * off(k)).collect();
            gradient[0] += x[0].exp();
            (value, gradient)
        };
        let found = minimise(vec![0.0; 6], 1e-8, 100, of);
        assert!(found.has_converged);
        for (k, &x) in found.at.iter().enumerate() {
            let wanted = if k == 0 { -1.278_464_5 } else { k as f64 };
            assert!((x - wanted).abs() < 1e-6, "{k}: {x}");
        }
        assert!(!minimise(vec![0.0; 6], 1e-8, 2, of).has_converged);
    }
}
