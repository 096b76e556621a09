//! C1 to C4 and C6: what fusions reach without noise.

use super::findings::{Bound, ClaimId, Effect, Unit};
use super::judge::{Draft, Join, Reading};
use super::measure::{Cell, Spec, Term, common_seeds};
use super::study::{Quantity, Study, cell};
use super::thresholds::{HIGH_SKILL, NEGLIGIBLE_SHARE, SHARE_OF_FULL_SKILL};
use crate::grid::{CohortId, Task};
use crate::model::ModelId;

const ACCURACY: Quantity = Quantity::Accuracy;

/// Real task: concat and product perform nearly identically.
pub(super) fn c1(study: &Study<'_>) -> Draft {
    let margin = study.header.config.claims.margin;
    let pair = (ModelId::PRODUCT, ModelId::CONCAT);
    let half = |sizes: &[usize], name: &str| {
        Spec::difference(pair, at(Task::Real, sizes), ACCURACY)
            .named(format!("product − concat, {name} sizes"))
            .bounded(Bound::Within(margin))
    };
    let specs = vec![half(study.smaller_sizes(), "smaller"), half(study.larger_sizes(), "larger")];
    let cells = cells(study, Task::Real, &[ModelId::CONCAT, ModelId::PRODUCT]);
    let test = format!(
        "equivalence (TOST over seeds and rows) of test accuracy within ±{} over the smaller half of the \
         sizes and over the larger half, both of them",
        Unit::Accuracy.quantity(margin)
    );
    let beside = largest_difference(study, pair).into_iter().collect();
    let readings = vec![Reading::of(study, "", specs)];
    Draft { id: ClaimId::C1, test, readings, join: Join::Epochs, beside, cells }
}

/// Synthetic task: product is better than concat and tensor.
pub(super) fn c2(study: &Study<'_>) -> Draft {
    let margin = study.header.config.claims.margin;
    let against = |other| {
        let cells = at(Task::Synthetic, study.sizes());
        Spec::difference((ModelId::PRODUCT, other), cells, ACCURACY).advantage(margin)
    };
    let specs = vec![against(ModelId::CONCAT), against(ModelId::TENSOR)];
    Draft {
        id: ClaimId::C2,
        test: "test accuracy over all sizes: product above concat, and above tensor".to_owned(),
        readings: vec![Reading::of(study, "", specs)],
        join: Join::Epochs,
        beside: Vec::new(),
        cells: cells(study, Task::Synthetic, &ModelId::PAPER_FUSIONS),
    }
}

/// Synthetic task: product needs negligible data.
pub(super) fn c3(study: &Study<'_>) -> Draft {
    let test = format!(
        "product at the smallest size (at most {} of the training split): accuracy more than {} above the \
         majority's share, and more than {} of the skill at the largest size",
        Unit::Share.quantity(NEGLIGIBLE_SHARE),
        Unit::Accuracy.quantity(HIGH_SKILL),
        Unit::Share.quantity(SHARE_OF_FULL_SKILL)
    );
    let (reading, cells) = negligible_data(study);
    let readings = vec![reading];
    Draft { id: ClaimId::C3, test, readings, join: Join::Epochs, beside: Vec::new(), cells }
}

fn negligible_data(study: &Study<'_>) -> (Reading, Vec<CohortId>) {
    let (Some(&smallest), Some(&largest)) = (study.sizes().first(), study.sizes().last()) else {
        return (Reading::none("", "the sweep has no size"), Vec::new());
    };
    let of = |size| cell(ModelId::PRODUCT, Task::Synthetic, size);
    let cells = vec![of(smallest), of(largest)];
    let rows = study.header.data.rows.train;
    if smallest as f64 > NEGLIGIBLE_SHARE * rows as f64 || smallest == largest {
        let why = format!("the smallest size, {smallest} of {rows} rows, is not negligible");
        return (Reading::none("", why), cells);
    }
    let Some(majority) = study.majority(Task::Synthetic) else {
        return (Reading::none("", "the sweep has no synthetic task"), cells);
    };
    let term = |weight, size| Term { weight, cohort: of(size), quantity: ACCURACY };
    let high = Spec {
        name: "product at the smallest size above the majority".to_owned(),
        unit: Unit::Accuracy,
        bound: Bound::Above(HIGH_SKILL),
        slack: 0.0,
        cells: vec![Cell { terms: vec![term(1.0, smallest)], constant: -majority }],
    };
    let share = Spec {
        name: "share of the skill at the largest size".to_owned(),
        unit: Unit::Share,
        bound: Bound::Above(SHARE_OF_FULL_SKILL),
        slack: 0.0,
        cells: vec![share_cell(study, majority, (of(smallest), ACCURACY), (of(largest), ACCURACY))],
    };
    (Reading::of(study, "", vec![high, share]), cells)
}

