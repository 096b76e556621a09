//! Training against noise: its rows by their definition, keyed draws, and what it leaves as it is.

use std::sync::Arc;

use ndarray::{Array2, s};
use tch::Device;

use super::definition::{fused, logits_by_loops, parts};
use super::{
    bits, classes, cohort, compute, every_way, random, sizes, small_config, small_data, train, values,
};
use crate::backend::inputs::Unfused;
use crate::backend::parameters::{HeadShape, Parameters};
use crate::fusion::Reader;
use crate::training::cohort::CohortTraining;
use crate::training::feature_cache::FeatureCache;
use crate::training::robust::{self, Draw, Way};
use data::{Inputs, TaskData};
use study::config::{Kernels, Mixing, NoiseMeans, NoiseStatistics};
use study::grid::{Epoch, Seed, Task};
use study::model::{ModelId, Robust};
use study::statistics::Spread;

const AGAINST: [Robust; 2] = [Robust::Noise, Robust::Drop];

#[test]
fn noise_of_level_0_and_nothing_dropped_leave_every_model_what_it_is() {
    let mut config = small_config();
    (config.train.noise_max, config.train.drop, config.train.epochs) = (0.0, 0.0, 2);
    let dataset = small_data(&config);
    let seeds = [Seed(0), Seed(5)];
    for (kernels, fusion) in every_way() {
        config.run.kernels = kernels;
        // Two whole batches and a short one.
        let plain = train(&config, &dataset, cohort(fusion, 100), &seeds);
        for robust in AGAINST {
            let against = train(&config, &dataset, cohort(fusion.trained_with(robust), 100), &seeds);
            for (plain, against) in plain.weights.iter().zip(&against.weights) {
                let same = bits(&plain.last) == bits(&against.last);
                // A Fourier transform of a batch rounds in another way than one of all rows.
                let near = plain
                    .last
                    .storage()
                    .iter()
                    .zip(against.last.storage())
                    .all(|(a, b)| values(a).iter().zip(values(b)).all(|(a, b)| (a - b).abs() < 1e-3));
                assert!(
                    same || fusion.fusion == ModelId::MCB.fusion && near,
                    "{kernels:?} {fusion} {robust:?}"
                );
            }
        }
    }
}

#[test]
fn the_kernel_and_libtorch_train_the_same_models_against_noise() {
    let mut config = small_config();
    config.train.epochs = 2;
    let dataset = small_data(&config);
    for fusion in ModelId::all() {
        for robust in AGAINST {
            let losses = [Kernels::Fused, Kernels::LibTorch].map(|kernels| {
                config.run.kernels = kernels;
                let trained =
                    train(&config, &dataset, cohort(fusion.trained_with(robust), 100), &[Seed(0), Seed(1)]);
                trained.epochs.concat().iter().map(|metrics| metrics.train_loss).collect::<Vec<_>>()
            });
            let [fused, libtorch] = &losses;
            assert!(
                fused.iter().zip(libtorch).all(|(a, b)| (a - b).abs() < 2e-4),
                "{fusion} {robust:?} {losses:?}"
            );
        }
    }
}

#[test]
fn a_trial_against_noise_is_the_same_alone_and_learns_something_else_than_the_plain_one() {
    let config = small_config();
    let dataset = small_data(&config);
    for robust in AGAINST {
        let model = ModelId::PRODUCT.trained_with(robust);
        let together = train(&config, &dataset, cohort(model, 100), &[Seed(0), Seed(1), Seed(2)]);
        let alone = train(&config, &dataset, cohort(model, 100), &[Seed(1)]);
        let plain = train(&config, &dataset, cohort(ModelId::PRODUCT, 100), &[Seed(1)]);
        assert_eq!(bits(&alone.weights[0].last), bits(&together.weights[1].last));
        assert_ne!(bits(&alone.weights[0].last), bits(&plain.weights[0].last));
    }
}

#[test]
fn a_row_gets_noise_of_its_own_level_or_loses_one_modality() {
    let _no_grad = tch::no_grad_guard();
    let (rows, bank) = (random(1, &[6, 5]), random(2, &[9, 5]));
    let way_of = |robust, mixing| Way { robust, mixing, noise_max: 0.95, drop: 0.2, bank: 9 };
    for (robust, mixing) in
        [(Robust::Noise, Mixing::Add), (Robust::Noise, Mixing::Blend), (Robust::Drop, Mixing::Add)]
    {
        let way = way_of(robust, mixing);
        let draws: Vec<_> = (0..6).map(|row| way.draw(Seed(3), Epoch(2), row)[0]).collect();
        let noised = values(&way.noised(&rows, &bank, &draws));
        let (x, e) = (values(&rows), values(&bank));
        for (row, draw) in draws.iter().enumerate() {
            for column in 0..5 {
                let (x, e) = (x[row * 5 + column], e[draw.noise as usize * 5 + column]);
                let kept =
                    if robust == Robust::Noise && mixing == Mixing::Add { 1.0 } else { 1.0 - draw.level };
                let expected = kept * x + draw.level * e;
                assert!((noised[row * 5 + column] - expected).abs() < 1e-6, "{robust:?} {mixing:?} {row}");
            }
        }
    }
}

