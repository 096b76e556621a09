//! From a source's parts to what the model receives: split, project, scale, label, check.

use std::collections::BTreeSet;

use study::config::{Config, Missing, Pad, Scale};
use study::event::{DataFacts, SplitFacts};
use study::grid::Task;

use super::chosen::{Chosen, labels_are_needed};
use super::encoder::Modality;
use super::error::{DataError, listed};
use super::fill::fill;
use super::missing::{mean_in_place_of_missing, missing_halves};
use super::progress::{Loading, Progress};
use super::repeats::Prints;
use super::source::Source;
use super::{Dataset, Inputs};
use super::{balance, fingerprint, partition, split};

/// Prepares the tasks of the sweep; `report` hears how far the reading is.
pub(crate) fn prepare(
    mut source: Source,
    config: &Config,
    report: &mut dyn FnMut(Loading),
) -> Result<Dataset, DataError> {
    let shapes = [source.shape(Modality::Text)?, source.shape(Modality::Image)?];
    let mut warnings = check_widths(config, shapes[0][1], shapes[1][1])?;
    let unused = config.unused_keys().into_iter();
    warnings.extend(unused.map(|key| format!("{key} has no effect: the sweep names nothing that it is for")));
    let mut rows = Chosen::of(&mut source, config, shapes, labels_are_needed(config), &mut warnings)?;
    let passes = if config.data.missing == Missing::Drop { 2 } else { 1 };
    let mut progress = Progress::new(passes * (shapes[0][0] + shapes[1][0]), report);
    if config.data.missing == Missing::Drop {
        warnings.extend(rows.drop_missing(&mut source, &mut progress)?);
    }
    let (splits, seeds) = (rows.splits(config)?, config.data.splits());
    let sizes = split::one_size(&splits)?;
    let kept = rows.kept.as_deref();
    let text = fill(&mut source, Modality::Text, kept, &splits, &mut progress)?;
    let image = fill(&mut source, Modality::Image, kept, &splits, &mut progress)?;
    let prints = Prints { text: text.prints, image: image.prints };
    warnings.extend(missing_halves(&source.place, config, &prints, kept)?);
    warnings.extend(prints.repeated(&splits));
    let (mut partitions, mut of_splits) = (Vec::new(), Vec::new());
    let rows_of_splits = text.splits.into_iter().zip(image.splits);
    for ((seed, splits), (mut text, mut image)) in seeds.into_iter().zip(splits).zip(rows_of_splits) {
        if config.data.missing == Missing::Mean {
            mean_in_place_of_missing(&mut text, &splits, &prints.text);
            mean_in_place_of_missing(&mut image, &splits, &prints.image);
        }
        let mut prepared = partition::prepare(seed, splits, [text, image], &rows.labels, config)?;
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
    let inputs = partitions[0].task(config.sweep.tasks[0]).map(|data| &data.inputs);
    let width = |of: fn(&Inputs) -> usize| inputs.map_or(0, |inputs| of(inputs));
    let facts = DataFacts {
        name: source.name,
        text_width: width(|inputs| inputs.text.train.ncols()),
        image_width: width(|inputs| inputs.image.train.ncols()),
        rows: sizes,
        tasks: balance::means(&of_splits),
        fingerprint: fingerprint::of_partitions(&partitions, &config.sweep.tasks),
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

/// Refuses widths that the sweep cannot use; warns of what changes a task.
fn check_widths(config: &Config, text: usize, image: usize) -> Result<Vec<String>, DataError> {
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
