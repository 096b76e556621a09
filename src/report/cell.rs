//! One cell of a table: a mean over seeds in percent, or why there is none. Knows no markup.

use crate::study::run_state::CohortStatus;
use crate::study::summary::SummaryRow;

/// Test accuracy at the best epoch of one configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    /// Mean and sample standard deviation, as fractions; absent where no seed was tested.
    pub(super) value: Option<(f64, Option<f64>)>,
    /// Seeds that completed.
    pub(super) seeds: usize,
    /// Where the configuration stands.
    pub(super) status: &'static str,
    /// Every seed completed, so that nothing has to be said.
    pub(super) whole: bool,
}

impl Cell {
    /// Of a row whose configuration has `seeds` seeds.
    pub(super) fn of(row: &SummaryRow, seeds: usize) -> Self {
        Self {
            value: row.test_accuracy_mean.map(|mean| (mean, row.test_accuracy_std)),
            seeds: row.seeds,
            status: row.status,
            whole: row.seeds == seeds && row.status == CohortStatus::Completed.name(),
        }
    }
}

/// `72.4`, of a fraction.
pub(super) fn percent(fraction: f64) -> String {
    signless_zero(format!("{:.1}", fraction * 100.0))
}

/// `72.4 ± 1.3` with `between` between, of fractions; `72.4` without a deviation.
pub(super) fn mean_std(mean: f64, std: Option<f64>, between: &str) -> String {
    match std {
        Some(std) => format!("{}{between}{}", percent(mean), percent(std)),
        None => percent(mean),
    }
}

/// `0.871`, or `absent`.
pub(super) fn share(value: Option<f64>, absent: &str) -> String {
    value.map_or_else(|| absent.into(), |value| signless_zero(format!("{value:.3}")))
}

/// `+1.2`, of a difference of fractions.
pub(super) fn points(difference: f64) -> String {
    let text = format!("{:+.1}", difference * 100.0);
    if text == "-0.0" { "+0.0".into() } else { text }
}

/// `4,200`
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `3 h 02 min`, `4 min 05 s` or `12.3 s`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{:.1} s", seconds.max(0.0)),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
    }
}

fn signless_zero(text: String) -> String {
    if text.starts_with('-') && text.chars().all(|c| "-0.".contains(c)) { text[1..].into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_once_and_zero_has_no_sign() {
        assert_eq!(mean_std(0.723_9, Some(0.013_4), " ± "), "72.4 ± 1.3");
        assert_eq!(mean_std(0.723_9, None, " ± "), "72.4");
        assert_eq!((percent(-0.000_1), share(Some(-0.000_1), "–")), ("0.0".into(), "0.000".into()));
        assert_eq!((points(-0.000_1), points(0.012)), ("+0.0".into(), "+1.2".into()));
        assert_eq!(share(None, "–"), "–");
    }

    #[test]
    fn counts_have_separators_and_durations_units() {
        assert_eq!(
            (count(32), count(4_200), count(18_874_466)),
            ("32".into(), "4,200".into(), "18,874,466".into())
        );
        assert_eq!(
            (duration(12.34), duration(59.97), duration(245.0)),
            ("12.3 s".into(), "1 min 00 s".into(), "4 min 05 s".into())
        );
        assert_eq!(duration(3.0 * 3_600.0 + 125.0), "3 h 02 min");
    }
}
