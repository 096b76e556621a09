//! What a part of training has to compute and to move at the least, by the models' sizes: what a measured time is held against.

use super::{FORWARD, TRAIN, parameters};
use crate::config::NoiseMeans;
use crate::event::RunHeader;
use crate::grid::CohortId;
use crate::model::{Sizes, UnderNoise};

/// Bytes of a number.
const FLOAT: f64 = size_of::<f32>() as f64;
/// Bytes that a step reads and writes of each parameter: the weight forward, then weight and moments, in both directions.
pub const BYTES_OF_STEP: f64 = 28.0;

/// One model's part of training. Sums alone count as operations, two for each product that is added; what is read again, and
/// what is made on the way, is not counted. Caches spare bytes: small models' weights stay in them from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Floating-point operations.
    pub operations: f64,
    /// Bytes read and written.
    pub bytes: f64,
}

impl Work {
    /// A step on one batch.
    pub fn step(header: &RunHeader, cohort: CohortId) -> Self {
        let rows = header.config.train.batch_size.min(cohort.train_size) as f64;
        let parameters = parameters(header, cohort);
        let bytes = BYTES_OF_STEP * parameters + rows * bytes_of_row(header, cohort);
        Self { operations: TRAIN * parameters * rows, bytes }
    }

    /// Validation.
    pub fn validation(header: &RunHeader, cohort: CohortId) -> Self {
        Self::passes(header, cohort, header.data.rows.validation as f64, 1.0)
    }

    /// Every level, condition and mean of noise on the test split.
    pub fn noise(header: &RunHeader, cohort: CohortId) -> Self {
        let config = &header.config.noise;
        let sizes = Sizes::of(header, cohort.task);
        let (rows, levels) = (header.data.rows.test as f64, header.levels.len() as f64);
        let means = match config.mean {
            NoiseMeans::Both => 2.0,
            NoiseMeans::Empirical | NoiseMeans::Zero => 1.0,
        };
        let (of_mean, degrees) = match cohort.fusion.fusion.definition().under_noise {
            UnderNoise::Polynomial { passes, degrees } => (passes, degrees),
            // Projections of the noise; their products at each level are not counted.
            UnderNoise::ByLevel => (1.0, [1; 3]),
        };
        // At a level each unit is a polynomial in it, and goes into each logit.
        let degrees = config.conditions.iter().map(|&condition| degrees[condition as usize]);
        let of_unit: f64 = degrees.map(|degree| 2.0 * f64::from(degree) + 2.0 * sizes.classes as f64).sum();
        let at_levels = rows * means * levels;
        let passes = Self::passes(header, cohort, rows, 1.0 + means * of_mean);
        let operations = at_levels * of_unit * cohort.fusion.head.units(&sizes) as f64;
        Self { operations: passes.operations + operations, ..passes }
    }

    fn passes(header: &RunHeader, cohort: CohortId, rows: f64, passes: f64) -> Self {
        let parameters = parameters(header, cohort);
        let bytes = FLOAT * parameters + rows * bytes_of_row(header, cohort);
        Self { operations: passes * FORWARD * parameters * rows, bytes: passes * bytes }
    }
}

fn bytes_of_row(header: &RunHeader, cohort: CohortId) -> f64 {
    let sizes = Sizes::of(header, cohort.task);
    FLOAT * (cohort.fusion.fusion.definition().values_read)(&sizes) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Task;
    use crate::model::ModelId;
    use crate::sample;

    #[test]
    fn what_a_model_has_to_compute_and_move() {
        let mut header = sample::header();
        header.config.train.batch_size = 32;
        let cohort = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 1024 };
        // 128 columns, 32 units with biases, two classes.
        let parameters = 128.0 * 32.0 + 32.0 + 64.0 + 2.0;
        let row = 4.0 * 128.0;
        let step = Work { operations: 4.0 * 32.0 * parameters, bytes: 28.0 * parameters + 32.0 * row };
        assert_eq!(Work::step(&header, cohort), step);
        assert_eq!(
            Work::step(&header, CohortId { train_size: 8, ..cohort }).operations,
            step.operations / 4.0
        );
        let rows = header.data.rows.validation as f64;
        let validation = Work { operations: 2.0 * rows * parameters, bytes: 4.0 * parameters + rows * row };
        assert_eq!(Work::validation(&header, cohort), validation);
        let config = &mut header.config.noise;
        config.mean = NoiseMeans::Zero;
        let at_levels = header.data.rows.test as f64 * (config.conditions.len() * header.levels.len()) as f64;
        assert_eq!(config.conditions.len(), 3);
        let passes = 2.0 * 2.0 * header.data.rows.test as f64 * parameters;
        assert_eq!(Work::noise(&header, cohort).operations, passes + at_levels * 32.0 * 6.0);
        // Of a product's three conditions the last alone has a square: 6, 6 and 8 operations a unit. It makes three passes more.
        let product = CohortId { fusion: ModelId::PRODUCT, ..cohort };
        let pass = Work::validation(&header, product).operations / rows * header.data.rows.test as f64;
        let operations = 4.0 * pass + at_levels * 32.0 * 20.0 / 3.0;
        assert!((Work::noise(&header, product).operations / operations - 1.0).abs() < 1e-12);
    }
}
