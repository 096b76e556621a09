//! What overrides a default gives what the default gives, and a default is the same alone as in a stack.

use tch::{Device, Tensor};

use super::{cohort, compute, every_fusion, inputs, random, shape, small_config, small_data, train, values};
use crate::backend::device::{Arithmetic, Compute};
use crate::backend::head::hidden_linear;
use crate::backend::kernel::Kernel;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::evaluation::noise::{Draws, Noise};
use crate::fusion::{self, KernelForm, KernelNoise, default};
use study::config::{Activation, Config, Kernels, Mixing};
use study::event::NoiseMean;
use study::grid::{Seed, Task};
use study::model::{Fusion, ModelId};

/// How much numbers of the order of 1 may differ: sums in another order.
const TOLERANCE: f32 = 1e-5;
const ACTIVATIONS: [Activation; 4] =
    [Activation::Relu, Activation::Identity, Activation::Gelu, Activation::Tanh];
const SEEDS: [Seed; 3] = [Seed(0), Seed(5), Seed(7)];

fn assert_near(got: &[f32], expected: &[f32], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < TOLERANCE, "{what}: {got} {expected}");
    }
}

/// Text and image of a batch of its own for each seed, `[seeds, 9, 6]`, and labels `[seeds, 9]`.
fn batch() -> (Tensor, Tensor, Tensor) {
    let labels: Vec<i64> = (0..27).map(|place| place * 7 % 3 % 2).collect();
    (random(1, &[3, 9, 6]), random(2, &[3, 9, 6]), Tensor::from_slice(&labels).view([3, 9]))
}

/// Gradients of a stack by autograd, with its losses and right predictions.
fn by_autograd(
    parameters: &Parameters,
    activation: Activation,
    (text, image, labels): (&Tensor, &Tensor, &Tensor),
) -> (Vec<Vec<f32>>, Vec<f32>, Vec<f32>) {
    let gradients = Parameters::zeros(parameters.shape(), parameters.seeds(), Device::Cpu);
    let of = fusion::of(parameters.shape().fusion.fusion);
    let sums = default::forward_backward(of, parameters, activation, (text, image), labels, &gradients);
    let [loss, correct] = [sums.loss, sums.correct].map(|sums| values(&sums.to_kind(tch::Kind::Float)));
    (gradients.named().map(|(_, gradient)| values(&gradient)).collect(), loss, correct)
}

#[test]
fn logits_are_those_of_the_definition() {
    for model in every_fusion() {
        for activation in ACTIVATIONS {
            let parameters = Parameters::initial(shape(model), &SEEDS, Device::Cpu);
            let (text, image) = (random(1, &[9, 6]), random(2, &[9, 6]));
            let got = fusion::logits(&parameters, activation, &fusion::rows(model, &text, &image));
            let expected = fusion::by_definition(&parameters, activation, &text, &image);
            assert_eq!(expected.size(), [3, 9, 2]);
            assert_near(&values(&got), &values(&expected), &format!("{model} {activation:?}"));
        }
    }
}

#[test]
fn gradients_are_those_of_autograd() {
    let (text, image, labels) = batch();
    for model in every_fusion() {
        for activation in ACTIVATIONS {
            let what = format!("{model} {activation:?}");
            let parameters = Parameters::initial(shape(model), &SEEDS, Device::Cpu);
            let gradients = Parameters::zeros(shape(model), SEEDS.len(), Device::Cpu);
            let rows = fusion::rows(model, &text, &image);
            let sums = fusion::forward_backward(&parameters, activation, &rows, &labels, &gradients);
            let (expected, loss, correct) = by_autograd(&parameters, activation, (&text, &image, &labels));
            for ((name, got), expected) in gradients.named().zip(&expected) {
                assert_near(&values(&got), expected, &format!("{what} {name}"));
            }
            assert_near(&values(&sums.loss), &loss, &what);
            assert_eq!(values(&sums.correct.to_kind(tch::Kind::Float)), correct, "{what}");
        }
    }
}

#[test]
fn by_autograd_a_model_alone_is_the_same_model_in_a_stack() {
    let (text, image, labels) = batch();
    for (model, activation) in every_fusion().flat_map(|model| ACTIVATIONS.map(|of| (model, of))) {
        let parameters = Parameters::initial(shape(model), &SEEDS, Device::Cpu);
        let together = by_autograd(&parameters, activation, (&text, &image, &labels));
        let of_rows = fusion::by_definition(&parameters, activation, &text.get(0), &image.get(0));
        for seed in 0..SEEDS.len() {
            let one = |rows: &Tensor| rows.narrow(0, seed as i64, 1);
            let alone = parameters.range(seed, 1);
            let got = by_autograd(&alone, activation, (&one(&text), &one(&image), &one(&labels)));
            for (alone, together) in got.0.iter().zip(&together.0) {
                let part = &together[seed * alone.len()..(seed + 1) * alone.len()];
                assert_eq!(alone, part, "{model} {activation:?}");
            }
            assert_eq!((got.1[0], got.2[0]), (together.1[seed], together.2[seed]), "{model} {activation:?}");
            let got = fusion::by_definition(&alone, activation, &text.get(0), &image.get(0));
            assert_eq!(values(&got), values(&of_rows.get(seed as i64)), "{model} {activation:?}");
        }
    }
}

