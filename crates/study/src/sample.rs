//! A run made up for tests: three fusions, two tasks, four sizes, numbers that look like a study's.

use std::sync::Arc;

use crate::claims::{
    Bound, ClaimId, Comparison, Effect, Finding, Findings, InterquartileMean, Interval, SeedsNeeded, Unit,
    Verdict,
};
use crate::config::Config;
use crate::event::{
    DataFacts, Emap, Event, EventKind, FORMAT, GateWeights, Missing, NoiseCurve, NoiseMean, Provenance,
    RunHeader, SeedEvaluation, SeedMetrics, SeedOutcome, SplitOf, TaskFacts,
};
use crate::grid::{CohortId, Condition, Epoch, Seed, Sweep, Task};
use crate::model::{ModelId, Robust};
use crate::roc::GRID;
use crate::run_state::RunState;

/// What the run is.
pub fn header() -> RunHeader {
    let facts = |task, threshold| TaskFacts {
        task,
        positive_share: SplitOf { train: 0.5, validation: 0.49, test: 0.495 },
        majority_share: SplitOf { train: 0.5, validation: 0.51, test: 0.505 },
        threshold,
        additive: None,
        draws: Vec::new(),
        classes: Vec::new(),
        class_shares: Vec::new(),
    };
    let mut config = Config::default();
    config.train.epochs = 3;
    RunHeader {
        config,
        sweep: Sweep {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: Vec::new(),
            tasks: Task::PAPER.to_vec(),
            sizes: vec![32, 128, 512, 4_200],
            seeds: (0..5).map(Seed).collect(),
            ..Sweep::default()
        },
        levels: (0..20).map(|k| f64::from(k) * 0.05).collect(),
        data: DataFacts {
            name: "clip-like".into(),
            text_width: 64,
            image_width: 64,
            source_widths: None,
            rows: SplitOf { train: 4_200, validation: 900, test: 900 },
            tasks: vec![facts(Task::Real, None), facts(Task::Synthetic, Some(0.25))],
            splits: Vec::new(),
            fingerprint: "00112233445566778899aabbccddeeff".into(),
            warnings: Vec::new(),
        },
        provenance: provenance("cpu, 2 threads (auto: no NVIDIA driver)"),
        fingerprint: None,
    }
}

/// What computed it.
pub fn provenance(device: &str) -> Provenance {
    Provenance {
        program: "superfuse-tui 0.1.0".into(),
        libtorch: "2.11.0 (CPU)".into(),
        device: device.into(),
        gpus: Vec::new(),
        config_fingerprint: "ffeeddccbbaa99887766554433221100".into(),
    }
}

/// Every event of a run of `header`; the last cohort diverges in one seed and fails in another, the
/// product of the smallest size is stopped.
pub fn events(header: RunHeader) -> Vec<Event> {
    let header = Box::new(header);
    let mut kinds = Vec::new();
    let cohorts = header.sweep.cohorts();
    kinds.push(EventKind::RunStarted { format: FORMAT, header: header.clone() });
    for &cohort in &cohorts {
        kinds.push(EventKind::CohortStarted { cohort, attempt: 1, only: Vec::new() });
        for epoch in 1..=header.config.train.epochs {
            let metrics = header.sweep.seeds.iter().map(|&seed| metrics(cohort, seed, epoch)).collect();
            kinds.push(EventKind::EpochFinished { cohort, attempt: 1, epoch: Epoch(epoch), metrics });
        }
        let seeds: Vec<_> =
            header.sweep.seeds.iter().map(|&seed| (seed, outcome(cohort, seed, &cohorts))).collect();
        let completed = seeds.iter().filter(|(_, outcome)| *outcome == SeedOutcome::Completed);
        let evaluations = completed.map(|(seed, _)| evaluation(&header, cohort, *seed)).collect();
        kinds.push(EventKind::CohortEvaluated { cohort, attempt: 1, evaluations });
        kinds.push(EventKind::CohortFinished { cohort, attempt: 1, seeds, seconds: 2.5 });
    }
    kinds.push(EventKind::RunFinished);
    numbered(kinds)
}

/// Events in order, 40 ms apart.
pub fn numbered(kinds: Vec<EventKind>) -> Vec<Event> {
    let at = |seq: u64| 1_795_449_600_000 + seq * 40;
    kinds.into_iter().zip(0..).map(|(kind, seq)| Event { seq, at_ms: at(seq), kind }).collect()
}

