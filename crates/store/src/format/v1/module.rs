//! What a header, and a checkpoint of its models, say of a user's module.

use serde::{Deserialize, Serialize};

use super::names::{Model, Name};
use study::model::{self, ModuleOutput};

/// A module without its file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Module {
    name: Model,
    hash: String,
    output: Name<ModuleOutput>,
    width: usize,
    parameters: Vec<Parameter>,
    #[serde(default, skip_serializing_if = "is_false")]
    resets: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Parameter {
    name: String,
    shape: Vec<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl From<&model::Module> for Module {
    fn from(module: &model::Module) -> Self {
        let model::Module { model, hash, output, width, parameters, resets } = module;
        let parameter =
            |of: &model::ModuleParameter| Parameter { name: of.name.clone(), shape: of.shape.clone() };
        Self {
            name: Model(*model),
            hash: hash.clone(),
            output: Name(*output),
            width: *width,
            parameters: parameters.iter().map(parameter).collect(),
            resets: *resets,
        }
    }
}

impl From<Module> for model::Module {
    fn from(module: Module) -> Self {
        let Module { name: Model(model), hash, output: Name(output), width, parameters, resets } = module;
        let parameter = |Parameter { name, shape }| model::ModuleParameter { name, shape };
        Self {
            model,
            hash,
            output,
            width,
            parameters: parameters.into_iter().map(parameter).collect(),
            resets,
        }
    }
}
