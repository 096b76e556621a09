//! Effects: weighted sums of trials' numbers, averaged over cells, seed by seed and row by row.

use ndarray::{Array1, Array2, Axis};

use super::findings::{Bound, Effect, Unit};
use super::study::{Quantity, Standing, Study};
use super::test_rows::TestRows;
use crate::grid::{CohortId, Seed, Task};
use crate::inference::crossed::Table;
use crate::inference::multiple::tost;
use crate::inference::seeds::{bca, paired_t_within};
use crate::inference::splits::{Between, OfRows};
use crate::inference::{Interval, t_quantile_975};
use crate::model::ModelId;
use crate::statistics::Spread;

/// `weight ×` a trial's number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    pub(super) weight: f64,
    pub(super) cohort: CohortId,
    pub(super) quantity: Quantity,
}

/// A weighted sum of one seed's trials; an effect is the mean over its cells.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) terms: Vec<Term>,
    pub(super) constant: f64,
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) bound: Bound,
    /// How far beyond the bound an advantage still counts as none; 0 for a threshold.
    pub(super) slack: f64,
    pub(super) cells: Vec<Cell>,
}

/// What was measured.
pub(super) struct Measured {
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) bound: Bound,
    pub(super) slack: f64,
    /// Mean over cells, one for each seed.
    pub(super) per_seed: Vec<f64>,
    /// The place of each seed's split.
    pub(super) splits: Vec<usize>,
    pub(super) rows: RowPart,
}

/// What the test rows add.
pub(super) enum RowPart {
    /// The effect row by row.
    Table(Table),
    /// The variance that is due to the rows.
    Variance(f64),
    /// Such numbers are never kept row by row: the interval over seeds decides.
    NotKept,
    /// The run has no record, or only of some trials.
    Missing,
}

impl Spec {
    /// `first − second` in `quantity`, over the sizes of a task.
    pub(super) fn difference(
        (first, second): (ModelId, ModelId),
        cells: impl IntoIterator<Item = (Task, usize)>,
        quantity: Quantity,
    ) -> Self {
        let term = |weight, fusion, (task, train_size)| Term {
            weight,
            cohort: CohortId { fusion, task, train_size },
            quantity,
        };
        let cell = |at| Cell { terms: vec![term(1.0, first, at), term(-1.0, second, at)], constant: 0.0 };
        Self {
            name: format!("{first} − {second}"),
            unit: Unit::Accuracy,
            bound: Bound::None,
            slack: 0.0,
            cells: cells.into_iter().map(cell).collect(),
        }
    }

