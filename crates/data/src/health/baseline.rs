//! Logistic regression of text, of image and of both: what a fusion has to beat.

use ndarray::{Array2, Axis, concatenate};
use serde::Serialize;

use study::config::Scale;
use study::confusion::Confusion;

use super::super::blocks::gather;
use super::super::scale;
use super::super::split::Splits;
use super::logistic::Logistic;
use super::sample::{Use, most_rows, sample};

/// Rows × columns × classes that are fitted at most, so that a fit takes seconds.
const MOST_WORK: usize = 400_000_000;
/// Training rows that are not gone below for that.
const FEWEST_ROWS: usize = 1_000;
/// Classes at most: the work grows with them.
const MOST_CLASSES: usize = 200;

/// Logistic regression (L2, C = 1, at most 100 steps of L-BFGS) on standardised columns, fitted on rows of the first split's
/// training part and tested on rows of its test part.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Baselines {
    /// Of text, of image and of both, in this order; empty where none could be fitted.
    pub fitted: Vec<Baseline>,
    /// Why none was fitted.
    pub not_fitted: Option<String>,
    /// Training rows, drawn by a key.
    pub train_rows: usize,
    /// Test rows, drawn by a key.
    pub test_rows: usize,
    /// Share of the test rows that are of the class with most training rows: what knowing nothing gives.
    pub majority_accuracy: f64,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Baseline {
    /// `text`, `image` or `both`.
    pub input: &'static str,
    /// Share of the test rows that are put into the right class.
    pub accuracy: f64,
    /// Mean share over the classes that test rows have.
    pub balanced_accuracy: f64,
    /// Whether the fit came to its end within its steps.
    pub has_converged: bool,
}

impl Baselines {
    /// `first` has the usable rows of the first split; `classes` are empty without a label.
    pub(super) fn of(text: &Array2<f32>, image: &Array2<f32>, classes: &[u16], first: &Splits) -> Self {
        let not_fitted = |why: &str| Self { not_fitted: Some(why.to_owned()), ..Self::default() };
        if classes.is_empty() {
            return not_fitted("there is no usable label");
        }
        let count = classes.iter().max().map_or(0, |&largest| usize::from(largest) + 1).max(2);
        if count > MOST_CLASSES {
            return not_fitted(&format!("{count} classes are more than {MOST_CLASSES}"));
        }
        let width = (text.ncols() + image.ncols()).max(1);
        let most = most_rows(width).min((MOST_WORK / width / count).max(FEWEST_ROWS));
        let (train, tested) =
            (sample(&first.train, most, Use::Train), sample(&first.test, most_rows(width), Use::Test));
        let labels = [&train, &tested].map(|rows| -> Vec<u16> {
            rows.iter().filter_map(|&row| classes.get(row as usize).copied()).collect()
        });
        if labels[0].iter().all(|label| *label == labels[0][0]) {
            return not_fitted("the training rows are of one class");
        }
        if tested.is_empty() || labels[0].len() != train.len() || labels[1].len() != tested.len() {
            return not_fitted("there are no test rows");
        }
        let [text, image] = [text, image].map(|rows| standardised(rows, &train, &tested));
        let joined = |a: &Array2<f32>, b: &Array2<f32>| concatenate(Axis(1), &[a.view(), b.view()]);
        let both = [0, 1].map(|part| joined(&text[part], &image[part]).unwrap_or_default());
        let fitted = [("text", &text), ("image", &image), ("both", &both)];
        Self {
            fitted: fitted.map(|(input, rows)| Baseline::of(input, rows, &labels, count)).to_vec(),
            not_fitted: None,
            train_rows: train.len(),
            test_rows: tested.len(),
            majority_accuracy: majority_accuracy(&labels, count),
        }
    }

    /// The one of this input.
    pub fn of_input(&self, input: &str) -> Option<&Baseline> {
        self.fitted.iter().find(|baseline| baseline.input == input)
    }
}

