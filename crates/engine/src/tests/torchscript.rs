//! A user's modules: trained as the fusions that they write out, drawn anew for every seed, refused before the start.

#[path = "../../../../tests/support/torchscript.rs"]
mod archive;

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use tch::{Device, Kind, Tensor};

use self::archive::{forward, module, returning};
use super::groups::header;
use super::{Trained, bits, cohort, compute, random, sizes, small_config, small_data, train, values};
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::evaluation::emap::Projections;
use crate::evaluation::{Recombined, missing};
use crate::fusion::torchscript::Files;
use crate::fusion::{self, default};
use crate::training::cohort::CohortTraining;
use crate::training::feature_cache::FeatureCache;
use crate::training::memory::Needs;
use data::Dataset;
use study::config::{Activation, Config, Fill, Kernels};
use study::grid::{Seed, Task};
use study::model::{ModelId, ModuleOutput};

/// The small study's width, 16 + 16.
const CONCAT: &str = "torch.cat([text, image], 1)";
/// Concat's head as logits: its parameters' shapes, in its order.
const HEAD: [archive::Member<'static>; 4] = [
    ("weight", &[32, 32], true, 7.0),
    ("bias", &[32], true, 7.0),
    ("out", &[2, 32], true, 7.0),
    ("out_bias", &[2], true, 7.0),
];
const HEAD_FORWARD: &str = "torch.linear(torch.relu(torch.linear(torch.cat([text, image], 1), self.weight, \
                            self.bias)), self.out, self.out_bias)";
/// The columns are scaled by a buffer.
const SCALED: [archive::Member<'static>; 2] = [("weight", &[16, 5], true, 7.0), ("scale", &[5], false, 2.0)];
const SCALED_FORWARD: &str = "torch.mul(torch.matmul(torch.mul(text, image), self.weight), self.scale)";

/// The small study of a module, its data, and the model that the module is.
fn study_of(bytes: &[u8], output: ModuleOutput) -> (Config, Dataset, ModelId) {
    let mut config = small_config();
    let dataset = small_data(&config);
    let inspected = inspect(&mut config, &dataset, bytes, output);
    (config, dataset, inspected.unwrap())
}

fn inspect(
    config: &mut Config,
    dataset: &Dataset,
    bytes: &[u8],
    output: ModuleOutput,
) -> Result<ModelId, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own_fusion.pt");
    fs::write(&path, bytes).unwrap();
    config.sweep.fusions = vec![ModelId::of_file(path.to_str().unwrap()).unwrap()];
    config.fusion.torchscript.output = output;
    let files = Files::read(config).map_err(|error| error.to_string())?;
    config.fusion.torchscript.modules =
        files.inspect(config, &dataset.facts).map_err(|error| error.to_string())?;
    Ok(config.fusions()[0])
}

fn shape(config: &Config, model: ModelId) -> HeadShape {
    let settings = config.fusion.settings();
    HeadShape { fusion: model, text: 16, image: 16, hidden: 32, classes: 2, settings, choice: 0 }
}

fn initial(config: &Config, model: ModelId, seeds: &[u64]) -> Parameters {
    let _no_grad = tch::no_grad_guard();
    let seeds: Vec<Seed> = seeds.iter().copied().map(Seed).collect();
    let parameters = Parameters::zeros(shape(config, model), seeds.len(), Device::Cpu);
    fusion::initialise(&parameters, &seeds);
    parameters
}

fn assert_near(got: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < tolerance, "{what}: {got} {expected}");
    }
}

#[test]
fn concats_features_as_a_module_train_as_concat_does() {
    let (config, dataset, model) = study_of(&returning(&[], CONCAT), ModuleOutput::Features);
    let seeds = [Seed(0), Seed(3)];
    let got = train(&config, &dataset, cohort(model, 128), &seeds);
    let expected = train(&config, &dataset, cohort(ModelId::CONCAT, 128), &seeds);
    let losses = |trained: &Trained| -> Vec<f32> {
        trained
            .epochs
            .iter()
            .flatten()
            .flat_map(|of| [of.train_loss, of.val_loss].map(|loss| loss as f32))
            .collect()
    };
    assert_eq!(got.epochs.len(), 4);
    assert_near(&losses(&got), &losses(&expected), 1e-4, "losses");
    for (got, expected) in got.weights.iter().zip(&expected.weights) {
        for ((name, got), (_, expected)) in got.last.named().zip(expected.last.named()) {
            assert_near(&values(&got), &values(&expected), 1e-4, name);
        }
    }
}

