//! C7 to C10: what noise takes away, with the modality's mean and without.

use super::accuracy::share_cell;
use super::findings::{Bound, ClaimId, Effect, Unit};
use super::judge::{Draft, Join, Reading};
use super::measure::{Cell, Spec, Term, common_seeds};
use super::study::{Quantity, Study, cell};
use super::thresholds::{HOLDS_UP, RETAINED_MARGIN, SLIGHT_FALL};
use crate::event::NoiseMean;
use crate::grid::{CohortId, Condition, Task};
use crate::model::ModelId;

/// Tensor is the most robust to noise.
pub(super) fn c7(study: &Study<'_>) -> Draft {
    let reading = |mean| {
        let above = |other| retained_difference(study, (ModelId::TENSOR, other), mean);
        Reading::of(study, label(mean), vec![above(ModelId::CONCAT), above(ModelId::PRODUCT)])
    };
    Draft {
        id: ClaimId::C7,
        test:
            "retained skill, mean over conditions, both tasks and the larger half of the sizes, where every \
               fusion has skill: tensor above concat, and above product"
                .to_owned(),
        readings: study.means().into_iter().map(reading).collect(),
        join: Join::Means,
        beside: Vec::new(),
        cells: cells(study),
    }
}

/// Product loses most under noise.
pub(super) fn c8(study: &Study<'_>) -> Draft {
    let reading = |mean| {
        let below = |other| retained_difference(study, (other, ModelId::PRODUCT), mean);
        let falls = |other| slight_fall(study, other, mean);
        let specs = vec![
            below(ModelId::CONCAT),
            below(ModelId::TENSOR),
            falls(ModelId::CONCAT),
            falls(ModelId::TENSOR),
        ];
        let mut reading = Reading::of(study, label(mean), specs);
        if let Some((task, classes)) = study.of_many_classes() {
            let lacks = format!(
                "the paper's fall from 75 to 55 % is of two classes, and the {task} task has {classes}"
            );
            reading.lacks = Some(lacks);
        }
        reading
    };
    Draft {
        id: ClaimId::C8,
        test: format!(
            "retained skill as in C7: product below concat and below tensor; and under noise on text at the level \
             nearest 0.10 its accuracy falls by more than {} more than theirs",
            Unit::Accuracy.quantity(SLIGHT_FALL)
        ),
        readings: study.means().into_iter().map(reading).collect(),
        join: Join::Means,
        beside: Vec::new(),
        cells: cells(study),
    }
}

/// Text noise hurts more than image noise.
pub(super) fn c9(study: &Study<'_>) -> Draft {
    let means = study.means();
    let name = "accuracy left under image noise − under text noise";
    let margin = study.header.config.claims.margin;
    let all = |mean| text_against_image(study, &ModelId::PAPER_FUSIONS, mean).named(name).advantage(margin);
    let mut beside = Vec::new();
    for &mean in &means {
        for fusion in ModelId::PAPER_FUSIONS {
            let spec = text_against_image(study, &[fusion], mean);
            beside.extend(shown(study, spec.named(format!("{name}: {fusion}, {}", label(mean)))));
        }
    }
    if let [_, zero] = means[..] {
        beside.extend(shown(study, all(zero).named(format!("{name}, {}", label(zero))).bounded(Bound::None)));
    }
    let reading = means.first().map(|&mean| Reading::of(study, "", vec![all(mean)]));
    Draft {
        id: ClaimId::C9,
        test: "mean accuracy over the levels, mean over fusions, both tasks and the larger half of the sizes: under \
               image noise above that under text noise; with the modality's mean (at mean zero beside it)"
            .to_owned(),
        readings: reading.into_iter().collect(),
        join: Join::Means,
        beside,
        cells: cells(study),
    }
}

/// Concat holds up when both modalities are noised.
pub(super) fn c10(study: &Study<'_>) -> Draft {
    let retained = |fusion, mean| {
        let cells = retained_cells(study, fusion, &[Condition::Both], mean);
        Spec {
            name: format!("skill that {fusion} retains under noise on both"),
            unit: Unit::Share,
            bound: Bound::None,
            slack: 0.0,
            cells,
        }
    };
    let reading = |&mean: &NoiseMean| {
        let spec = retained(ModelId::CONCAT, mean).bounded(Bound::Above(HOLDS_UP));
        Reading::of(study, label(mean), vec![spec])
    };
    let others = |&mean: &NoiseMean| {
        [ModelId::PRODUCT, ModelId::TENSOR].map(|fusion| {
            let spec = retained(fusion, mean);
            let name = format!("{}, {}", spec.name, label(mean));
            shown(study, spec.named(name))
        })
    };
    let means = study.means();
    Draft {
        id: ClaimId::C10,
        test: format!(
            "skill that concat retains under noise on both, over both tasks and the larger half of the sizes, where \
             every fusion has skill: above {}",
            Unit::Share.quantity(HOLDS_UP)
        ),
        readings: means.iter().map(reading).collect(),
        join: Join::Means,
        beside: means.iter().flat_map(others).flatten().collect(),
        cells: cells(study),
    }
}

