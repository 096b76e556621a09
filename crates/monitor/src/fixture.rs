//! Runs for tests: the same events every time, from arithmetic that is the same on every machine.

#![expect(missing_docs, reason = "made-up values for tests")]

use std::sync::Arc;

use super::fixture_findings::findings;
use super::model::Model;
use super::resources::Resources;
use study::config::Config;
use study::confusion::Confusion;
use study::estimate::{Basis, Estimate, MemoryUse};
use study::event::{
    DataFacts, Emap, Event, EventKind, GateWeights, Missing, NoiseCurve, NoiseMean, Provenance, RunHeader,
    SeedEvaluation, SeedMetrics, SeedOutcome, SplitOf, TaskFacts,
};
use study::feed::{Bound, Level, Load, Notice, Progress, Writer};
use study::grid::{CohortId, Condition, Epoch, Seed, Sweep, Task};
use study::model::ModelId;
use study::roc::GRID;

/// 2026-11-23 12:00:00 UTC.
const NOON_MS: u64 = 1_795_435_200_000;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Preparing,
    Planned,
    Running,
    Finished,
    Failed,
    /// Like running, and the process that worked on it is gone.
    Dead,
}

impl Stage {
    pub const SHOWN: [Self; 4] = [Self::Planned, Self::Running, Self::Finished, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Dead => "dead",
        }
    }
}

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    pub sizes: usize,
    pub seeds: u64,
    pub epochs: u32,
    pub baselines: &'static [ModelId],
    pub tasks: &'static [Task],
    /// Classes of the real task.
    pub classes: u16,
}

/// Small enough to be read.
pub const SMALL: Extent =
    Extent { sizes: 6, seeds: 5, epochs: 12, baselines: &[], tasks: &Task::PAPER, classes: 2 };

/// What the runs here are estimated to take.
const ESTIMATE: Estimate = Estimate {
    trials: 180,
    seconds: 720.0,
    largest: (ModelId::TENSOR, 0.55),
    basis: Basis::Measured,
    memory: Some(MemoryUse { most: 412_000_000, allowed: Some(6_300_000_000), in_parts: false }),
};

/// A model at `stage`.
pub fn model(stage: Stage) -> Model {
    model_of(stage, SMALL)
}

/// Likewise, of any extent.
pub fn model_of(stage: Stage, extent: Extent) -> Model {
    let mut model = Model::default();
    if stage == Stage::Preparing {
        return model;
    }
    let header = Arc::new(header(extent));
    model.plan(Arc::clone(&header));
    let notice = Notice { at_ms: NOON_MS, level: Level::Info, text: "6,000 rows are ready".into() };
    model.apply(&[], &[Arc::new(notice)]);
    model.estimate = Some(ESTIMATE);
    if stage == Stage::Planned {
        return model;
    }
    let mut events = Events::default();
    events.push(EventKind::RunStarted { format: 1, header: Box::new((*header).clone()) });
    let cohorts = header.sweep.cohorts();
    let whole = if stage == Stage::Finished { cohorts.len() } else { cohorts.len() / 2 };
    for (place, &cohort) in cohorts[..whole].iter().enumerate() {
        events.cohort(&header, cohort, fate(stage, place));
    }
    match stage {
        Stage::Finished => events.push(EventKind::RunFinished),
        Stage::Failed => events.push(EventKind::RunInterrupted),
        Stage::Dead => events.begin(&header, cohorts[whole], extent.epochs / 2),
        Stage::Running => {
            let cohort = cohorts[whole];
            events.begin(&header, cohort, extent.epochs / 2);
            model.resources = Some(Resources { cores: 1.9, resident: 412e6 });
            model.progress = Some(Progress {
                others: 0,
                cohort,
                epoch: Epoch(extent.epochs / 2 + 1),
                epochs: extent.epochs,
                seeds: extent.seeds as usize,
                samples_per_second: 41_250.0,
                remaining_seconds: Some(84.0),
                load: Some(Load { share: 0.62, bound: Bound::Arithmetic }),
            });
        }
        Stage::Preparing | Stage::Planned => {}
    }
    if stage == Stage::Dead {
        model.writer = Writer::Nobody;
    }
    model.apply(&events.0, &[]);
    model.findings = Some(Arc::new(findings(&model)));
    model
}

