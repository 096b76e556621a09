//! Which seed of a configuration is an outlier.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::statistics::Spread;

/// Fewest values among which one can be an outlier.
const FEWEST: usize = 5;
/// Chance of a false outlier among values from a normal distribution.
const LEVEL: f64 = 0.01;

/// The index of the outlier by Grubbs' test (1969, two-sided, level 0.01): the one furthest from the
/// mean, if `|x − mean| / std` is over what the furthest of so many normal values nearly never is. Of under five
/// values none.
pub fn outlying(values: &[f64]) -> Option<usize> {
    let spread = Spread::of(values).filter(|spread| spread.n >= FEWEST)?;
    let std = spread.std.filter(|std| *std > 0.0)?;
    let scores = values.iter().map(|value| (value - spread.mean).abs() / std);
    let (place, score) = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (score > critical(spread.n)?).then_some(place)
}

/// `(n − 1)/√n · √(t²/(n − 2 + t²))`, t being Student's upper quantile at level/(2n) with n − 2 degrees of freedom.
fn critical(n: usize) -> Option<f64> {
    let n = n as f64;
    let t = StudentsT::new(0.0, 1.0, n - 2.0).ok()?.inverse_cdf(1.0 - LEVEL / (2.0 * n));
    Some((n - 1.0) / n.sqrt() * (t * t / (n - 2.0 + t * t)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Grubbs' table at the two-sided level 0.01: 1.764 for 5, 2.482 for 10, 3.001 for 20.
    #[test]
    fn critical_values_are_those_of_the_table() {
        for (n, expected) in [(5, 1.764), (10, 2.482), (20, 3.001)] {
            let value = critical(n).unwrap();
            assert!((value - expected).abs() < 2e-3, "{n}: {value}");
        }
    }

    #[test]
    fn a_seed_far_from_the_others_is_an_outlier_and_the_edge_of_a_cloud_is_not() {
        assert_eq!(outlying(&[0.70, 0.71, 0.72, 0.71, 0.40, 0.74, 0.70]), Some(4));
        assert_eq!(outlying(&[0.70, 0.71, 0.72, 0.73, 0.75]), None);
    }

    #[test]
    fn among_equals_the_different_one_is_an_outlier_and_among_few_none() {
        let mut values = [0.5; 12];
        values[3] = 0.6;
        assert_eq!(outlying(&values), Some(3));
        assert_eq!(outlying(&[0.5; 6]), None);
        assert_eq!(outlying(&[0.5, 0.5, 0.5, 0.9]), None);
    }
}