impl Baseline {
    fn of(
        input: &'static str,
        [train, test]: &[Array2<f32>; 2],
        labels: &[Vec<u16>; 2],
        classes: usize,
    ) -> Self {
        let model = Logistic::fit(train, &labels[0], classes);
        let predicted = model.predict(test);
        let confusion = Confusion::of(labels[1].iter().copied().zip(predicted));
        let right = |class: usize| f64::from(confusion.cell(class, class));
        let recalls: Vec<f64> = confusion
            .of_classes(classes)
            .into_iter()
            .enumerate()
            .filter(|(_, rows)| *rows > 0)
            .map(|(class, rows)| right(class) / rows as f64)
            .collect();
        Self {
            input,
            accuracy: (0..classes).map(right).sum::<f64>() / labels[1].len() as f64,
            balanced_accuracy: recalls.iter().sum::<f64>() / recalls.len() as f64,
            has_converged: model.has_converged,
        }
    }
}

/// Training and test rows, each column less the training mean and by the training deviation.
fn standardised(rows: &Array2<f32>, train: &[u32], test: &[u32]) -> [Array2<f32>; 2] {
    let mut parts = [gather(rows, train), gather(rows, test)];
    let scale = scale::fit(&parts[0], Scale::Standard);
    for part in &mut parts {
        scale.apply(part);
    }
    parts
}

fn majority_accuracy([train, test]: &[Vec<u16>; 2], classes: usize) -> f64 {
    let rows_of =
        |labels: &[u16], class: usize| labels.iter().filter(|label| usize::from(**label) == class).count();
    let largest = (0..classes).rev().max_by_key(|&class| rows_of(train, class)).unwrap_or(0);
    rows_of(test, largest) as f64 / test.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 300 rows; text tells class 2 from the others, image 0 from 1.
    fn rows() -> (Array2<f32>, Array2<f32>, Vec<u16>, Splits) {
        let classes: Vec<u16> = (0..300).map(|row| row % 3).collect();
        let noise = |row: usize| ((row * 7_919 % 101) as f32 - 50.0) / 200.0;
        let text = Array2::from_shape_fn((300, 2), |(row, column)| {
            noise(row + column) + if column == 0 && classes[row] == 2 { 1.0 } else { 0.0 }
        });
        let image = Array2::from_shape_fn((300, 2), |(row, column)| {
            noise(row + 7 * column + 1) + if column == 1 && classes[row] == 1 { 1.0 } else { 0.0 }
        });
        let split = Splits { train: (0..200).collect(), validation: Vec::new(), test: (200..300).collect() };
        (text, image, classes, split)
    }

    #[test]
    fn both_tell_what_neither_does_alone() {
        let (text, image, classes, split) = rows();
        let found = Baselines::of(&text, &image, &classes, &split);
        assert_eq!((found.train_rows, found.test_rows), (200, 100));
        let accuracy = |input| found.of_input(input).unwrap().accuracy;
        assert!(accuracy("text") < 0.8 && accuracy("image") < 0.8, "{found:?}");
        assert!((accuracy("both") - 1.0).abs() < 1e-12, "{found:?}");
        // Rows 200 to 299 are of classes 2, 0, 1, …: 34 of class 2, 33 of each other; training has 67, 67, 66.
        assert!((found.majority_accuracy - 0.33).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let (text, image, classes, split) = rows();
        let why = |classes: &[u16], split: &Splits| {
            Baselines::of(&text, &image, classes, split).not_fitted.unwrap_or_default()
        };
        assert!(why(&[], &split).contains("no usable label"));
        assert!(why(&[1; 300], &split).contains("one class"));
        assert!(why(&classes, &Splits { test: Vec::new(), ..split.clone() }).contains("no test rows"));
        let many: Vec<u16> = (0..300).collect();
        assert!(why(&many, &split).contains("300 classes"));
        assert!(why(&classes, &Splits::default()).contains("one class"));
    }
}
