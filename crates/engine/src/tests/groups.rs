//! A cohort in groups is the same cohort in one stack, and follows orders.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{cohort, compute, every_way, small_config, small_data};
use crate::backend::device::Compute;
use crate::evaluation::TrialWeights;
use crate::fusion::Reader;
use crate::training::cohort::CohortTraining;
use crate::training::cohort::saved::{Owner, Saved, Saver, Saving, StateFolder, Wanted};
use crate::training::control::{Control, Order};
use crate::training::event::TrainingEvent;
use crate::training::feature_cache::FeatureCache;
use crate::training::groups::{Ending, Task, Trained};
use crate::training::memory::Budget;
use crate::training::parts;
use data::Dataset;
use study::config::{Config, Kernels, Memory};
use study::event::{Provenance, RunHeader, SeedMetrics};
use study::grid::{Epoch, Seed, Sweep};
use study::model::{ModelId, Robust};

pub(super) const SEEDS: u64 = 5;

/// What computes, and what is trained.
pub(super) type Way = (Kernels, ModelId);

pub(super) fn header(config: &Config, dataset: &Dataset) -> RunHeader {
    RunHeader {
        config: config.clone(),
        sweep: Sweep {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: Vec::new(),
            tasks: config.sweep.tasks.clone(),
            sizes: vec![100],
            seeds: (0..SEEDS).map(Seed).collect(),
            ..Sweep::default()
        },
        levels: vec![0.0, 0.5],
        data: dataset.facts.clone(),
        provenance: Provenance {
            program: String::new(),
            libtorch: String::new(),
            device: String::new(),
            gpus: Vec::new(),
            config_fingerprint: String::new(),
        },
        fingerprint: None,
    }
}

pub(super) type Epochs = Vec<(Epoch, Vec<SeedMetrics>)>;

pub(super) fn config((kernels, _): Way) -> Config {
    let mut config = small_config();
    config.run.kernels = kernels;
    // Seeds end at different epochs, and so do groups.
    config.train.epochs = 12;
    config.train.patience = 2;
    config
}

pub(super) fn train(way: Way, threads: usize, order: Order) -> (Ending, Epochs) {
    let folder = tempfile::tempdir().unwrap();
    resume(way, threads, order, folder.path())
}

fn resume(way: Way, threads: usize, order: Order, folder: &Path) -> (Ending, Epochs) {
    let (end, complaints) = train_parts(way, threads, SEEDS as usize, Memory::Auto, order, folder);
    assert_eq!(complaints, Vec::<String>::new());
    end
}

/// Resumed from the training states in `folder`, if there are any; else so many seeds at once. With its warnings.
pub(super) fn train_parts(
    way: Way,
    threads: usize,
    at_once: usize,
    memory: Memory,
    order: Order,
    folder: &Path,
) -> ((Ending, Epochs), Vec<String>) {
    let config = config(way);
    let dataset = small_data(&config);
    let control = Control::default();
    control.give(order);
    let header = header(&config, &dataset);
    let cohort = cohort(way.1, 100);
    let saving = saving(way, folder);
    let wanted = Wanted { cohort, header: &header, seeds: &header.sweep.seeds };
    let (saved, mut warnings) = Saved::read_all(&saving, &wanted);
    // A seed that was not saved begins.
    let all_saved = saved.iter().map(|saved| saved.seeds().len()).sum::<usize>() == SEEDS as usize;
    let first = saved.iter().map(|saved| saved.position().epoch).min().filter(|_| all_saved);
    let first = first.unwrap_or(Epoch(1));
    let task = Task {
        cohort,
        seeds: &header.sweep.seeds,
        at_once,
        saving,
        header: &header,
        data: &dataset,
        compute: Compute { threads, ..compute(&config) },
        budget: Budget::new(memory, compute(&config), 1, 0),
        cache: &FeatureCache::new(compute(&config), 1 << 30, 1),
        control: &control,
    };
    let mut epochs = Vec::new();
    let (ending, _) = parts::train(&task, saved, first, |event| match event {
        TrainingEvent::EpochFinished { epoch, metrics } => epochs.push((epoch, metrics)),
        TrainingEvent::Warned(text) => warnings.push(text),
        TrainingEvent::RowsTrained { .. } | TrainingEvent::TrainingFinished { .. } => {}
    })
    .unwrap();
    ((ending, epochs), warnings)
}

