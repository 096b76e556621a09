//! The engine against its definitions: loops, burn's autodiff, torch's numbers, and itself alone.

mod adamw;
mod blocks;
mod checkpoint;
mod classes;
mod defaults;
mod definition;
mod estimate;
mod fusions;
mod groups;
mod kernel;
mod launches;
mod logistic;
mod noise;
mod precision;
mod progress;
mod recombined;
mod robust;
mod saved;
mod splits;
mod stacking;
mod torchscript;
mod worker;

use tch::Tensor;

use crate::backend::device::{self, Compute};
use crate::backend::inputs::CohortInputs;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::evaluation::TrialWeights;
use crate::fusion::Reader;
use crate::training::cohort::CohortTraining;
use crate::training::feature_cache::FeatureCache;
use data::{self, Dataset, TaskData};
use study::config::{Config, DeviceChoice, Kernels, RunConfig};
use study::event::{DataFacts, SeedMetrics, SeedOutcome, TaskFacts};
use study::grid::{CohortId, Seed, Task};
use study::model::{FusionSettings, ModelId, Sizes};
use study::random::{Purpose, stream};

/// A small real study: the generator's pairs at width 16.
fn small_config() -> Config {
    let mut config = Config::default();
    config.data.clip_like.samples = 500;
    config.data.clip_like.width = 16;
    config.train.epochs = 4;
    config.train.batch_size = 48;
    config
}

fn small_data(config: &Config) -> Dataset {
    data::load(config).unwrap()
}

/// All epochs of a cohort: each epoch's numbers, the outcomes and the weights.
struct Trained {
    epochs: Vec<Vec<SeedMetrics>>,
    outcomes: Vec<(Seed, SeedOutcome)>,
    weights: Vec<TrialWeights>,
}

/// What a run of this configuration builds its models for.
fn sizes(config: &Config, data: &DataFacts, task: Task) -> Sizes {
    let (hidden, settings) = (config.model.hidden, config.fusion.settings());
    let classes = data.task(task).map_or(2, TaskFacts::class_count);
    Sizes { text: data.text_width, image: data.image_width, hidden, classes, settings }
}

fn train(config: &Config, dataset: &Dataset, cohort: CohortId, seeds: &[Seed]) -> Trained {
    let _no_grad = tch::no_grad_guard();
    let task = dataset.task(cohort.task).unwrap();
    let reader = Reader { settings: config.fusion.settings(), ..cohort.fusion.into() };
    let inputs = FeatureCache::new(compute(config), 0, 1).trained(config, reader, task);
    let sizes = sizes(config, &dataset.facts, cohort.task);
    let mut training = CohortTraining::start(cohort, config, seeds, &inputs, sizes, compute(config));
    let mut epochs = Vec::new();
    while !training.is_over() {
        if let Some((_, metrics)) = training.step().unwrap() {
            epochs.push(metrics);
        }
    }
    Trained { epochs, outcomes: training.outcomes(), weights: training.completed() }
}

/// One thread of the CPU, with what `config` computes with.
fn compute(config: &Config) -> Compute {
    let run = RunConfig { device: DeviceChoice::Cpu, ..config.run.clone() };
    Compute { threads: 1, ..device::choose(&run, 1).unwrap().workers[0] }
}

/// With the first frozen choice.
impl From<ModelId> for Reader {
    fn from(model: ModelId) -> Self {
        shape(model).into()
    }
}

fn inputs(reader: impl Into<Reader>, data: &TaskData) -> CohortInputs {
    FeatureCache::new(Compute::cpu(), 0, 1).inputs(reader, data)
}

const fn cohort(fusion: ModelId, train_size: usize) -> CohortId {
    CohortId { fusion, task: Task::Real, train_size }
}

/// Each fusion and baseline, by the fused kernel and by LibTorch's operations.
fn every_way() -> impl Iterator<Item = (Kernels, ModelId)> {
    [Kernels::Fused, Kernels::LibTorch]
        .into_iter()
        .flat_map(|kernels| every_fusion().map(move |fusion| (kernels, fusion)))
}

/// The fusions and what they are measured against.
fn every_fusion() -> impl Iterator<Item = ModelId> {
    ModelId::all()
}

fn shape(fusion: ModelId) -> HeadShape {
    let settings = FusionSettings::default();
    HeadShape { fusion, text: 6, image: 6, hidden: 5, classes: 2, settings, choice: 0 }
}

/// Uniform in ±1, a pure function of `key`.
fn random(key: u64, dims: &[i64]) -> Tensor {
    use rand::RngExt;
    let mut rng = stream(Purpose::Bootstrap, key, 0, 0);
    let values: Vec<f32> = (0..dims.iter().product()).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
    Tensor::from_slice(&values).view(dims)
}

/// Row-major values of any tensor.
fn values(tensor: &Tensor) -> Vec<f32> {
    crate::backend::sums::host(&tensor.contiguous().view([-1]))
}

fn bits(parameters: &Parameters) -> Vec<u32> {
    parameters.storage().iter().flat_map(values).map(f32::to_bits).collect()
}
