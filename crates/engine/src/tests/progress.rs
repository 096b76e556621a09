//! Time left and load, from speeds that are given.

use super::groups::header;
use super::{cohort, small_config, small_data};
use crate::backend::device::Compute;
use crate::runtime::progress::{Peak, Running, Spent, estimate};
use study::config::Config;
use study::cost;
use study::event::RunHeader;
use study::feed::Bound;
use study::grid::{CohortId, Epoch};
use study::model::{ModelId, Robust};

fn small_header() -> RunHeader {
    let config = small_config();
    header(&config, &small_data(&config))
}

fn at_the_start() -> Running {
    let cohort = cohort(ModelId::CONCAT, 100);
    let seeds = small_config().sweep.seeds.resolve().len();
    Running { worker: 0, cohort, seeds, epoch: Epoch(1), done: 0.0, seconds: 0.0, samples_per_second: 1.0 }
}

fn remaining(spent: &Spent, header: &RunHeader, running: &[Running], waiting: &[CohortId]) -> Option<f64> {
    let seeds = header.sweep.seeds.len();
    spent.remaining(header, Compute::cpu(), running, waiting.iter().map(|&cohort| (cohort, seeds)), 1)
}

#[test]
fn a_waiting_cohort_takes_as_long_as_others_of_its_fusion_did() {
    let header = small_header();
    let (concat, tensor) = (cohort(ModelId::CONCAT, 100), cohort(ModelId::TENSOR, 100));
    let mut spent = Spent::default();
    assert_eq!(remaining(&spent, &header, &[], &[concat]), None, "nothing was measured");
    let seeds = header.sweep.seeds.len();
    spent.record(&header, Compute::cpu(), concat, seeds, 1.0);
    spent.record(&header, Compute::cpu(), tensor, seeds, 30.0);
    let near = |found: Option<f64>, expected: f64| {
        assert!((found.unwrap() - expected).abs() < 1e-9 * expected, "{found:?} {expected}");
    };
    near(remaining(&spent, &header, &[], &[concat]), 1.0);
    near(remaining(&spent, &header, &[], &[tensor, concat]), 31.0);
    // Two workers: one has the long cohort alone, the other what is left.
    let waiting = [concat, tensor, concat].map(|cohort| (cohort, seeds)).into_iter();
    near(spent.remaining(&header, Compute::cpu(), &[], waiting, 2), 30.0);
    // More rows take longer, and not so much longer as they are more: validation and test stay what they are.
    let longer = remaining(&spent, &header, &[], &[cohort(ModelId::CONCAT, 200)]).unwrap();
    assert!((1.1..2.0).contains(&longer), "{longer}");
    // A fusion that was not measured yet goes by the others.
    assert!(remaining(&spent, &header, &[], &[cohort(ModelId::PRODUCT, 100)]).unwrap() > 0.0);
}

#[test]
fn the_time_left_of_the_first_cohort_follows_from_its_own_progress() {
    let header = small_header();
    let running = |done, seconds| [Running { done, seconds, ..at_the_start() }];
    let spent = Spent::default();
    let quarter = remaining(&spent, &header, &running(0.25, 1.0), &[]).unwrap();
    let half = remaining(&spent, &header, &running(0.5, 2.0), &[]).unwrap();
    // Three quarters of training at a quarter's pace, and the test.
    assert!(quarter > 3.0, "{quarter}");
    assert!((quarter - half - 1.0).abs() < 1e-9, "{quarter} {half}");
}

#[test]
fn before_anything_was_measured_the_devices_peak_says_how_long_it_takes() {
    let header = small_header();
    let (concat, tensor) = (cohort(ModelId::CONCAT, 100), cohort(ModelId::TENSOR, 100));
    let seeds = header.sweep.seeds.len();
    let operations = |cohort| cost::of(&header, cohort, 0.0).all();
    let all = operations(concat) + operations(tensor);
    let of = |open: &[(CohortId, usize)]| {
        let peak = Peak { flops: all / 60.0, bytes: 1.0 };
        estimate(&header, Compute::cpu(), peak, |_| None, open.iter().copied())
    };
    let whole = of(&[(concat, seeds), (tensor, seeds)]).unwrap();
    assert_eq!((whole.trials, whole.largest.0), (2 * seeds, ModelId::TENSOR));
    let share = operations(tensor) / all;
    assert!((whole.largest.1 - share).abs() < 1e-9, "{whole:?}");
    assert!((whole.seconds - 60.0).abs() < 1e-9 * whole.seconds, "{whole:?}");
    // A seed that is done takes no time, and what is done leaves nothing to say.
    let part = of(&[(tensor, 1)]).unwrap();
    assert_eq!(part.trials, 1);
    let alone = 60.0 * share / seeds as f64;
    assert!((part.seconds - alone).abs() < 1e-9 * alone, "{part:?}");
    assert_eq!(of(&[]), None);
}