#[test]
fn the_gradients_of_a_whole_model_as_a_module_are_those_by_hand() {
    let (config, _, model) = study_of(&returning(&HEAD, HEAD_FORWARD), ModuleOutput::Logits);
    let of_concat = initial(&config, ModelId::CONCAT, &[0, 3]);
    let parameters = initial(&config, model, &[0, 3]);
    let names: Vec<&str> = parameters.named().map(|(name, _)| name).collect();
    assert_eq!(names, ["fusion.weight", "fusion.bias", "fusion.out", "fusion.out_bias"]);
    for (target, source) in parameters.storage().iter().zip(of_concat.storage()) {
        target.shallow_clone().copy_(source);
    }
    let (text, image) = (random(1, &[2, 9, 16]), random(2, &[2, 9, 16]));
    let labels = Tensor::from_slice(&(0..18).map(|row| row % 3 % 2).collect::<Vec<i64>>()).view([2, 9]);
    let of = |model, parameters: &Parameters| {
        let gradients = Parameters::zeros(parameters.shape(), 2, Device::Cpu);
        let rows = fusion::rows(shape(&config, model), &text, &image);
        let sums = fusion::forward_backward(parameters, Activation::Relu, &rows, &labels, &gradients);
        let gradients = gradients.named().flat_map(|(_, gradient)| values(&gradient)).collect::<Vec<f32>>();
        (gradients, values(&sums.loss.to_kind(Kind::Float)))
    };
    let (got, expected) = (of(model, &parameters), of(ModelId::CONCAT, &of_concat));
    assert_near(&got.0, &expected.0, 1e-5, "gradients");
    assert_near(&got.1, &expected.1, 1e-5, "losses");
    let rows = (&text.get(0), &image.get(0));
    let logits = default::logits(fusion::of(model.fusion), &parameters, Activation::Relu, rows);
    let expected = fusion::by_definition(&of_concat, Activation::Relu, rows.0, rows.1);
    assert_near(&values(&logits), &values(&expected), 1e-5, "logits");
}

#[test]
fn parameters_are_drawn_anew_for_every_seed_and_buffers_are_the_files() {
    let (config, _, model) = study_of(&returning(&SCALED, SCALED_FORWARD), ModuleOutput::Features);
    let parameters = initial(&config, model, &[4, 5, 4]);
    let (name, weight) = parameters.named().next().unwrap();
    assert_eq!((name, weight.size().as_slice()), ("fusion.weight", &[3, 16, 5][..]));
    let of_seed = |seed: i64| values(&weight.get(seed));
    assert_eq!(of_seed(0), of_seed(2));
    assert_ne!(of_seed(0), of_seed(1));
    let bound = 1.0 / 5.0_f32.sqrt();
    let values: Vec<f32> = of_seed(0).into_iter().chain(of_seed(1)).collect();
    assert!(values.iter().all(|value| value.abs() <= bound), "the file has 7s");
    assert!(values.iter().any(|value| value.abs() > 0.9 * bound));
    let (text, image) = (random(1, &[9, 16]), random(2, &[9, 16]));
    let one = parameters.range(1, 1);
    let logits = fusion::by_definition(&one, Activation::Relu, &text, &image);
    let named: Vec<Tensor> = one.named().map(|(_, tensor)| tensor.get(0)).collect();
    let features = (&text * &image).matmul(&named[0]) * 2.0;
    let hidden = features.linear(&named[1], Some(&named[2])).relu();
    assert_near(
        &super::values(&logits),
        &super::values(&hidden.linear(&named[3], Some(&named[4]))),
        1e-5,
        "logits",
    );
}

/// A method that draws from LibTorch's generator without a word of the seed, and changes the buffer.
const RESET: &str = "  def reset(self: __torch__.Own,\n    seed: int) -> NoneType:\n    \
                     _0 = torch.uniform_(self.weight, 2., 3.)\n    _1 = torch.add_(self.scale, seed)\n    return None\n";

