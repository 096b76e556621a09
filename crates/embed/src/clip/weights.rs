//! The tensors of `model.safetensors`, or of the shards that its index names, as float32.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::error::{EmbedError, listed, printable, printable_path};
use host::files;

/// Bytes of a header or an index at most: enough for a hundred thousand tensors.
const LONGEST_HEADER: u64 = 16 << 20;
/// The file of all weights, its index where there are several, and what PyTorch alone reads.
const WHOLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
const PICKLES: [&str; 2] = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

/// A folder's weights, opened.
pub(super) struct Weights {
    folder: PathBuf,
    shards: Vec<Shard>,
    /// Which shard has the tensor of a name.
    places: HashMap<String, usize>,
    /// Where the tensors are put.
    device: Device,
}

struct Shard {
    path: PathBuf,
    file: File,
    header: Metadata,
    /// Where the tensors begin, and bytes from there on.
    start: u64,
    payload: u64,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens the folder's weights and reads their headers. They are put on `device` one by one as they are taken.
    pub(super) fn open(folder: &Path, device: Device) -> Result<Self, EmbedError> {
        let shards: Vec<Shard> =
            weight_files(folder)?.iter().map(|path| Shard::open(path)).collect::<Result<_, _>>()?;
        let mut places = HashMap::new();
        for (place, shard) in shards.iter().enumerate() {
            for name in shard.header.offset_keys() {
                places.insert(name, place);
            }
        }
        Ok(Self { folder: folder.to_owned(), shards, places, device })
    }

    /// The tensor `name` as float32, where it has this shape.
    pub(super) fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, EmbedError> {
        let Some(shard) = self.places.get(name).map(|place| &mut self.shards[*place]) else {
            return Err(EmbedError::model(
                &self.folder,
                format!("its weights have no `{name}`, which config.json asks for; save the model again"),
            ));
        };
        let refused = |path: &Path, reason: String| EmbedError::model(path, format!("`{name}` {reason}"));
        let Some(info) = shard.header.info(name) else { return Err(refused(&shard.path, "is gone".into())) };
        let found: Vec<i64> = info.shape.iter().map(|&length| length as i64).collect();
        if found != shape {
            let reason = format!(
                "has the shape {found:?} in place of config.json's {shape:?}; the two do not belong together"
            );
            return Err(refused(&shard.path, reason));
        }
        let (kind, bytes) = shard.bytes_of(&info.clone()).map_err(|reason| refused(&shard.path, reason))?;
        Tensor::f_from_data_size(&bytes, shape, kind)
            .and_then(|tensor| tensor.f_to_kind(Kind::Float))
            .and_then(|tensor| tensor.f_to_device(self.device))
            .map_err(|error| EmbedError::encoder(format!("loading `{name}`"), &error))
    }
}

impl Shard {
    fn open(path: &Path) -> Result<Self, EmbedError> {
        let io = |error: std::io::Error| EmbedError::io("read", path, &error);
        let damaged =
            |reason: String| EmbedError::model(path, format!("{reason}; write or copy the file again"));
        let mut file = files::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(|_| damaged("it has no header".into()))?;
        let length = u64::from_le_bytes(length);
        if length.checked_add(8).is_none_or(|end| end > bytes) || length > LONGEST_HEADER {
            return Err(damaged(format!("its header claims {length} bytes of the file's {bytes}")));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(io)?;
        let header: Metadata = serde_json::from_slice(&header).map_err(|error| damaged(printable(error)))?;
        Ok(Self { path: path.to_owned(), file, header, start: length + 8, payload: bytes - length - 8 })
    }

    /// The tensor's bytes, where the file has them.
    fn bytes_of(&mut self, info: &TensorInfo) -> Result<(Kind, Vec<u8>), String> {
        let (kind, size) = match info.dtype {
            Dtype::F32 => (Kind::Float, 4),
            Dtype::F16 => (Kind::Half, 2),
            Dtype::BF16 => (Kind::BFloat16, 2),
            Dtype::F64 => (Kind::Double, 8),
            other => return Err(format!("holds {other:?}; F32, F16, BF16 and F64 are read here")),
        };
        let (from, to) = (info.data_offsets.0 as u64, info.data_offsets.1 as u64);
        let elements =
            info.shape.iter().try_fold(size, |bytes: u64, &length| bytes.checked_mul(length as u64));
        if from > to || to > self.payload || elements != Some(to - from) {
            return Err(format!(
                "should lie at bytes {from} to {to} of {}; copy the file again",
                self.payload
            ));
        }
        let mut bytes = vec![0; (to - from) as usize];
        self.file
            .seek(SeekFrom::Start(self.start + from))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|error| format!("cannot be read: {error}"))?;
        Ok((kind, bytes))
    }
}

/// The files that hold the folder's weights, in the order of their names.
pub(crate) fn weight_files(folder: &Path) -> Result<Vec<PathBuf>, EmbedError> {
    if folder.join(WHOLE).exists() {
        return Ok(vec![folder.join(WHOLE)]);
    }
    let index = folder.join(INDEX);
    if !index.exists() {
        return Err(EmbedError::model(folder, without_weights(folder)));
    }
    let text =
        files::read_text(&index, LONGEST_HEADER).map_err(|error| EmbedError::io("read", &index, &error))?;
    let parsed: Index =
        serde_json::from_str(&text).map_err(|error| EmbedError::model(&index, printable(error)))?;
    let names: BTreeSet<&String> = parsed.weight_map.values().collect();
    let outside: Vec<String> = names
        .iter()
        .filter(|name| Path::new(name).file_name() != Some(name.as_ref()))
        .map(printable)
        .collect();
    if !outside.is_empty() {
        let reason = format!("it names files that are not in its folder: {}", listed(&outside, ", "));
        return Err(EmbedError::model(&index, reason));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// What to do with a folder that has none.
fn without_weights(folder: &Path) -> String {
    if PICKLES.iter().any(|name| folder.join(name).exists()) {
        let quoted = format!("{:?}", printable_path(folder));
        return format!(
            "its weights are a pickle (pytorch_model.bin), which would run what it holds; convert it once with \
             python -c 'from transformers import CLIPModel; CLIPModel.from_pretrained({quoted}).save_pretrained({quoted})'"
        );
    }
    format!("it has neither {WHOLE} nor {INDEX}; copy the whole folder of the model")
}
