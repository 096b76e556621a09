//! A folder's weights as float32, out of whichever files hold them.

mod safetensors;
#[cfg(test)]
mod tests;
mod torch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tch::{Device, Kind, TchError, Tensor};

use crate::error::{EmbedError, listed, printable};
use host::files;

/// Bytes of an index at most: enough for a hundred thousand tensors.
const LONGEST_INDEX: u64 = 16 << 20;
/// Each format's file of all weights, its index where there are several, and its reader. The first that is there counts.
const FORMATS: [(&str, &str, Open); 2] = [
    ("model.safetensors", "model.safetensors.index.json", safetensors::open),
    ("pytorch_model.bin", "pytorch_model.bin.index.json", torch::open),
];

type Open = fn(&Path) -> Result<Box<dyn Shard>, EmbedError>;

/// An open file of weights.
trait Shard {
    /// Names of its tensors.
    fn names(&self) -> Vec<String>;

    /// The shape of one of them, as the file claims it.
    fn shape(&self, name: &str) -> Option<Vec<i64>>;

    /// One of them, where the file has its bytes; what is wrong otherwise.
    fn stored(&mut self, name: &str) -> Result<Stored, String>;
}

/// A tensor as it lies in a file.
struct Stored {
    kind: Kind,
    /// Little-endian.
    bytes: Vec<u8>,
    /// First index fastest.
    fortran: bool,
}

/// A folder's weights, opened.
pub(super) struct Weights {
    folder: PathBuf,
    shards: Vec<(PathBuf, Box<dyn Shard>)>,
    /// Which shard has the tensor of a name.
    places: HashMap<String, usize>,
    /// Where the tensors are put.
    device: Device,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens the folder's weights and reads what is in them. They are put on `device` one by one as they are taken.
    pub(super) fn open(folder: &Path, device: Device) -> Result<Self, EmbedError> {
        let (paths, open) = found(folder)?;
        let (mut shards, mut places) = (Vec::new(), HashMap::new());
        for path in paths {
            let shard = open(&path)?;
            places.extend(shard.names().into_iter().map(|name| (name, shards.len())));
            shards.push((path, shard));
        }
        Ok(Self { folder: folder.to_owned(), shards, places, device })
    }

    /// The tensor `name` as float32, where it has this shape.
    pub(super) fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, EmbedError> {
        let Some((path, shard)) = self.places.get(name).map(|place| &mut self.shards[*place]) else {
            return Err(EmbedError::model(
                &self.folder,
                format!("its weights have no `{name}`, which config.json asks for; save the model again"),
            ));
        };
        let refused = |reason: String| EmbedError::model(path, format!("`{name}` {reason}"));
        let found = shard.shape(name).unwrap_or_default();
        if found != shape {
            return Err(refused(format!(
                "has the shape {found:?} in place of config.json's {shape:?}; the two do not belong together"
            )));
        }
        let stored = shard.stored(name).map_err(refused)?;
        stored
            .tensor(shape)
            .and_then(|tensor| tensor.f_to_device(self.device))
            .map_err(|error| EmbedError::encoder(format!("loading `{name}`"), &error))
    }
}

impl Stored {
    /// As float32, its last index fastest.
    fn tensor(&self, shape: &[i64]) -> Result<Tensor, TchError> {
        let mut lying = shape.to_vec();
        let mut axes: Vec<i64> = (0..shape.len() as i64).collect();
        if self.fortran {
            lying.reverse();
            axes.reverse();
        }
        let tensor = Tensor::f_from_data_size(&self.bytes, &lying, self.kind)?;
        tensor.f_permute(axes)?.f_to_kind(Kind::Float)?.f_contiguous()
    }
}

/// The files that hold the folder's weights, in the order of their names.
pub(crate) fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, EmbedError> {
    Ok(found(folder)?.0)
}

/// The same, and what reads them.
fn found(folder: &Path) -> Result<(Vec<PathBuf>, Open), EmbedError> {
    for (whole, index, open) in FORMATS {
        let (whole, index) = (folder.join(whole), folder.join(index));
        if whole.exists() {
            return Ok((vec![whole], open));
        }
        if index.exists() {
            return Ok((shards(folder, &index)?, open));
        }
    }
    let [(safetensors, ..), (torch, ..)] = FORMATS;
    let reason = format!(
        "it has neither {safetensors} nor {torch}, nor an index of either; copy the whole folder of the model"
    );
    Err(EmbedError::model(folder, reason))
}

/// The files that an index names.
fn shards(folder: &Path, index: &Path) -> Result<Vec<PathBuf>, EmbedError> {
    let text =
        files::read_text(index, LONGEST_INDEX).map_err(|error| EmbedError::io("read", index, &error))?;
    let parsed: Index =
        serde_json::from_str(&text).map_err(|error| EmbedError::model(index, printable(error)))?;
    let names: BTreeSet<&String> = parsed.weight_map.values().collect();
    let outside: Vec<String> = names
        .iter()
        .filter(|name| Path::new(name).file_name() != Some(name.as_ref()))
        .map(printable)
        .collect();
    if !outside.is_empty() {
        let reason = format!("it names files that are not in its folder: {}", listed(&outside, ", "));
        return Err(EmbedError::model(index, reason));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}
