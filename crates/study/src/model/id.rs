//! A model by its fusion and its head: what a configuration names.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Definition, Form, Fusion, HeadKind, Parameter, Role, Sizes};

/// What is trained: a fusion with a head.
///
/// In files it is its name, such as `concat` or `logistic-concat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId {
    /// Behind the features.
    pub head: HeadKind,
    /// What makes the features.
    pub fusion: Fusion,
}

/// How many fusions, single modalities, and fusions with features for logistic regression.
const FUSIONS: usize = count(Role::Fusion, HeadKind::Hidden);
const MODALITIES: usize = count(Role::Modality, HeadKind::Hidden);
const LOGISTIC: usize = count(Role::Fusion, HeadKind::Logistic);

impl ModelId {
    /// `[x ; y]`, with a hidden layer.
    pub const CONCAT: Self = Self::hidden(Fusion::Concat);
    /// `[x_j·y_j ; x_j·y_{N−1−j}]`, with a hidden layer.
    pub const PRODUCT: Self = Self::hidden(Fusion::Product);
    /// `vec(x yᵀ)`, with a hidden layer.
    pub const TENSOR: Self = Self::hidden(Fusion::Tensor);
    /// Text alone, with a hidden layer.
    pub const TEXT: Self = Self::hidden(Fusion::Text);
    /// Image alone, with a hidden layer.
    pub const IMAGE: Self = Self::hidden(Fusion::Image);
    /// Logistic regression on the features of [`Self::CONCAT`].
    pub const LOGISTIC_CONCAT: Self = Self::with_logistic(Fusion::Concat);
    /// Logistic regression on the features of [`Self::PRODUCT`].
    pub const LOGISTIC_PRODUCT: Self = Self::with_logistic(Fusion::Product);
    /// Logistic regression on the features of [`Self::TENSOR`].
    pub const LOGISTIC_TENSOR: Self = Self::with_logistic(Fusion::Tensor);

    /// The fusions, each with a hidden layer, in the order of tables and charts.
    pub const FUSIONS: [Self; FUSIONS] = of_role(Role::Fusion, HeadKind::Hidden);

    /// What fusions are measured against, in the order of tables and charts: each modality alone, then logistic
    /// regression on each fusion's features.
    pub const BASELINES: [Self; MODALITIES + LOGISTIC] = {
        let modalities: [Self; MODALITIES] = of_role(Role::Modality, HeadKind::Hidden);
        let logistic: [Self; LOGISTIC] = of_role(Role::Fusion, HeadKind::Logistic);
        let mut all = [Self::CONCAT; MODALITIES + LOGISTIC];
        let mut place = 0;
        while place < all.len() {
            let is_modality = place < MODALITIES;
            all[place] = if is_modality { modalities[place] } else { logistic[place - MODALITIES] };
            place += 1;
        }
        all
    };

    /// The fusions that the paper's claims are judged on, in the order of tables and charts. Other fusions change no
    /// verdict.
    pub const PAPER_FUSIONS: [Self; 3] = [Self::CONCAT, Self::PRODUCT, Self::TENSOR];

    /// Every model: the fusions, then what they are measured against.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::FUSIONS.into_iter().chain(Self::BASELINES)
    }

    /// A fusion with a hidden layer.
    pub const fn hidden(fusion: Fusion) -> Self {
        Self { head: HeadKind::Hidden, fusion }
    }

    const fn with_logistic(fusion: Fusion) -> Self {
        Self { head: HeadKind::Logistic, fusion }
    }

    const fn definition(self) -> &'static Definition {
        self.fusion.definition()
    }

    /// Whether it is no fusion, but what these are measured against.
    pub fn is_baseline(self) -> bool {
        self.is_logistic() || self.definition().role == Role::Modality
    }

    /// Whether its head is one linear layer.
    pub fn is_logistic(self) -> bool {
        self.head == HeadKind::Logistic
    }

    /// Whether `self` is what `fusion` is measured against: one modality alone, or logistic regression on its features.
    pub fn is_baseline_of(self, fusion: Self) -> bool {
        self.is_baseline() && (!self.is_logistic() || self.fusion == fusion.fusion)
    }

    /// Logistic regression on the features of a fusion; absent for a baseline, and where there are no features.
    pub fn logistic(self) -> Option<Self> {
        let logistic = Self::with_logistic(self.fusion);
        (!self.is_baseline() && has_head(self.fusion, HeadKind::Logistic)).then_some(logistic)
    }

    /// Whether its parameters are those of a head behind features; else it has its own, from input to logits.
    pub const fn has_features(self) -> bool {
        matches!(self.definition().form, Form::Features(_))
    }

    /// Whether text and image have to be of one width.
    pub const fn needs_equal_widths(self) -> bool {
        self.definition().needs_equal_widths
    }

    /// The parameters, in order.
    pub fn parameters(self, sizes: &Sizes) -> Vec<Parameter> {
        self.definition().parameters(self.head, sizes)
    }

    /// Values of all parameters.
    pub fn parameter_count(self, sizes: &Sizes) -> usize {
        self.parameters(sizes).iter().map(Parameter::count).sum()
    }

    /// The name in files, tables and `config.toml`.
    pub const fn name(self) -> &'static str {
        self.definition().names[self.head as usize]
    }

    /// The model of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|model| model.name() == name)
    }
}

/// Whether there is such a model: a fusion with parameters of its own has no features for another head.
const fn has_head(fusion: Fusion, head: HeadKind) -> bool {
    matches!(head, HeadKind::Hidden) || matches!(fusion.definition().form, Form::Features(_))
}

const fn is_of(fusion: Fusion, role: Role, head: HeadKind) -> bool {
    fusion.definition().role as usize == role as usize && has_head(fusion, head)
}

const fn count(role: Role, head: HeadKind) -> usize {
    let (mut place, mut count) = (0, 0);
    while place < Fusion::ALL.len() {
        count += is_of(Fusion::ALL[place], role, head) as usize;
        place += 1;
    }
    count
}

const fn of_role<const N: usize>(role: Role, head: HeadKind) -> [ModelId; N] {
    let mut models = [ModelId { head, fusion: Fusion::ALL[0] }; N];
    let (mut place, mut found) = (0, 0);
    while place < Fusion::ALL.len() {
        let fusion = Fusion::ALL[place];
        if is_of(fusion, role, head) {
            models[found] = ModelId { head, fusion };
            found += 1;
        }
        place += 1;
    }
    models
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for ModelId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ModelId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl de::Visitor<'_> for Name {
            type Value = ModelId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let names: Vec<&str> = ModelId::all().map(ModelId::name).collect();
                write!(f, "one of {}", names.join(", "))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<ModelId, E> {
                ModelId::named(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }
        }

        deserializer.deserialize_str(Name)
    }
}
