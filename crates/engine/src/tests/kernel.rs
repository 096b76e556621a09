//! The fused kernel, with every instruction set of this processor, against LibTorch's operations.

use tch::{Device, Kind, Tensor};

use super::{every_fusion, random, shape, values};
use crate::backend::adamw::Adamw;
use crate::backend::fused::KernelForm;
use crate::backend::fused::models::Models;
use crate::backend::head::hidden_linear;
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::{Heads, Kernel, KernelRows, Training, Update};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::fusion::{self, forward_backward, logits};
use study::config::{Activation, TrainConfig};
use study::grid::Seed;
use study::model::ModelId;

/// More than one block.
pub(super) const ROWS: i64 = 147;
const ACTIVATIONS: [Activation; 4] =
    [Activation::Relu, Activation::Identity, Activation::Gelu, Activation::Tanh];

/// Sizes on both sides of what registers and blocks hold.
fn shapes() -> impl Iterator<Item = HeadShape> {
    let sizes = [(6, 5), (16, 32), (37, 11), (64, 3), (150, 3)];
    every_fusion().flat_map(move |fusion| {
        sizes.map(|(width, hidden)| HeadShape { text: width, image: width, hidden, ..shape(fusion) })
    })
}

/// Those of models that are a head on features.
fn heads_alone() -> impl Iterator<Item = HeadShape> {
    shapes().filter(|shape| shape.fusion.has_features())
}

pub(super) fn form(shape: HeadShape) -> KernelForm {
    fusion::of(shape.fusion.fusion).kernel(&shape).unwrap()
}

pub(super) fn rows(shape: HeadShape) -> (FusedRows, Tensor, Tensor) {
    let (text, image) = (random(21, &[ROWS, shape.text]), random(22, &[ROWS, shape.image]));
    (fusion::rows(shape.fusion, &text, &image), text, image)
}

pub(super) fn labels() -> Vec<i64> {
    (0..ROWS).map(|row| row * 7 % 3 % 2).collect()
}

fn assert_near(got: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (place, (got, expected)) in got.iter().zip(expected).enumerate() {
        let difference = (got - expected).abs();
        assert!(difference <= tolerance * expected.abs().max(1.0), "{what}, place {place}: {got} {expected}");
    }
}

#[test]
fn the_first_layer_of_a_head_is_libtorchs() {
    for (set, mut kernel) in Kernel::each() {
        for shape in heads_alone() {
            let parameters = Parameters::initial(shape, &[Seed(1), Seed(2)], Device::Cpu);
            let (rows, text, image) = rows(shape);
            let (heads, of_kernel) = (Heads::of(&parameters), KernelRows::of(&rows));
            for seed in 0..2 {
                let head = parameters.range(seed, 1);
                let what = format!("{set} {shape:?}");
                let hidden = values(&hidden_linear(&head, &rows));
                assert_near(&kernel.hidden(&heads, seed, &of_kernel, 0), &hidden, 2e-6, &what);
                if matches!(shape.fusion, ModelId::PRODUCT | ModelId::LOGISTIC_PRODUCT) {
                    let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
                    let product = kernel.hidden_of_product(&heads, seed, &KernelRows::of(&pair));
                    assert_near(&product, &hidden, 2e-6, &what);
                }
            }
        }
    }
}

#[test]
fn logits_are_libtorchs() {
    for (set, mut kernel) in Kernel::each() {
        for (shape, activation) in
            shapes().flat_map(|shape| ACTIVATIONS.map(|activation| (shape, activation)))
        {
            let parameters = Parameters::initial(shape, &[Seed(1), Seed(2)], Device::Cpu);
            let (rows, _, _) = rows(shape);
            let models = Models::of(&form(shape), &parameters, None, activation);
            for seed in 0..2 {
                let mut got = vec![0.0; 2 * ROWS as usize];
                models.logits(&mut kernel, seed, &KernelRows::of(&rows), &mut got);
                let expected = values(&logits(&parameters.range(seed, 1), activation, &rows));
                assert_near(&got, &expected, 5e-6, &format!("{set} {shape:?} {activation:?}"));
            }
        }
    }
}

/// Three steps of two heads by LibTorch's operations: weights afterwards and each head's summed loss and right
/// predictions.
fn by_libtorch(
    shape: HeadShape,
    activation: Activation,
    train: &TrainConfig,
    batch: &[i64],
) -> (Parameters, Vec<f64>, Vec<i64>) {
    let seeds = [Seed(1), Seed(2)];
    let parameters = Parameters::initial(shape, &seeds, Device::Cpu);
    let gradients = Parameters::zeros(shape, 2, Device::Cpu);
    let mut optimizer = Adamw::new(shape, 2, train, Device::Cpu);
    let index = Tensor::from_slice(batch);
    let both = Tensor::cat(&[&index, &index], 0);
    let rows = rows(shape).0.select(&both).split_seeds(2);
    let labels = Tensor::from_slice(&labels()).index_select(0, &both).view([2, -1]);
    let (mut loss, mut correct) = (vec![0.0; 2], vec![0; 2]);
    for _ in 0..3 {
        optimizer.begin_step();
        let sums = forward_backward(&parameters, activation, &rows, &labels, &gradients);
        optimizer.update(&parameters, 0, &gradients).unwrap();
        for seed in 0..2 {
            loss[seed] += sums.loss.double_value(&[seed as i64]);
            correct[seed] += sums.correct.int64_value(&[seed as i64]);
        }
    }
    (parameters, loss, correct)
}

