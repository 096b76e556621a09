//! A model by its fusion and its head: what a configuration names.

use std::cmp::Ordering;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::definition::Variant;
use super::{
    Definition, Form, Fusion, FusionSettings, HeadKind, Parameter, Rate, Robust, Role, Sizes, Variants,
    torchscript,
};
use crate::grid::Seed;
use crate::intern::interned;

/// What is trained, and how: a fusion with a head, plainly or against noise.
///
/// In files it is its name, such as `concat`, `lmf-16`, `logistic-concat` or `concat-noise`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModelId {
    /// Behind the features.
    pub head: HeadKind,
    /// What makes the features.
    pub fusion: Fusion,
    /// Which of the fusion's models, such as a rank.
    pub(super) variant: Variant,
    /// Whether its training rows are as they are.
    pub robust: Robust,
    /// The learning rate, where the sweep has several for this model. Without one it is the model at the only rate, or
    /// the row of the rates that validation chose.
    rate: Option<Rate>,
}

/// How many fusions, other models that read modalities, and fusions with features for logistic regression.
const FUSIONS: usize = count(Kind::Fusion);
const OTHERS: usize = count(Kind::Other);
const LOGISTIC: usize = count(Kind::Logistic);

/// A group of models in the order of tables and charts.
#[derive(Clone, Copy)]
enum Kind {
    Fusion,
    Other,
    Logistic,
}

impl ModelId {
    /// `[x ; y]`, with a hidden layer.
    pub const CONCAT: Self = Self::hidden(Fusion::Concat);
    /// `[x_j·y_j ; x_j·y_{N−1−j}]`, with a hidden layer.
    pub const PRODUCT: Self = Self::hidden(Fusion::Product);
    /// `vec(x yᵀ)`, with a hidden layer.
    pub const TENSOR: Self = Self::hidden(Fusion::Tensor);
    /// `vec([x ; 1] [y ; 1]ᵀ)`, with a hidden layer.
    pub const TFN: Self = Self::hidden(Fusion::Tfn);
    /// Sketches of all pairs, with a hidden layer.
    pub const MCB: Self = Self::hidden(Fusion::Mcb);
    /// Low-rank fusion, of the ranks that a configuration lists.
    pub const LMF: Self = Self::hidden(Fusion::Lmf);
    /// A gate for each unit.
    pub const GMU: Self = Self::hidden(Fusion::Gmu);
    /// A gate for each row over whole fusions.
    pub const DYNMM: Self = Self::hidden(Fusion::Dynmm);
    /// The same with the largest weight alone.
    pub const DYNMM_HARD: Self = Self::hidden(Fusion::Dynmm).with_variant(1);
    /// The best of a sweep's fusions by validation, seed by seed: derived, and never trained.
    pub const SEARCHED: Self = Self::hidden(Fusion::Searched);
    /// Text alone, with a hidden layer.
    pub const TEXT: Self = Self::hidden(Fusion::Text);
    /// Image alone, with a hidden layer.
    pub const IMAGE: Self = Self::hidden(Fusion::Image);
    /// The mean of a text head's and an image head's logits.
    pub const LATE: Self = Self::hidden(Fusion::Late);
    /// Product fusion on dimensions paired at random.
    pub const PERMUTED: Self = Self::hidden(Fusion::Permuted);
    /// Logistic regression on the features of [`Self::CONCAT`].
    pub const LOGISTIC_CONCAT: Self = Self::with_logistic(Fusion::Concat);
    /// Logistic regression on the features of [`Self::PRODUCT`].
    pub const LOGISTIC_PRODUCT: Self = Self::with_logistic(Fusion::Product);
    /// Logistic regression on the features of [`Self::TENSOR`].
    pub const LOGISTIC_TENSOR: Self = Self::with_logistic(Fusion::Tensor);
    /// Logistic regression on the features of [`Self::TFN`].
    pub const LOGISTIC_TFN: Self = Self::with_logistic(Fusion::Tfn);
    /// Logistic regression on the features of [`Self::MCB`].
    pub const LOGISTIC_MCB: Self = Self::with_logistic(Fusion::Mcb);

    /// The fusions as `config.toml` names them, each with a hidden layer, in the order of tables and charts.
    pub const FUSIONS: [Self; FUSIONS] = of_kind(Kind::Fusion);

    /// What fusions are measured against, in the order of tables and charts: single modalities and other models of
    /// both, then logistic regression on each fusion's features.
    pub const BASELINES: [Self; OTHERS + LOGISTIC] = {
        let others: [Self; OTHERS] = of_kind(Kind::Other);
        let logistic: [Self; LOGISTIC] = of_kind(Kind::Logistic);
        let mut all = [Self::CONCAT; OTHERS + LOGISTIC];
        let mut place = 0;
        while place < all.len() {
            all[place] = if place < OTHERS { others[place] } else { logistic[place - OTHERS] };
            place += 1;
        }
        all
    };