#[test]
fn draws_are_uniform_and_belong_to_seed_epoch_and_row() {
    let way = |robust| Way { robust, mixing: Mixing::Add, noise_max: 0.8, drop: 0.3, bank: 8_192 };
    let noise = way(Robust::Noise);
    let one = noise.draw(Seed(1), Epoch(2), 3);
    assert_eq!(one, noise.draw(Seed(1), Epoch(2), 3));
    for other in
        [noise.draw(Seed(2), Epoch(2), 3), noise.draw(Seed(1), Epoch(3), 3), noise.draw(Seed(1), Epoch(2), 4)]
    {
        assert!(one[0] != other[0] && one[1] != other[1]);
    }
    let drawn: Vec<_> = (0..20_000).map(|row| noise.draw(Seed(0), Epoch(1), row)).collect();
    for modality in 0..2 {
        let mean = drawn.iter().map(|draw| f64::from(draw[modality].level)).sum::<f64>() / 20_000.0;
        assert!((mean - 0.4).abs() < 0.01, "{mean}");
        let places = drawn.iter().map(|draw| f64::from(draw[modality].noise)).sum::<f64>() / 20_000.0;
        assert!((places / 8_191.0 - 0.5).abs() < 0.01, "{places}");
    }
    let together: f64 =
        drawn.iter().map(|[text, image]| f64::from((text.level - 0.4) * (image.level - 0.4))).sum();
    assert!((together / 20_000.0).abs() < 2e-3, "the two levels are independent");
    let lost: Vec<_> = (0..20_000).map(|row| way(Robust::Drop).draw(Seed(0), Epoch(1), row)).collect();
    assert!(lost.iter().all(|[text, image]| text.level * image.level == 0.0), "never both");
    for modality in 0..2 {
        let share = lost.iter().filter(|draw| draw[modality].level == 1.0).count() as f64 / 20_000.0;
        assert!((share - 0.3).abs() < 0.015, "{share}");
    }
}

#[test]
fn draws_never_change() {
    let way = |robust| Way { robust, mixing: Mixing::Add, noise_max: 0.95, drop: 0.2, bank: 8_192 };
    let draws = |robust, row| way(robust).draw(Seed(3), Epoch(2), row);
    let shown = |Draw { noise, level }: Draw| (noise, (level * 1000.0).round() as u32);
    let noise = [4, 5].map(|row| draws(Robust::Noise, row).map(shown));
    assert_eq!(noise, [[(6500, 391), (6070, 683)], [(1409, 165), (2856, 341)]]);
    let lost = |modality: usize| -> Vec<u32> {
        (0..12).filter(|&row| draws(Robust::Drop, row)[modality].level == 1.0).collect()
    };
    assert_eq!([lost(0), lost(1)], [vec![7, 8], vec![0, 1, 6, 11]]);
}

/// The small study's data with a narrower image.
fn of_two_widths() -> TaskData {
    let dataset = small_data(&small_config());
    let task = dataset.task(Task::Real).unwrap();
    let (inputs, labels) = (task.inputs(), task.labels.clone());
    let image = inputs.image.map(|rows| rows.slice(s![.., ..11]).to_owned());
    TaskData::new(Arc::new(Inputs { text: inputs.text.clone(), image }), labels)
}

/// Mean and population deviation, by loops.
fn moments<'a>(values: impl Iterator<Item = &'a f32> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().map(|&value| f64::from(value)).sum::<f64>() / count;
    let squares = values.map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>();
    (mean, (squares / count).sqrt())
}

#[test]
fn the_bank_has_the_training_splits_moments_and_what_fills_a_lost_modality_is_its_mean() {
    let (mut config, data) = (small_config(), of_two_widths());
    let inputs = data.inputs();
    let trained = [&inputs.text.train, &inputs.image.train];
    for statistics in [NoiseStatistics::PerDimension, NoiseStatistics::Scalar] {
        for mean in [NoiseMeans::Empirical, NoiseMeans::Zero, NoiseMeans::Both] {
            (config.noise.statistics, config.noise.mean) = (statistics, mean);
            let what = format!("{statistics:?} {mean:?}");
            let bank = robust::noise(&config, Robust::Noise, robust::BANK, &data);
            let shape = |of: &Array2<f32>| [of.nrows(), of.ncols()];
            assert_eq!(bank.each_ref().map(shape), [[robust::BANK, 16], [robust::BANK, 11]]);
            let filling = robust::noise(&config, Robust::Drop, robust::BANK, &data);
            assert_eq!(filling.each_ref().map(shape), [[1, 16], [1, 11]]);
            for ((bank, filling), trained) in bank.iter().zip(&filling).zip(trained) {
                for (place, column) in bank.columns().into_iter().enumerate() {
                    let own = moments(trained.column(place).iter());
                    assert!((f64::from(filling[[0, place]]) - own.0).abs() < 1e-5, "{what} {place}");
                    let (expected, std) = match statistics {
                        NoiseStatistics::PerDimension => own,
                        NoiseStatistics::Scalar => moments(trained.iter()),
                    };
                    let expected = if mean == NoiseMeans::Zero { 0.0 } else { expected };
                    let found = moments(column.iter());
                    // Five standard errors of 8,192 draws.
                    assert!((found.0 - expected).abs() < 0.056 * std, "{what} {place}: {found:?}");
                    assert!((found.1 / std - 1.0).abs() < 0.04, "{what} {place}: {found:?}");
                }
            }
        }
    }
}

