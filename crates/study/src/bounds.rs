//! What a run's header may name at most. A journal may come from anywhere, and the time and the output of everything
//! that is made of it grow with the grid that its header names.

use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer};

use super::event::RunHeader;
use super::grid::Sweep;
use super::model::{ModelId, Module, Robust};

/// Train sizes at most in a configuration.
pub(crate) const MOST_SIZES: usize = 1_000;
/// Train sizes at most in a header: earlier builds allowed more of them in a configuration.
const MOST_SIZES_READ: usize = 10_000;
/// Tasks at most.
pub(crate) const MOST_TASKS: usize = 32;
/// Frozen random choices of a task's labels at most.
pub(crate) const MOST_DRAWS: usize = 16;
/// Ranks of low-rank fusion at most.
pub(crate) const MOST_RANKS: usize = 16;
/// Learning rates of a model at most.
pub(crate) const MOST_RATES: usize = 16;
/// Modules of the user's at most.
pub const MOST_MODULES: usize = 16;
/// Fusions of a sweep at most, each way to train counted.
pub const MOST_FUSIONS: usize = Robust::ALL.len() * (ModelId::FUSIONS.len() + MOST_RANKS + MOST_MODULES);
/// Baselines of a sweep at most, likewise.
pub const MOST_BASELINES: usize = Robust::ALL.len() * ModelId::BASELINES.len();
/// Configurations at most: the fold of a journal has an entry for each, trained or not.
const MOST_CONFIGURATIONS: usize = 1 << 20;
/// Parameters of a module at most, and their dimensions.
pub const MOST_PARAMETERS: usize = 1_000;
const MOST_DIMENSIONS: usize = 16;
/// Values of a parameter at most.
const MOST_VALUES: usize = 1 << 36;
/// Seeds at most.
pub const MOST_SEEDS: usize = 1_000;
/// Splits at most: each is a copy of the data in memory.
pub(crate) const MOST_SPLITS: usize = 100;
/// Levels of noise at most, so that a slip in the step is no sweep without an end.
pub const MOST_LEVELS: usize = 1_001;
/// Classes at most: a column of more values is a measurement rather than a label.
pub const MOST_CLASSES: usize = 1_000;
/// Warnings about the data at most.
const MOST_WARNINGS: usize = 1_000;
/// Width of anything in a header: products of three do not overflow.
const MOST_WIDTH: usize = 1_000_000;

/// Whether `header` names no more than a run can have, and nothing twice; else what is too much.
pub fn check(header: &RunHeader) -> Result<(), String> {
    let RunHeader { sweep, levels, data, .. } = header;
    once("fusions", &sweep.fusions, MOST_FUSIONS)?;
    once("baselines", &sweep.baselines, MOST_BASELINES)?;
    once("tasks", &sweep.tasks, MOST_TASKS)?;
    once("sizes", &sweep.sizes, MOST_SIZES_READ)?;
    once("seeds", &sweep.seeds, MOST_SEEDS)?;
    few(
        "models with several learning rates",
        sweep.rates.len(),
        sweep.fusions.len() + sweep.baselines.len(),
    )?;
    for rates in sweep.rates.values() {
        once("learning rates", rates, MOST_RATES)?;
    }
    check_grid(sweep).map_err(|why| format!("its header names {why}"))?;
    few("levels of noise", levels.len(), MOST_LEVELS)?;
    few("splits", data.splits.len(), MOST_SPLITS)?;
    few("warnings", data.warnings.len(), MOST_WARNINGS)?;
    let settings = header.config.fusion.settings();
    for (what, size, most) in [
        ("columns of text", data.text_width, MOST_WIDTH),
        ("columns of images", data.image_width, MOST_WIDTH),
        ("hidden units", header.config.model.hidden, MOST_WIDTH),
        ("features of mcb", settings.mcb_width, MOST_WIDTH),
        ("frozen choices", settings.sketches.max(settings.permutations), MOST_SEEDS),
    ] {
        few(what, size, most)?;
    }
    modules(header)?;
    for tasks in std::iter::once(&data.tasks).chain(data.splits.iter().map(|split| &split.tasks)) {
        few("tasks of the data", tasks.len(), MOST_TASKS)?;
        for facts in tasks.iter().flat_map(|facts| std::iter::once(facts).chain(&facts.draws)) {
            few("draws of a task's labels", facts.draws.len(), MOST_DRAWS)?;
            few("classes", facts.classes.len(), MOST_CLASSES)?;
            if facts.class_shares.len() != facts.classes.len() {
                return Err("its header does not give each class its share".to_owned());
            }
            let shares = facts.class_shares.iter().chain([&facts.positive_share, &facts.majority_share]);
            let values = shares.flat_map(|of| [of.train, of.validation, of.test]);
            if let Some(share) = values.into_iter().find(|share| !(0.0..=1.0).contains(share)) {
                return Err(format!("its header gives a class a share of {share}, which is not from 0 to 1"));
            }
        }
    }
    Ok(())
}

