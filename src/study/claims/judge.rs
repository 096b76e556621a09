//! From effects to verdicts: p over the claim's effects, Holm over the claims, and which side of the bound.

use super::findings::{Bound, ClaimId, Effect, Finding, Unit, Verdict};
use super::measure::{Measured, RowPart, Spec, common_seeds};
use super::study::Study;
use super::thresholds::{ALPHA, LEAST_SEEDS};
use crate::study::grid::CohortId;
use crate::study::inference::Interval;
use crate::study::inference::multiple::holm;
use crate::study::inference::sign_flip::max_t;

/// A claim measured, before it is judged.
pub(super) struct Draft {
    pub(super) id: ClaimId,
    pub(super) test: String,
    /// One, or two that have to agree: two epochs, or two means of the noise.
    pub(super) readings: Vec<Reading>,
    /// How two readings are joined.
    pub(super) join: Join,
    /// Effects that decide nothing.
    pub(super) beside: Vec<Effect>,
    pub(super) cells: Vec<CohortId>,
}

/// What it means that two readings differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// At the best epoch and at the last: nothing is decided.
    Epochs,
    /// Under noise with the modality's mean and without: that is the finding.
    Means,
}

/// A claim's deciding effects under one way to read it.
pub(super) struct Reading {
    /// Which way; empty where there is one only.
    pub(super) label: &'static str,
    pub(super) measured: Vec<Measured>,
    pub(super) effects: Vec<Effect>,
    /// Why nothing can be decided, where that is known beforehand.
    pub(super) lacks: Option<String>,
    /// What speaks against it beside the effects.
    pub(super) against: Option<String>,
    /// The largest p of the effects: all of them have to hold.
    pub(super) p: Option<f64>,
}

impl Reading {
    /// Measures every effect on the seeds that all of them have.
    pub(super) fn of(study: &Study<'_>, label: &'static str, mut specs: Vec<Spec>) -> Self {
        let wanted: usize = specs.iter().map(|spec| spec.cells.len()).sum();
        let waiting: usize = specs.iter_mut().map(|spec| spec.keep_ready(study)).sum();
        let seeds = common_seeds(study, specs.iter().flat_map(Spec::terms));
        let measured: Vec<Measured> = specs.iter().filter_map(|spec| spec.measure(study, &seeds)).collect();
        let lacks = if waiting > 0 {
            Some(format!("{waiting} of {wanted} cells are still to come"))
        } else if measured.len() < specs.len() {
            Some("no cell of the sweep has what it is read from".to_owned())
        } else {
            None
        };
        Self::measured(study, label, measured, lacks)
    }

    /// Of effects that are measured already.
    pub(super) fn measured(
        study: &Study<'_>,
        label: &'static str,
        measured: Vec<Measured>,
        lacks: Option<String>,
    ) -> Self {
        let mut effects: Vec<Effect> = measured.iter().map(|measured| measured.effect(study)).collect();
        let differences: Vec<Vec<f64>> = measured.iter().map(Measured::beyond_bound).collect();
        let flips = max_t(&differences);
        for (place, (effect, measured)) in effects.iter_mut().zip(&measured).enumerate() {
            effect.p = match measured.bound {
                Bound::Within(margin) if flips.is_some() => measured.equivalence(study, margin),
                Bound::Within(_) | Bound::None => None,
                Bound::Above(_) | Bound::Below(_) => flips.as_ref().map(|p| p[place]),
            };
            if !label.is_empty() {
                effect.name = format!("{}, {label}", effect.name);
            }
        }
        let all: Option<Vec<f64>> = effects.iter().map(|effect| effect.p).collect();
        let p = all.and_then(|all| all.into_iter().reduce(f64::max));
        Self { label, measured, effects, lacks, against: None, p }
    }

    /// Nothing to read, and why.
    pub(super) fn none(label: &'static str, lacks: impl Into<String>) -> Self {
        let lacks = Some(lacks.into());
        Self { label, measured: Vec::new(), effects: Vec::new(), lacks, against: None, p: None }
    }

    fn judge(&self, p_holm: Option<f64>) -> (Verdict, String) {
        if let Some(lacks) = &self.lacks {
            return (Verdict::Undecided, lacks.clone());
        }
        let seeds = self.measured.first().map_or(0, |measured| measured.per_seed.len());
        if seeds < LEAST_SEEDS {
            return (
                Verdict::Undecided,
                format!("{seeds} seeds; under {LEAST_SEEDS} there are intervals only"),
            );
        }
        if let Some(against) = &self.against {
            return (Verdict::Contradicted, against.clone());
        }
        let mut open = None;
        for (measured, effect) in self.measured.iter().zip(&self.effects) {
            let Some(interval) = measured.deciding(effect) else {
                let why = format!("{}: no per-row record", effect.name);
                return (Verdict::Undecided, why);
            };
            match side(measured, interval) {
                Side::Against => return (Verdict::Contradicted, told(effect, interval)),
                Side::Open => open = open.or(Some(told(effect, interval))),
                Side::For => {}
            }
        }
        if let Some(open) = open {
            return (Verdict::Undecided, open);
        }
        match p_holm {
            Some(p) if p <= ALPHA => (Verdict::Supported, self.all_told(p)),
            Some(p) => (Verdict::Undecided, format!("p {} after Holm with {seeds} seeds", shown_p(p))),
            None => (Verdict::Undecided, "no test".to_owned()),
        }
    }

