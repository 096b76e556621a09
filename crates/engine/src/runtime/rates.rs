//! How fast models train here: what the last run on this machine measured, and what was timed before this one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::backend::device::{Arithmetic, Compute, Devices};
use host::{cache, proc};
use store::rates::{FILE, Rate, Rates};
use study::estimate::Basis;
use study::event::RunHeader;
use study::model::ModelId;

/// The rates that a study's time is estimated from, and those that its own run measures.
#[derive(Debug, Default)]
pub(crate) struct KnownRates {
    /// Where they are kept; nowhere without a home.
    file: Option<PathBuf>,
    /// What machine, program and way to compute they are of.
    place: String,
    /// Columns of text and image.
    widths: [usize; 2],
    kept: Rates,
    /// Seconds for each unit of cost, of steps that were timed before the start.
    timed: BTreeMap<ModelId, f64>,
    /// Seconds and cost of what this run has trained since they were last kept.
    trained: BTreeMap<ModelId, (f64, f64)>,
}

impl KnownRates {
    /// Those that are known of this machine, for a study on these devices.
    pub(crate) fn open(header: &RunHeader, devices: &Devices) -> Self {
        Self::open_in(cache::folder().map(|folder| folder.join(FILE)), header, devices)
    }

    /// The same of a file.
    pub(crate) fn open_in(file: Option<PathBuf>, header: &RunHeader, devices: &Devices) -> Self {
        let kept = file.as_deref().map_or_else(|| Ok(Rates::default()), Rates::read);
        let kept = kept.unwrap_or_else(|error| {
            tracing::warn!(?file, %error, "the last run's speed is not known");
            Rates::default()
        });
        let widths = [header.data.text_width, header.data.image_width];
        Self { file, place: place(header, devices), widths, kept, ..Self::default() }
    }

    /// Seconds for each unit of a model's cost on one worker, and where that is from.
    pub(crate) fn find(&self, model: ModelId) -> Option<(f64, Basis)> {
        let model = model.at_rate(None);
        let timed = || Some((*self.timed.get(&model)?, Basis::Measured));
        let kept = is_kept(model).then(|| self.kept.find(&self.place, &model.to_string(), self.widths));
        kept.flatten().map(|rate| (rate, Basis::LastRun)).or_else(timed)
    }

    /// Takes what was timed before the start.
    pub(crate) fn set_timed(&mut self, model: ModelId, rate: f64) {
        self.timed.insert(model.at_rate(None), rate);
    }

    /// Takes what a worker spent on a configuration.
    pub(crate) fn record(&mut self, model: ModelId, seconds: f64, cost: f64) {
        if is_kept(model) {
            let (sum, all) = self.trained.entry(model.at_rate(None)).or_default();
            *sum += seconds;
            *all += cost;
        }
    }

    /// Keeps what the run has measured so far for the next one; others that end at this moment may be lost.
    pub(crate) fn keep(&mut self) {
        let Some(file) = self.file.clone().filter(|_| !self.trained.is_empty()) else { return };
        // Another run may have written since.
        let mut rates = Rates::read(&file).unwrap_or_default();
        for (model, (seconds, cost)) in std::mem::take(&mut self.trained) {
            let (place, model) = (self.place.clone(), model.to_string());
            rates.record(Rate { place, model, widths: self.widths, seconds, cost });
        }
        if let Err(error) = rates.write(&file) {
            tracing::warn!(?file, %error, "the speed of this run is not kept");
        }
        self.kept = rates;
    }
}

/// A module's name says nothing of what it computes.
const fn is_kept(model: ModelId) -> bool {
    !model.is_module()
}

/// What speed depends on besides the model and the widths, as text.
fn place(header: &RunHeader, devices: &Devices) -> String {
    let compute = devices.workers.first().copied().unwrap_or_else(Compute::cpu);
    let run = &header.config.run;
    let on = match compute.gpu() {
        None => {
            let model = proc::cpu_model().unwrap_or_else(|| "CPU".into());
            format!("{model}, {} threads", compute.threads)
        }
        Some(_) => header.provenance.gpus.join(" + "),
    };
    let arithmetic = match compute.arithmetic {
        Arithmetic::Fused => "own kernel",
        Arithmetic::LibTorch => "LibTorch",
    };
    let recorded = if compute.uses_graphs { ", recorded steps" } else { "" };
    let patience = if header.config.train.patience > 0 { ", with patience" } else { "" };
    let build = if cfg!(debug_assertions) { " debug build" } else { "" };
    format!(
        "{}{build}; {on}; {} workers; {arithmetic}, {:?}{recorded}{patience}",
        env!("CARGO_PKG_VERSION"),
        devices.workers.len(),
        run.precision,
    )
}
