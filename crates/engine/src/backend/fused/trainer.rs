//! Training through the fused kernel: a model's whole step is one call, or a few.

use super::KernelForm;
use super::models::Models;
use crate::backend::Trainer;
use crate::backend::adamw::Adamw;
use crate::backend::inputs::CohortInputs;
use crate::backend::kernel::{Kernel, KernelRows, Update};
use crate::backend::parameters::Parameters;
use crate::backend::sums::{Sums, host};
use crate::error::EngineError;
use study::config::Activation;
use study::grid::Epoch;

pub(super) struct FusedTrainer {
    kernel: Kernel,
    models: Models,
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
        form: &KernelForm,
        parameters: &Parameters,
        optimizer: &Adamw,
        inputs: &CohortInputs,
        activation: Activation,
    ) -> Self {
        let (first_moments, second_moments, _) = optimizer.state();
        let (rows, labels) = (&inputs.rows, &inputs.labels);
        Self {
            kernel: Kernel::new(),
            models: Models::of(form, parameters, Some([first_moments, second_moments]), activation),
            train: Part { rows: KernelRows::of(&rows.train), labels: host(&labels.train) },
            validation: Part { rows: KernelRows::of(&rows.validation), labels: host(&labels.validation) },
            order: Vec::new(),
            sums: vec![Sums::default(); parameters.seeds()],
        }
    }
}

impl Trainer for FusedTrainer {
    fn begin_epoch(&mut self, _: Epoch, order: Vec<Vec<u32>>) {
        self.order = order;
        self.sums.fill(Sums::default());
    }

    fn set_labels(&mut self, labels: Vec<i64>) {
        self.train.labels = labels;
    }

    fn step(
        &mut self,
        _: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError> {
        optimizer.begin_step();
        let update = Update { settings: optimizer.settings(), count: optimizer.count() };
        let Part { rows, labels } = &self.train;
        for (head, order) in self.order.iter().enumerate() {
            let batch = &order[first..first + count];
            let of_step = self.models.step(&mut self.kernel, update, head, rows, batch, labels);
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
        let mut logits = vec![0.0; self.models.classes() * labels.len()];
        let heads = 0..self.sums.len();
        heads
            .map(|head| {
                self.models.logits(&mut self.kernel, head, rows, &mut logits);
                self.kernel.score(&logits, labels)
            })
            .collect()
    }
}
