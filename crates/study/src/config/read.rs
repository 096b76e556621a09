//! The list of keys: for each one its path, its default and what it may hold. This is the schema.

use super::check;
use super::cluster;
use super::fault::Faults;
use super::fusion::{
    DynmmConfig, GmuConfig, LmfConfig, McbConfig, PermutedConfig, PlainFusion, TorchscriptConfig,
};
use super::reader::Reader;
use super::rule::{AnyOf, Flag, Number, OneOf, OneOrSome, Optional, SomeOf, Text, TextOrNone, Whole};
use super::special::{
    CommonWidth, Device, FileName, Fusions, Labels, MOST_EXACT, MemoryAmount, NoiseLevels, Ranks, Rates,
    SeedList, Tasks, TrainSizes,
};
use super::tree::{self, Leaves, Override};
use super::{
    CheckpointConfig, ClaimsConfig, ClipLikeConfig, Config, DataConfig, EvaluationConfig, FusionConfig,
    MissingConfig, ModelConfig, NoiseConfig, OneOrMore, RunConfig, SweepConfig, SyntheticConfig, TrainConfig,
};
use crate::bounds::{MOST_DRAWS, MOST_SEEDS, MOST_SPLITS};

/// Frozen random choices at most: features are made for each.
const MOST_CHOICES: u64 = 100;
/// Test rows of an additive projection at most: a head is computed on their square.
const MOST_PAIRED: u64 = 10_000;

/// Reads a configuration: defaults, then the text's values, then the overrides'.
///
/// # Errors
/// All errors together. Where the text is not TOML, only that error and those of the overrides: the
/// other values are not known.
pub fn read(text: Option<&str>, overrides: &[Override]) -> Result<Config, Faults> {
    let (mut leaves, syntax) = match tree::parse(text.unwrap_or_default()) {
        Ok(leaves) => (leaves, None),
        Err(fault) => (Leaves::new(), Some(fault)),
    };
    tree::lay_over(&mut leaves, overrides);
    let mut reader = Reader::new(leaves);
    let config = take_all(&mut reader);
    if syntax.is_none() {
        check::together(&config, &mut reader);
    }
    reader.finish(syntax)?;
    Ok(config)
}

/// Takes every key out of the reader.
pub(super) fn take_all(reader: &mut Reader<'_>) -> Config {
    let default = Config::default();
    Config {
        run: run(reader, default.run),
        data: data(reader, default.data),
        sweep: sweep(reader, default.sweep),
        model: model(reader, &default.model),
        train: train(reader, default.train),
        fusion: fusion(reader, default.fusion),
        synthetic: synthetic(reader, &default.synthetic),
        noise: noise(reader, default.noise),
        missing: missing(reader, &default.missing),
        evaluation: evaluation(reader, &default.evaluation),
        checkpoints: checkpoints(reader, default.checkpoints),
        claims: claims(reader, &default.claims),
        cluster: cluster::take(reader, default.cluster),
    }
}

fn run(reader: &mut Reader<'_>, default: RunConfig) -> RunConfig {
    RunConfig {
        name: reader.take("run.name", default.name, &FileName),
        device: reader.take("run.device", default.device, &Device),
        workers: reader.take("run.workers", default.workers, &Whole(0, 64)),
        memory: reader.take("run.memory", default.memory, &MemoryAmount),
        kernels: reader.take("run.kernels", default.kernels, &OneOf),
        precision: reader.take("run.precision", default.precision, &OneOf),
    }
}

