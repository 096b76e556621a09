//! Finished sweeps made from a world whose answers are known, with every test row.
//!
//! A row of a task has a place in 0..1, mostly its own and a little the seed's; it is right where that lies
//! under the trial's accuracy. So accuracies come out as set, and fusions are right on much the same rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;

use crate::config::{Config, OneOrMore};
use crate::event::{
    DataFacts, Event, EventKind, FORMAT, NoiseCurve, NoiseMean, Provenance, RunHeader, SeedEvaluation,
    SeedMetrics, SeedOutcome, SplitFacts, SplitOf, TaskFacts,
};
use crate::grid::{CohortId, Condition, Epoch, Seed, Sweep, Task};
use crate::model::{ModelId, Rate};
use crate::random::{Purpose, permutation, stream};
use crate::rows::{RowOutcomes, RunRows, SeedRows};
use crate::run_state::RunState;

/// What is true.
#[derive(Clone)]
pub(super) struct World {
    pub(super) fusions: Vec<ModelId>,
    pub(super) seeds: u64,
    pub(super) rows: usize,
    /// So many rows, one after the other, are alike.
    pub(super) alike: usize,
    /// The column that says so; empty: none.
    pub(super) group: &'static str,
    /// Splits that the seeds are assigned to, drawn from one pool.
    pub(super) splits: usize,
    pub(super) sizes: Vec<usize>,
    /// Tasks of the sweep.
    pub(super) tasks: Vec<Task>,
    /// Classes of the real task.
    pub(super) classes: usize,
    /// Learning rates of every fusion; one is the default.
    pub(super) rates: Vec<f64>,
    /// Accuracy of a configuration.
    pub(super) accuracy: fn(CohortId) -> f64,
    /// How far seeds lie from it.
    pub(super) spread: fn(ModelId) -> f64,
    /// Share of the skill that is gone at level 1.
    pub(super) loss: fn(ModelId, Condition, NoiseMean) -> f64,
}

/// What the paper says.
pub(super) fn paper() -> World {
    World {
        fusions: ModelId::PAPER_FUSIONS.to_vec(),
        seeds: 12,
        rows: 2_000,
        alike: 1,
        group: "",
        splits: 1,
        sizes: vec![32, 256, 1_024, 2_048],
        tasks: Task::PAPER.to_vec(),
        classes: 2,
        rates: vec![1e-3],
        accuracy: |id| {
            let larger = id.train_size >= 1_024;
            match (id.task, id.fusion) {
                (Task::Synthetic, ModelId::PRODUCT) => 0.93,
                (Task::Synthetic, ModelId::CONCAT) => 0.78,
                (Task::Real, ModelId::PRODUCT) if larger => 0.712,
                (Task::Real, ModelId::CONCAT | ModelId::PRODUCT) => 0.70,
                (_, _) => 0.58,
            }
        },
        spread: |fusion| if fusion == ModelId::TENSOR { 0.03 } else { 0.008 },
        loss: |fusion, condition, _| match (fusion, condition) {
            (ModelId::PRODUCT, Condition::Image) => 1.0,
            (ModelId::PRODUCT, _) => 4.0,
            (ModelId::CONCAT, Condition::Image) => 0.3,
            (ModelId::CONCAT, _) => 0.6,
            (_, Condition::Image) => 0.0,
            (_, _) => 0.1,
        },
    }
}

impl World {
    /// The finished run, and its rows.
    pub(super) fn run(&self) -> (RunState, RunRows) {
        self.run_without(&[])
    }

