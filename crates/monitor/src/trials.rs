//! Single trials as a table: columns, and rows that are sorted and filtered. Knows no screen.

use std::cmp::Ordering;

use study::event::SeedOutcome;
use study::filter::{Got, Key, Row, Typed};
use study::grid::{CohortId, Epoch, Seed};
use study::look::look;
use study::model::ModelId;
use study::run_state::{CohortStatus, TrialState};
use study::scored::{named, setting};

use super::model::{Model, UNFINISHED};
use super::results::{SETTING_ORDER, in_order};
use super::shown::SortOrder;
use super::text::{count, percent, plain, share};

/// One seed of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Its configuration.
    pub cohort: CohortId,
    /// Its seed.
    pub seed: Seed,
    /// Whether its test accuracy is an outlier among its configuration's seeds.
    pub is_outlying: bool,
    /// Where its configuration stands.
    cohort_status: CohortStatus,
    state: &'a TrialState,
}

/// A column of trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialColumn {
    /// How the modalities are joined.
    Fusion,
    /// What is predicted.
    Task,
    /// Rows that it saw.
    TrainSize,
    /// Its seed.
    Seed,
    /// Epochs that are over.
    Epochs,
    /// The best one so far.
    BestEpoch,
    /// Validation accuracy there.
    Validation,
    /// Test accuracy there.
    Test,
    /// Test accuracy after the last epoch.
    Last,
    /// Mean recall of the classes.
    Balanced,
    /// Area under the ROC curve.
    Auc,
    /// How it ended.
    Outcome,
}

impl TrialColumn {
    /// Every column, from left to right.
    pub const ALL: [Self; 12] = [
        Self::Fusion,
        Self::Task,
        Self::TrainSize,
        Self::Seed,
        Self::Epochs,
        Self::BestEpoch,
        Self::Validation,
        Self::Test,
        Self::Last,
        Self::Balanced,
        Self::Auc,
        Self::Outcome,
    ];

    /// Columns in the order in which a narrow screen gives them up, last first: those that say most, and the
    /// outcome late, which is cut.
    pub const BY_PRIORITY: [Self; 12] = [
        Self::Fusion,
        Self::Task,
        Self::TrainSize,
        Self::Seed,
        Self::Validation,
        Self::Test,
        Self::Outcome,
        Self::BestEpoch,
        Self::Auc,
        Self::Last,
        Self::Balanced,
        Self::Epochs,
    ];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fusion => "fusion",
            Self::Task => "task",
            Self::TrainSize => "size",
            Self::Seed => "seed",
            Self::Epochs => "epochs",
            Self::BestEpoch => "best ep.",
            Self::Validation => "val. %",
            Self::Test => "test %",
            Self::Last => "last %",
            Self::Balanced => "bal. %",
            Self::Auc => "AUC",
            Self::Outcome => "outcome",
        }
    }

    /// Columns of text that it needs, the gap left out.
    pub const fn width(self) -> u16 {
        match self {
            Self::Seed | Self::Auc => 5,
            Self::BestEpoch => 8,
            Self::Task => 9,
            Self::Outcome => 10,
            Self::Fusion
            | Self::TrainSize
            | Self::Epochs
            | Self::Validation
            | Self::Test
            | Self::Last
            | Self::Balanced => 7,
        }
    }

    /// Whether it holds numbers, which are aligned on the right.
    pub const fn is_numeric(self) -> bool {
        !matches!(self, Self::Fusion | Self::Task | Self::Outcome)
    }

    /// The column to sort by after `sorted`; after the last one, none.
    pub fn after(sorted: Option<Self>) -> Option<Self> {
        let place = sorted.and_then(|sorted| Self::ALL.iter().position(|&column| column == sorted));
        Self::ALL.get(place.map_or(0, |place| place + 1)).copied()
    }

    /// A trial's text.
    pub fn text(self, trial: &Trial<'_>, absent: &str) -> String {
        let of = |value: Option<f64>| value.map_or_else(|| absent.to_owned(), percent);
        match self {
            Self::Fusion => configured(trial.cohort.fusion),
            Self::Task => trial.cohort.task.short_name(),
            Self::TrainSize => count(trial.cohort.train_size),
            Self::Seed => trial.seed.0.to_string(),
            Self::Epochs => trial.state.metrics.len().to_string(),
            Self::BestEpoch => trial.best().map_or_else(|| absent.to_owned(), |(Epoch(n), _)| n.to_string()),
            Self::Auc => trial.number(self).map_or_else(|| absent.to_owned(), share),
            Self::Validation | Self::Test | Self::Last | Self::Balanced => of(trial.number(self)),
            Self::Outcome => trial.outcome(),
        }
    }

    fn compare(self, a: &Trial<'_>, b: &Trial<'_>) -> Ordering {
        let numbers = match (a.number(self), b.number(self)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        match self {
            Self::Fusion => a.cohort.fusion.cmp(&b.cohort.fusion),
            Self::Task => a.cohort.task.cmp(&b.cohort.task),
            Self::TrainSize => a.cohort.train_size.cmp(&b.cohort.train_size),
            Self::Seed => a.seed.cmp(&b.seed),
            Self::Epochs => a.state.metrics.len().cmp(&b.state.metrics.len()),
            Self::BestEpoch => a.best().map(|best| best.0).cmp(&b.best().map(|best| best.0)),
            Self::Validation | Self::Test | Self::Last | Self::Balanced | Self::Auc => numbers,
            Self::Outcome => a.status().cmp(&b.status()).then_with(|| a.is_outlying.cmp(&b.is_outlying)),
        }
    }
}