#[test]
fn the_first_steps_loss_is_that_of_rows_with_noise_blended_in_behind_which_ones_stay_ones() {
    let (mut config, dataset) = classes::loaded();
    let (seed, size) = (Seed(4), 50);
    // One step, of a whole batch.
    (config.train.epochs, config.train.batch_size, config.noise.mixing) = (1, 64, Mixing::Blend);
    let task = dataset.task(Task::Real).unwrap();
    let inputs = task.inputs();
    let rows = data::subset(dataset.facts.rows.train, seed);
    for against in AGAINST {
        let bank = robust::noise(&config, against, robust::BANK, task);
        let way = Way {
            robust: against,
            mixing: Mixing::Blend,
            noise_max: config.train.noise_max,
            drop: config.train.drop,
            bank: bank[0].nrows() as u32,
        };
        for model in [ModelId::TFN, ModelId::CONCAT, ModelId::PRODUCT, ModelId::LOGISTIC_TFN] {
            let shape = HeadShape::new(model, sizes(&config, &dataset.facts, Task::Real), 0);
            let weights = parts(&Parameters::initial(shape, &[seed], Device::Cpu));
            let of_row = |&row: &u32| {
                let draws = way.draw(seed, Epoch(1), row);
                let clean = [&inputs.text.train, &inputs.image.train];
                let [x, y] = [0, 1].map(|modality| {
                    let Draw { noise, level } = draws[modality];
                    let (clean, noise) =
                        (clean[modality].row(row as usize), bank[modality].row(noise as usize));
                    let blended = clean.iter().zip(noise).map(|(x, e)| (1.0 - level) * x + level * e);
                    blended.collect::<Vec<f32>>()
                });
                let logits = logits_by_loops(&weights, &fused(model, &x, &y));
                assert_eq!(logits.len(), 3);
                let sum: f64 = logits.iter().map(|logit| logit.exp()).sum();
                sum.ln() - logits[usize::from(task.labels.train[row as usize])]
            };
            let expected = rows[..size].iter().map(of_row).sum::<f64>() / size as f64;
            for kernels in [Kernels::Fused, Kernels::LibTorch] {
                config.run.kernels = kernels;
                let trained = train(&config, &dataset, cohort(model.trained_with(against), size), &[seed]);
                let got = trained.epochs[0][0].train_loss;
                assert!((got - expected).abs() < 1e-4, "{kernels:?} {model} {against:?}: {got} {expected}");
            }
        }
    }
}

#[test]
fn a_bank_of_noise_trains_as_fresh_draws_do() {
    let _no_grad = tch::no_grad_guard();
    let mut config = small_config();
    config.train.epochs = 40;
    let dataset = small_data(&config);
    let cohort = cohort(ModelId::CONCAT.trained_with(Robust::Noise), 350);
    let data = dataset.task(cohort.task).unwrap();
    let reader = Reader::from(cohort.fusion);
    let seeds: Vec<Seed> = (0..12).map(Seed).collect();
    // 14,000 rows a seed: most rows of the small bank are met twice, and hardly any of the large one.
    let accuracy = |rows: usize| -> Vec<f64> {
        let mut inputs = FeatureCache::new(compute(&config), 0, 1).trained(&config, reader, data);
        let noise = robust::noise(&config, Robust::Noise, rows, data);
        let noise = noise.map(|noise| crate::backend::inputs::upload(&noise, tch::Device::Cpu));
        inputs.unfused = inputs.unfused.take().map(|unfused| Unfused { noise, ..unfused });
        let sizes = sizes(&config, &dataset.facts, cohort.task);
        let mut training = CohortTraining::start(cohort, &config, &seeds, &inputs, sizes, compute(&config));
        let mut last = Vec::new();
        while !training.is_over() {
            if let Some((_, metrics)) = training.step().unwrap() {
                last = metrics.iter().map(|metrics| metrics.val_loss).collect();
            }
        }
        last
    };
    let (bank, fresh) = (accuracy(robust::BANK), accuracy(1 << 19));
    let differences: Vec<f64> = bank.iter().zip(&fresh).map(|(bank, fresh)| bank - fresh).collect();
    let spread = Spread::of(&differences).unwrap();
    let error = spread.std.unwrap() / (seeds.len() as f64).sqrt();
    assert!(error > 0.0 && spread.mean.abs() < 2.0 * error, "{} ± {error}", spread.mean);
    // A bank of one row is another training.
    let poor = accuracy(1);
    let worse =
        Spread::of(&poor.iter().zip(&fresh).map(|(poor, fresh)| poor - fresh).collect::<Vec<_>>()).unwrap();
    assert!(worse.mean.abs() > 2.0 * worse.std.unwrap() / (seeds.len() as f64).sqrt(), "{worse:?}");
}
