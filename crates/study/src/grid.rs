//! The grid of a study: fusion × task × train size × seed, and the cohorts that it is trained in.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::{ModelId, Rate, in_fields};
pub use crate::task::{Alignment, Task};

/// One of the two modalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// Text, `[rows, n]`.
    Text,
    /// Image, `[rows, m]`.
    Image,
}

/// The summary's columns of a condition.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    /// Retained skill under noise with the modality's mean.
    pub retained: &'static str,
    /// Mean accuracy over its levels.
    pub area: &'static str,
    /// Retained skill under noise of mean zero.
    pub retained_zero_mean: &'static str,
}

macro_rules! conditions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $words:literal, $noise:expr;)*) => {
        /// What noise is put on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Condition {
            $($(#[$doc])* $variant,)*
        }

        impl Condition {
            /// Every condition, in the order of tables and charts.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The name in tables, `config.toml` and what is exported.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What noise is put on, as text.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),* }
            }

            /// The summary's columns.
            pub const fn columns(self) -> Columns {
                match self {
                    $(Self::$variant => Columns {
                        retained: concat!("retained_", $name),
                        area: concat!("area_", $name),
                        retained_zero_mean: concat!("retained_zero_mean_", $name),
                    }),*
                }
            }

            /// Whose noise is put on text and on image; absent: none.
            pub const fn noise(self) -> [Option<Modality>; 2] {
                match self { $(Self::$variant => $noise),* }
            }
        }
    };
}

// One line for each condition, in the order of tables and charts: its name, words for figures, and whose noise is put on
// text and on image.
conditions! {
    /// Text alone.
    Text = "text", "noise on text", [Some(Modality::Text), None];
    /// Image alone.
    Image = "image", "noise on images", [None, Some(Modality::Image)];
    /// Text and image at once.
    Both = "both", "noise on both", [Some(Modality::Text), Some(Modality::Image)];
}

impl Condition {
    /// The conditions that the paper's claims are judged on, and the default of `noise.conditions`. Other conditions change
    /// no verdict, and no file of a study that does not ask for them.
    pub const PAPER: [Self; 3] = [Self::Text, Self::Image, Self::Both];

    /// The conditions that tables of a study have columns for: the paper's, and others that it asks for.
    pub fn tabled(asked: &[Self]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|one| Self::PAPER.contains(one) || asked.contains(one)).collect()
    }

    /// Whether text and image get noise, each its own; absent where one gets the other's.
    pub fn own_noise(self) -> Option<[bool; 2]> {
        let [text, image] = self.noise();
        let is_own = text != Some(Modality::Image) && image != Some(Modality::Text);
        is_own.then_some([text.is_some(), image.is_some()])
    }
}

/// One of the independent repetitions of a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// An epoch, counted from 1 as people do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// A configuration, fusion × task × train size: one row of the summary, and the name of the cohort
/// that trains its seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct CohortId {
    /// What is trained: its fusion with its head, and how.
    #[serde(flatten, serialize_with = "in_fields")]
    pub fusion: ModelId,
    /// What is predicted.
    pub task: Task,
    /// Rows of the training split that each trial sees.
    pub train_size: usize,
}

impl CohortId {
    /// The row of tables and the line of charts that it belongs to: all learning rates share one.
    #[must_use]
    pub const fn row(self) -> Self {
        Self { fusion: self.fusion.at_rate(None), ..self }
    }
}

/// As its name: where it is shown, in `config.toml`, and in what is exported.
macro_rules! by_name {
    ($($type:ty),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;

                impl de::Visitor<'_> for Name {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "one of {}", <$type>::ALL.map(<$type>::name).join(", "))
                    }

                    fn visit_str<E: de::Error>(self, name: &str) -> Result<$type, E> {
                        let of_name = <$type>::ALL.into_iter().find(|known| known.name() == name);
                        of_name.ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
                    }
                }

                deserializer.deserialize_str(Name)
            }
        }
    )*};
}
by_name!(Condition);

impl fmt::Display for CohortId {
    /// `<fusion>-<task>-<size>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.fusion, self.task, self.train_size)
    }
}

