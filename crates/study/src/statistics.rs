//! Statistics over seeds: mean, sample standard deviation and intervals.

use std::sync::OnceLock;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Statistics of one number over a sample of seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many values.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Sample standard deviation (n − 1); absent under two values.
    pub std: Option<f64>,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

impl Spread {
    /// Of at least one value; `None` where there is none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let std = (n > 1).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (squares / (n - 1) as f64).sqrt()
        });
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { n, mean, std, min, max })
    }

    /// Mean ± one standard deviation; the mean itself under two values.
    pub fn std_band(&self) -> (f64, f64) {
        let std = self.std.unwrap_or(0.0);
        (self.mean - std, self.mean + std)
    }

    /// 95 % confidence interval of the mean over seeds (Student's t, n − 1 degrees of freedom); absent
    /// under two values.
    pub fn interval95(&self) -> Option<(f64, f64)> {
        let half = t_quantile_975((self.n - 1) as f64)? * self.std? / (self.n as f64).sqrt();
        Some((self.mean - half, self.mean + half))
    }
}

/// The 97.5 % quantile of Student's t; `None` without a degree of freedom. Those beyond a million count as such. For
/// whole numbers under 64, as few seeds have them, it is worked out once.
pub fn t_quantile_975(degrees_of_freedom: f64) -> Option<f64> {
    static KNOWN: [OnceLock<Option<f64>>; 64] = [const { OnceLock::new() }; 64];
    let whole = Some(degrees_of_freedom).filter(|degrees| degrees.fract() == 0.0 && *degrees > 0.0);
    match whole.and_then(|degrees| KNOWN.get(degrees as usize)) {
        Some(known) => *known.get_or_init(|| found_t_quantile_975(degrees_of_freedom)),
        None => found_t_quantile_975(degrees_of_freedom),
    }
}

fn found_t_quantile_975(degrees_of_freedom: f64) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom.min(1e6)).ok()?;
    (degrees_of_freedom > 0.0).then(|| t.inverse_cdf(0.975))
}

/// Median; the mean of the middle two for an even count. `None` where there is no value.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    // numpy: np.mean, np.std(ddof=1); scipy.stats.t.interval(.95, 4, loc=mean, scale=sem), of
    // [.61, .64, .58, .7, .66].
    #[test]
    fn spread_agrees_with_numpy_and_scipy() {
        let spread = Spread::of(&[0.61, 0.64, 0.58, 0.70, 0.66]).unwrap();
        assert!(close(spread.mean, 0.638));
        assert!(close(spread.std.unwrap(), 0.046_043_457_732_885_38));
        let (low, high) = spread.interval95().unwrap();
        assert!(close(low, 0.580_829_496_180_259_5), "{low}");
        assert!(close(high, 0.695_170_503_819_740_5), "{high}");
        assert_eq!((spread.min, spread.max), (0.58, 0.70));
    }

    #[test]
    fn one_value_has_no_deviation_and_no_interval() {
        let spread = Spread::of(&[0.5]).unwrap();
        assert_eq!((spread.std, spread.interval95(), spread.std_band()), (None, None, (0.5, 0.5)));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn median_of_odd_even_and_none() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
