//! Noise by linearity against noise put on the inputs and evaluated from scratch.

use tch::{Device, Kind, Tensor};

use super::definition::linear_by_loops;
use super::{cohort, compute, every_way, inputs, small_config, small_data, train, values};
use crate::backend::loss::predictions;
use crate::evaluation::Evaluation;
use crate::evaluation::noise::{Draws, Noise, Noised};
use crate::fusion::{self, logits};
use study::config::{Activation, Config, Kernels, Mixing, NoiseStatistics};
use study::event::{NoiseCurve, NoiseMean};
use study::grid::{Condition, Seed};
use study::model::ModelId;
use study::robustness::robustness;

const LEVELS: [f64; 4] = [0.0, 0.1, 0.5, 0.95];

fn compare(config: &Config, fusion: ModelId) {
    let dataset = small_data(config);
    let trained = train(config, &dataset, cohort(fusion, 128), &[Seed(0), Seed(5)]);
    let data = dataset.task(study::grid::Task::Real).unwrap();
    let inputs = inputs(fusion, data);
    let labels = &inputs.labels.test;
    let draws = Draws::new(&config.noise, data, Device::Cpu, 0);
    let noise = Noise { config: &config.noise, levels: &LEVELS, draws: &draws, labels };
    let weights = &trained.weights[1];
    let backend = fusion::backend(weights.best.shape(), compute(config));
    let rows = &inputs.rows.test;
    let noised = noise.evaluate(&*backend, weights.seed, &weights.best, Activation::Relu, rows);
    let count = 2 * Condition::ALL.len();
    assert_eq!((noised.curves.len(), noised.areas.len(), noised.slight_text.len()), (count, count, 2));
    for curve in &noised.curves {
        let mut per_level = Vec::new();
        for (&level, &accuracy) in LEVELS.iter().zip(&curve.accuracy) {
            let ([x, y], [e, f]) = (draws.rows(), draws.draw(weights.seed, curve.mean));
            let noised = |clean: &Tensor, e: &Tensor| match config.noise.mixing {
                Mixing::Add => clean + e * level,
                Mixing::Blend => clean * (1.0 - level) + e * level,
            };
            // A line for each condition: what noise is put on.
            let [text, image] = match curve.condition {
                Condition::Text => [noised(&x, &e), y],
                Condition::Image => [x, noised(&y, &f)],
                Condition::Both => [noised(&x, &e), noised(&y, &f)],
            };
            let rows = fusion::rows(fusion, &text, &image);
            let right = predictions(&logits(&weights.best, Activation::Relu, &rows)).eq_tensor(labels);
            let direct = right.sum(Kind::Int64).int64_value(&[]) as f64 / labels.numel() as f64;
            // A row whose logits are equal to the last bits may fall on either side.
            let rows_differing = (direct - accuracy).abs() * labels.numel() as f64;
            assert!(rows_differing < 1.5, "{fusion} {curve:?} at {level}: {accuracy} {direct}");
            per_level.push(values(&right.to_kind(Kind::Float)));
        }
        compare_rows(&noised, curve, &per_level);
    }
}

/// What is kept of single rows against whether each is right, 1 or 0, at each level.
fn compare_rows(noised: &Noised, curve: &NoiseCurve, per_level: &[Vec<f32>]) {
    let areas = &noised.areas[&(curve.condition, curve.mean)];
    let expected = |row: usize| {
        let rights: Vec<f64> = per_level.iter().map(|right| f64::from(right[row])).collect();
        robustness(&LEVELS, &rights, 0.5, 1).unwrap().area
    };
    let differs = |(row, area): (usize, &f32)| (f64::from(*area) - expected(row)).abs() > 1e-6;
    assert_eq!(areas.len(), per_level[0].len());
    assert!(areas.iter().enumerate().filter(|&pair| differs(pair)).count() < 3, "{curve:?}");
    let mean = areas.iter().copied().map(f64::from).sum::<f64>() / areas.len() as f64;
    let whole = robustness(&LEVELS, &curve.accuracy, 0.5, areas.len()).unwrap().area;
    assert!((mean - whole).abs() < 1e-6, "{curve:?}: {mean} {whole}");
    if curve.condition == Condition::Text {
        let slight = &noised.slight_text[&curve.mean];
        let right = slight.iter().filter(|&&right| right).count() as f64 / slight.len() as f64;
        assert_eq!(right, curve.accuracy[1], "the level 0.1");
        let differs =
            slight.iter().zip(&per_level[1]).filter(|(kept, right)| f32::from(u8::from(**kept)) != **right);
        assert!(differs.count() < 3, "{curve:?}");
    }
}