    fn all_told(&self, p: f64) -> String {
        let each = self.measured.iter().zip(&self.effects);
        let told: Vec<String> =
            each.filter_map(|(measured, effect)| Some(told(effect, measured.deciding(effect)?))).collect();
        format!("{}; p {} after Holm", told.join("; "), shown_p(p))
    }
}

/// Where an interval lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    For,
    Against,
    Open,
}

fn side(measured: &Measured, interval: Interval) -> Side {
    let advantage = |low: f64, high: f64, bound: f64| {
        if low > bound {
            Side::For
        } else if high < bound + measured.slack {
            Side::Against
        } else {
            Side::Open
        }
    };
    match measured.bound {
        Bound::Above(bound) => advantage(interval.low, interval.high, bound),
        Bound::Below(bound) => advantage(-interval.high, -interval.low, -bound),
        // For an equivalence the p of TOST is the interval, at 90 %.
        Bound::Within(margin) if interval.low > margin || interval.high < -margin => Side::Against,
        Bound::Within(margin) if measured.value().abs() < margin => Side::For,
        Bound::Within(_) => Side::Open,
        Bound::None => Side::For,
    }
}

/// Judges every claim: Holm goes over the claims' first readings, and over their second ones (or only ones).
pub(super) fn judge(drafts: Vec<Draft>) -> Vec<Finding> {
    let p = |place: usize| -> Vec<Option<f64>> {
        drafts.iter().map(|draft| draft.readings.get(place).or(draft.readings.last())?.p).collect()
    };
    let adjusted = [holm(&p(0)), holm(&p(1))];
    let judged = drafts.into_iter().enumerate();
    judged.map(|(claim, draft)| finding(draft, [adjusted[0][claim], adjusted[1][claim]])).collect()
}

fn finding(mut draft: Draft, p_holm: [Option<f64>; 2]) -> Finding {
    let mut verdicts = Vec::new();
    for (reading, p_holm) in draft.readings.iter_mut().zip(p_holm) {
        verdicts.push(reading.judge(p_holm));
        reading.effects.iter_mut().for_each(|effect| effect.p_holm = p_holm);
    }
    let labels: Vec<&str> = draft.readings.iter().map(|reading| reading.label).collect();
    let (verdict, why) = joined(verdicts, &labels, draft.join);
    let deciding = draft.readings.into_iter().flat_map(|reading| reading.effects);
    Finding {
        id: draft.id,
        statement: draft.id.statement(),
        test: draft.test,
        verdict,
        why,
        effects: deciding.chain(draft.beside).collect(),
        cells: draft.cells,
    }
}

fn joined(mut verdicts: Vec<(Verdict, String)>, labels: &[&str], join: Join) -> (Verdict, String) {
    let Some((second, other)) = (if verdicts.len() > 1 { verdicts.pop() } else { None }) else {
        return verdicts.pop().unwrap_or((Verdict::Undecided, "nothing to read".to_owned()));
    };
    let Some((first, one)) = verdicts.pop() else { return (second, other) };
    let verdict = match join {
        _ if first == second => first,
        // That something is not known is no difference.
        Join::Means if first != Verdict::Undecided && second != Verdict::Undecided => {
            Verdict::DependsOnMeanShift
        }
        Join::Means | Join::Epochs => Verdict::Undecided,
    };
    let why = format!("{} ({}): {one}; {} ({}): {other}", labels[0], first.name(), labels[1], second.name());
    (verdict, if one == other { one } else { why })
}

/// `product − concat +4.2 (+3.1 to +5.3) points`.
fn told(effect: &Effect, interval: Interval) -> String {
    let (scale, unit, digits) = match effect.unit {
        Unit::Accuracy => (100.0, " points", 1),
        Unit::Share => (100.0, " %", 0),
        Unit::Auc | Unit::Ratio => (1.0, "", 3),
    };
    let shown = |value: f64| format!("{:+.digits$}", value * scale);
    format!(
        "{} {} ({} to {}){unit}",
        effect.name,
        shown(effect.value),
        shown(interval.low),
        shown(interval.high)
    )
}

fn shown_p(p: f64) -> String {
    if p < 0.001 { "under .001".to_owned() } else { format!("{p:.3}").trim_start_matches('0').to_owned() }
}

/// Whether the rows' part of an effect is on record.
pub(super) const fn has_rows(measured: &Measured) -> bool {
    matches!(measured.rows, RowPart::Table(_) | RowPart::Variance(_))
}
