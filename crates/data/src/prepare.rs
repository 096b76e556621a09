//! From a source's parts to what the model receives: split, project, scale, label, check.

use std::collections::BTreeSet;

use ndarray::Axis;

use study::config::{Config, Pad, Scale};
use study::event::{DataFacts, SplitFacts};
use study::grid::Task;

use super::check::{check_finite, check_rows};
use super::column::{Column, Rows};
use super::error::{DataError, listed};
use super::labels::Labels;
use super::repeats::Prints;
use super::source::Parts;
use super::{Dataset, Inputs};
use super::{balance, fingerprint, partition, split};

/// Prepares the tasks of the sweep.
pub(crate) fn prepare(parts: Parts, config: &Config) -> Result<Dataset, DataError> {
    let Parts { name, place, text, image, label, split } = parts;
    let (mut text, mut image) = (text?, image?);
    let mut split = split.transpose()?;
    let is_needed = labels_are_needed(config);
    let label = match label {
        // Without the real task, the label only keeps the splits in proportion.
        Err(_) if !is_needed => None,
        label => Some(label?),
    };
    check_rows(
        &place,
        config,
        [
            Some(Rows::Exactly(text.nrows())),
            Some(Rows::Exactly(image.nrows())),
            label.as_ref().map(Column::rows),
            split.as_ref().map(Column::rows),
        ],
    )?;
    check_finite(&place, &config.data.text, &text)?;
    check_finite(&place, &config.data.image, &image)?;
    let mut warnings = check_widths(config, text.ncols(), image.ncols())?;
    let unused = config.unused_keys().into_iter();
    warnings.extend(unused.map(|key| format!("{key} has no effect: the sweep names nothing that it is for")));

    let label_place = format!("label `{}` of {place}", config.data.label);
    let labels = match label {
        Some(column) => match Labels::of(&column, &config.data, &label_place) {
            Ok(labels) if is_needed || labels.names.is_empty() => {
                warnings.extend(labels.warnings(&column));
                Some(labels)
            }
            Err(error) if is_needed => return Err(error),
            // Runs without the real task were never stratified by more than 0 and 1.
            Ok(_) | Err(_) => None,
        },
        None => None,
    };
    let labels = labels.unwrap_or_else(|| {
        warnings.push("no usable real label: the splits are not stratified by it".into());
        Labels::none(text.nrows())
    });
    let kept = labels.kept.as_deref();
    if let Some(kept) = kept {
        let rows: Vec<usize> = kept.iter().map(|&row| row as usize).collect();
        (text, image) = (text.select(Axis(0), &rows), image.select(Axis(0), &rows));
        if let Some(column) = &mut split {
            column.keep(kept);
        }
    }
    let split_place = format!("split `{}` of {place}", config.data.split);
    let seeds = config.data.splits();
    let (splits, of_groups) =
        split::every_split(&config.data, split.as_ref(), &labels.classes, None, &split_place)?;
    warnings.extend(of_groups);
    let rows = split::one_size(&splits)?;
    warnings.extend(Prints::of(&text, &image).warnings(&splits, kept));
    let rows_of_splits =
        partition::split_rows(text, &splits).into_iter().zip(partition::split_rows(image, &splits));
    let (mut partitions, mut of_splits) = (Vec::new(), Vec::new());
    for ((seed, splits), (text, image)) in seeds.into_iter().zip(splits).zip(rows_of_splits) {
        let mut prepared = partition::prepare(seed, splits, [text, image], &labels, config)?;
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
        name,
        text_width: width(|inputs| inputs.text.train.ncols()),
        image_width: width(|inputs| inputs.image.train.ncols()),
        rows,
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

fn wants(config: &Config, task: Task) -> bool {
    config.sweep.tasks.contains(&task)
}

/// Whether the sweep cannot be prepared without the real label.
pub(crate) fn labels_are_needed(config: &Config) -> bool {
    wants(config, Task::Real) || !config.data.negative.is_empty()
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