/// The share `(part − c)/(whole − c)` of two means over seeds, made linear about its value: the mean over seeds
/// is the share itself, and seeds and rows weigh in as they do in it (the delta method).
pub(super) fn share_cell(
    study: &Study<'_>,
    majority: f64,
    part: (CohortId, Quantity),
    whole: (CohortId, Quantity),
) -> Cell {
    let skill = |(cohort, quantity)| study.mean(cohort, quantity).map(|mean| mean - majority);
    // Without a number the cell is still to come or lost, whatever its weights.
    let of_whole = skill(whole).filter(|skill| *skill > 0.0).unwrap_or(1.0);
    let share = skill(part).map_or(0.0, |skill| skill / of_whole);
    Cell {
        terms: vec![
            Term { weight: 1.0 / of_whole, cohort: part.0, quantity: part.1 },
            Term { weight: -share / of_whole, cohort: whole.0, quantity: whole.1 },
        ],
        constant: share + (share - 1.0) * majority / of_whole,
    }
}

/// Real task: tensor underperforms the simpler fusions.
pub(super) fn c4(study: &Study<'_>) -> Draft {
    let margin = study.header.config.claims.margin;
    let reading = |label, quantity| {
        let below = |other| {
            let cells = at(Task::Real, study.sizes());
            Spec::difference((other, ModelId::TENSOR), cells, quantity).advantage(margin)
        };
        Reading::of(study, label, vec![below(ModelId::CONCAT), below(ModelId::PRODUCT)])
    };
    Draft {
        id: ClaimId::C4,
        test:
            "test accuracy over all sizes: concat above tensor, and product above tensor; at the best epoch, \
               and after the last one (over seeds alone: its rows are not kept)"
                .to_owned(),
        readings: vec![reading("best epoch", ACCURACY), reading("last epoch", Quantity::LastAccuracy)],
        join: Join::Epochs,
        beside: Vec::new(),
        cells: cells(study, Task::Real, &ModelId::PAPER_FUSIONS),
    }
}

/// Real task: product gains on concat at the larger sizes.
pub(super) fn c6(study: &Study<'_>) -> Draft {
    let larger = at(Task::Real, study.larger_sizes());
    let spec = Spec::difference((ModelId::PRODUCT, ModelId::CONCAT), larger, ACCURACY)
        .advantage(study.header.config.claims.margin);
    let larger = study.larger_sizes();
    let is_larger = |id: &CohortId| larger.contains(&id.train_size);
    let cells = cells(study, Task::Real, &[ModelId::CONCAT, ModelId::PRODUCT]);
    Draft {
        id: ClaimId::C6,
        test: "test accuracy over the larger half of the sizes: product above concat".to_owned(),
        readings: vec![Reading::of(study, "", vec![spec])],
        join: Join::Epochs,
        beside: Vec::new(),
        cells: cells.into_iter().filter(is_larger).collect(),
    }
}

/// The single size at which two fusions differ most on the real task.
fn largest_difference(study: &Study<'_>, pair: (ModelId, ModelId)) -> Option<Effect> {
    let effects = study.sizes().iter().filter_map(|&size| {
        let mut spec = Spec::difference(pair, [(Task::Real, size)], ACCURACY)
            .named(format!("largest difference at one size ({size})"));
        spec.keep_ready(study);
        let seeds = common_seeds(study, spec.terms());
        spec.measure(study, &seeds)
    });
    let largest = effects.max_by(|a, b| a.value().abs().total_cmp(&b.value().abs()))?;
    Some(largest.effect(study))
}

pub(super) fn at(task: Task, sizes: &[usize]) -> impl Iterator<Item = (Task, usize)> {
    sizes.iter().map(move |&size| (task, size))
}

/// The sweep's configurations of these fusions in a task, by fusion and size.
pub(super) fn cells(study: &Study<'_>, task: Task, fusions: &[ModelId]) -> Vec<CohortId> {
    let every =
        fusions.iter().flat_map(|&fusion| study.sizes().iter().map(move |&size| cell(fusion, task, size)));
    every.filter(|id| study.state.cohort(*id).is_some()).collect()
}
