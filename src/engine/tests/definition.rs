//! Every fusion's forward against loops, its backward against burn's autodiff.

use burn::module::Module;
use burn::tensor::{Int, TensorData};
use tch::{Device, Kind, Tensor};

use super::{random, shape, values};
use crate::engine::bridge;
use crate::engine::device::Compute;
use crate::engine::head::{forward_backward, logits};
use crate::engine::inputs::FusedRows;
use crate::engine::model::Head;
use crate::engine::parameters::Parameters;
use crate::study::config::Activation;
use crate::study::grid::{Fusion, Seed};

const ACTIVATIONS: [Activation; 4] =
    [Activation::Relu, Activation::Identity, Activation::Gelu, Activation::Tanh];

/// The fused vector of one row, READING section 1 written out.
fn fused(fusion: Fusion, x: &[f32], y: &[f32]) -> Vec<f32> {
    let n = x.len();
    match fusion {
        Fusion::Concat => x.iter().chain(y).copied().collect(),
        Fusion::Product => (0..n).map(|j| x[j] * y[j]).chain((0..n).map(|j| x[j] * y[n - 1 - j])).collect(),
        Fusion::Tensor => x.iter().flat_map(|x| y.iter().map(move |y| x * y)).collect(),
    }
}

/// Logits of one row, in `f64`, from the head's weights in torch's layout.
fn logits_by_loops(weights: &[Vec<f32>; 4], fused: &[f32]) -> [f64; 2] {
    let [w1, b1, w2, b2] = weights;
    let hidden: Vec<f64> = b1
        .iter()
        .enumerate()
        .map(|(k, bias)| {
            let row = &w1[k * fused.len()..(k + 1) * fused.len()];
            let dot: f64 = row.iter().zip(fused).map(|(w, f)| f64::from(*w) * f64::from(*f)).sum();
            (dot + f64::from(*bias)).max(0.0)
        })
        .collect();
    [0, 1].map(|class| {
        let row = &w2[class * hidden.len()..(class + 1) * hidden.len()];
        let dot: f64 = row.iter().zip(&hidden).map(|(w, h)| f64::from(*w) * h).sum();
        dot + f64::from(b2[class])
    })
}

fn rows_of(tensor: &Tensor) -> Vec<Vec<f32>> {
    let width = tensor.size()[1] as usize;
    values(tensor).chunks(width).map(<[f32]>::to_vec).collect()
}

#[test]
fn forward_of_every_fusion_is_the_definition_written_out_in_loops() {
    for fusion in Fusion::ALL {
        let seeds = [Seed(0), Seed(7)];
        let parameters = Parameters::initial(shape(fusion), &seeds, Device::Cpu);
        let (text, image) = (random(1, &[9, 6]), random(2, &[9, 6]));
        let stacked = logits(&parameters, Activation::Relu, &FusedRows::fuse(fusion, &text, &image));
        assert_eq!(stacked.size(), [2, 9, 2]);
        for seed in 0..2 {
            let head = parameters.range(seed, 1);
            let weights =
                [head.hidden_weight(), head.hidden_bias(), head.output_weight(), head.output_bias()]
                    .map(|tensor| values(&tensor));
            for (row, (x, y)) in rows_of(&text).iter().zip(&rows_of(&image)).enumerate() {
                let expected = logits_by_loops(&weights, &fused(fusion, x, y));
                for (class, expected) in expected.into_iter().enumerate() {
                    let got = stacked.double_value(&[seed as i64, row as i64, class as i64]);
                    assert!(
                        (got - expected).abs() < 1e-5,
                        "{fusion} seed {seed} row {row}: {got} {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn backward_of_every_fusion_and_activation_agrees_with_burns_autodiff() {
    for fusion in Fusion::ALL {
        for activation in ACTIVATIONS {
            let parameters = Parameters::initial(shape(fusion), &[Seed(3)], Device::Cpu);
            let (text, image) = (random(11, &[8, 6]) * 2.0, random(12, &[8, 6]) * 2.0);
            let labels = [0_i64, 1, 1, 0, 1, 0, 0, 1];
            let gradients = Parameters::zeros(shape(fusion), 1, Device::Cpu);
            let sums = forward_backward(
                &parameters,
                activation,
                &FusedRows::fuse(fusion, &text, &image).split_seeds(1),
                &Tensor::from_slice(&labels).view([1, 8]),
                &gradients,
            );
            let expected = Expected::by_autodiff(&parameters, fusion, activation, (&text, &image), &labels);
            let mean_loss = sums.loss.double_value(&[0]) / 8.0;
            assert!((mean_loss - expected.loss).abs() < 1e-5, "{fusion} {activation:?}: {mean_loss}");
            let got = [
                gradients.hidden_weight(),
                gradients.hidden_bias(),
                gradients.output_weight(),
                gradients.output_bias(),
            ];
            for (index, (got, expected)) in got.iter().map(values).zip(&expected.gradients).enumerate() {
                assert_eq!(got.len(), expected.len());
                for (got, expected) in got.iter().zip(expected) {
                    assert!(
                        (got - expected).abs() < 1e-5,
                        "{fusion} {activation:?} #{index}: {got} {expected}"
                    );
                }
            }
        }
    }
}

/// Mean cross-entropy and its gradients in torch's layout.
struct Expected {
    loss: f64,
    gradients: [Vec<f32>; 4],
}

impl Expected {
    fn by_autodiff(
        parameters: &Parameters,
        fusion: Fusion,
        activation: Activation,
        (text, image): (&Tensor, &Tensor),
        labels: &[i64],
    ) -> Self {
        let device = Compute::cpu().burn().autodiff();
        let head = Head::from_stack(parameters).train();
        let made: Vec<f32> =
            rows_of(text).iter().zip(&rows_of(image)).flat_map(|(x, y)| fused(fusion, x, y)).collect();
        let made = Tensor::from_slice(&made).view([labels.len() as i64, -1]).to_kind(Kind::Float);
        let made = bridge::tensor::<2>(&made).to_device(&device);
        let labels = burn::tensor::Tensor::<2, Int>::from_data(
            TensorData::new(labels.to_vec(), [labels.len(), 1]),
            &device,
        );
        let log_probabilities = burn::tensor::activation::log_softmax(head.forward(made, activation), 1);
        let loss = log_probabilities.gather(1, labels).mean().neg();
        Self {
            loss: f64::from(loss.clone().into_scalar::<f32>()),
            gradients: head.gradients(&loss.backward()),
        }
    }
}
