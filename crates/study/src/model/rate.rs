//! A learning rate as a part of what is trained.

use std::fmt;

/// A learning rate: finite and above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(
    /// The number's bits, which have the order of the numbers where these are positive.
    u64,
);

impl Rate {
    /// Of a number; absent where it is no learning rate.
    pub fn new(value: f64) -> Option<Self> {
        (value.is_finite() && value > 0.0).then_some(Self(value.to_bits()))
    }

    /// The number.
    pub const fn value(self) -> f64 {
        f64::from_bits(self.0)
    }
}

impl fmt::Display for Rate {
    /// Without an exponent: `0.0001`. Below 1e-9 and above 1e9, where a file's name would be too long, with one: `1e-12`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        let is_short = (1e-9..=1e9).contains(&value);
        f.pad(&if is_short { value.to_string() } else { format!("{value:e}") })
    }
}

impl fmt::LowerExp for Rate {
    /// In short: `1e-4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:e}", self.value()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_ordered_and_shown_as_numbers() {
        let rate = |value| Rate::new(value).unwrap();
        assert!(rate(1e-5) < rate(1e-3) && rate(1e-3) < rate(2.0));
        assert_eq!(
            (rate(1e-4).to_string(), format!("{:e}", rate(2.5e-4))),
            ("0.0001".into(), "2.5e-4".into())
        );
        let names = [1e-9, 1e9, 9.5e-10, 1e-300, 2e9, f64::MAX].map(|value| rate(value).to_string());
        let shown = ["0.000000001", "1000000000", "9.5e-10", "1e-300", "2e9", "1.7976931348623157e308"];
        assert_eq!(names, shown);
        assert_eq!([0.0, -1.0, f64::NAN, f64::INFINITY].map(Rate::new), [None; 4]);
    }
}
