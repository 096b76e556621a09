//! What a run's header may name at most. A journal may come from anywhere, and the time and the output of everything
//! that is made of it grow with the grid that its header names.

use std::collections::HashSet;
use std::hash::Hash;

use super::event::RunHeader;
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
pub(crate) const MOST_MODULES: usize = 16;
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
    let ways = Robust::ALL.len();
    once("fusions", &sweep.fusions, ways * (ModelId::FUSIONS.len() + MOST_RANKS + MOST_MODULES))?;
    once("baselines", &sweep.baselines, ways * ModelId::BASELINES.len())?;
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

/// Whether each module of the sweep is described, and has sizes that a module can have.
fn modules(header: &RunHeader) -> Result<(), String> {
    let described = header.config.fusion.torchscript.modules;
    few("modules", described.len(), MOST_MODULES)?;
    for module in described {
        check_module(module)?;
    }
    let is_described = |model: &&ModelId| described.iter().any(|module| module.model == model.plain());
    let mut of_sweep = header.sweep.fusions.iter().filter(|model| model.is_module());
    match of_sweep.find(|model| !is_described(model)) {
        Some(model) => Err(format!("its header does not say what the module {model} is")),
        None => Ok(()),
    }
}

/// Whether `module` has sizes that one can have; else what is too much.
pub fn check_module(module: &Module) -> Result<(), String> {
    few("columns of a module's output", module.width, MOST_WIDTH)?;
    few("parameters of a module", module.parameters.len(), MOST_PARAMETERS)?;
    for parameter in &module.parameters {
        few("dimensions of a parameter", parameter.shape.len(), MOST_DIMENSIONS)?;
        let values = parameter.shape.iter().try_fold(1_usize, |values, length| values.checked_mul(*length));
        few("values of a parameter", values.unwrap_or(usize::MAX), MOST_VALUES)?;
    }
    Ok(())
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
        let huge = check(&with(&[1 << 40, 1 << 40])).unwrap_err();
        assert!(huge.contains("values of a parameter"), "{huge}");
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
        let wide = refusal(|header| header.data.text_width = 1 << 62);
        assert!(wide.contains("columns of text"), "{wide}");
        let share = refusal(|header| header.data.tasks[0].positive_share.test = -0.5);
        assert!(share.contains("a share of -0.5"), "{share}");
        let facts = refusal(|header| header.data.tasks = vec![header.data.tasks[0].clone(); 2_000]);
        assert!(facts.contains("2000 tasks of the data"), "{facts}");
    }
}
