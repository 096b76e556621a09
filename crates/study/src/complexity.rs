//! What a model costs, on the axes of the figure and of the view of complexity.

use super::format::count;
use super::summary::SummaryRow;

/// What an axis of complexity shows. Both are on a log scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Complexity {
    /// Parameters of the model.
    #[default]
    Parameters,
    /// Multiply-adds of the fusion itself for one row.
    Computation,
}

impl Complexity {
    /// Both, from left to right.
    pub const ALL: [Self; 2] = [Self::Parameters, Self::Computation];

    /// A model's place on the axis: a power of ten; none of something is a tenth. Absent for a row of several models.
    pub fn place(self, row: &SummaryRow) -> Option<f64> {
        let value = match self {
            Self::Parameters => row.parameters,
            Self::Computation => row.multiply_adds,
        };
        value.map(|value| if value == 0 { -1.0 } else { (value as f64).log10() })
    }

    /// The name on axes and in titles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parameters => "parameters",
            Self::Computation => "multiply-adds",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Parameters => Self::Computation,
            Self::Computation => Self::Parameters,
        }
    }
}

/// Ends of an axis that holds `places`, and the whole powers of ten on it, at least two.
pub fn axis(places: impl IntoIterator<Item = f64>) -> ((f64, f64), Vec<f64>) {
    let around = |(low, high): (f64, f64), place: f64| (low.min(place), high.max(place));
    let (low, high) = places.into_iter().fold((f64::INFINITY, f64::NEG_INFINITY), around);
    let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
    let ends = (low - 0.3, high + 0.3);
    let ends = if ends.0.ceil() < ends.1.floor() { ends } else { (low.floor() - 0.1, high.ceil() + 0.1) };
    (ends, (ends.0.ceil() as i32..=ends.1.floor() as i32).map(f64::from).collect())
}

/// The label of a power of ten: `1,000`, `1e6`.
pub fn label(power: f64) -> String {
    match power.round() as i32 {
        ..0 => "0".to_owned(),
        power @ 0..=3 => count(10_usize.pow(power.unsigned_abs())),
        power => format!("1e{power}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_holds_its_places_and_two_powers_of_ten_at_least() {
        let (ends, ticks) = axis([4.1, 6.3]);
        assert!(ends.0 < 4.1 && ends.1 > 6.3, "{ends:?}");
        assert_eq!(ticks, [4.0, 5.0, 6.0]);
        assert_eq!(axis([4.4]).1, [4.0, 5.0]);
        assert_eq!(axis([]).1, [0.0, 1.0]);
        assert_eq!([-1.0, 0.0, 3.0, 6.0].map(label), ["0", "1", "1,000", "1e6"]);
    }
}