#[test]
fn steps_are_libtorchs() {
    let train = TrainConfig { learning_rate: 1e-2.into(), weight_decay: 0.1, ..TrainConfig::default() };
    let batch: Vec<i64> = (0..37).map(|place| place * 5 % ROWS).collect();
    let of_kernel: Vec<u32> = batch.iter().map(|&row| row as u32).collect();
    for (set, mut kernel) in Kernel::each() {
        for (shape, activation) in
            shapes().flat_map(|shape| ACTIVATIONS.map(|activation| (shape, activation)))
        {
            let what = format!("{set} {shape:?} {activation:?}");
            let (expected, loss, correct) = by_libtorch(shape, activation, &train, &batch);
            let parameters = Parameters::initial(shape, &[Seed(1), Seed(2)], Device::Cpu);
            let mut optimizer = Adamw::new(shape, 2, &train, Device::Cpu);
            let rows = KernelRows::of(&rows(shape).0);
            let (first, second, _) = optimizer.state();
            let models = Models::of(&form(shape), &parameters, Some([first, second]), activation);
            let (mut got_loss, mut got_correct) = (vec![0.0; 2], vec![0; 2]);
            for _ in 0..3 {
                optimizer.begin_step();
                let update = Update { settings: optimizer.settings(), count: optimizer.count() };
                for seed in 0..2 {
                    let sums = models.step(&mut kernel, update, seed, &rows, &of_kernel, &labels());
                    got_loss[seed] += sums.loss;
                    got_correct[seed] += sums.correct;
                }
            }
            assert_eq!(got_correct, correct, "{what}");
            for (got, expected) in got_loss.iter().zip(loss) {
                assert!((got - expected).abs() < 1e-4, "{what}: {got} {expected}");
            }
            // Three of AdamW's steps move a weight by 0.03; one whose gradient is near zero may move either way.
            for (got, expected) in parameters.storage().iter().zip(expected.storage()) {
                let difference = (got - expected).abs();
                let far = difference.gt(1e-4).sum(Kind::Int64).int64_value(&[]);
                assert!(far * 200 <= difference.numel() as i64, "{what}: {far} of {}", difference.numel());
                assert!(difference.max().double_value(&[]) < 0.07, "{what}");
            }
        }
    }
}

#[test]
fn a_short_batch_and_a_row_beyond_the_matrix() {
    let shape = shape(ModelId::CONCAT);
    let parameters = Parameters::initial(shape, &[Seed(1)], Device::Cpu);
    let mut optimizer = Adamw::new(shape, 1, &TrainConfig::default(), Device::Cpu);
    optimizer.begin_step();
    let (heads, rows) = (Heads::of(&parameters), KernelRows::of(&rows(shape).0));
    let (first, second, _) = optimizer.state();
    let (first_moments, second_moments) = (Heads::of(first), Heads::of(second));
    let training = Training {
        heads: &heads,
        first_moments: &first_moments,
        second_moments: &second_moments,
        update: Update { settings: optimizer.settings(), count: optimizer.count() },
        activation: Activation::Relu,
    };
    let sums = Kernel::new().step(&training, 0, &rows, &[4], &labels());
    assert!(sums.loss.is_finite() && (0..=1).contains(&sums.correct));
    let beyond = std::panic::AssertUnwindSafe(|| {
        Kernel::new().step(&training, 0, &rows, &[ROWS as u32], &vec![0; ROWS as usize + 1])
    });
    assert!(std::panic::catch_unwind(beyond).is_err());
}

#[test]
fn several_images_of_one_text_are_what_each_is_alone() {
    for (instructions, mut kernel) in Kernel::each() {
        for hidden in [2, 5, 32] {
            let shape = HeadShape { text: 139, image: 139, hidden, ..shape(ModelId::TENSOR) };
            let parameters = Parameters::initial(shape, &[Seed(0), Seed(1)], Device::Cpu);
            let heads = Heads::of(&parameters);
            let text = random(31, &[ROWS, 139]);
            let images = [32, 33, 34].map(|key| random(key, &[ROWS, 139]));
            let together = kernel.hidden_of_pairs(&heads, 1, &text, &images.each_ref());
            for (image, together) in images.iter().zip(together) {
                let pair = FusedRows::Pair { text: text.shallow_clone(), image: image.shallow_clone() };
                let alone = kernel.hidden(&heads, 1, &KernelRows::of(&pair), 0);
                assert_eq!(alone, together, "{instructions} {hidden}");
            }
        }
    }
}

#[test]
fn a_gate_that_diverged_answers_with_no_number() {
    for (model, (set, mut kernel)) in [ModelId::DYNMM, ModelId::DYNMM_HARD]
        .into_iter()
        .flat_map(|model| Kernel::each().map(move |of| (model, of)))
    {
        let shape = shape(model);
        let parameters = Parameters::initial(shape, &[Seed(1)], Device::Cpu);
        let mut optimizer = Adamw::new(shape, 1, &TrainConfig::default(), Device::Cpu);
        optimizer.begin_step();
        let update = Update { settings: optimizer.settings(), count: optimizer.count() };
        let (first, second, _) = optimizer.state();
        let models = Models::of(&form(shape), &parameters, Some([first, second]), Activation::Identity);
        let gate = parameters.named().find(|(name, _)| *name == "gate.2.bias").unwrap().1;
        let _ = gate.shallow_clone().fill_(f64::NAN);
        let rows = KernelRows::of(&rows(shape).0);
        let mut logits = vec![0.0; 2 * ROWS as usize];
        models.logits(&mut kernel, 0, &rows, &mut logits);
        assert!(logits.iter().all(|logit| logit.is_nan()), "{model} {set}");
        let sums = models.step(&mut kernel, update, 0, &rows, &[0, 1, 2], &labels());
        assert!(sums.loss.is_nan(), "{model} {set}");
    }
}
