//! How many operations a training step gives to a device, counted on the CPU: on a GPU each is a kernel that is launched.

use std::collections::BTreeMap;

use tch::Device;

use super::{inputs, small_config, small_data};
use crate::backend::adamw::Adamw;
use crate::backend::device::{Arithmetic, Compute};
use crate::backend::parameters::{HeadShape, Parameters};
use crate::backend::shim;
use crate::fusion;
use study::config::{Activation, TrainConfig};
use study::grid::{Epoch, Seed, Task};
use study::model::{FusionSettings, ModelId};

/// Views, memory, what only passes on, and what the CPU alone does: zeros before it sums, numbers of `AdamW` read.
const NOTHING: [&str; 20] = [
    "_local_scalar_dense",
    "_to_copy",
    "as_strided",
    "empty",
    "empty_strided",
    "expand",
    "fill_",
    "item",
    "narrow",
    "reshape",
    "resize_",
    "resolve_conj",
    "select",
    "slice",
    "squeeze",
    "t",
    "to",
    "transpose",
    "unsqueeze",
    "view",
];
/// What computes something besides the operations that it calls, which copy its bias or cast what it sums.
const MORE_THAN_ITS_PARTS: [&str; 3] = ["baddbmm", "bmm", "sum"];
const BATCH: usize = 32;

/// Those of `operations`, each behind a space for every operation that it is part of, that compute or copy.
fn launched(operations: &[String]) -> Vec<&str> {
    let depth = |line: &String| line.len() - line.trim_start().len();
    let (mut all, mut rest) = (Vec::new(), operations);
    while let Some((first, behind)) = rest.split_first() {
        let parts = behind.iter().take_while(|line| depth(line) > depth(first)).count();
        let (parts, next) = behind.split_at(parts);
        let (name, parts) = (first.trim_start().trim_start_matches("aten::"), launched(parts));
        if MORE_THAN_ITS_PARTS.contains(&name) || parts.is_empty() && !NOTHING.contains(&name) {
            all.push(name);
        }
        all.extend(parts);
        rest = next;
    }
    all
}

/// How often each operation is launched in a step of so many seeds.
fn step(model: ModelId, seeds: usize) -> BTreeMap<String, usize> {
    let _no_grad = tch::no_grad_guard();
    let dataset = small_data(&small_config());
    let inputs = inputs(model, dataset.task(Task::Real).unwrap());
    let settings = FusionSettings::default();
    let shape = HeadShape { fusion: model, text: 16, image: 16, hidden: 32, classes: 2, settings, choice: 0 };
    let of_seeds: Vec<Seed> = (0..seeds as u64).map(Seed).collect();
    let parameters = Parameters::initial(shape, &of_seeds, Device::Cpu);
    let mut optimizer = Adamw::new(shape, seeds, &TrainConfig::default(), Device::Cpu);
    let backend = fusion::backend(shape, Compute { arithmetic: Arithmetic::LibTorch, ..Compute::cpu() });
    let mut trainer = backend.trainer(&parameters, &optimizer, &inputs, Activation::Relu);
    trainer.begin_epoch(Epoch(1), vec![(0..2 * BATCH as u32).collect(); seeds]);
    trainer.step(&parameters, &mut optimizer, 0, BATCH).unwrap();
    let second = || trainer.step(&parameters, &mut optimizer, BATCH, BATCH).unwrap();
    let mut counts = BTreeMap::new();
    for name in launched(&shim::operations(second)) {
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_step_on_features_launches_as_much_for_twenty_seeds_as_for_one() {
    for model in [ModelId::CONCAT, ModelId::PRODUCT] {
        let (one, twenty) = (step(model, 1), step(model, 20));
        assert_eq!(one, twenty, "{model}");
        assert!(twenty.values().sum::<usize>() <= 40, "{model}: {twenty:?}");
    }
}

#[test]
fn a_seed_of_tensor_fusion_adds_what_passes_its_hidden_layers_weight_alone() {
    for model in [ModelId::TENSOR, ModelId::TFN] {
        let (one, twenty) = (step(model, 1), step(model, 20));
        let added = twenty.iter().map(|(name, count)| (name.as_str(), count - one.get(name).unwrap_or(&0)));
        let added: Vec<(&str, usize)> = added.filter(|(_, count)| *count > 0).collect();
        // Forward a product with the text, the image on it, and the sum over both; backward text and gradient, their
        // product with the image, and the update.
        let of_seed = [("_fused_adamw_", 1), ("bmm", 2), ("mul", 1), ("mul_", 1), ("sum", 1)];
        assert_eq!(added, of_seed.map(|(name, count)| (name, 19 * count)), "{model}");
        let all: usize = twenty.values().sum();
        assert!(all <= 160, "{model}: {all} {twenty:?}");
    }
}
