//! What a module is, and whether it can be trained: found by trying it before anything starts.

use rand::RngExt;
use tch::{Device, Kind, Tensor};

use super::{Loaded, reset_of, trained};
use study::bounds::{self, MOST_PARAMETERS};
use study::event::{DataFacts, TaskFacts};
use study::grid::Seed;
use study::model::{ModelId, Module, ModuleOutput, ModuleParameter, PARAMETERS};
use study::random::{Purpose, stream};
use study::text::one_line;

/// Rows of the batches that it is tried on.
const BATCHES: [usize; 2] = [1, 7];
/// Characters of a parameter's name at most.
const LONGEST_NAME: usize = 200;

/// What the run has to know of the module with this hash, of whose file these are the bytes; else what is wrong with it, and what to do.
pub(super) fn inspect(
    model: ModelId,
    hash: String,
    output: ModuleOutput,
    facts: &DataFacts,
    bytes: &[u8],
) -> Result<Module, String> {
    let module = Loaded::new(bytes, Device::Cpu).map_err(|why| {
        format!(
            "it is no TorchScript module: save it by torch.jit.script(module).save(path) (LibTorch: {why})"
        )
    })?;
    let named = trained(&module.module)?;
    check_parameters(&named)?;
    let width = width_of(&module, facts)?;
    if output == ModuleOutput::Logits {
        check_classes(width, facts)?;
        if named.is_empty() {
            return Err("it has no parameters and returns logits, so there is nothing to train: register \
                        parameters, or set fusion.torchscript.output = \"features\" for a head behind it"
                .into());
        }
    }
    check_gradients(&module, &named, facts)?;
    let resets = has_reset(bytes, output)?;
    let about = Module { model, hash, output, width, parameters: described(&named), resets };
    // A journal with more could not be read again.
    bounds::check_module(&about)?;
    Ok(about)
}

/// Whether the file's module has the parameters that were trained; else what it has.
pub(super) fn compare(about: &Module, bytes: &[u8]) -> Result<(), String> {
    let module = Loaded::new(bytes, Device::Cpu)?;
    let found = described(&trained(&module.module)?);
    if found == about.parameters {
        return Ok(());
    }
    let named = |of: &[ModuleParameter]| {
        let named = of.iter().map(|of| format!("{} {:?}", one_line(&of.name), of.shape));
        named.collect::<Vec<_>>().join(", ")
    };
    Err(format!("its parameters are {}, and those trained were {}", named(&found), named(&about.parameters)))
}

/// A module's parameters as a run knows them.
fn described(named: &[(String, Tensor)]) -> Vec<ModuleParameter> {
    let parameter = |(name, tensor): &(String, Tensor)| ModuleParameter {
        name: format!("{PARAMETERS}{name}"),
        shape: tensor.size().into_iter().map(|length| length as usize).collect(),
    };
    named.iter().map(parameter).collect()
}

fn check_parameters(named: &[(String, Tensor)]) -> Result<(), String> {
    if named.len() > MOST_PARAMETERS {
        return Err(format!("it has {} parameters, and {MOST_PARAMETERS} are the most", named.len()));
    }
    for (place, (name, tensor)) in named.iter().enumerate() {
        if name.len() > LONGEST_NAME {
            return Err(format!("a parameter's name has {} characters: shorten it", name.len()));
        }
        let name = one_line(name);
        if tensor.kind() != Kind::Float {
            let kind = tensor.kind();
            return Err(format!(
                "its parameter {name} is {kind:?}: call .float() on the module before it is saved"
            ));
        }
        if tensor.numel() == 0 {
            return Err(format!("its parameter {name} is empty: leave it out"));
        }
        if let Some((other, _)) =
            named[..place].iter().find(|(_, other)| other.data_ptr() == tensor.data_ptr())
        {
            let other = one_line(other);
            return Err(format!("its parameters {other} and {name} are one tensor: register it once"));
        }
    }
    Ok(())
}

