//! What stands below a figure and over a table: all that a reader has to know who sees nothing else. Plain text.

use std::collections::BTreeSet;

use super::super::cell::count;
use super::super::contents::Contents;
use super::super::sentences as facts;
use super::super::split::Split;
use study::alignment::largest_size;
use study::config::{Mixing, NoiseSource, NoiseStatistics};
use study::event::NoiseMean;
use study::format::{counted, fixed};
use study::grid::Condition;
use study::model::{ModelId, Robust};
use study::quantity::noise_mean;

/// Of the figure of that name.
pub(super) fn of_figure(contents: &Contents, name: &str, split: Split) -> String {
    match name {
        "accuracy" => accuracy(contents, split),
        "roc" => roc(contents),
        "noise" => noise(contents, NoiseMean::Empirical),
        "noise-zero-mean" => noise(contents, NoiseMean::Zero),
        "alignment" => alignment(contents),
        "complexity" => complexity(contents),
        "tradeoff" => tradeoff(contents),
        other => format!("{}: {other}.", data(contents)),
    }
}

fn accuracy(contents: &Contents, split: Split) -> String {
    sentences([
        format!(
            "{}: {} accuracy against the number of training rows (log scale), a panel for each task.",
            data(contents),
            split.name()
        ),
        means(contents, "bands"),
        measured(contents, split),
        biased(split).into(),
        baselines(contents).into(),
        dotted(contents, split),
        whole_split(contents),
    ])
}

fn roc(contents: &Contents) -> String {
    let sizes = contents.sizes();
    let (least, most) = (sizes.iter().min(), sizes.iter().max());
    let sizes = match least.zip(most) {
        Some((least, most)) if least < most => {
            format!(" Darker lines are of more training rows, from {} to {}.", count(*least), count(*most))
        }
        Some((size, _)) => format!(" Trained on {} rows.", count(*size)),
        None => String::new(),
    };
    let many = contents.tasks().iter().any(|&task| contents.many_classes(task).is_some());
    let many = if many { " Of several classes it is the mean over one class against the rest." } else { "" };
    sentences([
        format!(
            "{}: ROC curves, a panel for each task and fusion: the true-positive rate at each false-positive rate, mean over \
             {}.{sizes}{many}",
            data(contents),
            seeds(contents)
        ),
        measured(contents, Split::Test),
        "The dotted line is chance.".into(),
    ])
}

fn noise(contents: &Contents, mean: NoiseMean) -> String {
    sentences([
        format!(
            "{}: test accuracy under {} of level α; panels are named by task and by what gets the noise. Models are those \
             trained on the largest number of rows that was tested, at most {}.",
            data(contents),
            kind(mean),
            count(contents.largest())
        ),
        level(contents),
        means(contents, "bands"),
        measured(contents, Split::Test),
        baselines(contents).into(),
        dotted(contents, Split::Test),
    ])
}

fn alignment(contents: &Contents) -> String {
    let size = largest_size(contents.state).unwrap_or_else(|| contents.largest());
    sentences([
        format!(
            "{}: test accuracy, and skill retained under noise on both modalities, against the alignment a of the labels' \
             score with the plain dot product of the two embeddings (0: of rotated ones, 1: of them as they are), {} \
             training rows.",
            data(contents),
            count(size)
        ),
        retained(contents),
        format!(
            "Points are means over {}, bands their 95 % interval ({}).",
            seeds(contents),
            contents.sampling().over_seeds()
        ),
        measured(contents, Split::Test),
        baselines(contents).into(),
        "The dotted line is the mean share of the largest class.".into(),
    ])
}

fn complexity(contents: &Contents) -> String {
    let mean = noise_mean(&contents.header.config.noise);
    sentences([
        format!(
            "{}: what models cost and give at {} training rows; panels are named by task. Upwards is test accuracy, and in \
             panels of its own the mean accuracy over all levels α of {} on both modalities; to the right is the number of \
             parameters, and the fusion's own multiply-adds for one row (log scales).",
            data(contents),
            count(contents.largest()),
            kind(mean)
        ),
        level(contents),
        means(contents, "bars"),
        measured(contents, Split::Test),
        dotted(contents, Split::Test),
    ])
}

fn tradeoff(contents: &Contents) -> String {
    let mean = noise_mean(&contents.header.config.noise);
    let ways: BTreeSet<Robust> = contents.fusions().iter().map(|model| model.robust).collect();
    let arrows = if ways.contains(&Robust::None) {
        "An arrow goes from a model that is trained plainly to the same one trained with noise (solid) or with dropped \
         modalities (dashed)."
    } else {
        ""
    };
    sentences([
        format!(
            "{}: mean accuracy over all levels α of {} on both modalities, against accuracy without noise, at {} training \
             rows, a panel for each task; both on test rows, means over {}.",
            data(contents),
            kind(mean),
            count(contents.largest()),
            seeds(contents)
        ),
        arrows.into(),
        level(contents),
        measured(contents, Split::Test),
        "Baselines are shown where they lie within the axes.".into(),
        dotted(contents, Split::Test),
    ])
}

/// Over the table of accuracies, but for what marks its cells.
pub(super) fn over_accuracies(contents: &Contents, split: Split) -> String {
    sentences([
        format!(
            "{}: {} accuracy in percent by number of training rows, mean ± one sample standard deviation (n − 1) over {}; \
             it is no interval.",
            data(contents),
            split.name(),
            seeds(contents)
        ),
        measured(contents, split),
        biased(split).into(),
        whole_split(contents),
    ])
}