/// Whether a grid has no more configurations than a run can have; else how many there are.
pub fn check_grid(sweep: &Sweep) -> Result<(), String> {
    let factors = [sweep.trained().count(), sweep.tasks.len(), sweep.sizes.len()];
    let count = factors.into_iter().fold(1_usize, usize::saturating_mul);
    if count <= MOST_CONFIGURATIONS {
        return Ok(());
    }
    Err(format!(
        "{count} configurations (model × task × train size), and a run has {MOST_CONFIGURATIONS} at most"
    ))
}

/// Whether a header may describe these modules: few, each once, and with sizes that a module can have; else what is wrong.
pub fn check_modules(described: &[Module]) -> Result<(), String> {
    let models: Vec<ModelId> = described.iter().map(|module| module.model).collect();
    once("modules", &models, MOST_MODULES)?;
    for module in described {
        let model = module.model;
        if !model.is_module() || model != model.plain().at_rate(None).without_file() {
            return Err(format!("its header describes {model} as a module, which it is not"));
        }
        check_module(module).map_err(|why| format!("its header describes the module {model}, and {why}"))?;
    }
    Ok(())
}

/// Whether each module of the sweep is described, and has sizes that a module can have.
fn modules(header: &RunHeader) -> Result<(), String> {
    let described = header.config.fusion.torchscript.modules;
    check_modules(described)?;
    let is_described = |model: &&ModelId| described.iter().any(|module| module.model == model.plain());
    let mut of_sweep = header.sweep.fusions.iter().filter(|model| model.is_module());
    match of_sweep.find(|model| !is_described(model)) {
        Some(model) => Err(format!("its header does not say what the module {model} is")),
        None => Ok(()),
    }
}

/// Whether `module` has sizes that one can have; else what is too much.
pub fn check_module(module: &Module) -> Result<(), String> {
    let few = |what: &str, count: usize, most: usize| {
        if count <= most { Ok(()) } else { Err(format!("it has {count} {what}, and {most} are the most")) }
    };
    few("columns of output", module.width, MOST_WIDTH)?;
    few("parameters", module.parameters.len(), MOST_PARAMETERS)?;
    for parameter in &module.parameters {
        few("dimensions of a parameter", parameter.shape.len(), MOST_DIMENSIONS)?;
        // Part of a product may be large where another length is 0.
        let values =
            parameter.shape.iter().try_fold(1_usize, |values, length| values.checked_mul((*length).max(1)));
        few("values of a parameter", values.unwrap_or(usize::MAX), MOST_VALUES)?;
    }
    Ok(())
}

/// Reads a list with `MOST` values at most, and stops at one more: what is read may be kept for the life of the process.
pub fn at_most<'de, const MOST: usize, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct List<const MOST: usize, T>(PhantomData<T>);

    impl<'de, const MOST: usize, T: Deserialize<'de>> de::Visitor<'de> for List<MOST, T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST} values")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut values = Vec::new();
            while values.len() < MOST {
                match items.next_element()? {
                    Some(value) => values.push(value),
                    None => return Ok(values),
                }
            }
            match items.next_element::<de::IgnoredAny>()? {
                Some(_) => Err(de::Error::invalid_length(MOST + 1, &self)),
                None => Ok(values),
            }
        }
    }

    deserializer.deserialize_seq(List::<MOST, T>(PhantomData))
}

fn once<T: Eq + Hash>(what: &str, named: &[T], most: usize) -> Result<(), String> {
    few(what, named.len(), most)?;
    let different = named.iter().collect::<HashSet<_>>().len();
    if different == named.len() { Ok(()) } else { Err(format!("its header names {what} twice")) }
}

