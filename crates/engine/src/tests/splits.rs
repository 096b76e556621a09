//! A cohort on several splits: each seed is trained and tested as on its split alone, in any number of groups.

use std::time::Duration;

use super::{cohort, compute, small_config, small_data};
use crate::backend::device::Compute;
use crate::training::cohort::saved::{Owner, Saving, StateFolder};
use crate::training::control::Control;
use crate::training::feature_cache::FeatureCache;
use crate::training::groups::{Ending, Task, Trained};
use crate::training::memory::Budget;
use crate::training::parts;
use study::config::{Config, Memory, Seeds};
use study::event::{Provenance, RunHeader};
use study::grid::{Epoch, Seed, Sweep};
use study::model::ModelId;

fn train(config: &Config, model: ModelId, seeds: &[Seed], threads: usize) -> Trained {
    let dataset = small_data(config);
    let nothing = || String::new();
    let header = RunHeader {
        config: config.clone(),
        sweep: Sweep {
            fusions: vec![model],
            baselines: Vec::new(),
            tasks: config.sweep.tasks.clone(),
            sizes: vec![100],
            seeds: seeds.to_vec(),
            ..Sweep::default()
        },
        levels: vec![0.0, 0.5],
        data: dataset.facts.clone(),
        provenance: Provenance {
            program: nothing(),
            libtorch: nothing(),
            device: nothing(),
            gpus: Vec::new(),
            config_fingerprint: nothing(),
        },
        fingerprint: None,
    };
    let folder = tempfile::tempdir().unwrap();
    let cohort = cohort(model, 100);
    let owner = Owner::new("run", config, cohort, 1);
    let task = Task {
        cohort,
        seeds,
        at_once: seeds.len(),
        saving: Saving { states: Box::new(StateFolder(folder.path().into())), owner, every: Duration::ZERO },
        header: &header,
        data: &dataset,
        compute: Compute { threads, ..compute(config) },
        budget: Budget::new(Memory::Auto, compute(config), 1, 0),
        cache: &FeatureCache::new(compute(config), 1 << 30, 1),
        control: &Control::default(),
    };
    match parts::train(&task, Vec::new(), Epoch(1), |_| ()).unwrap().0 {
        Ending::Trained(mut trained) => {
            trained.evaluations.sort_by_key(|evaluation| evaluation.seed);
            trained.rows.sort_by_key(|(seed, _)| *seed);
            trained
        }
        Ending::Left | Ending::Stopped => panic!("it was not ordered to stop"),
    }
}

#[test]
fn each_seed_is_what_it_is_on_its_own_split_however_many_threads_there_are() {
    let seeds: Vec<Seed> = [0, 1, 2, 3, 4, 9].map(Seed).to_vec();
    let mut config = small_config();
    let (mut evaluations, mut rows) = (Vec::new(), Vec::new());
    for split in 0..3 {
        config.data.split_seed = 20 + split;
        let of_split: Vec<Seed> = seeds.iter().copied().filter(|seed| seed.0 % 3 == split).collect();
        let trained = train(&config, ModelId::PRODUCT, &of_split, 1);
        evaluations.extend(trained.evaluations);
        rows.extend(trained.rows);
    }
    evaluations.sort_by_key(|evaluation| evaluation.seed);
    rows.sort_by_key(|(seed, _)| *seed);
    (config.data.split_seed, config.data.split_seeds) = (20, Seeds::Count(3));
    for threads in [1, 2, 8] {
        let trained = train(&config, ModelId::PRODUCT, &seeds, threads);
        assert_eq!(trained.evaluations, evaluations, "{threads} threads");
        assert_eq!(trained.rows, rows, "{threads} threads");
    }
}

#[test]
fn each_seed_has_its_own_sketch_and_split_whichever_seeds_train_beside_it() {
    let seeds: Vec<Seed> = [0, 1, 2, 3, 5, 8].map(Seed).to_vec();
    let mut config = small_config();
    config.data.split_seeds = Seeds::Count(2);
    for model in [ModelId::MCB, ModelId::PERMUTED, ModelId::LOGISTIC_MCB] {
        (config.fusion.mcb.sketches, config.fusion.permuted.draws) = (3, 3);
        let alone: Vec<_> =
            seeds.iter().flat_map(|&seed| train(&config, model, &[seed], 1).evaluations).collect();
        for threads in [1, 2, 8] {
            let together = train(&config, model, &seeds, threads);
            assert_eq!(together.evaluations, alone, "{model} on {threads} threads");
        }
        (config.fusion.mcb.sketches, config.fusion.permuted.draws) = (1, 1);
        let of_one = train(&config, model, &seeds, 1).evaluations;
        let same: Vec<u64> = (0..seeds.len())
            .filter(|&place| of_one[place] == alone[place])
            .map(|place| seeds[place].0)
            .collect();
        assert_eq!(same, [0, 3], "{model}: seeds of the first sketch alone");
    }
}
