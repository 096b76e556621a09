//! From a configuration to everything a run needs before its first step: data, grid, header.

use std::sync::Arc;

use super::device::{LIBTORCH_FLAVOUR, LIBTORCH_VERSION};
use super::error::EngineError;
use crate::data::{self, Dataset};
use crate::store::Reopened;
use crate::study::config::{Config, Difference, Fault, Origin, differences};
use crate::study::event::{Provenance, RunHeader};
use crate::study::grid::{Fusion, Sweep};

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
        baselines: baselines(config),
        tasks: config.sweep.tasks.clone(),
        sizes,
        seeds: config.sweep.seeds.resolve(),
    };
    let levels = config.noise.levels.resolve().map_err(|message| {
        EngineError::Config(Fault { key: "noise.levels".into(), origin: Origin::Default, message })
    })?;
    let provenance = Provenance {
        program: format!("superfuse-tui {}", *crate::VERSION),
        libtorch: format!("{LIBTORCH_VERSION} ({LIBTORCH_FLAVOUR})"),
        device: device.to_owned(),
        config_fingerprint: blake3::hash(config.to_toml().as_bytes()).to_hex().to_string(),
    };
    let header = RunHeader { config: config.clone(), sweep, levels, data: dataset.facts.clone(), provenance };
    Ok(Prepared { header: Arc::new(header), dataset: Arc::new(dataset) })
}

/// Makes `prepared` the run that exists, and says what its grid becomes where that has grown.
///
/// # Errors
/// Where anything else has changed that decides the run's numbers.
pub(super) fn go_on(
    prepared: Prepared,
    reopened: &Reopened,
) -> Result<(Prepared, Option<Box<RunHeader>>), EngineError> {
    let root = reopened.directory.root().display();
    let Some(run) = reopened.header() else {
        return Err(EngineError::Changed(format!("{root} holds no run that has begun")));
    };
    let Prepared { header: asked, dataset } = prepared;
    let mut complaints: Vec<String> = differences(&run.config, &asked.config).iter().map(changed).collect();
    let lost =
        |key: &str, what: String| format!("{key}: {what} is in the run, and cannot be taken out of it");
    let (old, new) = (&run.sweep, &asked.sweep);
    complaints
        .extend(without(&old.fusions, &new.fusions).map(|fusion| lost("sweep.fusions", fusion.to_string())));
    let lost_baseline = |fusion: &Fusion| lost("sweep.baselines", fusion.to_string());
    complaints.extend(without(&old.baselines, &new.baselines).map(lost_baseline));
    complaints.extend(without(&old.tasks, &new.tasks).map(|task| lost("sweep.tasks", task.to_string())));
    complaints.extend(without(&old.sizes, &new.sizes).map(|size| lost("sweep.sizes", size.to_string())));
    complaints.extend(without(&old.seeds, &new.seeds).map(|seed| lost("sweep.seeds", seed.0.to_string())));
    if complaints.is_empty() && dataset.fingerprint_of(&old.tasks) != run.data.fingerprint {
        complaints.push(format!(
            "data.source: {} does not hold the data that the run was begun with (fingerprint {})",
            asked.config.data.source, run.data.fingerprint
        ));
    }
    if !complaints.is_empty() {
        return Err(EngineError::Changed(format!(
            "{root} can only be gone on with as it is, or with more fusions, baselines, tasks, sizes or seeds:\n  {}",
            complaints.join("\n  ")
        )));
    }
    let has_grown = old != new;
    let provenance = asked.provenance.clone();
    let mut header = if has_grown { (*asked).clone() } else { run.clone() };
    header.config.run = asked.config.run.clone();
    header.config.checkpoints = asked.config.checkpoints.clone();
    // In the journal, who began the run stays who began it; this process names itself beside it.
    let grown =
        has_grown.then(|| Box::new(RunHeader { provenance: run.provenance.clone(), ..header.clone() }));
    header.provenance = provenance;
    Ok((Prepared { header: Arc::new(header), dataset }, grown))
}

/// What is trained beside the fusions, in the order in which it is named.
fn baselines(config: &Config) -> Vec<Fusion> {
    let sweep = &config.sweep;
    sweep.baselines.iter().flat_map(|baseline| baseline.trained(&sweep.fusions)).collect()
}

fn changed(difference: &Difference) -> String {
    let Difference { key, run, asked } = difference;
    format!("{key}: {run} in the run, {asked} asked for")
}

fn without<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> impl Iterator<Item = &'a T> {
    old.iter().filter(|value| !new.contains(value))
}