/// How a cohort ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Completed,
    Diverged,
    Stopped,
    Failed,
}

const fn fate(stage: Stage, place: usize) -> Fate {
    match (stage, place) {
        (Stage::Failed, 4) => Fate::Diverged,
        (Stage::Failed, 7) => Fate::Stopped,
        (Stage::Failed, 9) => Fate::Failed,
        _ => Fate::Completed,
    }
}

fn header(extent: Extent) -> RunHeader {
    let mut config = Config::default();
    config.train.epochs = extent.epochs;
    let half = SplitOf { train: 0.5, validation: 0.5, test: 0.5 };
    let facts = |task| {
        let classes = if task == Task::Real && extent.classes > 2 { extent.classes } else { 0 };
        let share = 1.0 / f64::from(classes.max(1));
        TaskFacts {
            task,
            positive_share: half,
            majority_share: half,
            threshold: None,
            additive: None,
            draws: Vec::new(),
            classes: (0..classes).map(|class| format!("kind {class}")).collect(),
            class_shares: (0..classes)
                .map(|_| SplitOf { train: share, validation: share, test: share })
                .collect(),
        }
    };
    // As many as the confusion matrices have.
    let test = if extent.classes > 2 { usize::from(extent.classes) * ROWS_OF_CLASS } else { 900 };
    RunHeader {
        config,
        sweep: Sweep {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: extent.baselines.to_vec(),
            tasks: extent.tasks.to_vec(),
            sizes: (0..extent.sizes).map(|doubling| 32 << doubling).collect(),
            seeds: (0..extent.seeds).map(Seed).collect(),
            ..Sweep::default()
        },
        levels: (0..20).map(|step| f64::from(step) * 0.05).collect(),
        data: DataFacts {
            name: "clip-like".into(),
            text_width: 64,
            image_width: 64,
            source_widths: None,
            rows: SplitOf { train: 4_200, validation: 900, test },
            tasks: extent.tasks.iter().map(|&task| facts(task)).collect(),
            splits: Vec::new(),
            fingerprint: "0".into(),
            warnings: vec!["the real label is \x1b[31mslightly\x1b[0m unbalanced".into()],
        },
        provenance: Provenance {
            program: "0.1.0".into(),
            libtorch: "2.11.0+cpu".into(),
            device: "cpu, 2 threads".into(),
            gpus: Vec::new(),
            config_fingerprint: "0".into(),
        },
        fingerprint: None,
    }
}

#[derive(Default)]
struct Events(Vec<Arc<Event>>);

impl Events {
    fn push(&mut self, kind: EventKind) {
        let seq = self.0.len() as u64;
        self.0.push(Arc::new(Event { seq, at_ms: NOON_MS + seq * 250, kind }));
    }

    fn begin(&mut self, header: &RunHeader, cohort: CohortId, epochs: u32) {
        self.begin_with(&header.sweep.seeds, cohort, epochs, 0);
    }

    /// The first `lost` seeds end after half of the epochs.
    fn begin_with(&mut self, seeds: &[Seed], cohort: CohortId, epochs: u32, lost: usize) {
        self.push(EventKind::CohortStarted { cohort, attempt: 1, only: Vec::new() });
        for epoch in 1..=epochs {
            let from = if epoch <= epochs / 2 { 0 } else { lost };
            let metrics = seeds[from..].iter().map(|&seed| metrics(cohort, seed, epoch)).collect();
            self.push(EventKind::EpochFinished { cohort, attempt: 1, epoch: Epoch(epoch), metrics });
        }
    }