/// Columns of what it returns, the same of every batch and in every call.
fn width_of(module: &Loaded, facts: &DataFacts) -> Result<usize, String> {
    let mut width = None;
    for rows in BATCHES {
        let given = batch(rows, facts);
        let [made, again] = [tch::no_grad(|| module.call(&given))?, tch::no_grad(|| module.call(&given))?];
        let (kind, size) = (made.kind(), made.size());
        let wanted = "return a tensor [rows, columns] of 32-bit floats";
        if kind != Kind::Float {
            return Err(format!("forward(text, image) returns {kind:?}: {wanted}"));
        }
        let &[of_rows, columns] = size.as_slice() else {
            return Err(format!("forward(text, image) returns the shape {size:?} for {rows} rows: {wanted}"));
        };
        if of_rows as usize != rows || columns == 0 {
            return Err(format!("forward(text, image) returns the shape {size:?} for {rows} rows: {wanted}"));
        }
        if *width.get_or_insert(columns) != columns {
            return Err(format!(
                "forward(text, image) returns {} columns for {} rows and {columns} for {rows}: {wanted}",
                width.unwrap_or(0),
                BATCHES[0]
            ));
        }
        if !bool::try_from(made.isfinite().all()).is_ok_and(|is_finite| is_finite) {
            return Err("forward(text, image) returns infinities or NaN for rows of numbers between -1 and 1, with the \
                        parameters in the file: keep what it computes finite"
                .into());
        }
        if !made.equal(&again) {
            return Err(
                "forward(text, image) returns something else for the same rows a second time: leave out \
                        what is drawn at random, or changes with each call"
                    .into(),
            );
        }
    }
    Ok(width.unwrap_or(0) as usize)
}

fn check_classes(width: usize, facts: &DataFacts) -> Result<(), String> {
    let differs = |task: &&TaskFacts| task.class_count() != width;
    match facts.tasks.iter().find(differs) {
        Some(task) => Err(format!(
            "forward(text, image) returns {width} logits, and the task {} has {} classes: return one for each \
             class, leave the task out of sweep.tasks, or set fusion.torchscript.output = \"features\"",
            task.task,
            task.class_count()
        )),
        None => Ok(()),
    }
}

/// Whether every parameter has a gradient.
fn check_gradients(module: &Loaded, named: &[(String, Tensor)], facts: &DataFacts) -> Result<(), String> {
    let given = batch(BATCHES[1], facts);
    let parameters = module.parameters.iter().zip(named);
    tch::with_grad(|| {
        let sum = module.call(&given)?.sum(Kind::Float);
        for (parameter, (name, _)) in parameters {
            let gradient = || Tensor::f_run_backward(&[&sum], &[parameter], true, false);
            let has_gradient =
                sum.requires_grad() && gradient().is_ok_and(|gradient| gradient.iter().all(Tensor::defined));
            if !has_gradient {
                return Err(format!(
                    "what it returns does not depend on its parameter {}: leave it out, or call \
                     .requires_grad_(False) on it",
                    one_line(name)
                ));
            }
        }
        Ok(())
    })
}

/// Whether it has a method `reset(seed)`, which then makes the same of one seed every time, and something else of another
/// where nothing else differs between seeds.
fn has_reset(bytes: &[u8], output: ModuleOutput) -> Result<bool, String> {
    let missing = |why: &str| why.contains("reset") && why.contains("is not defined");
    let first = match reset_of(bytes, Seed(1)) {
        Err(why) if missing(&why) => return Ok(false),
        of_seed => of_seed.map_err(|why| format!("its reset(seed: int) failed: {why}"))?,
    };
    let are_same = |one: &[Tensor], other: &[Tensor]| one.iter().zip(other).all(|(a, b)| a.equal(b));
    if !are_same(&first, &reset_of(bytes, Seed(1))?) {
        return Err("its reset(seed: int) makes other values of one seed a second time".into());
    }
    // Behind features the head differs from seed to seed all the same.
    if output == ModuleOutput::Logits && are_same(&first, &reset_of(bytes, Seed(2))?) {
        return Err("its reset(seed: int) makes the same values of the seeds 1 and 2, so all seeds would start alike: \
                    draw them by torch's functions, or leave reset out"
            .into());
    }
    Ok(true)
}

/// Text `[rows, n]` and image `[rows, m]`, uniform in ±1.
fn batch(rows: usize, facts: &DataFacts) -> [Tensor; 2] {
    [facts.text_width, facts.image_width].map(|width| {
        let mut rng = stream(Purpose::Weights, 0, width as u64, rows as u64);
        let values: Vec<f32> = (0..rows * width).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect();
        Tensor::from_slice(&values).view([rows as i64, width as i64])
    })
}
