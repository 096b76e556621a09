//! One split of a source's rows, from the rows that belong to it to what the model receives: projected, scaled
//! and labelled by what is fitted on its own training rows.

use std::sync::Arc;

use ndarray::Array2;

use study::config::Config;
use study::event::{SplitOf, TaskFacts};
use study::grid::{Seed, Task};

use super::additivity::Additivity;
use super::balance;
use super::encoder::{self, Modality};
use super::error::DataError;
use super::fitted::{Cut, Fitted, FittedModality};
use super::graded::{Graded, Rotations};
use super::labels::Labels;
use super::pairs::dot_products;
use super::scale;
use super::split::Splits;
use super::synthetic;
use super::task_data::{Shared, TaskData};
use super::{Draw, Inputs, Partition};

/// A split that is prepared, and what its user should know.
pub(crate) struct Prepared {
    pub(crate) partition: Partition,
    pub(crate) facts: Vec<TaskFacts>,
    pub(crate) warnings: Vec<String>,
    /// The split's own rows, and what makes them again where splits share rows.
    shared: Option<(Arc<Inputs>, Arc<Shared>)>,
}

impl Prepared {
    /// Gives up the rows that other splits have too.
    pub(crate) fn share(&mut self) {
        if let Some((own, shared)) = self.shared.take() {
            let draws = self.partition.tasks.iter_mut().flat_map(|(_, draws)| draws);
            for draw in draws {
                draw.data.share(&own, &shared);
            }
        }
    }
}

/// Prepares the tasks of the sweep on one split, drawn with `seed`; `text` and `image` are the rows of each subset of it, and
/// `labels` has the real label of every row. `source` has the rows of both modalities, where splits share them.
pub(crate) fn prepare(
    seed: Seed,
    splits: Splits,
    [text, image]: [SplitOf<Array2<f32>>; 2],
    source: Option<&Arc<[Array2<f32>; 2]>>,
    labels: &Labels,
    config: &Config,
) -> Result<Prepared, DataError> {
    let real = splits.map(|rows| rows.iter().map(|&row| labels.classes[row as usize]).collect::<Vec<u16>>());
    let (text, fitted_text) = encode(text, config, Modality::Text)?;
    let (image, fitted_image) = encode(image, config, Modality::Image)?;
    let inputs = Arc::new(Inputs { text, image });
    let scale = [fitted_text.scale.clone(), fitted_image.scale.clone()];
    let shared = source.map(|source| {
        let of_source = Shared { source: Arc::clone(source), places: splits.map(Vec::clone), scale };
        (Arc::clone(&inputs), Arc::new(of_source))
    });
    let mut partition = Partition {
        seed,
        test_rows: splits.test,
        test_groups: Vec::new(),
        fitted: Fitted { text: fitted_text, image: fitted_image },
        cut: None,
        tasks: Vec::new(),
    };
    let mut labelling =
        Labelling { inputs: &inputs, real: &real, config, rotations: Rotations::new(&inputs), fit: None };
    let (mut facts, mut warnings) = (Vec::new(), Vec::new());
    for &task in &config.sweep.tasks {
        // The labels of every other task are made of the rows, and called 0 and 1.
        let names = if task == Task::Real { labels.names.as_slice() } else { &[] };
        let (mut draws, mut of_draws) = (Vec::new(), Vec::new());
        for number in 0..config.synthetic.draws_of(task) {
            let labelled = labelling.label(task, number);
            let Labelled { threshold, additive, .. } = labelled;
            let of_draw = balance::facts(task, &labelled.draw.data.labels, names, threshold, additive);
            warnings.extend(balance::check(&of_draw, config.synthetic.allow_imbalance)?);
            partition.cut = partition.cut.or(labelled.cut);
            of_draws.push(of_draw);
            draws.push(labelled.draw);
        }
        facts.push(balance::mean_of_draws(of_draws));
        partition.tasks.push((task, draws));
    }
    Ok(Prepared { partition, facts, warnings, shared })
}

/// What the tasks of one split are labelled by.
struct Labelling<'a> {
    inputs: &'a Arc<Inputs>,
    real: &'a SplitOf<Vec<u16>>,
    config: &'a Config,
    rotations: Rotations<'a>,
    /// Of scores by the rows of `inputs`, made for the first task that needs it.
    fit: Option<Additivity>,
}

/// One draw of a task's labels, and how it came about.
struct Labelled {
    draw: Draw,
    threshold: Option<f64>,
    additive: Option<f64>,
    cut: Option<Cut>,
}

impl Labelling<'_> {
    fn label(&mut self, task: Task, number: usize) -> Labelled {
        let inputs = Arc::clone(self.inputs);
        match task {
            Task::Real => {
                let data = TaskData::new(inputs, self.real.map(Vec::clone));
                Labelled { draw: Draw { data, graded: None }, threshold: None, additive: None, cut: None }
            }
            Task::Synthetic => {
                let made = synthetic::label(&inputs, &self.config.synthetic);
                let own = made.inputs.map(Arc::new);
                let inputs = own.clone().unwrap_or(inputs);
                let scores = dot_products(&inputs.text.train, &inputs.image.train);
                let additive = match own {
                    Some(own) => Additivity::of(&own).r_squared(&scores),
                    None => self.r_squared(&scores),
                };
                let (threshold, data) = (Some(made.cut.threshold), TaskData::new(inputs, made.labels));
                Labelled { draw: Draw { data, graded: None }, threshold, additive, cut: Some(made.cut) }
            }
            Task::Rotated | Task::Rank1 | Task::Additive | Task::Aligned(_) => {
                let (graded, scores) = Graded::fit(task, number, &inputs, &mut self.rotations);
                let labels = scores.map(|scores| graded.cut(scores));
                let additive = self.r_squared(&scores.train);
                let (threshold, data) = (Some(graded.threshold), TaskData::new(inputs, labels));
                Labelled { draw: Draw { data, graded: Some(graded) }, threshold, additive, cut: None }
            }
        }
    }

    fn r_squared(&mut self, scores: &[f64]) -> Option<f64> {
        self.fit.get_or_insert_with(|| Additivity::of(self.inputs)).r_squared(scores)
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

#[cfg(test)]
mod tests;
