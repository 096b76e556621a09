//! A Hugging Face CLIP folder: `config.json` and its weights, and the forward pass written out in LibTorch's operations.
//!
//! Embeddings are those of transformers' `CLIPModel.get_text_features` and `get_image_features`: projected, not normalised.

mod config;
#[cfg(test)]
mod tests;
mod towers;
mod transformer;
mod weights;

use std::path::{Path, PathBuf};

use tch::{Device, Kind, Tensor};

use crate::encoder::{Encoder, Pixels, Tokens};
use crate::error::EmbedError;
use config::{Config, TextConfig};
use towers::{ImageTower, TextTower};
use weights::Weights;

pub(crate) use weights::weight_files;

/// What `OpenAI`'s configurations say in place of the end token's real number.
const OLD_END: i64 = 2;

/// Both towers, on their device.
pub(crate) struct Clip {
    text: TextTower,
    image: ImageTower,
    device: Device,
    folder: PathBuf,
}

impl Clip {
    /// Reads the folder's model.
    ///
    /// # Errors
    /// Where it is no CLIP model, or a weight is missing or of another shape than `config.json` says.
    pub(crate) fn read(folder: &Path, device: Device) -> Result<Self, EmbedError> {
        let config = Config::read(folder)?;
        let (text, image) = towers::take(&mut Weights::open(folder, device)?, config)?;
        Ok(Self { text, image, device, folder: folder.to_owned() })
    }

    fn failed(&self, what: &str, error: &tch::TchError) -> EmbedError {
        EmbedError::encoder(
            format!("the {what} encoder of {}", crate::error::printable_path(&self.folder)),
            error,
        )
    }
}

impl Encoder for Clip {
    fn kind(&self) -> &'static str {
        "clip"
    }

    fn longest_text(&self) -> usize {
        self.text.config.max_position_embeddings as usize
    }

    fn encode_text(&self, tokens: Tokens<'_>) -> Result<Tensor, EmbedError> {
        let config = &self.text.config;
        let ends = ends(tokens, config).map_err(|reason| EmbedError::model(&self.folder, reason))?;
        let size = [ends.len() as i64, tokens.length as i64];
        Tensor::f_from_slice(tokens.ids)
            .and_then(|ids| ids.f_reshape(size)?.f_to_device(self.device))
            .and_then(|ids| self.text.forward(&ids, &Tensor::f_from_slice(&ends)?.f_to_device(self.device)?))
            .map_err(|error| self.failed("text", &error))
    }

    fn encode_image(&self, pixels: Pixels<'_>) -> Result<Tensor, EmbedError> {
        let size = self.image.config.image_size;
        if (pixels.height as i64, pixels.width as i64) != (size, size) {
            let reason = format!(
                "preprocessor_config.json makes pictures of {} × {} pixels, and config.json asks for {size} × {size}",
                pixels.width, pixels.height
            );
            return Err(EmbedError::model(&self.folder, reason));
        }
        Tensor::f_from_slice(pixels.values)
            .and_then(|values| values.f_reshape([-1, 3, size, size])?.f_to_device(self.device))
            .and_then(|values| self.image.forward(&values.f_to_kind(Kind::Float)?))
            .map_err(|error| self.failed("image", &error))
    }
}

/// For each text the place of the token that stands for it: the first end token, or the first of the largest ids where
/// the configuration has `OpenAI`'s old number of it.
fn ends(tokens: Tokens<'_>, config: &TextConfig) -> Result<Vec<i64>, String> {
    if tokens.length == 0 || tokens.length as i64 > config.max_position_embeddings {
        return Err(format!(
            "texts of {} tokens, and `text_config.max_position_embeddings` is {}",
            tokens.length, config.max_position_embeddings
        ));
    }
    // On a GPU an id outside of the vocabulary would end the process's use of it.
    if let Some(outside) = tokens.ids.iter().find(|&id| !(0..config.vocab_size).contains(id)) {
        let of = config.vocab_size;
        return Err(format!("its tokenizer makes the token {outside}, and `text_config.vocab_size` is {of}"));
    }
    let end = |ids: &[i64]| {
        let wanted =
            if config.eos_token_id == OLD_END { ids.iter().copied().max()? } else { config.eos_token_id };
        Some(ids.iter().position(|&id| id == wanted)? as i64)
    };
    tokens.ids.chunks_exact(tokens.length).map(end).collect::<Option<_>>().ok_or_else(|| {
        format!(
            "its tokenizer ends no text with the token {}, `text_config.eos_token_id`; the two do not belong together",
            config.eos_token_id
        )
    })
}
