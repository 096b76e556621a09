//! More than two classes: every model by the kernel and by LibTorch's operations, and what is recorded of them.

use std::fs;
use std::path::Path;

use tch::Device;

use super::{cohort, every_fusion, inputs, small_config, train};
use crate::evaluation::Evaluation;
use crate::evaluation::noise::{Draws, Noise};
use crate::fusion;
use crate::tests::compute;
use data::Dataset;
use study::config::{Activation, Config, Kernels};
use study::event::SeedEvaluation;
use study::grid::{Seed, Task};
use study::model::ModelId;

const ROWS: usize = 300;
const WIDTH: usize = 8;
const LEVELS: [f64; 3] = [0.0, 0.5, 0.9];

/// Three classes by name: which of the first three entries of text and image together is the largest.
fn write(folder: &Path) {
    let value = |row: usize, column: usize, salt: f64| ((row * 37 + column * 101) as f64 * salt).sin() as f32;
    let text = |row: usize, column: usize| value(row, column, 12.989_8);
    let image = |row: usize, column: usize| value(row, column, 78.233);
    for (name, of) in [("text", &text as &dyn Fn(usize, usize) -> f32), ("image", &image)] {
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({ROWS}, {WIDTH}), }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        let values = (0..ROWS).flat_map(|row| (0..WIDTH).map(move |column| of(row, column)));
        bytes.extend(values.flat_map(f32::to_le_bytes));
        fs::write(folder.join(format!("{name}.npy")), bytes).unwrap();
    }
    let class = |row: usize| {
        let sum = |column: usize| text(row, column) + image(row, column);
        ["west", "north", "south"][(0..3).max_by(|&a, &b| sum(a).total_cmp(&sum(b))).unwrap()]
    };
    let lines = (0..ROWS).map(|row| format!("{}\n", class(row)));
    fs::write(folder.join("labels.csv"), format!("label\n{}", lines.collect::<String>())).unwrap();
}

pub(super) fn loaded() -> (Config, Dataset) {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let mut config = small_config();
    config.data.source = folder.path().display().to_string();
    (config.train.epochs, config.train.batch_size) = (40, 32);
    let dataset = data::load(&config).unwrap();
    (config, dataset)
}

fn tested(config: &Config, dataset: &Dataset, fusion: ModelId) -> SeedEvaluation {
    let trained = train(config, dataset, cohort(fusion, dataset.facts.rows.train), &[Seed(0)]);
    let data = dataset.task(Task::Real).unwrap();
    let inputs = inputs(super::Reader::of(config, fusion, Seed(0)), data);
    let (draws, labels) = (Draws::new(&config.noise, data, Device::Cpu, 0), &inputs.labels.test);
    let evaluation = Evaluation {
        backend: &*fusion::backend(trained.weights[0].best.shape(), compute(config)),
        activation: Activation::Relu,
        rows: &inputs.rows.test,
        labels: &data.labels.test,
        noise: Noise { config: &config.noise, levels: &LEVELS, draws: &draws, labels },
    };
    evaluation.of(&trained.weights[0]).0
}

#[test]
fn three_classes_are_learnt_alike_by_the_kernel_and_by_libtorch() {
    let _no_grad = tch::no_grad_guard();
    let (mut config, dataset) = loaded();
    let facts = dataset.facts.task(Task::Real).unwrap();
    assert_eq!(facts.classes, ["north", "south", "west"]);
    let rows = dataset.facts.rows.test;
    for fusion in every_fusion() {
        let [kernel, libtorch] = [Kernels::Fused, Kernels::LibTorch].map(|kernels| {
            config.run.kernels = kernels;
            tested(&config, &dataset, fusion)
        });
        let row = 1.0 / rows as f64 + 1e-12;
        let difference = |of: fn(&SeedEvaluation) -> f64| (of(&kernel) - of(&libtorch)).abs();
        assert!(difference(|one| one.test_accuracy) <= row, "{fusion}");
        assert!(difference(|one| one.auc.unwrap()) < 0.02, "{fusion}");
        for one in [&kernel, &libtorch] {
            // What is recorded of the classes agrees with the accuracies.
            assert_eq!(one.confusion.rows(), rows as u64, "{fusion}");
            let right: u32 = (0..3).map(|class| one.confusion.cell(class, class)).sum();
            assert!((f64::from(right) / rows as f64 - one.test_accuracy).abs() < 1e-12, "{fusion}");
            let of_classes = one.confusion.of_classes(3);
            let recalls =
                (0..3).map(|class| f64::from(one.confusion.cell(class, class)) / of_classes[class] as f64);
            let mean = recalls.sum::<f64>() / 3.0;
            assert!((mean - one.test_balanced_accuracy).abs() < 1e-12, "{fusion}");
            for curve in &one.noise {
                assert!((curve.accuracy[0] - one.test_accuracy).abs() <= row, "{fusion} {curve:?}");
            }
        }
        if fusion == ModelId::CONCAT {
            assert!(kernel.test_accuracy > facts.majority_share.test + 0.2, "{}", kernel.test_accuracy);
            assert!(kernel.auc.unwrap() > 0.75, "{:?}", kernel.auc);
        }
    }
}
