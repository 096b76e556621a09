//! Training through LibTorch's operations: all heads of a stack together, with nothing fetched to the host within an epoch.

use tch::{Device, Kind, Tensor};

use crate::backend::Trainer;
use crate::backend::adamw::Adamw;
use crate::backend::head::{self, StepSums};
use crate::backend::inputs::{CohortInputs, FusedRows};
use crate::backend::loss::{correct, cross_entropy};
use crate::backend::pace::{OnGpu, Pace};
use crate::backend::parameters::Parameters;
use crate::backend::shim::CudaGraph;
use crate::backend::sums::{Sums, host};
use crate::error::EngineError;
use crate::fusion::{self, Together};
use study::config::Activation;
use study::grid::Epoch;

/// Rows that are validated at once.
const VALIDATION_BLOCK: i64 = 4096;

pub(super) struct LibTorchTrainer {
    activation: Activation,
    train: Part,
    validation: Part,
    together: Together,
    /// Of what is done together for all heads; else of one.
    gradients: Parameters,
    /// Rows of the training split in this epoch's order, `[seeds, train size]`, 32-bit integers.
    order: Tensor,
    /// Where the next step begins in the order, a scalar on the device.
    place: Tensor,
    /// The same on the host.
    place_on_host: usize,
    /// 0, 1, … train size − 1.
    counted: Tensor,
    /// Sums over this epoch's steps, `[seeds]`, on the device.
    sums: StepSums,
    replay: Replay,
    /// On a GPU.
    pace: Option<Pace<OnGpu>>,
}

/// Steps as CUDA graphs: the same operations on the same memory, started by one call to the device.
enum Replay {
    Never,
    /// This many steps of whole batches of `count` rows were executed operation by operation.
    Warming {
        count: usize,
        steps: u32,
    },
    Ready {
        count: usize,
        graph: CudaGraph,
    },
}

/// Steps before one is recorded: LibTorch and CUDA set themselves up in the first ones.
const WARM: u32 = 3;

/// A split's rows and labels.
struct Part {
    rows: FusedRows,
    labels: Tensor,
}

impl LibTorchTrainer {
    pub(super) fn new(
        parameters: &Parameters,
        inputs: &CohortInputs,
        activation: Activation,
        uses_graphs: bool,
    ) -> Self {
        let (shape, device) = (parameters.shape(), inputs.labels.train.device());
        let CohortInputs { rows, labels, .. } = inputs.share();
        let (seeds, together) = (parameters.seeds(), Together::of(shape.fusion, &rows.train));
        let of_heads = match together {
            Together::Everything => (seeds, seeds),
            Together::AllButHiddenWeight => (1, seeds),
            Together::Nothing => (1, 1),
        };
        // A graph that autograd makes anew in every step cannot be part of a recorded one.
        let is_recorded = uses_graphs && fusion::is_by_hand(shape.fusion);
        Self {
            activation,
            train: Part { rows: rows.train, labels: labels.train },
            validation: Part { rows: rows.validation, labels: labels.validation },
            together,
            gradients: Parameters::gradients(shape, of_heads, device),
            order: Tensor::zeros([0, 0], (Kind::Int, device)),
            place: Tensor::zeros([], (Kind::Int, device)),
            place_on_host: 0,
            counted: Tensor::zeros([0], (Kind::Int, device)),
            sums: zero_sums(parameters),
            replay: if is_recorded { Replay::Warming { count: 0, steps: 0 } } else { Replay::Never },
            pace: match device {
                Device::Cuda(index) => Some(Pace::new(OnGpu(index))),
                Device::Cpu | Device::Mps | Device::Vulkan => None,
            },
        }
    }

    fn take(&mut self, recorded: Result<CudaGraph, EngineError>, count: usize) {
        self.replay = match recorded {
            Ok(graph) => {
                tracing::debug!(count, "a step is recorded");
                Replay::Ready { count, graph }
            }
            Err(error) => {
                tracing::warn!(%error, "a step cannot be recorded, so its operations are executed one by one");
                Replay::Never
            }
        };
    }

