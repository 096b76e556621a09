//! What charts and tables need of the run, kept as events come: a frame computes no statistics.
//!
//! Numbers are those of `study::summary` and `study::statistics`; this file only keeps them.

use std::collections::{BTreeMap, BTreeSet};

use study::event::{EventKind, NoiseMean, SeedMetrics};
use study::grid::{CohortId, Condition, Epoch, Seed};
use study::outlier::outlying;
use study::quantity::Quantity;
use study::roc::GRID;
use study::run_state::{CohortState, RunState};
use study::statistics::Spread;
use study::summary::{SummaryRow, summary};

use super::shown::{Band, Split};

/// One number over seeds, with every band that can be shown of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Mean, deviation, extremes.
    pub spread: Spread,
    /// 95 % interval of the mean.
    pub interval: Option<(f64, f64)>,
}

/// One configuration's series.
#[derive(Clone, Debug, Default)]
pub struct CohortSeries {
    /// Validation accuracy after epoch 1, 2, ….
    pub val_accuracy: Vec<Point>,
    /// Cross-entropy on the validation split, likewise.
    pub val_loss: Vec<Point>,
    /// Cross-entropy over the epoch's training rows, likewise.
    pub train_loss: Vec<Point>,
    /// Mean over seeds of the best validation accuracy so far; of an evaluated configuration its final one.
    pub best_so_far: Option<f64>,
    /// Validation accuracy at the best epoch.
    pub validation: Option<Point>,
    /// Test accuracy at the best epoch.
    pub test: Option<Point>,
    /// Area under the ROC curve on the test split.
    pub auc: Option<Point>,
    /// The seed whose test accuracy is an outlier.
    pub outlying: Option<Seed>,
    /// True-positive rate at evenly spaced false-positive rates; empty before it is known.
    pub roc: Vec<Point>,
    /// Test accuracy at each level of noise.
    pub noise: BTreeMap<(Condition, NoiseMean), Vec<Point>>,
    /// Skill retained under noise on both modalities.
    retained_both: BTreeMap<NoiseMean, Point>,
    /// Mean accuracy over the levels of that noise.
    area_both: BTreeMap<NoiseMean, Point>,
    /// Each seed's best validation accuracy so far.
    bests: BTreeMap<Seed, f64>,
}

/// The kept series and rows.
#[derive(Debug, Default)]
pub struct Derived {
    rows: Vec<SummaryRow>,
    places: BTreeMap<CohortId, usize>,
    series: BTreeMap<CohortId, CohortSeries>,
    stale_rows: Staleness,
    stale_results: BTreeSet<CohortId>,
    /// Cohorts whose curves are those of a new attempt, and whose results are those of the one before.
    again: BTreeSet<CohortId>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Staleness {
    #[default]
    Fresh,
    Stale,
}

impl Point {
    /// Of at least one value.
    pub fn of(values: &[f64]) -> Option<Self> {
        Spread::of(values).map(Self::from)
    }

    /// The band's ends; `None` where the kind has none for so few seeds.
    pub fn band(&self, band: Band) -> Option<(f64, f64)> {
        match band {
            Band::Std => self.spread.std.map(|_| self.spread.std_band()),
            Band::Interval => self.interval,
            Band::Range => (self.spread.n > 1).then_some((self.spread.min, self.spread.max)),
            Band::EachSeed => None,
        }
    }
}

impl From<Spread> for Point {
    fn from(spread: Spread) -> Self {
        Self { spread, interval: spread.interval95() }
    }
}

impl Derived {
    /// The summary's rows, in the summary's order.
    pub fn rows(&self) -> &[SummaryRow] {
        &self.rows
    }

    /// Puts the name of each configuration's state into the rows.
    pub fn name_standings(&mut self, standing: impl Fn(CohortId) -> &'static str) {
        for row in &mut self.rows {
            row.status =
                standing(CohortId { fusion: row.fusion, task: row.task, train_size: row.train_size });
        }
    }

    /// One configuration's row.
    pub fn row(&self, cohort: CohortId) -> Option<&SummaryRow> {
        self.places.get(&cohort).map(|&place| &self.rows[place])
    }

    /// One configuration's series.
    pub fn series(&self, cohort: CohortId) -> Option<&CohortSeries> {
        self.series.get(&cohort)
    }

    /// Rebuilds everything, for a grid that has just become known.
    pub fn replan(&mut self, run: &RunState) {
        self.stale_rows = Staleness::Stale;
        self.refresh(run);
    }

