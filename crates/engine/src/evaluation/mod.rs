//! What a trial's best weights do on the test split: accuracy, ROC, accuracy under noise, with one modality missing, and
//! by an additive projection.

pub(crate) mod emap;
pub(crate) mod missing;
pub(crate) mod noise;
mod recombined;

use crate::backend::Backend;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use noise::{Noise, Noised};
pub(crate) use recombined::Recombined;
use study::config::Activation;
use study::confusion::Confusion;
use study::event::SeedEvaluation;
use study::grid::{Epoch, Seed};
use study::roc::{macro_roc, roc};
use study::rows::SeedRows;

/// A test split and how to evaluate heads on it.
pub(crate) struct Evaluation<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) activation: Activation,
    pub(crate) rows: &'a FusedRows,
    pub(crate) labels: &'a [u16],
    pub(crate) noise: Noise<'a>,
}

/// A trial's weights, each a stack of one, and where its best ones were found.
pub(crate) struct TrialWeights {
    pub(crate) seed: Seed,
    pub(crate) best_epoch: Epoch,
    pub(crate) val_accuracy: f64,
    pub(crate) best: Parameters,
    pub(crate) last: Parameters,
}

impl Evaluation<'_> {
    /// The numbers for the journal but those of [`Recombined`] rows, which many heads share, and the results of single
    /// test rows for the best weights.
    pub(crate) fn of(&self, trial: &TrialWeights) -> (SeedEvaluation, SeedRows) {
        let classes = trial.best.shape().classes as usize;
        let logits = self.logits(&trial.best);
        let predicted = predicted(&logits, classes);
        let correct = self.correct(&predicted);
        let roc = match classes {
            2 => roc(
                &logits.as_chunks::<2>().0.iter().map(|[zero, one]| one - zero).collect::<Vec<_>>(),
                self.labels,
            ),
            _ => macro_roc(&logits, self.labels),
        };
        let pairs = || self.labels.iter().copied().zip(predicted.iter().copied());
        let Noised { curves, areas, slight_text } =
            self.noise.evaluate(self.backend, trial.seed, &trial.best, self.activation, self.rows);
        let last = self::predicted(&self.logits(&trial.last), classes);
        let evaluation = SeedEvaluation {
            seed: trial.seed,
            best_epoch: trial.best_epoch,
            val_accuracy: trial.val_accuracy,
            test_accuracy: share(&correct),
            test_balanced_accuracy: self.balanced(&correct, classes),
            test_last_accuracy: share(&self.correct(&last)),
            auc: roc.as_ref().map(|roc| roc.auc),
            true_positive_rate: roc.map(|roc| roc.true_positive_rate).unwrap_or_default(),
            noise: curves,
            // Of two classes it follows from the accuracies above.
            confusion: if classes > 2 { Confusion::of(pairs()) } else { Confusion::default() },
            missing: None,
            emap: None,
            gate: self.noise.gate(trial.seed, &trial.best, self.activation),
        };
        (evaluation, SeedRows { correct, areas, slight_text })
    }

    /// `[rows, classes]` of the test split.
    fn logits(&self, head: &Parameters) -> Vec<f32> {
        self.backend.logits(head, self.activation, self.rows)
    }

    fn correct(&self, predicted: &[u16]) -> Vec<bool> {
        predicted.iter().zip(self.labels).map(|(predicted, label)| predicted == label).collect()
    }

    /// Mean of the classes' recalls, over those that some row is of.
    fn balanced(&self, correct: &[bool], classes: usize) -> f64 {
        let (mut rows, mut right) = (vec![0_usize; classes], vec![0_usize; classes]);
        for (&label, &is_right) in self.labels.iter().zip(correct) {
            rows[usize::from(label)] += 1;
            right[usize::from(label)] += usize::from(is_right);
        }
        let recalls: Vec<f64> = right
            .into_iter()
            .zip(rows)
            .filter(|(_, rows)| *rows > 0)
            .map(|(right, rows)| right as f64 / rows as f64)
            .collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
}

/// The class of the largest logit of each row, of equals the first.
fn predicted<T: PartialOrd>(logits: &[T], classes: usize) -> Vec<u16> {
    let largest = |row: &[T]| {
        let after = (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        after as u16
    };
    logits.chunks(classes).map(largest).collect()
}

fn share(correct: &[bool]) -> f64 {
    correct.iter().filter(|&&right| right).count() as f64 / correct.len() as f64
}
