//! What a configuration costs, in floating-point operations of a training step: a model of it, by which work done is
//! weighed and time left is estimated.

use super::config::{Config, Kernels, NoiseMeans};
use super::event::RunHeader;
use super::grid::CohortId;
use super::model::{Fusion, Keeps, ModelId, Robust, Sizes, UnderNoise};

mod work;

pub use work::{BYTES_OF_STEP, Work};

// What else is worth as many operations, fitted to the 128 configurations of the quick study and to steps of tensor fusion
// at width 768 on two Zen 5 cores (360 and 440 GFLOP/s).

/// A value of a row that is read for a step.
const VALUE: f64 = 20.0;
/// A seed's step, whatever it is of.
const STEP: f64 = 1.2e6;
/// The same where autograd finds the gradients, some dozens of operations of LibTorch. Roughly: measured on two cores
/// that others used as well.
const AUTOGRAD_STEP: f64 = 1.5e8;
/// A forward pass of such a model on test rows under noise, likewise.
const PASS: f64 = 4e7;
/// Floats of pairs that such a model computes in a pass.
const PAIR_FLOATS: f64 = 1_048_576.0;
/// Forward passes of what the kernel evaluates noise from, for each mean, where it is no polynomial as a whole.
const PIECES: f64 = 3.0;
/// A seed's epoch: its order and its line in the journal.
const EPOCH: f64 = 8.9e6;
/// A level, condition, unit and test row under noise.
const NOISE: f64 = 17.0;
/// `AdamW`'s update of one parameter, six reads and writes, where weights and moments do not stay in the cache.
const UPDATE: f64 = 140.0;
/// Bytes that stay in the cache.
const CACHE: f64 = 8e6;
/// Drawing an initial weight.
const INITIAL: f64 = 600.0;

// The same for learned fusions and for training against noise, each against concat in one study: eight fusions at width 64,
// some of them at 768, and three ways to train; on the same cores, which others used as well. So these are rough.

/// What a row of each layer beyond two is worth, in parameters: activations and calls of projections, gates and experts.
const LAYER: f64 = 1_600.0;
/// A row with a one behind it is as long as this multiple of floats.
const LANE: usize = 16;
/// A value of text or image that is made anew for a training row.
const REMADE: f64 = 500.0;
/// For each value of a row of `mcb`, times the logarithm of their number: three Fourier transforms.
const TRANSFORM: f64 = 250.0;

/// Operations that starting the kernels of one step is worth on a GPU: an estimate, since none was measured.
pub const STEP_ON_GPU: f64 = 5e9;
/// Floating-point operations of a training step for each row and parameter: forward, and the weight's gradient. Inputs
/// are frozen and have none.
pub const TRAIN: f64 = 4.0;
/// Likewise of a forward pass.
pub const FORWARD: f64 = 2.0;

/// What a cohort costs, all seeds together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Epochs, their validation included.
    pub training: f64,
    /// Before the first epoch and after the last.
    pub rest: f64,
}

impl Cost {
    /// From start to end.
    pub const fn all(&self) -> f64 {
        self.training + self.rest
    }
}

/// Steps that an epoch of `train_size` rows has. A batch size of 0 occurs only in damaged journals, and counts as 1.
pub fn steps_per_epoch(config: &Config, train_size: usize) -> usize {
    train_size.div_ceil(config.train.batch_size.max(1))
}

/// Parameters of one head.
pub fn parameters(header: &RunHeader, cohort: CohortId) -> f64 {
    cohort.fusion.parameter_count(&Sizes::of(header, cohort.task)) as f64
}

/// Of all seeds: forward and backward for each training row, forward for each row of validation, the update of every
/// parameter in every step; drawing the first weights, the test with both modalities and without each, a pass for each piece
/// of the noise, and the additive projection.
///
/// `start` is what starting a step costs beside that, for all seeds at once: 0 on the CPU.
pub fn of(header: &RunHeader, cohort: CohortId, start: f64) -> Cost {
    of_seeds(header, cohort, header.sweep.seeds.len(), start)
}