    /// The fusions that the paper's claims are judged on, in the order of tables and charts. Other fusions change no
    /// verdict.
    pub const PAPER_FUSIONS: [Self; 3] = [Self::CONCAT, Self::PRODUCT, Self::TENSOR];

    /// Models that can be trained: those of each fusion, then what they are measured against. Of a fusion whose models
    /// are numbered one stands for all.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::FUSIONS.into_iter().flat_map(Self::variants).chain(Self::BASELINES)
    }

    fn variants(self) -> Vec<Self> {
        match self.definition().variants {
            Variants::One => vec![self],
            Variants::Named(names) => {
                (0..names.len()).map(|place| self.with_variant(place as Variant)).collect()
            }
            Variants::Numbered { example, .. } => vec![self.with_variant(example)],
            Variants::Files { .. } => Vec::new(),
        }
    }

    /// A fusion with a hidden layer.
    pub const fn hidden(fusion: Fusion) -> Self {
        Self { head: HeadKind::Hidden, fusion, variant: 0, robust: Robust::None, rate: None }
    }

    const fn with_logistic(fusion: Fusion) -> Self {
        Self { head: HeadKind::Logistic, fusion, variant: 0, robust: Robust::None, rate: None }
    }

    /// Another model of the same fusion.
    #[must_use]
    pub const fn with_variant(self, variant: Variant) -> Self {
        Self { variant, ..self }
    }

    /// The same model, trained in another way.
    #[must_use]
    pub const fn trained_with(self, robust: Robust) -> Self {
        Self { robust, ..self }
    }

    /// The same model on training rows as they are.
    #[must_use]
    pub const fn plain(self) -> Self {
        self.trained_with(Robust::None)
    }

    /// The same model at one of several learning rates; without one see [`Self::rate`].
    #[must_use]
    pub const fn at_rate(self, rate: Option<Rate>) -> Self {
        Self { rate, ..self }
    }

    /// Which of several learning rates it is trained at. Absent where the sweep has one for this model, and for the row of
    /// the rates that validation chose.
    pub const fn rate(self) -> Option<Rate> {
        self.rate
    }

    /// Which of the fusion's models it is, such as a rank.
    pub const fn variant(self) -> Variant {
        self.variant
    }

    const fn definition(self) -> &'static Definition {
        self.fusion.definition()
    }

    /// Whether it is the best of a sweep's fusions, in whatever way these are trained.
    pub fn is_searched(self) -> bool {
        self.fusion == Fusion::Searched
    }

    /// Whether it is no fusion, but what these are measured against.
    pub fn is_baseline(self) -> bool {
        self.is_logistic() || matches!(self.definition().role, Role::Modality | Role::Baseline)
    }

    /// Whether its head is one linear layer.
    pub fn is_logistic(self) -> bool {
        self.head == HeadKind::Logistic
    }

    /// Whether `self` is what `fusion` is measured against: a model that is no fusion, or logistic regression on its
    /// features, trained in the same way.
    pub fn is_baseline_of(self, fusion: Self) -> bool {
        self.is_baseline()
            && self.robust == fusion.robust
            && (!self.is_logistic() || self.fusion == fusion.fusion)
    }

    /// Logistic regression on the features of a fusion; absent for a baseline, and where there are no features.
    pub fn logistic(self) -> Option<Self> {
        (!self.is_baseline() && self.has_features())
            .then_some(Self::with_logistic(self.fusion).trained_with(self.robust))
    }

    /// Whether its parameters are those of a head behind features; else it has its own, from input to logits.
    pub const fn has_features(self) -> bool {
        matches!(self.definition().form, Form::Features(_))
    }

    /// Names of the whole models that its gate weighs for each row, in the order of the weights; none for most models.
    pub const fn experts(self) -> &'static [&'static str] {
        self.definition().experts()
    }

    /// Whether text and image have to be of one width.
    pub const fn needs_equal_widths(self) -> bool {
        self.definition().needs_equal_widths
    }

    /// The parameters, in order.
    pub fn parameters(self, sizes: &Sizes) -> Vec<Parameter> {
        self.definition().parameters(self.head, sizes, self.variant)
    }

    /// Values of all parameters.
    pub fn parameter_count(self, sizes: &Sizes) -> usize {
        self.parameters(sizes).iter().map(Parameter::count).sum()
    }

    /// Width of the vector that joins the modalities; absent where there is none.
    pub fn fused_width(self, sizes: &Sizes) -> Option<usize> {
        self.definition().fused_width(sizes, self.variant)
    }

    /// Multiply-adds of the fusion itself for one row.
    pub fn multiply_adds(self, sizes: &Sizes) -> usize {
        (self.definition().multiply_adds)(sizes, self.variant)
    }

    /// Which of the fusion's frozen random choices the trial with this seed has; 0 where there are none. A function of
    /// the seed alone, so that more seeds leave every other one where it is.
    pub fn choice_of(self, seed: Seed, settings: &FusionSettings) -> usize {
        let count = self.definition().choices.map_or(1, |count| count(settings)).max(1);
        (seed.0 % count as u64) as usize
    }

    /// The name in files and tables; of a fusion that is trained plainly also in `config.toml`. All learning rates share it.
    pub fn name(self) -> &'static str {
        match self.robust.suffix() {
            "" => self.name_of_plain(),
            suffix => interned(format!("{}{suffix}", self.name_of_plain())),
        }
    }

    fn name_of_plain(self) -> &'static str {
        let definition = self.definition();
        let own = definition.names[self.head as usize];
        match (self.head, definition.variants) {
            (HeadKind::Hidden, Variants::Named(names)) => {
                names.get(usize::from(self.variant)).copied().unwrap_or(own)
            }
            (HeadKind::Hidden, Variants::Numbered { name, .. } | Variants::Files { name }) => {
                name(self.variant)
            }
            (HeadKind::Hidden, Variants::One) | (HeadKind::Logistic, _) => own,
        }
    }

    /// The model of that name. The name of a fusion whose models are numbered stands for those that a configuration
    /// lists.
    pub fn named(name: &str) -> Option<Self> {
        let against_noise = Robust::ALL.into_iter().filter(|robust| *robust != Robust::None);
        let suffixed = |robust: Robust| {
            Self::plain_of(name.strip_suffix(robust.suffix())?).map(|model| model.trained_with(robust))
        };
        Self::plain_of(name).or_else(|| against_noise.into_iter().find_map(suffixed))
    }

    fn plain_of(name: &str) -> Option<Self> {
        let numbered = |fusion: Self| match fusion.definition().variants {
            Variants::Numbered { most, .. } => {
                let number = name.strip_prefix(fusion.name())?.strip_prefix('-')?.parse().ok()?;
                Some(fusion.with_variant(number)).filter(|model| number <= most && model.name() == name)
            }
            Variants::One | Variants::Named(_) | Variants::Files { .. } => None,
        };
        let mut named = Self::all().chain(Self::FUSIONS);
        let built_in =
            named.find(|model| model.name() == name).or_else(|| Self::FUSIONS.into_iter().find_map(numbered));
        built_in.or_else(|| torchscript::named(name))
    }
}