    /// A step's work on the device, which holds all that changes from one step to the next.
    fn operations(
        &self,
        parameters: &Parameters,
        optimizer: &Adamw,
        count: usize,
    ) -> Result<(), EngineError> {
        optimizer.begin_step_on_device();
        let places = self.counted.narrow(0, 0, count as i64) + &self.place;
        let seeds = parameters.seeds();
        match self.together {
            Together::Everything => self.step_of(parameters, optimizer, &places, (0, seeds))?,
            Together::AllButHiddenWeight => self.step_by_weight(parameters, optimizer, &places)?,
            Together::Nothing => {
                for seed in 0..seeds {
                    self.step_of(parameters, optimizer, &places, (seed, 1))?;
                }
            }
        }
        let _ = self.place.shallow_clone().g_add_scalar_(count as i64);
        Ok(())
    }

    /// The step of heads `first .. first + seeds` on the rows at `places` of their orders.
    fn step_of(
        &self,
        parameters: &Parameters,
        optimizer: &Adamw,
        places: &Tensor,
        (first, seeds): (usize, usize),
    ) -> Result<(), EngineError> {
        let (rows, labels) = self.batch(places, (first, seeds));
        let stack = parameters.range(first, seeds);
        let sums = fusion::forward_backward(&stack, self.activation, &rows, &labels, &self.gradients);
        optimizer.update(parameters, first, &self.gradients)?;
        self.add(first, &sums);
        Ok(())
    }

    /// The same of all heads, with the gradient of one hidden layer's weight at a time.
    fn step_by_weight(
        &self,
        parameters: &Parameters,
        optimizer: &Adamw,
        places: &Tensor,
    ) -> Result<(), EngineError> {
        let (rows, labels) = self.batch(places, (0, parameters.seeds()));
        let (activation, gradients) = (self.activation, &self.gradients);
        let (sums, d_before) = head::all_but_hidden_weight(parameters, activation, &rows, &labels, gradients);
        let (of_weight, of_others) = gradients.storage().split_at(1);
        for seed in 0..parameters.seeds() {
            let (d_before, rows) = (d_before.narrow(0, seed as i64, 1), rows.narrow(seed as i64, 1));
            head::hidden_weight_gradient(&d_before, &rows, &gradients.hidden_weight());
            optimizer.update_some(0, parameters, seed, of_weight)?;
        }
        optimizer.update_some(1, parameters, 0, of_others)?;
        self.add(0, &sums);
        Ok(())
    }

    /// Rows `[seeds, batch, …]` and labels `[seeds, batch]` at `places` of the orders of heads `first .. first + seeds`.
    fn batch(&self, places: &Tensor, (first, seeds): (usize, usize)) -> (FusedRows, Tensor) {
        let of_seeds = self.order.narrow(0, first as i64, seeds as i64);
        let index = of_seeds.index_select(1, places).view([-1]);
        let labels = self.train.labels.index_select(0, &index).view([seeds as i64, -1]);
        (self.train.rows.select(&index).split_seeds(seeds as i64), labels)
    }

    /// Adds a step's sums of heads from `first` on.
    fn add(&self, first: usize, sums: &StepSums) {
        accumulate(&self.sums.loss, first, &sums.loss);
        accumulate(&self.sums.correct, first, &sums.correct);
    }

    fn go_to(&mut self, place: usize) {
        let _ = self.place.fill_(place as i64);
        self.place_on_host = place;
    }
}

impl Trainer for LibTorchTrainer {
    fn begin_epoch(&mut self, _: Epoch, order: Vec<Vec<u32>>) {
        let flat: Vec<i32> = order.iter().flatten().map(|&row| row as i32).collect();
        let order = Tensor::from_slice(&flat).view([order.len() as i64, -1]);
        // In the same memory, which a recorded step reads.
        if self.order.size() == order.size() {
            self.order.copy_(&order);
        } else {
            let device = self.train.labels.device();
            self.order = order.to_device(device);
            self.counted = Tensor::arange(order.size()[1], (Kind::Int, device));
        }
        let _ = self.sums.loss.zero_();
        let _ = self.sums.correct.zero_();
    }

