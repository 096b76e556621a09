//! What the definitions of fusions say of each other, and of their gradients.

use tch::{Device, Kind, Tensor};

use super::{bits, cohort, random, shape, small_config, small_data, train, values};
use crate::backend::adamw::Adamw;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::checkpoint;
use crate::fusion::mcb::Sketch;
use crate::fusion::{self, Reader, Stack, default, permuted};
use study::config::{Activation, Config, Kernels, TrainConfig};
use study::grid::Seed;
use study::model::{FusionSettings, GmuGate, ModelId};

const SEEDS: [Seed; 2] = [Seed(0), Seed(5)];
const LABELS: [i64; 9] = [0, 1, 1, 0, 1, 0, 0, 1, 1];

/// Text and image of nine rows, `[9, 6]`.
fn inputs() -> (Tensor, Tensor) {
    (random(1, &[9, 6]), random(2, &[9, 6]))
}

fn named(parameters: &Parameters, name: &str) -> Tensor {
    parameters.named().find(|(of, _)| *of == name).unwrap().1
}

fn logits(parameters: &Parameters) -> Vec<f32> {
    let (text, image) = inputs();
    values(&fusion::by_definition(parameters, Activation::Relu, &text, &image))
}

fn assert_near(got: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < tolerance, "{what}: {got} {expected}");
    }
}

/// The weights of each unit of `tfn` on [x ; 1] and [y ; 1], `[seeds, H, n + 1, m + 1]`, sharing memory.
fn units(parameters: &Parameters) -> Tensor {
    parameters.hidden_weight().view([2, 5, 7, 7])
}

fn with_output_of(parameters: &Parameters, other: &Parameters) {
    for name in ["head.2.weight", "head.2.bias"] {
        named(parameters, name).copy_(&named(other, name));
    }
}

#[test]
fn tfn_without_its_border_is_tensor_and_without_its_core_concat() {
    let tensor = Parameters::initial(shape(ModelId::TENSOR), &SEEDS, Device::Cpu);
    let concat = Parameters::initial(shape(ModelId::CONCAT), &SEEDS, Device::Cpu);
    let (core, border) = (tensor.hidden_weight().view([2, 5, 6, 6]), concat.hidden_weight());
    let tfn = |has_core: bool, has_border: bool| {
        let tfn = Parameters::zeros(shape(ModelId::TFN), 2, Device::Cpu);
        if has_core {
            units(&tfn).narrow(2, 0, 6).narrow(3, 0, 6).copy_(&core);
        }
        if has_border {
            units(&tfn).narrow(2, 0, 6).select(3, 6).copy_(&border.narrow(2, 0, 6));
            units(&tfn).select(2, 6).narrow(2, 0, 6).copy_(&border.narrow(2, 6, 6));
        }
        tfn
    };
    for (tfn, other) in [(tfn(true, false), &tensor), (tfn(false, true), &concat)] {
        tfn.hidden_bias().copy_(&other.hidden_bias());
        with_output_of(&tfn, other);
        assert_near(&logits(&tfn), &logits(other), 1e-5, "one of both");
    }
    // Both: the maps add up.
    let (text, image) = inputs();
    let map = |parameters: &Parameters| {
        let rows = fusion::rows(parameters.shape(), &text, &image);
        crate::backend::head::hidden_linear(parameters, &rows)
    };
    let both = tfn(true, true);
    assert_near(&values(&map(&both)), &values(&(map(&tensor) + map(&concat))), 1e-5, "both");
}

/// Over so many sketches means are taken.
const SKETCHES: usize = 4_000;

#[test]
fn a_sketch_keeps_inner_products_on_average_and_the_mean_square() {
    let (n, m, wide) = (12, 9, 24);
    let settings = FusionSettings { mcb_width: wide, ..FusionSettings::default() };
    let rms = |rows: Tensor| &rows / rows.square().mean(Kind::Float).sqrt();
    let (text, image) = (rms(random(3, &[2, n])), rms(random(4, &[2, m])));
    let kernel = |rows: &Tensor| (rows.get(0) * rows.get(1)).sum(Kind::Float).double_value(&[]);
    let expected = kernel(&text) * kernel(&image);
    let (mut inner, mut square) = (Vec::new(), 0.0);
    for choice in 0..SKETCHES {
        let reader = Reader { settings, choice, ..Reader::from(ModelId::MCB) };
        let FusedRows::Vector(made) = fusion::rows(reader, &text, &image) else { panic!("a vector") };
        assert_eq!(made.size(), [2, wide as i64]);
        inner.push(kernel(&made) * (n * m) as f64 / wide as f64);
        square += made.square().mean(Kind::Float).double_value(&[]) / SKETCHES as f64;
    }
    let mean = inner.iter().sum::<f64>() / SKETCHES as f64;
    let deviation = (inner.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / SKETCHES as f64).sqrt();
    // Four standard errors.
    let most = 4.0 * deviation / (SKETCHES as f64).sqrt();
    assert!((mean - expected).abs() < most, "{mean} {expected} ± {most}");
    let of_rows = (0..2).map(|row| {
        let square = |rows: &Tensor| rows.get(row).square().mean(Kind::Float).double_value(&[]);
        square(&text) * square(&image) / 2.0
    });
    let of_rows: f64 = of_rows.sum();
    assert!((square - of_rows).abs() < 0.03, "{square} {of_rows}");
}

