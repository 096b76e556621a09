//! Tasks that are graded by a score of both embeddings: a label is 1 where the score is above its median on the training
//! split. Beside the dot product of [`super::synthetic`], they say whether a fusion gains from interactions, or from
//! just this one.
//!
//! x and y are the embeddings as the model receives them, x̃ and ỹ less their training means `μ_x` and `μ_y`, z(·)
//! standardised on the training split (mean 0, deviation over n 1):
//! - `rotated`: `x·Qy`, Q random orthonormal;
//! - `rank1`: `(u·x̃)(v·ỹ)`, u and v random unit vectors;
//! - `additive`: `u·x + v·y`, each term by its deviation;
//! - `aligned:a`: `x̃·μ_y + μ_x·ỹ + sd(x̃·ỹ)·z(√(1 − a²)·z(x̃·Qỹ) + a·z(x̃·ỹ))`.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand_distr::{Distribution, StandardNormal};

use study::event::SplitOf;
use study::grid::Task;
use study::random::{Purpose, stream};
use study::statistics::median;

use super::Inputs;
use super::blocks::{BLOCK, in_parallel};
use super::encoder::mean;
use super::orthonormal;

/// How such a task's labels are made of the model's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Graded {
    /// Number of the frozen random choice.
    pub draw: usize,
    /// Training means of text and image.
    pub means: (Vec<f64>, Vec<f64>),
    /// Mean and deviation, on training rows, of each part of the score that is standardised.
    pub parts: Vec<(f64, f64)>,
    /// A score above it is labelled 1.
    pub threshold: f64,
}

/// What a row contributes before anything is standardised; as many as the task has, then zeros.
type Terms = [f64; 3];

/// What is drawn at random, by the second part of the key.
#[derive(Clone, Copy)]
enum Kind {
    Matrix = 0,
    Rank1 = 1,
    Additive = 2,
}

/// Text and image of the same rows.
type Rows<'a> = (&'a Array2<f32>, &'a Array2<f32>);

/// x·Qy of every row of a data set, for each draw: the tasks that need it share it.
pub(crate) struct Rotations<'a> {
    inputs: &'a Inputs,
    made: BTreeMap<usize, (Array2<f64>, SplitOf<Vec<f64>>)>,
}

impl<'a> Rotations<'a> {
    pub(crate) const fn new(inputs: &'a Inputs) -> Self {
        Self { inputs, made: BTreeMap::new() }
    }

    fn of(&mut self, draw: usize) -> &(Array2<f64>, SplitOf<Vec<f64>>) {
        let (text, image) = (&self.inputs.text, &self.inputs.image);
        self.made.entry(draw).or_insert_with(|| {
            let matrix = matrix(draw, text.train.ncols());
            let products = SplitOf {
                train: rotated((&text.train, &image.train), &matrix),
                validation: rotated((&text.validation, &image.validation), &matrix),
                test: rotated((&text.test, &image.test), &matrix),
            };
            (matrix, products)
        })
    }
}

