//! Several splits of one source: each is what it would be alone, and reports name all of them.

use crate::{inspect, load};
use study::config::{Config, Scale, Seeds};
use study::grid::{Seed, Task};

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn several_splits_are_each_the_data_set_of_their_own_seed() {
    // Projected rows are each split's own; others are shared.
    for (width, scale) in [(8, Scale::Standard), (0, Scale::Standard), (0, Scale::Rms), (0, Scale::None)] {
        each_is_that_of_its_own_seed(width, scale);
    }
}

fn each_is_that_of_its_own_seed(width: usize, scale: Scale) {
    let load = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::default();
        config.data.clip_like.samples = 1_000;
        (config.data.width, config.data.scale) = (width, scale);
        change(&mut config);
        load(&config).unwrap()
    };
    let several = load(&|config| (config.data.split_seed, config.data.split_seeds) = (5, Seeds::Count(3)));
    assert_eq!(several.partitions().iter().map(|of| of.seed.0).collect::<Vec<_>>(), [5, 6, 7]);
    for seed in 0..7 {
        let alone = load(&|config| config.data.split_seed = 5 + seed % 3);
        let (of_seed, alone_of_seed) = (several.of(Seed(seed)), alone.of(Seed(seed)));
        assert_eq!(of_seed.fitted, alone_of_seed.fitted, "{seed}");
        assert_eq!((&of_seed.cut, &of_seed.test_rows), (&alone_of_seed.cut, &alone_of_seed.test_rows));
        for task in Task::PAPER {
            let (ours, its) = (of_seed.task(task).unwrap(), alone_of_seed.task(task).unwrap());
            assert_eq!(ours.labels, its.labels);
            assert_eq!(ours.inputs().text.train, its.inputs().text.train);
            let facts = several.facts.task_of(task, Seed(seed)).unwrap();
            assert_eq!(facts, alone.facts.task(task).unwrap());
        }
    }
    assert!(several.of(Seed(0)).test_rows != several.of(Seed(1)).test_rows);
    let are_fitted = scale != Scale::None;
    assert_eq!(several.of(Seed(0)).fitted != several.of(Seed(1)).fitted, are_fitted);
    assert_ne!(several.of(Seed(0)).cut, several.of(Seed(1)).cut);
    let shares: Vec<f64> = (0..3)
        .map(|seed| several.facts.task_of(Task::Synthetic, Seed(seed)).unwrap().positive_share.test)
        .collect();
    let mean = several.facts.task(Task::Synthetic).unwrap();
    assert!((mean.positive_share.test - shares.iter().sum::<f64>() / 3.0).abs() < 1e-12, "{shares:?}");
    assert_eq!(mean.threshold, None);
    assert_ne!(shares[0], shares[1]);
}

#[test]
fn one_split_is_named_by_nothing_but_its_seed_and_several_have_a_fingerprint_of_all() {
    let load = |seeds: Seeds, tasks: &[Task]| {
        let mut config = Config::default();
        config.data.clip_like.samples = 500;
        (config.data.split_seeds, config.sweep.tasks) = (seeds, tasks.to_vec());
        load(&config).unwrap()
    };
    let list = |seeds: &[u64]| Seeds::List(seeds.iter().copied().map(Seed).collect());
    let one = load(Seeds::Count(1), &Task::PAPER);
    assert_eq!(one.facts, load(list(&[0]), &Task::PAPER).facts);
    assert!(one.facts.splits.is_empty() && !one.facts.has_several_splits());
    let both = load(Seeds::Count(2), &Task::PAPER);
    assert_eq!(both.facts.fingerprint, load(list(&[0, 1]), &Task::PAPER).facts.fingerprint);
    assert_ne!(both.facts.fingerprint, load(list(&[1, 0]), &Task::PAPER).facts.fingerprint);
    assert_ne!(both.facts.fingerprint, load(list(&[0, 2]), &Task::PAPER).facts.fingerprint);
    assert_ne!(both.facts.fingerprint, one.facts.fingerprint);
    let real = load(Seeds::Count(2), &[Task::Real]);
    assert_eq!(both.fingerprint_of(&[Task::Real]), real.facts.fingerprint);
}

#[test]
fn an_inspection_names_the_splits_and_their_cuts() {
    let mut config = Config::default();
    config.data.clip_like.samples = 500;
    config.data.split_seeds = Seeds::List(vec![Seed(3), Seed(11)]);
    let inspection = inspect(&config).unwrap().to_string();
    says(
        &inspection,
        &["train 350, validation 75, test 75; 2 of them, with seeds 3, 11", "(mean of the splits)"],
    );
    assert!(!inspection.contains("no seed of the sweep"), "{inspection}");
    config.sweep.seeds = Seeds::List(vec![Seed(4), Seed(2)]);
    let idle = inspect(&config).unwrap().to_string();
    says(&idle, &["warning", "no seed of the sweep has the split of seed 11: seed s has split s mod 2"]);
    let cuts = inspection.lines().find_map(|line| line.split_once(", cut at ")).unwrap().1;
    let (first, second) = cuts.split_once(", ").unwrap();
    assert_ne!(first.parse::<f64>().unwrap(), second.parse::<f64>().unwrap());
}