const fn is_of(fusion: Fusion, kind: Kind) -> bool {
    let definition = fusion.definition();
    // Which models a fusion of files has, a configuration says.
    let is_file = matches!(definition.variants, Variants::Files { .. });
    let is_fusion = matches!(definition.role, Role::Fusion) && !is_file;
    match kind {
        Kind::Fusion => is_fusion,
        Kind::Other => matches!(definition.role, Role::Modality | Role::Baseline),
        Kind::Logistic => is_fusion && matches!(definition.form, Form::Features(_)),
    }
}

const fn count(kind: Kind) -> usize {
    let (mut place, mut count) = (0, 0);
    while place < Fusion::ALL.len() {
        count += is_of(Fusion::ALL[place], kind) as usize;
        place += 1;
    }
    count
}

const fn of_kind<const N: usize>(kind: Kind) -> [ModelId; N] {
    let mut models = [ModelId::CONCAT; N];
    let (mut place, mut found) = (0, 0);
    while place < Fusion::ALL.len() {
        let fusion = Fusion::ALL[place];
        if is_of(fusion, kind) {
            models[found] = match kind {
                Kind::Fusion | Kind::Other => ModelId::hidden(fusion),
                Kind::Logistic => ModelId::with_logistic(fusion),
            };
            found += 1;
        }
        place += 1;
    }
    models
}

/// By head, then by fusion, variant, way to train and rate. Modules are in the order of their names: their variants are
/// numbers of this process.
impl Ord for ModelId {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_variant = || match self.variant.cmp(&other.variant) {
            order if order.is_eq() || !self.is_module() => order,
            order => self.name_of_plain().cmp(other.name_of_plain()).then(order),
        };
        (self.head, self.fusion)
            .cmp(&(other.head, other.fusion))
            .then_with(by_variant)
            .then_with(|| (self.robust, self.rate).cmp(&(other.robust, other.rate)))
    }
}

impl PartialOrd for ModelId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rate {
            None => f.pad(self.name()),
            Some(rate) => f.pad(&format!("{}-lr{rate}", self.name())),
        }
    }
}

/// Writes a model as two fields, as everything that is exported has it: `fusion`, its name when it is trained plainly, and
/// `robust`, how it is trained.
pub(crate) fn in_fields<S: Serializer>(model: &ModelId, serializer: S) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_struct("Model", 2)?;
    fields.serialize_field("fusion", &model.plain())?;
    fields.serialize_field("robust", model.robust.name())?;
    fields.end()
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
