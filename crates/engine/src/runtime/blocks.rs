//! Which block shapes of the kernel's sums are the fastest here: measured before the first step, kept for the next run. All give
//! the same numbers to the bit, so that nothing but speed depends on it, and each process of a run may take its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::backend::device::{Arithmetic, Devices};
use crate::backend::inputs::FusedRows;
use crate::backend::kernel::timed::{self, names};
use crate::backend::kernel::{Call, FirstLayer, instruction_set};
use crate::backend::parameters::HeadShape;
use crate::fusion;
use host::{cache, proc};
use store::blocks::{Chosen, FILE};
use study::config::Kernels;
use study::cost;
use study::event::RunHeader;
use tch::{Device, Kind, Tensor};

/// Time that measuring may take in all.
const ALLOWED: Duration = Duration::from_millis(200);
/// Operations of a study from which on it is worth that: some seconds' work of a core.
const WORTH: f64 = 1e12;
/// Columns of a first layer at most: a wider one takes longer to measure than there is time.
const WIDEST: usize = 4_096;
/// How much faster than the first block shapes others have to be; less is within the noise of so short a time.
const FASTER: f64 = 0.9;

/// Chooses for a study before its first step. What is chosen is in the log alone: no number depends on it, and a run on this device
/// is the same with any choice.
pub(crate) fn choose_for(header: &RunHeader, devices: &Devices) {
    timed::take(Vec::new());
    if is_long(header) {
        let chosen = choose(header, devices);
        if !chosen.is_empty() {
            tracing::info!("block shapes of the kernel: {chosen}");
        }
    }
}

/// Chooses, however short the study is, and says what: nothing where the first block shapes are taken for all, or the kernel does not
/// compute.
pub(crate) fn choose(header: &RunHeader, devices: &Devices) -> String {
    if devices.workers.iter().all(|worker| worker.arithmetic != Arithmetic::Fused) {
        return String::new();
    }
    choose_in(cache::folder().map(|folder| folder.join(FILE)), header)
}

/// Whether a study is long enough to be worth the measurement.
pub(crate) fn is_long(header: &RunHeader) -> bool {
    header.sweep.cohorts().into_iter().map(|cohort| cost::of(header, cohort, 0.0).all()).sum::<f64>() >= WORTH
}

/// The same, with the file in which choices are kept.
pub(crate) fn choose_in(file: Option<PathBuf>, header: &RunHeader) -> String {
    timed::take(Vec::new());
    let began = Instant::now();
    let asked = if header.config.run.kernels == Kernels::Fused { asked(header) } else { Vec::new() };
    if asked.is_empty() || names().count() < 2 {
        return String::new();
    }
    let mut kept =
        file.as_deref().map_or_else(|| Ok(Chosen::default()), Chosen::read).unwrap_or_else(|error| {
            tracing::warn!(?file, %error, "the last run's block shapes are not known");
            Chosen::default()
        });
    let (mut taken, mut said, mut is_new) = (Vec::new(), Vec::new(), false);
    for (place, &Asked { layer, call, batch }) in asked.iter().enumerate() {
        let key = key(layer, call, batch);
        let choice = kept.find(&key).and_then(|name| timed::choice(layer, call, name)).or_else(|| {
            let left = ALLOWED.checked_sub(began.elapsed()).filter(|_| is_small(layer))?;
            let seconds = timed::seconds(layer, call, batch, left / (asked.len() - place) as u32);
            let name = names().nth(fastest(&seconds))?;
            kept.record(key, name);
            is_new = true;
            timed::choice(layer, call, name)
        });
        let Some(choice) = choice else { continue };
        if choice.name() != names().next().unwrap_or_default() {
            said.push(format!("{} for {}", choice.name(), shown(layer, call)));
        }
        taken.push(choice);
    }
    timed::take(taken);
    if let Some(file) = file.filter(|_| is_new)
        && let Err(error) = kept.write(&file)
    {
        tracing::warn!(?file, %error, "the block shapes are not kept");
    }
    said.join(", ")
}

/// Whether two rounds of all block shapes fit into the time.
const fn is_small(layer: FirstLayer) -> bool {
    layer.text <= WIDEST && layer.image <= WIDEST
}

/// The place of the least, unless the first is nearly as little.
pub(crate) fn fastest(seconds: &[f64]) -> usize {
    let least = seconds.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    least.filter(|(_, least)| **least < FASTER * seconds[0]).map_or(0, |(place, _)| place)
}

/// What is to be chosen for.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Asked {
    layer: FirstLayer,
    call: Call,
    batch: usize,
}

/// First layers of the models that are a head on features or pairs, each once; others take what was chosen for their like.
fn asked(header: &RunHeader) -> Vec<Asked> {
    let mut shapes: Vec<(HeadShape, usize)> = Vec::new();
    for cohort in header.sweep.cohorts() {
        // Of a model and task the sizes differ in the batch alone, and the largest says most.
        let batch = header.config.train.batch_size.min(cohort.train_size).max(1);
        let shape = HeadShape::of(header, cohort);
        match shapes.iter_mut().find(|(of, _)| *of == shape) {
            Some((_, largest)) => *largest = batch.max(*largest),
            None => shapes.push((shape, batch)),
        }
    }
    let mut all: Vec<Asked> = Vec::new();
    for (layer, batch) in shapes.into_iter().filter_map(|(shape, batch)| Some((first_layer(shape)?, batch))) {
        match all.iter_mut().find(|old| old.layer == layer) {
            Some(old) => old.batch = batch.max(old.batch),
            None => all.push(Asked { layer, call: Call::Step, batch }),
        }
    }
    let forward = all.clone().into_iter().map(|asked| Asked { call: Call::Forward, ..asked });
    all.into_iter().zip(forward).flat_map(|(step, forward)| [step, forward]).collect()
}

fn first_layer(shape: HeadShape) -> Option<FirstLayer> {
    if !fusion::is_by_hand(shape.fusion) {
        return None;
    }
    let row = |width| Tensor::zeros([1, width], (Kind::Float, Device::Cpu));
    let width = |rows: &Tensor| rows.size()[1] as usize;
    let (text, image) = match fusion::rows(shape, &row(shape.text), &row(shape.image)) {
        FusedRows::Vector(rows) => (width(&rows), 0),
        FusedRows::Pair { text, image } => (width(&text), width(&image)),
    };
    let units = shape.layout().first()?.shape.first().copied()?;
    Some(FirstLayer { text, image, units })
}

/// `1536 × 32, steps`.
fn shown(layer: FirstLayer, call: Call) -> String {
    let FirstLayer { text, image, units } = layer;
    let columns = if image > 0 { format!("{text} × {image}") } else { text.to_string() };
    format!("{columns} × {units}, {}", if call == Call::Step { "steps" } else { "forward" })
}

/// What a choice is kept under: program and kernel, processor and instruction set, layer and call.
fn key(layer: FirstLayer, call: Call, batch: usize) -> String {
    let cpu = proc::cpu_model().unwrap_or_else(|| "CPU".into());
    let batch = if call == Call::Step { format!(" of {batch} rows") } else { String::new() };
    let (version, kernel) = (env!("CARGO_PKG_VERSION"), env!("SUPERFUSE_KERNEL_VERSION"));
    format!("{version}, kernel {kernel}; {cpu}, {}; {}{batch}", instruction_set(), shown(layer, call))
}