#[test]
fn a_modules_own_reset_makes_its_initial_values_from_the_seed_alone() {
    let methods = format!("{}{RESET}", forward(SCALED_FORWARD));
    let (config, _, model) = study_of(&module(&SCALED, &methods), ModuleOutput::Features);
    assert!(config.fusion.torchscript.modules[0].resets);
    let alone = bits(&initial(&config, model, &[6]));
    tch::manual_seed(99);
    let parameters = initial(&config, model, &[5, 6, 7]);
    assert_eq!(bits(&parameters.range(1, 1)), alone);
    let weight = parameters.named().next().unwrap().1;
    let of_seed = |seed: i64| values(&weight.get(seed));
    assert_ne!(of_seed(0), of_seed(1));
    assert!(of_seed(0).iter().all(|value| (2.0..3.0).contains(value)), "{:?}", of_seed(0));
    // The head behind the features starts as it always does.
    let plain = initial(&config, ModelId::CONCAT, &[5]);
    let bias = |parameters: &Parameters| {
        values(&parameters.named().find(|(name, _)| *name == "head.2.bias").unwrap().1.get(0))
    };
    assert_eq!(bias(&parameters), bias(&plain));
    // What a call of reset did to the buffer is gone.
    let rows = (random(1, &[9, 16]), random(2, &[9, 16]));
    let logits = |parameters: &Parameters| {
        values(&fusion::by_definition(&parameters.range(0, 1), Activation::Relu, &rows.0, &rows.1))
    };
    let before = logits(&parameters);
    assert_eq!(logits(&initial(&config, model, &[5])), before);
}

/// Another tensor in the parameter's place, which wants no gradient.
fn assigning(made: &str) -> String {
    let reset = "  def reset(self: __torch__.Own,\n    seed: int) -> NoneType:\n    self.weight = ";
    format!("{}{reset}{made}\n    return None\n", forward(SCALED_FORWARD))
}

#[test]
fn a_reset_may_assign_its_parameters_in_place_of_filling_them() {
    let (config, _, model) =
        study_of(&module(&SCALED, &assigning("torch.rand([16, 5])")), ModuleOutput::Features);
    assert!(config.fusion.torchscript.modules[0].resets);
    let parameters = initial(&config, model, &[5, 6, 5]);
    let weight = parameters.named().next().unwrap().1;
    let of_seed = |seed: i64| values(&weight.get(seed));
    assert_eq!(of_seed(0), of_seed(2));
    assert_ne!(of_seed(0), of_seed(1));
    assert!(of_seed(0).iter().all(|value| (0.0..1.0).contains(value)), "the file has 7s");
    // In a thread that has met no module, and so runs graphs as it likes.
    let elsewhere =
        thread::scope(|scope| scope.spawn(|| bits(&initial(&config, model, &[6]))).join().unwrap());
    assert_eq!(elsewhere, bits(&parameters.range(1, 1)));
}

