//! C5: whether more parameters vary more across seeds.
//!
//! The statistic is Levene's with medians (Brown and Forsythe 1974), made paired: a seed's distance from its
//! cell's median under tensor less its distance under the other fusion, averaged over cells. Signs are
//! flipped seed by seed.

use ndarray::{Array2, s};

use super::accuracy::cells;
use super::findings::{Bound, ClaimId, Effect, Unit};
use super::judge::{Draft, Join, Reading};
use super::measure::{Measured, RowPart, Term, common_seeds};
use super::study::{Quantity, Standing, Study, cell};
use super::thresholds::{ALPHA, SPREAD_MARGIN};
use super::wording::p_is;
use crate::grid::{CohortId, Seed, Task};
use crate::inference::sign_flip::max_t;
use crate::model::ModelId;
use crate::statistics::{Spread, median};

/// Resamples of the rows; their variance alone is used.
const DRAWS: usize = 400;
/// Those with fewer parameters than tensor.
const SMALLER: [ModelId; 2] = [ModelId::CONCAT, ModelId::PRODUCT];

/// More parameters vary more across seeds.
pub(super) fn c5(study: &Study<'_>) -> Draft {
    let places = places(study);
    let every = |task: Task| cells(study, task, &ModelId::PAPER_FUSIONS);
    let is_read = |id: &CohortId| places.contains(&(id.task, id.train_size));
    Draft {
        id: ClaimId::C5,
        test: format!(
            "mean distance of the seeds' test accuracies from their median (paired Brown–Forsythe) over both tasks \
             and all sizes but the whole split, where {}: tensor above concat, and above product; no single cell \
             significantly the other way (max-T); at the best epoch, and after the last one",
            if study.splits() > 1 {
                "seeds of one split train on the same rows"
            } else {
                "only the optimisation differs"
            }
        ),
        readings: vec![
            reading(study, &places, "best epoch", Quantity::Accuracy),
            reading(study, &places, "last epoch", Quantity::LastAccuracy),
        ],
        join: Join::Epochs,
        beside: SMALLER.into_iter().filter_map(|other| ratio(study, &places, other)).collect(),
        cells: study.tasks().flat_map(every).filter(is_read).collect(),
    }
}

/// At the full size all seeds of a split share the same rows: what varies there is the optimisation alone.
fn places(study: &Study<'_>) -> Vec<(Task, usize)> {
    let whole = study.header.data.rows.train;
    let sizes = || study.sizes().iter().copied().filter(|&size| size < whole);
    study.tasks().flat_map(|task| sizes().map(move |size| (task, size))).collect()
}

fn reading(study: &Study<'_>, places: &[(Task, usize)], label: &'static str, quantity: Quantity) -> Reading {
    let standing = |&(task, size): &(Task, usize)| {
        let of = |fusion| study.standing(cell(fusion, task, size), quantity);
        ModelId::PAPER_FUSIONS.map(of)
    };
    let waiting = places.iter().filter(|place| standing(place).contains(&Standing::Waiting)).count();
    let is_ready = |place: &&(Task, usize)| standing(place).iter().all(|one| *one == Standing::Ready);
    let ready: Vec<(Task, usize)> = places.iter().filter(is_ready).copied().collect();
    let terms: Vec<Term> = ready
        .iter()
        .flat_map(|&(task, size)| ModelId::PAPER_FUSIONS.map(|fusion| cell(fusion, task, size)))
        .map(|cohort| Term { weight: 1.0, cohort, quantity })
        .collect();
    let seeds = common_seeds(study, terms.iter());
    if ready.is_empty() || seeds.is_empty() {
        let why = if waiting > 0 { "no result so far" } else { "no size below the whole split" };
        return Reading::none(label, why);
    }
    let lacks = (waiting > 0).then(|| format!("{waiting} of {} results are missing so far", places.len()));
    let both = SMALLER.map(|other| Distances::of(study, &ready, other, quantity, &seeds));
    let measured = both.iter().map(|distances| distances.measured(study, &ready, quantity, &seeds)).collect();
    let mut reading = Reading::measured(study, label, measured, lacks);
    reading.against = other_way(&both, &ready);
    reading
}

/// Tensor's distances less another fusion's.
struct Distances {
    other: ModelId,
    /// `[cell][seed]`
    by_cell: Vec<Vec<f64>>,
}

impl Distances {
    fn of(
        study: &Study<'_>,
        places: &[(Task, usize)],
        other: ModelId,
        quantity: Quantity,
        seeds: &[Seed],
    ) -> Self {
        let values = |fusion, (task, size)| -> Vec<f64> {
            let id = cell(fusion, task, size);
            seeds.iter().filter_map(|&seed| study.value(id, quantity, seed)).collect()
        };
        let of_place = |&place| less(&values(ModelId::TENSOR, place), &values(other, place));
        Self { other, by_cell: places.iter().map(of_place).collect() }
    }