/// The resolved grid: what a run trains, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Fusions, in order.
    pub fusions: Vec<ModelId>,
    /// What they are measured against, in order.
    pub baselines: Vec<ModelId>,
    /// Tasks, in order.
    pub tasks: Vec<Task>,
    /// Train sizes, ascending.
    pub sizes: Vec<usize>,
    /// Seeds of every configuration.
    pub seeds: Vec<Seed>,
    /// Whether the row `searched` is derived from the fusions.
    pub searched: bool,
    /// The learning rates of each model that is trained at several, in the order of its list. The model's own row is
    /// derived from them.
    pub rates: BTreeMap<ModelId, Vec<Rate>>,
}

/// A row that is not trained: its trial of each seed is the trial of one of several trained models, the one with the
/// highest validation accuracy. A rate at which the seed's trial diverged is left out; a fusion without a trial of the
/// seed leaves the best of all fusions without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedRow {
    /// The row.
    pub model: ModelId,
    /// The trained models that it is chosen from. Of equals the one with fewer parameters is chosen, and of equally many
    /// the first.
    pub candidates: Vec<ModelId>,
}

impl Sweep {
    /// Everything that is trained on each task and size: the fusions, then the baselines, each at every rate of its list.
    pub fn trained(&self) -> impl Iterator<Item = ModelId> {
        self.fusions.iter().chain(&self.baselines).flat_map(|&model| self.at_rates(model))
    }

    /// The fusions that are trained, each at every rate of its list.
    pub fn trained_fusions(&self) -> Vec<ModelId> {
        self.fusions.iter().flat_map(|&model| self.at_rates(model)).collect()
    }

    /// The fusions that tables and charts have, in order: those of the sweep, then what is derived from them, one row for
    /// each way to train.
    pub fn shown_fusions(&self) -> Vec<ModelId> {
        let mut shown = self.fusions.clone();
        for fusion in self.fusions.iter().filter(|_| self.searched) {
            let searched = ModelId::SEARCHED.trained_with(fusion.robust);
            if !shown.contains(&searched) {
                shown.push(searched);
            }
        }
        shown
    }

    /// The models that tables and charts have a row or a line for: the shown fusions, then the baselines. A model that is
    /// trained at several rates has one.
    pub fn rows(&self) -> Vec<ModelId> {
        self.shown_fusions().into_iter().chain(self.baselines.iter().copied()).collect()
    }

    /// The rows that are derived, in the order of tables.
    pub fn derived(&self) -> Vec<DerivedRow> {
        let row = |model: ModelId| {
            let is_alike = |fusion: &&ModelId| fusion.robust == model.robust;
            let candidates = if model.is_searched() {
                self.fusions.iter().filter(is_alike).flat_map(|&fusion| self.at_rates(fusion)).collect()
            } else {
                self.at_rates(model)
            };
            DerivedRow { model, candidates }
        };
        let is_derived = |model: &ModelId| model.is_searched() || self.rates.contains_key(model);
        self.rows().into_iter().filter(is_derived).map(row).collect()
    }

    /// The model as it is trained: once, or at every rate of its list.
    fn at_rates(&self, model: ModelId) -> Vec<ModelId> {
        let rates = self.rates.get(&model);
        rates.map_or_else(|| vec![model], |all| all.iter().map(|&rate| model.at_rate(Some(rate))).collect())
    }

    /// The cohorts in the order in which they are trained: small sizes first, so that every chart
    /// has something to show early.
    pub fn cohorts(&self) -> Vec<CohortId> {
        let mut cohorts = Vec::new();
        for (task, train_size) in self.places() {
            cohorts.extend(self.trained().map(|fusion| CohortId { fusion, task, train_size }));
        }
        cohorts
    }

    /// Every task and size, small sizes first.
    pub fn places(&self) -> impl Iterator<Item = (Task, usize)> {
        self.sizes.iter().flat_map(|&size| self.tasks.iter().map(move |&task| (task, size)))
    }
}

