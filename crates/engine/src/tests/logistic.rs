//! Logistic regression trained long is scikit-learn's; the constants are `scripts/logistic.py`'s.

use tch::{Kind, Tensor};

use super::{cohort, compute, small_config};
use crate::backend::inputs::CohortInputs;
use crate::fusion;
use crate::training::cohort::CohortTraining;
use study::config::Kernels;
use study::event::SplitOf;
use study::grid::Seed;
use study::model::{ModelId, Sizes};

const ROWS: usize = 160;
const WIDTH: usize = 4;

/// Text `[ROWS, WIDTH]`, image likewise, and labels `[ROWS]`, as in the script.
fn rows() -> (Tensor, Tensor, Tensor) {
    let matrix = |value: &dyn Fn(f64, f64) -> f64| {
        let values: Vec<f32> =
            (0..ROWS * WIDTH).map(|k| value((k / WIDTH) as f64, (k % WIDTH) as f64) as f32).collect();
        Tensor::from_slice(&values).view([ROWS as i64, WIDTH as i64])
    };
    let text = |i: f64, j: f64| (i * (1.3 + 0.37 * j)).sin();
    let image = |i: f64, j: f64| (i * (0.7 + 0.23 * j) + 0.4).cos();
    let score = |i: f64| {
        text(i, 0.0) - 0.5 * image(i, 1.0) + 1.5 * text(i, 2.0) * image(i, 3.0) + 1.5 * (5.0 * i).sin()
    };
    let labels: Vec<i64> = (0..ROWS).map(|i| i64::from(score(i as f64) > 0.0)).collect();
    (matrix(&text), matrix(&image), Tensor::from_slice(&labels))
}

fn inputs(fusion: ModelId) -> CohortInputs {
    let (text, image, labels) = rows();
    let fused = || fusion::rows(fusion, &text, &image);
    CohortInputs {
        rows: SplitOf { train: fused(), validation: fused(), test: fused() },
        labels: SplitOf { train: (), validation: (), test: () }.map(|()| labels.shallow_clone()),
        choice: 0,
        unfused: None,
    }
}

#[test]
fn logistic_regression_trained_long_costs_what_scikit_learns_does() {
    let _no_grad = tch::no_grad_guard();
    // Thousands of tiny steps: a second thread would only be waited for.
    tch::set_num_threads(1);
    assert_eq!(rows().2.sum(Kind::Int64).int64_value(&[]), LABELS_OF_1);
    let mut config = small_config();
    (config.train.epochs, config.train.batch_size, config.train.learning_rate) = (1_000, ROWS, 0.05);
    for ((fusion, optimum), kernels) in OPTIMA.into_iter().flat_map(|of| KERNELS.map(|kernels| (of, kernels)))
    {
        config.run.kernels = kernels;
        let inputs = inputs(fusion);
        let (hidden, settings) = (config.model.hidden, config.fusion.settings());
        let sizes = Sizes { text: WIDTH, image: WIDTH, hidden, classes: 2, settings };
        let seeds = [Seed(0), Seed(1)];
        let mut training =
            CohortTraining::start(cohort(fusion, ROWS), &config, &seeds, &inputs, sizes, compute(&config));
        let mut last = Vec::new();
        while !training.is_over() {
            if let Some((_, metrics)) = training.step().unwrap() {
                last = metrics;
            }
        }
        for metrics in last {
            let above = metrics.val_loss - optimum;
            assert!((-1e-6..1e-5).contains(&above), "{fusion} seed {}: {above:e}", metrics.seed.0);
        }
    }
}

const KERNELS: [Kernels; 2] = [Kernels::Fused, Kernels::LibTorch];
const LABELS_OF_1: i64 = 85;
const OPTIMA: [(ModelId, f64); 3] = [
    (ModelId::LOGISTIC_CONCAT, 0.638_524_444),
    (ModelId::LOGISTIC_PRODUCT, 0.681_486_911),
    (ModelId::LOGISTIC_TENSOR, 0.578_701_085),
];
