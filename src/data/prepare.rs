//! From a source's parts to what the model receives: split, project, scale, label, check.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use crate::study::config::{Config, Pad, Scale};
use crate::study::event::{DataFacts, SplitOf, TaskFacts};
use crate::study::grid::{Fusion, Task};

use super::balance;
use super::column::Column;
use super::encoder::{self, Modality};
use super::error::DataError;
use super::fingerprint::fingerprint;
use super::fitted::{Cut, Fitted, FittedModality};
use super::labels;
use super::scale;
use super::source::Parts;
use super::split::{self, Splits};
use super::synthetic;
use super::{Dataset, Inputs, TaskData};

/// Prepares the tasks of the sweep.
pub(crate) fn prepare(parts: Parts, config: &Config) -> Result<Dataset, DataError> {
    let Parts { name, place, text, image, label, split } = parts;
    let (text, image) = (text?, image?);
    let split = split.transpose()?;
    let label = match label {
        // Without the real task, the label only keeps the splits in proportion.
        Err(_) if !wants(config, Task::Real) => None,
        label => Some(label?),
    };
    check_rows(
        &place,
        config,
        [
            Some(text.nrows()),
            Some(image.nrows()),
            label.as_ref().map(Column::len),
            split.as_ref().map(Column::len),
        ],
    )?;
    check_finite(&place, &config.data.text, &text)?;
    check_finite(&place, &config.data.image, &image)?;
    let mut warnings = check_widths(config, text.ncols(), image.ncols())?;

    let label_place = format!("label `{}` of {place}", config.data.label);
    let real = match label.map(|column| labels::binary(&column, &config.data.positive, &label_place)) {
        Some(Ok(labels)) => labels,
        Some(Err(error)) if wants(config, Task::Real) => return Err(error),
        _ => {
            warnings.push("no usable real label: the splits are drawn without regard to it".into());
            vec![0; text.nrows()]
        }
    };
    let split_place = format!("split `{}` of {place}", config.data.split);
    let splits = split::splits(&config.data, split.as_ref(), &real, &split_place)?;
    let real = splits.map(|rows| rows.iter().map(|&row| real[row as usize]).collect::<Vec<u8>>());

    let (text, fitted_text) = encode(text, &splits, config, Modality::Text)?;
    let (image, fitted_image) = encode(image, &splits, config, Modality::Image)?;
    let inputs = Arc::new(Inputs { text, image });
    let fitted = Fitted { text: fitted_text, image: fitted_image };
    let mut tasks = Tasks::default();
    for &task in &config.sweep.tasks {
        tasks.add(task, &inputs, &real, config, &mut warnings)?;
    }
    let facts = DataFacts {
        name,
        text_width: inputs.text.train.ncols(),
        image_width: inputs.image.train.ncols(),
        rows: splits.map(Vec::len),
        tasks: tasks.facts,
        fingerprint: fingerprint(
            tasks
                .real
                .iter()
                .map(|data| (Task::Real, data))
                .chain(tasks.synthetic.iter().map(|data| (Task::Synthetic, data))),
        ),
        warnings,
    };
    Ok(Dataset { facts, fitted, cut: tasks.cut, real: tasks.real, synthetic: tasks.synthetic })
}

#[derive(Default)]
struct Tasks {
    facts: Vec<TaskFacts>,
    cut: Option<Cut>,
    real: Option<TaskData>,
    synthetic: Option<TaskData>,
}

impl Tasks {
    fn add(
        &mut self,
        task: Task,
        inputs: &Arc<Inputs>,
        real: &SplitOf<Vec<u8>>,
        config: &Config,
        warnings: &mut Vec<String>,
    ) -> Result<(), DataError> {
        let (data, threshold) = match task {
            Task::Real => (TaskData { inputs: Arc::clone(inputs), labels: real.map(Vec::clone) }, None),
            Task::Synthetic => {
                let made = synthetic::label(inputs, &config.synthetic);
                let inputs = made.inputs.map_or_else(|| Arc::clone(inputs), Arc::new);
                let threshold = made.cut.threshold;
                self.cut = Some(made.cut);
                (TaskData { inputs, labels: made.labels }, Some(threshold))
            }
        };
        let facts = balance::facts(task, &data.labels, threshold);
        warnings.extend(balance::check(&facts, config.synthetic.allow_imbalance)?);
        self.facts.push(facts);
        match task {
            Task::Real => self.real = Some(data),
            Task::Synthetic => self.synthetic = Some(data),
        }
        Ok(())
    }
}