#[test]
fn linearity_gives_what_evaluating_noised_inputs_gives() {
    for (kernels, fusion) in every_way() {
        let mut added = small_config();
        added.run.kernels = kernels;
        added.noise.conditions = Condition::ALL.to_vec();
        compare(&added, fusion);
        let mut blended = added;
        blended.noise.mixing = Mixing::Blend;
        blended.noise.statistics = NoiseStatistics::Scalar;
        compare(&blended, fusion);
    }
}

#[test]
fn without_noise_the_accuracy_is_the_test_accuracy_and_strong_noise_costs_some() {
    let mut config = small_config();
    config.train.epochs = 40;
    let dataset = small_data(&config);
    for (kernels, fusion) in every_way() {
        config.run.kernels = kernels;
        let trained = train(&config, &dataset, cohort(fusion, 350), &[Seed(0)]);
        let data = dataset.task(study::grid::Task::Real).unwrap();
        let inputs = inputs(fusion, data);
        let (draws, labels) = (Draws::new(&config.noise, data, Device::Cpu, 0), &inputs.labels.test);
        let noise = Noise { config: &config.noise, levels: &LEVELS, draws: &draws, labels };
        let evaluation = Evaluation {
            backend: &*fusion::backend(trained.weights[0].best.shape(), compute(&config)),
            activation: Activation::Relu,
            rows: &inputs.rows.test,
            labels: &data.labels.test,
            noise,
        };
        let (numbers, rows) = evaluation.of(&trained.weights[0]);
        assert_eq!(rows.correct.len(), data.labels.test.len());
        for curve in &numbers.noise {
            assert_eq!(curve.accuracy[0], numbers.test_accuracy, "{kernels:?} {fusion}");
        }
        let both = |mean| {
            let curve =
                numbers.noise.iter().find(|curve| curve.condition == Condition::Both && curve.mean == mean);
            *curve.unwrap().accuracy.last().unwrap()
        };
        let is_hurt = both(NoiseMean::Empirical) < numbers.test_accuracy;
        assert!(is_hurt || fusion.is_baseline(), "{kernels:?} {fusion}");
    }
}

#[test]
fn noise_on_the_modality_that_a_head_does_not_see_leaves_it_untouched() {
    let mut config = small_config();
    config.train.epochs = 40;
    let dataset = small_data(&config);
    let data = dataset.task(study::grid::Task::Real).unwrap();
    let text = (ModelId::TEXT, Condition::Image, Condition::Text);
    let image = (ModelId::IMAGE, Condition::Text, Condition::Image);
    for (kernels, (fusion, unseen, seen)) in [Kernels::Fused, Kernels::LibTorch]
        .into_iter()
        .flat_map(|kernels| [(kernels, text), (kernels, image)])
    {
        config.run.kernels = kernels;
        for mixing in [Mixing::Add, Mixing::Blend] {
            config.noise.mixing = mixing;
            let trained = train(&config, &dataset, cohort(fusion, 350), &[Seed(0)]);
            let inputs = inputs(fusion, data);
            let (draws, labels) = (Draws::new(&config.noise, data, Device::Cpu, 0), &inputs.labels.test);
            let noise = Noise { config: &config.noise, levels: &LEVELS, draws: &draws, labels };
            let best = &trained.weights[0].best;
            let backend = fusion::backend(best.shape(), compute(&config));
            let curves = noise.evaluate(&*backend, Seed(0), best, Activation::Relu, &inputs.rows.test).curves;
            for mean in [NoiseMean::Empirical, NoiseMean::Zero] {
                let of = |condition| {
                    let is_it = |curve: &&NoiseCurve| (curve.condition, curve.mean) == (condition, mean);
                    &curves.iter().find(is_it).unwrap().accuracy
                };
                assert!(of(unseen).iter().all(|&accuracy| accuracy == of(unseen)[0]), "{fusion} {mixing:?}");
                assert_ne!(of(seen)[0], of(seen)[3], "{fusion} {mixing:?}");
                assert_eq!(of(seen), of(Condition::Both), "{fusion} {mixing:?}");
            }
        }
    }
}

