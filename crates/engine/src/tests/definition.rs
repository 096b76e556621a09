//! Every fusion's forward against loops, its backward against burn's autodiff.

use burn::module::Module;
use burn::tensor::{Int, TensorData};
use tch::{Device, Kind, Tensor};

use super::{every_fusion, random, shape, values};
use crate::backend::bridge;
use crate::backend::device::Compute;
use crate::backend::parameters::Parameters;
use crate::checkpoint::head::Head;
use crate::fusion::{self, forward_backward, logits};
use study::config::Activation;
use study::grid::Seed;
use study::model::{Fusion, ModelId};

const ACTIVATIONS: [Activation; 4] =
    [Activation::Relu, Activation::Identity, Activation::Gelu, Activation::Tanh];

/// The fused vector of one row, READING section 1 written out.
fn fused(fusion: ModelId, x: &[f32], y: &[f32]) -> Vec<f32> {
    let n = x.len();
    match fusion.fusion {
        Fusion::Text => x.to_vec(),
        Fusion::Image => y.to_vec(),
        Fusion::Concat => x.iter().chain(y).copied().collect(),
        Fusion::Product => (0..n).map(|j| x[j] * y[j]).chain((0..n).map(|j| x[j] * y[n - 1 - j])).collect(),
        Fusion::Tensor => x.iter().flat_map(|x| y.iter().map(move |y| x * y)).collect(),
    }
}

/// A linear layer's outputs in `f64`, from its weight and bias in torch's layout.
fn linear_by_loops(weight: &[f32], bias: &[f32], inputs: &[f64]) -> Vec<f64> {
    let unit = |(k, bias): (usize, &f32)| {
        let row = &weight[k * inputs.len()..(k + 1) * inputs.len()];
        row.iter().zip(inputs).map(|(w, x)| f64::from(*w) * x).sum::<f64>() + f64::from(*bias)
    };
    bias.iter().enumerate().map(unit).collect()
}

/// Logits of one row from the head's two or four parameters.
fn logits_by_loops(weights: &[Vec<f32>], fused: &[f32]) -> Vec<f64> {
    let fused: Vec<f64> = fused.iter().copied().map(f64::from).collect();
    let first = linear_by_loops(&weights[0], &weights[1], &fused);
    if weights.len() == 2 {
        return first;
    }
    let hidden: Vec<f64> = first.iter().map(|unit| unit.max(0.0)).collect();
    linear_by_loops(&weights[2], &weights[3], &hidden)
}

/// Each parameter of a stack of one head, row-major.
fn parts(head: &Parameters) -> Vec<Vec<f32>> {
    let output = head.output().map(|(weight, bias)| [weight, bias]);
    let first = [head.hidden_weight(), head.hidden_bias()];
    first.iter().chain(output.iter().flatten()).map(values).collect()
}

fn rows_of(tensor: &Tensor) -> Vec<Vec<f32>> {
    let width = tensor.size()[1] as usize;
    values(tensor).chunks(width).map(<[f32]>::to_vec).collect()
}

#[test]
fn forward_of_every_fusion_is_the_definition_written_out_in_loops() {
    for fusion in every_fusion() {
        let seeds = [Seed(0), Seed(7)];
        let parameters = Parameters::initial(shape(fusion), &seeds, Device::Cpu);
        let (text, image) = (random(1, &[9, 6]), random(2, &[9, 6]));
        let stacked = logits(&parameters, Activation::Relu, &fusion::rows(fusion, &text, &image));
        assert_eq!(stacked.size(), [2, 9, 2]);
        for seed in 0..2 {
            let head = parameters.range(seed, 1);
            let weights = parts(&head);
            assert_eq!(weights.len(), if fusion.is_logistic() { 2 } else { 4 });
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
    for fusion in every_fusion() {
        for activation in ACTIVATIONS {
            let parameters = Parameters::initial(shape(fusion), &[Seed(3)], Device::Cpu);
            let (text, image) = (random(11, &[8, 6]) * 2.0, random(12, &[8, 6]) * 2.0);
            let labels = [0_i64, 1, 1, 0, 1, 0, 0, 1];
            let gradients = Parameters::zeros(shape(fusion), 1, Device::Cpu);
            let sums = forward_backward(
                &parameters,
                activation,
                &fusion::rows(fusion, &text, &image).split_seeds(1),
                &Tensor::from_slice(&labels).view([1, 8]),
                &gradients,
            );
            let expected = Expected::by_autodiff(&parameters, fusion, activation, (&text, &image), &labels);
            let mean_loss = sums.loss.double_value(&[0]) / 8.0;
            assert!((mean_loss - expected.loss).abs() < 1e-5, "{fusion} {activation:?}: {mean_loss}");
            let got = parts(&gradients);
            assert_eq!(got.len(), expected.gradients.len());
            for (index, (got, expected)) in got.iter().zip(&expected.gradients).enumerate() {
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
    gradients: Vec<Vec<f32>>,
}

impl Expected {
    fn by_autodiff(
        parameters: &Parameters,
        fusion: ModelId,
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
