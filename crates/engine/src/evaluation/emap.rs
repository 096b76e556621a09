//! The additive projection of heads' logits on some test rows (EMAP): with f(x, y) the logits of a text and an image,
//! `f̂(i) = mean_j f(x_i, y_j) + mean_j f(x_j, y_i) − mean_jk f(x_j, y_k)`. What a head's accuracy has above that of f̂ needs an
//! interaction of the two modalities.

use tch::Tensor;

use super::predicted;
use super::recombined::Recombined;
use crate::backend::parameters::Parameters;
use study::event::Emap;
use study::random::{Purpose, permutation, stream};

/// Floats of pairs that are made at once (4 MiB).
const BLOCK_FLOATS: i64 = 1 << 20;

/// Projections of heads, made block by block of texts, each with every image.
pub(crate) struct Projections {
    /// Places of the rows in the test split.
    places: Vec<usize>,
    /// Their texts `[rows, n]` and images `[rows, m]`.
    rows: [Tensor; 2],
    /// How many texts are done.
    done: i64,
    /// One for each head.
    sums: Vec<Sums>,
}

/// Sums of one head's logits over pairs.
#[derive(Clone)]
struct Sums {
    classes: usize,
    /// Over images, `[texts, classes]`.
    of_text: Vec<f64>,
    /// Over texts, `[images, classes]`.
    of_image: Vec<f64>,
}

impl Projections {
    /// Of so many test rows, or of all where there are fewer; they are the same for every head.
    pub(crate) fn new(on: &Recombined<'_>, wanted: usize) -> Self {
        let test_rows = on.labels.len();
        let mut places = permutation(test_rows, &mut stream(Purpose::Emap, 0, 0, 0));
        places.truncate(wanted);
        let index: Vec<i64> = places.iter().map(|&place| i64::from(place)).collect();
        let index = Tensor::from_slice(&index).to_device(on.rows[0].device());
        let zeros = |head: &&Parameters| {
            let classes = head.shape().classes as usize;
            let zeros = vec![0.0; places.len() * classes];
            Sums { classes, of_text: zeros.clone(), of_image: zeros }
        };
        Self {
            rows: on.rows.each_ref().map(|rows| rows.index_select(0, &index)),
            done: 0,
            sums: on.heads.iter().map(zeros).collect(),
            places: places.into_iter().map(|place| place as usize).collect(),
        }
    }

    /// Whether every pair is in the sums.
    pub(crate) fn is_complete(&self) -> bool {
        self.sums.is_empty() || self.done as usize == self.places.len()
    }

    /// Adds the next block of texts.
    pub(crate) fn step(&mut self, on: &Recombined<'_>) {
        let [text, image] = &self.rows;
        let all = self.places.len() as i64;
        let texts = (BLOCK_FLOATS / (all * on.floats_of_pair())).clamp(1, all - self.done);
        let text = text.narrow(0, self.done, texts);
        for (sums, logits) in self.sums.iter_mut().zip(on.logits_of_pairs(&text, image)) {
            sums.add(self.done as usize, &logits);
        }
        self.done += texts;
    }

    /// Places in the test split of the rows whose texts and images are paired.
    #[cfg(test)]
    pub(crate) fn places(&self) -> &[usize] {
        &self.places
    }

    /// f̂ of each head, `[rows, classes]`.
    pub(crate) fn projected(&self) -> impl Iterator<Item = Vec<f64>> {
        self.sums.iter().map(Sums::projected)
    }

    /// Accuracies of heads that are right on these test rows, one list for each head; absent without rows.
    pub(crate) fn accuracies<'r>(
        &self,
        labels: &[u16],
        correct: impl Iterator<Item = &'r [bool]>,
    ) -> Vec<Option<Emap>> {
        let rows = self.places.len();
        let share = |right: usize| right as f64 / rows as f64;
        if rows == 0 {
            return vec![None; self.sums.len()];
        }
        let emap = |(projected, correct): (Vec<f64>, &[bool])| {
            let predicted = predicted(&projected, projected.len() / rows);
            let additive =
                self.places.iter().zip(predicted).filter(|&(&place, class)| labels[place] == class);
            Emap {
                rows,
                accuracy: share(self.places.iter().filter(|&&place| correct[place]).count()),
                additive_accuracy: share(additive.count()),
            }
        };
        self.projected().zip(correct).map(|of_head| Some(emap(of_head))).collect()
    }
}

impl Sums {
    /// Adds logits `[texts, images, classes]` of texts from place `first` on.
    fn add(&mut self, first: usize, logits: &[f32]) {
        let of_texts = self.of_text[first * self.classes..].chunks_exact_mut(self.classes);
        for (of_text, logits) in of_texts.zip(logits.chunks_exact(self.of_image.len())) {
            let of_images = self.of_image.chunks_exact_mut(self.classes);
            for (of_image, logits) in of_images.zip(logits.chunks_exact(self.classes)) {
                for ((text, image), &logit) in of_text.iter_mut().zip(of_image).zip(logits) {
                    *text += f64::from(logit);
                    *image += f64::from(logit);
                }
            }
        }
    }

    /// f̂, `[rows, classes]`.
    fn projected(&self) -> Vec<f64> {
        let rows = (self.of_text.len() / self.classes) as f64;
        let mut mean = vec![0.0; self.classes];
        for logits in self.of_text.chunks_exact(self.classes) {
            mean.iter_mut().zip(logits).for_each(|(mean, sum)| *mean += sum / (rows * rows));
        }
        let of_each = self.of_text.iter().zip(&self.of_image).zip(mean.iter().cycle());
        of_each.map(|((text, image), mean)| (text + image) / rows - mean).collect()
    }
}
