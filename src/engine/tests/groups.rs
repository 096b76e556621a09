//! A cohort in groups is the same cohort in one stack, and does as it is told.

use super::{cohort, small_config, small_data};
use crate::data::Dataset;
use crate::engine::control::{Control, Order};
use crate::engine::device::Compute;
use crate::engine::groups::{self, Ending, News, Task, Trained};
use crate::study::config::Config;
use crate::study::event::{Provenance, RunHeader, SeedMetrics};
use crate::study::grid::{Epoch, Fusion, Seed, Sweep};

const SEEDS: u64 = 5;

fn header(config: &Config, dataset: &Dataset) -> RunHeader {
    RunHeader {
        config: config.clone(),
        sweep: Sweep {
            fusions: Fusion::ALL.to_vec(),
            tasks: config.sweep.tasks.clone(),
            sizes: vec![100],
            seeds: (0..SEEDS).map(Seed).collect(),
        },
        levels: vec![0.0, 0.5],
        data: dataset.facts.clone(),
        provenance: Provenance {
            program: String::new(),
            libtorch: String::new(),
            device: String::new(),
            config_fingerprint: String::new(),
        },
    }
}

fn train(fusion: Fusion, threads: usize, order: Order) -> (Ending, Vec<(Epoch, Vec<SeedMetrics>)>) {
    let mut config = small_config();
    // Seeds end at different epochs, and so do groups.
    config.train.epochs = 12;
    config.train.patience = 2;
    let dataset = small_data(&config);
    let control = Control::default();
    control.give(order);
    let header = header(&config, &dataset);
    let task = Task {
        cohort: cohort(fusion, 100),
        header: &header,
        data: dataset.task(cohort(fusion, 100).task).unwrap(),
        compute: Compute { device: tch::Device::Cpu, threads },
        control: &control,
    };
    let mut epochs = Vec::new();
    let (ending, _) = groups::train(&task, |news| {
        if let News::Epoch(epoch, metrics) = news {
            epochs.push((epoch, metrics));
        }
    })
    .unwrap();
    (ending, epochs)
}

fn trained(ending: Ending) -> Trained {
    match ending {
        Ending::Trained(trained) => trained,
        Ending::Left | Ending::Stopped => panic!("it was not told to stop"),
    }
}

#[test]
fn a_cohort_in_groups_says_what_it_says_in_one_stack() {
    for fusion in Fusion::ALL {
        let (one, epochs_of_one) = train(fusion, 1, Order::Go);
        for threads in [2, 3, 8] {
            let (many, epochs) = train(fusion, threads, Order::Go);
            assert_eq!(epochs, epochs_of_one, "{fusion} on {threads} threads");
            let (many, one) = (trained(many), &one);
            let Ending::Trained(one) = one else { panic!("it was not told to stop") };
            assert_eq!(many.outcomes, one.outcomes);
            assert_eq!(many.evaluations, one.evaluations);
            assert_eq!(many.correct, one.correct);
        }
        assert!(epochs_of_one.iter().zip(1..).all(|((epoch, _), expected)| *epoch == Epoch(expected)));
        assert!(
            epochs_of_one.iter().any(|(_, metrics)| metrics.len() < SEEDS as usize),
            "no seed ended early"
        );
    }
}

#[test]
fn an_order_to_stop_or_leave_ends_every_group() {
    assert!(matches!(train(Fusion::Concat, 2, Order::Stop), (Ending::Stopped, epochs) if epochs.is_empty()));
    assert!(matches!(train(Fusion::Concat, 2, Order::Leave), (Ending::Left, epochs) if epochs.is_empty()));
}
