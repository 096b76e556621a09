//! A user's own fusion: a `TorchScript` module with the parameters of one model in place of the file's.
//!
//! A module is read by LibTorch's own loader ([`CModule`]), which runs no Python. Its operations are run one by one as they
//! stand, by autograd's rules: an optimised graph would be another one after the first calls, and round otherwise.
//! Every thread has a copy of its own, since a model's parameters are put into it before it is called.

mod file;
mod inspection;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use tch::{CModule, Device, IValue, Kind, TchError, Tensor, jit};

use super::{Fusion, Stack};
use crate::backend::parameters::{HeadShape, Parameters};
pub(crate) use file::{Files, open_again};
use study::grid::Seed;
use study::model::{Module, ModuleOutput};
use study::text::one_line;

pub(super) struct Torchscript;

impl Fusion for Torchscript {
    /// Of a stack of one model.
    fn forward(&self, stack: &Stack, text: &Tensor, image: &Tensor) -> Tensor {
        let about = about(&stack.shape());
        let values: Vec<&Tensor> = about.parameters.iter().map(|of| stack.named(&of.name)).collect();
        let module = Loaded::of(about, text.device());
        module.take(&values);
        let rows = [text, image].map(|rows| {
            let width = rows.size().last().copied().unwrap_or(0);
            rows.reshape([-1, width]).to_kind(Kind::Float)
        });
        let made = module.call(&rows).unwrap_or_else(|why| panic!("{}: {why}", about.model));
        let size = [rows[0].size()[0], about.width as i64];
        assert!(made.size() == size, "{}: it returned {:?} in place of {size:?}", about.model, made.size());
        let made = made.unsqueeze(0); // [1, batch, F or classes]
        match about.output {
            ModuleOutput::Features => stack.head(&made),
            ModuleOutput::Logits => made,
        }
    }

    /// The module's own tensors, with the model's values.
    fn leaves(&self, stack: &Stack) -> Stack {
        let about = about(&stack.shape());
        let values: Vec<&Tensor> = about.parameters.iter().map(|of| stack.named(&of.name)).collect();
        let device = values.first().map_or(Device::Cpu, |value| value.device());
        let module = Loaded::of(about, device);
        module.take(&values);
        stack.leaves().with_first(module.parameters.iter().map(Tensor::shallow_clone))
    }

    /// By the module's own method, where it has one.
    fn initialise(&self, model: &Parameters, seed: Seed) {
        let about = about(&model.shape());
        if !about.resets {
            return;
        }
        let own = reset_of(&file::bytes(&about.hash), seed);
        let own = own.unwrap_or_else(|why| panic!("{}: reset({}): {why}", about.model, seed.0));
        for ((_, target), value) in model.named().zip(own) {
            target.get(0).copy_(&value);
        }
    }
}

/// What the run knows of the model's module.
///
/// # Panics
/// Where it knows nothing: no run begins so.
fn about(shape: &HeadShape) -> &'static Module {
    let known = shape.settings.modules.iter().find(|module| module.model == shape.fusion.plain());
    known.unwrap_or_else(|| panic!("nothing is known of the module {}", shape.fusion))
}

/// A thread's copy of a module.
struct Loaded {
    module: CModule,
    /// Those that are trained, in the file's order.
    parameters: Vec<Tensor>,
}