#[test]
fn seeds_of_different_sketches_and_permutations_read_different_features() {
    let (text, image) = inputs();
    for model in [ModelId::MCB, ModelId::PERMUTED] {
        let made = |seed| {
            let reader = Reader::of(&Config::default(), model, Seed(seed));
            let FusedRows::Vector(made) = fusion::rows(reader, &text, &image) else { panic!("a vector") };
            values(&made)
        };
        assert_eq!(made(1), made(5), "{model}");
        assert!((1..4).all(|seed| made(0) != made(seed)), "{model}");
    }
}

#[test]
fn a_checkpoint_holds_the_sketch_or_the_permutation_that_its_model_reads() {
    let folder = tempfile::tempdir().unwrap();
    let frozen = |model| {
        let path = folder.path().join("model.safetensors");
        let shape = HeadShape { choice: 2, ..shape(model) };
        let parameters = Parameters::initial(shape, &[Seed(2)], Device::Cpu);
        checkpoint::save(&parameters, &path, &[("seed", "2".into())]).unwrap();
        let metadata = store::checkpoint::read(&path).unwrap().metadata;
        assert_eq!(metadata["seed"], "2");
        metadata.get("frozen").map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap())
    };
    let (sketch, order) = (frozen(ModelId::MCB).unwrap(), frozen(ModelId::PERMUTED).unwrap());
    let drawn = Sketch::draw(2, 1, 6, 12);
    assert_eq!(sketch["width"], 12);
    assert_eq!(sketch["image"], serde_json::json!({ "bins": drawn.bins, "signs": drawn.signs }));
    assert_eq!(order["image_order"], serde_json::json!(permuted::order(2, 6)));
    assert_eq!([frozen(ModelId::CONCAT), frozen(ModelId::GMU)], [None, None]);
}

#[test]
fn a_sketch_adds_a_bins_dimensions_in_one_order_on_every_device() {
    for width in [7, 64, 1536] {
        let (sketch, rows) = (Sketch::draw(0, 0, 768, width), random(31, &[70, 768]));
        assert_eq!(values(&sketch.of(&rows)), values(&sketch.by_layers(&rows)), "{width}");
    }
}

/// `lmf` of that rank with zeros for parameters.
fn lmf(rank: u16) -> Parameters {
    Parameters::zeros(shape(ModelId::LMF.with_variant(rank)), 2, Device::Cpu)
}

#[test]
fn low_rank_fusion_of_rank_n_plus_1_holds_tfn() {
    let tfn = Parameters::initial(shape(ModelId::TFN), &SEEDS, Device::Cpu);
    let lmf = lmf(7);
    // Factor s of unit k takes entry s of [x ; 1], and row s of the unit's matrix from [y ; 1].
    for unit in 0..5 {
        let of_unit = |parameter: &str| named(&lmf, parameter).narrow(1, unit * 7, 7);
        let identity = Tensor::eye(7, (Kind::Float, Device::Cpu));
        of_unit("text.weight").copy_(&identity.narrow(1, 0, 6).unsqueeze(0));
        of_unit("text.bias").copy_(&identity.select(1, 6).unsqueeze(0));
        let matrix = units(&tfn).select(1, unit); // [seeds, n + 1, m + 1]
        of_unit("image.weight").copy_(&matrix.narrow(2, 0, 6));
        of_unit("image.bias").copy_(&matrix.select(2, 6));
    }
    named(&lmf, "bias").copy_(&tfn.hidden_bias());
    with_output_of(&lmf, &tfn);
    assert_near(&logits(&lmf), &logits(&tfn), 1e-5, "rank 7");
}