    /// The run with some configurations still to come.
    pub(super) fn run_without(&self, pending: &[CohortId]) -> (RunState, RunRows) {
        let header = self.header();
        let levels = header.levels.clone();
        let mut kinds = vec![EventKind::RunStarted { format: FORMAT, header: Box::new(header.clone()) }];
        let mut rows = RunRows::new();
        let of_splits: Arc<[Vec<u32>]> = if self.splits > 1 {
            (0..self.splits).map(|split| self.test_rows(split)).collect()
        } else {
            Arc::default()
        };
        let group = |row: u32| row / self.alike as u32;
        let groups = (0..self.splits).map(|split| self.test_rows(split).into_iter().map(group).collect());
        let groups: Arc<[Vec<u32>]> =
            if self.group.is_empty() { Arc::default() } else { groups.collect::<Vec<_>>().into() };
        for cohort in header.sweep.cohorts().into_iter().filter(|id| !pending.contains(id)) {
            let seeds = BTreeMap::new();
            let mut outcomes =
                RowOutcomes { seeds, places: Arc::clone(&of_splits), groups: Arc::clone(&groups) };
            let mut evaluations = Vec::new();
            for &seed in &header.sweep.seeds {
                let (evaluation, of_rows) = self.trial(cohort, seed, &levels);
                evaluations.push(evaluation);
                outcomes.seeds.insert(seed, of_rows);
            }
            rows.insert(cohort, outcomes);
            let seeds = header.sweep.seeds.iter().map(|&seed| (seed, SeedOutcome::Completed)).collect();
            kinds.push(EventKind::CohortStarted { cohort, attempt: 1, only: Vec::new() });
            let metrics = evaluations.iter().map(metrics).collect();
            kinds.push(EventKind::EpochFinished { cohort, attempt: 1, epoch: Epoch(1), metrics });
            kinds.push(EventKind::CohortEvaluated { cohort, attempt: 1, evaluations });
            kinds.push(EventKind::CohortFinished { cohort, attempt: 1, seeds, seconds: 24.0 });
        }
        let events = kinds.into_iter().zip(0..).map(|(kind, seq)| Event { seq, at_ms: 0, kind });
        (RunState::replay(&events.collect::<Vec<_>>()), rows)
    }

    fn header(&self) -> RunHeader {
        let half = SplitOf { train: 0.5, validation: 0.5, test: 0.5 };
        let of_splits = if self.splits > 1 { self.splits } else { 0 };
        let facts = |task| {
            let classes = if task == Task::Real && self.classes > 2 { self.classes } else { 0 };
            let share = |_| {
                let share = 1.0 / self.classes as f64;
                SplitOf { train: share, validation: share, test: share }
            };
            TaskFacts {
                task,
                positive_share: half,
                majority_share: half,
                threshold: None,
                additive: None,
                draws: Vec::new(),
                classes: (0..classes).map(|class| class.to_string()).collect(),
                class_shares: (0..classes).map(share).collect(),
            }
        };
        let mut config = Config::default();
        config.data.group = self.group.into();
        config.train.learning_rate = OneOrMore::list(self.rates.clone());
        let listed: Vec<Rate> = self.rates.iter().filter_map(|&rate| Rate::new(rate)).collect();
        let has_several = listed.len() > 1;
        let rates = self.fusions.iter().filter(|_| has_several).map(|&fusion| (fusion, listed.clone()));
        RunHeader {
            config,
            sweep: Sweep {
                fusions: self.fusions.clone(),
                baselines: Vec::new(),
                tasks: self.tasks.clone(),
                sizes: self.sizes.clone(),
                seeds: (0..self.seeds).map(Seed).collect(),
                rates: rates.collect(),
                ..Sweep::default()
            },
            levels: vec![0.0, 0.1, 0.3, 0.6, 0.9],
            data: DataFacts {
                name: String::new(),
                text_width: 64,
                image_width: 64,
                source_widths: None,
                rows: SplitOf { train: 4_200, validation: 900, test: self.rows },
                tasks: self.tasks.iter().map(|&task| facts(task)).collect(),
                splits: (0..of_splits as u64)
                    .map(|seed| SplitFacts {
                        seed: Seed(seed),
                        tasks: self.tasks.iter().map(|&task| facts(task)).collect(),
                    })
                    .collect(),
                fingerprint: String::new(),
                warnings: Vec::new(),
            },
            provenance: Provenance {
                program: String::new(),
                libtorch: String::new(),
                device: String::new(),
                gpus: Vec::new(),
                config_fingerprint: String::new(),
            },
            fingerprint: None,
        }
    }