    fn cohort(&mut self, header: &RunHeader, cohort: CohortId, fate: Fate) {
        let epochs = header.config.train.epochs;
        match fate {
            Fate::Completed => self.begin(header, cohort, epochs),
            Fate::Diverged => self.begin_with(&header.sweep.seeds, cohort, epochs, 1),
            Fate::Stopped | Fate::Failed => self.begin(header, cohort, epochs / 2),
        }
        let seeds = &header.sweep.seeds;
        let lost = match fate {
            Fate::Completed => 0,
            Fate::Diverged => 1,
            Fate::Stopped | Fate::Failed => seeds.len(),
        };
        let evaluations: Vec<SeedEvaluation> =
            seeds[lost..].iter().map(|&seed| evaluation(header, cohort, seed)).collect();
        if !evaluations.is_empty() {
            self.push(EventKind::CohortEvaluated { cohort, attempt: 1, evaluations });
        }
        let outcome = |place| match fate {
            _ if place >= lost => SeedOutcome::Completed,
            Fate::Completed => SeedOutcome::Completed,
            Fate::Diverged => SeedOutcome::Diverged { epoch: Epoch(epochs / 2) },
            Fate::Stopped => SeedOutcome::Stopped,
            Fate::Failed => SeedOutcome::Failed { message: "out of \x1b]0;memory\x07\nhere".into() },
        };
        let seeds = seeds.iter().enumerate().map(|(place, &seed)| (seed, outcome(place))).collect();
        self.push(EventKind::CohortFinished { cohort, attempt: 1, seeds, seconds: 1.5 });
    }
}

/// Fusions and modalities of the runs here.
const SHOWN: [ModelId; 5] =
    [ModelId::CONCAT, ModelId::PRODUCT, ModelId::TENSOR, ModelId::TEXT, ModelId::IMAGE];

