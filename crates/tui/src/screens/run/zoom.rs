//! How far a view's y axes are zoomed: from all that a number can be, over what fits the data, into its middle.

use std::collections::BTreeMap;

/// The zoom of every view whose axes do not fit the data.
pub type Zooms<View> = BTreeMap<View, Zoom>;

/// By how much a step magnifies.
const FACTOR: f64 = 1.5;
/// Most steps in: 26 times.
const CLOSEST: i8 = 8;
/// Steps out, the last of which shows all that the number can be.
const WIDEST: i8 = -4;

/// Steps in, or below 0 out, from the axis that fits the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zoom(i8);

impl Zoom {
    /// So many steps further in; none where it goes no further.
    pub fn step(self, by: i8) -> Option<Self> {
        let level = self.0.saturating_add(by);
        (WIDEST..=CLOSEST).contains(&level).then_some(Self(level))
    }

    /// Whether the axis fits the data.
    pub fn fits(self) -> bool {
        self.0 == 0
    }

    /// The ends of an axis that fits the data from `fit.0` to `fit.1`, of a number that can be from `all.0` to `all.1`.
    /// Magnified, it lies around `about` where that is given, else around its middle, and shows nothing beyond `fit`.
    pub fn ends(self, fit: (f64, f64), all: (f64, f64), about: Option<f64>) -> (f64, f64) {
        let (low, high) = fit;
        if self.0 >= 0 {
            let half = (high - low) / 2.0 / FACTOR.powi(self.0.into());
            let middle = about.filter(|value| value.is_finite()).unwrap_or(f64::midpoint(low, high));
            let middle = middle.clamp(low + half, (high - half).max(low + half));
            return (middle - half, middle + half);
        }
        let (room_below, room_above) = ((low - all.0).max(0.0), (all.1 - high).max(0.0));
        // Every step widens by the same factor.
        let whole = (high - low + room_below + room_above) / (high - low);
        let share = f64::from(self.0) / f64::from(WIDEST);
        let share = if whole > 1.0 + 1e-9 { (whole.powf(share) - 1.0) / (whole - 1.0) } else { 1.0 };
        (low - room_below * share, high + room_above * share)
    }

    /// What the axis shows now, in a sentence.
    pub fn sentence(self) -> String {
        match self.0 {
            0 => "the y axis fits the data".into(),
            1.. => {
                let times = FACTOR.powi(self.0.into());
                format!(
                    "y axis magnified {times:.1} times, lines are cut at its ends; `0` fits it to the data"
                )
            }
            level if level <= WIDEST => {
                "y axis of all that the number can be; `0` fits it to the data".into()
            }
            _ => "y axis widened; `0` fits it to the data".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIT: (f64, f64) = (0.6, 0.7);
    const ALL: (f64, f64) = (0.0, 1.0);

    fn at(level: i8) -> Zoom {
        Zoom::default().step(level).unwrap()
    }

    fn close((low, high): (f64, f64), expected: (f64, f64)) {
        assert!((low - expected.0).abs() < 1e-9 && (high - expected.1).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn a_step_in_shows_two_thirds_about_the_middle_or_about_what_is_read() {
        close(Zoom::default().ends(FIT, ALL, Some(0.69)), FIT);
        close(at(1).ends(FIT, ALL, None), (0.65 - 0.1 / 3.0, 0.65 + 0.1 / 3.0));
        close(at(2).ends((0.6, 0.69), ALL, Some(0.66)), (0.64, 0.68));
        close(at(2).ends((0.6, 0.69), ALL, Some(0.6)), (0.6, 0.64));
        close(at(2).ends((0.6, 0.69), ALL, Some(7.0)), (0.65, 0.69));
        assert_eq!(Zoom::default().step(CLOSEST).unwrap().step(1), None);
    }

    #[test]
    fn steps_out_end_with_all_that_the_number_can_be() {
        close(at(WIDEST).ends(FIT, ALL, None), ALL);
        let spans: Vec<f64> = (0..=4).map(|out| at(-out).ends(FIT, ALL, None)).map(|(l, h)| h - l).collect();
        let factors: Vec<f64> = spans.windows(2).map(|pair| pair[1] / pair[0]).collect();
        assert!(factors.iter().all(|factor| (factor - 10_f64.powf(0.25)).abs() < 1e-9), "{factors:?}");
        assert_eq!(at(WIDEST).step(-1), None);
        // Where everything is shown already there is nothing to widen.
        close(at(-1).ends(ALL, ALL, None), ALL);
    }
}