fn data(reader: &mut Reader<'_>, default: DataConfig) -> DataConfig {
    let name = Text("an array's, file's or column's name");
    DataConfig {
        source: reader.take("data.source", default.source, &Text("\"clip-like\" or a path")),
        table: reader.take("data.table", default.table, &TextOrNone("a path")),
        key: reader.take("data.key", default.key, &TextOrNone("a column's name")),
        table_key: reader.take("data.table_key", default.table_key, &TextOrNone("a column's name")),
        order: reader.take("data.order", default.order, &OneOf),
        missing: reader.take("data.missing", default.missing, &OneOf),
        text: reader.take("data.text", default.text, &name),
        image: reader.take("data.image", default.image, &name),
        label: reader.take("data.label", default.label, &name),
        positive: reader.take("data.positive", default.positive, &Labels),
        negative: reader.take("data.negative", default.negative, &Labels),
        width: reader.take("data.width", default.width, &CommonWidth),
        pad: reader.take("data.pad", default.pad, &OneOf),
        scale: reader.take("data.scale", default.scale, &OneOf),
        split: reader.take("data.split", default.split, &Text("\"random\" or a column's name")),
        group: reader.take("data.group", default.group, &TextOrNone("a column's name")),
        validation: reader.take("data.validation", default.validation, &Number::Share),
        test: reader.take("data.test", default.test, &Number::Share),
        split_seed: reader.take("data.split_seed", default.split_seed, &Whole(0, MOST_EXACT)),
        split_seeds: reader.take("data.split_seeds", default.split_seeds, &SeedList(MOST_SPLITS as u64)),
        clip_like: clip_like(reader, &default.clip_like),
    }
}

fn clip_like(reader: &mut Reader<'_>, default: &ClipLikeConfig) -> ClipLikeConfig {
    ClipLikeConfig {
        samples: reader.take("data.clip_like.samples", default.samples, &Whole(20, 100_000_000)),
        // Five dimensions of each modality, disjoint, hold most of its mean.
        width: reader.take("data.clip_like.width", default.width, &Whole(16, 16_384)),
        matched: reader.take("data.clip_like.matched", default.matched, &Number::Unit),
        seed: reader.take("data.clip_like.seed", default.seed, &Whole(0, MOST_EXACT)),
    }
}

fn sweep(reader: &mut Reader<'_>, default: SweepConfig) -> SweepConfig {
    SweepConfig {
        fusions: reader.take("sweep.fusions", default.fusions, &Fusions),
        baselines: reader.take("sweep.baselines", default.baselines, &AnyOf),
        tasks: reader.take("sweep.tasks", default.tasks, &Tasks),
        sizes: reader.take("sweep.sizes", default.sizes, &TrainSizes),
        smallest: reader.take("sweep.smallest", default.smallest, &Whole(1, 1_000_000_000)),
        seeds: reader.take("sweep.seeds", default.seeds, &SeedList(MOST_SEEDS as u64)),
        searched: reader.take("sweep.searched", default.searched, &Flag),
    }
}

fn model(reader: &mut Reader<'_>, default: &ModelConfig) -> ModelConfig {
    ModelConfig {
        hidden: reader.take("model.hidden", default.hidden, &Whole(1, 65_536)),
        activation: reader.take("model.activation", default.activation, &OneOf),
    }
}

fn train(reader: &mut Reader<'_>, default: TrainConfig) -> TrainConfig {
    TrainConfig {
        epochs: reader.take("train.epochs", default.epochs, &Whole(1, 100_000)),
        batch_size: reader.take("train.batch_size", default.batch_size, &Whole(1, 1_000_000)),
        learning_rate: reader.take("train.learning_rate", default.learning_rate, &Rates),
        weight_decay: reader.take("train.weight_decay", default.weight_decay, &Number::NotNegative),
        patience: reader.take("train.patience", default.patience, &Whole(0, 100_000)),
        robust: reader.take("train.robust", default.robust, &OneOrSome),
        noise_max: reader.take("train.noise_max", default.noise_max, &Number::Unit),
        drop: reader.take("train.drop", default.drop, &Number::Between(0.0, 0.5)),
    }
}

