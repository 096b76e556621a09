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
        let decimals = (-step.log10() - 1e-9).ceil().max(0.0) as usize;
        let tick = |place: u32| {
            let value = (first + f64::from(place)) * step;
            (value, label(value, decimals))
        };
        let ticks = (0..=(last - first) as u32).map(tick).collect();
        Self { low: first * step, high: last * step, ticks }
    }

    /// The same ends, without asking the values.
    pub fn fixed(low: f64, high: f64, ticks: Vec<(f64, String)>) -> Self {
        Self { low, high: if high > low { high } else { low + 1.0 }, ticks }
    }

    /// 0 at the low end, 1 at the high one.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
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

    #[test]
    fn ticks_are_round_and_hold_the_values() {
        let axis = Axis::around([0.513, 0.874], 4, percent_label);
        let labels: Vec<&str> = axis.ticks.iter().map(|(_, label)| label.as_str()).collect();
        assert_eq!(labels, ["50", "60", "70", "80", "90"]);
        let axis = Axis::around([0.61, 0.62], 4, percent_label);
        assert_eq!(axis.ticks[0].1, "61.0");
        assert_eq!(axis.ticks[1].1, "61.5");
    }

    #[test]
    fn no_value_and_one_value_have_an_axis_too() {
        assert!(Axis::around([], 4, number_label).low.abs() < 1e-12);
        let one = Axis::around([0.5], 4, percent_label);
        assert!(one.low < 0.5 && one.high > 0.5);
    }
}
