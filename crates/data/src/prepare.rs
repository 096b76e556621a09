//! From a source's parts to what the model receives: split, project, scale, label, check.

use std::collections::BTreeSet;
use std::sync::Arc;

use study::config::{Config, Missing, Pad, Scale};
use study::event::{DataFacts, SplitFacts};
use study::feed::Loading;
use study::grid::Task;

use super::Dataset;
use super::chosen::{Chosen, labels_are_needed};
use super::encoder::Modality;
use super::error::{DataError, both_finite, listed};
use super::fill::{Filled, fill};
use super::missing::{mean_in_place_of_missing, missing_halves};
use super::progress::Progress;
use super::repeats::Prints;
use super::source::Source;
use super::split::Splits;
use super::task_data::{Shared, TaskData};
use super::{balance, fingerprint, limit, partition, split};

/// Which rows count, and the splits of them: known before any row is read, but for rows with a missing half.
pub(crate) struct Planned {
    pub(crate) rows: Chosen,
    pub(crate) splits: Vec<Splits>,
    pub(crate) warnings: Vec<String>,
}

/// Reads and prepares; `report` hears how far the reading is.
pub(crate) fn load(
    source: &mut Source,
    config: &Config,
    report: &mut dyn FnMut(Loading),
) -> Result<Dataset, DataError> {
    let rows = source.shape(Modality::Text)?[0] + source.shape(Modality::Image)?[0];
    let passes = if config.data.missing == Missing::Drop { 2 } else { 1 };
    let mut progress = Progress::new(passes * rows, report);
    let planned = plan(source, config, &mut progress)?;
    prepare(source, planned, config, &mut progress)
}

/// Chooses rows and draws the splits.
pub(crate) fn plan(
    source: &mut Source,
    config: &Config,
    progress: &mut Progress<'_>,
) -> Result<Planned, DataError> {
    let shapes = [source.shape(Modality::Text)?, source.shape(Modality::Image)?];
    let mut warnings = Vec::new();
    let mut rows = Chosen::of(source, config, shapes, labels_are_needed(config), &mut warnings)?;
    if config.data.missing == Missing::Drop {
        warnings.extend(rows.drop_missing(source, progress)?);
    }
    let (splits, of_groups) = rows.splits(config)?;
    warnings.extend(of_groups);
    Ok(Planned { rows, splits, warnings })
}

/// Prepares the tasks of the sweep on the planned rows.
pub(crate) fn prepare(
    source: &mut Source,
    planned: Planned,
    config: &Config,
    progress: &mut Progress<'_>,
) -> Result<Dataset, DataError> {
    let Planned { rows, splits, warnings: of_plan } = planned;
    let source_widths = [source.shape(Modality::Text)?[1], source.shape(Modality::Image)?[1]];
    let mut warnings = check_widths(config, source_widths[0], source_widths[1])?;
    let unused = config.unused_keys().into_iter();
    warnings.extend(unused.map(|key| format!("{key} has no effect: the sweep names nothing that it is for")));
    warnings.extend(of_plan);
    let seeds = config.data.splits();
    let sizes = split::one_size(&splits)?;
    let kept = rows.kept.as_deref();
    // Splits share rows, each of which is read once, where nothing but their scale differs.
    let shares = limit::shares(config);
    let whole = Splits { train: (0..rows.labels.classes.len() as u32).collect(), ..Splits::default() };
    let places = if shares { std::slice::from_ref(&whole) } else { splits.as_slice() };
    let text = fill(source, Modality::Text, kept, places, progress);
    // Both are checked before either is refused, so that one report names every file to fix.
    let image = match &text {
        Ok(_) | Err(DataError::NotFinite { .. }) => fill(source, Modality::Image, kept, places, progress),
        Err(_) => Ok(Filled::default()),
    };
    let (text, image) = both_finite(text, image)?;
    progress.finish();
    let prints = Prints { text: text.prints, image: image.prints };
    warnings.extend(missing_halves(&source.place, config, &prints, kept)?);
    warnings.extend(prints.repeated(&splits, kept));
    let (mut partitions, mut of_splits, mut fingerprints) = (Vec::new(), Vec::new(), Vec::new());
    let mut read = text.splits.into_iter().zip(image.splits);
    let source_rows =
        if shares { read.next().map(|(text, image)| Arc::new([text.train, image.train])) } else { None };
    for (seed, splits) in seeds.into_iter().zip(splits) {
        let (mut text, mut image) = match &source_rows {
            Some(rows) => (Shared::rows(&rows[0], &splits), Shared::rows(&rows[1], &splits)),
            None => read.next().unwrap_or_default(),
        };
        if config.data.missing == Missing::Mean {
            mean_in_place_of_missing(&mut text, &splits, &prints.text);
            mean_in_place_of_missing(&mut image, &splits, &prints.image);
        }
        let mut prepared =
            partition::prepare(seed, splits, [text, image], source_rows.as_ref(), &rows.labels, config)?;
        prepared.partition.test_groups = rows.groups_of(&prepared.partition.test_rows);
        // While the split has its rows: shared ones are made anew each time.
        fingerprints.push(fingerprint::of_partition(&prepared.partition, &config.sweep.tasks));
        prepared.share();
        if let Some(kept) = kept {
            prepared.partition.test_rows.iter_mut().for_each(|row| *row = kept[*row as usize]);
        }
        warnings.extend(prepared.warnings);
        of_splits.push(SplitFacts { seed, tasks: prepared.facts });
        partitions.push(prepared.partition);
    }
    warnings.extend(idle_splits(config));
    // Splits of one data set mostly have the same warnings.
    let mut said = BTreeSet::new();
    warnings.retain(|warning| said.insert(warning.clone()));
    let widths = partitions[0].task(config.sweep.tasks[0]).map(TaskData::widths);
    let [text_width, image_width] = widths.unwrap_or_default();
    let facts = DataFacts {
        name: source.name.clone(),
        text_width,
        image_width,
        source_widths: Some(source_widths),
        rows: sizes,
        tasks: balance::means(&of_splits),
        fingerprint: fingerprint::of_all(&fingerprints),
        splits: if of_splits.len() > 1 { of_splits } else { Vec::new() },
        warnings,
    };
    Ok(Dataset { facts, partitions })
}