fn few(what: &str, count: usize, most: usize) -> Result<(), String> {
    if count <= most {
        Ok(())
    } else {
        Err(format!("its header names {count} {what}, and a run has {most} at most"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Task;
    use crate::model::{ModuleOutput, ModuleParameter, intern_modules};
    use crate::sample;

    #[test]
    fn a_header_of_an_earlier_build_may_name_more_sizes_than_a_configuration() {
        let mut header = sample::header();
        header.sweep.sizes = (1..=MOST_SIZES + 500).collect();
        assert_eq!(check(&header), Ok(()));
    }

    #[test]
    fn a_list_is_read_no_further_than_it_may_be_long() {
        let read = |text: &str| at_most::<2, _, u8>(&mut serde_json::Deserializer::from_str(text));
        assert_eq!(read("[1, 2]").unwrap(), [1, 2]);
        assert!(read("[]").unwrap().is_empty());
        let error = read("[1, 2, 3]").unwrap_err().to_string();
        assert!(error.contains("invalid length 3, expected a list of at most 2 values"), "{error}");
    }

    #[test]
    fn a_header_with_a_module_says_what_it_is() {
        let model = ModelId::of_module("of_bounds").unwrap();
        let with = |shape: &[usize]| {
            let mut header = sample::header();
            header.sweep.fusions.push(model);
            let parameters = vec![ModuleParameter { name: "fusion.weight".into(), shape: shape.to_vec() }];
            let (hash, output) = (String::new(), ModuleOutput::Features);
            let module = Module { model, hash, output, width: 3, parameters, resets: false };
            header.config.fusion.torchscript.modules = intern_modules(vec![module]);
            header
        };
        assert_eq!(check(&with(&[4, 5])), Ok(()));
        for shape in [&[1 << 40, 1 << 40][..], &[0, 1 << 40, 1 << 40], &[1 << 40, 1 << 40, 0]] {
            let huge = check(&with(shape)).unwrap_err();
            assert!(huge.contains("values of a parameter"), "{huge}");
        }
        let described = with(&[4, 5]).config.fusion.torchscript.modules[0].clone();
        let twice = check_modules(&[described.clone(), described.clone()]).unwrap_err();
        assert_eq!(twice, "its header names modules twice");
        for model in
            [ModelId::CONCAT, model.trained_with(Robust::Drop), ModelId::of_file("of_bounds.pt").unwrap()]
        {
            let other = check_modules(&[Module { model, ..described.clone() }]).unwrap_err();
            assert!(other.contains("as a module, which it is not"), "{other}");
        }
        let mut unknown = with(&[4, 5]);
        unknown.config.fusion.torchscript.modules = &[];
        assert_eq!(check(&unknown).unwrap_err(), "its header does not say what the module of_bounds is");
    }

    #[test]
    fn a_header_that_names_more_than_a_run_has_is_refused_with_what() {
        assert_eq!(check(&sample::header()), Ok(()));
        let refusal = |change: fn(&mut RunHeader)| {
            let mut header = sample::header();
            change(&mut header);
            check(&header).unwrap_err()
        };
        let tasks = refusal(|header| header.sweep.tasks = vec![Task::Real; 2_000]);
        assert_eq!(tasks, "its header names 2000 tasks, and a run has 32 at most");
        assert!(refusal(|header| header.sweep.sizes = vec![32, 32]).contains("sizes twice"));
        assert!(refusal(|header| header.sweep.sizes = (1..20_000).collect()).contains("19999 sizes"));
        // Each list is short enough, and the fold has an entry for each configuration.
        let grid = refusal(|header| {
            header.sweep.sizes = (1..=MOST_SIZES_READ).collect();
            let aligned =
                |thousandths| Task::Aligned(crate::grid::Alignment::thousandths(thousandths).unwrap());
            header.sweep.tasks = (0..32).map(aligned).collect();
            header.sweep.baselines = ModelId::BASELINES.to_vec();
        });
        assert!(grid.contains("configurations (model × task × train size)"), "{grid}");
        let wide = refusal(|header| header.data.text_width = 1 << 62);
        assert!(wide.contains("columns of text"), "{wide}");
        let share = refusal(|header| header.data.tasks[0].positive_share.test = -0.5);
        assert!(share.contains("a share of -0.5"), "{share}");
        let facts = refusal(|header| header.data.tasks = vec![header.data.tasks[0].clone(); 2_000]);
        assert!(facts.contains("2000 tasks of the data"), "{facts}");
    }
}
