//! Training in `bf16`, on the CPU, beside the same in `f32`.

use tch::Kind;

use super::{bits, cohort, compute, every_fusion, small_config, small_data, train};
use crate::training::feature_cache::FeatureCache;
use study::config::{Config, Kernels, Precision};
use study::grid::{Seed, Task};
use study::model::ModelId;

const ROWS: usize = 100;

fn in_precision(precision: Precision) -> Config {
    let mut config = small_config();
    config.run.kernels = Kernels::LibTorch;
    config.run.precision = precision;
    config
}

#[test]
fn losses_are_near_those_of_f32_and_not_the_same() {
    let (f32, bf16) = (in_precision(Precision::F32), in_precision(Precision::Bf16));
    let dataset = small_data(&f32);
    let seeds: Vec<Seed> = (0..3).map(Seed).collect();
    for fusion in every_fusion() {
        let [exact, rounded] =
            [&f32, &bf16].map(|config| train(config, &dataset, cohort(fusion, ROWS), &seeds).epochs);
        for (exact, rounded) in exact.iter().flatten().zip(rounded.iter().flatten()) {
            let difference = (exact.train_loss - rounded.train_loss).abs();
            // Products are rounded to 8 bits, one part in 512.
            assert!(difference < 5e-3, "{fusion}: {exact:?} {rounded:?}");
            assert!(difference > 0.0, "{fusion} was not trained in bf16");
            assert!((exact.val_loss - rounded.val_loss).abs() < 5e-3, "{fusion}: {exact:?} {rounded:?}");
        }
    }
}

#[test]
fn a_trial_alone_is_the_same_trial_in_a_stack() {
    let config = in_precision(Precision::Bf16);
    let dataset = small_data(&config);
    let seeds: Vec<Seed> = (0..7).map(Seed).collect();
    for fusion in every_fusion() {
        let together = train(&config, &dataset, cohort(fusion, ROWS), &seeds);
        for seed in [Seed(0), Seed(4), Seed(6)] {
            let alone = train(&config, &dataset, cohort(fusion, ROWS), &[seed]);
            let [alone, together] = [&alone.weights[0], &together.weights[seed.0 as usize]];
            assert_eq!(bits(&alone.last), bits(&together.last), "{fusion}");
            assert_eq!(alone.val_accuracy, together.val_accuracy, "{fusion}");
        }
    }
}

#[test]
fn training_and_validation_rows_take_half_the_memory_and_test_rows_stay_as_they_are() {
    let (f32, bf16) = (in_precision(Precision::F32), in_precision(Precision::Bf16));
    let dataset = small_data(&f32);
    let task = dataset.task(Task::Real).unwrap();
    let rows = |config: &Config, fusion| FeatureCache::new(compute(config), 0, 1).inputs(fusion, task).rows;
    for fusion in [ModelId::CONCAT, ModelId::TENSOR] {
        let (exact, rounded) = (rows(&f32, fusion), rows(&bf16, fusion));
        // Rows in `f32` lie apart from each other besides.
        assert!(rounded.train.bytes() * 2 <= exact.train.bytes());
        assert!(rounded.validation.bytes() * 2 <= exact.validation.bytes());
        assert_eq!(rounded.test.bytes(), exact.test.bytes());
        let crate::backend::inputs::FusedRows::Vector(test) = rounded.test else { continue };
        assert_eq!(test.kind(), Kind::Float);
    }
}