    /// In the same memory, which a recorded step reads.
    fn set_labels(&mut self, labels: Vec<i64>) {
        self.train.labels.copy_(&Tensor::from_slice(&labels));
    }

    /// Replays the recorded step, where there is one.
    fn step(
        &mut self,
        parameters: &Parameters,
        optimizer: &mut Adamw,
        first: usize,
        count: usize,
    ) -> Result<(), EngineError> {
        if self.place_on_host != first {
            self.go_to(first);
        }
        optimizer.begin_step_on_host();
        match &mut self.replay {
            Replay::Ready { count: recorded, graph } if *recorded == count => graph.replay()?,
            Replay::Warming { count: whole, steps } if *whole == count && *steps >= WARM => {
                let recorded = CudaGraph::record(|| self.operations(parameters, optimizer, count));
                self.take(recorded, count);
                match &self.replay {
                    Replay::Ready { graph, .. } => graph.replay()?,
                    Replay::Never | Replay::Warming { .. } => {
                        self.operations(parameters, optimizer, count)?;
                    }
                }
            }
            replay => {
                if let Replay::Warming { count: whole, steps } = replay
                    && count >= *whole
                {
                    (*whole, *steps) = (count, if *whole == count { *steps + 1 } else { 1 });
                }
                self.operations(parameters, optimizer, count)?;
            }
        }
        self.place_on_host += count;
        self.pace.as_mut().map_or(Ok(()), Pace::step)
    }

    fn sums(&self) -> Vec<Sums> {
        on_host(&self.sums)
    }

    fn set_sums(&mut self, sums: &[Sums]) {
        let loss: Vec<f64> = sums.iter().map(|sums| sums.loss).collect();
        let correct: Vec<i64> = sums.iter().map(|sums| sums.correct).collect();
        self.sums.loss.copy_(&Tensor::from_slice(&loss));
        self.sums.correct.copy_(&Tensor::from_slice(&correct));
    }

    /// Every head on the same rows.
    fn validate(&mut self, parameters: &Parameters) -> Vec<Sums> {
        let sums = zero_sums(parameters);
        let Part { rows, labels } = &self.validation;
        for first in (0..rows.len()).step_by(VALIDATION_BLOCK as usize) {
            let count = VALIDATION_BLOCK.min(rows.len() - first);
            let labels = labels.narrow(0, first, count).unsqueeze(0); // [1, rows]
            let logits = fusion::logits(parameters, self.activation, &rows.narrow(first, count));
            let of_seeds = labels.expand([parameters.seeds() as i64, -1], false);
            accumulate(&sums.loss, 0, &cross_entropy(&logits.log_softmax(-1, Kind::Float), &of_seeds));
            accumulate(&sums.correct, 0, &correct(&logits, &labels));
        }
        on_host(&sums)
    }
}

/// `[seeds]`: loss in 64-bit floats, so that an epoch's steps add up exactly enough.
fn zero_sums(parameters: &Parameters) -> StepSums {
    let (seeds, device) = (parameters.seeds() as i64, parameters.storage()[0].device());
    StepSums {
        loss: Tensor::zeros([seeds], (Kind::Double, device)),
        correct: Tensor::zeros([seeds], (Kind::Int64, device)),
    }
}

fn on_host(sums: &StepSums) -> Vec<Sums> {
    let (loss, correct) = (host::<f64>(&sums.loss), host::<i64>(&sums.correct));
    loss.into_iter().zip(correct).map(|(loss, correct)| Sums { loss, correct }).collect()
}

/// Adds `part` to the entries of `total` from `first`.
fn accumulate(total: &Tensor, first: usize, part: &Tensor) {
    let _ = total.narrow(0, first as i64, part.size()[0]).g_add_(part);
}
