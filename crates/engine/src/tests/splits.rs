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

fn train(config: &Config, seeds: &[Seed], threads: usize) -> Trained {
    let dataset = small_data(config);
    let nothing = || String::new();
    let header = RunHeader {
        config: config.clone(),
        sweep: Sweep {
            fusions: vec![ModelId::PRODUCT],
            baselines: Vec::new(),
            tasks: config.sweep.tasks.clone(),
            sizes: vec![100],
            seeds: seeds.to_vec(),
        },
        levels: vec![0.0, 0.5],
        data: dataset.facts.clone(),
        provenance: Provenance {
            program: nothing(),
            libtorch: nothing(),
            device: nothing(),
            config_fingerprint: nothing(),
        },
        fingerprint: None,
    };
    let folder = tempfile::tempdir().unwrap();
    let cohort = cohort(ModelId::PRODUCT, 100);
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
        let trained = train(&config, &of_split, 1);
        evaluations.extend(trained.evaluations);
        rows.extend(trained.rows);
    }
    evaluations.sort_by_key(|evaluation| evaluation.seed);
    rows.sort_by_key(|(seed, _)| *seed);
    (config.data.split_seed, config.data.split_seeds) = (20, Seeds::Count(3));
    for threads in [1, 2, 8] {
        let trained = train(&config, &seeds, threads);
        assert_eq!(trained.evaluations, evaluations, "{threads} threads");
        assert_eq!(trained.rows, rows, "{threads} threads");
    }
}