#[test]
fn low_rank_fusion_without_biases_is_a_bilinear_form_and_with_a_text_of_ones_linear_in_the_image() {
    let (text, image) = inputs();
    let initial = Parameters::initial(shape(ModelId::LMF.with_variant(3)), &SEEDS, Device::Cpu);
    assert!(values(&named(&initial, "bias")).iter().all(|value| *value == 0.0), "it starts at 0");
    for name in ["text.bias", "image.bias"] {
        let _ = named(&initial, name).zero_();
    }
    // nn.Bilinear's weight of each unit: Σ_s P_ks Q_ksᵀ.
    let factors = |name: &str| named(&initial, name).view([2, 5, 3, 6]);
    let matrices = factors("text.weight").transpose(2, 3).matmul(&factors("image.weight")); // [seeds, H, n, m]
    let tensor = Parameters::zeros(shape(ModelId::TENSOR), 2, Device::Cpu);
    tensor.hidden_weight().copy_(&matrices.view([2, 5, 36]));
    with_output_of(&tensor, &initial);
    assert_near(&logits(&initial), &logits(&tensor), 1e-5, "without biases");

    let one = Parameters::initial(shape(ModelId::LMF.with_variant(1)), &SEEDS, Device::Cpu);
    let _ = named(&one, "text.weight").zero_();
    let _ = named(&one, "text.bias").fill_(1.0);
    let alone = Parameters::zeros(shape(ModelId::IMAGE), 2, Device::Cpu);
    alone.hidden_weight().copy_(&named(&one, "image.weight"));
    alone.hidden_bias().copy_(&(named(&one, "image.bias") + named(&one, "bias")));
    with_output_of(&alone, &one);
    let expected = fusion::by_definition(&alone, Activation::Relu, &text, &image);
    assert_near(&logits(&one), &values(&expected), 1e-5, "h = V + bias");
}

#[test]
fn a_gate_on_the_projections_reads_them_before_tanh() {
    let settings = FusionSettings { gmu_gate: GmuGate::Projections, ..FusionSettings::default() };
    let gmu = Parameters::initial(HeadShape { settings, ..shape(ModelId::GMU) }, &SEEDS, Device::Cpu);
    let (text, image) = inputs();
    let layer = |name: &str, rows: &Tensor| {
        rows.matmul(&named(&gmu, &format!("{name}.weight")).transpose(1, 2))
            + named(&gmu, &format!("{name}.bias")).unsqueeze(1)
    };
    let (u, v) = (layer("text", &text), layer("image", &image));
    let gate = layer("gate", &Tensor::cat(&[&u, &v], -1)).sigmoid();
    let hidden = &gate * u.tanh() + (1.0 - &gate) * v.tanh();
    assert_near(&logits(&gmu), &values(&layer("head.2", &hidden)), 1e-6, "projections");
}

/// Family 2, with every setting of an objective.
fn objectives() -> Vec<HeadShape> {
    let default = FusionSettings::default();
    let gated = FusionSettings { gmu_gate: GmuGate::Projections, ..default };
    let costly = FusionSettings { temperature: 0.7, cost_weight: 0.3, ..default };
    vec![
        shape(ModelId::LMF.with_variant(1)),
        shape(ModelId::LMF.with_variant(3)),
        shape(ModelId::GMU),
        HeadShape { settings: gated, ..shape(ModelId::GMU) },
        shape(ModelId::LATE),
    ]
    .into_iter()
    .chain([default, costly].map(|settings| HeadShape { settings, ..shape(ModelId::DYNMM) }))
    .collect()
}

#[test]
fn gradients_are_the_slopes_of_the_loss_in_double_precision() {
    const STEP: f64 = 1e-5;
    let (text, image) = inputs();
    let double = |rows: &Tensor| rows.unsqueeze(0).to_kind(Kind::Double);
    let (text, image, labels) = (double(&text), double(&image), Tensor::from_slice(&LABELS).view([1, 9]));
    for shape in objectives() {
        let of = fusion::of(shape.fusion.fusion);
        let parameters = Parameters::initial(shape, &[Seed(3)], Device::Cpu);
        let stack = Stack::of(&parameters, Activation::Tanh).each(|tensor| tensor.to_kind(Kind::Double));
        let loss = |stack: &Stack| of.objective(stack, &text, &image, &labels).loss.sum(Kind::Double);
        let leaves = stack.each(|tensor| tensor.copy().set_requires_grad(true));
        let tensors: Vec<&Tensor> = leaves.tensors().collect();
        let gradients = Tensor::run_backward(&[loss(&leaves)], &tensors, false, false);
        // Beside the experts' own losses the mixture's moves the gate alone: of the experts only their own losses count.
        let is_stopped = |name: &str| shape.fusion == ModelId::DYNMM && name.starts_with("experts.");
        for ((name, _), (place, gradient)) in parameters.named().zip(gradients.iter().enumerate()) {
            if is_stopped(name) {
                continue;
            }
            let flat = gradient.reshape([-1]);
            for entry in 0..flat.size()[0] {
                let at = |by: f64| {
                    let mut index = 0;
                    let moved = std::cell::RefCell::new(&mut index);
                    let stack = stack.each(|tensor| {
                        let mut index = moved.borrow_mut();
                        let moved = tensor.copy();
                        if **index == place {
                            let _ = moved.view([-1]).narrow(0, entry, 1).g_add_scalar_(by);
                        }
                        **index += 1;
                        moved
                    });
                    loss(&stack).double_value(&[])
                };
                let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let got = flat.double_value(&[entry]);
                assert!((got - slope).abs() < 1e-8, "{} {name} {entry}: {got} {slope}", shape.fusion);
            }
        }
    }
}

