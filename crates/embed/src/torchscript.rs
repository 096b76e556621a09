//! Any pair of encoders, as a `TorchScript` file `model.pt` with the methods `encode_text(ids)` and
//! `encode_image(pixels)`.
//!
//! `ids` are int64 `[texts, length]`, padded behind each text: the module finds its mask from them. `pixels` are float32
//! `[pictures, 3, height, width]`. Each method returns one matrix of floating-point numbers, a row for each. LibTorch's own
//! loader reads the file, which runs no Python. Texts have at most as many tokens as `truncation` of `tokenizer.json`
//! says, or 512.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tch::{CModule, Device, IValue, Kind, Tensor, jit};

use crate::encoder::{Encoder, Pixels, Tokens};
use crate::error::{EmbedError, printable, printable_path};
use host::files;

/// The file in the model's folder.
pub(crate) const FILE: &str = "model.pt";
/// Bytes of it at most.
const LARGEST: u64 = 64 << 30;
/// Bytes of `tokenizer.json` at most.
const LONGEST_TOKENIZER: u64 = 256 << 20;
/// Tokens of a text at most, where the tokenizer does not say, and where it says too much.
const LONGEST_TEXT: usize = 512;
const MOST_TOKENS: usize = 1 << 16;

/// The module, on its device.
pub(crate) struct TorchScript {
    module: CModule,
    device: Device,
    longest: usize,
    path: PathBuf,
}

impl TorchScript {
    /// Reads the folder's module, and the BLAKE3 of its file.
    ///
    /// # Errors
    /// Where LibTorch does not read it.
    pub(crate) fn read(folder: &Path, device: Device) -> Result<(Self, blake3::Hash), EmbedError> {
        let path = folder.join(FILE);
        let longest = longest_text(&folder.join("tokenizer.json"))?;
        let bytes = files::read(&path, LARGEST).map_err(|error| EmbedError::io("read", &path, &error))?;
        let failed =
            |error| EmbedError::encoder(format!("loading {} as TorchScript", printable_path(&path)), &error);
        // Operations as they stand: an optimised graph is another one after the first batches, and rounds otherwise.
        jit::f_set_graph_executor_optimize(false).map_err(failed)?;
        let mut module = CModule::load_data_on_device(&mut bytes.as_slice(), device).map_err(failed)?;
        module.f_set_eval().map_err(failed)?;
        Ok((Self { module, device, longest, path }, blake3::hash(&bytes)))
    }

    fn call(
        &self,
        method: &str,
        input: Result<Tensor, tch::TchError>,
        rows: i64,
    ) -> Result<Tensor, EmbedError> {
        let what = format!("{method} of {}", printable_path(&self.path));
        let failed = |error| EmbedError::encoder(&what, &error);
        let refused = |reason: String| EmbedError::Encoder { what: what.clone(), reason };
        let input = input.and_then(|input| input.f_to_device(self.device)).map_err(failed)?;
        let made = self.module.method_is(method, &[IValue::Tensor(input)]).map_err(failed)?;
        let IValue::Tensor(made) = made else { return Err(refused("it does not return one tensor".into())) };
        let is_matrix = matches!(*made.size(), [made, width] if made == rows && width > 0);
        if !is_matrix
            || !matches!(made.f_kind(), Ok(Kind::Float | Kind::Half | Kind::BFloat16 | Kind::Double))
        {
            let (size, kind) = (made.size(), made.f_kind());
            let kind = kind.map_or_else(|_| "another kind".into(), |kind| format!("{kind:?}"));
            return Err(refused(format!("it returns {kind} {size:?} in place of a matrix of {rows} rows")));
        }
        made.f_to_kind(Kind::Float).map_err(failed)
    }
}

impl Encoder for TorchScript {
    fn kind(&self) -> &'static str {
        "torchscript"
    }

    fn longest_text(&self) -> usize {
        self.longest
    }

    fn encode_text(&self, tokens: Tokens<'_>) -> Result<Tensor, EmbedError> {
        let texts = (tokens.ids.len() / tokens.length.max(1)) as i64;
        let ids =
            Tensor::f_from_slice(tokens.ids).and_then(|ids| ids.f_reshape([texts, tokens.length as i64]));
        self.call("encode_text", ids, texts)
    }

    fn encode_image(&self, pixels: Pixels<'_>) -> Result<Tensor, EmbedError> {
        let Pixels { values, height, width } = pixels;
        let pictures = (values.len() / (3 * height * width).max(1)) as i64;
        let values = Tensor::f_from_slice(values)
            .and_then(|values| values.f_reshape([pictures, 3, height as i64, width as i64]));
        self.call("encode_image", values, pictures)
    }
}

fn longest_text(path: &Path) -> Result<usize, EmbedError> {
    let text =
        files::read_text(path, LONGEST_TOKENIZER).map_err(|error| EmbedError::io("read", path, &error))?;
    let all: Value =
        serde_json::from_str(&text).map_err(|error| EmbedError::model(path, printable(error)))?;
    let length = all["truncation"]["max_length"].as_u64();
    Ok(length.map_or(LONGEST_TEXT, |length| length.clamp(1, MOST_TOKENS as u64) as usize))
}
