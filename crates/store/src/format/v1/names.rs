//! Names of variants on disk, and the order in which files have them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, Unexpected};
use serde::{Deserialize, Serialize, Serializer};

use study::event::NoiseMean;
use study::grid::{Condition, Task};
use study::model::{Fusion, HeadKind, ModelId};

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
    Task {
        Real = "real",
        Synthetic = "synthetic",
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
    }
}

/// What the name of a fusion has in front where logistic regression reads its features.
const LOGISTIC: &str = "logistic-";

/// What stands behind a fusion's name in the name of one of its several models.
fn variant_on_disk(model: ModelId) -> Option<String> {
    match (model.fusion, model.variant()) {
        (Fusion::Lmf, rank) if rank > 0 => Some(rank.to_string()),
        (Fusion::Dynmm, 1) => Some("hard".into()),
        _ => None,
    }
}

fn variant_from_disk(fusion: Fusion, variant: &str) -> Option<u16> {
    match fusion {
        Fusion::Lmf => variant.parse().ok(),
        Fusion::Dynmm => (variant == "hard").then_some(1),
        _ => None,
    }
}

/// A value of a table above, as its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<T>(pub T);

/// A model, as its name: `concat`, `logistic-concat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model(pub ModelId);

impl Model {
    fn from_disk(name: &str) -> Option<Self> {
        let (head, fusion) = match name.strip_prefix(LOGISTIC) {
            Some(fusion) => (HeadKind::Logistic, fusion),
            None => (HeadKind::Hidden, name),
        };
        let hidden = if let Some(fusion) = Fusion::from_disk(fusion) {
            ModelId::hidden(fusion)
        } else {
            let (fusion, variant) = fusion.rsplit_once('-')?;
            let fusion = Fusion::from_disk(fusion)?;
            ModelId::hidden(fusion).with_variant(variant_from_disk(fusion, variant)?)
        };
        let model = match head {
            HeadKind::Hidden => hidden,
            HeadKind::Logistic => hidden.logistic()?,
        };
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
        variant_on_disk(self.0).map_or(Ok(()), |variant| write!(f, "-{variant}"))
    }
}

impl Serialize for Model {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfName;

        impl de::Visitor<'_> for OfName {
            type Value = Model;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let names: Vec<String> = ModelId::all().map(|model| Model(model).to_string()).collect();
                write!(f, "one of {}", names.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Model, E> {
                Model::from_disk(name).ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
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
