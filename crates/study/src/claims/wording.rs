//! Verdicts and effects as sentences. The screen, the reports and the plain lines show these and no others.

use super::findings::{Bound, Finding, Unit, Verdict};
use super::measure::Measured;
use crate::format::{fixed, probability, share};
use crate::inference::Interval;

impl Finding {
    /// The verdict with its reason: `contradicted: no difference within ±2.0 points (product − concat: …)`.
    pub fn sentence(&self) -> String {
        format!("{}: {}", self.verdict.name(), self.why)
    }

    /// The same without the numbers of each effect: `contradicted: no difference within ±2.0 points`.
    pub fn short_sentence(&self) -> String {
        format!("{}: {}", self.verdict.name(), self.in_short)
    }
}

impl Verdict {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Contradicted => "contradicted",
            Self::Undecided => "undecided",
            Self::DependsOnMeanShift => "depends on the mean shift",
        }
    }
}

impl Unit {
    /// `value` with its unit: `1.2 points`, `66 %`, `0.871`.
    pub fn quantity(self, value: f64) -> String {
        format!("{}{}", self.number(value), self.suffix())
    }

    /// `value` without its unit, where that stands beside it: `1.2`, `66`, `0.871`.
    pub fn number(self, value: f64) -> String {
        match self {
            Self::Accuracy => fixed(value * 100.0, 1),
            Self::Share => fixed(value * 100.0, 0),
            Self::Auc => share(value),
            Self::Ratio => fixed(value, 2),
        }
    }

    /// What stands behind the number.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Accuracy => " points",
            Self::Share => " %",
            Self::Auc | Self::Ratio => "",
        }
    }

    /// `[0.3, 2.1]`
    pub fn interval(self, interval: Interval) -> String {
        format!("[{}, {}]", self.number(interval.low), self.number(interval.high))
    }
}

impl Bound {
    /// Where the effect has to lie for the claim: `> 20.0 points`, `within ±2.0 points`; none where it decides nothing.
    pub fn condition(self, unit: Unit) -> Option<String> {
        match self {
            // 0 is the same in every unit.
            Self::Above(0.0) => Some("> 0".into()),
            Self::Below(0.0) => Some("< 0".into()),
            Self::Above(bound) => Some(format!("> {}", unit.quantity(bound))),
            Self::Below(bound) => Some(format!("< {}", unit.quantity(bound))),
            Self::Within(margin) => Some(format!("within ±{}", unit.quantity(margin))),
            Self::None => None,
        }
    }
}

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    For,
    Against,
    Open,
}

/// The verdict of one effect on its claim, without the effect's name: `no difference within ±2.0 points`.
pub(super) fn reading(measured: &Measured, interval: Interval, side: Side) -> String {
    let unit = measured.unit;
    let Interval { low, high } = interval;
    let (value, margin) = (unit.quantity(measured.value()), unit.quantity(measured.slack));
    match (measured.bound, side) {
        (Bound::Within(margin), Side::For) => format!("no difference within ±{}", unit.quantity(margin)),
        (Bound::Within(margin), Side::Against) => {
            format!("a difference of more than {}", unit.quantity(margin))
        }
        (Bound::Within(_) | Bound::None, _) | (Bound::Above(0.0) | Bound::Below(0.0), Side::Open) => {
            span(unit, interval)
        }
        // An advantage: bound 0, and less than the margin counts as none.
        (Bound::Above(_), Side::Against) if measured.slack > 0.0 && high < 0.0 => {
            format!("the opposite, by {}", unit.quantity(-measured.value()))
        }
        (Bound::Above(_), Side::Against) if measured.slack > 0.0 && low > -measured.slack => {
            format!("no difference within ±{margin}")
        }
        (Bound::Above(_), Side::Against) if measured.slack > 0.0 => format!("no advantage of {margin}"),
        (Bound::Above(_), Side::For) if measured.slack > 0.0 => format!("a difference of {value}"),
        (Bound::Above(bound), side) => {
            let found = if side == Side::Open { span(unit, interval) } else { value };
            format!("{found}; claimed: above {}", unit.quantity(bound))
        }
        (Bound::Below(bound), side) => {
            let found = if side == Side::Open { span(unit, interval) } else { value };
            format!("{found}; claimed: below {}", unit.quantity(bound))
        }
    }
}

/// `between −1.2 and 5.3 points`
fn span(unit: Unit, interval: Interval) -> String {
    format!("between {} and {}", unit.number(interval.low), unit.quantity(interval.high))
}

/// `product − concat: 4.2 points, 95 % interval 3.1 to 5.3`
pub(super) fn numbers(measured: &Measured, interval: Interval) -> String {
    let unit = measured.unit;
    let value = unit.quantity(measured.value());
    format!(
        "{}: {value}, 95 % interval {} to {}",
        measured.name,
        unit.number(interval.low),
        unit.number(interval.high)
    )
}

/// `p = 0.031`, `p < 0.001`
pub(super) fn p_is(p: f64) -> String {
    let text = probability(p);
    if text.starts_with('<') { format!("p {text}") } else { format!("p = {text}") }
}
