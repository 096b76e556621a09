//! Findings for tests, by hand: every verdict, unit and bound, and what is absent.

use super::model::Model;
use study::claims::{
    Bound, ClaimId, Comparison, Effect, Finding, Findings, InterquartileMean, Interval, SeedsNeeded, Unit,
    Verdict,
};
use study::grid::Task;
use study::model::ModelId;

const fn interval(low: f64, high: f64) -> Interval {
    Interval { low, high }
}

fn effect(name: &str, value: f64, unit: Unit, bound: Bound) -> Effect {
    Effect {
        name: name.into(),
        value,
        unit,
        bound,
        over_seeds: Some(interval(value - 0.012, value + 0.012)),
        over_seeds_bca: None,
        over_seeds_and_rows: Some(interval(value - 0.021, value + 0.02)),
        p: Some(0.0312),
        p_holm: (bound != Bound::None).then_some(0.0004),
        pairs: 5,
    }
}

/// Effects whose names differ at their end alone.
fn beside(fusion: ModelId, value: f64) -> Effect {
    let name = format!("accuracy left under image noise − under text noise: {fusion}, noise with its mean");
    effect(&name, value, Unit::Accuracy, Bound::None)
}

/// Findings by hand: every verdict, unit and bound, and absent values.
pub fn findings(model: &Model) -> Findings {
    let claim = |id: ClaimId, verdict, in_short: &str, why: &str, effects: Vec<Effect>| Finding {
        id,
        statement: id.statement(),
        test: "sign flips by seed over every size of the task, the largest statistic taken".into(),
        verdict,
        in_short: in_short.into(),
        why: why.into(),
        cells: model.run.order().iter().copied().filter(|_| !effects.is_empty()).collect(),
        effects,
    };
    let difference = effect("product − concat", 0.004, Unit::Accuracy, Bound::Within(0.02));
    let undecided = |id| {
        let why = "5 seeds, a verdict needs 6";
        claim(id, Verdict::Undecided, why, why, Vec::new())
    };
    let claims = vec![
        claim(
            ClaimId::C1,
            Verdict::Supported,
            "no difference within ±2.0 points",
            "product − concat: 0.4 points, 95 % interval −1.7 to 2.4; p < 0.001 after Holm's correction",
            vec![difference.clone()],
        ),
        claim(
            ClaimId::C2,
            Verdict::Supported,
            "a difference of 31.4 points",
            "product − concat: 31.4 points, 95 % interval 29.3 to 33.4; product − tensor: 35.0 points, 95 % interval \
             32.9 to 37.0; p < 0.001 after Holm's correction",
            vec![
                effect("product − concat", 0.314, Unit::Accuracy, Bound::Above(0.0)),
                effect("product − tensor", 0.35, Unit::Accuracy, Bound::Above(0.0)),
                effect("concat − tensor", 0.036, Unit::Accuracy, Bound::None),
            ],
        ),
        claim(
            ClaimId::C3,
            Verdict::Contradicted,
            "66 %; claimed: above 90 %",
            "66 %; claimed: above 90 % (share of the skill at 32 rows: 66 %, 95 % interval 64 to 68)",
            vec![effect("share of the skill at 32 rows", 0.66, Unit::Share, Bound::Above(0.9))],
        ),
        undecided(ClaimId::C4),
        claim(
            ClaimId::C5,
            Verdict::Undecided,
            "between 1.02 and 1.06",
            "between 1.02 and 1.06 (deviation, tensor over concat: 1.04, 95 % interval 1.02 to 1.06)",
            vec![effect("deviation, tensor over concat", 1.04, Unit::Ratio, Bound::Above(1.0))],
        ),
        claim(
            ClaimId::C6,
            Verdict::Contradicted,
            "no difference within ±2.0 points",
            "no difference within ±2.0 points (product − concat: 0.1 points, 95 % interval −1.9 to 1.9)",
            vec![effect("product − concat", 0.001, Unit::Accuracy, Bound::Above(0.0))],
        ),
        claim(
            ClaimId::C7,
            Verdict::DependsOnMeanShift,
            "holds only with the noise's mean",
            "noise with its mean (supported): tensor − product, retained: 31 %, 95 % interval 29 to 33; noise of mean \
             zero (contradicted): no difference within ±5 %",
            vec![effect("tensor − product, retained", 0.31, Unit::Share, Bound::Above(0.0))],
        ),
        undecided(ClaimId::C8),
        claim(
            ClaimId::C9,
            Verdict::Contradicted,
            "the opposite, by 4.0 points",
            "the opposite, by 4.0 points (accuracy left under image noise − under text noise: −4.0 points, 95 % interval \
             −6.1 to −2.0)",
            ModelId::PAPER_FUSIONS.map(|fusion| beside(fusion, -0.04)).to_vec(),
        ),
        undecided(ClaimId::C10),
        claim(
            ClaimId::C11,
            Verdict::Supported,
            "a difference of 0.221",
            "product, synthetic − real: 0.221, 95 % interval 0.200 to 0.241; p < 0.001 after Holm's correction",
            vec![effect("product, synthetic − real", 0.221, Unit::Auc, Bound::Above(0.0))],
        ),
    ];
    Findings {
        claims,
        comparisons: comparisons(),
        interquartile_means: means(),
        seeds_enough: vec![more_seeds()],
        ..Findings::default()
    }
}

fn comparisons() -> Vec<Comparison> {
    let comparison = |task, fusion, other, train_size| Comparison {
        task,
        train_size,
        fusion,
        other,
        effect: effect("", 0.013, Unit::Accuracy, Bound::None),
        probability_of_improvement: Some(0.84),
        probability_interval: Some(interval(0.6, 1.0)),
    };
    let pairs = [
        (ModelId::PRODUCT, ModelId::CONCAT),
        (ModelId::TENSOR, ModelId::CONCAT),
        (ModelId::PRODUCT, ModelId::TENSOR),
    ];
    let comparisons = [None, Some(32), Some(64)].into_iter().flat_map(|size| {
        let of_task = move |task| pairs.map(|(fusion, other)| comparison(task, fusion, other, size));
        Task::PAPER.into_iter().flat_map(of_task)
    });
    comparisons.collect()
}

fn means() -> Vec<InterquartileMean> {
    let means = Task::PAPER.into_iter().flat_map(|task| {
        ModelId::PAPER_FUSIONS.map(|fusion| InterquartileMean {
            fusion,
            task,
            value: 0.712,
            interval: Some(interval(0.7, 0.73)),
            sizes: 6,
            trials: 30,
        })
    });
    means.collect()
}

fn more_seeds() -> SeedsNeeded {
    SeedsNeeded {
        claim: ClaimId::C1,
        effect: "product − concat".into(),
        unit: Unit::Accuracy,
        seeds: 5,
        half_width: 0.021,
        seeds_then: 20,
        half_width_then: 0.011,
        half_width_floor: 0.008,
        extra_seconds: 84.0,
    }
}