    pub(super) fn named(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// An advantage: above 0, where less than `margin` counts as none.
    pub(super) fn advantage(self, margin: f64) -> Self {
        Self { bound: Bound::Above(0.0), slack: margin, ..self }
    }

    pub(super) fn bounded(self, bound: Bound) -> Self {
        Self { bound, ..self }
    }

    /// Leaves the cells whose every number is there; how many may still come.
    pub(super) fn keep_ready(&mut self, study: &Study<'_>) -> usize {
        let standing = |cell: &Cell| {
            let standings = cell.terms.iter().map(|term| study.standing(term.cohort, term.quantity));
            standings.fold(Standing::Ready, |worst, next| match (worst, next) {
                (Standing::Lost, _) | (_, Standing::Lost) => Standing::Lost,
                (Standing::Waiting, _) | (_, Standing::Waiting) => Standing::Waiting,
                (Standing::Ready, Standing::Ready) => Standing::Ready,
            })
        };
        let waiting = self.cells.iter().filter(|cell| standing(cell) == Standing::Waiting).count();
        self.cells.retain(|cell| standing(cell) == Standing::Ready);
        waiting
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.cells.iter().flat_map(|cell| &cell.terms)
    }

    /// Each cell by itself: `[cell][seed]`.
    pub(super) fn by_cell(&self, study: &Study<'_>, seeds: &[Seed]) -> Vec<Vec<f64>> {
        self.cells
            .iter()
            .map(|cell| seeds.iter().filter_map(|&seed| of_seed(study, cell, seed)).collect())
            .collect()
    }

    /// On `seeds`, which all have every number. `None` without a cell or a seed.
    pub(super) fn measure(&self, study: &Study<'_>, seeds: &[Seed]) -> Option<Measured> {
        let by_cell = self.by_cell(study, seeds);
        if by_cell.is_empty() || seeds.is_empty() {
            return None;
        }
        let mean = |place: usize| by_cell.iter().map(|cell| cell[place]).sum::<f64>() / by_cell.len() as f64;
        Some(Measured {
            name: self.name.clone(),
            unit: self.unit,
            bound: self.bound,
            slack: self.slack,
            per_seed: (0..seeds.len()).map(mean).collect(),
            splits: study.splits_of(seeds),
            rows: self.row_part(study, seeds),
        })
    }

    fn row_part(&self, study: &Study<'_>, seeds: &[Seed]) -> RowPart {
        if self.terms().any(|term| term.quantity == Quantity::LastAccuracy) {
            return RowPart::NotKept;
        }
        if self.terms().all(|term| term.quantity == Quantity::Auc) {
            return self.auc_variance(study, seeds).map_or(RowPart::Missing, RowPart::Variance);
        }
        let table = study.rows.as_ref().and_then(|rows| self.table(study, rows, seeds));
        table.map_or(RowPart::Missing, RowPart::Table)
    }

    fn table(&self, study: &Study<'_>, rows: &TestRows, seeds: &[Seed]) -> Option<Table> {
        let cells = self.cells.len() as f64;
        let constant = self.cells.iter().map(|cell| cell.constant).sum::<f64>() / cells;
        let mut table = Array2::zeros((seeds.len(), rows.sizes(0).len()));
        for (mut values, &seed) in table.axis_iter_mut(Axis(0)).zip(seeds) {
            let sizes = rows.sizes(study.header.data.split_of(seed));
            let sizes = Array1::from_iter(sizes.iter().copied());
            values.assign(&(&sizes * constant as f32));
            for term in self.terms() {
                let sums = study.sums(term.cohort, term.quantity, seed)?;
                let weight = (term.weight / cells) as f32;
                values.iter_mut().zip(sums).for_each(|(value, sum)| *value += weight * sum);
            }
        }
        Some(table)
    }

    /// What the rows add to a sum of areas under ROC curves. Sizes share their rows, so a fusion's mean over
    /// sizes is as uncertain as one of them; fusions and tasks are taken as independent, which is on the
    /// wide side, since they share rows as well.
    fn auc_variance(&self, study: &Study<'_>, seeds: &[Seed]) -> Option<f64> {
        let mut variance = 0.0;
        // Of several splits, each with rows of its own but for those that two have in common.
        let of_splits = Between::of(&vec![0.0; seeds.len()], &study.splits_of(seeds))
            .map_or(1.0, |of| of.squared_shares + (1.0 - of.squared_shares) * study.overlap());
        for task in Task::PAPER {
            for fusion in ModelId::PAPER_FUSIONS {
                let of_group = |term: &&Term| term.cohort.fusion == fusion && term.cohort.task == task;
                let terms: Vec<&Term> = self.terms().filter(of_group).collect();
                if terms.is_empty() {
                    continue;
                }
                let weight = terms.iter().map(|term| term.weight).sum::<f64>() / self.cells.len() as f64;
                let auc = terms.iter().filter_map(|term| study.mean(term.cohort, Quantity::Auc)).sum::<f64>()
                    / terms.len() as f64;
                variance += weight * weight * of_splits * study.auc_variance(task, auc)?;
            }
        }
        Some(variance)
    }
}

fn of_seed(study: &Study<'_>, cell: &Cell, seed: Seed) -> Option<f64> {
    cell.terms.iter().try_fold(cell.constant, |sum, term| {
        Some(sum + term.weight * study.value(term.cohort, term.quantity, seed)?)
    })
}

/// The seeds that have every number of every effect.
pub(super) fn common_seeds<'a>(study: &Study<'_>, terms: impl Iterator<Item = &'a Term>) -> Vec<Seed> {
    let mut common: Option<Vec<Seed>> = None;
    for term in terms {
        let seeds = study.seeds(term.cohort, term.quantity);
        common = Some(match common {
            None => seeds,
            Some(common) => common.into_iter().filter(|seed| seeds.binary_search(seed).is_ok()).collect(),
        });
    }
    common.unwrap_or_default()
}

