//! Every fusion's forward against loops, its backward against burn's autodiff.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Int, TensorData};
use tch::{Device, Kind, Tensor};

use super::{every_fusion, random, shape, values};
use crate::backend::bridge;
use crate::backend::device::Compute;
use crate::backend::parameters::Parameters;
use crate::checkpoint::head::Head;
use crate::fusion::mcb::Sketch;
use crate::fusion::{self, forward_backward, permuted};
use study::config::Activation;
use study::grid::Seed;
use study::model::{Fusion, ModelId};

const ACTIVATIONS: [Activation; 4] =
    [Activation::Relu, Activation::Identity, Activation::Gelu, Activation::Tanh];

/// The fused vector of one row, READING section 1 written out.
pub(super) fn fused(fusion: ModelId, x: &[f32], y: &[f32]) -> Vec<f32> {
    let n = x.len();
    match fusion.fusion {
        Fusion::Text => x.to_vec(),
        Fusion::Image => y.to_vec(),
        Fusion::Concat => x.iter().chain(y).copied().collect(),
        Fusion::Product => (0..n).map(|j| x[j] * y[j]).chain((0..n).map(|j| x[j] * y[n - 1 - j])).collect(),
        Fusion::Tensor => x.iter().flat_map(|x| y.iter().map(move |y| x * y)).collect(),
        Fusion::Tfn => {
            let (x, y) = ([x, &[1.0]].concat(), [y, &[1.0]].concat());
            x.iter().flat_map(|x| y.iter().map(move |y| x * y)).collect()
        }
        Fusion::Mcb => sketched(x, y, 2 * n),
        Fusion::Permuted => {
            let y: Vec<f32> = permuted::order(0, n).into_iter().map(|place| y[place as usize]).collect();
            fused(ModelId::PRODUCT, x, &y)
        }
        Fusion::Lmf | Fusion::Gmu | Fusion::Dynmm | Fusion::Late | Fusion::Searched | Fusion::Torchscript => {
            panic!("{fusion} has no features")
        }
    }
}

/// `√(D/nm) Σ_{(a_i + b_j) mod D = d} s_i t_j x_i y_j`
fn sketched(x: &[f32], y: &[f32], width: usize) -> Vec<f32> {
    let (of_text, of_image) = (Sketch::draw(0, 0, x.len(), width), Sketch::draw(0, 1, y.len(), width));
    let mut made = vec![0.0; width];
    for (i, x) in x.iter().enumerate() {
        for (j, y) in y.iter().enumerate() {
            let place = (of_text.bins[i] + of_image.bins[j]) % width;
            made[place] += of_text.signs[i] * of_image.signs[j] * x * y;
        }
    }
    let scale = (width as f32 / (x.len() * y.len()) as f32).sqrt();
    made.iter().map(|sum| sum * scale).collect()
}

/// Parameters by name, row-major.
type Named = BTreeMap<&'static str, Vec<f32>>;

