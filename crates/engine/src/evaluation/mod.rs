//! What a trial's best weights do on the test split: accuracy, ROC, accuracy under noise.

use tch::Tensor;

use super::device::Arithmetic;
use super::head::logits;
use super::inputs::FusedRows;
use super::kernel::{Heads, Kernel, KernelRows};
use super::noise::{Noise, Noised};
use super::parameters::Parameters;
use study::config::Activation;
use study::event::SeedEvaluation;
use study::grid::{Epoch, Seed};
use study::roc::roc;
use study::rows::SeedRows;

/// Rows that are evaluated at once.
const BLOCK: i64 = 4096;

/// A test split and what is asked of it.
pub(super) struct Evaluation<'a> {
    pub(super) arithmetic: Arithmetic,
    pub(super) activation: Activation,
    pub(super) rows: &'a FusedRows,
    pub(super) labels: &'a [u8],
    pub(super) noise: Noise<'a>,
}

/// A trial's weights, each a stack of one, and where its best ones were found.
pub(super) struct TrialWeights {
    pub(super) seed: Seed,
    pub(super) best_epoch: Epoch,
    pub(super) val_accuracy: f64,
    pub(super) best: Parameters,
    pub(super) last: Parameters,
}

impl Evaluation<'_> {
    /// The numbers for the journal, and what single test rows say of the best weights.
    pub(super) fn of(&self, trial: &TrialWeights) -> (SeedEvaluation, SeedRows) {
        let (scores, predicted) = self.test(&trial.best);
        let correct = self.correct(&predicted);
        let roc = roc(&scores, self.labels);
        let Noised { curves, areas, slight_text } =
            self.noise.evaluate(self.arithmetic, trial.seed, &trial.best, self.activation, self.rows);
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
    fn test(&self, parameters: &Parameters) -> (Vec<f32>, Vec<i64>) {
        let logits = self.logits(parameters);
        let of_rows = || logits.as_chunks::<2>().0.iter();
        (
            of_rows().map(|[zero, one]| one - zero).collect(),
            of_rows().map(|[zero, one]| i64::from(one > zero)).collect(),
        )
    }

    /// `[rows, 2]`
    fn logits(&self, parameters: &Parameters) -> Vec<f32> {
        match self.arithmetic {
            Arithmetic::Fused => {
                let rows = KernelRows::of(self.rows);
                let mut out = vec![0.0; 2 * rows.len()];
                Kernel::new().logits(&Heads::of(parameters), self.activation, 0, &rows, 0, &mut out);
                out
            }
            Arithmetic::LibTorch => {
                let mut out = Vec::new();
                for first in (0..self.rows.len()).step_by(BLOCK as usize) {
                    let rows = self.rows.narrow(first, BLOCK.min(self.rows.len() - first));
                    out.extend(host::<f32>(&logits(parameters, self.activation, &rows).view([-1])));
                }
                out
            }
        }
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

/// A one-dimensional tensor's values.
pub(super) fn host<T: tch::kind::Element + Copy + Default>(tensor: &Tensor) -> Vec<T> {
    let mut values = vec![T::default(); tensor.numel()];
    tensor.copy_data(&mut values, tensor.numel());
    values
}
