//! A model's folder: its encoder, and how texts and pictures become what the encoder takes.

use std::fs::File;
use std::io;
use std::path::Path;

use raw::{Clean, Preprocessing, Tokenizer};
use tch::Device;

use crate::clip::{Clip, weight_files};
use crate::encoder::Encoder;
use crate::error::EmbedError;
use crate::torchscript::{self, TorchScript};
use host::files;

/// What decides over the embeddings beside the weights.
const BESIDE: [&str; 6] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "preprocessor_config.json",
    "processor_config.json",
];
/// Only `open_clip`'s folders have it, whose tokenizer cleans texts.
const OPEN_CLIP: &str = "open_clip_config.json";

/// A folder's model, on a device.
pub(crate) struct Model {
    pub(crate) encoder: Box<dyn Encoder>,
    pub(crate) inputs: Inputs,
    /// The folder's own name.
    pub(crate) name: String,
    /// BLAKE3 of the weights' file; of several, BLAKE3 of their hashes.
    pub(crate) weights: String,
    /// BLAKE3 of the files beside it.
    pub(crate) beside: String,
}

/// How texts and pictures become tokens and pixels: what threads share.
pub(crate) struct Inputs {
    pub(crate) tokenizer: Tokenizer,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) clean: Clean,
}

impl Model {
    /// Opens the folder: `model.pt` is `TorchScript`, and otherwise it has to be a CLIP model of Hugging Face. Texts are
    /// cleaned as `clean` says, or else as whoever wrote the folder does.
    ///
    /// # Errors
    /// The file or key of the folder that does not fit.
    pub(crate) fn open(folder: &Path, clean: Option<Clean>, device: Device) -> Result<Self, EmbedError> {
        let io = |error: io::Error| EmbedError::io("read", folder, &error);
        let name = folder.canonicalize().map_err(io)?;
        if !name.is_dir() {
            return Err(EmbedError::model(folder, "it is no folder; name the folder of the model"));
        }
        let (encoder, weights): (Box<dyn Encoder>, String) = if folder.join(torchscript::FILE).exists() {
            let (encoder, hash) = TorchScript::read(folder, device)?;
            (Box::new(encoder), hash.to_hex().to_string())
        } else if folder.join("config.json").exists() {
            (Box::new(Clip::read(folder, device)?), hash_of_weights(folder)?)
        } else {
            let reason = "it has neither config.json (a CLIP model of Hugging Face) nor model.pt (TorchScript with the \
                          methods encode_text(ids) and encode_image(pixels))";
            return Err(EmbedError::model(folder, reason));
        };
        let is_open_clip = folder.join(OPEN_CLIP).exists();
        let clean = clean.unwrap_or(if is_open_clip { Clean::OpenAi } else { Clean::None });
        let raw = |error: raw::RawError| EmbedError::model(folder, error);
        let inputs = Inputs {
            tokenizer: Tokenizer::read(folder, encoder.longest_text(), clean).map_err(raw)?,
            preprocessing: Preprocessing::read(folder).map_err(raw)?,
            clean,
        };
        let name =
            name.file_name().map(|name| study::text::one_line(name.to_string_lossy())).unwrap_or_default();
        Ok(Self { encoder, inputs, name, weights, beside: hash_beside(folder)? })
    }
}

fn hash_of_weights(folder: &Path) -> Result<String, EmbedError> {
    let hashes: Vec<String> =
        weight_files(folder)?.iter().map(|path| hash(path)).collect::<Result<_, _>>()?;
    Ok(match hashes.as_slice() {
        [hash] => hash.clone(),
        several => blake3::hash(several.concat().as_bytes()).to_hex().to_string(),
    })
}

fn hash_beside(folder: &Path) -> Result<String, EmbedError> {
    let mut hashes = String::new();
    for path in BESIDE.iter().map(|name| folder.join(name)).filter(|path| path.exists()) {
        hashes += &hash(&path)?;
    }
    Ok(blake3::hash(hashes.as_bytes()).to_hex().to_string())
}

fn hash(path: &Path) -> Result<String, EmbedError> {
    let io = |error: io::Error| EmbedError::io("read", path, &error);
    let file: File = files::open(path).map_err(io)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(io)?;
    Ok(hasher.finalize().to_hex().to_string())
}
