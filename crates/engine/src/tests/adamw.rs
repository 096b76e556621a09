//! The optimiser against torch's own numbers; `adamw.py` beside this file made them.

use tch::{Device, Tensor};

use super::{shape, values};
use crate::backend::adamw::Adamw;
use crate::backend::parameters::Parameters;
use study::config::TrainConfig;
use study::model::ModelId;

#[test]
fn fifty_steps_agree_with_torch() {
    for (weight_decay, expected) in [(0.0, TORCH), (0.1, TORCH_DECAYED)] {
        let train = TrainConfig { learning_rate: 1e-2.into(), weight_decay, ..TrainConfig::default() };
        let shape = shape(ModelId::CONCAT);
        let parameters = Parameters::zeros(shape, 1, Device::Cpu);
        let gradients = Parameters::zeros(shape, 1, Device::Cpu);
        let mut optimizer = Adamw::new(shape, 1, &train, Device::Cpu);
        // The hidden bias has five values: enough, and odd, so that the padding is crossed.
        parameters.hidden_bias().copy_(&Tensor::from_slice(&[0.5_f32, -1.0, 0.0, 2.0, -0.25]).view([1, 5]));
        for step in 1..=50_i16 {
            let gradient: Vec<f32> = (0..5_i16)
                .map(|index| f32::from((step * (index + 3)) % 7 - 3) / 3.0 + f32::from(index) * 0.1)
                .collect();
            gradients.hidden_bias().copy_(&Tensor::from_slice(&gradient).view([1, 5]));
            optimizer.begin_step();
            optimizer.update(&parameters, 0, &gradients).unwrap();
        }
        for (got, expected) in values(&parameters.hidden_bias()).iter().zip(expected) {
            assert!((f64::from(*got) - expected).abs() < 2e-6, "{got} {expected}");
        }
    }
}

const TORCH: [f64; 5] =
    [0.475_532_889_37, -1.091_429_471_97, -0.169_064_775_11, 1.767_456_173_90, 0.250_000_089_41];
const TORCH_DECAYED: [f64; 5] =
    [0.452_231_198_55, -1.040_124_654_77, -0.164_486_408_23, 1.676_134_824_75, 0.250_142_395_50];
