//! From a configuration to everything a run needs before its first step: data, grid, header.

use std::path::Path;
use std::sync::Arc;

use crate::backend::device::{Devices, LIBTORCH_FLAVOUR, LIBTORCH_VERSION};
use crate::error::EngineError;
use crate::fusion::torchscript::Files;
use crate::runtime::blocks;
use data::{self, Dataset};
use store::Reopened;
use study::bounds;
use study::config::{Config, DataConfig, Difference, Fault, Fingerprint, Origin, differences};
use study::event::{Provenance, RunHeader};
use study::feed::Loading;
use study::model::ModelId;

/// A run that could begin.
pub(crate) struct Prepared {
    pub(crate) header: Arc<RunHeader>,
    pub(crate) dataset: Arc<Dataset>,
}

/// Loads the data and resolves the grid; refuses what cannot be trained before anything is started. Files of modules have
/// to be those of `run`, which is resumed. `report` hears how far the data are read. Without `devices` jobs of a cluster train.
pub(crate) fn prepare(
    config: &Config,
    run: Option<&RunHeader>,
    devices: Option<&Devices>,
    program: &str,
    report: &mut dyn FnMut(Loading),
) -> Result<Prepared, EngineError> {
    let files = Files::read(config)?;
    files.check(run)?;
    let dataset = data::load_reporting(config, report)?;
    let mut config = config.clone();
    config.fusion.torchscript.modules = files.inspect(&config, &dataset.facts)?;
    let sweep = config.sweep(dataset.facts.rows.train).map_err(EngineError::Config)?;
    let levels = config.noise.levels.resolve().map_err(|message| {
        EngineError::Config(Fault { key: "noise.levels".into(), origin: Origin::Default, message })
    })?;
    let data = dataset.facts.clone();
    let fingerprint = Fingerprint::of(&config);
    let provenance = Provenance {
        program: program.to_owned(),
        libtorch: format!("{LIBTORCH_VERSION} ({LIBTORCH_FLAVOUR})"),
        device: devices.map_or_else(|| Provenance::SUBMITTED.to_owned(), |of| of.description.clone()),
        gpus: devices.map_or_else(Vec::new, Devices::gpus),
        config_fingerprint: fingerprint.value.clone(),
    };
    let header = RunHeader { config, sweep, levels, data, provenance, fingerprint: Some(fingerprint) };
    bounds::check(&header).map_err(|why| {
        let message = format!("the run could not be opened again: {why}");
        EngineError::Config(Fault { key: "data.source".into(), origin: Origin::Default, message })
    })?;
    if let Some(devices) = devices {
        blocks::choose_for(&header, devices);
    }
    Ok(Prepared { header: Arc::new(header), dataset: Arc::new(dataset) })
}

/// A run that exists and can be resumed.
pub(crate) struct Resumed {
    pub(crate) prepared: Prepared,
    /// What the run becomes, where its grid has grown or its files have another place.
    pub(crate) header: Option<Box<RunHeader>>,
    /// What its user should know.
    pub(crate) warnings: Vec<String>,
}

/// Turns `prepared` into the existing run.
///
/// # Errors
/// Where more than its grid has changed that decides the run's numbers, or its folders cannot be made.
pub(crate) fn resume(prepared: Prepared, reopened: &mut Reopened) -> Result<Resumed, EngineError> {
    let root = reopened.directory.root().display();
    let Some(run) = reopened.header().cloned() else {
        return Err(EngineError::Changed(format!("{root} holds no run that has begun")));
    };
    let Prepared { header: asked, dataset } = prepared;
    let mut complaints: Vec<String> = differences(&run.config, &asked.config).iter().map(changed).collect();
    let lost =
        |key: &str, what: String| format!("{key}: {what} is in the run, and cannot be taken out of it");
    let (old, new) = (&run.sweep, &asked.sweep);
    complaints
        .extend(without(&old.fusions, &new.fusions).map(|fusion| lost("sweep.fusions", fusion.to_string())));
    let kept_order = new.fusions.iter().filter(|fusion| old.fusions.contains(fusion));
    if new.searched && complaints.is_empty() && !kept_order.eq(&old.fusions) {
        complaints.push(
            "sweep.fusions: of equals `searched` takes the first, so the run's fusions keep their order; name new ones behind them"
                .to_owned(),
        );
    }
    let lost_baseline = |fusion: &ModelId| lost("sweep.baselines", fusion.to_string());
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
            "{root} can only be resumed as it is, or with more fusions, ways to train, baselines, tasks, sizes or seeds, or with \
             more learning rates at the end of a list:\n  {}",
            complaints.join("\n  ")
        )));
    }
    let (source, folder) = (&asked.config.data.source, &asked.config.checkpoints.directory);
    let other_source = run.config.data.source != *source;
    let other_folder = (run.config.checkpoints.directory != *folder).then(|| Path::new(folder));
    let mut warnings = reopened.directory.make_ready(other_folder).map_err(EngineError::NotBegun)?;
    if other_source {
        warnings.push(format!(
            "the data are read from {source}, which holds what {} held",
            run.config.data.source
        ));
    }
    let has_grown = old != new;
    let provenance = asked.provenance.clone();
    let mut header = if has_grown { (*asked).clone() } else { run.clone() };
    header.config.run = asked.config.run.clone();
    header.config.checkpoints = asked.config.checkpoints.clone();
    header.config.cluster = asked.config.cluster.clone();
    let other_rows = take_rows(&mut header.config.data, &asked.config.data);
    let other_files = take_files(&mut header.config, &asked.config);
    // A run of an earlier version stays without: it did not keep all that a fingerprint needs.
    header.fingerprint = run.fingerprint.as_ref().map(|_| Fingerprint::of(&header.config));
    // In the journal the run keeps the provenance of the process that began it; this process adds its own beside it.
    let other_cluster = run.config.cluster != asked.config.cluster;
    let changed = has_grown || other_rows || other_files || other_folder.is_some() || other_cluster;
    let journalled =
        changed.then(|| Box::new(RunHeader { provenance: run.provenance.clone(), ..header.clone() }));
    header.provenance = provenance;
    Ok(Resumed { prepared: Prepared { header: Arc::new(header), dataset }, header: journalled, warnings })
}

fn changed(difference: &Difference) -> String {
    let Difference { key, run, asked } = difference;
    format!("{key}: {run} in the run, {asked} asked for")
}

/// Takes where the rows are and how they are paired from `asked`, whose data have the run's fingerprint; whether
/// anything is another.
fn take_rows(data: &mut DataConfig, asked: &DataConfig) -> bool {
    let before = data.clone();
    data.source.clone_from(&asked.source);
    data.table.clone_from(&asked.table);
    data.key.clone_from(&asked.key);
    data.table_key.clone_from(&asked.table_key);
    (data.order, data.missing) = (asked.order, asked.missing);
    before != *data
}

/// Takes the places of modules' files from `asked`; whether one is another.
fn take_files(config: &mut Config, asked: &Config) -> bool {
    let mut is_other = false;
    for fusion in config.sweep.fusions.iter_mut().filter(|fusion| fusion.is_module()) {
        let same = |other: &&ModelId| other.without_file() == fusion.without_file();
        if let Some(&named) = asked.sweep.fusions.iter().find(same) {
            is_other |= *fusion != named;
            *fusion = named;
        }
    }
    is_other
}

fn without<'a, T: PartialEq>(old: &'a [T], new: &'a [T]) -> impl Iterator<Item = &'a T> {
    old.iter().filter(|value| !new.contains(value))
}
