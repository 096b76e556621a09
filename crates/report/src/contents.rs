//! What every table and figure is made of: the run's header, its summary and its findings, looked up by
//! cell.

use std::cell::OnceCell;

use super::ReportError;
use super::cell::Cell;
use super::split::Split;
use study::choices::{self, Choices};
use study::claims::{Findings, findings};
use study::event::{RunHeader, TaskFacts};
use study::grid::Task;
use study::model::ModelId;
use study::rows::RunRows;
use study::run_state::RunState;
use study::sampling::Sampling;
use study::summary::{BestCheckpoint, SummaryRow, best_checkpoints, summary};

/// Share of the largest class above which balanced accuracy is shown beside accuracy (READING section 2).
const UNBALANCED: f64 = 0.8;

/// A run that has begun, with its summary.
pub(super) struct Contents<'a> {
    pub(super) state: &'a RunState,
    pub(super) header: &'a RunHeader,
    pub(super) rows: Vec<SummaryRow>,
    pub(super) best: Vec<BestCheckpoint>,
    /// What each row that is derived has chosen.
    pub(super) choices: Vec<Choices>,
    fusions: Vec<ModelId>,
    of_rows: &'a RunRows,
    /// Resampled, and so made only for a format that shows them.
    findings: OnceCell<Findings>,
}

impl<'a> Contents<'a> {
    pub(super) fn of(state: &'a RunState, of_rows: &'a RunRows) -> Result<Self, ReportError> {
        let header = state.header().ok_or(ReportError::NothingBegun)?;
        let (rows, best) = (summary(state), best_checkpoints(state));
        let (choices, fusions) = (choices::all(state), header.sweep.shown_fusions());
        Ok(Self { state, header, rows, best, choices, fusions, of_rows, findings: OnceCell::new() })
    }

    /// With findings that were made elsewhere.
    #[cfg(test)]
    pub(super) fn with(
        state: &'a RunState,
        of_rows: &'a RunRows,
        findings: Findings,
    ) -> Result<Self, ReportError> {
        Ok(Self { findings: findings.into(), ..Self::of(state, of_rows)? })
    }

    /// The findings on the paper's claims.
    pub(super) fn findings(&self) -> &Findings {
        self.findings.get_or_init(|| findings(self.state, self.of_rows))
    }

    pub(super) fn tasks(&self) -> &'a [Task] {
        &self.header.sweep.tasks
    }

    /// The fusions that are shown: those of the sweep, then what is derived from them.
    pub(super) fn fusions(&self) -> &[ModelId] {
        &self.fusions
    }

    /// The fusions of the sweep, without what is derived from them.
    pub(super) fn competing(&self) -> &'a [ModelId] {
        &self.header.sweep.fusions
    }

    /// What "fusion helps" is read against.
    pub(super) fn baselines(&self) -> Vec<ModelId> {
        let mut baselines = self.header.sweep.baselines.clone();
        baselines.sort_unstable();
        baselines
    }

    pub(super) fn sizes(&self) -> &'a [usize] {
        &self.header.sweep.sizes
    }

    /// Seeds of every configuration.
    pub(super) fn seeds(&self) -> usize {
        self.header.sweep.seeds.len()
    }

    /// The largest size of the sweep.
    pub(super) fn largest(&self) -> usize {
        self.sizes().iter().copied().max().unwrap_or(0)
    }

    /// What the trials are a sample of.
    pub(super) fn sampling(&self) -> Sampling {
        Sampling::of(self.header)
    }

    /// The size at which all seeds of a split share the same rows, where the sweep has it.
    pub(super) fn whole_split(&self) -> Option<usize> {
        Some(self.largest()).filter(|&size| size == self.header.data.rows.train)
    }

    pub(super) fn row(&self, task: Task, fusion: ModelId, train_size: usize) -> Option<&SummaryRow> {
        let is_it = |row: &&SummaryRow| (row.task, row.fusion, row.train_size) == (task, fusion, train_size);
        self.rows.iter().find(is_it)
    }

    pub(super) fn cell(&self, task: Task, fusion: ModelId, train_size: usize) -> Option<Cell> {
        self.row(task, fusion, train_size).map(|row| Cell::of(row, self.seeds()))
    }

    /// Whether some cell of the task's table of `fusions` has a value from fewer seeds than the sweep has.
    pub(super) fn has_partial_values(&self, task: Task, fusions: &[ModelId]) -> bool {
        let partial = |row: &SummaryRow| {
            let cell = Cell::of(row, self.seeds());
            cell.value.is_some() && !cell.whole
        };
        self.rows.iter().any(|row| row.task == task && fusions.contains(&row.fusion) && partial(row))
    }

    /// Share of the largest class in the test split, mean over splits.
    pub(super) fn majority(&self, task: Task) -> Option<f64> {
        self.header.data.task(task).map(|facts| facts.majority_share.test)
    }

    /// The same of either split that a paper may show.
    pub(super) fn majority_of(&self, task: Task, split: Split) -> Option<f64> {
        self.header.data.task(task).map(|facts| match split {
            Split::Validation => facts.majority_share.validation,
            Split::Test => facts.majority_share.test,
        })
    }

    /// Whether it is known how additive some task's score is.
    pub(super) fn has_scores(&self) -> bool {
        self.header.data.tasks.iter().any(|facts| facts.additive.is_some())
    }

    /// Whether balanced accuracy belongs beside accuracy.
    pub(super) fn is_unbalanced(&self, task: Task) -> bool {
        self.many_classes(task).is_some() || self.majority(task).is_some_and(|share| share > UNBALANCED)
    }

    /// The task's labels where there are more than two classes.
    pub(super) fn many_classes(&self, task: Task) -> Option<&'a TaskFacts> {
        self.header.data.task(task).filter(|facts| facts.class_count() > 2)
    }
}