/// Every level by a forward pass, against what both ways of computing make of a few passes.
fn compare_noise(mut config: Config, mixing: Mixing, model: ModelId) {
    (config.noise.mixing, config.run.kernels) = (mixing, Kernels::LibTorch);
    let dataset = small_data(&config);
    let data = dataset.task(Task::Real).unwrap();
    let trained = train(&config, &dataset, cohort(model, 128), &[Seed(3)]);
    let best = &trained.weights[0].best;
    let inputs = inputs(best.shape(), data);
    let draws = Draws::new(&config.noise, data, Device::Cpu, 0);
    let (levels, labels) = ([0.0, 0.1, 0.5, 0.95], &inputs.labels.test);
    let noise = Noise { config: &config.noise, levels: &levels, draws: &draws, labels };
    let expected = noise.by_level(Seed(3), best, Activation::Relu);
    for arithmetic in [Arithmetic::Fused, Arithmetic::LibTorch] {
        let backend = fusion::backend(best.shape(), Compute { arithmetic, ..Compute::cpu() });
        let got = noise.evaluate(&*backend, Seed(3), best, Activation::Relu, &inputs.rows.test);
        assert_eq!(got.curves.len(), expected.curves.len());
        for (got, expected) in got.curves.iter().zip(&expected.curves) {
            assert_eq!((got.condition, got.mean), (expected.condition, expected.mean));
            for (got, expected) in got.accuracy.iter().zip(&expected.accuracy) {
                // A row whose logits are equal to the last bits may fall on either side.
                let rows_differing = (got - expected).abs() * labels.numel() as f64;
                assert!(rows_differing < 1.5, "{model} {arithmetic:?} {mixing:?}: {rows_differing} rows");
            }
        }
        for (key, areas) in &got.areas {
            let differing = areas.iter().zip(&expected.areas[key]).filter(|(a, b)| (*a - *b).abs() > 1e-6);
            assert!(differing.count() < 3, "{model} {arithmetic:?} {key:?}");
        }
    }
    assert_eq!(compute(&config).arithmetic, Arithmetic::LibTorch);
}

#[test]
fn noise_at_all_levels_at_once_is_noise_level_by_level() {
    for model in every_fusion() {
        compare_noise(small_config(), Mixing::Add, model);
        compare_noise(small_config(), Mixing::Blend, model);
    }
    let mut odd = small_config();
    odd.fusion.mcb.width = 31;
    compare_noise(odd.clone(), Mixing::Add, ModelId::MCB);
    compare_noise(odd, Mixing::Blend, ModelId::MCB);
}

/// What noise adds to the first layer.
#[test]
fn a_first_layer_on_spectra_is_the_one_on_features() {
    let mut config = small_config();
    let dataset = small_data(&config);
    let data = dataset.task(Task::Real).unwrap();
    let every = [0, 31, 700].into_iter().flat_map(|width| [Mixing::Add, Mixing::Blend].map(|of| (width, of)));
    for (width, mixing) in every {
        (config.fusion.mcb.width, config.noise.mixing) = (width, mixing);
        let settings = config.fusion.settings();
        let shape = HeadShape { text: 16, image: 16, hidden: 32, settings, ..shape(ModelId::MCB) };
        let head = Parameters::initial(shape, &[Seed(3)], Device::Cpu);
        let Some(KernelForm::Head(KernelNoise::Spectra(spectra))) = fusion::of(Fusion::Mcb).kernel(&shape)
        else {
            panic!("mcb has spectra")
        };
        let real = |complex: &Tensor| complex.view_as_real().flatten(1, 2);
        let weight = real(&spectra.weight(&head.hidden_weight().get(0)));
        let draws = Draws::new(&config.noise, data, Device::Cpu, 0);
        let [x, y] = draws.rows();
        for mean in [NoiseMean::Empirical, NoiseMean::Zero] {
            let [e, f] = match (mixing, draws.draw(Seed(3), mean)) {
                (Mixing::Add, added) => added,
                (Mixing::Blend, [e, f]) => [e - &x, f - &y],
            };
            for (text, image) in [(&e, &y), (&x, &f), (&e, &f)] {
                let product = spectra.of(0, text) * spectra.of(1, image);
                let got = Kernel::new().linear_of(&weight, &real(&product));
                let expected = values(&hidden_linear(&head, &fusion::rows(shape, text, image)));
                assert!(expected.iter().any(|value| value.abs() > 0.1), "numbers of the order of 1");
                assert_near(&got, &expected, &format!("{width} {mixing:?} {mean:?}"));
            }
        }
    }
}
