//! From a configuration to everything a run needs before its first step: data, grid, header.

use std::sync::Arc;

use super::device::{LIBTORCH_FLAVOUR, LIBTORCH_VERSION};
use super::error::EngineError;
use crate::data::{self, Dataset};
use crate::study::config::{Config, Fault, Origin};
use crate::study::event::{Provenance, RunHeader};
use crate::study::grid::Sweep;

/// A run that could begin.
pub(super) struct Prepared {
    pub(super) header: Arc<RunHeader>,
    pub(super) dataset: Arc<Dataset>,
}

/// Loads the data and resolves the grid; refuses what cannot be trained before anything is started.
pub(super) fn prepare(config: &Config, device: &str) -> Result<Prepared, EngineError> {
    let dataset = data::load(config)?;
    let sizes = config
        .sweep
        .sizes
        .resolve(config.sweep.smallest, dataset.facts.rows.train)
        .map_err(EngineError::Config)?;
    let sweep = Sweep {
        fusions: config.sweep.fusions.clone(),
        tasks: config.sweep.tasks.clone(),
        sizes,
        seeds: config.sweep.seeds.resolve(),
    };
    let levels = config.noise.levels.resolve().map_err(|message| {
        EngineError::Config(Fault { key: "noise.levels".into(), origin: Origin::Default, message })
    })?;
    let provenance = Provenance {
        program: format!("superfuse-tui {}", env!("CARGO_PKG_VERSION")),
        libtorch: format!("{LIBTORCH_VERSION} ({LIBTORCH_FLAVOUR})"),
        device: device.to_owned(),
        config_fingerprint: blake3::hash(config.to_toml().as_bytes()).to_hex().to_string(),
    };
    let header = RunHeader { config: config.clone(), sweep, levels, data: dataset.facts.clone(), provenance };
    Ok(Prepared { header: Arc::new(header), dataset: Arc::new(dataset) })
}