const fn label(mean: NoiseMean) -> &'static str {
    match mean {
        NoiseMean::Empirical => "noise with its mean",
        NoiseMean::Zero => "noise of mean zero",
    }
}

/// Both tasks at the larger sizes: smaller ones have little skill to lose.
fn places<'a>(study: &'a Study<'_>) -> impl Iterator<Item = (Task, usize)> + 'a {
    study.tasks().flat_map(|task| study.larger_sizes().iter().map(move |&size| (task, size)))
}

fn cells(study: &Study<'_>) -> Vec<CohortId> {
    let every = places(study).flat_map(|(task, size)| {
        ModelId::PAPER_FUSIONS.into_iter().map(move |fusion| cell(fusion, task, size))
    });
    every.filter(|id| study.state.cohort(*id).is_some()).collect()
}

/// Retained skill of one fusion in every place where all fusions have skill to lose, and under every one of
/// `conditions` that the run evaluates.
fn retained_cells(
    study: &Study<'_>,
    fusion: ModelId,
    conditions: &[Condition],
    mean: NoiseMean,
) -> Vec<Cell> {
    let asked = &study.header.config.noise.conditions;
    let conditions: Vec<Condition> = conditions.iter().copied().filter(|one| asked.contains(one)).collect();
    let mut cells = Vec::new();
    for (task, size) in places(study).filter(|&(task, size)| all_have_skill(study, task, size)) {
        let Some(majority) = study.majority(task) else { continue };
        let id = cell(fusion, task, size);
        cells.extend(conditions.iter().map(|&condition| {
            let area = Quantity::Area(condition, mean);
            share_cell(study, majority, (id, area), (id, Quantity::Accuracy))
        }));
    }
    cells
}

/// Where a number is missing the place is kept, since it may still come.
fn all_have_skill(study: &Study<'_>, task: Task, size: usize) -> bool {
    let Some(majority) = study.majority(task) else { return false };
    let floor = 3.0 * (majority * (1.0 - majority) / study.test_rows() as f64).sqrt();
    let skill = |fusion| Some(study.mean(cell(fusion, task, size), Quantity::Accuracy)? - majority);
    ModelId::PAPER_FUSIONS.into_iter().all(|fusion| skill(fusion).is_none_or(|skill| skill >= floor))
}

fn retained_difference(study: &Study<'_>, (first, second): (ModelId, ModelId), mean: NoiseMean) -> Spec {
    let cells = retained_cells(study, first, &Condition::PAPER, mean);
    let others = retained_cells(study, second, &Condition::PAPER, mean);
    let less = |(mut cell, other): (Cell, Cell)| {
        cell.constant -= other.constant;
        cell.terms.extend(other.terms.into_iter().map(|term| Term { weight: -term.weight, ..term }));
        cell
    };
    Spec {
        name: format!("retained skill, {first} − {second}"),
        unit: Unit::Share,
        bound: Bound::Above(0.0),
        slack: RETAINED_MARGIN,
        cells: cells.into_iter().zip(others).map(less).collect(),
    }
}

/// How much further product falls than `other` under slight noise on text.
fn slight_fall(study: &Study<'_>, other: ModelId, mean: NoiseMean) -> Spec {
    let clean = Spec::difference((ModelId::PRODUCT, other), places(study), Quantity::Accuracy);
    let noised = Spec::difference((other, ModelId::PRODUCT), places(study), Quantity::SlightText(mean));
    let joined = clean.cells.into_iter().zip(noised.cells).map(|(mut clean, noised)| {
        clean.terms.extend(noised.terms);
        clean
    });
    Spec {
        name: format!("fall under slight text noise, product − {other}"),
        unit: Unit::Accuracy,
        bound: Bound::Above(SLIGHT_FALL),
        slack: 0.0,
        cells: joined.collect(),
    }
}

fn text_against_image(study: &Study<'_>, fusions: &[ModelId], mean: NoiseMean) -> Spec {
    let of = |cohort| {
        let term = |weight, condition| Term { weight, cohort, quantity: Quantity::Area(condition, mean) };
        Cell { terms: vec![term(1.0, Condition::Image), term(-1.0, Condition::Text)], constant: 0.0 }
    };
    let cells = places(study)
        .flat_map(|(task, size)| fusions.iter().map(move |&fusion| cell(fusion, task, size)))
        .filter(|id| study.state.cohort(*id).is_some());
    Spec {
        name: String::new(),
        unit: Unit::Accuracy,
        bound: Bound::None,
        slack: 0.0,
        cells: cells.map(of).collect(),
    }
}

/// An effect that decides nothing, of what is there.
fn shown(study: &Study<'_>, mut spec: Spec) -> Option<Effect> {
    spec.keep_ready(study);
    let seeds = common_seeds(study, spec.terms());
    Some(spec.measure(study, &seeds)?.effect(study))
}
