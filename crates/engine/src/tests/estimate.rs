//! A study's time before its start: from rates that are given, kept in a file, or timed.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::groups::header;
use super::{cohort, small_config, small_data};
use crate::backend::device::{Compute, Devices};
use crate::runtime::calibration;
use crate::runtime::preparation::Prepared;
use crate::runtime::progress::{Peak, cost, estimate};
use crate::runtime::rates::KnownRates;
use study::config::Config;
use study::estimate::Basis;
use study::event::RunHeader;
use study::model::ModelId;

fn small() -> (Config, RunHeader) {
    let config = small_config();
    let header = header(&config, &small_data(&config));
    (config, header)
}

fn devices() -> Devices {
    let workers = vec![Compute { threads: 1, ..Compute::cpu() }];
    Devices { workers, description: String::new(), advice: None, warning: None }
}

#[test]
fn known_rates_count_and_what_has_none_is_as_much_slower_than_the_peak() {
    let (_, header) = small();
    let compute = Compute { threads: 1, ..Compute::cpu() };
    let seeds = header.sweep.seeds.len();
    let (concat, tensor) = (cohort(ModelId::CONCAT, 100), cohort(ModelId::TENSOR, 100));
    let of = |cohort| cost(&header, compute, cohort, seeds).all();
    let peak = Peak { flops: 1e9, bytes: 1.0 };
    let open = [(concat, seeds), (tensor, seeds)];
    // Three times as long as at the peak.
    let concat_known = |model| (model == ModelId::CONCAT).then_some((3e-9, Basis::LastRun));
    let estimated = estimate(&header, compute, peak, concat_known, open).unwrap();
    let expected = 3e-9 * (of(concat) + of(tensor));
    assert!((estimated.seconds / expected - 1.0).abs() < 1e-9, "{estimated:?}");
    assert_eq!((estimated.basis, estimated.trials), (Basis::Scaled, 2 * seeds));
    let both = |model| match model {
        ModelId::CONCAT => Some((5e-9, Basis::LastRun)),
        _ => Some((2e-9, Basis::Measured)),
    };
    let estimated = estimate(&header, compute, peak, both, open).unwrap();
    let expected = 5e-9 * of(concat) + 2e-9 * of(tensor);
    assert!((estimated.seconds / expected - 1.0).abs() < 1e-9, "{estimated:?}");
    assert_eq!(estimated.basis, Basis::Measured, "the weaker one that matters");
    assert_eq!(estimate(&header, compute, peak, |_| None, open).unwrap().basis, Basis::Peak);
}

#[test]
fn a_run_keeps_its_speed_for_the_next_one_on_the_same_machine() {
    let (_, header) = small();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache/rates.json");
    let open = |header: &RunHeader| KnownRates::open_in(Some(file.clone()), header, &devices());
    let mut rates = open(&header);
    assert_eq!(rates.find(ModelId::CONCAT), None);
    rates.keep();
    assert!(!file.exists(), "nothing was trained");
    rates.record(ModelId::CONCAT, 4.0, 1e9);
    rates.record(ModelId::CONCAT, 2.0, 1e9);
    rates.keep();
    assert_eq!(open(&header).find(ModelId::CONCAT), Some((3e-9, Basis::LastRun)));
    assert_eq!(open(&header).find(ModelId::PRODUCT), None);
    // Another precision, or an end by patience, is another speed.
    let mut other = header.clone();
    other.config.train.patience = 3;
    assert_eq!(open(&other).find(ModelId::CONCAT), None);
    // A damaged file is no error, and the next run replaces it.
    fs::write(&file, "{").unwrap();
    let mut rates = open(&header);
    assert_eq!(rates.find(ModelId::CONCAT), None);
    rates.record(ModelId::CONCAT, 8.0, 1e9);
    rates.keep();
    assert_eq!(open(&header).find(ModelId::CONCAT), Some((8e-9, Basis::LastRun)));
}

#[test]
fn a_few_steps_are_timed_where_nothing_is_known() {
    let mut config = small_config();
    config.train.batch_size = 16;
    let dataset = small_data(&config);
    let prepared = Prepared { header: Arc::new(header(&config, &dataset)), dataset: Arc::new(dataset) };
    let mut rates = KnownRates::open_in(None, &prepared.header, &devices());
    let compute = devices().workers[0];
    let models = [ModelId::TENSOR, ModelId::CONCAT];
    // However busy the machine is.
    let long = Duration::from_mins(10);
    calibration::time(&prepared, compute, Peak { flops: 1e12, bytes: 1e12 }, (&models, long), &mut rates);
    for model in models {
        let (rate, basis) = rates.find(model).unwrap();
        assert!(rate.is_finite() && rate > 0.0 && basis == Basis::Measured, "{model} {rate}");
    }
    // What would take too long is not begun.
    let mut rates = KnownRates::open_in(None, &prepared.header, &devices());
    let slow = Peak { flops: 1e3, bytes: 1e3 };
    calibration::time(&prepared, compute, slow, (&models, calibration::BUDGET), &mut rates);
    assert_eq!(rates.find(ModelId::TENSOR), None);
}