impl Trial<'_> {
    /// Where it stands.
    pub fn status(&self) -> CohortStatus {
        match self.state.outcome {
            None if self.cohort_status == CohortStatus::Running => CohortStatus::Running,
            None => CohortStatus::Pending,
            Some(SeedOutcome::Completed) => CohortStatus::Completed,
            Some(SeedOutcome::Stopped) => CohortStatus::Stopped,
            Some(SeedOutcome::Diverged { .. }) => CohortStatus::Diverged,
            Some(SeedOutcome::Failed { .. }) => CohortStatus::Failed,
        }
    }

    /// That as text, safe to show.
    fn outcome(&self) -> String {
        match &self.state.outcome {
            None if self.status() == CohortStatus::Running => "training".into(),
            None => UNFINISHED.into(),
            Some(SeedOutcome::Completed) if self.is_outlying => "outlier".into(),
            Some(SeedOutcome::Completed) => "completed".into(),
            Some(SeedOutcome::Stopped) => "stopped".into(),
            Some(SeedOutcome::Diverged { epoch }) => format!("diverged in epoch {}", epoch.0),
            Some(SeedOutcome::Failed { message }) => format!("failed: {}", plain(message)),
        }
    }

    /// Before the test, the best validation accuracy so far.
    fn best(&self) -> Option<(Epoch, f64)> {
        let tested = self.state.evaluation.as_ref();
        tested.map(|tested| (tested.best_epoch, tested.val_accuracy)).or_else(|| self.state.best())
    }

    fn number(&self, column: TrialColumn) -> Option<f64> {
        let tested = self.state.evaluation.as_ref();
        match column {
            TrialColumn::Validation => self.best().map(|(_, accuracy)| accuracy),
            TrialColumn::Test => tested.map(|tested| tested.test_accuracy),
            TrialColumn::Last => tested.map(|tested| tested.test_last_accuracy),
            TrialColumn::Balanced => tested.map(|tested| tested.test_balanced_accuracy),
            TrialColumn::Auc => tested.and_then(|tested| tested.auc),
            _ => None,
        }
    }
}

/// `concat`, and `concat 1e-4` at one of several learning rates.
pub fn configured(model: ModelId) -> String {
    let name = look(model).short_name;
    model.rate().map_or_else(|| name.to_owned(), |rate| format!("{name} {rate:e}"))
}

