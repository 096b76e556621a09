//! What a trial's best weights do on the test split: accuracy, ROC, accuracy under noise.

pub(crate) mod noise;

use crate::backend::Backend;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use noise::{Noise, Noised};
use study::config::Activation;
use study::event::SeedEvaluation;
use study::grid::{Epoch, Seed};
use study::roc::roc;
use study::rows::SeedRows;

/// A test split and how to evaluate heads on it.
pub(crate) struct Evaluation<'a> {
    pub(crate) backend: &'a dyn Backend,
    pub(crate) activation: Activation,
    pub(crate) rows: &'a FusedRows,
    pub(crate) labels: &'a [u8],
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
    /// The numbers for the journal, and the results of single test rows for the best weights.
    pub(crate) fn of(&self, trial: &TrialWeights) -> (SeedEvaluation, SeedRows) {
        let (scores, predicted) = self.test(&trial.best);
        let correct = self.correct(&predicted);
        let roc = roc(&scores, self.labels);
        let Noised { curves, areas, slight_text } =
            self.noise.evaluate(self.backend, trial.seed, &trial.best, self.activation, self.rows);
        let evaluation = SeedEvaluation {
            seed: trial.seed,
            best_epoch: trial.best_epoch,
            val_accuracy: trial.val_accuracy,
            test_accuracy: share(&correct),
            test_balanced_accuracy: self.balanced(&correct),
            test_last_accuracy: share(&self.correct(&self.test(&trial.last).1)),
            auc: roc.as_ref().map(|roc| roc.auc),
            true_positive_rate: roc.map(|roc| roc.true_positive_rate).unwrap_or_default(),
            noise: curves,
        };
        (evaluation, SeedRows { correct, areas, slight_text })
    }

    /// Score (difference of the two logits) and predicted class of every test row.
    fn test(&self, head: &Parameters) -> (Vec<f32>, Vec<i64>) {
        let logits = self.backend.logits(head, self.activation, self.rows); // [rows, 2]
        let of_rows = || logits.as_chunks::<2>().0.iter();
        (
            of_rows().map(|[zero, one]| one - zero).collect(),
            of_rows().map(|[zero, one]| i64::from(one > zero)).collect(),
        )
    }

    fn correct(&self, predicted: &[i64]) -> Vec<bool> {
        predicted.iter().zip(self.labels).map(|(&predicted, &label)| predicted == i64::from(label)).collect()
    }

    /// Mean of the two classes' recalls; the one there is where the other is missing.
    fn balanced(&self, correct: &[bool]) -> f64 {
        let recalls: Vec<f64> = [0, 1]
            .into_iter()
            .filter_map(|class| {
                let of_class: Vec<bool> = correct
                    .iter()
                    .zip(self.labels)
                    .filter(|pair| *pair.1 == class)
                    .map(|pair| *pair.0)
                    .collect();
                (!of_class.is_empty()).then(|| share(&of_class))
            })
            .collect();
        recalls.iter().sum::<f64>() / recalls.len() as f64
    }
}

fn share(correct: &[bool]) -> f64 {
    correct.iter().filter(|&&right| right).count() as f64 / correct.len() as f64
}