    fn trial(&self, cohort: CohortId, seed: Seed, levels: &[f64]) -> (SeedEvaluation, SeedRows) {
        let places = self.places(cohort.task, seed);
        let model = cohort.fusion.fusion;
        let key = cohort.train_size as u64 * 8 + model as u64 * 2 + number(cohort.task);
        let off = stream(Purpose::Bootstrap, 3_000, key, seed.0).random_range(-1.7..1.7_f64);
        let fusion = cohort.fusion.at_rate(None);
        let accuracy = (self.accuracy)(cohort) + off * (self.spread)(fusion);
        let right = |accuracy: f64| -> Vec<bool> { places.iter().map(|place| *place < accuracy).collect() };
        let share = |right: &[bool]| right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
        let correct = right(accuracy);
        let mut of_rows = SeedRows { correct: correct.clone(), ..SeedRows::default() };
        let mut noise = Vec::new();
        for condition in Condition::PAPER {
            for mean in [NoiseMean::Empirical, NoiseMean::Zero] {
                let loss = (self.loss)(fusion, condition, mean);
                let at = |level: &f64| right(0.5 + (accuracy - 0.5) * (1.0 - loss * level).max(0.0));
                let by_level: Vec<Vec<bool>> = levels.iter().map(at).collect();
                of_rows.areas.insert((condition, mean), areas(levels, &by_level));
                if condition == Condition::Text {
                    of_rows.slight_text.insert(mean, by_level[1].clone());
                }
                let accuracy = by_level.iter().map(|right| share(right)).collect();
                noise.push(NoiseCurve { condition, mean, accuracy });
            }
        }
        let test_accuracy = share(&correct);
        let evaluation = SeedEvaluation {
            seed,
            best_epoch: Epoch(1),
            val_accuracy: accuracy,
            test_accuracy,
            test_balanced_accuracy: accuracy,
            test_last_accuracy: accuracy - 0.001,
            auc: Some(test_accuracy),
            true_positive_rate: vec![0.0, test_accuracy, 1.0],
            noise,
            ..SeedEvaluation::default()
        };
        (evaluation, of_rows)
    }

    /// Rows of the source; of one split its test rows alone.
    const fn pool(&self) -> usize {
        if self.splits > 1 { 4_200 + 900 + self.rows } else { self.rows }
    }

    fn test_rows(&self, split: usize) -> Vec<u32> {
        if self.splits == 1 {
            return (0..self.rows as u32).collect();
        }
        let alike = self.alike as u32;
        let mut rng = stream(Purpose::Bootstrap, 3_003, split as u64, 0);
        let groups = permutation(self.pool() / self.alike, &mut rng);
        groups.iter().flat_map(|group| group * alike..(group + 1) * alike).take(self.rows).collect()
    }

    fn places(&self, task: Task, seed: Seed) -> Vec<f64> {
        let mut of_task = stream(Purpose::Bootstrap, 3_001, number(task), 0);
        let mut of_seed = stream(Purpose::Bootstrap, 3_002, number(task), seed.0);
        let owns: Vec<f64> = (0..self.pool()).map(|_| of_task.random()).collect();
        let rows = self.test_rows(seed.0 as usize % self.splits);
        rows.into_iter()
            .map(|row| {
                let own = owns[row as usize / self.alike * self.alike];
                let seeds: f64 = of_seed.random();
                if of_seed.random::<f64>() < 0.2 { seeds } else { own }
            })
            .collect()
    }
}

/// Of its only epoch.
const fn metrics(evaluation: &SeedEvaluation) -> SeedMetrics {
    let SeedEvaluation { seed, val_accuracy, .. } = *evaluation;
    SeedMetrics { seed, train_loss: 0.5, train_accuracy: 0.5, val_loss: 0.5, val_accuracy }
}

/// Of each row: the share of levels at which it is right, by trapezoids.
fn areas(levels: &[f64], by_level: &[Vec<bool>]) -> Vec<f32> {
    let span = levels[levels.len() - 1] - levels[0];
    let right = |level: usize, row: usize| f64::from(u8::from(by_level[level][row]));
    (0..by_level[0].len())
        .map(|row| {
            let steps = 0..levels.len() - 1;
            let area: f64 = steps
                .map(|at| (levels[at + 1] - levels[at]) * f64::midpoint(right(at, row), right(at + 1, row)))
                .sum();
            (area / span) as f32
        })
        .collect()
}

/// A task's part of a random key.
fn number(task: Task) -> u64 {
    Task::PAPER.iter().position(|&paper| paper == task).map_or(2, |place| place as u64)
}
