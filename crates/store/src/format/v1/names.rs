//! Names of variants on disk, and the order in which files have them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Unexpected};
use serde::{Deserialize, Serialize, Serializer};

use study::event::NoiseMean;
use study::grid::{Alignment, Condition, Task};
use study::model::{Fusion, HeadKind, ModelId, ModuleOutput, Rate, Robust};

/// A value that files have by its name.
pub trait Named: Copy + 'static {
    /// Every value, in the order of a file's arrays.
    const VALUES: &'static [Self];
    /// Their names, in the same order.
    const NAMES: &'static [&'static str];

    /// The name on disk.
    fn on_disk(self) -> &'static str;

    /// The value of that name.
    fn from_disk(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Self::VALUES.get(place).copied()
    }
}

macro_rules! names {
    ($($type:ident { $($variant:ident = $name:literal,)* })*) => {$(
        impl Named for $type {
            const VALUES: &'static [Self] = &[$(Self::$variant),*];
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn on_disk(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    )*};
}

// One line for each variant, never changed once a release has written it. What is new goes to the end.
names! {
    Condition {
        Text = "text",
        Image = "image",
        Both = "both",
    }
    NoiseMean {
        Empirical = "empirical",
        Zero = "zero",
    }
    Fusion {
        Concat = "concat",
        Product = "product",
        Tensor = "tensor",
        Text = "text",
        Image = "image",
        Tfn = "tfn",
        Mcb = "mcb",
        Lmf = "lmf",
        Gmu = "gmu",
        Dynmm = "dynmm",
        Late = "late",
        Permuted = "permuted",
        Searched = "searched",
        Torchscript = "torchscript",
    }
    ModuleOutput {
        Features = "features",
        Logits = "logits",
    }
}

/// What the name of a fusion has in front where logistic regression reads its features.
const LOGISTIC: &str = "logistic-";

/// What stands behind the name of a model that is trained against noise.
const AGAINST_NOISE: [(Robust, &str); 2] = [(Robust::Noise, "-noise"), (Robust::Drop, "-drop")];

/// What stands behind a fusion's name in the name of one of its several models.
fn variant_on_disk(model: ModelId) -> Option<String> {
    match (model.fusion, model.variant()) {
        (Fusion::Lmf, rank) if rank > 0 => Some(rank.to_string()),
        (Fusion::Dynmm, 1) => Some("hard".into()),
        (Fusion::Torchscript, _) => Some(model.plain().without_file().name().into()),
        _ => None,
    }
}

/// A module by its name.
type ModuleOf = fn(&str) -> Option<ModelId>;

fn variant_from_disk(fusion: Fusion, variant: &str, module: ModuleOf) -> Option<u16> {
    match fusion {
        Fusion::Lmf => variant.parse().ok(),
        Fusion::Dynmm => (variant == "hard").then_some(1),
        Fusion::Torchscript => module(variant).map(ModelId::variant),
        _ => None,
    }
}

/// A value of a table above, as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<T>(pub T);

/// A model, as its name: `concat`, `logistic-concat`, `concat-noise`.
///
/// The name of a module that is read is kept for the life of the process: what is read much of has `known`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model(pub ModelId);

impl Model {
    fn from_disk(name: &str, module: ModuleOf) -> Option<Self> {
        let suffixed = |(robust, suffix): &(Robust, &str)| Some((name.strip_suffix(suffix)?, *robust));
        let (plain, robust) = AGAINST_NOISE.iter().find_map(suffixed).unwrap_or((name, Robust::None));
        let (head, fusion) = match plain.strip_prefix(LOGISTIC) {
            Some(fusion) => (HeadKind::Logistic, fusion),
            None => (HeadKind::Hidden, plain),
        };
        let hidden = if let Some(fusion) = Fusion::from_disk(fusion) {
            ModelId::hidden(fusion)
        } else {
            let (fusion, variant) = fusion.split_once('-')?;
            let fusion = Fusion::from_disk(fusion)?;
            ModelId::hidden(fusion).with_variant(variant_from_disk(fusion, variant, module)?)
        };
        let model = match head {
            HeadKind::Hidden => hidden,
            HeadKind::Logistic => hidden.logistic()?,
        };
        let model = model.trained_with(robust);
        // Only what there is, in its one spelling.
        let is_known = ModelId::named(model.name()) == Some(model) && Self(model).to_string() == name;
        is_known.then_some(Self(model))
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = match self.0.head {
            HeadKind::Hidden => "",
            HeadKind::Logistic => LOGISTIC,
        };
        write!(f, "{head}{}", self.0.fusion.on_disk())?;
        if let Some(variant) = variant_on_disk(self.0) {
            write!(f, "-{variant}")?;
        }
        let suffix = AGAINST_NOISE.iter().find(|(robust, _)| *robust == self.0.robust);
        suffix.map_or(Ok(()), |(_, suffix)| f.write_str(suffix))
    }
}

impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(OfModel(ModelId::of_module))
    }
}