/// The trials that have begun and pass the filter, in the order asked for. Terms of the filter with an error do not apply.
pub fn visible<'a>(
    model: &'a Model,
    filter: &str,
    sort: Option<TrialColumn>,
    order: SortOrder,
) -> Vec<Trial<'a>> {
    let mut cohorts: Vec<CohortId> = model.run.order().to_vec();
    cohorts.sort_by_key(SETTING_ORDER);
    let filter = Typed::read(filter, Key::TRIALS).filter;
    let trials = cohorts.into_iter().flat_map(|cohort| of_cohort(model, cohort));
    // Trials have no day on which they began.
    sorted(trials.filter(|trial| filter.passes(trial, 0)), sort, order)
}

/// The cursor's place: its trial's, else its configuration's first.
pub fn place(trials: &[Trial<'_>], selected: Option<CohortId>, seed: Option<Seed>) -> Option<usize> {
    let of_cohort = |trial: &Trial<'_>| Some(trial.cohort) == selected;
    let exact = trials.iter().position(|trial| of_cohort(trial) && Some(trial.seed) == seed);
    exact.or_else(|| trials.iter().position(of_cohort))
}

/// One configuration's trials, in the order asked for.
pub fn of(model: &Model, cohort: CohortId, sort: Option<TrialColumn>, order: SortOrder) -> Vec<Trial<'_>> {
    sorted(of_cohort(model, cohort), sort, order)
}

/// Trials as tab-separated text, for a spreadsheet.
pub fn as_tsv(trials: &[Trial<'_>]) -> String {
    let line = |texts: Vec<String>| texts.join("\t");
    let heading = line(TrialColumn::ALL.iter().map(|column| column.title().to_owned()).collect());
    let rows = trials
        .iter()
        .map(|trial| line(TrialColumn::ALL.iter().map(|column| column.text(trial, "")).collect()));
    std::iter::once(heading).chain(rows).collect::<Vec<_>>().join("\n")
}

fn sorted<'a>(
    trials: impl Iterator<Item = Trial<'a>>,
    sort: Option<TrialColumn>,
    order: SortOrder,
) -> Vec<Trial<'a>> {
    let Some(column) = sort else { return trials.collect() };
    in_order(trials, order, |trial| column.text(trial, "").is_empty(), |a, b| column.compare(a, b))
}

fn of_cohort(model: &Model, cohort: CohortId) -> impl Iterator<Item = Trial<'_>> {
    let outlying = model.derived.series(cohort).and_then(|series| series.outlying);
    let trials = model.run.cohort(cohort).into_iter().flat_map(|state| &state.trials);
    let cohort_status = model.status(cohort);
    trials.map(move |(&seed, state)| Trial {
        // A derived row shows what it has chosen.
        cohort: model.run.trained_for(cohort, seed).unwrap_or(cohort),
        seed,
        is_outlying: outlying == Some(seed),
        cohort_status,
        state,
    })
}

impl Row for Trial<'_> {
    /// Whether the word begins the fusion, the task or the outcome, or is the size.
    fn has_word(&self, word: &str) -> bool {
        named(self.cohort, &self.outcome(), word)
    }

    fn get(&self, key: Key) -> Got<'_> {
        match key {
            // Of `diverged in epoch 3` the first word.
            Key::State => {
                let outcome = self.outcome();
                let word = outcome.split([' ', ':']).next().unwrap_or_default();
                Got::Texts(vec![word.to_owned().into()])
            }
            Key::Seed => Got::Number(self.seed.0 as f64),
            Key::Val => Got::number(self.number(TrialColumn::Validation)),
            Key::Acc => Got::number(self.number(TrialColumn::Test)),
            Key::Auc => Got::number(self.number(TrialColumn::Auc)),
            _ => setting(self.cohort, key),
        }
    }
}