/// Over the table of areas and retained skill.
pub(super) fn over_robustness(contents: &Contents, conditions: &[Condition]) -> String {
    let on: Vec<&str> = conditions.iter().map(|condition| condition.name()).collect();
    sentences([
        format!(
            "{}: area under the ROC curve (AUC), and retained skill under {} (on {}), at {} training rows; means over {}.",
            data(contents),
            kind(NoiseMean::Empirical),
            on.join(", "),
            count(contents.largest()),
            seeds(contents)
        ),
        retained(contents),
        "It is absent (–) where the accuracy without noise is within three standard errors of the majority share, or where \
         under half of the seeds have one."
            .into(),
        measured(contents, Split::Test),
    ])
}

/// What bold is in the table of accuracies.
pub(super) const BOLD: &str = "Bold: better than each other of the paper's fusions at that size, by the paired test over \
    seeds, p < 0.05, adjusted over sizes and pairs.";

/// What the noise is, and what retained skill is of it.
fn retained(contents: &Contents) -> String {
    format!(
        "Retained skill is the area under (accuracy − majority share) over the levels α of noise, as a share of that without \
         noise: 1 where noise costs nothing, 0 where it leaves the majority share. {}",
        level(contents)
    )
}

/// What a level of noise is.
fn level(contents: &Contents) -> String {
    let (noise, levels) = (&contents.header.config.noise, &contents.header.levels);
    let mixing = match noise.mixing {
        Mixing::Add => "x + αe",
        Mixing::Blend => "(1 − α)x + αe",
    };
    let of = match noise.statistics {
        NoiseStatistics::PerDimension => "each dimension",
        NoiseStatistics::Scalar => "the modality",
    };
    let from = match noise.source {
        NoiseSource::Train => "the training split",
        NoiseSource::Test => "the test split",
    };
    let ends = levels.first().zip(levels.last()).map_or_else(String::new, |(first, last)| {
        format!(", at {} from {} to {}", counted(levels.len(), "level"), fixed(*first, 2), fixed(*last, 2))
    });
    format!("Noise makes x into {mixing}, e normal with the deviation of {of} on {from}{ends}.")
}

const fn kind(mean: NoiseMean) -> &'static str {
    match mean {
        NoiseMean::Empirical => "noise with the modality's own mean",
        NoiseMean::Zero => "noise of mean zero",
    }
}

fn data<'a>(contents: &Contents<'a>) -> &'a str {
    &contents.header.data.name
}

fn means(contents: &Contents, marks: &str) -> String {
    let deviation = if contents.seeds() > 1 {
        format!(", {marks} one sample standard deviation (n − 1) to either side")
    } else {
        String::new()
    };
    format!("Points are means over {}{deviation}.", seeds(contents))
}

/// Over how many seeds means are, where some configuration has fewer too.
fn seeds(contents: &Contents) -> String {
    let fusions: Vec<ModelId> = contents.rows.iter().map(|row| row.fusion).collect();
    let is_partial = contents.tasks().iter().any(|&task| contents.has_partial_values(task, &fusions));
    let all = counted(contents.seeds(), "seed");
    if is_partial { format!("up to {all}") } else { all }
}

/// Which rows, and which epoch.
fn measured(contents: &Contents, split: Split) -> String {
    let (header, sampling) = (contents.header, contents.header.data.splits.len());
    let rows = match split {
        Split::Validation => header.data.rows.validation,
        Split::Test => header.data.rows.test,
    };
    let splits = if sampling > 1 { format!(" of each of {sampling} splits") } else { String::new() };
    format!(
        "{}Measured on {} {} rows{splits}, with each seed's weights of its best epoch: of {} the earliest with the highest \
         validation accuracy.",
        facts::projection(contents).map(|sentence| sentence + " ").unwrap_or_default(),
        count(rows),
        split.name(),
        counted(header.config.train.epochs as usize, "epoch")
    )
}

/// Of an accuracy that its own rows have chosen.
const fn biased(split: Split) -> &'static str {
    match split {
        Split::Validation => "Since these rows chose the epoch, their accuracy is biased upwards.",
        Split::Test => "",
    }
}

fn baselines(contents: &Contents) -> &'static str {
    if contents.baselines().is_empty() { "" } else { "Thin lines without bands are baselines." }
}

/// The line of the majority class, with its height in each task.
fn dotted(contents: &Contents, split: Split) -> String {
    let of = |&task: &_| {
        let share = contents.majority_of(task, split)?;
        Some(format!("{task}, {}", facts::majority(contents, task, share)))
    };
    let shares: Vec<String> = contents.tasks().iter().filter_map(of).collect();
    if shares.is_empty() { String::new() } else { format!("Dotted: {}.", shares.join("; ")) }
}

fn whole_split(contents: &Contents) -> String {
    contents.whole_split().map_or_else(String::new, |size| {
        let sampling = contents.sampling().at_whole_split_in_short();
        format!("At {} rows, the whole training split, the deviation is {sampling}.", count(size))
    })
}

/// One behind the other, without those that have nothing to say.
fn sentences<const N: usize>(parts: [String; N]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