/// Reads a model that was named before, in a header or a configuration, where it is a module.
pub(super) fn known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Model, D::Error> {
    deserializer.deserialize_str(OfModel(ModelId::known_module))
}

struct OfModel(ModuleOf);

impl de::Visitor<'_> for OfModel {
    type Value = Model;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = ModelId::all().map(|model| Model(model).to_string()).collect();
        write!(f, "one of {}", names.join(", "))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Model, E> {
        Model::from_disk(name, self.0).ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
    }
}

/// A learning rate, as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearningRate(pub Rate);

impl Serialize for LearningRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.value())
    }
}

impl<'de> Deserialize<'de> for LearningRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        let allowed = &"a finite number above 0";
        Rate::new(value).map(Self).ok_or_else(|| de::Error::invalid_value(Unexpected::Float(value), allowed))
    }
}

/// A task, as its name: `real`, `aligned:0.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskName(pub Task);

/// What the name of an aligned task has in front of its number.
const ALIGNED: &str = "aligned:";

impl TaskName {
    /// What a name may be, for the error of one that is none.
    const NAMES: &'static [&'static str] =
        &["real", "synthetic", "rotated", "rank1", "additive", "aligned:<0 to 1>"];

    fn from_disk(name: &str) -> Option<Self> {
        let task = match name {
            "real" => Task::Real,
            "synthetic" => Task::Synthetic,
            "rotated" => Task::Rotated,
            "rank1" => Task::Rank1,
            "additive" => Task::Additive,
            _ => {
                let alignment = name.strip_prefix(ALIGNED)?.parse::<f64>().ok()?;
                let task = Task::Aligned(Alignment::thousandths((alignment * 1_000.0).round() as u16)?);
                // Only in its one spelling.
                return (Self(task).to_string() == name).then_some(Self(task));
            }
        };
        Some(Self(task))
    }
}

impl fmt::Display for TaskName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Task::Real => f.write_str("real"),
            Task::Synthetic => f.write_str("synthetic"),
            Task::Rotated => f.write_str("rotated"),
            Task::Rank1 => f.write_str("rank1"),
            Task::Additive => f.write_str("additive"),
            Task::Aligned(alignment) => write!(f, "{ALIGNED}{}", alignment.value()),
        }
    }
}

impl Serialize for TaskName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfName;

        impl de::Visitor<'_> for OfName {
            type Value = TaskName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of {}", TaskName::NAMES.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<TaskName, E> {
                TaskName::from_disk(name).ok_or_else(|| E::unknown_variant(name, TaskName::NAMES))
            }
        }

        deserializer.deserialize_str(OfName)
    }
}

impl<T: Named> Serialize for Name<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.on_disk())
    }
}

impl<'de, T: Named> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfName<T>(PhantomData<T>);

        impl<T: Named> de::Visitor<'_> for OfName<T> {
            type Value = Name<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of {}", T::NAMES.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<T>, E> {
                T::from_disk(name).map(Name).ok_or_else(|| E::unknown_variant(name, T::NAMES))
            }
        }

        deserializer.deserialize_str(OfName(PhantomData))
    }
}
