//! Numbers of a run by configuration, quantity and seed: from the journal, and row by row beside it.

use super::findings::TestGroups;
use super::grouped::Grouped;
use super::test_rows::TestRows;
use super::thresholds::SLIGHT_LEVEL;
use crate::config::NoiseMeans;
use crate::event::{NoiseMean, RunHeader, SeedEvaluation, TaskFacts};
use crate::grid::{CohortId, Condition, Seed, Task};
use crate::model::ModelId;
use crate::robustness::robustness;
use crate::roc::{auc_variance, macro_auc_variance};
use crate::rows::{RunRows, SeedRows};
use crate::run_state::RunState;

/// A run, as findings read it.
pub(super) struct Study<'a> {
    pub(super) header: &'a RunHeader,
    pub(super) state: &'a RunState,
    /// Absent where no configuration has a per-row record.
    pub(super) rows: Option<TestRows>,
    outcomes: &'a RunRows,
    /// How the test rows hang together, where the data has groups.
    groups: Option<Grouped>,
}

/// One number of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Quantity {
    /// Test accuracy at the best epoch.
    Accuracy,
    /// Test accuracy after the last epoch; not kept row by row.
    LastAccuracy,
    /// Mean accuracy over the levels of noise.
    Area(Condition, NoiseMean),
    /// Accuracy under noise on text at the level nearest [`SLIGHT_LEVEL`].
    SlightText(NoiseMean),
    /// Area under the ROC curve; not kept row by row.
    Auc,
}

/// What a configuration has for a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Two seeds or more have the number.
    Ready,
    /// It may still come.
    Waiting,
    /// It is over without it, or the sweep does not have it.
    Lost,
}

impl<'a> Study<'a> {
    /// `None` before the run is known.
    pub(super) fn new(state: &'a RunState, outcomes: &'a RunRows) -> Option<Self> {
        let header = state.header()?;
        let (rows, groups) = (TestRows::of(header, outcomes), Grouped::of(header, outcomes));
        Some(Self { header, state, rows, outcomes, groups })
    }

    /// One seed's number, from the journal.
    pub(super) fn value(&self, cohort: CohortId, quantity: Quantity, seed: Seed) -> Option<f64> {
        let evaluation = self.state.cohort(cohort)?.trials.get(&seed)?.evaluation.as_ref()?;
        match quantity {
            Quantity::Accuracy => Some(evaluation.test_accuracy),
            Quantity::LastAccuracy => Some(evaluation.test_last_accuracy),
            Quantity::Area(condition, mean) => {
                let accuracy = curve(evaluation, condition, mean)?;
                let majority = self.majority(cohort.task)?;
                robustness(&self.header.levels, accuracy, majority, self.test_rows())
                    .map(|robust| robust.area)
            }
            Quantity::SlightText(mean) => {
                curve(evaluation, Condition::Text, mean)?.get(self.slight_level()?).copied()
            }
            Quantity::Auc => evaluation.auc,
        }
    }

    /// The same number's parts, summed over groups of test rows. Absent where no row was kept, or where the
    /// rows are of other weights than the journal's number.
    pub(super) fn sums(&self, cohort: CohortId, quantity: Quantity, seed: Seed) -> Option<Vec<f32>> {
        let rows = self.rows.as_ref()?;
        let trained = self.state.trained_for(cohort, seed)?;
        let outcome = self.outcomes.get(&trained)?.seeds.get(&seed)?;
        let sums = of_rows(rows, self.header.data.split_of(seed), outcome, quantity)?;
        let mean = sums.iter().map(|&sum| f64::from(sum)).sum::<f64>() / rows.len() as f64;
        // Areas are kept in 16 bits.
        ((mean - self.value(cohort, quantity, seed)?).abs() < 1e-3).then_some(sums)
    }

    /// The seeds that have the number.
    pub(super) fn seeds(&self, cohort: CohortId, quantity: Quantity) -> Vec<Seed> {
        let Some(state) = self.state.cohort(cohort) else { return Vec::new() };
        state.trials.keys().copied().filter(|&seed| self.value(cohort, quantity, seed).is_some()).collect()
    }

    /// The numbers of every seed that has one, in the order of the seeds.
    pub(super) fn values(&self, cohort: CohortId, quantity: Quantity) -> Vec<f64> {
        let seeds = self.seeds(cohort, quantity);
        seeds.into_iter().filter_map(|seed| self.value(cohort, quantity, seed)).collect()
    }

    /// A configuration with half of its seeds lost is not held against the others' seeds.
    pub(super) fn standing(&self, cohort: CohortId, quantity: Quantity) -> Standing {
        let Some(state) = self.state.cohort(cohort) else { return Standing::Lost };
        let least = self.header.sweep.seeds.len().div_ceil(2).max(2);
        if self.seeds(cohort, quantity).len() >= least {
            return Standing::Ready;
        }
        let is_evaluated = state.evaluations().count() >= least;
        if state.status.is_over() || is_evaluated { Standing::Lost } else { Standing::Waiting }
    }

    /// Share of the larger class in the test split; of several splits or draws of labels the mean over the sweep's seeds, since effects are
    /// means over seeds.
    pub(super) fn majority(&self, task: Task) -> Option<f64> {
        let data = &self.header.data;
        if !data.has_several_sets(task) {
            return data.task(task).map(|facts| facts.majority_share.test);
        }
        let of = |seed: &Seed| Some(data.task_of(task, *seed)?.majority_share.test);
        let shares: Vec<f64> = self.header.sweep.seeds.iter().filter_map(of).collect();
        (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)
    }