fn wants(config: &Config, task: Task) -> bool {
    config.sweep.tasks.contains(&task)
}

/// One modality, split, projected and scaled, and what was fitted for that. The source's rows are let go
/// once they are dealt out.
fn encode(
    rows: Array2<f32>,
    splits: &Splits,
    config: &Config,
    modality: Modality,
) -> Result<(SplitOf<Array2<f32>>, FittedModality), DataError> {
    let mut dealt = splits.map(|wanted| gather(&rows, wanted));
    drop(rows);
    let mut projection = None;
    if config.data.width > 0 {
        let map = encoder::fit(&dealt.train, config.data.width, config.data.pad, modality)?;
        let SplitOf { train, validation, test } = dealt;
        // One split at a time: the unprojected rows are let go as soon as they are used.
        let projected = |rows: Array2<f32>| encoder::apply(&rows, &map);
        dealt = SplitOf { train: projected(train), validation: projected(validation), test: projected(test) };
        projection = Some(map);
    }
    let scale = scale::fit(&dealt.train, config.data.scale);
    for rows in [&mut dealt.train, &mut dealt.validation, &mut dealt.test] {
        scale.apply(rows);
    }
    Ok((dealt, FittedModality { projection, scale }))
}

fn gather(rows: &Array2<f32>, wanted: &[u32]) -> Array2<f32> {
    let mut out = Array2::zeros((wanted.len(), rows.ncols()));
    for (mut to, &from) in out.axis_iter_mut(Axis(0)).zip(wanted) {
        to.assign(&rows.row(from as usize));
    }
    out
}

pub(crate) fn check_rows(place: &str, config: &Config, rows: [Option<usize>; 4]) -> Result<(), DataError> {
    let data = &config.data;
    let names = [&data.text, &data.image, &data.label, &data.split];
    let counted: Vec<(&String, usize)> =
        names.into_iter().zip(rows).filter_map(|(name, rows)| Some((name, rows?))).collect();
    if counted.windows(2).all(|pair| pair[0].1 == pair[1].1) {
        return Ok(());
    }
    let counts: Vec<String> = counted.iter().map(|(name, rows)| format!("`{name}` has {rows}")).collect();
    Err(DataError::RowCounts { path: place.to_owned(), counts: counts.join(", ") })
}

pub(crate) fn check_finite(place: &str, name: &str, values: &Array2<f32>) -> Result<(), DataError> {
    let (mut count, mut rows, mut first) = (0, 0, None);
    for (number, row) in values.rows().into_iter().enumerate() {
        let bad = row.iter().filter(|value| !value.is_finite()).count();
        if bad > 0 {
            count += bad;
            rows += 1;
            first.get_or_insert(number);
        }
    }
    match first {
        None => Ok(()),
        Some(first) => {
            Err(DataError::NotFinite { place: format!("array `{name}` of {place}"), count, rows, first })
        }
    }
}

/// Refuses widths that the sweep cannot use; warns of what changes a task.
fn check_widths(config: &Config, text: usize, image: usize) -> Result<Vec<String>, DataError> {
    let width = config.data.width;
    let synthetic = wants(config, Task::Synthetic);
    // What a baseline needs, a fusion of the sweep needs as well.
    let product = config.sweep.fusions.iter().copied().any(Fusion::needs_equal_widths);
    if width == 0 && text != image && (product || synthetic) {
        let what = if product { "product fusion" } else { "the synthetic task (a dot product)" };
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
    if config.data.scale == Scale::Standard && synthetic {
        warnings.push("`data.scale = \"standard\"` changes the synthetic task: its dot products are of standardised embeddings".into());
    }
    Ok(warnings)
}
