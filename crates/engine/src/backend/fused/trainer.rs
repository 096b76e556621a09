//! Training through the fused kernel: a head's whole step is one call.

use crate::backend::Trainer;
use crate::backend::adamw::Adamw;
use crate::backend::inputs::CohortInputs;
use crate::backend::kernel::{Heads, Kernel, KernelRows, Training};
use crate::backend::parameters::Parameters;
use crate::backend::sums::{Sums, host};
use crate::error::EngineError;
use study::config::Activation;

pub(super) struct FusedTrainer {
    kernel: Kernel,
    activation: Activation,
    heads: Heads,
    first_moments: Heads,
    second_moments: Heads,
    train: Part,
    validation: Part,
    /// Each head's rows of the training split in this epoch's order.
    order: Vec<Vec<u32>>,
    sums: Vec<Sums>,
}

/// A split's rows and labels.
struct Part {
    rows: KernelRows,
    labels: Vec<i64>,
}

impl FusedTrainer {
    pub(super) fn new(
        parameters: &Parameters,
        optimizer: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Self {
        let (first_moments, second_moments, _) = optimizer.state();
        let (rows, labels) = (&inputs.rows, &inputs.labels);
        Self {
            kernel: Kernel::new(),
            activation,
            heads: Heads::of(parameters),
            first_moments: Heads::of(first_moments),
            second_moments: Heads::of(second_moments),
            train: Part { rows: KernelRows::of(&rows.train), labels: host(&labels.train) },
            validation: Part { rows: KernelRows::of(&rows.validation), labels: host(&labels.validation) },
            order: Vec::new(),
            sums: vec![Sums::default(); parameters.seeds()],
        }
    }
}

impl Trainer for FusedTrainer {
    fn begin_epoch(&mut self, order: Vec<Vec<u32>>) {
        self.order = order;
        self.sums.fill(Sums::default());
    }

    fn step(
        &mut self,
        _: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError> {
        optimizer.begin_step();
        let training = Training {
            heads: &self.heads,
            first_moments: &self.first_moments,
            second_moments: &self.second_moments,
            settings: optimizer.settings(),
            count: optimizer.count(),
            activation: self.activation,
        };
        let Part { rows, labels } = &self.train;
        for (head, order) in self.order.iter().enumerate() {
            let of_step = self.kernel.step(&training, head, rows, &order[first..first + count], labels);
            self.sums[head].loss += of_step.loss;
            self.sums[head].correct += of_step.correct;
        }
        Ok(())
    }

    fn sums(&self) -> Vec<Sums> {
        self.sums.clone()
    }

    fn set_sums(&mut self, sums: &[Sums]) {
        self.sums.copy_from_slice(sums);
    }

    fn validate(&mut self, _: &Parameters) -> Vec<Sums> {
        let Part { rows, labels } = &self.validation;
        let mut logits = vec![0.0; 2 * labels.len()];
        let heads = 0..self.sums.len();
        heads
            .map(|head| {
                self.kernel.logits(&self.heads, self.activation, head, rows, 0, &mut logits);
                self.kernel.score(&logits, labels)
            })
            .collect()
    }
}