/// The state after [`events`].
pub fn state() -> RunState {
    RunState::replay(&events(header()))
}

/// The state of a run of which nothing was trained.
pub fn planned() -> RunState {
    RunState::planned(Arc::new(header()))
}

/// Findings of every kind, with made-up numbers.
pub fn findings() -> Findings {
    let sizes = [32, 128, 512, 4_200];
    let cells = |fusions: [ModelId; 2], task| -> Vec<CohortId> {
        let cell = move |train_size| fusions.map(|fusion| CohortId { fusion, task, train_size });
        sizes.into_iter().flat_map(cell).collect()
    };
    let finding = |id: ClaimId, verdict, why: &str, effects, cells| Finding {
        id,
        statement: id.statement(),
        test: "equivalence within the margin".into(),
        verdict,
        in_short: why.into(),
        why: why.into(),
        effects,
        cells,
    };
    let concat_product = cells([ModelId::CONCAT, ModelId::PRODUCT], Task::Real);
    let effect = |name: &str, value, bound| Effect { bound, ..effect(name, value) };
    Findings {
        claims: vec![
            finding(
                ClaimId::C1,
                Verdict::Supported,
                "the interval lies within the margin",
                vec![effect("product − concat", 0.012, Bound::Within(0.02))],
                concat_product.clone(),
            ),
            finding(
                ClaimId::C8,
                Verdict::DependsOnMeanShift,
                "with the modality's mean product loses most, with mean zero it does not <b>|\\",
                vec![
                    effect("area, own mean", -0.08, Bound::Below(0.0)),
                    effect("area, zero mean", 0.004, Bound::None),
                ],
                concat_product,
            ),
        ],
        comparisons: vec![
            comparison(4_200, ModelId::PRODUCT, ModelId::CONCAT, 0.01, 0.001),
            comparison(4_200, ModelId::TENSOR, ModelId::PRODUCT, -0.04, 0.001),
            comparison(512, ModelId::PRODUCT, ModelId::CONCAT, 0.01, 0.2),
            comparison(512, ModelId::PRODUCT, ModelId::TENSOR, 0.04, 0.01),
        ],
        interquartile_means: vec![InterquartileMean {
            fusion: ModelId::CONCAT,
            task: Task::Real,
            value: 0.66,
            interval: Some(Interval { low: 0.652, high: 0.668 }),
            sizes: 4,
            trials: 20,
        }],
        seeds_enough: vec![SeedsNeeded {
            claim: ClaimId::C1,
            effect: "product − concat".into(),
            unit: Unit::Accuracy,
            seeds: 5,
            half_width: 0.015,
            seeds_then: 20,
            half_width_then: 0.011,
            half_width_floor: 0.009,
            extra_seconds: 245.0,
        }],
        ..Findings::default()
    }
}

fn effect(name: &str, value: f64) -> Effect {
    Effect {
        name: name.into(),
        value,
        unit: Unit::Accuracy,
        bound: Bound::None,
        over_seeds: Some(Interval { low: 0.008, high: 0.016 }),
        over_seeds_bca: None,
        over_seeds_and_rows: Some(Interval { low: -0.004, high: 0.026 }),
        p: Some(0.031_25),
        p_holm: Some(0.062_5),
        pairs: 8,
    }
}

fn comparison(train_size: usize, fusion: ModelId, other: ModelId, value: f64, p: f64) -> Comparison {
    Comparison {
        task: Task::Real,
        train_size: Some(train_size),
        fusion,
        other,
        effect: Effect { p: Some(p), ..effect("difference", value) },
        probability_of_improvement: Some(0.9),
        probability_interval: None,
    }
}

fn outcome(cohort: CohortId, seed: Seed, cohorts: &[CohortId]) -> SeedOutcome {
    let last = cohorts.last() == Some(&cohort);
    match (cohort, seed.0) {
        (_, 3) if last => SeedOutcome::Diverged { epoch: Epoch(2) },
        (_, 4) if last => SeedOutcome::Failed { message: "out of\u{1b}[31m memory | 50% of it".into() },
        (CohortId { fusion: ModelId::PRODUCT, task: Task::Real, train_size: 32 }, _) => SeedOutcome::Stopped,
        _ => SeedOutcome::Completed,
    }
}

