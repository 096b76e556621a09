//! A user's own fusion: a `TorchScript` module, which has the name of its file. Each file is a model.
//!
//! A configuration names a file, `torchscript:<path>`; a run names what is in it by the file's stem alone, so that it may
//! lie elsewhere when the run is resumed. Both are variants of one fusion, by their places in a list of the names that
//! this process has met.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{PoisonError, RwLock};

use super::definition::Variant;
use super::{
    Definition, Form, Fusion, Keeps, ModelId, ModuleOutput, Parameter, Robust, Role, Sizes, Start,
    UnderNoise, Variants, names,
};
use crate::intern::interned;

pub(super) const DEFINITION: Definition = Definition {
    names: names!("torchscript"),
    variants: Variants::Files { name },
    symbol: "module(x, y)",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Own {
        parameters,
        fused_width: |sizes, variant| {
            of_variant(sizes, variant).filter(|of| of.output == ModuleOutput::Features).map(|of| of.width)
        },
        experts: &[],
    },
    values_read: Sizes::both,
    keeps: Keeps::Inputs,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    // Of a module nothing else is known: each weight once.
    multiply_adds: |sizes, variant| {
        let module = of_variant(sizes, variant);
        module.map_or(0, |of| of.parameters.iter().map(ModuleParameter::count).sum())
    },
};

/// What stands before a file's path in `sweep.fusions`.
const PREFIX: &str = "torchscript:";
/// What stands before the names of a module's own parameters.
pub const PARAMETERS: &str = "fusion.";
/// Characters of a model's name at most: it is part of files' names.
const LONGEST_NAME: usize = 64;
/// Characters of a path at most, the limit of Linux.
const LONGEST_PATH: usize = 4096;
/// The head behind a module's features has the keys 0 to 3, as every head, and so starts alike.
const FIRST_KEY: usize = 4;

/// What a run knows of a module without its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The model by its name alone.
    pub model: ModelId,
    /// BLAKE3 of the file, hexadecimal.
    pub hash: String,
    /// What `forward` returns.
    pub output: ModuleOutput,
    /// Columns of what it returns: features F, or classes.
    pub width: usize,
    /// What is trained of it, in the file's order.
    pub parameters: Vec<ModuleParameter>,
    /// Whether its own method `reset(seed)` makes initial values.
    pub resets: bool,
}

/// A parameter of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleParameter {
    /// As in checkpoints: [`PARAMETERS`], then its name in the module.
    pub name: String,
    /// As in the file.
    pub shape: Vec<usize>,
}

impl ModuleParameter {
    fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Module {
    /// Values that one output is made of: those of `PyTorch`'s `_calculate_fan_in_and_fan_out`. A bias has that of the
    /// weight of the same layer.
    fn fan_in(&self, parameter: &ModuleParameter) -> usize {
        let own = |shape: &[usize]| match shape {
            [_, rest @ ..] if !rest.is_empty() => rest.iter().product(),
            [length] => *length,
            _ => 1,
        };
        let weight = parameter.name.strip_suffix("bias").filter(|_| parameter.shape.len() == 1);
        let weight = weight.and_then(|layer| {
            let name = format!("{layer}weight");
            self.parameters.iter().find(|other| other.name == name)
        });
        own(&weight.unwrap_or(parameter).shape).max(1)
    }
}

/// The same list for equal ones, kept for the life of the process: a model's sizes are copied everywhere.
pub fn intern_modules(modules: Vec<Module>) -> &'static [Module] {
    static KEPT: RwLock<Vec<&'static [Module]>> = RwLock::new(Vec::new());
    if modules.is_empty() {
        return &[];
    }
    let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = kept.iter().find(|same| ***same == *modules) {
        return same;
    }
    let new: &'static [Module] = Vec::leak(modules);
    kept.push(new);
    new
}

/// The module of a variant.
fn of_variant(sizes: &Sizes, variant: Variant) -> Option<&'static Module> {
    sizes.settings.modules.iter().find(|module| module.model.variant() == variant)
}

/// Those of the module, then the head behind its features.
fn parameters(sizes: &Sizes, variant: Variant) -> Vec<Parameter> {
    let Some(module) = of_variant(sizes, variant) else { return Vec::new() };
    let own = module.parameters.iter().enumerate().map(|(place, of)| Parameter {
        name: &of.name,
        shape: of.shape.clone(),
        start: Start::Uniform { fan_in: module.fan_in(of) },
        key: Some(FIRST_KEY + place),
    });
    let head = ["head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"];
    match module.output {
        ModuleOutput::Features => own.chain(Parameter::whole_head(head, module.width, sizes)).collect(),
        ModuleOutput::Logits => own.collect(),
    }
}

/// A name that this process has met: of a configuration, or of a header or checkpoint.
struct Met {
    /// Of a model, or `torchscript:<path>`.
    name: &'static str,
    /// The model that it stands for.
    model: Variant,
}

/// All of them.
struct AllMet {
    /// In the order of the variants, of which 0 is the fusion itself.
    in_order: Vec<Met>,
    variants: BTreeMap<&'static str, Variant>,
}