/// Logits of one row from a model's own parameters.
fn own_logits(model: ModelId, named: &Named, x: &[f32], y: &[f32]) -> Vec<f64> {
    let wide = |row: &[f32]| row.iter().copied().map(f64::from).collect::<Vec<_>>();
    let layer = |name: &str, inputs: &[f64]| {
        let of = |part: &str| named[format!("{name}.{part}").as_str()].as_slice();
        linear_by_loops(of("weight"), of("bias"), inputs)
    };
    let head = |name: &str, inputs: &[f64]| {
        let hidden: Vec<f64> = layer(&format!("{name}.0"), inputs).iter().map(|unit| unit.max(0.0)).collect();
        layer(&format!("{name}.2"), &hidden)
    };
    let expert = |fusion: ModelId| head(&format!("experts.{fusion}.head"), &wide(&fused(fusion, x, y)));
    let both = wide(&fused(ModelId::CONCAT, x, y));
    match model.fusion {
        Fusion::Lmf => {
            let (u, v) = (layer("text", &wide(x)), layer("image", &wide(y)));
            let rank = usize::from(model.variant());
            let unit = |(k, bias): (usize, &f32)| {
                let sum: f64 = (k * rank..(k + 1) * rank).map(|place| u[place] * v[place]).sum();
                (sum + f64::from(*bias)).max(0.0)
            };
            layer("head.2", &named["bias"].iter().enumerate().map(unit).collect::<Vec<_>>())
        }
        Fusion::Gmu => {
            let (u, v, gate) = (layer("text", &wide(x)), layer("image", &wide(y)), layer("gate", &both));
            let unit = |k: usize| {
                let gate = 1.0 / (1.0 + (-gate[k]).exp());
                gate * u[k].tanh() + (1.0 - gate) * v[k].tanh()
            };
            layer("head.2", &(0..u.len()).map(unit).collect::<Vec<_>>())
        }
        Fusion::Dynmm => {
            let scores: Vec<f64> = head("gate", &both).iter().map(|score| score.exp()).collect();
            let largest = scores.iter().copied().fold(0.0, f64::max);
            let weights = scores.iter().map(|score| match model.variant() {
                0 => score / scores.iter().sum::<f64>(),
                _ => f64::from(u8::from(*score == largest)),
            });
            let experts =
                [ModelId::TEXT, ModelId::IMAGE, ModelId::CONCAT, ModelId::PRODUCT].map(expert).into_iter();
            weights.zip(experts).fold(vec![0.0; 2], |sum, (weight, logits)| {
                sum.iter().zip(logits).map(|(sum, logit)| sum + weight * logit).collect()
            })
        }
        Fusion::Late => {
            let heads = expert(ModelId::TEXT).into_iter().zip(expert(ModelId::IMAGE));
            heads.map(|(text, image)| f64::midpoint(text, image)).collect()
        }
        _ => panic!("{model} has no parameters of its own"),
    }
}

/// A linear layer's outputs in `f64`, from its weight and bias in torch's layout.
pub(super) fn linear_by_loops(weight: &[f32], bias: &[f32], inputs: &[f64]) -> Vec<f64> {
    let unit = |(k, bias): (usize, &f32)| {
        let row = &weight[k * inputs.len()..(k + 1) * inputs.len()];
        row.iter().zip(inputs).map(|(w, x)| f64::from(*w) * x).sum::<f64>() + f64::from(*bias)
    };
    bias.iter().enumerate().map(unit).collect()
}

/// Logits of one row from the head's two or four parameters.
pub(super) fn logits_by_loops(weights: &[Vec<f32>], fused: &[f32]) -> Vec<f64> {
    let fused: Vec<f64> = fused.iter().copied().map(f64::from).collect();
    let first = linear_by_loops(&weights[0], &weights[1], &fused);
    if weights.len() == 2 {
        return first;
    }
    let hidden: Vec<f64> = first.iter().map(|unit| unit.max(0.0)).collect();
    linear_by_loops(&weights[2], &weights[3], &hidden)
}

/// Each parameter of a stack of one head, row-major.
pub(super) fn parts(head: &Parameters) -> Vec<Vec<f32>> {
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
        let stacked = fusion::logits(&parameters, Activation::Relu, &fusion::rows(fusion, &text, &image));
        assert_eq!(stacked.size(), [2, 9, 2]);
        for seed in 0..2 {
            let head = parameters.range(seed, 1);
            let named: Named = head.named().map(|(name, values_of)| (name, values(&values_of))).collect();
            for (row, (x, y)) in rows_of(&text).iter().zip(&rows_of(&image)).enumerate() {
                let expected = if fusion.has_features() {
                    logits_by_loops(&parts(&head), &fused(fusion, x, y))
                } else {
                    own_logits(fusion, &named, x, y)
                };
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
fn backward_of_every_head_and_activation_agrees_with_burns_autodiff() {
    for fusion in every_fusion().filter(|model| model.has_features()) {
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