#[test]
fn a_module_that_writes_into_its_rows_spoils_nobodys_rows() {
    let _no_grad = tch::no_grad_guard();
    let in_place = "torch.cat([torch.relu_(text), torch.mul_(image, 2)], 1)";
    let (config, dataset, model) = study_of(&returning(&[], in_place), ModuleOutput::Features);
    let data = dataset.task(Task::Real).unwrap();
    let cache = FeatureCache::new(compute(&config), 1 << 30, 1);
    let parameters = initial(&config, model, &[0, 3]);
    let inputs = cache.inputs(shape(&config, model), data);
    let rows_of = |inputs: &CohortInputs| {
        let of_rows = |rows: &FusedRows| match rows {
            FusedRows::Pair { text, image } => [values(text), values(image)],
            FusedRows::Vector(_) => panic!("a module reads pairs"),
        };
        [&inputs.rows.train, &inputs.rows.validation, &inputs.rows.test].map(of_rows)
    };
    let before = rows_of(&inputs);
    let backend = fusion::backend(shape(&config, model), compute(&config));
    let [text, image] = before[2].each_ref().map(|rows| Tensor::from_slice(rows).view([-1, 16]));
    let features = Tensor::cat(&[text.relu(), image * 2.0], 1);
    let heads = [parameters.range(0, 1), parameters.range(1, 1)];
    for head in &heads {
        let got = backend.logits(head, Activation::Relu, &inputs.rows.test);
        let of = |name: &str| head.named().find(|(known, _)| *known == name).unwrap().1.get(0);
        let hidden = features.linear(&of("head.0.weight"), Some(&of("head.0.bias"))).relu();
        let expected = hidden.linear(&of("head.2.weight"), Some(&of("head.2.bias")));
        assert_near(&got, &values(&expected), 1e-5, "logits");
    }
    let sizes = sizes(&config, &dataset.facts, Task::Real);
    let seeds = [Seed(0)];
    let mut training =
        CohortTraining::start(cohort(model, 64), &config, &seeds, &inputs, sizes, compute(&config));
    while !training.is_over() {
        training.step().unwrap();
    }
    // One row that stands in the place of all, and every text with every image.
    let draws = cache.draws(&config.noise, data);
    let on = Recombined {
        backend: &*backend,
        activation: Activation::Relu,
        reader: shape(&config, model).into(),
        heads: heads.iter().collect(),
        rows: draws.rows(),
        labels: &data.labels.test,
    };
    let filling = missing::filling(Fill::Mean, &cache.train_means(data), Device::Cpu);
    assert_eq!(missing::accuracies(&on, &filling).len(), 2);
    let mut projections = Projections::new(&on, 9);
    while !projections.is_complete() {
        projections.step(&on);
    }
    assert!(rows_of(&inputs) == before);
    let again = [text, draws.rows()[0].shallow_clone()].map(|rows| values(&rows));
    assert_eq!(again[0], again[1]);
}

#[test]
fn rows_of_wide_features_are_computed_in_blocks_and_counted_in_memory() {
    let _no_grad = tch::no_grad_guard();
    // 16,000 columns, of which 262 rows are 4 million floats; each holds the number of rows that it was computed with.
    let counted = "torch.repeat(torch.add(torch.mul(text, 0.), torch.size(text, 0)), [1, 1000])";
    let refused = "torch.repeat(text, [1, 62501])";
    let mut config = small_config();
    let dataset = small_data(&config);
    let model = inspect(&mut config, &dataset, &returning(&[], counted), ModuleOutput::Features).unwrap();
    let parameters = initial(&config, model, &[0]);
    let rows = [random(1, &[300, 16]), random(2, &[300, 16])];
    let logits = values(&fusion::by_definition(&parameters, Activation::Relu, &rows[0], &rows[1]));
    let difference = |a: usize, b: usize| (logits[2 * a] - logits[2 * b]).abs();
    assert!(difference(0, 261) < 0.5 && difference(262, 299) < 0.5, "{logits:?}");
    assert!(difference(0, 262) > 0.5, "{logits:?}");
    let header = header(&config, &dataset);
    let seed = |model| Needs::of(cohort(model, 64), &header, compute(&config)).seed;
    assert!(seed(model) >= 3 * 48 * 16_000 * 4 + 6 * parameters.shape().bytes(), "{}", seed(model));
    let why = inspect(&mut config, &dataset, &returning(&[], refused), ModuleOutput::Features).unwrap_err();
    let expected = "own_fusion.pt: it has 1000016 columns of output, and 1000000 are the most";
    assert!(why.ends_with(expected), "{why}");
}

#[test]
fn a_trial_is_the_same_alone_in_a_stack_and_beside_other_threads() {
    let (config, dataset, model) = study_of(&returning(&SCALED, SCALED_FORWARD), ModuleOutput::Features);
    let weights = |seeds: &[Seed]| -> Vec<Vec<u32>> {
        let trained = train(&config, &dataset, cohort(model, 128), seeds);
        trained.weights.iter().map(|of| bits(&of.last)).collect()
    };
    let together = weights(&[Seed(0), Seed(1), Seed(2)]);
    assert_eq!(together.iter().collect::<BTreeSet<_>>().len(), 3);
    thread::scope(|scope| {
        let alone: Vec<_> = (0..3).map(|seed| scope.spawn(move || weights(&[Seed(seed)]))).collect();
        for (alone, together) in alone.into_iter().zip(&together) {
            assert_eq!(alone.join().unwrap()[0], *together);
        }
    });
}