/// A number in −1..1 from numbers.
fn jitter(cohort: CohortId, seed: Seed, salt: u32) -> f64 {
    let place = SHOWN.iter().position(|fusion| *fusion == ModelId::hidden(cohort.fusion.fusion));
    let model = place.unwrap_or(SHOWN.len()) as u64 + 5 * u64::from(cohort.fusion.is_logistic());
    let task = Task::PAPER.iter().position(|task| *task == cohort.task).unwrap_or(Task::PAPER.len()) as u64;
    let parts = [model, task, cohort.train_size as u64, seed.0, u64::from(salt)];
    let mixed = parts.iter().fold(0x9e37_79b9_u64, |hash, &part| {
        let hash = (hash ^ part).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash ^ (hash >> 29)
    });
    (mixed >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// The seed that does much worse than its like.
const LOST: (ModelId, Task, usize, u64) = (ModelId::PRODUCT, Task::Synthetic, 64, 3);

fn goal(cohort: CohortId, seed: Seed) -> f64 {
    let doublings = f64::from(cohort.train_size.ilog2()) - 5.0;
    let (start, slope) = match (cohort.task, cohort.fusion) {
        (Task::Real, ModelId::CONCAT) => (0.58, 0.025),
        (Task::Real, ModelId::PRODUCT) => (0.56, 0.03),
        (Task::Real, ModelId::TENSOR) => (0.53, 0.02),
        (Task::Synthetic, ModelId::PRODUCT) => (0.88, 0.015),
        (Task::Synthetic, ModelId::CONCAT) => (0.52, 0.025),
        (Task::Synthetic, ModelId::TENSOR) => (0.5, 0.01),
        // A baseline, the same for both tasks.
        _ => (0.55, 0.01),
    };
    // One seed is an outlier in its configuration.
    let is_lost = (cohort.fusion, cohort.task, cohort.train_size, seed.0) == LOST;
    start + slope * doublings + 0.015 * jitter(cohort, seed, 0) - if is_lost { 0.2 } else { 0.0 }
}

fn metrics(cohort: CohortId, seed: Seed, epoch: u32) -> SeedMetrics {
    let progress = f64::from(epoch) / (f64::from(epoch) + 3.0);
    let accuracy = 0.5 + (goal(cohort, seed) - 0.5) * progress + 0.005 * jitter(cohort, seed, epoch);
    SeedMetrics {
        seed,
        train_loss: 0.7 - 0.5 * progress,
        train_accuracy: 0.5 + 0.45 * progress,
        val_loss: 1.2 - accuracy,
        val_accuracy: accuracy,
    }
}

/// Test rows of each of several classes.
const ROWS_OF_CLASS: usize = 20;

/// Of each class three rows of four are right, and one is taken for the next class; empty of two classes.
fn confusion(classes: u16) -> Confusion {
    let of_class = |class: u16| {
        let (right, wrong) = ((class, class, 15), (class, (class + 1) % classes, 5));
        if right.1 < wrong.1 { [right, wrong] } else { [wrong, right] }
    };
    if classes > 2 { Confusion((0..classes).flat_map(of_class).collect()) } else { Confusion::default() }
}

/// A gate's weights of text, image, concat and product; empty for models without a gate.
fn gate(header: &RunHeader, model: ModelId) -> Vec<GateWeights> {
    if model.experts().is_empty() {
        return Vec::new();
    }
    let weights = |condition: Option<Condition>| {
        let moved = if condition.is_some() { 0.02 } else { 0.0 };
        GateWeights { condition, weights: vec![0.0, 0.01, 0.75 + moved, 0.24 - moved] }
    };
    let conditions = header.config.noise.conditions.iter().copied().map(Some);
    [None].into_iter().chain(conditions).map(weights).collect()
}

fn evaluation(header: &RunHeader, cohort: CohortId, seed: Seed) -> SeedEvaluation {
    let accuracy = goal(cohort, seed);
    let fall = match cohort.fusion {
        ModelId::CONCAT => 0.5,
        ModelId::PRODUCT => 0.9,
        ModelId::TENSOR => 0.2,
        _ => 0.4,
    };
    let curve = |condition, mean| {
        let strength = match (Condition::noise(condition), mean) {
            (_, NoiseMean::Zero) => 0.2,
            ([Some(_), None], NoiseMean::Empirical) => 0.8,
            ([None, Some(_)], NoiseMean::Empirical) => 0.5,
            (_, NoiseMean::Empirical) => 1.0,
        };
        let at = |level: &f64| 0.5 + (accuracy - 0.5) * (1.0 - fall * strength * level * level);
        NoiseCurve { condition, mean, accuracy: header.levels.iter().map(at).collect() }
    };
    let noise = Condition::PAPER
        .iter()
        .flat_map(|&condition| [NoiseMean::Empirical, NoiseMean::Zero].map(|mean| curve(condition, mean)));
    let skill = |share: f64| 0.5 + (accuracy - 0.5) * share;
    // x ↦ x(1 + k) / (x + k): from (0, 0) to (1, 1), above the diagonal.
    let bend = (1.05 - accuracy).max(0.02);
    let rate = |place: usize| place as f64 / (GRID - 1) as f64;
    let curve = (0..GRID).map(|place| rate(place) * (1.0 + bend) / (rate(place) + bend)).collect();
    SeedEvaluation {
        seed,
        best_epoch: Epoch(header.config.train.epochs - seed.0 as u32 % 3),
        val_accuracy: accuracy,
        test_accuracy: accuracy - 0.01,
        test_balanced_accuracy: accuracy - 0.012,
        test_last_accuracy: accuracy - 0.015,
        auc: Some(accuracy),
        true_positive_rate: curve,
        noise: noise.collect(),
        confusion: confusion(header.data.task(cohort.task).map_or(2, TaskFacts::class_count) as u16),
        missing: Some(Missing { text: skill(0.3), image: skill(0.8) }),
        emap: Some(Emap { rows: 128, accuracy: skill(1.05), additive_accuracy: skill(0.9) }),
        gate: gate(header, cohort.fusion),
    }
}
