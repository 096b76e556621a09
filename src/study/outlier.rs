//! Which seeds of a configuration stand apart from the others.

use super::statistics::median;

/// Fewest values among which one can stand apart.
const FEWEST: usize = 5;
/// The score from which a value does (Iglewicz and Hoaglin 1993, *How to Detect and Handle Outliers*).
const SCORE: f64 = 3.5;
/// A normal distribution's median absolute deviation, in standard deviations.
const MEDIAN_DEVIATION: f64 = 0.674_5;
/// Its mean absolute deviation: √(2/π).
const MEAN_DEVIATION: f64 = 0.797_885;

/// For each value whether its modified z-score, `0.6745·|x − median| / MAD`, is over 3.5. Where over half of the
/// values are equal, so that the MAD is 0, the mean absolute deviation takes its place. Of under five values none.
pub fn outlying(values: &[f64]) -> Vec<bool> {
    let none = vec![false; values.len()];
    let Some(middle) = median(values).filter(|_| values.len() >= FEWEST) else { return none };
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let Some(spread) = median(&deviations) else { return none };
    let scale = if spread > 0.0 {
        spread / MEDIAN_DEVIATION
    } else {
        deviations.iter().sum::<f64>() / deviations.len() as f64 / MEAN_DEVIATION
    };
    deviations.iter().map(|deviation| scale > 0.0 && deviation / scale > SCORE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_far_from_the_others_stands_apart_and_the_edge_of_a_cloud_does_not() {
        // numpy: median .71, MAD .01: scores of .55 and .74 are 10.8 and 2.0.
        let values = [0.70, 0.71, 0.72, 0.71, 0.55, 0.74, 0.70];
        assert_eq!(outlying(&values), [false, false, false, false, true, false, false]);
        assert_eq!(outlying(&[0.70, 0.71, 0.72, 0.73, 0.74]), [false; 5]);
    }

    #[test]
    fn among_equals_the_different_one_stands_apart_and_among_few_none() {
        let mut values = [0.5; 12];
        values[3] = 0.6;
        assert_eq!(outlying(&values).iter().position(|&apart| apart), Some(3));
        assert_eq!(outlying(&[0.5; 6]), [false; 6]);
        assert_eq!(outlying(&[0.5, 0.5, 0.5, 0.9]), [false; 4]);
    }
}