pub(super) fn trained(ending: Ending) -> Trained {
    match ending {
        Ending::Trained(trained) => trained,
        Ending::Left | Ending::Stopped => panic!("it was not ordered to stop"),
    }
}

#[test]
fn a_cohort_in_groups_has_the_results_of_one_stack() {
    for way in every_way() {
        let (one, epochs_of_one) = train(way, 1, Order::Continue);
        for threads in [2, 3, 8] {
            let (many, epochs) = train(way, threads, Order::Continue);
            assert_eq!(epochs, epochs_of_one, "{way:?} on {threads} threads");
            let (many, one) = (trained(many), &one);
            let Ending::Trained(one) = one else { panic!("it was not ordered to stop") };
            assert_eq!(many.outcomes, one.outcomes);
            assert_eq!(many.evaluations, one.evaluations);
            assert_eq!(many.rows, one.rows);
        }
        assert!(epochs_of_one.iter().zip(1..).all(|((epoch, _), expected)| *epoch == Epoch(expected)));
        assert!(
            epochs_of_one.iter().any(|(_, metrics)| metrics.len() < SEEDS as usize),
            "no seed ended early"
        );
    }
}

pub(super) fn saving(way: Way, folder: &Path) -> Saving {
    let owner = Owner::new("run", &config(way), cohort(way.1, 100), 1);
    Saving { states: Box::new(StateFolder(folder.into())), owner, every: Duration::ZERO }
}

/// Trains `seeds` for so many steps and leaves them in `folder`, in a group for each frozen choice.
pub(super) fn leave(way: Way, seeds: &[Seed], steps: usize, folder: &Path) {
    let config = config(way);
    let mut groups: BTreeMap<usize, Vec<Seed>> = BTreeMap::new();
    for &seed in seeds {
        groups.entry(Reader::of(&config, way.1, seed).choice).or_default().push(seed);
    }
    for seeds in groups.values() {
        leave_group(way, &config, seeds, steps, folder);
    }
}

fn leave_group(way: Way, config: &Config, seeds: &[Seed], steps: usize, folder: &Path) {
    let _no_grad = tch::no_grad_guard();
    let cohort = cohort(way.1, 100);
    let dataset = small_data(config);
    let reader = Reader::of(config, way.1, seeds[0]);
    let inputs =
        FeatureCache::new(Compute::cpu(), 0, 1).trained(config, reader, dataset.task(cohort.task).unwrap());
    let sizes = super::sizes(config, &dataset.facts, cohort.task);
    let mut training = CohortTraining::start(cohort, config, seeds, &inputs, sizes, compute(config));
    let saving = saving(way, folder);
    let mut saver = Saver::new(&saving, None);
    for step in 0..steps {
        training.step().unwrap();
        // An older training state is replaced, its best weights with it.
        if step == steps / 2 {
            saver.save(&mut training, 1.0).unwrap();
        }
    }
    saver.save(&mut training, 2.0).unwrap();
}

#[test]
fn groups_left_at_different_steps_resume_to_the_same_end() {
    let against_noise =
        [Robust::Noise, Robust::Drop].map(|robust| (Kernels::Fused, ModelId::PRODUCT.trained_with(robust)));
    for way in every_way().chain(against_noise) {
        let (whole, epochs_of_whole) = train(way, 1, Order::Continue);
        let whole = trained(whole);
        // Three steps an epoch: within epochs 2 and 4, and at the end of epoch 2 or not at all.
        for (third, slowest) in [(Some(6), Epoch(2)), (None, Epoch(1))] {
            let folder = tempfile::tempdir().unwrap();
            leave(way, &[Seed(0), Seed(1)], 4, folder.path());
            leave(way, &[Seed(2)], 11, folder.path());
            if let Some(steps) = third {
                leave(way, &[Seed(3), Seed(4)], steps, folder.path());
            }
            let (ending, epochs) = resume(way, 2, Order::Continue, folder.path());
            let expected: Epochs =
                epochs_of_whole.iter().filter(|(epoch, _)| *epoch >= slowest).cloned().collect();
            assert_eq!(sorted(epochs), sorted(expected), "{way:?}");
            let ending = trained(ending);
            assert_eq!(sorted_by_seed(ending.outcomes), sorted_by_seed(whole.outcomes.clone()));
            assert_eq!(sorted_by_seed(ending.rows), sorted_by_seed(whole.rows.clone()));
            for evaluation in &whole.evaluations {
                assert!(ending.evaluations.contains(evaluation), "{way:?} seed {:?}", evaluation.seed);
            }
        }
    }
}