/// [`of`] so many seeds.
pub fn of_seeds(header: &RunHeader, cohort: CohortId, seeds: usize, start: f64) -> Cost {
    let (data, config) = (&header.data, &header.config);
    let parameters = parameters(header, cohort);
    let seeds = seeds as f64;
    let steps = steps_per_epoch(config, cohort.train_size) as f64;
    // Weights and two moments.
    let is_in_cache = parameters * 3.0 * size_of::<f32>() as f64 <= CACHE;
    let update = if is_in_cache { 0.0 } else { UPDATE };
    let definition = cohort.fusion.fusion.definition();
    let sizes = Sizes::of(header, cohort.task);
    let values = (definition.values_read)(&sizes);
    let worked = worked(cohort.fusion, &sizes);
    let features = features(cohort.fusion, &sizes);
    let remade =
        if cohort.fusion.robust == Robust::None { 0.0 } else { REMADE * sizes.both() as f64 + features };
    let train = cohort.train_size as f64 * (TRAIN * worked + VALUE * values as f64 + remade);
    let validation = FORWARD * worked * data.rows.validation as f64;
    // The CPU's kernel computes every fusion but modules; elsewhere autograd finds the gradients of those without
    // features.
    let is_kernels = start == 0.0 && config.run.kernels != Kernels::LibTorch && !cohort.fusion.is_module();
    let by_autograd = !cohort.fusion.has_features() && !is_kernels;
    let step = if by_autograd { AUTOGRAD_STEP } else { STEP };
    let epoch =
        seeds * (train + validation + steps * (step + update * parameters + start / seeds.max(1.0)) + EPOCH);
    let means = match config.noise.mean {
        NoiseMeans::Both => 2.0,
        NoiseMeans::Empirical | NoiseMeans::Zero => 1.0,
    };
    // The last weights and the best ones; these again without text, without image, and for the noise.
    let of_noise = match definition.under_noise {
        UnderNoise::Polynomial { passes, .. } => passes,
        UnderNoise::ByLevel if by_autograd => (config.noise.conditions.len() * header.levels.len()) as f64,
        UnderNoise::ByLevel => PIECES,
    };
    let passes = 5.0 + means * of_noise;
    let levels = (cohort.fusion.head.units(&sizes) * header.levels.len()) as f64;
    let noise = NOISE * means * config.noise.conditions.len() as f64 * levels;
    let each_pass = if by_autograd { passes * PASS } else { 0.0 };
    let made = means * of_noise * features;
    let test = data.rows.test as f64 * (passes * FORWARD * worked + noise + made) + each_pass;
    let Projection { rows, of_head } = projection(header, cohort.fusion, &sizes);
    let module_width = cohort.fusion.fused_width(&sizes).filter(|_| cohort.fusion.is_module()).unwrap_or(0);
    let of_blocks = rows * rows * values.max(module_width).max(sizes.hidden) as f64;
    let each_block = if by_autograd { (of_blocks / PAIR_FLOATS).ceil() * PASS } else { 0.0 };
    let of_pairs = rows * rows * values as f64;
    let rest = seeds * (INITIAL * parameters + test + of_head + each_block);
    // What heads read of the pairs is made once for all of them.
    let made = if reads_pairs(cohort.fusion) { VALUE * of_pairs + rows * rows * features } else { 0.0 };
    Cost { training: f64::from(config.train.epochs) * epoch, rest: rest + made }
}

/// The additive projection: every text with every image of some test rows.
struct Projection {
    /// How many rows.
    rows: f64,
    /// One head's logits of their pairs.
    of_head: f64,
}