    /// Keeps up with an event that `run` has just taken.
    pub fn note(&mut self, run: &RunState, kind: &EventKind) {
        match kind {
            EventKind::EpochFinished { cohort, epoch, .. } => self.take_epoch(run, *cohort, *epoch),
            EventKind::CohortStarted { cohort, .. } => {
                if run.cohort(*cohort).is_some_and(CohortState::trains_again) {
                    self.again.insert(*cohort);
                }
                self.rebuild(run, *cohort);
                self.stale_rows = Staleness::Stale;
            }
            // Its other seeds may be further.
            EventKind::CohortResumed { cohort, only, .. }
                if self.again.contains(cohort) || !only.is_empty() =>
            {
                self.rebuild(run, *cohort);
                self.stale_rows = Staleness::Stale;
            }
            EventKind::CohortResumed { cohort, at, .. } => {
                self.series.entry(*cohort).or_default().truncate(at.epoch.0.saturating_sub(1) as usize);
                self.take_bests(run, *cohort);
                self.stale_rows = Staleness::Stale;
            }
            EventKind::CohortEvaluated { cohort, .. } => {
                self.stale_results.insert(*cohort);
                self.stale_rows = Staleness::Stale;
            }
            EventKind::CohortFinished { cohort, .. } => {
                if self.again.remove(cohort) {
                    self.rebuild(run, *cohort);
                }
                self.rebuild_derived(run, |row| {
                    (row.task, row.train_size) == (cohort.task, cohort.train_size)
                });
                self.stale_rows = Staleness::Stale;
            }
            EventKind::RunInterrupted | EventKind::RunResumed { .. } => {
                for cohort in self.again.clone() {
                    self.rebuild(run, cohort);
                }
                // The grid may have got more rows.
                self.rebuild_derived(run, |_| true);
                self.stale_rows = Staleness::Stale;
            }
            EventKind::ShardStarted { .. } => {}
            EventKind::RunStarted { .. }
            | EventKind::RunPaused
            | EventKind::RunContinued
            | EventKind::RunFinished => self.stale_rows = Staleness::Stale,
        }
    }

    /// Rebuilds a cohort's series, where its trials have been replaced.
    fn rebuild(&mut self, run: &RunState, cohort: CohortId) {
        let series = run.cohort(cohort).map(|state| CohortSeries::of(run, cohort, state));
        self.series.insert(cohort, series.unwrap_or_default());
    }

    /// Rebuilds the series of rows that are derived from trials.
    fn rebuild_derived(&mut self, run: &RunState, is_asked: impl Fn(CohortId) -> bool) {
        let rows: Vec<CohortId> = run.rows().map(|(id, _)| id).collect();
        for row in rows.into_iter().filter(|&row| run.derived(row).is_some() && is_asked(row)) {
            self.rebuild(run, row);
        }
    }

    /// Brings what several events made stale up to date, once.
    pub fn refresh(&mut self, run: &RunState) {
        for cohort in std::mem::take(&mut self.stale_results) {
            if let Some(state) = run.cohort(cohort) {
                self.series.entry(cohort).or_default().take_results(run, cohort, state);
            }
        }
        if std::mem::take(&mut self.stale_rows) == Staleness::Stale {
            self.rows = summary(run);
            let id = |row: &SummaryRow| CohortId {
                fusion: row.fusion,
                task: row.task,
                train_size: row.train_size,
            };
            self.places = self.rows.iter().enumerate().map(|(place, row)| (id(row), place)).collect();
        }
    }

    /// Recomputes each seed's best, where epochs were removed.
    fn take_bests(&mut self, run: &RunState, cohort: CohortId) {
        let trials = run.cohort(cohort).into_iter().flat_map(CohortState::shown);
        let bests = trials.filter_map(|(seed, trial)| Some((*seed, trial.best()?.1))).collect();
        self.series.entry(cohort).or_default().bests = bests;
    }

    fn take_epoch(&mut self, run: &RunState, cohort: CohortId, epoch: Epoch) {
        if let Some(state) = run.cohort(cohort) {
            self.series.entry(cohort).or_default().take_epoch(state, epoch);
        }
    }
}

impl CohortSeries {
    /// Accuracy on a split, at the best epoch.
    pub const fn accuracy(&self, split: Split) -> Option<Point> {
        match split {
            Split::Validation => self.validation,
            Split::Test => self.test,
        }
    }