#[test]
fn a_cohort_in_parts_has_the_results_of_the_whole() {
    let way = (Kernels::Fused, ModelId::TENSOR);
    let (whole, epochs_of_whole) = train(way, 2, Order::Continue);
    let whole = trained(whole);
    // Rows of 16 floats are laid one line of 64 bytes each; the noise of 75 test rows for each seed; then two seeds of
    // five copies of a head.
    let (data, noise) = (500 * 2 * 16 * 4, SEEDS * 75 * 2 * 16 * 4);
    let two_seeds = Memory::Bytes(data + noise + 2 * 5 * (16 * 16 * 32 + 32 + 64 + 16) * 4 + 4_000);
    for (at_once, memory) in [(2, Memory::Auto), (SEEDS as usize, two_seeds)] {
        let folder = tempfile::tempdir().unwrap();
        let ((parts, epochs), warnings) =
            train_parts(way, 2, at_once, memory, Order::Continue, folder.path());
        let parts = trained(parts);
        assert_eq!((&parts.outcomes, &parts.evaluations), (&whole.outcomes, &whole.evaluations));
        let best = |weights: &[TrialWeights]| {
            weights.iter().map(|trial| trial.val_accuracy).max_by(f64::total_cmp).unwrap()
        };
        assert_eq!(best(&parts.weights), best(&whole.weights));
        assert_eq!(parts.weights.len(), 3, "of each part the best alone");
        let of_first = epochs.iter().filter(|(epoch, _)| *epoch == Epoch(1));
        let seeds: Vec<SeedMetrics> = of_first.flat_map(|(_, metrics)| metrics.clone()).collect();
        assert_eq!(seeds, epochs_of_whole[0].1, "three events of epoch 1 cover it");
        if memory == Memory::Auto {
            assert_eq!(warnings, Vec::<String>::new());
        } else {
            let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
            assert!(warning.contains("holds 2 of 5 seeds at once, so they train in parts"), "{warning}");
        }
    }
}

#[test]
fn saved_groups_resume_in_parts() {
    let way = (Kernels::Fused, ModelId::CONCAT);
    let (whole, _) = train(way, 1, Order::Continue);
    let folder = tempfile::tempdir().unwrap();
    leave(way, &[Seed(1), Seed(2)], 4, folder.path());
    leave(way, &[Seed(4)], 6, folder.path());
    let ((parts, _), _) = train_parts(way, 1, 2, Memory::Auto, Order::Continue, folder.path());
    let (whole, parts) = (trained(whole), trained(parts));
    assert_eq!(sorted_by_seed(parts.outcomes), whole.outcomes);
    assert!(whole.evaluations.iter().all(|evaluation| parts.evaluations.contains(evaluation)));
}

fn sorted(mut epochs: Epochs) -> Epochs {
    for (_, metrics) in &mut epochs {
        metrics.sort_by_key(|metrics| metrics.seed);
    }
    epochs
}

pub(super) fn sorted_by_seed<T>(mut values: Vec<(Seed, T)>) -> Vec<(Seed, T)> {
    values.sort_by_key(|(seed, _)| *seed);
    values
}

#[test]
fn an_order_to_leave_saves_the_training_state() {
    let folder = tempfile::tempdir().unwrap();
    leave((Kernels::Fused, ModelId::PRODUCT), &(0..SEEDS).map(Seed).collect::<Vec<_>>(), 5, folder.path());
    assert!(matches!(
        resume((Kernels::Fused, ModelId::PRODUCT), 2, Order::Leave, folder.path()).0,
        Ending::Left
    ));
    let names = |folder: &Path| {
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    // The best weights are those of the first process.
    assert_eq!(names(folder.path()), ["best-0-1.state", "seed-0.state"]);
    let (whole, _) = train((Kernels::Fused, ModelId::PRODUCT), 1, Order::Continue);
    let (ending, _) = resume((Kernels::Fused, ModelId::PRODUCT), 2, Order::Continue, folder.path());
    assert_eq!(trained(ending).evaluations, trained(whole).evaluations);
}

#[test]
fn an_order_to_stop_or_leave_ends_every_group() {
    assert!(
        matches!(train((Kernels::Fused, ModelId::CONCAT), 2, Order::Stop), (Ending::Stopped, epochs) if epochs.is_empty())
    );
    assert!(
        matches!(train((Kernels::Fused, ModelId::CONCAT), 2, Order::Leave), (Ending::Left, epochs) if epochs.is_empty())
    );
}