#[test]
fn the_fused_kernel_leaves_modules_to_libtorch() {
    let (mut config, dataset, model) = study_of(&returning(&SCALED, SCALED_FORWARD), ModuleOutput::Features);
    let of = |config: &Config| bits(&train(config, &dataset, cohort(model, 64), &[Seed(1)]).weights[0].last);
    let fused = of(&config);
    config.run.kernels = Kernels::LibTorch;
    assert_eq!(of(&config), fused);
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_file_and_what_to_do() {
    use ModuleOutput::{Features, Logits};
    let two: [archive::Member<'static>; 2] = [("weight", &[16, 5], true, 1.0), ("other", &[5], true, 1.0)];
    let of_one = "  def forward(self: __torch__.Own,\n    text: Tensor) -> Tensor:\n    return text\n";
    let pair = "  def forward(self: __torch__.Own,\n    text: Tensor,\n    image: Tensor) -> Tuple[Tensor, Tensor]:\n    \
                return (text, image)\n";
    let word = "  def reset(self: __torch__.Own,\n    seed: str) -> NoneType:\n    return None\n";
    let scaled = |methods: &str| module(&SCALED, &format!("{}{methods}", forward(SCALED_FORWARD)));
    let cases: Vec<(&str, ModuleOutput, Vec<u8>, &str)> = vec![
        ("no archive", Features, b"hello".to_vec(), "is no TorchScript module: save it by torch.jit.script"),
        ("no forward", Features, module(&SCALED, word), "forward"),
        ("one argument", Features, module(&[], of_one), "forward(text, image) failed: Expected at most 2"),
        ("a tuple", Features, module(&[], pair), "does not return one tensor"),
        ("fails", Features, returning(&[], "torch.matmul(text, image)"), "forward(text, image) failed: "),
        ("one dimension", Features, returning(&[], "torch.mean(text, [1])"), "the shape [1] for 1 rows"),
        ("three", Features, returning(&[], "torch.unsqueeze(text, 0)"), "the shape [1, 1, 16] for 1 rows"),
        ("other rows", Features, returning(&[], "torch.slice(text, 0, 0, 1)"), "shape [1, 16] for 7 rows"),
        (
            "other columns",
            Features,
            returning(&[], "torch.matmul(text, torch.t(text))"),
            "1 columns for 1 rows and 7",
        ),
        ("integers", Features, returning(&[], "torch.argsort(text, 1)"), "returns Int64: return a tensor"),
        ("not finite", Features, returning(&[], "torch.log(torch.mul(text, 0.))"), "infinities or NaN"),
        (
            "a reset of one start",
            Logits,
            module(&HEAD, &format!("{}{}", forward(HEAD_FORWARD), word.replace("str", "int"))),
            "the same values of the seeds 1 and 2",
        ),
        (
            "a reset of another shape",
            Features,
            module(&SCALED, &assigning("torch.rand([16])")),
            "its reset(seed: int) failed: it leaves weight with the shape [16] of Float in place of [16, 5]",
        ),
        ("at random", Features, returning(&[], "torch.add(text, torch.rand_like(text))"), "a second time"),
        (
            "nothing to train",
            Logits,
            returning(&[], "torch.slice(text, 1, 0, 2)"),
            "there is nothing to train",
        ),
        ("classes", Logits, returning(&SCALED, SCALED_FORWARD), "5 logits, and the task real has 2 classes"),
        (
            "no influence",
            Features,
            returning(&two, "torch.matmul(text, self.weight)"),
            "does not depend on its parameter other: leave it out",
        ),
        ("another reset", Features, scaled(word), "its reset(seed: int) failed: "),
    ];
    let mut config = small_config();
    let dataset = small_data(&config);
    for (what, output, bytes, part) in cases {
        let why = inspect(&mut config, &dataset, &bytes, output).unwrap_err();
        assert!(why.starts_with("sweep.fusions: /") && why.contains("own_fusion.pt: "), "{what}: {why}");
        assert!(why.contains(part) && !why.contains('\n'), "{what}: {why}");
    }
    config.sweep.fusions = vec![ModelId::of_file("/none/such.pt").unwrap()];
    let why = Files::read(&config).err().unwrap().to_string();
    assert!(why.starts_with("sweep.fusions: /none/such.pt: it cannot be read: No such file"), "{why}");
}
