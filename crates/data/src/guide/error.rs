//! Why no configuration can be suggested, each with the fix.

use thiserror::Error;

use super::super::error::DataError;

/// Why no configuration can be suggested.
#[derive(Debug, Error)]
pub enum GuideError {
    /// The data cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Not two matrices.
    #[error(
        "{place} has {found}; two matrices of as many rows are needed, one of text and one of image embeddings; \
         name a file or folder that holds both"
    )]
    NoPair {
        /// The file or folder.
        place: String,
        /// What it has.
        found: String,
    },
    /// Arrays in two places.
    #[error(
        "{first} and {second} are two sources, and a study has one; put both into one folder, such as: mkdir set; \
         ln -s \"$(realpath {first})\" \"$(realpath {second})\" set/; then: superfuse-tui init set"
    )]
    Apart {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// Tables, where there is at most one.
    #[error("{first} and {second} are two tables; join them into one, or name one of them")]
    Tables {
        /// One.
        first: String,
        /// The other.
        second: String,
    },
    /// An answer that names nothing.
    #[error("`{key}` names `{answer}`, which is not there; there are {found}")]
    NotThere {
        /// The key.
        key: &'static str,
        /// What was answered.
        answer: String,
        /// What there is.
        found: String,
    },
    /// A path that no configuration can hold.
    #[error("{path} is not UTF-8; rename it")]
    Path {
        /// As far as it can be shown.
        path: String,
    },
}