#[test]
fn the_load_is_that_of_the_limiting_resource() {
    let header = small_header();
    let running = |samples_per_second| Running { samples_per_second, ..at_the_start() };
    // 32 units on a width of 32, and the rest: 1,122 parameters; batches of 48.
    let arithmetic =
        Peak { flops: 4.0 * 1122.0 * 1000.0, bytes: 1e15 }.load(&header, &[running(400.0), running(100.0)]);
    assert_eq!(arithmetic.bound, Bound::Arithmetic);
    assert!((arithmetic.share - 0.5).abs() < 1e-12);
    assert_eq!(arithmetic.text(), "50 % of arithmetic peak");
    let memory = Peak { flops: 1e15, bytes: 28.0 * 1122.0 * 10.0 }.load(&header, &[running(48.0)]);
    assert_eq!(memory.bound, Bound::Memory);
    assert!((memory.share - 0.1).abs() < 1e-12);
}

#[test]
fn learned_fusions_and_training_against_noise_cost_more_by_what_was_measured() {
    let config = Config::default();
    let mut header = header(&config, &small_data(&config));
    header.sweep.seeds = config.sweep.seeds.resolve();
    header.levels = config.noise.levels.resolve().unwrap();
    // It was measured without the additive projection.
    header.config.evaluation.emap_rows = 0;
    let lmf = ModelId::LMF.with_variant(4);
    // How much longer than concat, in one study of width 64 on two cores that others used as well.
    let measured = [
        (ModelId::TFN, 4200, 41.5),
        (ModelId::MCB, 1024, 2.05),
        (lmf, 1024, 3.2),
        (ModelId::GMU, 1024, 2.5),
        (ModelId::DYNMM, 1024, 4.95),
        (ModelId::CONCAT.trained_with(Robust::Noise), 4200, 3.3),
        (ModelId::MCB.trained_with(Robust::Noise), 4200, 6.5),
    ];
    let of = |fusion, size| cost::of(&header, cohort(fusion, size), 0.0).all();
    for (model, size, longer) in measured {
        let estimated = of(model, size) / of(ModelId::CONCAT, size);
        let ratio = estimated / longer;
        assert!((0.5..2.0).contains(&ratio), "{model} {size}: {estimated} times concat, measured {longer}");
    }
}

#[test]
fn configurations_cost_in_the_proportions_that_were_measured() {
    let config = Config::default();
    let mut header = header(&config, &small_data(&config));
    header.sweep.seeds = config.sweep.seeds.resolve();
    header.levels = config.noise.levels.resolve().unwrap();
    // It was measured without the additive projection.
    header.config.evaluation.emap_rows = 0;
    // Seconds in the quick study on two Zen 5 cores.
    let measured = [
        (ModelId::CONCAT, 64, 0.0168),
        (ModelId::CONCAT, 4200, 0.0986),
        (ModelId::PRODUCT, 512, 0.0275),
        (ModelId::TENSOR, 32, 0.271),
        (ModelId::TENSOR, 512, 0.493),
        (ModelId::TENSOR, 4200, 2.22),
        (ModelId::TEXT, 512, 0.0214),
        (ModelId::LOGISTIC_CONCAT, 64, 0.0102),
        (ModelId::LOGISTIC_TENSOR, 4200, 0.165),
    ];
    let of = |fusion, size| cost::of(&header, cohort(fusion, size), 0.0).all();
    let all: f64 = measured.iter().map(|&(fusion, size, _)| of(fusion, size)).sum();
    let pace = measured.iter().map(|(_, _, seconds)| seconds).sum::<f64>() / all;
    for (fusion, size, seconds) in measured {
        let estimated = pace * of(fusion, size);
        assert!(
            (0.7..1.4).contains(&(estimated / seconds)),
            "{fusion} {size}: {estimated} s, measured {seconds} s"
        );
    }
}