fn projection(header: &RunHeader, model: ModelId, sizes: &Sizes) -> Projection {
    let rows = header.config.evaluation.emap_rows.min(header.data.rows.test) as f64;
    let of_row = FORWARD * worked(model, sizes);
    let of_head = match model.fusion {
        // A row's logits are the same in all of its pairs.
        Fusion::Text | Fusion::Image => rows * of_row,
        // What the text decides is nearly all of the work, and the same for every image.
        Fusion::Tensor | Fusion::Tfn => {
            rows * of_row + rows * rows * FORWARD * (model.head.units(sizes) * sizes.image) as f64
        }
        _ => rows * rows * of_row,
    };
    Projection { rows, of_head }
}

/// Whether a row is made for each pair of text and image.
const fn reads_pairs(model: ModelId) -> bool {
    !matches!(model.fusion, Fusion::Text | Fusion::Image | Fusion::Tensor | Fusion::Tfn)
}

/// Parameters that a row takes the time of.
fn worked(model: ModelId, sizes: &Sizes) -> f64 {
    let definition = model.fusion.definition();
    let parameters = model.parameter_count(sizes) as f64;
    // A weight and a bias each.
    let layers = definition.parameters(model.head, sizes, model.variant()).len() / 2;
    let padded = |width: usize| (width + 1).next_multiple_of(LANE) as f64 / (width + 1) as f64;
    let padding = match definition.keeps {
        Keeps::WithOnes => padded(sizes.text) * padded(sizes.image),
        Keeps::Inputs | Keeps::Beside | Keeps::Features => 1.0,
    };
    parameters * padding + LAYER * layers.saturating_sub(2) as f64
}

/// Making a row's features, where that is more than reading it.
fn features(model: ModelId, sizes: &Sizes) -> f64 {
    if model.fusion != Fusion::Mcb {
        return 0.0;
    }
    let values = (model.fusion.definition().values_read)(sizes).max(2) as f64;
    TRANSFORM * values * values.log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Task;
    use crate::sample;

    /// What a model's test costs, with so many rows projected.
    fn rest(model: ModelId, emap_rows: usize) -> f64 {
        let mut header = sample::header();
        header.config.evaluation.emap_rows = emap_rows;
        of(&header, CohortId { fusion: model, task: Task::Real, train_size: 32 }, 0.0).rest
    }

    /// Of the projection alone.
    fn projected(model: ModelId, emap_rows: usize) -> f64 {
        rest(model, emap_rows) - rest(model, 0)
    }

    #[test]
    fn the_additive_projection_goes_with_the_square_of_its_rows_up_to_all() {
        let concat = projected(ModelId::CONCAT, 256);
        // Five seeds' forward passes, and rows that are made once.
        let of_pair = 5.0 * FORWARD * 4_194.0 + VALUE * 128.0;
        assert!((concat / (256.0 * 256.0 * of_pair) - 1.0).abs() < 1e-9, "{concat}");
        assert!((projected(ModelId::CONCAT, 512) / concat - 4.0).abs() < 1e-9);
        assert_eq!(rest(ModelId::CONCAT, 900), rest(ModelId::CONCAT, 10_000), "there are 900 rows");
    }

    #[test]
    fn projecting_a_model_costs_what_it_has_to_compute_for_a_pair() {
        let of = |model| projected(model, 256);
        let all_pairs = 256.0 * 256.0 * 5.0 * FORWARD * parameters_of(ModelId::TENSOR);
        assert!(of(ModelId::TENSOR) < all_pairs / 20.0, "by its factors");
        assert!(of(ModelId::TFN) > of(ModelId::TENSOR));
        assert!(of(ModelId::TEXT) * 100.0 < of(ModelId::CONCAT), "it reads each text once");
        assert!(of(ModelId::LOGISTIC_CONCAT) * 3.0 < of(ModelId::CONCAT));
    }

    fn parameters_of(model: ModelId) -> f64 {
        parameters(&sample::header(), CohortId { fusion: model, task: Task::Real, train_size: 32 })
    }
}