/// Train sizes from `smallest`, doubling, and last `all`; a doubling within 20 % of `all` is dropped
/// (two nearly equal columns say nothing). `smallest` above `all` gives `all` alone.
pub fn doubling_sizes(smallest: usize, all: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = std::iter::successors(Some(smallest.max(1)), |size| size.checked_mul(2))
        .take_while(|&size| size < all)
        .collect();
    // Within 20 %: strictly more than 0.8 of the whole; 262,144 of 327,700 is 0.79996 and stays.
    while sizes.last().is_some_and(|&last| last * 5 > all * 4) {
        sizes.pop();
    }
    sizes.push(all);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Baseline;

    #[test]
    fn papers_sizes_are_fifteen_and_end_with_the_whole_split() {
        let sizes = doubling_sizes(32, 327_700);
        assert_eq!(sizes.len(), 15);
        assert_eq!(sizes[..3], [32, 64, 128]);
        assert_eq!(sizes[13..], [262_144, 327_700]);
    }

    #[test]
    fn a_doubling_close_to_the_whole_is_dropped() {
        assert_eq!(doubling_sizes(32, 4_200), [32, 64, 128, 256, 512, 1_024, 2_048, 4_200]);
        assert_eq!(doubling_sizes(32, 4_096), [32, 64, 128, 256, 512, 1_024, 2_048, 4_096]);
    }

    #[test]
    fn a_split_smaller_than_the_smallest_size_is_used_whole() {
        assert_eq!(doubling_sizes(32, 20), [20]);
    }

    #[test]
    fn cohorts_run_from_small_to_large_with_every_fusion_side_by_side() {
        let sweep = Sweep {
            fusions: ModelId::PAPER_FUSIONS.to_vec(),
            baselines: Vec::new(),
            tasks: Task::PAPER.to_vec(),
            sizes: vec![32, 64],
            seeds: vec![Seed(0)],
            ..Sweep::default()
        };
        let cohorts = sweep.cohorts();
        assert_eq!(cohorts.len(), 12);
        assert_eq!(cohorts[0].to_string(), "concat-real-32");
        assert_eq!(cohorts[5].to_string(), "tensor-synthetic-32");
        assert_eq!(cohorts[6].train_size, 64);
    }

    #[test]
    fn tables_have_the_papers_conditions_and_those_that_are_asked_for() {
        assert_eq!(Condition::tabled(&[Condition::Both]), Condition::PAPER);
        assert_eq!(Condition::tabled(&Condition::ALL), Condition::ALL);
        // A condition that is added changes no study that does not name it.
        assert_eq!(crate::config::Config::default().noise.conditions, Condition::PAPER);
    }

    #[test]
    fn baselines_come_behind_the_fusions_of_their_size_and_task() {
        let fusions = vec![ModelId::TENSOR, ModelId::CONCAT];
        let baselines =
            Baseline::DEFAULT.into_iter().flat_map(|baseline| baseline.trained(&fusions)).collect();
        let (tasks, seeds) = (vec![Task::Real], vec![Seed(0)]);
        let sweep = Sweep { fusions, baselines, tasks, sizes: vec![32, 64], seeds, ..Sweep::default() };
        let names: Vec<String> = sweep.cohorts().iter().take(7).map(CohortId::to_string).collect();
        let expected = [
            "tensor-real-32",
            "concat-real-32",
            "text-real-32",
            "image-real-32",
            "logistic-tensor-real-32",
            "logistic-concat-real-32",
            "tensor-real-64",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn several_rates_are_trained_each_and_shown_as_one_row() {
        let rates = [1e-3, 1e-4].map(|rate| Rate::new(rate).unwrap());
        let sweep = Sweep {
            fusions: vec![ModelId::CONCAT, ModelId::PRODUCT],
            baselines: vec![ModelId::TEXT],
            tasks: vec![Task::Real],
            sizes: vec![32],
            searched: true,
            rates: BTreeMap::from([(ModelId::CONCAT, rates.to_vec())]),
            ..Sweep::default()
        };
        let names: Vec<String> = sweep.cohorts().iter().map(CohortId::to_string).collect();
        let trained =
            ["concat-lr0.001-real-32", "concat-lr0.0001-real-32", "product-real-32", "text-real-32"];
        assert_eq!(names, trained);
        let rows = [ModelId::CONCAT, ModelId::PRODUCT, ModelId::SEARCHED, ModelId::TEXT];
        assert_eq!(sweep.rows(), rows);
        let at = |place: usize| ModelId::CONCAT.at_rate(Some(rates[place]));
        let derived = [
            DerivedRow { model: ModelId::CONCAT, candidates: vec![at(0), at(1)] },
            DerivedRow { model: ModelId::SEARCHED, candidates: vec![at(0), at(1), ModelId::PRODUCT] },
        ];
        assert_eq!(sweep.derived(), derived);
    }
}