fn fusion(reader: &mut Reader<'_>, default: FusionConfig) -> FusionConfig {
    let FusionConfig { mcb, lmf, gmu, dynmm, torchscript, permuted, .. } = default;
    let plain = |reader: &mut Reader<'_>, key| PlainFusion { learning_rate: rate(reader, key) };
    FusionConfig {
        concat: plain(reader, "fusion.concat.learning_rate"),
        product: plain(reader, "fusion.product.learning_rate"),
        tensor: plain(reader, "fusion.tensor.learning_rate"),
        tfn: plain(reader, "fusion.tfn.learning_rate"),
        mcb: McbConfig {
            width: reader.take("fusion.mcb.width", mcb.width, &Whole(0, 1_000_000)),
            sketches: reader.take("fusion.mcb.sketches", mcb.sketches, &Whole(1, MOST_CHOICES)),
            learning_rate: rate(reader, "fusion.mcb.learning_rate"),
        },
        lmf: LmfConfig {
            rank: reader.take("fusion.lmf.rank", lmf.rank, &Ranks),
            learning_rate: rate(reader, "fusion.lmf.learning_rate"),
        },
        gmu: GmuConfig {
            gate: reader.take("fusion.gmu.gate", gmu.gate, &OneOf),
            learning_rate: rate(reader, "fusion.gmu.learning_rate"),
        },
        dynmm: DynmmConfig {
            gate: reader.take("fusion.dynmm.gate", dynmm.gate, &OneOrSome),
            temperature: reader.take(
                "fusion.dynmm.temperature",
                dynmm.temperature,
                &Number::Between(1e-3, 1e3),
            ),
            cost_weight: reader.take(
                "fusion.dynmm.cost_weight",
                dynmm.cost_weight,
                &Number::Between(0.0, 1e6),
            ),
            learning_rate: rate(reader, "fusion.dynmm.learning_rate"),
        },
        torchscript: TorchscriptConfig {
            output: reader.take("fusion.torchscript.output", torchscript.output, &OneOf),
            learning_rate: rate(reader, "fusion.torchscript.learning_rate"),
            modules: torchscript.modules,
        },
        text: plain(reader, "fusion.text.learning_rate"),
        image: plain(reader, "fusion.image.learning_rate"),
        late: plain(reader, "fusion.late.learning_rate"),
        permuted: PermutedConfig {
            draws: reader.take("fusion.permuted.draws", permuted.draws, &Whole(1, MOST_CHOICES)),
            learning_rate: rate(reader, "fusion.permuted.learning_rate"),
        },
    }
}

fn rate(reader: &mut Reader<'_>, key: &'static str) -> Option<OneOrMore<f64>> {
    reader.take(key, None, &Optional(Rates))
}

fn synthetic(reader: &mut Reader<'_>, default: &SyntheticConfig) -> SyntheticConfig {
    SyntheticConfig {
        label: reader.take("synthetic.label", default.label, &OneOf),
        pairs: reader.take("synthetic.pairs", default.pairs, &OneOf),
        draws: reader.take("synthetic.draws", default.draws, &Whole(1, MOST_DRAWS as u64)),
        allow_imbalance: reader.take("synthetic.allow_imbalance", default.allow_imbalance, &Flag),
    }
}

fn noise(reader: &mut Reader<'_>, default: NoiseConfig) -> NoiseConfig {
    NoiseConfig {
        levels: reader.take("noise.levels", default.levels, &NoiseLevels),
        conditions: reader.take("noise.conditions", default.conditions, &SomeOf),
        mixing: reader.take("noise.mixing", default.mixing, &OneOf),
        statistics: reader.take("noise.statistics", default.statistics, &OneOf),
        source: reader.take("noise.source", default.source, &OneOf),
        mean: reader.take("noise.mean", default.mean, &OneOf),
    }
}

fn missing(reader: &mut Reader<'_>, default: &MissingConfig) -> MissingConfig {
    MissingConfig { fill: reader.take("missing.fill", default.fill, &OneOf) }
}

fn evaluation(reader: &mut Reader<'_>, default: &EvaluationConfig) -> EvaluationConfig {
    EvaluationConfig {
        emap_rows: reader.take("evaluation.emap_rows", default.emap_rows, &Whole(0, MOST_PAIRED)),
    }
}

fn checkpoints(reader: &mut Reader<'_>, default: CheckpointConfig) -> CheckpointConfig {
    CheckpointConfig {
        directory: reader.take("checkpoints.directory", default.directory, &Text("a folder's path")),
        keep: reader.take("checkpoints.keep", default.keep, &OneOf),
        every: reader.take("checkpoints.every", default.every, &Number::NotNegative),
    }
}

fn claims(reader: &mut Reader<'_>, default: &ClaimsConfig) -> ClaimsConfig {
    ClaimsConfig { margin: reader.take("claims.margin", default.margin, &Number::Share) }
}