    /// A number that charts show of every model; absent before it is known.
    pub fn quantity(&self, quantity: Quantity) -> Option<Point> {
        match quantity {
            Quantity::Accuracy => self.test,
            Quantity::Retained(mean) => self.retained_both.get(&mean).copied(),
            Quantity::Area(mean) => self.area_both.get(&mean).copied(),
        }
    }

    fn of(run: &RunState, id: CohortId, state: &CohortState) -> Self {
        let mut series = Self::default();
        for epoch in 1..=state.epochs() as u32 {
            series.take_epoch(state, Epoch(epoch));
        }
        if state.evaluations().next().is_some() {
            series.take_results(run, id, state);
        }
        series
    }

    fn truncate(&mut self, epochs: usize) {
        self.val_accuracy.truncate(epochs);
        self.val_loss.truncate(epochs);
        self.train_loss.truncate(epochs);
    }

    fn take_epoch(&mut self, state: &CohortState, epoch: Epoch) {
        let place = epoch.0.saturating_sub(1) as usize;
        let of = |value: fn(&SeedMetrics) -> f64| Point::of(&state.at_epoch(epoch, value));
        put(&mut self.val_accuracy, place, of(|metrics| metrics.val_accuracy));
        put(&mut self.val_loss, place, of(|metrics| metrics.val_loss));
        put(&mut self.train_loss, place, of(|metrics| metrics.train_loss));
        for (&seed, trial) in state.shown() {
            if let Some(metrics) = trial.metrics.get(place) {
                let best = self.bests.entry(seed).or_insert(metrics.val_accuracy);
                *best = best.max(metrics.val_accuracy);
            }
        }
        let bests: Vec<f64> = self.bests.values().copied().collect();
        self.best_so_far = Spread::of(&bests).map(|spread| spread.mean);
    }

    fn take_results(&mut self, run: &RunState, id: CohortId, state: &CohortState) {
        self.validation = Point::of(&state.evaluated(|evaluation| evaluation.val_accuracy));
        self.test = Point::of(&state.evaluated(|evaluation| evaluation.test_accuracy));
        self.best_so_far = self.validation.map(|point| point.spread.mean).or(self.best_so_far);
        let areas: Vec<f64> = state.evaluations().filter_map(|evaluation| evaluation.auc).collect();
        self.auc = Point::of(&areas);
        let apart = outlying(&state.evaluated(|evaluation| evaluation.test_accuracy));
        self.outlying =
            apart.and_then(|place| state.evaluations().nth(place)).map(|evaluation| evaluation.seed);
        let curves: Vec<&[f64]> =
            state.evaluations().map(|evaluation| evaluation.true_positive_rate.as_slice()).collect();
        self.roc = over_seeds(&curves, GRID);
        self.noise = noise_of(state);
        let under_noise = |quantity: fn(NoiseMean) -> Quantity| {
            let of = |mean| {
                let spread = quantity(mean).over_seeds(run.header()?, id.task, state)?;
                Some((mean, Point::from(spread)))
            };
            [NoiseMean::Empirical, NoiseMean::Zero].into_iter().filter_map(of).collect()
        };
        self.retained_both = under_noise(Quantity::Retained);
        self.area_both = under_noise(Quantity::Area);
    }
}

fn noise_of(state: &CohortState) -> BTreeMap<(Condition, NoiseMean), Vec<Point>> {
    let mut curves: BTreeMap<(Condition, NoiseMean), Vec<&[f64]>> = BTreeMap::new();
    for curve in state.evaluations().flat_map(|evaluation| &evaluation.noise) {
        curves.entry((curve.condition, curve.mean)).or_default().push(&curve.accuracy);
    }
    let points = |curves: Vec<&[f64]>| {
        let levels = curves.iter().map(|curve| curve.len()).min().unwrap_or(0);
        over_seeds(&curves, levels)
    };
    curves.into_iter().map(|(key, curves)| (key, points(curves))).collect()
}

/// The seeds' curves of `length` as one curve of points; shorter curves are left out.
fn over_seeds(curves: &[&[f64]], length: usize) -> Vec<Point> {
    let at = |place: usize| {
        let values: Vec<f64> =
            curves.iter().filter(|curve| curve.len() == length).map(|curve| curve[place]).collect();
        Point::of(&values)
    };
    (0..length).map_while(at).collect()
}

/// Puts the point of an epoch in its place. Epochs come in order; one that was skipped has no place.
fn put(points: &mut Vec<Point>, place: usize, point: Option<Point>) {
    let Some(point) = point else { return };
    match points.get_mut(place) {
        Some(old) => *old = point,
        None => points.push(point),
    }
}