impl Graded {
    /// Fits the task's score on the training rows of `inputs`; the scores of all rows.
    pub(crate) fn fit(
        task: Task,
        draw: usize,
        inputs: &Inputs,
        rotations: &mut Rotations<'_>,
    ) -> (Self, SplitOf<Vec<f64>>) {
        let means = (mean(&inputs.text.train).to_vec(), mean(&inputs.image.train).to_vec());
        let mut graded = Self { draw, means, parts: Vec::new(), threshold: 0.0 };
        let rotation = needs_matrix(task).then(|| rotations.of(draw));
        let terms = |rows: Rows<'_>, of: fn(&SplitOf<Vec<f64>>) -> &Vec<f64>| {
            graded.terms(task, rows, rotation.map(|(matrix, products)| (matrix, &**of(products))))
        };
        let (text, image) = (&inputs.text, &inputs.image);
        let terms = SplitOf {
            train: terms((&text.train, &image.train), |all| &all.train),
            validation: terms((&text.validation, &image.validation), |all| &all.validation),
            test: terms((&text.test, &image.test), |all| &all.test),
        };
        graded.parts = parts(task, &terms.train);
        let scores = terms.map(|terms| graded.scores(task, terms));
        graded.threshold = median(&scores.train).unwrap_or(0.0);
        (graded, scores)
    }

    /// The label of every row of the model's. `[rows]`
    pub(crate) fn labels(&self, task: Task, text: &Array2<f32>, image: &Array2<f32>) -> Vec<u16> {
        let rotation = needs_matrix(task).then(|| {
            let matrix = matrix(self.draw, text.ncols());
            let products = rotated((text, image), &matrix);
            (matrix, products)
        });
        let rotation = rotation.as_ref().map(|(matrix, products)| (matrix, &**products));
        self.cut(&self.scores(task, &self.terms(task, (text, image), rotation)))
    }

    /// The label of every score.
    pub(crate) fn cut(&self, scores: &[f64]) -> Vec<u16> {
        scores.iter().map(|&score| u16::from(score > self.threshold)).collect()
    }

    /// Whether it fits the task and rows of these widths, as what a file says may not.
    pub fn is_sound(&self, task: Task, [text, image]: [usize; 2]) -> bool {
        let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
        let are_parts = self.parts.iter().all(|&(mean, deviation)| mean.is_finite() && deviation.is_finite());
        (self.means.0.len(), self.means.1.len()) == (text, image)
            && finite(&self.means.0)
            && finite(&self.means.1)
            && are_parts
            && self.parts.len() == parts(task, &[]).len()
            && self.threshold.is_finite()
            && (!task.needs_equal_widths() || text == image)
    }

    /// `rotation` is Q, and x·Qy of every row, where the task needs it.
    fn terms(&self, task: Task, rows: Rows<'_>, rotation: Option<(&Array2<f64>, &[f64])>) -> Vec<Terms> {
        let (of_text, of_image) = (ArrayView1::from(&self.means.0), ArrayView1::from(&self.means.1));
        let vectors = |kind| unit_vectors(self.draw, kind, [of_text.len(), of_image.len()]);
        match (task, rotation) {
            (Task::Rotated, Some((_, products))) => {
                products.iter().map(|&product| [product, 0.0, 0.0]).collect()
            }
            (Task::Aligned(_), Some((matrix, products))) => {
                // x̃·Qỹ = x·Qy − μ_x·Qy − x·Qμ_y + μ_x·Qμ_y
                let (left, right) = (of_text.dot(matrix), matrix.dot(&of_image));
                let both = of_text.dot(&right);
                let of_row = |x: ArrayView1<'_, f32>, y: ArrayView1<'_, f32>, product: f64| {
                    let (x, y) = (x.mapv(f64::from), y.mapv(f64::from));
                    let rotated = product - left.dot(&y) - right.dot(&x) + both;
                    let (x, y) = (&x - &of_text, &y - &of_image);
                    [x.dot(&of_image) + of_text.dot(&y), x.dot(&y), rotated]
                };
                let pairs = rows.0.rows().into_iter().zip(rows.1.rows());
                pairs.zip(products).map(|((x, y), &product)| of_row(x, y, product)).collect()
            }
            (Task::Rank1, _) => {
                let [u, v] = vectors(Kind::Rank1);
                let (in_text, in_image) = (of_text.dot(&u), of_image.dot(&v));
                let by_row = |(x, y): (f64, f64)| [(x - in_text) * (y - in_image), 0.0, 0.0];
                along(rows.0, &u).into_iter().zip(along(rows.1, &v)).map(by_row).collect()
            }
            (Task::Additive, _) => {
                let [u, v] = vectors(Kind::Additive);
                along(rows.0, &u).into_iter().zip(along(rows.1, &v)).map(|(x, y)| [x, y, 0.0]).collect()
            }
            (Task::Real | Task::Synthetic | Task::Rotated | Task::Aligned(_), _) => Vec::new(),
        }
    }

    fn scores(&self, task: Task, terms: &[Terms]) -> Vec<f64> {
        let score = |terms: &Terms| match (task, &*self.parts) {
            (Task::Additive, &[(_, of_text), (_, of_image)]) => terms[0] / of_text + terms[1] / of_image,
            (Task::Aligned(alignment), &[plain, rotated, mixed]) => {
                let mixture = mixture(alignment.value(), terms, plain, rotated);
                terms[0] + plain.1 * (mixture - mixed.0) / mixed.1
            }
            _ => terms[0],
        };
        terms.iter().map(score).collect()
    }
}

