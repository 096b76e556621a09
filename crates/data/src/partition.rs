//! One split of a source's rows, from the rows that belong to it to what the model receives: projected, scaled
//! and labelled by what is fitted on its own training rows.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use study::config::Config;
use study::event::{SplitOf, TaskFacts};
use study::grid::{Seed, Task};

use super::balance;
use super::encoder::{self, Modality};
use super::error::DataError;
use super::fitted::{Fitted, FittedModality};
use super::labels::Labels;
use super::scale;
use super::split::Splits;
use super::synthetic;
use super::{Inputs, Partition, TaskData};

/// A split that is prepared, and what its user should know.
pub(crate) struct Prepared {
    pub(crate) partition: Partition,
    pub(crate) facts: Vec<TaskFacts>,
    pub(crate) warnings: Vec<String>,
}

/// Copies the rows of one modality into every split, then frees the source's rows.
pub(crate) fn split_rows(rows: Array2<f32>, splits: &[Splits]) -> Vec<SplitOf<Array2<f32>>> {
    let copies = splits.iter().map(|splits| splits.map(|wanted| gather(&rows, wanted))).collect();
    drop(rows);
    copies
}

/// Prepares the tasks of the sweep on one split, drawn with `seed`; `text` and `image` are the rows of each subset of it, and
/// `labels` has the real label of every row.
pub(crate) fn prepare(
    seed: Seed,
    splits: Splits,
    [text, image]: [SplitOf<Array2<f32>>; 2],
    labels: &Labels,
    config: &Config,
) -> Result<Prepared, DataError> {
    let real = splits.map(|rows| rows.iter().map(|&row| labels.classes[row as usize]).collect::<Vec<u16>>());
    let (text, fitted_text) = encode(text, config, Modality::Text)?;
    let (image, fitted_image) = encode(image, config, Modality::Image)?;
    let inputs = Arc::new(Inputs { text, image });
    let mut partition = Partition {
        seed,
        test_rows: splits.test,
        fitted: Fitted { text: fitted_text, image: fitted_image },
        cut: None,
        real: None,
        synthetic: None,
    };
    let (mut facts, mut warnings) = (Vec::new(), Vec::new());
    for &task in &config.sweep.tasks {
        let (data, threshold) = partition.label(task, &inputs, &real, config);
        let names = match task {
            Task::Real => labels.names.as_slice(),
            Task::Synthetic => &[],
        };
        let of_task = balance::facts(task, &data.labels, names, threshold);
        warnings.extend(balance::check(&of_task, config.synthetic.allow_imbalance)?);
        facts.push(of_task);
        match task {
            Task::Real => partition.real = Some(data),
            Task::Synthetic => partition.synthetic = Some(data),
        }
    }
    Ok(Prepared { partition, facts, warnings })
}

impl Partition {
    /// The task's inputs and labels, and where its dot products were cut.
    fn label(
        &mut self,
        task: Task,
        inputs: &Arc<Inputs>,
        real: &SplitOf<Vec<u16>>,
        config: &Config,
    ) -> (TaskData, Option<f64>) {
        match task {
            Task::Real => (TaskData { inputs: Arc::clone(inputs), labels: real.map(Vec::clone) }, None),
            Task::Synthetic => {
                let made = synthetic::label(inputs, &config.synthetic);
                let inputs = made.inputs.map_or_else(|| Arc::clone(inputs), Arc::new);
                let threshold = made.cut.threshold;
                self.cut = Some(made.cut);
                (TaskData { inputs, labels: made.labels }, Some(threshold))
            }
        }
    }
}

/// One modality, projected and scaled, and what was fitted for that.
fn encode(
    mut rows: SplitOf<Array2<f32>>,
    config: &Config,
    modality: Modality,
) -> Result<(SplitOf<Array2<f32>>, FittedModality), DataError> {
    let mut projection = None;
    if config.data.width > 0 {
        let map = encoder::fit(&rows.train, config.data.width, config.data.pad, modality)?;
        let SplitOf { train, validation, test } = rows;
        // One subset at a time: the unprojected rows are freed as soon as they are used.
        let projected = |rows: Array2<f32>| encoder::apply(&rows, &map);
        rows = SplitOf { train: projected(train), validation: projected(validation), test: projected(test) };
        projection = Some(map);
    }
    let scale = scale::fit(&rows.train, config.data.scale);
    for subset in [&mut rows.train, &mut rows.validation, &mut rows.test] {
        scale.apply(subset);
    }
    Ok((rows, FittedModality { projection, scale }))
}

fn gather(rows: &Array2<f32>, wanted: &[u32]) -> Array2<f32> {
    let mut out = Array2::zeros((wanted.len(), rows.ncols()));
    for (mut to, &from) in out.axis_iter_mut(Axis(0)).zip(wanted) {
        to.assign(&rows.row(from as usize));
    }
    out
}

#[cfg(test)]
mod tests;