static MET: RwLock<AllMet> = RwLock::new(AllMet { in_order: Vec::new(), variants: BTreeMap::new() });

impl AllMet {
    fn of(&self, variant: Variant) -> Option<&Met> {
        self.in_order.get(usize::from(variant).checked_sub(1)?)
    }
}

fn name(variant: Variant) -> &'static str {
    let met = MET.read().unwrap_or_else(PoisonError::into_inner);
    met.of(variant).map_or("torchscript", |met| met.name)
}

/// The variant of a name; absent where the process has met more names than there are numbers.
fn variant(name: &str, model: Option<Variant>) -> Option<Variant> {
    let mut met = MET.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(&known) = met.variants.get(name) {
        return Some(known);
    }
    let variant = Variant::try_from(met.in_order.len() + 1).ok()?;
    let name = interned(name.to_owned());
    met.in_order.push(Met { name, model: model.unwrap_or(variant) });
    met.variants.insert(name, variant);
    Some(variant)
}

/// A model or a file by its name; a model only where it was met before.
pub(super) fn named(name: &str) -> Option<ModelId> {
    match ModelId::path_in(name) {
        Some(path) => ModelId::of_file(path).ok(),
        None => ModelId::known_module(name),
    }
}

impl ModelId {
    /// The module in the file at `path`, as `sweep.fusions` names it.
    ///
    /// # Errors
    /// Why no model can be named after the file.
    pub fn of_file(path: &str) -> Result<Self, String> {
        let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str());
        let stem = stem.filter(|_| path.len() <= LONGEST_PATH && !path.contains(char::is_control));
        let stem = stem.ok_or("names no file: write torchscript:my_fusion.pt")?;
        let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let name: String = stem.chars().map(|c| if ordinary(c) { c } else { '_' }).collect();
        let model = Self::of_module(&name).ok_or_else(|| {
            format!(
                "is a file whose model would be called {name:?}: rename it, to at most {LONGEST_NAME} letters, \
                 digits, - and _ that begin with a letter or digit, are no other model's name and do not end in -noise \
                 or -drop"
            )
        })?;
        let file = variant(&format!("{PREFIX}{path}"), Some(model.variant));
        Ok(model.with_variant(file.ok_or("is one file too many")?))
    }

    /// The model that a module with this name is; absent where no module can have it. A new name is kept for the life of
    /// the process.
    pub fn of_module(name: &str) -> Option<Self> {
        let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        // A file's name that begins with - reads as an option.
        let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !begins || name.len() > LONGEST_NAME || !name.chars().all(ordinary) || is_taken(name) {
            return None;
        }
        Some(Self::hidden(Fusion::Torchscript).with_variant(variant(name, None)?))
    }

    /// The same, where this process has met the name before.
    pub fn known_module(name: &str) -> Option<Self> {
        let met = MET.read().unwrap_or_else(PoisonError::into_inner);
        let variant = met.variants.get(name).filter(|_| Self::path_in(name).is_none())?;
        Some(Self::hidden(Fusion::Torchscript).with_variant(*variant))
    }

    /// The path in a name of `sweep.fusions`; absent where it names no file.
    pub(crate) fn path_in(name: &str) -> Option<&str> {
        name.strip_prefix(PREFIX)
    }

    /// The file that a configuration names; absent for what is no file.
    pub fn file(self) -> Option<&'static str> {
        if self.is_module() { Self::path_in(self.name()) } else { None }
    }

    /// The model by its name alone, wherever its file lies; every other model as it is.
    #[must_use]
    pub fn without_file(self) -> Self {
        if !self.is_module() {
            return self;
        }
        let met = MET.read().unwrap_or_else(PoisonError::into_inner);
        met.of(self.variant).map_or(self, |met| self.with_variant(met.model))
    }

    /// Whether it is a module of the user's.
    pub const fn is_module(self) -> bool {
        matches!(self.fusion, Fusion::Torchscript)
    }
}