/// Mean and deviation of what the task standardises.
fn parts(task: Task, terms: &[Terms]) -> Vec<(f64, f64)> {
    let of = |place: usize| moments(terms.iter().map(|terms| terms[place]));
    match task {
        Task::Additive => vec![of(0), of(1)],
        Task::Aligned(alignment) => {
            let (plain, rotated) = (of(1), of(2));
            let mixed = moments(terms.iter().map(|terms| mixture(alignment.value(), terms, plain, rotated)));
            vec![plain, rotated, mixed]
        }
        Task::Real | Task::Synthetic | Task::Rotated | Task::Rank1 => Vec::new(),
    }
}

/// √(1 − a²)·z(x̃·Qỹ) + a·z(x̃·ỹ)
fn mixture(a: f64, terms: &Terms, plain: (f64, f64), rotated: (f64, f64)) -> f64 {
    (1.0 - a * a).sqrt() * (terms[2] - rotated.0) / rotated.1 + a * (terms[1] - plain.0) / plain.1
}

/// Mean and deviation over n; 1 without variance.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

const fn needs_matrix(task: Task) -> bool {
    matches!(task, Task::Rotated | Task::Aligned(_))
}

/// Q of a draw. `[width, width]`
fn matrix(draw: usize, width: usize) -> Array2<f64> {
    orthonormal::rows(width, width, &mut stream(Purpose::Grading, draw as u64, Kind::Matrix as u64, 0))
}

/// x·Qy of every row. `[rows]`
fn rotated((text, image): Rows<'_>, matrix: &Array2<f64>) -> Vec<f64> {
    let mut products = vec![0.0; text.nrows()];
    let blocks = text.axis_chunks_iter(Axis(0), BLOCK).zip(image.axis_chunks_iter(Axis(0), BLOCK));
    in_parallel(blocks.zip(products.chunks_mut(BLOCK)), |((text, image), products)| {
        let turned = text.mapv(f64::from).dot(matrix); // xᵀQ [block, width]
        for ((x, y), product) in turned.rows().into_iter().zip(image.rows()).zip(products) {
            *product = x.iter().zip(y).map(|(&x, &y)| x * f64::from(y)).sum();
        }
    });
    products
}

/// Every row along a direction. `[rows]`
fn along(rows: &Array2<f32>, direction: &Array1<f64>) -> Vec<f64> {
    let dot = |row: ArrayView1<'_, f32>| {
        row.iter().zip(direction).map(|(&value, &part)| f64::from(value) * part).sum()
    };
    rows.rows().into_iter().map(dot).collect()
}

/// u and v of a draw: random unit vectors for text and image of these widths.
fn unit_vectors(draw: usize, kind: Kind, widths: [usize; 2]) -> [Array1<f64>; 2] {
    let vector = |part: u64, width: usize| {
        let mut rng = stream(Purpose::Grading, draw as u64, kind as u64, part);
        let gaussian: Array1<f64> = (0..width).map(|_| -> f64 { StandardNormal.sample(&mut rng) }).collect();
        let norm = gaussian.dot(&gaussian).sqrt();
        gaussian / norm
    };
    [vector(0, widths[0]), vector(1, widths[1])]
}

#[cfg(test)]
mod tests;