thread_local! {
    /// This thread's copies, by the file's hash and by device.
    static LOADED: RefCell<Vec<(&'static str, Device, Rc<Loaded>)>> = const { RefCell::new(Vec::new()) };
}

impl Loaded {
    /// This thread's copy.
    fn of(about: &'static Module, device: Device) -> Rc<Self> {
        LOADED.with_borrow_mut(|loaded| {
            let known = loaded.iter().find(|(hash, on, _)| *hash == about.hash && *on == device);
            if let Some((.., module)) = known {
                return Rc::clone(module);
            }
            let module = Self::new(&file::bytes(&about.hash), device);
            let module = Rc::new(module.unwrap_or_else(|why| panic!("{}: {why}", about.model)));
            loaded.push((&about.hash, device, Rc::clone(&module)));
            module
        })
    }

    fn new(bytes: &[u8], device: Device) -> Result<Self, String> {
        let mut module = load(bytes, device)?;
        module.f_set_eval().map_err(|error| reason(&error))?;
        let parameters = trained(&module)?.into_iter().map(|(_, tensor)| tensor).collect();
        Ok(Self { module, parameters })
    }

    /// Puts a model's values, `[1, …]` each, in place of the parameters', sharing memory. A parameter itself is one
    /// that was put there before.
    fn take(&self, values: &[&Tensor]) {
        for (parameter, value) in self.parameters.iter().zip(values) {
            if parameter.data_ptr() != value.data_ptr() {
                parameter.shallow_clone().set_data(&value.detach().get(0));
            }
        }
    }

    /// What `forward` returns of text `[rows, n]` and image `[rows, m]`. It gets copies: others read these rows, one row may
    /// stand in many places without a copy, and a module may write into what it is given.
    fn call(&self, [text, image]: &[Tensor; 2]) -> Result<Tensor, String> {
        let given = [text, image].map(|rows| IValue::Tensor(rows.copy()));
        match self.module.forward_is(&given) {
            Ok(IValue::Tensor(made)) => Ok(made),
            Ok(_) => Err("forward(text, image) does not return one tensor".into()),
            Err(error) => Err(format!("forward(text, image) failed: {}", reason(&error))),
        }
    }
}

/// A new copy of the file's module, whose operations this thread runs as they stand.
fn load(mut bytes: &[u8], device: Device) -> Result<CModule, String> {
    // Of the calling thread.
    jit::f_set_graph_executor_optimize(false).map_err(|error| reason(&error))?;
    CModule::load_data_on_device(&mut bytes, device).map_err(|error| reason(&error))
}

/// The module's parameters that are trained, with their names: those that want a gradient.
fn trained(module: &CModule) -> Result<Vec<(String, Tensor)>, String> {
    let all = module.named_parameters().map_err(|error| reason(&error))?;
    Ok(all.into_iter().filter(|(_, tensor)| tensor.requires_grad()).collect())
}

/// The parameters after the module's `reset(seed)`, one call at a time: it may draw from LibTorch's global generator, which
/// begins with the seed, so that the same seed makes the same values.
fn reset_of(bytes: &[u8], seed: Seed) -> Result<Vec<Tensor>, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // A copy of its own: the file's values are those that it begins with, and its buffers stay as they are.
    let module = load(bytes, Device::Cpu)?;
    let before = trained(&module)?;
    let _one_at_a_time = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(seed.0.cast_signed());
    tch::no_grad(|| module.method_is("reset", &[IValue::Int(seed.0.cast_signed())]))
        .map_err(|error| reason(&error))?;
    // By name: it may have put another tensor in a parameter's place, and one that wants no gradient.
    let after = module.named_parameters().map_err(|error| reason(&error))?;
    let value = |(name, old): &(String, Tensor)| match after.iter().find(|(other, _)| other == name) {
        Some((_, new)) if new.size() == old.size() && new.kind() == old.kind() => Ok(new.detach()),
        Some((_, new)) => Err(format!(
            "it leaves {} with the shape {:?} of {:?} in place of {:?} of {:?}",
            one_line(name),
            new.size(),
            new.kind(),
            old.size(),
            old.kind()
        )),
        None => Err(format!("it leaves no {}", one_line(name))),
    };
    before.iter().map(value).collect()
}

/// Characters of LibTorch's messages that are repeated.
const LONGEST_REASON: usize = 300;

/// What LibTorch says, in one line: the last error of a trace, or the first line.
fn reason(error: &TchError) -> String {
    let text = match error {
        TchError::Torch(text) => text.clone(),
        other => other.to_string(),
    };
    let is_error = |line: &&str| line.split_once(':').is_some_and(|(kind, _)| kind.ends_with("Error"));
    let line = text.lines().rfind(is_error).or_else(|| text.lines().find(|line| !line.trim().is_empty()));
    let line = one_line(line.unwrap_or(&text));
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
