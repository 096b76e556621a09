//! Whether training as `[run]` configures it gives what LibTorch's operations give on the CPU in `f32`: the check of a GPU, of a
//! precision, and of the fused kernel.

use std::thread;

use super::EngineError;
use crate::backend::device::{self, Arithmetic, Compute};
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::HeadShape;
use crate::evaluation::Evaluation;
use crate::evaluation::noise::Noise;
use crate::fusion;
use crate::runtime::preparation::{Prepared, prepare};
use crate::training::cohort::CohortTraining;
use crate::training::feature_cache::FeatureCache;
use data::{Dataset, TaskData};
use study::config::{Config, Precision, RunConfig};
use study::event::{RunHeader, SeedEvaluation, SeedMetrics};
use study::grid::CohortId;
use study::model::Sizes;

/// Rows that are trained on at most.
const LARGEST: usize = 4096;

/// What the check found.
#[derive(Clone, Debug)]
pub struct Parity {
    /// What was checked.
    pub device: String,
    /// How far losses may be from those of the reference, relative to them.
    pub tolerance: f64,
    /// One for each fusion.
    pub fusions: Vec<Agreement>,
}

/// How far one configuration is from the reference, over all epochs and seeds.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The configuration.
    pub cohort: CohortId,
    /// The largest difference of a training or validation loss, relative to the reference's.
    pub loss: f64,
    /// The largest difference of a validation accuracy.
    pub accuracy: f64,
    /// The largest difference of what the first seed's best weights do on the test split: accuracy, AUC, and
    /// accuracy at every level of noise.
    pub test: f64,
    /// Whether a second time gave the same numbers, to the bit.
    pub is_repeatable: bool,
    /// Whether LibTorch's operations one by one gave the same numbers as a recorded step, to the bit; absent where
    /// none is recorded.
    pub is_as_one_by_one: Option<bool>,
}

impl Parity {
    /// Whether everything agrees.
    pub fn holds(&self) -> bool {
        self.fusions.iter().all(|fusion| {
            fusion.loss <= self.tolerance && fusion.is_repeatable && fusion.is_as_one_by_one != Some(false)
        })
    }
}

/// Trains each fusion for `epochs` epochs at the largest size up to 4,096 rows, as `[run]` configures it and on the CPU.
pub fn parity(config: &Config, epochs: u32) -> Result<Parity, EngineError> {
    let mut config = config.clone();
    config.train.epochs = epochs;
    let run = RunConfig { workers: 1, ..config.run.clone() };
    let devices = device::choose(&run, config.sweep.seeds.resolve().len())?;
    let Prepared { header, dataset } = prepare(&config, None, Some(&devices), "", &mut |_| {})?;
    let compute = devices.workers.first().copied().unwrap_or_else(Compute::cpu);
    let sizes = header.sweep.sizes.iter().copied();
    let smallest = sizes.clone().min().unwrap_or(1);
    let train_size = sizes.filter(|&size| size <= LARGEST).max().unwrap_or(smallest);
    let task = header.sweep.tasks.first().copied().ok_or(EngineError::Thread("benchmark"))?;
    let mut fusions = Vec::new();
    for fusion in header.sweep.trained() {
        let cohort = CohortId { fusion, task, train_size };
        let train = |compute| trained(&header, &dataset, cohort, compute);
        let reference = train(Compute { arithmetic: Arithmetic::LibTorch, ..Compute::cpu() })?;
        let found = train(compute)?;
        let one_by_one = compute.uses_graphs.then(|| train(Compute { uses_graphs: false, ..compute }));
        let one_by_one = one_by_one.transpose()?;
        let pairs = || reference.epochs.iter().zip(&found.epochs);
        let relative = |a: f64, b: f64| (a - b).abs() / a.abs();
        let loss = |(a, b): (&SeedMetrics, &SeedMetrics)| {
            relative(a.train_loss, b.train_loss).max(relative(a.val_loss, b.val_loss))
        };
        let accuracy = |(a, b): (&SeedMetrics, &SeedMetrics)| (a.val_accuracy - b.val_accuracy).abs();
        let is_whole = reference.epochs.len() == found.epochs.len();
        let (of_reference, of_found) = (reference.numbers(), found.numbers());
        let test = of_reference.iter().zip(&of_found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        fusions.push(Agreement {
            cohort,
            loss: if is_whole { pairs().map(loss).fold(0.0, f64::max) } else { f64::INFINITY },
            accuracy: pairs().map(accuracy).fold(0.0, f64::max),
            test: if of_reference.len() == of_found.len() { test } else { f64::INFINITY },
            is_repeatable: train(compute)? == found,
            is_as_one_by_one: one_by_one.map(|one_by_one| one_by_one == found),
        });
    }
    // Rounding grows from step to step; that of the factors is far larger than that of sums in another order.
    let tolerance = match config.run.precision {
        Precision::F32 => 1e-3,
        Precision::Tf32 | Precision::Bf16 => 2e-2,
    };
    Ok(Parity { device: devices.description, tolerance, fusions })
}

/// Results of training and testing.
#[derive(PartialEq)]
struct Trained {
    /// Every epoch's numbers, seed by seed; a seed that diverged has none from then on.
    epochs: Vec<SeedMetrics>,
    /// Of the first seed that completed.
    evaluation: Option<SeedEvaluation>,
}

impl Trained {
    /// Shares of rows, each a number between 0 and 1.
    fn numbers(&self) -> Vec<f64> {
        let Some(evaluation) = &self.evaluation else { return Vec::new() };
        let noise = evaluation.noise.iter().flat_map(|curve| curve.accuracy.iter().copied());
        [evaluation.test_accuracy].into_iter().chain(evaluation.auc).chain(noise).collect()
    }
}

fn trained(
    header: &RunHeader,
    dataset: &Dataset,
    cohort: CohortId,
    compute: Compute,
) -> Result<Trained, EngineError> {
    let data = dataset.task(cohort.task).ok_or(EngineError::Thread("benchmark"))?;
    let work = || {
        let _no_grad = compute.enter(compute.threads)?;
        let cache = FeatureCache::new(compute, 0, 1);
        let inputs = cache.trained(&header.config, HeadShape::of(header, cohort).into(), data);
        let sizes = Sizes::of(header, cohort.task);
        let seeds = &header.sweep.seeds;
        let mut training = CohortTraining::start(cohort, &header.config, seeds, &inputs, sizes, compute);
        let mut epochs = Vec::new();
        while !training.is_over() {
            if let Some((_, metrics)) = training.step()? {
                epochs.extend(metrics);
            }
        }
        let evaluation = evaluation(header, (data, &inputs), &cache, &training, compute);
        Ok(Trained { epochs, evaluation })
    };
    // A thread of its own: what is entered stays with it.
    thread::scope(|scope| scope.spawn(work).join().map_err(|_| EngineError::Thread("benchmark"))?)
}

/// The first completed seed's best weights on the test split.
fn evaluation(
    header: &RunHeader,
    (data, inputs): (&TaskData, &CohortInputs),
    cache: &FeatureCache,
    training: &CohortTraining<'_>,
    compute: Compute,
) -> Option<SeedEvaluation> {
    let config = &header.config;
    let draws = cache.draws(&config.noise, data);
    let noise =
        Noise { config: &config.noise, levels: &header.levels, draws: &draws, labels: &inputs.labels.test };
    let evaluation = Evaluation {
        backend: &*fusion::backend(training.shape(), compute),
        activation: config.model.activation,
        rows: &inputs.rows.test,
        labels: &data.labels.test,
        noise,
    };
    training.completed().first().map(|trial| evaluation.of(trial).0)
}
