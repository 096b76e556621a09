//! An axis with the labels that it is given, rather than those that plotters would choose.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// A linear axis.
#[derive(Clone)]
pub(super) struct Scale {
    /// Its two ends.
    pub(super) ends: (f64, f64),
    /// The places with a line and a label.
    pub(super) ticks: Vec<f64>,
    /// How a label is written.
    pub(super) label: fn(f64) -> String,
    /// What the axis shows.
    pub(super) name: &'static str,
}

impl Scale {
    /// For percentages, the ends a little beyond `values`: ticks at 1, 2, 5, 10 or 20.
    pub(super) fn percent(values: impl Iterator<Item = f64>, name: &'static str) -> Self {
        Self::within((0.0, 100.0), values, name)
    }

    /// The same for shares that may lie below 0 or above 100 %.
    pub(super) fn percent_beyond(values: impl Iterator<Item = f64>, name: &'static str) -> Self {
        Self::within((f64::NEG_INFINITY, f64::INFINITY), values, name)
    }

    fn within((lowest, highest): (f64, f64), values: impl Iterator<Item = f64>, name: &'static str) -> Self {
        let around = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), around);
        let (low, high) = if low <= high { (low, high) } else { (0.0, 100.0) };
        let margin = ((high - low) * 0.06).max(1.0);
        let ends = ((low - margin).max(lowest), (high + margin).min(highest));
        let few = |step: &f64| (ends.1 - ends.0) / step <= 8.0;
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(few).unwrap_or(20.0);
        let (first, last) = ((ends.0 / step).ceil() as i32, (ends.1 / step).floor() as i32);
        let ticks = (first..=last).map(|k| f64::from(k) * step).collect();
        Self { ends, ticks, label: |percent| format!("{percent:.0}"), name }
    }

    /// Whether a value lies between the two ends.
    pub(super) fn holds(&self, value: f64) -> bool {
        (self.ends.0..=self.ends.1).contains(&value)
    }
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let part = (value - self.ends.0) / (self.ends.1 - self.ends.0);
        from + (f64::from(to - from) * part).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.ends.0..self.ends.1
    }
}

impl ValueFormatter<f64> for Scale {
    fn format_ext(&self, value: &f64) -> String {
        (self.label)(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_get_round_ticks_inside_the_axis() {
        let scale = Scale::percent([52.0, 91.0].into_iter(), "");
        assert_eq!(scale.ticks, [50.0, 60.0, 70.0, 80.0, 90.0]);
        let narrow = Scale::percent([99.2, 99.9].into_iter(), "");
        assert_eq!((narrow.ends.1, narrow.ticks), (100.0, vec![99.0, 100.0]));
        assert_eq!(Scale::percent(std::iter::empty(), "").ends, (0.0, 100.0));
    }
}