    /// The task with more than two classes and how many it has, where the sweep has such a one.
    pub(super) fn of_many_classes(&self) -> Option<(Task, usize)> {
        let many = |task: &Task| self.header.data.task(*task).is_some_and(|facts| facts.class_count() > 2);
        let task = self.tasks().find(many)?;
        Some((task, self.header.data.task(task).map_or(2, TaskFacts::class_count)))
    }

    /// What the test rows add to the variance of an area under the ROC curve (Hanley and `McNeil`). That is of
    /// independent rows; of rows in groups it is as many times more as the variance of accuracy is.
    pub(super) fn auc_variance(&self, task: Task, auc: f64) -> Option<f64> {
        let (facts, rows) = (self.header.data.task(task)?, self.test_rows() as f64);
        let times = if self.has_groups() { self.groups.as_ref()?.design_effect(task)? } else { 1.0 };
        if facts.class_count() > 2 {
            return Some(times * macro_auc_variance(auc, &facts.test_shares(), rows));
        }
        let positives = facts.positive_share.test * rows;
        Some(times * auc_variance(auc, positives, rows - positives))
    }

    /// What the test rows are resampled in; absent where that is row by row, or nothing is known of it.
    pub(super) fn test_groups(&self) -> Option<TestGroups> {
        let groups = self.groups.as_ref()?;
        Some(TestGroups { column: self.header.config.data.group.clone(), groups: groups.count() })
    }

    fn has_groups(&self) -> bool {
        !self.header.config.data.group.is_empty()
    }

    /// Test rows of a seed that count as independent: all of them, or their groups.
    pub(super) fn independent(&self) -> f64 {
        self.groups.as_ref().map_or(self.test_rows() as f64, Grouped::effective)
    }

    /// The place of each seed's split.
    pub(super) fn splits_of(&self, seeds: &[Seed]) -> Vec<usize> {
        seeds.iter().map(|&seed| self.header.data.split_of(seed)).collect()
    }

    /// Splits that seeds are assigned to.
    pub(super) fn splits(&self) -> usize {
        self.header.data.splits.len().max(1)
    }

    /// The share of a split's test rows that another split has too, as it is to be expected of random splits.
    pub(super) fn overlap(&self) -> f64 {
        let rows = self.header.data.rows;
        rows.test as f64 / (rows.train + rows.validation + rows.test) as f64
    }

    pub(super) fn test_rows(&self) -> usize {
        self.header.data.rows.test
    }

    pub(super) fn sizes(&self) -> &[usize] {
        &self.header.sweep.sizes
    }

    /// The larger half of the sizes, the middle one included.
    pub(super) fn larger_sizes(&self) -> &[usize] {
        let sizes = self.sizes();
        &sizes[sizes.len() / 2..]
    }

    /// The others; of a single size that one.
    pub(super) fn smaller_sizes(&self) -> &[usize] {
        let sizes = self.sizes();
        if sizes.len() < 2 { sizes } else { &sizes[..sizes.len() / 2] }
    }

    /// The tasks of the sweep that the paper's claims are about.
    pub(super) fn tasks(&self) -> impl Iterator<Item = Task> {
        self.header.sweep.tasks.iter().copied().filter(|task| Task::PAPER.contains(task))
    }

    /// The noise that the run evaluates.
    pub(super) fn means(&self) -> Vec<NoiseMean> {
        match self.header.config.noise.mean {
            NoiseMeans::Both => vec![NoiseMean::Empirical, NoiseMean::Zero],
            NoiseMeans::Empirical => vec![NoiseMean::Empirical],
            NoiseMeans::Zero => vec![NoiseMean::Zero],
        }
    }

    /// What this fusion does in that cell.
    pub(super) fn mean(&self, cohort: CohortId, quantity: Quantity) -> Option<f64> {
        let values = self.values(cohort, quantity);
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn slight_level(&self) -> Option<usize> {
        let distance = |level: &f64| (level - SLIGHT_LEVEL).abs();
        let levels = self.header.levels.iter().enumerate();
        levels.min_by(|a, b| distance(a.1).total_cmp(&distance(b.1))).map(|(place, _)| place)
    }
}

/// Accuracy at every level, where the seed was tested so.
pub(super) fn curve(evaluation: &SeedEvaluation, condition: Condition, mean: NoiseMean) -> Option<&[f64]> {
    let curve = evaluation.noise.iter().find(|curve| curve.condition == condition && curve.mean == mean)?;
    Some(&curve.accuracy)
}

fn of_rows(rows: &TestRows, split: usize, outcome: &SeedRows, quantity: Quantity) -> Option<Vec<f32>> {
    let bits = |right: &Vec<bool>| rows.sums(split, right.iter().map(|&right| f32::from(u8::from(right))));
    match quantity {
        Quantity::Accuracy => bits(&outcome.correct),
        Quantity::Area(condition, mean) => {
            rows.sums(split, outcome.areas.get(&(condition, mean))?.iter().copied())
        }
        Quantity::SlightText(mean) => bits(outcome.slight_text.get(&mean)?),
        Quantity::LastAccuracy | Quantity::Auc => None,
    }
}

/// A configuration of this fusion, task and size.
pub(super) const fn cell(fusion: ModelId, task: Task, train_size: usize) -> CohortId {
    CohortId { fusion, task, train_size }
}
