//! The files of modules: read once, and kept by what is in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use super::inspection::{compare, inspect};
use crate::error::EngineError;
use host::files;
use study::config::{Config, Fault, Origin};
use study::event::{DataFacts, RunHeader};
use study::model::{self, ModelId, Module};
use study::text::one_line;

/// Most bytes of a file: a module holds the weights of one fusion.
const MOST_BYTES: u64 = 1 << 30;

/// What was read, by its hash. A module is loaded from here in every thread, whatever becomes of its file.
static READ: RwLock<BTreeMap<String, Arc<[u8]>>> = RwLock::new(BTreeMap::new());

/// The bytes with this hash; none where no such file was read.
pub(super) fn bytes(hash: &str) -> Arc<[u8]> {
    let read = READ.read().unwrap_or_else(PoisonError::into_inner);
    read.get(hash).map_or_else(|| Arc::from([]), Arc::clone)
}

/// The files that a configuration names, read and not yet run.
pub(crate) struct Files(Vec<File>);

struct File {
    model: ModelId,
    path: &'static str,
    hash: String,
}

impl Files {
    /// Reads them.
    pub(crate) fn read(config: &Config) -> Result<Self, EngineError> {
        let of_fusions = config.sweep.fusions.iter();
        let files = of_fusions.filter_map(|fusion| Some((fusion.without_file(), fusion.file()?)));
        let of_path = |(model, path)| read(path).map(|hash| File { model, path, hash });
        Ok(Self(files.map(of_path).collect::<Result<_, _>>()?))
    }

    /// Refuses files that are others than `run` was begun with: their models' results would not belong together.
    pub(crate) fn check(&self, run: Option<&RunHeader>) -> Result<(), EngineError> {
        let modules = run.map_or(&[][..], |run| run.config.fusion.torchscript.modules);
        let hash = |model| modules.iter().find(|module| module.model == model).map(|module| &module.hash);
        match self
            .0
            .iter()
            .find_map(|file| Some((file, hash(file.model).filter(|hash| **hash != file.hash)?)))
        {
            None => Ok(()),
            Some((file, hash)) => Err(fault(
                file.path,
                &format!(
                    "it is not the module that the run was begun with (BLAKE3 {hash} in the run, {} now): restore \
                     the file, or save the new module under another name",
                    file.hash
                ),
            )),
        }
    }

    /// Loads each of them and tries it on rows as wide as the data's: what the run has to know of it.
    pub(crate) fn inspect(
        self,
        config: &Config,
        facts: &DataFacts,
    ) -> Result<&'static [Module], EngineError> {
        let of_file = |File { model, path, hash }| {
            let bytes = bytes(&hash);
            inspect(model, hash, config.fusion.torchscript.output, facts, &bytes)
                .map_err(|why| fault(path, &why))
        };
        Ok(model::intern_modules(self.0.into_iter().map(of_file).collect::<Result<_, _>>()?))
    }
}

/// Reads the file of a module that was trained before, from where `config` says that it is.
pub(crate) fn open_again(config: &Config, module: &Module) -> Result<(), EngineError> {
    let path = config.sweep.fusions.iter().find(|fusion| fusion.without_file() == module.model);
    let Some(path) = path.and_then(|fusion| fusion.file()) else {
        let why = format!("it does not name the file of {}: write torchscript:FILE", module.model);
        return Err(EngineError::Config(Fault {
            key: "sweep.fusions".into(),
            origin: Origin::Default,
            message: why,
        }));
    };
    let hash = read(path)?;
    if hash == module.hash {
        return compare(module, &bytes(&hash)).map_err(|why| fault(path, &why));
    }
    Err(fault(
        path,
        &format!("it is not the module that was trained (BLAKE3 {}, but the file has {hash})", module.hash),
    ))
}

/// Reads the file and returns its hash.
fn read(path: &str) -> Result<String, EngineError> {
    let bytes = files::read(Path::new(path), MOST_BYTES)
        .map_err(|error| fault(path, &format!("it cannot be read: {error}")))?;
    let hash = blake3::hash(&bytes).to_hex().to_string();
    let mut read = READ.write().unwrap_or_else(PoisonError::into_inner);
    read.entry(hash.clone()).or_insert_with(|| bytes.into());
    Ok(hash)
}

fn fault(path: &str, why: &str) -> EngineError {
    let message = format!("{}: {why}", one_line(path));
    EngineError::Config(Fault { key: "sweep.fusions".into(), origin: Origin::Default, message })
}
