//! C11, and the mean ROC curve of every configuration.

use super::accuracy::{at, cells};
use super::findings::{Bound, ClaimId, Estimate, RocFinding, Unit};
use super::judge::{Draft, Join, Reading};
use super::measure::{Cell, Spec, Term};
use super::study::{Quantity, Study, cell};
use super::thresholds::{FAILS, WELL_ABOVE};
use crate::grid::Task;
use crate::inference::seeds::paired_t_within;
use crate::inference::splits::{Between, OfRows};
use crate::inference::{Interval, t_quantile_975};
use crate::model::ModelId;
use crate::roc::mean_curve;
use crate::statistics::Spread;

/// ROC: synthetic above real, most of all product; tensor fails.
pub(super) fn c11(study: &Study<'_>) -> Draft {
    let specs = vec![
        gap(
            "AUC, synthetic − real",
            &[(ModelId::CONCAT, 1.0), (ModelId::PRODUCT, 1.0), (ModelId::TENSOR, 1.0)],
            study,
        )
        .bounded(Bound::Above(WELL_ABOVE)),
        gap(
            "AUC, synthetic − real: product − the others",
            &[(ModelId::CONCAT, -1.5), (ModelId::PRODUCT, 3.0), (ModelId::TENSOR, -1.5)],
            study,
        )
        .advantage(study.header.config.claims.margin),
        tensor_alone(study),
    ];
    let every = |task: Task| cells(study, task, &ModelId::PAPER_FUSIONS);
    Draft {
        id: ClaimId::C11,
        test: format!(
            "area under the ROC curve over all sizes: synthetic above real by more than {WELL_ABOVE} over the three \
             fusions, by more for product than for the other two, and that of tensor over both tasks below {FAILS}; \
             rows by Hanley and McNeil's variance"
        ),
        readings: vec![Reading::of(study, "", specs)],
        join: Join::Epochs,
        beside: Vec::new(),
        cells: study.tasks().flat_map(every).collect(),
    }
}

/// Synthetic less real, each fusion with a third of its weight.
fn gap(name: &str, weights: &[(ModelId, f64)], study: &Study<'_>) -> Spec {
    let of_size = |&size: &usize| {
        let term = |fusion, task, weight| Term {
            weight: weight / 3.0,
            cohort: cell(fusion, task, size),
            quantity: Quantity::Auc,
        };
        let both = |&(fusion, weight): &(ModelId, f64)| {
            [term(fusion, Task::Synthetic, weight), term(fusion, Task::Real, -weight)]
        };
        Cell { terms: weights.iter().flat_map(both).collect(), constant: 0.0 }
    };
    Spec {
        name: name.to_owned(),
        unit: Unit::Auc,
        bound: Bound::None,
        slack: 0.0,
        cells: study.sizes().iter().map(of_size).collect(),
    }
}

fn tensor_alone(study: &Study<'_>) -> Spec {
    let places = study.tasks().flat_map(|task| at(task, study.sizes()));
    let of = |(task, size)| Cell {
        terms: vec![Term { weight: 1.0, cohort: cell(ModelId::TENSOR, task, size), quantity: Quantity::Auc }],
        constant: 0.0,
    };
    Spec {
        name: "AUC of tensor".to_owned(),
        unit: Unit::Auc,
        bound: Bound::Below(FAILS),
        slack: 0.0,
        cells: places.map(of).collect(),
    }
}

/// The mean curve of every configuration that has one, in training order.
pub(super) fn mean_curves(study: &Study<'_>) -> Vec<RocFinding> {
    let of = |(cohort, state): (_, &crate::run_state::CohortState)| {
        let curves: Vec<&[f64]> = state
            .evaluations()
            .map(|one| one.true_positive_rate.as_slice())
            .filter(|one| !one.is_empty())
            .collect();
        let curve = mean_curve(&curves)?;
        let areas = study.values(cohort, Quantity::Auc);
        let splits = study.splits_of(&study.seeds(cohort, Quantity::Auc));
        let spread = Spread::of(&areas)?;
        let over_seeds = paired_t_within(&areas, &splits);
        Some(RocFinding {
            cohort,
            seeds: curves.len(),
            auc: Estimate { value: spread.mean, over_seeds },
            auc_over_seeds_and_rows: with_rows(study, cohort.task, &areas, &splits),
            mean: curve.mean,
            low: curve.low,
            high: curve.high,
        })
    };
    study.state.rows().filter_map(of).collect()
}

fn with_rows(study: &Study<'_>, task: Task, values: &[f64], splits: &[usize]) -> Option<Interval> {
    let areas = Spread::of(values)?;
    let of_seeds = areas.std?.powi(2) / areas.n as f64;
    let of_rows = study.auc_variance(task, areas.mean)?;
    let (variance, freedom) = if study.splits() > 1 {
        let between = Between::of(values, splits)?;
        let (own, overlap) = (between.squared_shares, study.overlap());
        let in_all = of_rows * (own + (1.0 - own) * overlap);
        between.variance(&OfRows::parted(in_all, &between, overlap, study.independent()))
    } else {
        let variance = of_seeds + of_rows;
        let freedom = if of_seeds > 0.0 { (variance / of_seeds).powi(2) } else { 1.0 };
        (variance, freedom * (areas.n - 1) as f64)
    };
    let interval = Interval::around(areas.mean, t_quantile_975(freedom)? * variance.sqrt());
    Some(Interval { low: interval.low.max(0.0), high: interval.high.min(1.0) })
}
