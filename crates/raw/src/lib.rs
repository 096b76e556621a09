//! Raw pairs of text and image made ready for an encoder: text cleaned and tokenised, images decoded, resized and
//! normalised. Knows neither LibTorch nor a terminal.

mod clean;
mod error;
mod pixels;
#[cfg(test)]
mod tests;
mod tokens;

pub use clean::Clean;
pub use error::RawError;
pub use pixels::Preprocessing;
pub use tokens::{Batch, Tokenizer};
