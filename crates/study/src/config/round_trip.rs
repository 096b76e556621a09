//! Properties: any configuration survives TOML, and any text is answered in plain lines.

use proptest::prelude::*;

use super::fusion::{DynmmConfig, GmuConfig, LmfConfig, McbConfig, PermutedConfig, PlainFusion};
use super::*;
use crate::grid::Alignment;

proptest! {
    #[test]
    fn a_configuration_survives_toml(config in any_config()) {
        prop_assert_eq!(read(Some(&config.to_toml()), &[]), Ok(config));
    }

    #[test]
    fn any_text_ends_in_a_configuration_or_in_one_plain_line_for_each_fault(
        text in "(\\PC|\n|\u{1b}|=|\\[|\\]|\"|run|train|name|epochs|\\.){0,60}",
    ) {
        if let Err(faults) = read(Some(&text), &[]) {
            let message = faults.to_string();
            prop_assert_eq!(message.lines().count(), faults.0.len());
            prop_assert!(message.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", message);
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("blank", |text| !text.trim().is_empty())
}

fn choice<T: rule::Choice + std::fmt::Debug>() -> impl Strategy<Value = T> {
    proptest::sample::select(T::ALL)
}

fn choices<T: rule::Choice + std::fmt::Debug>() -> impl Strategy<Value = Vec<T>> {
    proptest::sample::subsequence(T::ALL, 1..=T::ALL.len()).prop_shuffle()
}

fn whole() -> impl Strategy<Value = u64> {
    0..=special::MOST_EXACT
}

fn any_config() -> impl Strategy<Value = Config> {
    (
        run_config(),
        data_config(),
        sweep_config(),
        training(),
        (choice(), choice(), 1..=16_usize, any::<bool>()),
        noise_config(),
        (choice(), 0..=10_000_usize, f64::MIN_POSITIVE..1.0),
        (fusion_config(), cluster_config()),
    )
        .prop_map(
            |(run, data, sweep, (model, train, checkpoints), synthetic, noise, rest, (fusion, cluster))| {
                let (label, pairs, draws, allow_imbalance) = synthetic;
                let (fill, emap_rows, margin) = rest;
                Config {
                    run,
                    data,
                    sweep,
                    model,
                    train,
                    fusion,
                    synthetic: SyntheticConfig { label, pairs, draws, allow_imbalance },
                    noise,
                    missing: MissingConfig { fill },
                    evaluation: EvaluationConfig { emap_rows },
                    checkpoints,
                    claims: ClaimsConfig { margin },
                    cluster,
                }
            },
        )
}

fn run_config() -> impl Strategy<Value = RunConfig> {
    let device = prop_oneof![
        Just(DeviceChoice::Auto),
        Just(DeviceChoice::Cpu),
        proptest::collection::btree_set(0..Gpus::MOST, 0..4)
            .prop_map(|gpus| DeviceChoice::Cuda(Gpus::new(gpus)))
    ];
    let memory = prop_oneof![Just(Memory::Auto), (1..=1_000_000_000_000_000_u64).prop_map(Memory::Bytes)];
    ("[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}", device, 0..=64_usize, memory, choice(), choice()).prop_map(
        |(name, device, workers, memory, kernels, precision)| RunConfig {
            name,
            device,
            workers,
            memory,
            kernels,
            precision,
        },
    )
}

fn data_config() -> impl Strategy<Value = DataConfig> {
    let label =
        prop_oneof![any::<i64>().prop_map(LabelValue::Number), any::<String>().prop_map(LabelValue::Text)];
    let positive =
        proptest::collection::btree_set(label, 0..4).prop_map(|labels| labels.into_iter().collect());
    let or_none = || prop_oneof![Just(String::new()), text()];
    let table = (or_none(), or_none(), choice(), choice());
    let names = (text(), text(), text(), text(), table);
    let clip_like = (50..=100_000_000_usize, 16..=16_384_usize, 0.0..=1.0, whole())
        .prop_map(|(samples, width, matched, seed)| ClipLikeConfig { samples, width, matched, seed });
    let listed = proptest::collection::btree_set(whole().prop_map(Seed), 1..5);
    let splits = prop_oneof![
        (1..=100_u64).prop_map(Seeds::Count),
        listed.prop_map(|seeds| Seeds::List(seeds.into_iter().collect()))
    ];
    let group = prop_oneof![Just(String::new()), text()];
    // Several splits are drawn at random.
    let split = (text(), group, 0.1..0.4, 0.1..0.4, whole(), splits).prop_map(
        |(split, group, validation, test, seed, seeds)| {
            let is_one = matches!(seeds, Seeds::Count(1));
            (if is_one { split } else { "random".to_owned() }, group, validation, test, seed, seeds)
        },
    );
    (names, positive, prop_oneof![Just(0), 2..=65_536_usize], choice(), choice(), split, clip_like).prop_map(
        |(
            (source, text, image, label, (table, key, order, missing)),
            positive,
            width,
            pad,
            scale,
            split,
            clip_like,
        )| {
            let (split, group, validation, test, split_seed, split_seeds) = split;
            DataConfig {
                source,
                table,
                table_key: key.chars().rev().collect(),
                key,
                order,
                missing,
                text,
                image,
                label,
                negative: Vec::new(),
                positive,
                width,
                pad,
                scale,
                split,
                group,
                validation,
                test,
                split_seed,
                split_seeds,
                clip_like,
            }
        },
    )
}

fn sweep_config() -> impl Strategy<Value = SweepConfig> {
    let listed = proptest::collection::btree_set(1..=1_000_000_000_usize, 1..5).prop_map(|rows| {
        let rows = rows.into_iter().map(Size::Rows);
        Sizes::List(rows.chain([Size::Whole(Whole::All)]).collect())
    });
    let sizes = prop_oneof![Just(Sizes::Rule(SizeRule::Doubling)), listed];
    let listed = proptest::collection::btree_set(whole().prop_map(Seed), 1..5);
    let seeds = prop_oneof![
        (1..=1_000_u64).prop_map(Seeds::Count),
        listed.prop_map(|seeds| Seeds::List(seeds.into_iter().collect()))
    ];
    let baselines = prop_oneof![Just(Vec::new()), choices()];
    let aligned = (0..=1_000_u16).prop_map(|a| Alignment::thousandths(a).map_or(Task::Real, Task::Aligned));
    let plain = proptest::sample::select(vec![
        Task::Real,
        Task::Synthetic,
        Task::Rotated,
        Task::Rank1,
        Task::Additive,
    ]);
    let tasks = proptest::collection::btree_set(prop_oneof![plain, aligned], 1..6)
        .prop_map(|tasks| tasks.into_iter().collect::<Vec<_>>())
        .prop_shuffle();
    (choices(), baselines, tasks, sizes, 1..=1_000_000_000_usize, seeds, any::<bool>()).prop_map(
        |(fusions, baselines, tasks, sizes, smallest, seeds, searched)| SweepConfig {
            fusions,
            baselines,
            tasks,
            sizes,
            smallest,
            seeds,
            searched,
        },
    )
}

fn training() -> impl Strategy<Value = (ModelConfig, TrainConfig, CheckpointConfig)> {
    let model =
        (1..=65_536_usize, choice()).prop_map(|(hidden, activation)| ModelConfig { hidden, activation });
    let learning = proptest::collection::btree_set(f64::MIN_POSITIVE.to_bits()..1e9_f64.to_bits(), 1..5);
    let rates = (learning, prop_oneof![Just(0.0), 0.0..1e300]);
    let robust = (choices(), 0.0..1.0, 0.0..0.5);
    let train = (1..=100_000_u32, 1..=1_000_000_usize, rates, 0..=100_000_u32, robust).prop_map(
        |(epochs, batch_size, (learning_rate, weight_decay), patience, (ways, noise_max, drop))| {
            TrainConfig {
                epochs,
                batch_size,
                learning_rate: OneOrMore::list(learning_rate.into_iter().map(f64::from_bits).collect()),
                weight_decay,
                patience,
                robust: OneOrMore::list(ways),
                noise_max,
                drop,
            }
        },
    );
    let checkpoints = (text(), choice(), prop_oneof![Just(0.0), 0.0..1e9])
        .prop_map(|(directory, keep, every)| CheckpointConfig { directory, keep, every });
    (model, train, checkpoints)
}

fn fusion_config() -> impl Strategy<Value = FusionConfig> {
    let rate = || proptest::option::of((f64::MIN_POSITIVE..1e9).prop_map(OneOrMore::one));
    let ranks = proptest::collection::btree_set(1..=1_024_u16, 1..5);
    let mcb = (0..=1_000_000_usize, 1..=100_usize);
    let dynmm = (choices(), 1e-3..1e3, 0.0..1e6);
    (ranks, mcb, choice(), dynmm, 1..=100_usize, (rate(), rate(), rate())).prop_map(
        |(ranks, (width, sketches), gate, (gates, temperature, cost_weight), draws, rates)| FusionConfig {
            tensor: PlainFusion { learning_rate: rates.0.clone() },
            mcb: McbConfig { width, sketches, learning_rate: rates.1 },
            lmf: LmfConfig { rank: OneOrMore::list(ranks.into_iter().collect()), learning_rate: None },
            gmu: GmuConfig { gate, learning_rate: rates.2 },
            dynmm: DynmmConfig {
                gate: OneOrMore::list(gates),
                temperature,
                cost_weight,
                learning_rate: None,
            },
            permuted: PermutedConfig { draws, learning_rate: rates.0 },
            ..FusionConfig::default()
        },
    )
}

fn noise_config() -> impl Strategy<Value = NoiseConfig> {
    let listed = proptest::collection::btree_set(1..=1_000_000_000_u32, 1..9).prop_map(|parts| {
        let parts = parts.into_iter().map(|part| f64::from(part) / 1e9);
        Levels::List([0.0].into_iter().chain(parts).collect())
    });
    let levels = prop_oneof![(1..=999_u32).prop_map(|n| Levels::Range(format!("0:1:0.{n:03}"))), listed];
    (levels, choices(), choice(), choice(), choice(), choice()).prop_map(
        |(levels, conditions, mixing, statistics, source, mean)| NoiseConfig {
            levels,
            conditions,
            mixing,
            statistics,
            source,
            mean,
        },
    )
}

fn cluster_config() -> impl Strategy<Value = ClusterConfig> {
    let word =
        || prop_oneof![Just(String::new()), "[a-zA-Z0-9_.,|&*:()\\[\\]][a-zA-Z0-9_.,|&*:=()\\[\\]-]{0,20}"];
    let memory = prop_oneof![Just(Memory::Auto), (1..=1_000_000_000_000_u64).prop_map(Memory::Bytes)];
    let time = prop_oneof![
        Just(TimeLimit::Partition),
        (10..=500_000_u64).prop_map(|minutes| TimeLimit::Seconds(minutes * 60))
    ];
    let setup = proptest::collection::vec("[^\\p{C}\\s][^\\p{C}]{0,30}", 0..3);
    let options = proptest::collection::vec("--(exclusive|mail-type|comment)=[a-z\"' ]{1,9}", 0..3);
    let words = (word(), word(), word(), word(), choice());
    let job = (0..=64_u32, 1..=4_096_u32, memory, time);
    let jobs = (1..=100_000_u32, 0..=100_000_u32, 5..=3_600_u32);
    (words, job, jobs, setup, options).prop_map(|(words, job, jobs, setup, options)| {
        let (partition, account, qos, constraint, engine) = words;
        let ((gpus, cpus, memory, time), (concurrent, shards, poll)) = (job, jobs);
        ClusterConfig {
            engine,
            partition,
            account,
            qos,
            constraint,
            gpus,
            cpus,
            memory,
            time,
            concurrent,
            shards,
            setup,
            options,
            poll,
        }
    })
}