#[test]
fn a_rows_noise_depends_on_seed_modality_and_row_alone() {
    let config = small_config();
    let dataset = small_data(&config);
    let data = dataset.task(study::grid::Task::Real).unwrap();
    let draws = |budget| Draws::new(&config.noise, data, Device::Cpu, budget);
    let draw = |draws: &Draws, seed| draws.draw(Seed(seed), NoiseMean::Zero).map(|noise| values(&noise));
    let (none, all) = (draws(0), draws(1 << 30));
    let [text, image] = draw(&none, 3);
    assert_ne!(text, image);
    assert_ne!(draw(&none, 4)[0], text);
    // Kept or drawn again, the first time and the second.
    for draws in [&none, &all, &all] {
        assert_eq!(draw(draws, 3), [text.clone(), image.clone()]);
    }
}

#[test]
fn a_gates_mean_weights_are_those_of_a_loop_over_rows_without_noise_and_at_the_highest_level() {
    let _no_grad = tch::no_grad_guard();
    let mut config = small_config();
    config.noise.conditions = Condition::ALL.to_vec();
    let (dataset, seed) = (small_data(&config), Seed(5));
    let data = dataset.task(study::grid::Task::Real).unwrap();
    let (inputs, rows) = (inputs(ModelId::DYNMM, data), data.labels.test.len() as f64);
    let draws = Draws::new(&config.noise, data, Device::Cpu, 0);
    let noise = Noise { config: &config.noise, levels: &LEVELS, draws: &draws, labels: &inputs.labels.test };
    let ([x, y], [e, f]) = (draws.rows(), draws.draw(seed, NoiseMean::Empirical));
    for model in [ModelId::DYNMM, ModelId::DYNMM_HARD] {
        let trained = train(&config, &dataset, cohort(model, 128), &[seed]);
        let best = &trained.weights[0].best;
        let part = |name: &str| values(&best.named().find(|(known, _)| *known == name).unwrap().1);
        let gate = ["gate.0.weight", "gate.0.bias", "gate.2.weight", "gate.2.bias"].map(part);
        let of_row = |row: &[f32]| -> Vec<f64> {
            let row: Vec<f64> = row.iter().copied().map(f64::from).collect();
            let hidden = linear_by_loops(&gate[0], &gate[1], &row);
            let hidden: Vec<f64> = hidden.into_iter().map(|unit| unit.max(0.0)).collect();
            let scores = linear_by_loops(&gate[2], &gate[3], &hidden);
            let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let all: f64 = scores.iter().map(|score| score.exp()).sum();
            let weight = |score: &f64| match model {
                ModelId::DYNMM => score.exp() / all,
                _ => f64::from(u8::from(*score == largest)),
            };
            scores.iter().map(weight).collect()
        };
        let mean = |condition: Option<Condition>| {
            let [on_text, on_image]: [f64; 2] = match condition {
                None => [0.0, 0.0],
                Some(Condition::Text) => [0.95, 0.0],
                Some(Condition::Image) => [0.0, 0.95],
                Some(Condition::Both) => [0.95, 0.95],
            };
            let both = Tensor::cat(&[&x + &e * on_text, &y + &f * on_image], 1); // [rows, 32]
            let mut mean = vec![0.0; 4];
            for row in values(&both).chunks(32) {
                mean.iter_mut().zip(of_row(row)).for_each(|(mean, weight)| *mean += weight / rows);
            }
            mean
        };
        let found = noise.gate(seed, best, Activation::Relu);
        let conditions: Vec<Option<Condition>> = found.iter().map(|of| of.condition).collect();
        let all = Condition::ALL.iter().copied().map(Some);
        assert_eq!(conditions, std::iter::once(None).chain(all).collect::<Vec<_>>());
        for of in &found {
            assert!((of.weights.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{model} {of:?}");
            // A row whose two largest scores are equal to the last bits may count for either.
            let tolerance = if model == ModelId::DYNMM { 1e-4 } else { 1.5 / rows };
            for (weight, expected) in of.weights.iter().zip(mean(of.condition)) {
                assert!((weight - expected).abs() < tolerance, "{model} {of:?}: {expected}");
                let share = weight * rows;
                assert!(model == ModelId::DYNMM || (share - share.round()).abs() < 1e-6, "{of:?}");
            }
        }
    }
    let concat = train(&config, &dataset, cohort(ModelId::CONCAT, 128), &[seed]);
    assert!(noise.gate(seed, &concat.weights[0].best, Activation::Relu).is_empty());
}
