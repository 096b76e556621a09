//! Texts as a text encoder takes them: cleaned, tokenised and padded to one length.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::Value;
use tokenizers::{
    PaddingDirection, PaddingStrategy, PostProcessor as _, TruncationDirection, TruncationParams,
};

use super::clean::Clean;
use super::error::{RawError, brief, printable};

/// Longest `tokenizer.json` that is read, in bytes.
const LONGEST_TOKENIZER: u64 = 256 << 20;
/// Longest file beside it.
const LONGEST_FILE: u64 = 16 << 20;
/// Names of the token that pads, where no file says which.
const PADDING: [&str; 4] = ["<|endoftext|>", "[PAD]", "<pad>", "<|pad|>"];

/// The tokenizer of a model.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    clean: Clean,
    pad: i64,
    /// The length of every batch, where it does not depend on its texts.
    fixed: Option<usize>,
}

/// Tokens of several texts, padded at their ends to one length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// `[texts, length]`, row-major.
    pub ids: Vec<i64>,
    /// Tokens in a row.
    pub length: usize,
    /// Tokens of each text, those that begin and end it included and padding left out.
    pub lengths: Vec<usize>,
    /// The token behind the last of a shorter text.
    pub pad: i64,
}

impl Tokenizer {
    /// `tokenizer.json` of a model's folder. Texts are cut off at `longest` tokens, the one that ends them kept.
    ///
    /// # Errors
    /// Where the file cannot be read, is no tokenizer, pads at the beginning, or `longest` leaves no token for the text.
    pub fn read(folder: &Path, longest: usize, clean: Clean) -> Result<Self, RawError> {
        let path = folder.join("tokenizer.json");
        let printed = printable(&path);
        let bytes = host::files::read(&path, LONGEST_TOKENIZER)
            .map_err(|error| RawError::Io { path: printed.clone(), reason: brief(error) })?;
        let mut inner = tokenizers::Tokenizer::from_bytes(&bytes)
            .map_err(|error| RawError::Damaged { path: printed.clone(), reason: brief(error) })?;
        let unsupported = |reason: String| RawError::Unsupported { path: printed.clone(), reason };
        let padding = inner.get_padding().cloned();
        if padding.as_ref().is_some_and(|padding| matches!(padding.direction, PaddingDirection::Left)) {
            return Err(unsupported(
                "`padding.direction` is Left; only texts padded on the right are supported".into(),
            ));
        }
        let added = inner.get_post_processor().map_or(0, |post| post.added_tokens(false));
        if longest <= added {
            return Err(unsupported(format!(
                "it adds {added} tokens to each text, so that {longest} tokens leave none for the text; allow more"
            )));
        }
        let pad = match &padding {
            Some(padding) => padding.pad_id,
            None => padding_token(folder, &inner)?,
        };
        let fixed =
            padding.filter(|padding| matches!(padding.strategy, PaddingStrategy::Fixed(_))).map(|_| longest);
        let truncation = TruncationParams {
            max_length: longest,
            direction: TruncationDirection::Right,
            ..TruncationParams::default()
        };
        inner
            .with_padding(None)
            .with_truncation(Some(truncation))
            .map_err(|error| unsupported(brief(error)))?;
        Ok(Self { inner, clean, pad: i64::from(pad), fixed })
    }

    /// The tokens of each text, all of one length: that of the longest of these texts, or `longest` where the tokenizer's
    /// own padding is of a fixed length.
    ///
    /// # Errors
    /// Where the tokenizer refuses a text.
    pub fn encode(&self, texts: &[&str]) -> Result<Batch, RawError> {
        let mut rows = Vec::with_capacity(texts.len());
        for (text, written) in texts.iter().enumerate() {
            let encoding = self.inner.encode_fast(self.clean.apply(written), true);
            let encoding = encoding.map_err(|error| RawError::Text { text, reason: brief(error) })?;
            rows.push(encoding.get_ids().to_vec());
        }
        let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
        let length = self.fixed.or_else(|| lengths.iter().copied().max()).unwrap_or(0);
        let mut ids = Vec::with_capacity(rows.len() * length);
        for row in &rows {
            ids.extend(row.iter().copied().map(i64::from));
            ids.resize(ids.len() + length - row.len(), self.pad);
        }
        Ok(Batch { ids, length, lengths, pad: self.pad })
    }
}

/// The token that pads, where `tokenizer.json` does not say: `pad_token` of the files beside it, or a usual name.
fn padding_token(folder: &Path, inner: &tokenizers::Tokenizer) -> Result<u32, RawError> {
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
        let path = folder.join(name);
        let printed = printable(&path);
        let text = match host::files::read_text(&path, LONGEST_FILE) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(RawError::Io { path: printed, reason: brief(error) }),
        };
        let keys: Value = serde_json::from_str(&text)
            .map_err(|error| RawError::Damaged { path: printed, reason: brief(error) })?;
        let token = &keys["pad_token"];
        let token = token.as_str().or_else(|| token["content"].as_str());
        if let Some(id) = token.and_then(|token| inner.token_to_id(token)) {
            return Ok(id);
        }
    }
    Ok(PADDING.iter().find_map(|token| inner.token_to_id(token)).unwrap_or(0))
}