/// Whether a name is that of a fusion, a derived row or another model, or ends as those of models do that are trained
/// against noise.
fn is_taken(name: &str) -> bool {
    let is_suffix = |robust: &Robust| *robust != Robust::None && name.ends_with(robust.suffix());
    let is_own = |fusion: &Fusion| fusion.definition().names.contains(&name);
    Fusion::ALL.iter().any(is_own)
        || Robust::ALL.iter().any(is_suffix)
        || ModelId::named(name).is_some_and(|model| !model.is_module())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FusionSettings;

    fn module(output: ModuleOutput, parameters: &[(&str, &[usize])]) -> Module {
        let parameter = |&(name, shape): &(&str, &[usize])| ModuleParameter {
            name: format!("{PARAMETERS}{name}"),
            shape: shape.to_vec(),
        };
        Module {
            model: ModelId::of_module("of_a_test").unwrap(),
            hash: "0".repeat(64),
            output,
            width: 5,
            parameters: parameters.iter().map(parameter).collect(),
            resets: false,
        }
    }

    fn sizes(module: Module) -> Sizes {
        let settings = FusionSettings { modules: intern_modules(vec![module]), ..FusionSettings::default() };
        Sizes { text: 6, image: 4, hidden: 3, classes: 2, settings }
    }

    #[test]
    fn a_file_is_named_by_its_stem_and_is_one_model_wherever_it_lies() {
        let here = ModelId::of_file("my fusion.v2.pt").unwrap();
        assert_eq!(here.name(), "torchscript:my fusion.v2.pt");
        assert_eq!(here.file(), Some("my fusion.v2.pt"));
        let there = ModelId::of_file("/elsewhere/my fusion.v2.pt").unwrap();
        assert_ne!(here, there);
        assert_eq!(here.without_file(), there.without_file());
        let model = here.without_file();
        assert_eq!((model.name(), model.file()), ("my_fusion_v2", None));
        assert_eq!(ModelId::named("my_fusion_v2"), Some(model));
        assert_eq!(ModelId::named("torchscript:my fusion.v2.pt"), Some(here));
        assert_eq!(ModelId::named("never_met"), None);
        assert_eq!(ModelId::named("torchscript"), None);
        assert!(!model.is_baseline() && model.logistic().is_none());
        assert!(ModelId::all().all(|other| !other.is_module()), "which modules there are, files say");
    }

    #[test]
    fn a_file_with_the_name_of_another_model_is_refused() {
        let others =
            ["concat", "a/lmf-4", "text", "torchscript", "logistic-tensor", "searched", "lmf", "dynmm-hard"];
        for path in others.into_iter().chain(["mine-noise", "searched-drop", "-x", "_x", "é"]) {
            let why = ModelId::of_file(&format!("{path}.pt")).unwrap_err();
            assert!(why.contains("rename it"), "{path}: {why}");
        }
        for fusion in Fusion::ALL {
            let name = fusion.definition().names[0];
            assert_eq!(ModelId::of_module(name), None, "{name}");
        }
        assert!(ModelId::of_file(&format!("{}.pt", "x".repeat(65))).is_err());
        for path in ["", "/", ".."] {
            assert!(ModelId::of_file(path).unwrap_err().contains("names no file"), "{path}");
        }
    }

    #[test]
    fn a_name_is_known_once_it_was_met() {
        assert_eq!(ModelId::known_module("not_yet_met"), None);
        let model = ModelId::of_module("not_yet_met").unwrap();
        assert_eq!(ModelId::known_module("not_yet_met"), Some(model));
        assert_eq!(ModelId::of_module("not_yet_met"), Some(model));
        let file = ModelId::of_file("not_yet_met.pt").unwrap();
        assert_eq!((file.without_file(), ModelId::known_module(file.name())), (model, None));
    }

    #[test]
    fn modules_have_the_order_of_their_names_whichever_was_met_first() {
        let [last, first] = ["order_b", "order_a"].map(|name| ModelId::of_module(name).unwrap());
        assert!(first.variant() > last.variant() && first < last);
        assert!(first.trained_with(Robust::Noise) < last && first < first.trained_with(Robust::Noise));
        assert!(ModelId::SEARCHED < first && last < ModelId::TEXT);
    }

    #[test]
    fn parameters_are_the_modules_and_then_a_heads() {
        let of_output = |output| {
            let module = module(output, &[("text.weight", &[7, 6]), ("text.bias", &[7])]);
            let (model, sizes) = (module.model, sizes(module));
            (model.parameters(&sizes), model.fused_width(&sizes), model.multiply_adds(&sizes))
        };
        let (parameters, width, multiply_adds) = of_output(ModuleOutput::Features);
        let named: Vec<(&str, &[usize])> = parameters.iter().map(|of| (of.name, &*of.shape)).collect();
        let expected: [(&str, &[usize]); 6] = [
            ("fusion.text.weight", &[7, 6]),
            ("fusion.text.bias", &[7]),
            ("head.0.weight", &[3, 5]),
            ("head.0.bias", &[3]),
            ("head.2.weight", &[2, 3]),
            ("head.2.bias", &[2]),
        ];
        assert_eq!(named, expected);
        assert_eq!((width, multiply_adds), (Some(5), 49));
        let keys: Vec<_> = parameters.iter().filter_map(|of| of.key).collect();
        assert_eq!(keys, [4, 5, 0, 1, 2, 3], "no two parameters start with the same numbers");
        let (parameters, width, _) = of_output(ModuleOutput::Logits);
        assert_eq!((parameters.len(), width), (2, None));
    }

    #[test]
    fn fan_in_is_pytorchs_and_a_bias_has_its_weights() {
        let module = module(
            ModuleOutput::Logits,
            &[
                ("a.weight", &[7, 6]),
                ("a.bias", &[7]),
                ("conv.weight", &[8, 3, 5]),
                ("conv.bias", &[8]),
                ("norm.weight", &[9]),
                ("norm.bias", &[9]),
                ("scale", &[]),
                ("bias", &[11]),
            ],
        );
        let fan_in: Vec<usize> = module.parameters.iter().map(|of| module.fan_in(of)).collect();
        assert_eq!(fan_in, [6, 6, 15, 15, 9, 9, 1, 11]);
    }
}
