//! What can be wrong with a model's folder, an image or a text, each with the fix.

use std::fmt::Display;
use std::path::Path;

use thiserror::Error;

use study::text::{self, one_line};

/// Longest piece of foreign text that gets into a message.
const LONGEST_TEXT: usize = 160;

/// Why a raw pair cannot be made ready. Text that came from a file is stripped of control characters. An image or a
/// text has no name here: whoever read it names it before the message.
#[derive(Debug, Error)]
pub enum RawError {
    /// The operating system refuses a file of the model's folder.
    #[error("cannot read {path}: {reason}; copy the model's whole folder")]
    Io {
        /// The file.
        path: String,
        /// The operating system's message.
        reason: String,
    },
    /// A folder that does not say how images are preprocessed.
    #[error(
        "{folder} has neither `preprocessor_config.json` nor `image_processor` in `processor_config.json`; copy the \
         model's whole folder, so that images are preprocessed as in training"
    )]
    NoPreprocessing {
        /// The model's folder.
        folder: String,
    },
    /// A file of the model's folder that is not what its name says.
    #[error("{path} is cut short or damaged: {reason}; copy it from the model again")]
    Damaged {
        /// The file.
        path: String,
        /// What does not fit.
        reason: String,
    },
    /// A value of the model's folder that is not supported.
    #[error("{path}: {reason}")]
    Unsupported {
        /// The file.
        path: String,
        /// The key, its value, and what is supported.
        reason: String,
    },
    /// Bytes that are no image of a known format.
    #[error("{found}; PNG, JPEG, WebP, GIF and BMP are read, so convert the image to one of them")]
    ImageFormat {
        /// What it is instead.
        found: String,
    },
    /// An image that ends early or contradicts itself.
    #[error("the {format} image is cut short or damaged: {reason}; replace it, or leave its row out")]
    DamagedImage {
        /// Such as `PNG`.
        format: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// An image that memory would not hold.
    #[error("the image has {width} × {height} pixels, but {bound}; make it smaller, or leave its row out")]
    LargeImage {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// What is read at most.
        bound: String,
    },
    /// An image whose size after resizing is not that of the others.
    #[error(
        "the image is {width} × {height} pixels after resizing its shorter edge, but all images of a batch need one \
         size, here {edge} × {edge}: set `do_center_crop` to true or `size` to a height and a width, or make all \
         images square"
    )]
    NotSquare {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// What the shorter edge is resized to.
        edge: usize,
    },
    /// A name that is no way to clean texts.
    #[error("`{name}` is no way to clean texts; use `openai` or `none`")]
    Clean {
        /// What was given.
        name: String,
    },
    /// A text that the tokenizer refuses.
    #[error("the tokenizer cannot encode text {text} of the batch (counted from 0): {reason}")]
    Text {
        /// Its place among the texts.
        text: usize,
        /// The tokenizer's message.
        reason: String,
    },
}

/// Foreign text for a message: one line of bounded length.
pub(crate) fn brief(text: impl Display) -> String {
    text::brief(text, LONGEST_TEXT)
}

/// A path for a message.
pub(crate) fn printable(path: &Path) -> String {
    one_line(path.display())
}
