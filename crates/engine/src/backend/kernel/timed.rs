//! How long each block shape takes for a first layer here, on a part of it that says as much.

use std::time::{Duration, Instant};

use tch::{Device, Kind, Tensor};

use super::chosen::{self, Call, Choice, FirstLayer};
use super::ffi::{Blocks, instruction_sets};
use super::{Heads, Kernel, KernelRows, Training, Update};
use crate::backend::adamw::Adamw;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::{HeadShape, Parameters};
use study::config::{Activation, TrainConfig};
use study::grid::Seed;
use study::model::{FusionSettings, ModelId, Sizes};

/// Of a layer on pairs so many columns of text, and so many units: every unit's matrix is passed over in the same way, and then comes
/// the next one's.
const TEXT: usize = 256;
const UNITS_OF_PAIRS: usize = 2;
/// Units of another layer at most, likewise.
const UNITS: usize = 64;
/// Rows of a forward pass, and of a step at most: several blocks of every shape.
const ROWS: usize = 336;
/// Bytes of a layer's weights and moments from which on a step finds them in memory: more than the cache that is left for one core.
const IN_MEMORY: usize = 32 << 20;

/// The block shapes that there are on this processor, the first being those that nothing has to choose.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    candidates().iter().map(|&(name, _)| name)
}

/// The choice of the block shapes of this name; absent where there are none.
pub(crate) fn choice(layer: FirstLayer, call: Call, name: &str) -> Option<Choice> {
    let blocks = candidates().iter().copied().find(|&(of, _)| of == name)?;
    Some(Choice { layer, call, blocks })
}

/// Takes these from now on, and the first block shapes for all else. No number depends on it.
pub(crate) fn take(choices: Vec<Choice>) {
    chosen::set(choices);
}

fn candidates() -> &'static [Blocks] {
    instruction_sets()[0].1
}

/// Seconds that each block shape takes for a part of `call`: the least of what was seen in about the time that is `allowed`,
/// one after the other, so that a slow moment meets all; `batch` are the rows of a step.
pub(crate) fn seconds(layer: FirstLayer, call: Call, batch: usize, allowed: Duration) -> Vec<f64> {
    let began = Instant::now();
    let sample = Sample::new(layer, if call == Call::Step { batch.min(ROWS) } else { ROWS });
    // A forward pass of many rows reads a unit's weights several times, once from memory.
    let is_in_memory = call == Call::Step && layer.bytes_of_step() > IN_MEMORY;
    let mut kernels: Vec<Kernel> = candidates().iter().map(|&blocks| Kernel::with(blocks)).collect();
    let mut least = vec![f64::INFINITY; kernels.len()];
    for round in 0.. {
        if round > 1 && began.elapsed() > allowed {
            break;
        }
        for (kernel, least) in kernels.iter_mut().zip(&mut least) {
            #[cfg(target_arch = "x86_64")]
            if is_in_memory {
                sample.heads.iter().for_each(Heads::flush);
            }
            let from = Instant::now();
            sample.compute(kernel, call);
            // The first round makes working space and fills what caches keep.
            if round > 0 {
                *least = least.min(from.elapsed().as_secs_f64());
            }
        }
    }
    least
}

/// One model with such a first layer, and rows for it.
struct Sample {
    /// The model and its moments.
    heads: [Heads; 3],
    update: Update,
    rows: KernelRows,
    batch: Vec<u32>,
    labels: Vec<i64>,
}

impl Sample {
    fn new(layer: FirstLayer, count: usize) -> Self {
        let is_pair = layer.image > 0;
        let (text, units) = if is_pair {
            (layer.text.min(TEXT), layer.units.min(UNITS_OF_PAIRS))
        } else {
            (layer.text, layer.units.min(UNITS))
        };
        let model = if is_pair { ModelId::TENSOR } else { ModelId::TEXT };
        let (image, settings) = (layer.image.max(1), FusionSettings::default());
        let shape = HeadShape::new(model, Sizes { text, image, hidden: units, classes: 2, settings }, 0);
        let parameters = Parameters::initial(shape, &[Seed(0)], Device::Cpu);
        let mut optimizer = Adamw::new(shape, 1, &TrainConfig::default(), Device::Cpu);
        optimizer.begin_step();
        let update = Update { settings: optimizer.settings(), count: optimizer.count() };
        let (first, second, _) = optimizer.state();
        let ones = |width: usize| Tensor::ones([count as i64, width as i64], (Kind::Float, Device::Cpu));
        let rows = if is_pair {
            FusedRows::Pair { text: ones(text), image: ones(image) }
        } else {
            FusedRows::Vector(ones(text))
        };
        Self {
            heads: [Heads::of(&parameters), Heads::of(first), Heads::of(second)],
            update,
            rows: KernelRows::of(&rows),
            batch: (0..count as u32).collect(),
            labels: vec![0; count],
        }
    }

    fn compute(&self, kernel: &mut Kernel, call: Call) {
        let Self { heads: [heads, first_moments, second_moments], update, rows, batch, labels } = self;
        let activation = Activation::Relu;
        match call {
            Call::Step => {
                let training = Training { heads, first_moments, second_moments, update: *update, activation };
                kernel.step(&training, 0, rows, batch, labels);
            }
            Call::Forward => {
                kernel.logits(heads, activation, 0, rows, &mut vec![0.0; heads.outputs * rows.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushed_weights_are_as_they_were() {
        let sample = Sample::new(FirstLayer { text: 256, image: 768, units: 2 }, 16);
        let bits = |sample: &Sample| {
            let head = &sample.heads[0];
            // SAFETY: a head's weight has so many values.
            let weight = unsafe { std::slice::from_raw_parts(head.of_seeds[0].weight, head.weights) };
            weight.iter().map(|value| value.to_bits()).collect::<Vec<_>>()
        };
        let before = bits(&sample);
        #[cfg(target_arch = "x86_64")]
        sample.heads.iter().for_each(Heads::flush);
        assert!(before == bits(&sample));
    }
}