impl Measured {
    pub(super) fn value(&self) -> f64 {
        Spread::of(&self.per_seed).map_or(f64::NAN, |spread| spread.mean)
    }

    /// The interval that a verdict is read from; `None` where the run lacks what it needs.
    pub(super) fn deciding(&self, effect: &Effect) -> Option<Interval> {
        match self.rows {
            RowPart::Table(_) | RowPart::Variance(_) => effect.over_seeds_and_rows,
            RowPart::NotKept => effect.over_seeds,
            RowPart::Missing => None,
        }
    }

    /// Variance and degrees of freedom with `seeds` seeds, as estimated from these.
    pub(super) fn variance_with(&self, study: &Study<'_>, seeds: f64) -> Option<(f64, f64)> {
        let over_seeds = Spread::of(&self.per_seed)?.std?.powi(2) / seeds;
        match &self.rows {
            RowPart::Table(table) => {
                study.rows.as_ref()?.variance(table, &self.splits, (seeds, study.splits()))
            }
            _ if study.splits() > 1 => self.variance_by_split(study, seeds),
            RowPart::Variance(of_rows) => {
                let sum = over_seeds + of_rows;
                // Satterthwaite, the rows' part taken as known.
                let freedom = if over_seeds > 0.0 { (sum / over_seeds).powi(2) } else { 1.0 };
                Some((sum, freedom * (seeds - 1.0)))
            }
            RowPart::NotKept | RowPart::Missing => Some((over_seeds, seeds - 1.0)),
        }
    }

    /// The same with several splits, of numbers that are not kept row by row.
    fn variance_by_split(&self, study: &Study<'_>, seeds: f64) -> Option<(f64, f64)> {
        let between = Between::of(&self.per_seed, &self.splits)?;
        let rows = match self.rows {
            RowPart::Variance(of_rows) => {
                OfRows::parted(of_rows, &between, study.overlap(), study.independent())
            }
            RowPart::Table(_) | RowPart::NotKept | RowPart::Missing => OfRows::default(),
        };
        let (between, rows) = between.with_seeds(&rows, seeds, study.splits())?;
        Some(between.variance(&rows))
    }

    /// The effect without its p.
    pub(super) fn effect(&self, study: &Study<'_>) -> Effect {
        Effect {
            name: self.name.clone(),
            value: self.value(),
            unit: self.unit,
            bound: self.bound,
            over_seeds: paired_t_within(&self.per_seed, &self.splits),
            // It takes seeds for independent, which those of one split are not.
            over_seeds_bca: if study.splits() > 1 { None } else { bca(&self.per_seed) },
            over_seeds_and_rows: self.over_seeds_and_rows(study),
            p: None,
            p_holm: None,
            pairs: self.per_seed.len(),
        }
    }

    fn over_seeds_and_rows(&self, study: &Study<'_>) -> Option<Interval> {
        match &self.rows {
            RowPart::Table(table) => study.rows.as_ref()?.interval(table, &self.splits),
            RowPart::Variance(_) => {
                let (variance, freedom) = self.variance_with(study, self.per_seed.len() as f64)?;
                Some(Interval::around(self.value(), t_quantile_975(freedom)? * variance.sqrt()))
            }
            RowPart::NotKept | RowPart::Missing => None,
        }
    }

    /// Differences from the bound, which are about 0 at it.
    pub(super) fn beyond_bound(&self) -> Vec<f64> {
        let bound = match self.bound {
            Bound::Above(bound) | Bound::Below(bound) => bound,
            Bound::Within(_) | Bound::None => 0.0,
        };
        self.per_seed.iter().map(|value| value - bound).collect()
    }

    /// TOST against the margin.
    pub(super) fn equivalence(&self, study: &Study<'_>, margin: f64) -> Option<f64> {
        let (variance, freedom) = self.variance_with(study, self.per_seed.len() as f64)?;
        Some(tost(self.value(), variance.sqrt(), freedom, margin))
    }
}
