//! A user's modules: trained as the fusions that they write out, drawn anew for every seed, refused before the start.

#[path = "../../../../tests/support/torchscript.rs"]
mod archive;

use std::collections::BTreeSet;
use std::fs;
use std::thread;

use tch::{Device, Kind, Tensor};

use self::archive::{forward, module, returning};
use super::{Trained, bits, cohort, random, small_config, small_data, train, values};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::fusion::torchscript::Files;
use crate::fusion::{self, default};
use data::Dataset;
use study::config::{Activation, Config, Kernels};
use study::grid::Seed;
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
        ("no forward", Features, module(&SCALED, "  pass\n"), "forward"),
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