    fn measured(
        &self,
        study: &Study<'_>,
        places: &[(Task, usize)],
        quantity: Quantity,
        seeds: &[Seed],
    ) -> Measured {
        let cells = self.by_cell.len() as f64;
        let mean = |place: usize| self.by_cell.iter().map(|cell| cell[place]).sum::<f64>() / cells;
        let rows = match quantity {
            Quantity::Accuracy => of_rows(study, places, self.other, seeds).map(RowPart::Variance),
            _ => Some(RowPart::NotKept),
        };
        Measured {
            name: format!("distance from the median, tensor − {}", self.other),
            unit: Unit::Accuracy,
            bound: Bound::Above(0.0),
            slack: SPREAD_MARGIN,
            per_seed: (0..seeds.len()).map(mean).collect(),
            splits: study.splits_of(seeds),
            rows: rows.unwrap_or(RowPart::Missing),
        }
    }
}

/// The first's distances from its median less the second's, seed by seed.
fn less(first: &[f64], second: &[f64]) -> Vec<f64> {
    distances(first).into_iter().zip(distances(second)).map(|(first, second)| first - second).collect()
}

fn distances(values: &[f64]) -> Vec<f64> {
    let middle = median(values).unwrap_or_default();
    values.iter().map(|value| (value - middle).abs()).collect()
}

/// Variance of the mean distance where the rows are drawn anew for these seeds.
fn of_rows(study: &Study<'_>, places: &[(Task, usize)], other: ModelId, seeds: &[Seed]) -> Option<f64> {
    let (rows, splits) = (study.rows.as_ref()?, study.splits_of(seeds));
    let mut draws = vec![0.0; DRAWS];
    for &(task, size) in places {
        let resampled = |fusion| -> Option<Array2<f32>> {
            let mut table = Array2::zeros((seeds.len(), rows.sizes(0).len()));
            for (mut values, &seed) in table.rows_mut().into_iter().zip(seeds) {
                let sums = study.sums(cell(fusion, task, size), Quantity::Accuracy, seed)?;
                values.iter_mut().zip(sums).for_each(|(value, sum)| *value = sum);
            }
            Some(rows.resampled(&table, &splits, DRAWS))
        };
        let (tensor, other) = (resampled(ModelId::TENSOR)?, resampled(other)?);
        for (draw, sum) in draws.iter_mut().enumerate() {
            let column = |table: &Array2<f32>| -> Vec<f64> {
                table.slice(s![.., draw]).iter().map(|&value| f64::from(value)).collect()
            };
            *sum += Spread::of(&less(&column(&tensor), &column(&other)))?.mean;
        }
    }
    let mean = |sum: f64| sum / places.len() as f64;
    let draws: Vec<f64> = draws.into_iter().map(mean).collect();
    Some(Spread::of(&draws)?.std?.powi(2))
}

/// A single cell in which tensor varies significantly less.
fn other_way(both: &[Distances], places: &[(Task, usize)]) -> Option<String> {
    let family: Vec<Vec<f64>> = both.iter().flat_map(|distances| distances.by_cell.clone()).collect();
    let p = max_t(&family)?;
    let place = (0..family.len()).find(|&at| p[at] <= ALPHA && family[at].iter().sum::<f64>() < 0.0)?;
    let (task, size) = places[place % places.len()];
    let other = both[place / places.len()].other;
    Some(format!("tensor varies less than {other} at {size} rows of the {task} task, {}", p_is(p[place])))
}

/// Geometric mean over cells of the quotient of the two standard deviations.
fn ratio(study: &Study<'_>, places: &[(Task, usize)], other: ModelId) -> Option<Effect> {
    let std = |fusion, (task, size)| {
        Spread::of(&study.values(cell(fusion, task, size), Quantity::Accuracy))?.std.filter(|std| *std > 0.0)
    };
    let logs: Vec<f64> = places
        .iter()
        .filter_map(|&place| Some((std(ModelId::TENSOR, place)? / std(other, place)?).ln()))
        .collect();
    let value = Spread::of(&logs)?.mean.exp();
    let larger = logs.iter().filter(|log| **log > 0.0).count();
    Some(Effect {
        name: format!(
            "standard deviation, tensor as a multiple of {other} (larger in {larger} of {} settings)",
            logs.len()
        ),
        value,
        unit: Unit::Ratio,
        bound: Bound::None,
        over_seeds: None,
        over_seeds_bca: None,
        over_seeds_and_rows: None,
        p: None,
        p_holm: None,
        pairs: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // scripts/statistics_constants.py: the statistic that SciPy's levene(center="median") compares.
    #[test]
    fn distances_are_levenes_from_the_median() {
        let first = [0.55, 0.66, 0.52, 0.71, 0.60, 0.64, 0.58, 0.67];
        let second = [0.60, 0.61, 0.59, 0.66, 0.64, 0.62, 0.64, 0.57];
        let mean = Spread::of(&less(&first, &second)).unwrap().mean;
        assert!((mean - (0.053_75 - 0.023_75)).abs() < 1e-12, "{mean}");
    }
}