/// Some steps by autograd, as LibTorch's operations train what has no gradients by hand.
fn by_autograd(model: ModelId, steps: u64) -> Parameters {
    let train = TrainConfig { learning_rate: 1e-2.into(), ..TrainConfig::default() };
    let shape = shape(model);
    let parameters = Parameters::initial(shape, &SEEDS, Device::Cpu);
    let gradients = Parameters::zeros(shape, 2, Device::Cpu);
    let mut optimizer = Adamw::new(shape, 2, &train, Device::Cpu);
    let labels = Tensor::from_slice(&LABELS).view([1, 9]).repeat([2, 1]);
    let _no_grad = tch::no_grad_guard();
    for step in 0..steps {
        let (text, image) = (random(100 + step, &[2, 9, 6]), random(900 + step, &[2, 9, 6]));
        let of = fusion::of(model.fusion);
        default::forward_backward(of, &parameters, Activation::Relu, (&text, &image), &labels, &gradients);
        optimizer.begin_step();
        optimizer.update(&parameters, 0, &gradients).unwrap();
    }
    parameters
}

const EXPERTS: [ModelId; 4] = [ModelId::TEXT, ModelId::IMAGE, ModelId::CONCAT, ModelId::PRODUCT];

/// Of each expert that the model has: its name, its parameters' values, and those of the fusion of that name.
fn beside_alone(
    model: &Parameters,
    alone: impl Fn(ModelId) -> Parameters,
) -> Vec<(String, Vec<f32>, Vec<f32>)> {
    let mut pairs = Vec::new();
    for expert in EXPERTS {
        let prefix = format!("experts.{expert}.");
        let own = model.named().filter(|(name, _)| name.starts_with(&prefix));
        for ((name, got), (_, expected)) in own.zip(alone(expert).named()) {
            pairs.push((name.to_owned(), values(&got), values(&expected)));
        }
    }
    pairs
}

#[test]
fn experts_are_the_fusions_of_their_names_step_by_step_to_the_bit() {
    for (model, experts) in [(ModelId::DYNMM, 4), (ModelId::DYNMM_HARD, 4), (ModelId::LATE, 2)] {
        let pairs = beside_alone(&by_autograd(model, 40), |expert| by_autograd(expert, 40));
        assert_eq!(pairs.len(), 4 * experts, "{model}");
        for (name, got, expected) in pairs {
            assert_eq!(got, expected, "{model} {name}");
        }
    }
}

#[test]
fn the_gate_learns_and_is_none_of_the_experts() {
    let (start, end) = (by_autograd(ModelId::DYNMM, 0), by_autograd(ModelId::DYNMM, 40));
    for name in ["gate.0.weight", "gate.0.bias", "gate.2.weight", "gate.2.bias"] {
        assert_ne!(values(&named(&start, name)), values(&named(&end, name)), "{name}");
    }
    // The hard one learns through the soft one's gradient.
    let hard = by_autograd(ModelId::DYNMM_HARD, 40);
    assert_ne!(values(&named(&start, "gate.2.weight")), values(&named(&hard, "gate.2.weight")));
    assert_ne!(bits(&hard), bits(&end));
}

#[test]
fn a_trained_late_fusion_and_trained_experts_are_near_the_fusions_as_they_train_by_hand() {
    let mut config = small_config();
    config.run.kernels = Kernels::LibTorch;
    let dataset = small_data(&config);
    let last = |model| train(&config, &dataset, cohort(model, 100), &[Seed(1)]).weights.remove(0).last;
    for model in [ModelId::LATE, ModelId::DYNMM] {
        for (name, got, expected) in beside_alone(&last(model), last) {
            // Gradients by hand are sums in another order than autograd's.
            assert_near(&got, &expected, 1e-6, &format!("{model} {name}"));
        }
    }
}
