//! From effects to verdicts: p over the claim's effects, Holm over the claims, and which side of the bound.

use super::findings::{Bound, ClaimId, Effect, Finding, Verdict};
use super::measure::{Measured, RowPart, Spec, common_seeds};
use super::study::Study;
use super::thresholds::{ALPHA, LEAST_SEEDS};
use super::wording::{self, Side, numbers, p_is};
use crate::grid::CohortId;
use crate::inference::Interval;
use crate::inference::multiple::holm;
use crate::inference::sign_flip::max_t;

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
            Some(format!("{waiting} of {wanted} results are missing so far"))
        } else if measured.len() < specs.len() {
            Some("no configuration can answer it".to_owned())
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

    fn judge(&self, p_holm: Option<f64>) -> Judged {
        if let Some(lacks) = &self.lacks {
            return Judged::plainly(Verdict::Undecided, lacks.clone());
        }
        let seeds = self.measured.first().map_or(0, |measured| measured.per_seed.len());
        if seeds < LEAST_SEEDS {
            return Judged::plainly(
                Verdict::Undecided,
                format!("{seeds} seeds, a verdict needs {LEAST_SEEDS}"),
            );
        }
        if let Some(against) = &self.against {
            return Judged::plainly(Verdict::Contradicted, against.clone());
        }
        let mut open = None;
        for (measured, effect) in self.measured.iter().zip(&self.effects) {
            let Some(interval) = measured.deciding(effect) else {
                let why = format!("{}: no record of single test rows", effect.name);
                return Judged {
                    verdict: Verdict::Undecided,
                    in_short: "no record of single test rows".into(),
                    why,
                };
            };
            match side(measured, interval) {
                Side::Against => return Judged::by_effect(Verdict::Contradicted, measured, interval),
                Side::Open => open = open.or(Some(Judged::by_effect(Verdict::Undecided, measured, interval))),
                Side::For => {}
            }
        }
        if let Some(open) = open {
            return open;
        }
        match p_holm {
            Some(p) if p <= ALPHA => self.supported(p),
            Some(p) => Judged {
                verdict: Verdict::Undecided,
                in_short: format!("{} (needs at most {ALPHA})", p_is(p)),
                why: format!("{} after Holm's correction, at most {ALPHA} is needed", p_is(p)),
            },
            None => Judged::plainly(Verdict::Undecided, "no test".to_owned()),
        }
    }

    /// The short form is that of its weakest effect.
    fn supported(&self, p: f64) -> Judged {
        let each = || {
            let effects = self.measured.iter().zip(&self.effects);
            effects.filter_map(|(measured, effect)| Some((measured, measured.deciding(effect)?)))
        };
        let weakest = each().min_by(|a, b| margin(a.0).total_cmp(&margin(b.0)));
        let in_short = weakest.map(|(measured, interval)| wording::reading(measured, interval, Side::For));
        let all: Vec<String> = each().map(|(measured, interval)| numbers(measured, interval)).collect();
        Judged {
            verdict: Verdict::Supported,
            in_short: in_short.unwrap_or_default(),
            why: format!("{}; {} after Holm's correction", all.join("; "), p_is(p)),
        }
    }
}

/// A verdict with its reason.
#[derive(Clone, PartialEq)]
struct Judged {
    verdict: Verdict,
    in_short: String,
    why: String,
}

impl Judged {
    /// For a reason without numbers.
    fn plainly(verdict: Verdict, why: String) -> Self {
        Self { verdict, in_short: why.clone(), why }
    }

    /// For one effect that decides.
    fn by_effect(verdict: Verdict, measured: &Measured, interval: Interval) -> Self {
        let side = if verdict == Verdict::Contradicted { Side::Against } else { Side::Open };
        let in_short = wording::reading(measured, interval, side);
        let why = format!("{in_short} ({})", numbers(measured, interval));
        Self { verdict, in_short, why }
    }
}

/// How far an effect is on the claim's side.
fn margin(measured: &Measured) -> f64 {
    match measured.bound {
        Bound::Above(least) => measured.value() - least,
        Bound::Below(most) => most - measured.value(),
        Bound::Within(most) => most - measured.value().abs(),
        Bound::None => f64::INFINITY,
    }
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
    let mut judged = Vec::new();
    for (reading, p_holm) in draft.readings.iter_mut().zip(p_holm) {
        judged.push(reading.judge(p_holm));
        reading.effects.iter_mut().for_each(|effect| effect.p_holm = p_holm);
    }
    let labels: Vec<&str> = draft.readings.iter().map(|reading| reading.label).collect();
    let Judged { verdict, in_short, why } = joined(judged, &labels, draft.join);
    let deciding = draft.readings.into_iter().flat_map(|reading| reading.effects);
    Finding {
        id: draft.id,
        statement: draft.id.statement(),
        test: draft.test,
        verdict,
        in_short,
        why,
        effects: deciding.chain(draft.beside).collect(),
        cells: draft.cells,
    }
}

fn joined(mut judged: Vec<Judged>, labels: &[&str], join: Join) -> Judged {
    let Some(second) = (if judged.len() > 1 { judged.pop() } else { None }) else {
        let nothing = || Judged::plainly(Verdict::Undecided, "nothing to read".to_owned());
        return judged.pop().unwrap_or_else(nothing);
    };
    let Some(first) = judged.pop() else { return second };
    if first == second {
        return first;
    }
    let verdict = match join {
        _ if first.verdict == second.verdict => first.verdict,
        // That something is not known is no difference.
        Join::Means if first.verdict != Verdict::Undecided && second.verdict != Verdict::Undecided => {
            Verdict::DependsOnMeanShift
        }
        Join::Means | Join::Epochs => Verdict::Undecided,
    };
    let in_short = match join {
        _ if first.verdict == second.verdict => first.in_short.clone(),
        _ if verdict == Verdict::DependsOnMeanShift && first.verdict == Verdict::Supported => {
            "holds only with the noise's mean".to_owned()
        }
        _ if verdict == Verdict::DependsOnMeanShift => "holds only for noise of mean zero".to_owned(),
        Join::Means => "undecided for one mean of the noise".to_owned(),
        Join::Epochs => "best and last epoch disagree".to_owned(),
    };
    let agree = first.verdict == second.verdict;
    let of = |label: &str, judged: Judged| match judged.verdict.name() {
        _ if agree => format!("{label}: {}", judged.why),
        verdict => format!("{label} ({verdict}): {}", judged.why),
    };
    let why = format!("{}; {}", of(labels[0], first), of(labels[1], second));
    Judged { verdict, in_short, why }
}

/// Whether the rows' part of an effect is on record.
pub(super) const fn has_rows(measured: &Measured) -> bool {
    matches!(measured.rows, RowPart::Table(_) | RowPart::Variance(_))
}
