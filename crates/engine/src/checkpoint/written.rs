//! What a run writes of a model: its parameters, the way to its inputs, and the projections beside them.

use std::collections::BTreeMap;
use std::path::Path;

use tch::Tensor;

use super::head::Head;
use crate::backend::parameters::Parameters;
use crate::backend::sums::host;
use crate::error::EngineError;
use crate::evaluation::noise::Moments;
use crate::fusion;
use data::{Cut, Draw, Fitted, FittedModality, Graded, Partition};
use store::checkpoint::{Arrays, write};
use store::format::v1::checkpoint as disk;
use store::{RunDir, StoreError};
use study::config::Config;
use study::grid::{Seed, Task};

/// What a head's inputs went through.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Preprocessing {
    pub(super) fitted: Fitted,
    /// BLAKE3 of the projections in the file beside the checkpoint, where there are any.
    pub(super) projection: Option<String>,
    pub(super) cut: Option<Cut>,
    /// How the labels of a task that is graded by a score are made.
    pub(super) graded: Option<Graded>,
    /// Of the training rows, text and image.
    pub(super) noise: [Moments; 2],
}

/// What goes into the metadata of the task's checkpoints on this split and draw of its labels.
pub(crate) fn preprocessing(split: &Partition, task: Task, draw: &Draw, config: &Config) -> Option<String> {
    let inputs = draw.data.inputs();
    let moments = |rows| Moments::of(rows, config.noise.statistics);
    let preprocessing = Preprocessing {
        fitted: split.fitted.clone(),
        projection: fingerprint(&split.fitted),
        cut: split.cut.clone().filter(|_| task == Task::Synthetic),
        graded: draw.graded.clone(),
        noise: [moments(&inputs.text.train), moments(&inputs.image.train)],
    };
    serde_json::to_string(&disk::Preprocessing::from(&preprocessing)).ok()
}

/// Keeps the split's projections beside the run's checkpoints, where it has any.
pub(crate) fn keep_projections(
    split: &Partition,
    config: &Config,
    run_dir: &RunDir,
) -> Result<(), StoreError> {
    let path = run_dir.projection(split_in_name(config, split.seed));
    if path.exists() {
        return Ok(());
    }
    let array = |(name, of): (&str, &FittedModality)| {
        let map = of.projection.as_ref()?;
        Some((name.to_owned(), (vec![map.nrows(), map.ncols()], map.iter().copied().collect())))
    };
    let arrays: BTreeMap<_, _> = both(&split.fitted).into_iter().filter_map(array).collect();
    if arrays.is_empty() {
        return Ok(());
    }
    write(&path, &Arrays { metadata: BTreeMap::new(), arrays })
}

/// The split's seed where a run has several, and so a file of projections for each.
pub(super) fn split_in_name(config: &Config, split: Seed) -> Option<Seed> {
    (config.data.split_seeds.len() > 1).then_some(split)
}

pub(super) const fn both(fitted: &Fitted) -> [(&'static str, &FittedModality); 2] {
    [("text", &fitted.text), ("image", &fitted.image)]
}

/// Hexadecimal BLAKE3 of the projections' shapes and values; absent where there are none.
pub(super) fn fingerprint(fitted: &Fitted) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    for (name, of) in both(fitted) {
        let Some(map) = &of.projection else { continue };
        hasher.update(name.as_bytes());
        hasher.update(&(map.ncols() as u64).to_le_bytes());
        for value in map {
            hasher.update(&value.to_le_bytes());
        }
    }
    (hasher.count() > 0).then(|| hasher.finalize().to_hex().to_string())
}

/// Writes the only model of `parameters`, and what is said of it (`__metadata__`), to `path`, whole or not at all.
pub(crate) fn save(
    parameters: &Parameters,
    path: &Path,
    metadata: &[(&str, String)],
) -> Result<(), EngineError> {
    let shape = parameters.shape();
    let frozen =
        fusion::of(shape.fusion.fusion).frozen(shape).map(|frozen| (disk::FROZEN, frozen.to_string()));
    let metadata: Vec<(&str, String)> = metadata.iter().cloned().chain(frozen).collect();
    if shape.fusion.has_features() {
        return Head::from_stack(parameters).save(path, &metadata);
    }
    let array = |(name, tensor): (&str, Tensor)| {
        let shape = tensor.size()[1..].iter().map(|&length| length as usize).collect();
        (name.to_owned(), (shape, host(&tensor.contiguous().view([-1]))))
    };
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(write(path, &Arrays { metadata, arrays: parameters.named().map(array).collect() })?)
}
