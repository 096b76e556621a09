//! An axis: its range, and round numbers on it.

/// One dimension of a chart. Values and ticks are in the same coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The coordinate at the low end.
    pub low: f64,
    /// The coordinate at the high end; above `low`.
    pub high: f64,
    /// Coordinate and label, ascending.
    pub ticks: Vec<(f64, String)>,
}

impl Default for Axis {
    /// From 0 to 1, with nothing on it.
    fn default() -> Self {
        Self { low: 0.0, high: 1.0, ticks: Vec::new() }
    }
}

impl Axis {
    /// From the values' range to round numbers around it, about `count` ticks, labelled by `label` with
    /// the decimals that the step needs.
    pub fn around(
        values: impl IntoIterator<Item = f64>,
        count: usize,
        label: fn(f64, usize) -> String,
    ) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-9 {
            (low, high) = (low - 0.01, high + 0.01);
        }
        let step = round_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step + 1e-9).floor(), (high / step - 1e-9).ceil());
        Self { low: first * step, high: last * step, ticks: ticks(first, last, step, label) }
    }

    /// Exactly these ends, and the round numbers between them: about `count` ticks, two at least.
    pub fn between(low: f64, high: f64, count: usize, label: fn(f64, usize) -> String) -> Self {
        let (low, high) = if high - low < 1e-9 { (low - 0.01, high + 0.01) } else { (low, high) };
        let mut step = round_step((high - low) / count.max(1) as f64);
        let within = |step: f64| ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
        while within(step).1 - within(step).0 < 1.0 {
            // The next finer one of 1, 2, 5 × 10ᵏ.
            step = round_step(step * 0.4);
        }
        let (first, last) = within(step);
        Self { low, high, ticks: ticks(first, last, step, label) }
    }

    /// The same ends, without asking the values.
    pub fn fixed(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, ticks }
    }

    /// 0 at the low end, 1 at the high one.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Whether a value lies between the ends.
    pub fn holds(&self, value: f64) -> bool {
        (-1e-9..=1.0 + 1e-9).contains(&self.share(value))
    }
}

/// The multiples of `step` from the `first` to the `last`, with the decimals that it needs.
fn ticks(first: f64, last: f64, step: f64, label: fn(f64, usize) -> String) -> Vec<(f64, String)> {
    let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
    let tick = |place: u32| {
        // Without the sign of a negative zero.
        let value = (first + f64::from(place)) * step + 0.0;
        (value, label(value, decimals))
    };
    (0..=(last - first) as u32).map(tick).collect()
}

/// The least of 1, 2, 5 × 10ᵏ that is not below `step`.
fn round_step(step: f64) -> f64 {
    let magnitude = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * magnitude >= step * 0.999_999);
    factor.unwrap_or(10.0) * magnitude
}

/// A fraction's label in percent.
pub fn percent_label(value: f64, decimals: usize) -> String {
    format!("{:.*}", decimals.saturating_sub(2), value * 100.0)
}

/// A number's label.
pub fn number_label(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let axis = Axis::around([0.513, 0.874], 4, percent_label);
        assert_eq!(labels(&axis), ["50", "60", "70", "80", "90"]);
        let axis = Axis::around([0.61, 0.62], 4, percent_label);
        assert_eq!(axis.ticks[0].1, "61.0");
        assert_eq!(axis.ticks[1].1, "61.5");
    }

    #[test]
    fn ends_that_are_given_stay_and_hold_two_round_numbers_at_least() {
        let axis = Axis::between(0.513, 0.874, 4, percent_label);
        assert_eq!((axis.low, axis.high), (0.513, 0.874));
        assert_eq!(labels(&axis), ["60", "70", "80"]);
        assert_eq!(labels(&Axis::between(0.599, 0.612, 4, percent_label)), ["60.0", "60.5", "61.0"]);
        assert_eq!(labels(&Axis::between(0.601, 0.649, 1, percent_label)), ["62", "64"]);
        assert_eq!(labels(&Axis::between(-0.3, 0.4, 2, number_label)), ["-0.2", "0.0", "0.2", "0.4"]);
        for (low, high) in [(0.5, 0.5), (0.123, 0.1234), (0.0, 1.0), (-1.0, 2.0), (3.0, 900.0)] {
            for count in 1..9 {
                let axis = Axis::between(low, high, count, number_label);
                assert!(axis.ticks.len() > 1, "{low} {high} {count}");
                assert!(axis.ticks.iter().all(|&(tick, _)| axis.holds(tick)), "{axis:?}");
            }
        }
    }

    #[test]
    fn no_value_and_one_value_have_an_axis_too() {
        assert!(Axis::around([], 4, number_label).low.abs() < 1e-12);
        let one = Axis::around([0.5], 4, percent_label);
        assert!(one.low < 0.5 && one.high > 0.5);
    }
}
