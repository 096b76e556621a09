//! What an encoder of pairs is: tokens and pixels in, embeddings out.

use tch::Tensor;

use crate::error::EmbedError;

/// Tokens of several texts, one text after the other, each padded to the same length.
#[derive(Clone, Copy)]
pub(crate) struct Tokens<'a> {
    /// `[texts · length]`
    pub(crate) ids: &'a [i64],
    /// Tokens a text.
    pub(crate) length: usize,
}

/// Pixels of several pictures, one picture after the other, as the encoder wants them.
#[derive(Clone, Copy)]
pub(crate) struct Pixels<'a> {
    /// `[pictures · 3 · height · width]`
    pub(crate) values: &'a [f32],
    /// Rows of a picture.
    pub(crate) height: usize,
    /// Columns of a picture.
    pub(crate) width: usize,
}

/// A pair of encoders, on a device.
pub(crate) trait Encoder {
    /// Its kind, for the provenance.
    fn kind(&self) -> &'static str;

    /// Tokens of a text at most.
    fn longest_text(&self) -> usize;

    /// `[texts, width]`, float32, on the device.
    ///
    /// # Errors
    /// Where ids do not fit the encoder, and what LibTorch says.
    fn encode_text(&self, tokens: Tokens<'_>) -> Result<Tensor, EmbedError>;

    /// `[pictures, width]`, float32, on the device.
    ///
    /// # Errors
    /// Where pixels do not fit the encoder, and what LibTorch says.
    fn encode_image(&self, pixels: Pixels<'_>) -> Result<Tensor, EmbedError>;
}