fn metrics(cohort: CohortId, seed: Seed, epoch: u32) -> SeedMetrics {
    let accuracy = accuracy(cohort, seed) - 0.02 * f64::from(epoch.abs_diff(2));
    SeedMetrics {
        seed,
        train_loss: 0.7 / f64::from(epoch),
        train_accuracy: accuracy + 0.05,
        val_loss: 0.71 / f64::from(epoch),
        val_accuracy: accuracy,
    }
}

/// Rises with the logarithm of the size, a little different for each seed.
fn accuracy(cohort: CohortId, seed: Seed) -> f64 {
    let growth = (cohort.train_size as f64).log2() - 5.0;
    let (start, slope) = match (cohort.task, cohort.fusion.plain()) {
        (Task::Real, ModelId::CONCAT) => (0.56, 0.03),
        (Task::Real, ModelId::PRODUCT) => (0.58, 0.028),
        (Task::Real, ModelId::TENSOR) => (0.55, 0.026),
        (Task::Synthetic, ModelId::CONCAT) => (0.51, 0.043),
        (Task::Synthetic, ModelId::PRODUCT) => (0.70, 0.036),
        (Task::Synthetic, ModelId::TENSOR) => (0.54, 0.05),
        // A baseline, the same for both tasks.
        _ => (0.55, 0.01),
    };
    // Training against noise costs accuracy, and so does dropping modalities.
    let start = match cohort.fusion.robust {
        Robust::None => start,
        Robust::Noise => start - 0.02,
        Robust::Drop => start - 0.035,
    };
    start + slope * growth + (seed.0 as f64 - 2.0) * 0.009 / (1.0 + 0.2 * growth)
}

fn evaluation(header: &RunHeader, cohort: CohortId, seed: Seed) -> SeedEvaluation {
    let clean = accuracy(cohort, seed) - 0.01;
    let curve = |condition, mean| {
        let rate = match Condition::noise(condition) {
            [Some(_), None] => 0.5,
            [None, Some(_)] => 0.3,
            _ => 0.9,
        };
        let rate = if mean == NoiseMean::Zero { rate * 0.2 } else { rate };
        let rate = match cohort.fusion.robust {
            Robust::None => rate,
            Robust::Noise => rate * 0.4,
            Robust::Drop => rate * 0.7,
        };
        let skill = |level: f64| (clean - 0.505) * (-rate * level * level * 2.0).exp();
        let accuracy = header.levels.iter().map(|&level| 0.505 + skill(level)).collect();
        NoiseCurve { condition, mean, accuracy }
    };
    let means = [NoiseMean::Empirical, NoiseMean::Zero];
    let noise =
        means.iter().flat_map(|&mean| Condition::PAPER.map(|condition| curve(condition, mean))).collect();
    let skill = |share: f64| 0.505 + (clean - 0.505) * share;
    let power = (1.0 - clean) * 1.6;
    SeedEvaluation {
        seed,
        best_epoch: Epoch(2),
        val_accuracy: accuracy(cohort, seed),
        test_accuracy: clean,
        test_balanced_accuracy: clean - 0.005,
        test_last_accuracy: clean - 0.008,
        auc: Some(1.0 / (1.0 + power)),
        true_positive_rate: (0..GRID).map(|k| (k as f64 / (GRID - 1) as f64).powf(power)).collect(),
        noise,
        missing: Some(Missing { text: skill(0.4), image: skill(0.7) }),
        emap: Some(Emap { rows: 128, accuracy: skill(1.0), additive_accuracy: skill(0.8) }),
        gate: gate(header, cohort.fusion),
        ..SeedEvaluation::default()
    }
}

/// A gate's weights of text, image, concat and product: noise moves a little from product to concat. Empty for models
/// without a gate.
fn gate(header: &RunHeader, model: ModelId) -> Vec<GateWeights> {
    if model.experts().is_empty() {
        return Vec::new();
    }
    let weights = |condition: Option<Condition>| {
        let moved = condition.map_or(0.0, |condition| 0.02 * (condition as usize as f64 + 1.0));
        GateWeights { condition, weights: vec![0.0, 0.01, 0.75 + moved, 0.24 - moved] }
    };
    let conditions = header.config.noise.conditions.iter().copied().map(Some);
    [None].into_iter().chain(conditions).map(weights).collect()
}