/// Splits that no seed of the sweep uses, if there are any.
fn idle_splits(config: &Config) -> Option<String> {
    let used: BTreeSet<usize> =
        config.sweep.seeds.resolve().iter().map(|&seed| config.data.split_of(seed)).collect();
    let splits = config.data.splits();
    let idle: Vec<u64> = splits
        .iter()
        .enumerate()
        .filter(|(place, _)| !used.contains(place))
        .map(|(_, seed)| seed.0)
        .collect();
    (!idle.is_empty()).then(|| {
        let count = splits.len();
        format!(
            "no seed of the sweep has the split of seed {}: seed s has split s mod {count}",
            listed(&idle)
        )
    })
}

/// Refuses widths of the data, as they come, that the sweep cannot use; warns of what changes a task.
pub fn check_widths(config: &Config, text: usize, image: usize) -> Result<Vec<String>, DataError> {
    let width = config.data.width;
    let products: Vec<String> =
        config.sweep.tasks.iter().filter(|task| task.needs_equal_widths()).map(Task::to_string).collect();
    let mut trained = config.fusions().into_iter().chain(config.baselines());
    let product = trained.find(|model| model.needs_equal_widths());
    let crossed = config.noise.conditions.iter().any(|condition| condition.own_noise().is_none());
    if width == 0 && text != image && (product.is_some() || !products.is_empty() || crossed) {
        let what = match (product, products.first()) {
            (Some(model), _) => format!("{model} fusion"),
            (None, Some(task)) => format!("the {task} task (a dot product)"),
            (None, None) => "noise of one modality on the other".to_owned(),
        };
        return Err(DataError::UnequalWidths { what, text, image, smaller: text.min(image) });
    }
    if width > text.max(image) {
        let reason = format!("text and image are {text} and {image} wide");
        return Err(DataError::Width { width, reason });
    }
    let mut warnings = Vec::new();
    if width > text.min(image) && config.data.pad == Pad::Zero {
        warnings.push(format!(
            "`data.pad = \"zero\"` leaves {} of {width} dimensions of the narrower modality empty, and most products zero; `rotate` does not",
            width - text.min(image)
        ));
    }
    if config.data.scale == Scale::Standard && !products.is_empty() {
        warnings.push(format!(
            "`data.scale = \"standard\"` changes the {} task: its dot products are of standardised embeddings",
            listed(&products)
        ));
    }
    Ok(warnings)
}
